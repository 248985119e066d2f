using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Agency;
using OCore.Features.Instances;
using OCore.Features.Operations;
using OCore.Features.Organizations;
using OCore.Features.Plans;
using OCore.Features.Templates;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Operations;
using OCore.Platform.Security;

namespace OCore.Features.Topologies.Deployments;

/// <summary>From a drawing to what runs: plan, deploy, look.</summary>
internal static class DeploymentEndpoints
{
    private const int KeptPlans = 20;

    public static void Map(RouteGroupBuilder topologies)
    {
        topologies.MapPost("/{id:guid}/plan", Plan).WithName("planTopology").Require("manage:topologies");
        topologies.MapGet("/{id:guid}/plans", ListPlans).WithName("listTopologyPlans");
        topologies.MapPost("/{id:guid}/deploy", Deploy).WithName("deployTopology").Require("manage:topologies").StartsOperation();
        topologies.MapPost("/{id:guid}/nodes/{nodeId}/status", MeasureNode).WithName("measureTopologyNode");
        topologies.MapPost("/{id:guid}/nodes/{nodeId}/switchover", SwitchOverEndpoint.SwitchOver).WithName("switchOverTopology").Require("manage:topologies").StartsOperation();
        topologies.MapPost("/{id:guid}/repair", RepairEndpoint.Repair).WithName("repairTopology").Require("manage:topologies").StartsOperation();
        topologies.MapGet("/{id:guid}/credentials", ListCredentials).WithName("listTopologyCredentials");
        topologies.MapPut("/{id:guid}/credentials/{name}", SetCredential).WithName("setTopologyCredential").Require("manage:topologies");
        topologies.MapDelete("/{id:guid}/credentials/{name}", DeleteCredential).WithName("deleteTopologyCredential").Require("manage:topologies");
    }

    /// <summary>Work out what a deployment would do to each node. Nothing is changed on any server.</summary>
    internal static async Task<Results<Ok<TopologyPlanView>, Problem>> Plan(Guid id, [FromBody] PlanTopology? request, OCoreDb db, Caller caller, [FromServices] PlanMaker maker, TimeProvider time, CancellationToken stop)
    {
        if (await db.Topologies.AsNoTracking().SingleOrDefaultAsync(t => t.Id == id, stop) is not { } topology)
            return Problem.NotFound;
        request ??= new PlanTopology();
        if (TopologyProblems.NoNodeIds("agreeToLose", request.AgreeToLose) is { } noIds)
            return noIds;
        var (made, problem) = await maker.MakeAsync(db, caller, topology, request, stop);
        if (problem is not null)
            return problem;
        var now = time.GetUtcNow();
        var planId = RowId.New();
        var view = PlanMaker.ToView(planId, made!, now);
        db.Add(new TopologyPlan { Id = planId, OrgId = topology.OrgId, RootId = topology.RootId, TopologyId = id, Hash = view.Hash, Request = request, View = view, CreatedAt = now });
        var old = await db.TopologyPlans.Where(p => p.TopologyId == id).OrderByDescending(p => p.Id).Skip(KeptPlans - 1).ToListAsync(stop);
        db.RemoveRange(old);
        await db.SaveChangesAsync(stop);
        return TypedResults.Ok(view);
    }

    /// <summary>The newest plans, newest first.</summary>
    internal static async Task<Results<Ok<Page<TopologyPlanView>>, Problem>> ListPlans(Guid id, OCoreDb db, CancellationToken stop)
    {
        if (!await db.Topologies.AnyAsync(t => t.Id == id, stop))
            return Problem.NotFound;
        var rows = await db.TopologyPlans.AsNoTracking().Where(p => p.TopologyId == id).OrderByDescending(p => p.Id).Take(KeptPlans).ToListAsync(stop);
        return TypedResults.Ok(Paging.Whole(rows.Select(r => r.View)));
    }

    /// <summary>Do what a plan says: deploy, change without losing a request, or destroy. Refused when what it was made from has changed. Without a plan, what is drawn is deployed as it is now.</summary>
    internal static async Task<Results<Accepted<OperationView>, Problem>> Deploy(Guid id, [FromBody] DeployTopology? request, OCoreDb db, Caller caller, [FromServices] PlanMaker maker, [FromServices] Deploying deploying, OperationQueue queue, OperationKinds kinds, CancellationToken stop)
    {
        if (await db.Topologies.AsNoTracking().SingleOrDefaultAsync(t => t.Id == id, stop) is not { } topology)
            return Problem.NotFound;
        var plan = request?.PlanHash is { } hash ? await db.TopologyPlans.AsNoTracking().OrderByDescending(p => p.Id).FirstOrDefaultAsync(p => p.TopologyId == id && p.Hash == hash, stop) : null;
        if (request?.PlanHash is not null && plan is null)
            return TopologyProblems.PlanUnknown;
        return await db.InTransactionAsync<Results<Accepted<OperationView>, Problem>>(async () =>
        {
            // Nobody else takes the room that is found.
            await db.LockOrganizationAsync(topology.RootId, stop);
            // Worked out again, in the transaction that acts on it: what it was made from may not be what is there.
            var (made, problem) = await maker.MakeAsync(db, caller, topology, plan?.Request ?? new PlanTopology(), stop);
            if (problem is not null && problem.Code is not "not_deployed")
                return problem;
            if (made is null || plan is not null && made.Content.Hash() != plan.Hash)
                return TopologyProblems.PlanStale;
            // What is made anew has nothing to lose yet; what it may lose later the plan has said.
            if (made.Content.Actions.Any(a => a.DataRisk is not null && a.Action != PlanActionKind.Create) && request?.Confirm != topology.Name)
                return TopologyProblems.ConfirmByName(topology.Name);
            if (made.Content.Kind == TopologyPlanKind.Change && made.Content.Actions.All(a => a.Action == PlanActionKind.Keep))
                return TopologyProblems.NothingToDo;
            if (made.Content.Kind == TopologyPlanKind.Deploy && (await Limits.CheckAsync(db, caller, Limits.Instances, stop) ?? await Limits.CheckAsync(db, caller, Limits.StorageGb, stop)) is { } full)
                return full;
            if (made.Content.Kind != TopologyPlanKind.Destroy && await db.RefuseWorkAsync(made.Organization.Id, stop) is { } refused)
                return refused;
            var operation = await deploying.BeginAsync(db, caller, queue, topology, made, stop);
            db.Mark(topology, made.Content.Kind switch { TopologyPlanKind.Deploy => "deployed", TopologyPlanKind.Change => "changed", _ => "destroyed" }, always: true);
            await db.SaveChangesAsync(stop);
            return await OperationViews.AcceptedAsync(db, operation, kinds, stop);
        }, stop);
    }

    /// <summary>Ask a node how it does, now, and say what was seen.</summary>
    internal static async Task<Results<Ok<TopologyNodeStatus>, Problem>> MeasureNode(Guid id, string nodeId, OCoreDb db, Caller caller, [FromServices] TopologyHost host, [FromServices] DriftHost drifts, [FromServices] TopologyWatch watch, CancellationToken stop)
    {
        if (await db.Topologies.AsNoTracking().SingleOrDefaultAsync(t => t.Id == id, stop) is not { } topology || topology.Drawing.Nodes.All(n => n.Id != nodeId) && !await db.DeployedNodes.AnyAsync(n => n.TopologyId == id && n.NodeId == nodeId, stop))
            return Problem.NotFound;
        if (await host.FindAsync(db, id, stop) is not { } work || await db.DeployedNodes.SingleOrDefaultAsync(n => n.TopologyId == id && n.NodeId == nodeId, stop) is not { } row)
            return TopologyProblems.NotDeployed;
        if (work.Layout.Find(nodeId) is { } node)
        {
            var seen = await host.MeasureAsync(work, node, stop);
            // While an operation works on it, what differs is the operation's doing.
            watch.Apply(row, seen, await TopologyWatch.IsWorkedOnAsync(db, work, stop) ? null : await drifts.LookAsync(work, await DriftHost.InstanceAsync(db, work, stop), node, stop));
            await db.SaveChangesAsync(stop);
        }
        return TypedResults.Ok(DeploymentViews.ToStatus(row, await TopologyViews.ServerNamesAsync(db, caller, [topology], stop)));
    }

    /// <summary>The credentials of its buckets, without their secrets.</summary>
    internal static async Task<Results<Ok<Page<TopologyCredentialView>>, Problem>> ListCredentials(Guid id, OCoreDb db, CancellationToken stop)
    {
        if (!await db.Topologies.AnyAsync(t => t.Id == id, stop))
            return Problem.NotFound;
        return TypedResults.Ok(Paging.Whole(await db.TopologyCredentials.AsNoTracking().Where(c => c.TopologyId == id).OrderBy(c => c.Name).Select(c => new TopologyCredentialView { Name = c.Name, AccessKey = c.AccessKey }).ToListAsync(stop)));
    }

    /// <summary>Set the keys that a bucket of the drawing names as its credential. What runs comes to its files by them after the next change.</summary>
    internal static async Task<Results<Ok<TopologyCredentialView>, Problem>> SetCredential(Guid id, string name, SetTopologyCredential request, OCoreDb db, [FromServices] SecretBox secrets, CancellationToken stop)
    {
        if (await db.Topologies.AsNoTracking().SingleOrDefaultAsync(t => t.Id == id, stop) is not { } topology)
            return Problem.NotFound;
        if (name.Length > 100 || name.Any(char.IsControl))
            return Problem.Field("name", "It may have 100 characters.");
        var row = await db.TopologyCredentials.SingleOrDefaultAsync(c => c.TopologyId == id && c.Name == name, stop);
        if (row is null)
            db.Add(row = new TopologyCredential { OrgId = topology.OrgId, RootId = topology.RootId, TopologyId = id, Name = name, AccessKey = request.AccessKey, SecretKeySealed = "" });
        row.AccessKey = request.AccessKey;
        row.SecretKeySealed = secrets.Seal(request.SecretKey, TopologyCredential.Secret, row.Id);
        await db.SaveChangesAsync(stop);
        return TypedResults.Ok(new TopologyCredentialView { Name = row.Name, AccessKey = row.AccessKey });
    }

    /// <summary>Forget a credential. What runs keeps the keys it was deployed with.</summary>
    internal static async Task<Results<NoContent, Problem>> DeleteCredential(Guid id, string name, OCoreDb db, CancellationToken stop)
    {
        if (await db.TopologyCredentials.SingleOrDefaultAsync(c => c.TopologyId == id && c.Name == name, stop) is not { } row)
            return Problem.NotFound;
        db.Remove(row);
        await db.SaveChangesAsync(stop);
        return TypedResults.NoContent();
    }
}

/// <summary>From an agreed plan to the operation that does it.</summary>
internal sealed class Deploying(SecretBox secrets, TopologyHost host, TimeProvider time)
{
    public async Task<Operation> BeginAsync(OCoreDb db, Caller caller, OperationQueue queue, Topology topology, MadePlan plan, CancellationToken stop)
    {
        var content = plan.Content;
        if (content.Kind == TopologyPlanKind.Deploy)
            return await FirstAsync(db, caller, queue, topology, plan, stop);
        var deployment = await db.TopologyDeployments.SingleAsync(d => d.TopologyId == topology.Id, stop);
        var instance = await db.Instances.SingleAsync(i => i.Id == deployment.InstanceId, stop);
        var subject = new OperationSubject($"{(content.Kind == TopologyPlanKind.Change ? "Change" : "Destroy")} {topology.Name}", topology.OrgId, InstanceId: instance.Id, ServerId: instance.ServerId,
            ClientId: plan.Organization.Kind == OrganizationKind.Client ? plan.Organization.Id : null, TopologyId: topology.Id, Locks: [DeploymentViews.LockOf(topology.Id), $"instance:{instance.Id}"]);
        if (content.Kind == TopologyPlanKind.Destroy)
            return await queue.EnqueueAsync<DestroyTopologyKind, TopologyInput>(db, new(topology.Id), subject, stop);
        // Left by a change that a person has settled: the way back from this one leads to the keys that it has now.
        if (host.Instances.ClusterOf(instance) is { FormerBucket: not null } cluster)
            instance.ClusterSealed = host.Instances.Seal(cluster with { FormerBucket = null }, instance.Id);
        deployment.Status = "changing";
        (deployment.Before, deployment.Layout) = (deployment.Layout, Named(content.Layout, instance.Slug));
        await AddNodesAsync(db, topology, deployment.Layout, stop);
        return await queue.EnqueueAsync<ChangeTopologyKind, ChangeInput>(db, new(topology.Id, content.Hash(), topology.DrawingDigest), subject, stop);
    }

    private async Task<Operation> FirstAsync(OCoreDb db, Caller caller, OperationQueue queue, Topology topology, MadePlan plan, CancellationToken stop)
    {
        var (wanted, layout, id) = (plan.Content.Instance, plan.Content.Layout, RowId.New());
        var slug = await ProvisioningNames.FreeSlugAsync(db, plan.Organization.Kind == OrganizationKind.Client ? plan.Organization.Slug : ProvisioningNames.Slugify(wanted.Name), stop);
        var instance = new Instance
        {
            Id = id, OrgId = wanted.OrgId, RootId = topology.RootId, ServerId = layout.Home.ServerId!.Value, TemplateId = wanted.TemplateId, TopologyId = topology.Id,
            Name = wanted.Name, Slug = slug, Domain = wanted.Domain, PublicUrl = wanted.Url, Database = slug.Replace('-', '_'),
            OdooVersion = wanted.OdooVersion, OdooEdition = "ce", Image = wanted.Image, Workers = layout.Home.Int("workers"), MemoryMb = layout.Home.MemoryMb, Cpus = layout.Home.Cpus,
            EnvVars = secrets.Sealed(plan.Template?.DefaultEnvVars, plan.Template?.DefaultEnvVars, topology.RootId), Config = secrets.Sealed(plan.Template?.Config, plan.Template?.Config, topology.RootId), Modules = [.. wanted.Modules], Languages = [.. plan.Template?.Languages ?? []], DemoData = plan.Template?.DemoData ?? false,
            DatabasePasswordSealed = secrets.Seal(Tokens.New(), InstanceSecrets.Database, id), MasterPasswordSealed = secrets.Seal(Tokens.New(), InstanceSecrets.Master, id),
            ConnectKeySealed = secrets.Seal(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)), InstanceSecrets.Connect, id), AdminPasswordSealed = secrets.Seal(OdooPassword.New(), InstanceSecrets.Admin, id),
            CreatedAt = time.GetUtcNow(),
        };
        instance.EnvVars.Remove("WORKERS");
        var deploymentId = RowId.New();
        string Password() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        var deployment = new TopologyDeployment
        {
            Id = deploymentId, OrgId = topology.OrgId, RootId = topology.RootId, TopologyId = topology.Id, Name = topology.Name, InstanceId = id, Status = "deploying", PlanHash = plan.Content.Hash(),
            DrawingDigest = topology.DrawingDigest, Layout = Named(layout, slug), SecretsSealed = host.Seal(new TopologySecrets(Password(), Password(), Password(), Password(), Password()), deploymentId),
        };
        ClusterBucket? bucket = null;
        if (layout.Files is { } s3)
        {
            var credential = await db.TopologyCredentials.SingleAsync(c => c.TopologyId == topology.Id && c.Name == s3.Text("credential"), stop);
            bucket = new ClusterBucket(s3.Text("endpoint"), s3.Text("bucket"), s3.Settings.GetValueOrDefault("region", "us-east-1"), s3.Text("prefix"), credential.AccessKey, secrets.Unseal(credential.SecretKeySealed, TopologyCredential.Secret, credential.Id));
        }
        instance.ClusterSealed = host.Instances.Seal(TopologyHost.ClusterOf(new TopologyWork(deployment, deployment.Layout, host.Open(deployment), new Dictionary<Guid, Servers.Server>()), id, bucket), id);
        db.Add(instance);
        db.Add(deployment);
        await AddNodesAsync(db, topology, deployment.Layout, stop);
        return await queue.EnqueueAsync<DeployTopologyKind, TopologyInput>(db, new(topology.Id), new OperationSubject($"Deploy {topology.Name}", topology.OrgId, InstanceId: id, ServerId: instance.ServerId, TemplateId: wanted.TemplateId,
            ClientId: plan.Organization.Kind == OrganizationKind.Client ? plan.Organization.Id : null, TopologyId: topology.Id, Locks: [DeploymentViews.LockOf(topology.Id), $"instance:{id}"]), stop);
    }

    // The instance's tools know one container by the instance's name.
    private static Layout Named(Layout layout, string slug)
    {
        var home = layout.Home.Id;
        return layout with { Nodes = [.. layout.Nodes.Select(n => n.Id == home ? n with { Container = OdooContainer.NameOf(slug).Value } : n)] };
    }

    private static async Task AddNodesAsync(OCoreDb db, Topology topology, Layout layout, CancellationToken stop)
    {
        var rows = await db.DeployedNodes.Where(n => n.TopologyId == topology.Id).ToListAsync(stop);
        foreach (var node in layout.Nodes)
            if (rows.Find(r => r.NodeId == node.Id) is { } row)
                (row.Label, row.ServerId, row.Container) = (node.Label, node.ServerId, node.Container);
            else
                db.Add(new DeployedNode { OrgId = topology.OrgId, RootId = topology.RootId, TopologyId = topology.Id, NodeId = node.Id, Type = node.Type, Label = node.Label, ServerId = node.ServerId, Container = node.Container });
    }
}
