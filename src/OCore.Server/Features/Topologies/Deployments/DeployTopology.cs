using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Agency;
using OCore.Features.Instances;
using OCore.Features.Monitoring;
using OCore.Features.Servers;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Docker;
using OCore.Platform.Operations;
using OCore.Platform.Remote;
using OCore.Platform.Security;

namespace OCore.Features.Topologies.Deployments;

internal sealed record TopologyInput(Guid TopologyId);

/// <summary>Makes everything that a plan creates: what is used before what uses it. Until it has ended all of it can be undone.</summary>
internal sealed class DeployTopologyKind : OperationKind<TopologyInput>
{
    public override string Name => "topology.deploy";
    public override int Version => 4;
    public override bool BeginsWithRequest => true;

    protected override void Define(StepList<TopologyInput> steps) => steps
        .Step("check the servers", CheckAsync, ForgetAsync)
        .Step("get the images", (i, c) => TopologySteps.ImagesAsync(i.TopologyId, c))
        .Step("close the ports to others", GuardAsync, OpenAsync)
        .Step("start etcd", (i, c) => StartAsync(i, c, n => n.Type == NodeType.Etcd), (i, c) => RemoveAsync(i, c, n => n.Type == NodeType.Etcd))
        .Step("start PostgreSQL", (i, c) => StartAsync(i, c, n => n.Type == NodeType.Postgres), (i, c) => RemoveAsync(i, c, n => n.Type == NodeType.Postgres))
        .Step("lead to PostgreSQL", (i, c) => StartAsync(i, c, LeadsToPostgres), (i, c) => RemoveAsync(i, c, LeadsToPostgres))
        .Step("start Redis", StartRedisAsync, (i, c) => RemoveAsync(i, c, n => n.Type == NodeType.Redis))
        .Step("start the NFS server", (i, c) => StartAsync(i, c, n => n.Type == NodeType.Filestore), (i, c) => RemoveAsync(i, c, n => n.Type == NodeType.Filestore))
        .Step("make the database", DatabaseAsync)
        .Step("make the folders", FoldersAsync, RemoveFoldersAsync)
        .Step("install Odoo", InstallAsync, StopInstallingAsync)
        .Step("set identity and secrets", PersonalizeAsync)
        .Step("start Odoo", StartOdooAsync, RemoveOdooAsync)
        .Step("start the load balancers", StartBalancersAsync, RemoveBalancersAsync)
        .Step("wait until Odoo answers", WaitAsync)
        .Step("start the monitors", (i, c) => StartAsync(i, c, n => n.Type == NodeType.Monitor), (i, c) => RemoveAsync(i, c, n => n.Type == NodeType.Monitor))
        .Step("schedule the backups", BackUpAsync, BackUpNoMoreAsync)
        .Step("finish", FinishAsync);

    private static bool LeadsToPostgres(LayoutNode node) => node.IsPgEntry || node.Type == NodeType.Pgbouncer;

    private static async Task CheckAsync(TopologyInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var host = context.Get<TopologyHost>();
        var work = await host.OpenAsync(db, input.TopologyId, context.Stop);
        foreach (var id in work.Layout.Servers)
        {
            var server = work.Servers.GetValueOrDefault(id) ?? throw new StepRefusedException("server_gone", "A server of the plan is gone.", "Plan again.");
            if (server.Status is not ServerStatus.Active)
                throw new TryLaterException($"The server {server.Name} is {WireWord.Of(server.Status)}.", "The deployment goes on when the server is active.");
            var connection = await context.Get<Servers.ServerAccess>().ConnectAsync(server, context.Stop);
            if (NfsServer.Of(work.Layout) is not null && work.Layout.Of(NodeType.Odoo).Any(n => n.ServerId == id) && !await NfsServer.MountsAsync(connection, context.Stop))
                throw new StepRefusedException("nfs_not_mountable", $"The kernel of {server.Name} cannot mount NFS: it has no module nfs.", "Install the kernel's modules, choose another server, or keep files in S3.");
            foreach (var sharing in work.Layout.Nodes.Where(n => n.ServerId == id && n.IsBalancer))
                await SharedAddress.CheckAsync(connection, sharing, server.Name, unused: true, context.Stop);
        }
    }

    private static async Task ForgetAsync(TopologyInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var instance = await db.TopologyDeployments.Where(d => d.TopologyId == input.TopologyId).Select(d => d.InstanceId).SingleOrDefaultAsync(context.Stop);
        // With the deployment or not at all: without it nobody would find the instance any more.
        if (await db.Instances.SingleOrDefaultAsync(i => i.Id == instance, context.Stop) is { } row)
            db.Remove(row);
        await TopologyHost.ForgetAsync(db, input.TopologyId, context.Stop);
    }

    // Before anything listens.
    private static async Task GuardAsync(TopologyInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var host = context.Get<TopologyHost>();
        await host.Firewall.EnsureAsync(await host.OpenAsync(db, input.TopologyId, context.Stop), null, context.Stop);
    }

    private static async Task OpenAsync(TopologyInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var host = context.Get<TopologyHost>();
        if (await host.FindAsync(db, input.TopologyId, context.Stop) is { } work)
            await host.Firewall.RemoveAsync(work, work.Layout.Servers, context.Stop);
    }

    private static async Task StartAsync(TopologyInput input, StepContext context, Func<LayoutNode, bool> which)
    {
        await using var db = context.OpenDb();
        var host = context.Get<TopologyHost>();
        var work = await host.OpenAsync(db, input.TopologyId, context.Stop);
        var nodes = work.Layout.Nodes.Where(which).ToList();
        // All at once: members of one cluster wait for each other.
        await Task.WhenAll(nodes.Select(node => host.EnsureAsync(work, node, context.Stop)));
        foreach (var node in nodes)
        {
            await TopologySteps.MarkAsync(context, input.TopologyId, node.Id, TopologyNodeState.Working, "It has started.");
            var seen = await host.WaitAsync(work, node, TimeSpan.FromMinutes(3), context.Stop);
            await TopologySteps.MarkAsync(context, input.TopologyId, node.Id, seen.State, seen.Message);
            context.Log($"{node.Id}: {node.Label} runs");
        }
    }

    // Who says who leads comes after those who may.
    private static async Task StartRedisAsync(TopologyInput input, StepContext context)
    {
        await StartAsync(input, context, n => n.Type == NodeType.Redis && !n.IsSentinel);
        await StartAsync(input, context, n => n.IsSentinel);
    }

    private static async Task RemoveAsync(TopologyInput input, StepContext context, Func<LayoutNode, bool> which)
    {
        await using var db = context.OpenDb();
        var host = context.Get<TopologyHost>();
        if (await host.FindAsync(db, input.TopologyId, context.Stop) is not { } work)
            return;
        foreach (var node in work.Layout.Nodes.Where(which).Reverse())
        {
            await host.RemoveAsync(work, node, context.Stop);
            context.Log($"{node.Id}: {node.Label} is removed again");
        }
    }

    // PostgreSQL is the topology's alone, so undoing it undoes this.
    private static async Task DatabaseAsync(TopologyInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var on = await TopologySteps.InstanceAsync(db, input.TopologyId, context);
        var values = new Dictionary<string, string> { ["db"] = on.Plan.Database, ["password"] = on.Plan.DatabasePassword, ["connections"] = RoleConnections.Unlimited };
        await on.SqlAsync("postgres", OdooSql.EnsureRole, values, context.Stop);
    }

    private static async Task FoldersAsync(TopologyInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var host = context.Get<TopologyHost>();
        var work = await host.OpenAsync(db, input.TopologyId, context.Stop);
        var on = await TopologySteps.InstanceAsync(db, input.TopologyId, context);
        await TopologySteps.FoldersAsync(host, work, on, context.Stop);
        if (on.Plan.Cluster?.Bucket is { } bucket)
            await context.Get<BucketMark>().SetAsync(work.Deployment.Id, bucket, on.Plan.Database, context.Log, context.Stop);
    }

    private static async Task RemoveFoldersAsync(TopologyInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var host = context.Get<TopologyHost>();
        if (await host.FindAsync(db, input.TopologyId, context.Stop) is not { Deployment.InstanceId: { } instance } work)
            return;
        foreach (var node in work.Layout.Of(NodeType.Odoo).Where(work.HasServerOf).DistinctBy(n => n.ServerId))
        {
            var connection = await host.ConnectAsync(work, node, context.Stop);
            await connection.Docker.RemoveContainerAsync(DockerName.Parse("ocore-files-" + Layout.KeyOf(input.TopologyId, node.Id)), context.Stop);
            await ServerFiles.RemoveFolderAsync(connection, OdooContainer.FolderOf(instance), context.Stop);
            await host.ForgetNfsAsync(db, work, node.ServerId!.Value, context.Stop);
        }
        // Whoever wrote there is gone by now.
        if (await db.Instances.SingleOrDefaultAsync(i => i.Id == instance, context.Stop) is { } row && host.Instances.ClusterOf(row)?.Bucket is { } bucket)
            await context.Get<BucketMark>().RemoveFilesAsync(work.Deployment.Id, bucket, row.Database, [], context.Attempt, context.Log, context.Stop);
    }

    private static async Task InstallAsync(TopologyInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var on = await TopologySteps.InstanceAsync(db, input.TopologyId, context);
        var values = new Dictionary<string, string> { ["db"] = on.Plan.Database };
        if ((await on.SqlAsync("postgres", OdooSql.IsInitialised, values, context.Stop)).Trim() == "t")
            return;
        var name = OdooInitialisation.ContainerOf(on);
        // One that a process before this began goes on; what is half built and abandoned is begun again.
        if (await on.Connection.Docker.FindAsync(name, context.Stop) is not { IsRunning: true })
        {
            await on.Connection.Docker.RemoveContainerAsync(name, context.Stop);
            await on.SqlAsync("postgres", OdooSql.DropUnfinished, values, context.Stop);
        }
        await on.SqlAsync("postgres", OdooSql.CreateDatabase, values, context.Stop);
        await OdooInitialisation.RunAsync(on, on.Instance.Modules, on.Instance.Languages, on.Instance.DemoData, context.Log, context.Stop);
        await on.SqlAsync("postgres", OdooSql.MarkInitialised, values, context.Stop);
    }

    private static async Task StopInstallingAsync(TopologyInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        if (await context.Get<TopologyHost>().FindAsync(db, input.TopologyId, context.Stop) is null)
            return;
        var on = await TopologySteps.InstanceAsync(db, input.TopologyId, context);
        await on.Connection.Docker.RemoveContainerAsync(OdooInitialisation.ContainerOf(on), context.Stop);
    }

    private static async Task PersonalizeAsync(TopologyInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var on = await TopologySteps.InstanceAsync(db, input.TopologyId, context);
        await InstanceHost.PersonalizeAsync(on, OdooPassword.Hash(context.Get<SecretBox>().Unseal(on.Instance.AdminPasswordSealed!, InstanceSecrets.Admin, on.Instance.Id)), context.Stop);
    }

    private static async Task StartOdooAsync(TopologyInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var on = await TopologySteps.InstanceAsync(db, input.TopologyId, context);
        await TopologySteps.RefuseSuspendedAsync(db, on.Instance.Id, context.Stop);
        await context.Get<InstanceHost>().EnsureContainerAsync(db, on, context.Stop);
        await db.SaveChangesAsync(context.Stop);
        foreach (var node in on.Plan.Cluster!.Nodes)
        {
            await TopologySteps.MarkAsync(context, input.TopologyId, node.NodeId, TopologyNodeState.Working, "Odoo has started.");
            await InstanceHost.WaitUntilUpAsync(await context.Get<InstanceHost>().ConnectAsync(db, node.ServerId, context.Stop), DockerName.Parse(node.Container), context.Log, context.Stop);
            await TopologySteps.MarkAsync(context, input.TopologyId, node.NodeId, TopologyNodeState.Running, null);
            context.Log($"{node.NodeId}: Odoo answers");
        }
    }

    private static Task RemoveOdooAsync(TopologyInput input, StepContext context) => RemoveAsync(input, context, n => n.Type == NodeType.Odoo);

    private static async Task StartBalancersAsync(TopologyInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var host = context.Get<TopologyHost>();
        var work = await host.OpenAsync(db, input.TopologyId, context.Stop);
        await TopologySteps.RefuseSuspendedAsync(db, work.Deployment.InstanceId, context.Stop);
        foreach (var node in work.Layout.Nodes.Where(n => n.IsBalancer))
        {
            await TopologySteps.MarkAsync(context, input.TopologyId, node.Id, TopologyNodeState.Working, "It is being started.");
            await host.TakeEdgeAsync(db, work, node, context.Stop);
            await host.EnsureAsync(work, node, context.Stop);
        }
    }

    private static async Task RemoveBalancersAsync(TopologyInput input, StepContext context)
    {
        await RemoveAsync(input, context, n => n.IsBalancer);
        await using var db = context.OpenDb();
        var host = context.Get<TopologyHost>();
        if (await host.FindAsync(db, input.TopologyId, context.Stop) is { } work)
            foreach (var node in work.Layout.Nodes.Where(n => n.IsBalancer))
                await host.GiveEdgeBackAsync(db, work, node, context.Stop);
    }

    private static async Task WaitAsync(TopologyInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        await TopologySteps.WaitForBalancersAsync(context.Get<TopologyHost>(), await context.Get<TopologyHost>().OpenAsync(db, input.TopologyId, context.Stop), context);
    }

    private static async Task BackUpAsync(TopologyInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var work = await context.Get<TopologyHost>().OpenAsync(db, input.TopologyId, context.Stop);
        if (BackupNodes.Of(work.Layout) is not { } node)
            return;
        await context.Get<BackupNodes>().EnsureAsync(db, work, node, context.Stop);
        foreach (var id in (string[])[node.Id, node.Text("bucket")])
            await TopologySteps.MarkAsync(context, input.TopologyId, id, TopologyNodeState.Running, null);
        context.Log($"{node.Id}: the instance is backed up once a day");
    }

    private static async Task BackUpNoMoreAsync(TopologyInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        if (await db.TopologyDeployments.SingleOrDefaultAsync(d => d.TopologyId == input.TopologyId, context.Stop) is { } deployment)
            await BackupNodes.RemoveAsync(db, deployment, context.Stop);
    }

    private static async Task FinishAsync(TopologyInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var deployment = await db.TopologyDeployments.SingleAsync(d => d.TopologyId == input.TopologyId, context.Stop);
        var instance = await db.Instances.SingleAsync(i => i.Id == deployment.InstanceId, context.Stop);
        if (deployment.Status != "active")
        {
            var now = context.Get<TimeProvider>().GetUtcNow();
            (deployment.Status, deployment.Generation, deployment.DeployedAt) = ("active", deployment.Generation + 1, now);
            await DefaultAlerts.AddAsync(db, deployment.RootId, instance.Id, deployment.Name, now, context.Stop);
        }
        (instance.Status, instance.StatusMessage) = (await db.IsSuspendedAsync(instance.OrgId, context.Stop) ? InstanceStatus.Suspended : InstanceStatus.Running, null);
        await db.SaveChangesAsync(context.Stop);
    }
}

/// <summary>Steps that the operations of topologies share.</summary>
internal static class TopologySteps
{
    public static async Task<InstanceOnServer> InstanceAsync(Platform.Data.OCoreDb db, Guid topologyId, StepContext context)
    {
        var id = await db.TopologyDeployments.Where(d => d.TopologyId == topologyId).Select(d => d.InstanceId).SingleOrDefaultAsync(context.Stop) ?? throw new StepRefusedException("topology_gone", "The topology is not deployed any more.");
        return await context.Get<InstanceHost>().OpenAsync(db, id, context.Stop);
    }

    /// <summary>For a client that was suspended since this began nothing is started that people reach.</summary>
    public static async Task RefuseSuspendedAsync(Platform.Data.OCoreDb db, Guid? instance, CancellationToken stop)
    {
        if (await db.Instances.AnyAsync(i => i.Id == instance && i.Organization.SuspendedAt != null, stop))
            throw new StepRefusedException(AgencyProblems.Suspended.Code, AgencyProblems.Suspended.Detail, AgencyProblems.Suspended.Hint);
    }

    public static async Task ImagesAsync(Guid topologyId, StepContext context)
    {
        await using var db = context.OpenDb();
        var host = context.Get<TopologyHost>();
        var work = await host.OpenAsync(db, topologyId, context.Stop);
        foreach (var node in work.Layout.Nodes.Where(n => n.ServerId is not null).DistinctBy(n => (n.ServerId, n.Image, n.Text("holder"))))
            await host.EnsureImagesAsync(work, node, context.Log, context.Stop);
    }

    /// <summary>Odoo's folder on each of its servers, Odoo's own.</summary>
    public static async Task FoldersAsync(TopologyHost host, TopologyWork work, InstanceOnServer on, CancellationToken stop)
    {
        await NfsServer.MakeFolderAsync(host, work, on.Plan.Database, stop);
        foreach (var node in work.Layout.Of(NodeType.Odoo).Where(work.HasServerOf).DistinctBy(n => n.ServerId))
        {
            var connection = await host.ConnectAsync(work, node, stop);
            if (NfsServer.Of(work.Layout) is not null)
                await NfsServer.PrepareClientAsync(connection, stop);
            var folder = OdooContainer.FolderOf(on.Instance.Id);
            await ServerFiles.MakeFoldersAsync(connection, [folder], stop);
            await host.Files.RunAsync(connection, "files-" + Layout.KeyOf(work.TopologyId, node.Id), "root", [ContainerMount.Folder(folder, FilestorePlace.Folder)],
                """
                set -eu
                mkdir -p "$1/filestore/$2"
                chown -R "$3" "$1"
                """, [FilestorePlace.Folder.Value, on.Plan.Database, (await host.OwnerAsync(work, node, stop)).ToString()], stop);
        }
    }

    public static async Task WaitForBalancersAsync(TopologyHost host, TopologyWork work, StepContext context)
    {
        foreach (var node in work.Layout.Nodes.Where(n => n.IsBalancer))
        {
            await host.WaitAsync(work, node, TimeSpan.FromMinutes(1), context.Stop);
            await MarkAsync(context, work.TopologyId, node.Id, TopologyNodeState.Running, null);
            context.Log($"{node.Id}: {node.Label} leads to Odoo");
        }
    }

    public static async Task MarkAsync(StepContext context, Guid topologyId, string nodeId, TopologyNodeState state, string? message)
    {
        await using var db = context.OpenDb();
        var now = context.Get<TimeProvider>().GetUtcNow();
        await db.DeployedNodes.Where(n => n.TopologyId == topologyId && n.NodeId == nodeId)
            .ExecuteUpdateAsync(s => s.SetProperty(n => n.State, state).SetProperty(n => n.Message, message).SetProperty(n => n.MeasuredAt, now), context.Stop);
    }
}
