using System.Diagnostics;
using OCore.Client;
using OCore.SystemTests.Remote;
using OCore.Tests.Topologies;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Topologies;

/// <summary>The second pass of a validation on real servers: what is well is said to be well, and each harm is found and named.</summary>
[Collection(TopologyLabCollection.Name)]
public sealed class LookingAtRealServers(TopologyLab lab, ITestOutputHelper output)
{
    private Task<TopologyValidation> LookAsync(TopologyView topology) =>
        lab.Scene.Http.Post<ValidateTopology, TopologyValidation>($"/api/topologies/{topology.Id}/validate", new() { Probe = true });

    private static List<string> Codes(TopologyValidation seen) => [.. seen.Findings.Where(f => f.Code.StartsWith("TP-N", StringComparison.Ordinal) && f.Severity == FindingSeverity.Error).Select(f => f.Code).Distinct()];

    private static string Said(TopologyValidation seen) => string.Join('\n', seen.Findings.Where(f => f.Code.StartsWith("TP-N", StringComparison.Ordinal)).Select(f => $"{f.Code} {f.Severity} {f.Message}"));

    [LabFact]
    public async Task What_keeps_a_drawing_from_working_is_found_before_it_is_deployed()
    {
        var topology = await lab.DrawAsync(DeployScene.Failover(), "Looked at", lab.Places(("edge", 1), ("db", 1), ("app-1", 2), ("app-2", 3)));
        var clock = Stopwatch.StartNew();
        var well = await LookAsync(topology);
        output.WriteLine($"{clock.Elapsed.TotalSeconds:0.0} s for {well.Probe!.Ways.Count} ways between 3 servers\n{Said(well)}");
        Assert.Empty(Codes(well));
        // Tests before this one may have put oCore's own clock forward.
        var ahead = (lab.Scene.App.Clock.GetUtcNow() - DateTimeOffset.UtcNow).TotalMilliseconds;
        Assert.Equal(3, well.Probe.Servers.Count(s => s is { Answers: true, DockerVersion: not null, SyncMilliseconds: > 0 } && Math.Abs(s.ClockSkewMilliseconds!.Value + ahead) < 1000));
        Assert.All(well.Probe.Ways, w => Assert.True(w.Reached && w.Milliseconds > 0, $"{w.From} {w.To} {w.Port}"));
        foreach (var (from, to, port) in ((string, string, int)[])[("lb", "odoo-2", 8072), ("odoo-1", "redis", 6379), ("postgres-3", "etcd-1", 2379), ("etcd-2", "etcd-3", 2380), ("postgres", "postgres-2", 8008)])
            Assert.Contains(well.Probe.Ways, w => (w.From, w.To, w.Port) == (from, to, port));
        await NothingListensAsync();

        // A firewall before one server swallows one port. One behind Docker, in INPUT, would never see it.
        await lab.Machines[1].ShellAsync("iptables -w -t raw -I PREROUTING -i eth0 -p tcp --dport 2380 -j DROP");
        try
        {
            var cut = await LookAsync(topology);
            Assert.Equal(["TP-N01"], Codes(cut));
            Assert.All(cut.Findings.Where(f => f.Code == "TP-N01"), f => Assert.Contains("etcd-2", f.NodeIds));
            Assert.Equal("Verify network connectivity between topology nodes", cut.Findings.First(f => f.Code == "TP-N01").Hint);
        }
        finally
        {
            await lab.Machines[1].ShellAsync("iptables -w -t raw -D PREROUTING -i eth0 -p tcp --dport 2380 -j DROP");
        }

        // Another program has a port.
        await lab.Machines[2].ShellAsync("docker run -d --rm --name stranger -p 0.0.0.0:5432:6379 --entrypoint sleep haproxy:3.0 1000 >/dev/null");
        try
        {
            var taken = await LookAsync(topology);
            var finding = Assert.Single(taken.Findings, f => f.Code == "TP-N05");
            Assert.Equal(["postgres-3"], finding.NodeIds);
            Assert.Contains("docker-proxy", finding.Message, StringComparison.Ordinal);
        }
        finally
        {
            await lab.Machines[2].ShellAsync("docker rm -fv stranger >/dev/null");
        }

        // A server that is away is named as such, and not each way to it besides.
        await lab.Machines[2].DoAsync("cut");
        try
        {
            var away = await LookAsync(topology);
            Assert.Contains("TP-N06", Codes(away));
            Assert.DoesNotContain("TP-N01", Codes(away));
            Assert.Equal("Check that all referenced servers are in active status", away.Findings.First(f => f.Code == "TP-N06").Hint);
        }
        finally
        {
            await lab.Machines[2].DoAsync("heal");
        }
        await lab.Scene.UntilAsync(async () => Codes(await LookAsync(topology)).Count == 0, "everything is well again", 60);
        await NothingListensAsync();
    }

    /// <summary>The kernel of some machines has no client for NFS: said before, and refused as well.</summary>
    [LabFact]
    public async Task Where_the_kernel_cannot_mount_nfs_that_is_said()
    {
        var can = (await lab.Machines[1].ShellAsync("grep -qw nfs4 /proc/filesystems || modprobe -n -q nfsv4 && echo yes || echo no")).Trim() == "yes";
        var topology = await lab.DrawAsync(Sketch.Of("shared"), "Shared files", lab.Places(("edge", 1), ("app-1", 2), ("app-2", 3), ("files", 1), ("db", 1)));
        var seen = await LookAsync(topology);
        output.WriteLine(Said(seen));
        Assert.Contains(seen.Probe!.Ways, w => w is { From: "odoo-1", To: "filestore", Port: 2049, Reached: true });
        Assert.Equal(can, seen.Probe.Servers.Single(s => s.Server.Id == lab.Scene.Servers[1].Id).MountsNfs);
        if (can)
            return;
        Assert.Equal(["odoo-1", "odoo-2"], seen.Findings.Where(f => f.Code == "TP-N04" && f.Severity == FindingSeverity.Error).SelectMany(f => f.NodeIds).Order());
        var refused = await lab.DeployAsync(topology, succeeds: false);
        Assert.Equal("nfs_not_mountable", refused.Error?.Code);
        await lab.NothingIsLeftAsync();
    }

    private async Task NothingListensAsync()
    {
        foreach (var machine in lab.Machines)
            Assert.Equal("", (await machine.ShellAsync("docker ps -a --format '{{.Names}}' | grep ocore-probe || true")).Trim());
    }
}
