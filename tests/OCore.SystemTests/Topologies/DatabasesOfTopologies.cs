using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using OCore.Client;
using OCore.SystemTests.Instances;
using OCore.SystemTests.Remote;
using OCore.Tests.Topologies;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Topologies;

/// <summary>Further databases of an Odoo over several servers, its files in a bucket: made, copied, served, renamed, neutralized and dropped, with their files.</summary>
[Collection(TopologyLabCollection.Name)]
public sealed class DatabasesOfTopologies(TopologyLab lab, ITestOutputHelper output)
{
    private DatabaseScene Bases => new(lab.Scene);

    [LabFact]
    public async Task What_lies_beside_is_served_with_its_files()
    {
        var (scene, clock) = (lab.Scene, Stopwatch.StartNew());
        var topology = await lab.DrawAsync(DeployScene.Pair(), "Many", lab.Places(("edge", 1), ("app-1", 1), ("app-2", 2), ("db", 2)));
        await lab.DeployAsync(topology, new PlanTopology { Organization = scene.Client.Slug, Name = "Many ERP", Domain = "many.shop.example" });
        Say("deployed");
        var (made, admin) = await lab.InstanceOfAsync(topology);
        var (main, copy, better, fresh, again) = (made.Database, made.Database + "_copy", made.Database + "_better", made.Database + "_fresh", made.Database + "_again");
        using var visitor = await lab.SignedInAsync(made, admin);
        var contents = Enumerable.Range(0, 3).Select(_ => RandomNumberGenerator.GetBytes(60_000)).ToList();
        var ids = new List<int>();
        foreach (var content in contents)
            ids.Add((await visitor.ExecuteAsync("ir.attachment", "create", new object[] { new { name = "many-bin", datas = Convert.ToBase64String(content) } })).GetInt32());

        await scene.EndOfAsync(await Bases.BeginDuplicatingAsync(made, main, copy));
        Say("duplicated");
        Assert.Equal(["*" + main, copy], await Bases.NamesAsync(made));
        Assert.True((await Bases.ActivityAsync(made, copy)).Neutralized);
        Assert.True((await Bases.OfAsync(made)).All(d => d.Bytes > 10_000_000), "sizes are measured");
        await visitor.ExecuteAsync("ir.attachment", "unlink", new object[] { ids });

        await scene.EndOfAsync(await Bases.BeginServingAsync(made, copy));
        Say("served");
        await HasAsync(copy);
        await scene.EndOfAsync(await Bases.BeginRenamingAsync(made, copy, better));
        Say("renamed");
        await HasAsync(better);
        Assert.Equal(["*" + better, main], await Bases.NamesAsync(made));

        await scene.EndOfAsync(await Bases.BeginCreatingAsync(made, fresh), seconds: 420);
        Say("a new one made");
        var backup = await Bases.Backups.TakeAsync(await scene.InstanceAsync(made.Id));
        await scene.EndOfAsync(await Bases.BeginCreatingAsync(made, again, backup.Id), seconds: 420);
        await scene.EndOfAsync(await Bases.BeginServingAsync(made, again));
        Say("a backup of it restored beside, and served");
        await HasAsync(again);

        await scene.EndOfAsync(await Bases.BeginNeutralizingAsync(made, main));
        Assert.True((await Bases.ActivityAsync(made, main)).Neutralized);
        Assert.Equal(["*" + again, main, better, fresh], await Bases.NamesAsync(made));
        foreach (var beside in (string[])[better, fresh, main])
            await scene.EndOfAsync(await Bases.BeginDroppingAsync(made, beside));
        Say("neutralized, dropped");
        Assert.Equal(["*" + again], await Bases.NamesAsync(made));
        await HasAsync(again);

        await Bases.Backups.DeleteAllAsync(made);
        await lab.DestroyAsync(topology);
        await lab.NothingIsLeftAsync();

        async Task HasAsync(string database)
        {
            await scene.UntilAsync(async () => (await lab.MeasureAsync(topology, "lb")).State == TopologyNodeState.Running, "both Odoo are behind the load balancer", 90);
            // Sessions are of one database: whoever had one signs in anew.
            using var anew = await lab.SignedInAsync(made, admin);
            Assert.Equal(database, await anew.DatabaseAsync());
            foreach (var (id, content) in ids.Zip(contents))
            {
                using var answer = await anew.GetAsync($"/web/content/{id}?download=true");
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
                Assert.True((await answer.Content.ReadAsByteArrayAsync()).AsSpan().SequenceEqual(content));
            }
        }

        void Say(string what)
        {
            output.WriteLine($"{clock.Elapsed.TotalSeconds,4:0} s  {what}");
            clock.Restart();
        }
    }
}
