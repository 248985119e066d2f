using System.Globalization;
using OCore.Client;
using OCore.SystemTests.Remote;
using OCore.Tests.Topologies;
using Xunit;

namespace OCore.SystemTests.Topologies;

/// <summary>A topology with fail-over that runs, one who writes without an end, and others who are signed in.</summary>
public class FailoverScene(TopologyLab lab) : IAsyncLifetime
{
    public const string Host = "failover.shop.example", NextImage = "odoo:19.0-next";
    private const int People = 5;

    public static int Times => Number("OCORE_TEST_DRILLS", 1);
    public static int Cuts => Number("OCORE_TEST_CUTS", Times);

    private readonly List<OdooVisitor> _people = [];
    private AdminCredentials _admin = null!;

    private protected virtual Sketch Sketch => DeployScene.Failover();
    internal TopologyView Topology { get; private set; } = null!;
    internal Guid Instance { get; private set; }
    internal TopologyWriter Writer { get; private set; } = null!;
    internal int Rolls { get; set; }

    public async Task InitializeAsync()
    {
        if (Lab.WhyNot is not null) return; // each test says so
        await Lab.RunProgramAsync("docker", "tag", "odoo:19.0", NextImage);
        Topology = await lab.DrawAsync(Sketch, "Fail-over", lab.Places(("edge", 1), ("db", 1), ("app-1", 2), ("app-2", 3)));
        await lab.DeployAsync(Topology, new PlanTopology { Organization = lab.Scene.Client.Slug, Domain = Host }, seconds: 560);
        Instance = (await lab.Scene.Http.Get<TopologyView>($"/api/topologies/{Topology.Id}")).Deployment!.InstanceId!.Value;
        _admin = await lab.Scene.Http.Post<AdminCredentials>($"/api/instances/{Instance}/admin-password/reveal");
        for (var i = 0; i < People; i++)
            _people.Add(await ComeInAsync());
        Writer = new TopologyWriter(await ComeInAsync());
    }

    private async Task<OdooVisitor> ComeInAsync()
    {
        var visitor = new OdooVisitor($"http://{lab.Machines[0].Host.Value}", Host);
        await visitor.SignInAsync(_admin.Login, _admin.Password);
        return visitor;
    }

    /// <summary>How many of those who were signed in are not any more. They sign in again.</summary>
    internal async Task<int> LostSessionsAsync()
    {
        var lost = 0;
        for (var i = 0; i < _people.Count; i++)
        {
            if (await _people[i].IsInAsync())
                continue;
            lost++;
            _people[i].Dispose();
            _people[i] = await ComeInAsync();
        }
        return lost;
    }

    public async Task DisposeAsync()
    {
        if (Topology is null)
            return;
        if (Writer is { } writer)
            await writer.DisposeAsync();
        foreach (var person in _people)
            person.Dispose();
        await lab.DestroyAsync(Topology);
        await lab.NothingIsLeftAsync();
    }

    private static int Number(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
