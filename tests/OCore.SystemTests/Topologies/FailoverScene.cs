using System.Globalization;
using System.Text;
using OCore.Client;
using OCore.SystemTests.Remote;
using OCore.Tests.Topologies;
using Xunit;

namespace OCore.SystemTests.Topologies;

/// <summary>One harm and what it cost.</summary>
internal sealed record Drill(string Name, TimeSpan Gap, int Requests, int Rows, int Lost, int Sessions, TimeSpan Healed);

/// <summary>A topology with fail-over that runs, one who writes without an end, and others who are signed in.</summary>
public class FailoverScene(TopologyLab lab) : IAsyncLifetime
{
    public const string Host = "failover.shop.example", NextImage = "odoo:19.0-next";
    private const int People = 5;

    public static int Times => Number("OCORE_TEST_DRILLS", 1);
    public static int Cuts => Number("OCORE_TEST_CUTS", Times);

    // Of all scenes: they follow one another.
    private static readonly List<Drill> Drills = [];
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

    /// <summary>Written after each, so that a run that is broken off has told what it saw.</summary>
    internal async Task TellAsync(Drill drill)
    {
        Drills.Add(drill);
        if (Environment.GetEnvironmentVariable("OCORE_TEST_DRILLS_FILE") is { Length: > 0 } file)
            await File.WriteAllTextAsync(file, Table());
    }

    /// <summary>The worst of each harm; rows and sessions that were lost, requests and acknowledged rows of all times together.</summary>
    private string Table()
    {
        var table = new StringBuilder("| harm | times | longest gap | longest gap, median | requests lost | rows acknowledged | rows lost | sessions lost | healthy after |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
        foreach (var harm in Drills.GroupBy(d => d.Name))
        {
            var gaps = harm.Select(d => d.Gap.TotalSeconds).Order().ToList();
            table.Append(string.Create(CultureInfo.InvariantCulture,
                $"| {harm.Key} | {gaps.Count} | {gaps[^1]:0.0} s | {gaps[gaps.Count / 2]:0.0} s | {harm.Sum(d => d.Requests)} | {harm.Sum(d => d.Rows)} | {harm.Sum(d => d.Lost)} | {harm.Sum(d => d.Sessions)} | {harm.Max(d => d.Healed).TotalSeconds:0.0} s |\n"));
        }
        return table.ToString();
    }

    private static int Number(string name, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(name), CultureInfo.InvariantCulture, out var number) ? number : otherwise;
}
