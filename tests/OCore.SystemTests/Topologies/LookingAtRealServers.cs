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
    // An image of one small file, for a processor that this machine has not.
    private const string ForeignScript =
        """
        python3 -c '
        import hashlib, io, json, platform, sys, tarfile
        def packed(files):
            out = io.BytesIO()
            with tarfile.open(fileobj=out, mode="w") as archive:
                for name, content in files.items():
                    entry = tarfile.TarInfo(name)
                    entry.size = len(content)
                    archive.addfile(entry, io.BytesIO(content))
            return out.getvalue()
        layer = packed({"foreign": b"foreign"})
        config = {"architecture": "amd64" if platform.machine() == "aarch64" else "arm64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": ["sha256:" + hashlib.sha256(layer).hexdigest()]}}
        manifest = [{"Config": "config.json", "RepoTags": ["foreign:1"], "Layers": ["layer.tar"]}]
        sys.stdout.buffer.write(packed({"manifest.json": json.dumps(manifest).encode(), "config.json": json.dumps(config).encode(), "layer.tar": layer}))
        ' | docker load >/dev/null
        """;

    private Task<TopologyValidation> LookAsync(TopologyView topology, TopologyData? drawn = null) => lab.LookAsync(topology, drawn);

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

        await ForeignAsync(topology);
        await ApartAsync(topology);
        await FarAsync(topology);

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

    /// <summary>What one server has under an image's name is for another processor.</summary>
    private async Task ForeignAsync(TopologyView topology)
    {
        await lab.Machines[2].ShellAsync(ForeignScript);
        try
        {
            var foreign = await LookAsync(topology, TopologyLab.AsDrawn(topology).Set("odoo-1", "image", "foreign:1").Set("odoo-2", "image", "foreign:1").Data);
            var finding = Assert.Single(foreign.Findings, f => f is { Code: "TP-N04", Severity: FindingSeverity.Error });
            Assert.StartsWith("The image foreign:1 is for ", finding.Message, StringComparison.Ordinal);
            Assert.Contains($"{lab.Machines[2].Name} is ", finding.Message, StringComparison.Ordinal);
            Assert.Contains("odoo-2", finding.NodeIds);
        }
        finally
        {
            await lab.Machines[2].ShellAsync("docker rmi foreign:1 >/dev/null");
        }
    }

    /// <summary>All servers of the lab have this machine's clock, so it is what one says of its own that is wrong.</summary>
    private async Task ApartAsync(TopologyView topology)
    {
        await lab.Machines[1].ShellAsync("printf '#!/bin/sh\\nexec /bin/date -d \"+3 seconds\" \"$@\"\\n' >/usr/local/bin/date; chmod 755 /usr/local/bin/date");
        try
        {
            var finding = Assert.Single((await LookAsync(topology)).Findings, f => f.Code == "TP-N07");
            Assert.Equal(FindingSeverity.Warning, finding.Severity);
            Assert.Contains(lab.Machines[1].Name, finding.Message, StringComparison.Ordinal);
        }
        finally
        {
            await lab.Machines[1].ShellAsync("rm -f /usr/local/bin/date");
        }
    }

    /// <summary>A server is far from the others. Many kernels cannot delay packets; there this is not looked at, and said.</summary>
    private async Task FarAsync(TopologyView topology)
    {
        if ((await lab.Machines[1].ShellAsync("tc qdisc replace dev eth0 root netem delay 15ms 2>/dev/null && echo far || true")).Trim() != "far")
        {
            output.WriteLine("NOT LOOKED AT: TP-N02. This machine's kernel has no netem.");
            return;
        }
        try
        {
            var far = (await LookAsync(topology)).Findings.Where(f => f is { Code: "TP-N02", Severity: FindingSeverity.Warning }).ToList();
            Assert.Contains(far, f => f.NodeIds.Contains("etcd-2"));
            // Whatever has no part on that server is near.
            Assert.All(far, f => Assert.Contains(f.NodeIds, n => n is "odoo-1" or "etcd-2" or "postgres-2"));
        }
        finally
        {
            await lab.Machines[1].ShellAsync("tc qdisc delete dev eth0 root");
        }
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
