using OCore.Client;
using OCore.Features.Topologies;
using OCore.Features.Topologies.Deployments;

namespace OCore.Tests.Topologies;

/// <summary>One row in every table of topologies, for tests that look at tables. Nothing runs.</summary>
internal static class TopologyRows
{
    public static IEnumerable<object> Of(Guid org, Guid root, string name)
    {
        var topology = new Topology { OrgId = org, RootId = root, Name = name };
        yield return topology;
        yield return PlanOf(org, root, topology.Id, name);
        yield return new TopologyDeployment { OrgId = org, RootId = root, TopologyId = topology.Id, Name = name, Status = "active", PlanHash = name, DrawingDigest = "", Layout = new Layout { Nodes = [] }, SecretsSealed = "x" };
        yield return new DeployedNode { OrgId = org, RootId = root, TopologyId = topology.Id, NodeId = "one", Label = "One", Container = "odd" };
        yield return new TopologyCredential { OrgId = org, RootId = root, TopologyId = topology.Id, Name = "one", AccessKey = "x", SecretKeySealed = "x" };
    }

    public static TopologyPlan PlanOf(Guid org, Guid root, Guid topology, string name) => new()
    {
        OrgId = org, RootId = root, TopologyId = topology, Hash = name, Request = new PlanTopology(),
        View = new TopologyPlanView
        {
            Id = topology, Hash = name, Kind = default, Snapshot = "", Generation = 0, Actions = [], Findings = [], Downtime = false, DataRisk = false, CreatedAt = default,
            Instance = new PlannedInstance { Name = name, Organization = new Ref { Id = org, Name = name }, Domain = "odd.example.com", Url = "https://odd.example.com", OdooVersion = "18.0", Image = "odoo", Modules = [] },
        },
    };
}
