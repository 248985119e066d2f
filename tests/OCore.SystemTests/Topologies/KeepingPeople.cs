using OCore.Client;
using OCore.SystemTests.Remote;
using OCore.Tests.Topologies;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Topologies;

/// <summary>Without Redis sessions are files of their node: the load balancer keeps people there, and whoever has to signs in again when it is made anew or lost.</summary>
[Collection(TopologyLabCollection.Name)]
public sealed class KeepingPeople(TopologyLab lab, ITestOutputHelper output)
{
    [LabFact]
    public async Task They_are_kept_while_it_is_changed_and_nobody_sees_an_error()
    {
        var sketch = DeployScene.Pair().Without("redis").Ha(h => h with { RedisEnabled = false });
        var topology = await lab.DrawAsync(sketch, "Sticky", lab.Places(("edge", 1), ("app-1", 1), ("app-2", 2), ("db", 2)));
        var domain = "sticky.shop.example";
        await lab.DeployAsync(topology, new PlanTopology { Organization = lab.Scene.Client.Slug, Name = "Sticky ERP", Domain = domain });
        var (instance, admin) = await lab.InstanceOfAsync(topology);
        var people = new List<OdooVisitor>();
        try
        {
            while (people.Select(p => p.Node).Distinct().Count() < 2)
            {
                Assert.True(people.Count < 10, "all of ten people are on one node");
                people.Add(await lab.SignedInAsync(instance, admin));
            }
            foreach (var person in people)
                for (var i = 0; i < 6; i++)
                    Assert.Equal(2, await person.UserAsync());
            await WhenANodeIsKilledAsync();
            await lab.ChangeUnderLoadAsync(topology, TopologyLab.AsDrawn(topology).Set("odoo-1", "cronThreads", 1).Set("odoo-2", "cronThreads", 1), domain, "changed node by node", output);
            await lab.HasNodesAsync(topology, "2");
            foreach (var person in people)
            {
                if (!await person.IsInAsync())
                    await person.SignInAsync(admin.Login, admin.Password);
                for (var i = 0; i < 6; i++)
                    Assert.Equal(2, await person.UserAsync());
            }
        }
        finally
        {
            people.ForEach(p => p.Dispose());
        }
        await lab.DestroyAsync(topology);
        await lab.NothingIsLeftAsync();

        // Those of the other node go on. Its own are asked to sign in there, and find what they saved.
        async Task WhenANodeIsKilledAsync()
        {
            var container = (await lab.Machines[1].ShellAsync("docker ps --filter label=ocore.instance --format '{{.Names}}'")).Trim();
            foreach (var (i, person) in people.Index())
                await person.ExecuteAsync("res.partner", "create", new object[] { new[] { new { name = $"kept {i}" } } });
            var before = people.ConvertAll(p => p.Node);
            await lab.Machines[1].ShellAsync("docker kill \"$1\" && docker update --restart no \"$1\" >/dev/null", container);
            await lab.Scene.UntilAsync(async () => (await lab.MeasureAsync(topology, "lb")).Figures.GetValueOrDefault("nodesUp") == "1", "the load balancer has taken it out", 60);
            var kept = new List<string?>();
            foreach (var (i, person) in people.Index())
            {
                if (await person.IsInAsync())
                    kept.Add(before[i]);
                else
                    await person.SignInAsync(admin.Login, admin.Password);
                var found = await person.ExecuteAsync("res.partner", "search_count", new object[] { new object[] { new object[] { "name", "=", $"kept {i}" } } });
                Assert.Equal(1, found.GetInt32());
            }
            output.WriteLine($"a node killed: {kept.Count} of {people.Count} people noticed nothing");
            var survivor = Assert.Single(kept.Distinct());
            Assert.Equal(before.Count(node => node == survivor), kept.Count);
            await lab.Machines[1].ShellAsync("docker update --restart unless-stopped \"$1\" >/dev/null; docker start \"$1\"", container);
            await lab.Scene.UntilAsync(async () => (await lab.MeasureAsync(topology, "lb")).Figures.GetValueOrDefault("nodesUp") == "2", "it is back", 90);
        }
    }
}
