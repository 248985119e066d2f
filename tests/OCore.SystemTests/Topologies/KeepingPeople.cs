using OCore.Client;
using OCore.SystemTests.Remote;
using OCore.Tests.Topologies;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Topologies;

/// <summary>Without Redis sessions are files of their node: the load balancer keeps people there, and whoever has to signs in again when it is made anew.</summary>
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
    }
}
