using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Agency;
using OCore.Features.Domains;
using OCore.Features.Operations;
using OCore.Features.Organizations;
using OCore.Features.Plans;
using OCore.Features.Servers;
using OCore.Features.Templates;
using OCore.Features.Topologies.Rules;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Topologies.Deployments;

/// <summary>A plan with what it was made of.</summary>
internal sealed record MadePlan(PlanContent Content, IReadOnlyList<TopologyFinding> Findings, Organization Organization, Template? Template, TopologyDeployment? Deployment);

/// <summary>Works a plan out. Everything that can be refused is refused here, for planning and for deploying alike.</summary>
internal sealed class PlanMaker(OdooCatalog catalog, Settings settings, BucketKeys keys, TimeProvider time)
{
    private LayoutImages Images(string odoo) => new(odoo, PostgresContainer.Image(settings).Value, Image("POSTGRES_HA", "ocore-postgres-ha:17"), Image("REDIS", "redis:8"), Image("HAPROXY", "haproxy:3.0"), Image("NGINX", "nginx:1.26"), Image("TRAEFIK", "traefik:3"), Image("NFS", "ocore-nfs:6"), Image("PGBOUNCER", "ocore-pgbouncer:1"), Image("KEEPALIVED", "ocore-keepalived:2"));

    /// <summary>What the nodes of a drawing would run, as far as that is known without a template.</summary>
    public LayoutImages ImagesOf(TopologySnapshot topology) =>
        Images(catalog.ImageOf(topology.Odoo.Select(o => o.Text("odooVersion")).FirstOrDefault(v => v is not null && catalog.Find(v) is not null) ?? catalog.Releases[^1].Version, topology.Odoo.Select(o => o.Text("image")).FirstOrDefault(i => i is not null)).Value);

    private string Image(string name, string otherwise) => settings.Images.GetValueOrDefault(name) ?? otherwise;

    public async Task<(MadePlan? Plan, Problem?)> MakeAsync(OCoreDb db, Caller caller, Topology topology, PlanTopology request, CancellationToken stop)
    {
        var deployment = await db.TopologyDeployments.AsNoTracking().SingleOrDefaultAsync(d => d.TopologyId == topology.Id, stop);
        if (request.Destroy == true && deployment is null)
            return (null, TopologyProblems.NotDeployed);
        var (instance, organization, template, problem) = await InstanceAsync(db, caller, topology, request, deployment, stop);
        if (problem is not null)
            return (null, problem);
        if (organization!.SuspendedAt is not null && request.Destroy != true)
            return (null, AgencyProblems.Suspended);
        var snapshot = await TopologySnapshots.TakeAsync(db, caller, topology, topology.Drawing, topology.Ha, time.GetUtcNow(), stop, request.AgreeToLose);
        var servers = snapshot.Servers.Values.ToDictionary(s => s.Id, s => new Ref { Id = s.Id, Name = s.Name });
        if (request.Destroy == true)
            return (new MadePlan(new PlanContent
            {
                Kind = TopologyPlanKind.Destroy, Generation = deployment!.Generation, Snapshot = deployment.PlanHash, Instance = instance!, Layout = deployment.Layout, Actions = Planner.Actions(deployment.Layout, null, servers),
            }, [], organization!, template, deployment), null);
        var findings = TopologyRules.Check(snapshot);
        if (findings.Where(f => f.Severity == FindingSeverity.Error).ToList() is { Count: > 0 } errors)
            return (null, TopologyProblems.Invalid(errors));
        if (LayoutMaker.NotBuilt(snapshot) is { Count: > 0 } why)
            return (null, TopologyProblems.NotBuilt(why));
        if (settings.AcmeDirectory is null && snapshot.Balancers.Where(b => b.Flag("tls", false)).ToDictionary(b => b.Id, _ => "There is no certificate authority to ask: the installation names none (OCORE_ACME_DIRECTORY).") is { Count: > 0 } bare)
            return (null, TopologyProblems.NotBuilt(bare));
        if (snapshot.Of(NodeType.Backup).Count > 0 && deployment is null && !caller.Access.Features.Contains(PlanFeatures.Backups))
            return (null, GateProblems.SubscriptionRequired(PlanFeatures.Backups));
        foreach (var bucket in snapshot.Of(NodeType.S3))
            if (!await db.TopologyCredentials.AnyAsync(c => c.TopologyId == topology.Id && c.Name == bucket.Text("credential"), stop))
                return (null, TopologyProblems.CredentialMissing(bucket.Label, bucket.Text("credential", "")));
        var layout = LayoutMaker.Make(topology.Id, snapshot, Images(instance!.Image));
        if (deployment is not null)
            layout = layout.After(deployment.Layout) with { KeysChanged = deployment.Layout.KeysChanged + (await keys.DifferAsync(db, deployment, stop) ? 1 : 0) };
        var actions = Planner.Actions(deployment?.Layout, layout, servers);
        if (deployment is not null && Planner.NotChanged(actions, deployment.Layout, layout, snapshot.Deployed!.Leading) is { Count: > 0 } fixedNodes)
            return (null, TopologyProblems.NotBuilt(fixedNodes));
        // Where people come is where the first load balancer is; without one, the Odoo itself.
        var door = layout.Nodes.FirstOrDefault(n => n.IsBalancer) ?? layout.Home;
        var content = new PlanContent
        {
            Kind = deployment is null ? TopologyPlanKind.Deploy : TopologyPlanKind.Change, Generation = deployment?.Generation ?? 0, Snapshot = TopologySnapshots.HashOf(snapshot),
            Instance = deployment is null ? Addressed(instance, request, layout, door, await db.ServersOfAll().SingleAsync(s => s.Id == door.ServerId, stop), topology) : instance, Layout = layout, Actions = actions,
        };
        if (deployment is null && await db.IsProvenAsync(content.Instance.Domain, stop))
            return (null, DomainProblems.Proven);
        return (new MadePlan(content, [.. findings.Where(f => f.Severity == FindingSeverity.Warning)], organization!, template, deployment), null);
    }

    private static WantedInstance Addressed(WantedInstance instance, PlanTopology request, Layout layout, LayoutNode door, Server server, Topology topology)
    {
        var domain = (request.Domain ?? layout.Nodes.Where(n => n.IsBalancer).SelectMany(n => n.List("hosts")).FirstOrDefault() ?? $"t{Layout.KeyOf(topology.Id, "")}.{ProvisioningNames.BaseDomain(server)}").ToLowerInvariant();
        return instance with { Domain = domain, Url = door.Port == 80 ? $"http://{domain}" : $"http://{domain}:{door.Port}" };
    }

    private async Task<(WantedInstance?, Organization?, Template?, Problem?)> InstanceAsync(OCoreDb db, Caller caller, Topology topology, PlanTopology request, TopologyDeployment? deployment, CancellationToken stop)
    {
        // One for all Odoo nodes, as TP-S08 has it; who draws none goes on with what runs.
        var drawn = topology.Drawing.Nodes.Select(n => new DrawnNode(n)).Where(n => n.Type == NodeType.Odoo).Select(n => n.Text("image")).FirstOrDefault(i => i is not null);
        if (deployment?.InstanceId is { } id && await db.Instances.AsNoTracking().SingleOrDefaultAsync(i => i.Id == id, stop) is { } there)
        {
            var owner = await db.Organizations.AsNoTracking().SingleAsync(o => o.Id == there.OrgId, stop);
            return (new WantedInstance(there.Name, there.OrgId, there.Domain, there.PublicUrl ?? "", there.OdooVersion, drawn ?? there.Image, there.Modules, there.TemplateId), owner, null, null);
        }
        var (wish, template) = (request.Organization, (Template?)null);
        var orgId = wish is null ? caller.OrgId : Guid.TryParse(wish, out var parsed) ? parsed : Guid.Empty;
        if (await db.Organizations.AsNoTracking().SingleOrDefaultAsync(o => (o.Id == orgId || o.Slug == wish) && o.DeletingAt == null, stop) is not { } organization)
            return (null, null, null, TemplateProblems.OrganizationNotFound);
        if (request.TemplateId is { } templateId)
        {
            template = await TemplateViews.VisibleTo(db, caller).AsNoTracking().SingleOrDefaultAsync(t => t.Id == templateId, stop);
            if (template is null)
                return (null, null, null, Problem.Field("templateId", "There is no such template.", "template_not_found") with { Status = 404 });
            if (template.OdooEdition == "ee" || template.Repositories.Count > 0)
                return (null, null, null, Problem.Field("templateId", "A topology runs what is in its image: templates with repositories or Enterprise are for instances on one server.", "template_not_deployable"));
        }
        var version = template?.OdooVersion ?? topology.Drawing.Nodes.Select(n => new DrawnNode(n)).Where(n => n.Type == NodeType.Odoo).Select(n => n.Text("odooVersion")).FirstOrDefault(v => v is not null) ?? catalog.Releases[^1].Version;
        if (catalog.Find(version) is null && (drawn ?? template?.Image) is null)
            return (null, null, null, TemplateProblems.VersionNotSupported(version, catalog.Versions));
        return (new WantedInstance(request.Name ?? topology.Name, organization.Id, "", "", version, catalog.ImageOf(version, drawn ?? template?.Image).Value, [.. template?.ModuleList ?? []], template?.Id), organization, template, null);
    }

    public static TopologyPlanView ToView(Guid id, MadePlan plan, DateTimeOffset at) => new()
    {
        Id = id, Hash = plan.Content.Hash(), Kind = plan.Content.Kind, Snapshot = plan.Content.Snapshot, Generation = plan.Content.Generation,
        Instance = new PlannedInstance
        {
            Name = plan.Content.Instance.Name, Organization = plan.Organization.ToRef(), Domain = plan.Content.Instance.Domain, Url = plan.Content.Instance.Url,
            OdooVersion = plan.Content.Instance.OdooVersion, Image = plan.Content.Instance.Image, Modules = plan.Content.Instance.Modules,
        },
        Actions = plan.Content.Actions, Downtime = plan.Content.Actions.Any(Planner.Interrupts), DataRisk = plan.Content.Actions.Any(a => a.DataRisk is not null),
        Findings = plan.Findings, CreatedAt = at,
    };
}
