using System.Collections.Concurrent;
using System.Diagnostics;
using OCore.Client;
using OCore.Features.Backups;
using OCore.Features.Instances;
using OCore.Features.Topologies.Deployments;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Docker;
using OCore.Platform.Remote;
using OCore.SystemTests.Remote;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Topologies;

/// <summary>
/// The NFS server as a topology runs it, mounted by a kernel that has the client, with the very options an Odoo node's volume has:
/// a virtual machine with Debian's kernel, since the kernel of this machine may have none.
/// </summary>
public sealed class MountingNfs(ITestOutputHelper output) : IAsyncLifetime
{
    private const int Port = 20493;
    private static readonly Guid Topology = new("0190cafe-0000-7000-8000-00000000f115");
    private IServerConnection _here = null!;
    private DockerName _name = null!;

    public async Task InitializeAsync()
    {
        if (Lab.WhyNot is not null) return; // the test says so
        await Lab.RunAsync(Path.Combine(Lab.Bin, "docker-engine"));
        await Lab.RunProgramAsync(Path.Combine(Lab.Bin, "images"), "nfs");
        _here = ThisMachine();
    }

    private static LocalConnection ThisMachine() => new(TimeProvider.System);

    public async Task DisposeAsync()
    {
        if (_here is null)
            return;
        await _here.Docker.RemoveByLabelAsync(NodeSpecs.TopologyLabel, Topology.ToString(), default);
        await _here.DisposeAsync();
    }

    [LabFact]
    public async Task Files_of_one_node_are_the_others_at_once_and_none_is_lost_when_the_server_is_killed()
    {
        var (spec, nfs) = await ServerAsync();
        var files = "/srv/ocore/files/shop";
        await InAsync("install", "-d", "-m", "0755", "-o", "100", "-g", "101", "/srv/ocore/files", files);
        using var client = Client(nfs, """
            su -s /bin/sh odoo -c 'dd if=/dev/urandom of=/mnt/shop/first bs=64k count=16 2>/dev/null'
            echo "sum $(sha256sum /mnt/shop/first | cut -d ' ' -f 1)"
            echo x 2>/dev/null >/mnt/shop/by-root && echo "root writes" || echo "root is nobody"
            [ -e /mnt/shop/other ] && echo "early" || echo "looked for other"
            until [ -e /mnt/shop/other ]; do usleep 50000; done
            echo "other is $(cat /mnt/shop/other)"
            n=0
            while [ ! -e /mnt/shop/stop ]; do
              n=$((n + 1))
              su -s /bin/sh odoo -c "echo row-$n >/mnt/shop/row-$n && sync /mnt/shop/row-$n" && echo "kept $n"
            done
            echo "rows $n"
            umount /mnt && echo "unmounted"
            """);

        var kernel = await client.UntilAsync("kernel ", 240);
        output.WriteLine(kernel);
        Assert.StartsWith("mounted", await client.UntilAsync("mounted", 120), StringComparison.Ordinal);
        // A megabyte, written as Odoo, is on the server's disk, its owner Odoo as well.
        Assert.Equal((await client.UntilAsync("sum ", 60))[4..], (await InAsync("sha256sum", files + "/first")).Split(' ')[0]);
        Assert.Equal("100 101", (await InAsync("stat", "-c", "%u %g", files + "/first")).Trim());
        await client.UntilAsync("root is nobody", 30);
        // That a file was missing is not remembered: what another node writes is there when it is asked for.
        await client.UntilAsync("looked for other", 30);
        await InAsync("sh", "-c", $"echo written-elsewhere >{files}/other");
        Assert.Equal("other is written-elsewhere", await client.UntilAsync("other is", 5));

        // The server is killed while somebody writes: who writes waits, and goes on when it is back.
        await client.UntilAsync("kept 5", 60);
        var clock = Stopwatch.StartNew();
        await _here.Docker.KillAsync(_name, "SIGKILL", default);
        await _here.Docker.EnsureContainerAsync(spec, default);
        var kept = client.Seen.Count(l => l.StartsWith("kept ", StringComparison.Ordinal));
        await client.UntilAsync($"kept {kept + 5}", 150);
        output.WriteLine($"{clock.Elapsed.TotalSeconds:0.0} s until rows were kept again");
        await InAsync("touch", files + "/stop");
        await client.UntilAsync("unmounted", 60);
        var there = (await InAsync("sh", "-c", $"cd {files} && cat row-*")).Split('\n', StringSplitOptions.RemoveEmptyEntries).ToHashSet();
        var acknowledged = client.Seen.Where(l => l.StartsWith("kept ", StringComparison.Ordinal)).Select(l => "row-" + l[5..]).ToList();
        output.WriteLine($"{acknowledged.Count} rows acknowledged, {acknowledged.Count(r => !there.Contains(r))} lost");
        Assert.True(acknowledged.Count >= 10);
        Assert.All(acknowledged, row => Assert.Contains(row, there));
    }

    /// <summary>
    /// The programs of a backup and of a restoration as they run beside an Odoo node. Root of that node cannot read what is Odoo's alone,
    /// so they run as Odoo; and the names that change on the way are other names for every client at once.
    /// </summary>
    [LabFact]
    public async Task What_is_backed_up_is_read_and_put_back_by_the_mount()
    {
        var (_, nfs) = await ServerAsync();
        await InAsync("install", "-d", "-m", "0755", "-o", "100", "-g", "101", "/srv/ocore/files", "/srv/ocore/files/shop");
        const string file = "fdb98803262dfdebee3e7522add2c16eda14ff37"; // what Odoo would call a file with "kept" in it
        using var client = Client(nfs, $$"""
            mkdir -p /tmp/files && ln -s /mnt /tmp/files/filestore && chmod 777 /tmp/files /tmp
            cat >/tmp/empty <<'END'
            {{BackupRestorer.Empty}}
            END
            cat >/tmp/pack <<'END'
            {{BackupWriter.Pack}}
            END
            cat >/tmp/swap <<'END'
            {{RestoreBackupKind.Swap}}
            END
            cat >/tmp/back <<'END'
            {{RestoreBackupKind.SwapBack}}
            END
            as() { su -s /bin/sh odoo -c "$1"; }
            as 'umask 077; mkdir /mnt/shop/{{file[..2]}} && echo kept >/mnt/shop/{{file[..2]}}/{{file}}'
            sh /tmp/pack /tmp/files/filestore/shop >/tmp/by-root.tar 2>/dev/null; echo "root reads $(tar -tf /tmp/by-root.tar 2>/dev/null | grep -c {{file}})"
            as 'sh /tmp/pack /tmp/files/filestore/shop >/tmp/taken.tar' && echo "odoo reads $(tar -tf /tmp/taken.tar | grep -c {{file}})"
            as 'rm -r /mnt/shop/{{file[..2]}}; echo later >/mnt/shop/later'
            as 'sh /tmp/empty /tmp/files/filestore/r_1 && tar -x --no-same-owner -C /tmp/files/filestore/r_1 -f - </tmp/taken.tar' && echo "unpacked"
            as 'sh /tmp/swap /tmp/files shop r_1 o_1 && sh /tmp/swap /tmp/files shop r_1 o_1' && echo "in place: $(as 'cat /mnt/shop/{{file[..2]}}/{{file}}'), before: $(ls /mnt/o_1)"
            as 'sh /tmp/back /tmp/files shop r_1 o_1' && echo "back: $(ls /mnt/shop), beside: $(as 'cat /mnt/r_1/{{file[..2]}}/{{file}}')"
            as 'sh /tmp/swap /tmp/files shop r_1 o_1' && as 'rm -rf -- /mnt/o_1' && echo "names $(ls /mnt | xargs)"
            umount /mnt && echo "unmounted"
            """);
        await client.UntilAsync("kernel ", 240);
        Assert.StartsWith("mounted", await client.UntilAsync("mounted", 120), StringComparison.Ordinal);
        Assert.Equal("root reads 0", await client.UntilAsync("root reads", 30));
        Assert.Equal("odoo reads 1", await client.UntilAsync("odoo reads", 30));
        await client.UntilAsync("unpacked", 30);
        Assert.Equal("in place: kept, before: later", await client.UntilAsync("in place", 30));
        Assert.Equal("back: later, beside: kept", await client.UntilAsync("back:", 30));
        Assert.Equal("names shop", await client.UntilAsync("names", 30));
        await client.UntilAsync("unmounted", 60);
        Assert.Equal("kept", (await InAsync("cat", $"/srv/ocore/files/shop/{file[..2]}/{file}")).Trim());
        Assert.Equal("100 101", (await InAsync("stat", "-c", "%u %g", $"/srv/ocore/files/shop/{file[..2]}/{file}")).Trim());
    }

    [LabFact]
    public async Task A_stranger_gets_nothing_of_it()
    {
        var (_, nfs) = await ServerAsync(clients: "192.0.2.1");
        using var client = Client(nfs, "");
        await client.UntilAsync("kernel ", 240);
        Assert.StartsWith("not mounted", await client.UntilAsync("not mounted", 180), StringComparison.Ordinal);
    }

    /// <summary>As a topology has it, but for the address: the virtual machine comes by this machine's loopback.</summary>
    private async Task<(ContainerSpec, ClusterNfs)> ServerAsync(string? clients = null)
    {
        var server = Guid.NewGuid();
        await TopologyNetwork.EnsureAsync(_here.Docker, Topology, server, default);
        using var network = Process.Start(new ProcessStartInfo("docker", ["network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", TopologyNetwork.NameOf(Topology).Value]) { RedirectStandardOutput = true })!;
        var gateway = (await network.StandardOutput.ReadToEndAsync()).Trim();
        var node = new LayoutNode
        {
            Id = "files", Label = "Files", Type = NodeType.Filestore, ServerId = server, Container = "ocore-filestore-proof", Address = "127.0.0.1", Port = Port, Image = "ocore-nfs:6", MemoryMb = 256,
            Settings = new(StringComparer.Ordinal) { ["export"] = NfsServer.Export, ["clients"] = clients ?? gateway },
        };
        var layout = new Layout { Nodes = [node], FilestoreType = FilestoreType.SharedNfs };
        var spec = NodeSpecs.Of(Topology, layout, node, new TopologySecrets("", "", "", ""));
        _name = spec.Name;
        await _here.Docker.RemoveContainerAsync(_name, default);
        await _here.Docker.EnsureVolumeAsync(_name, spec.Labels, default);
        await _here.Docker.EnsureContainerAsync(spec, default);
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(200))
            try
            {
                var seen = await NfsServer.AskAsync(_here, _name, default);
                Assert.Equal(TopologyNodeState.Running, seen.State);
                Assert.True(long.Parse(seen.Figures!["diskBytes"]) > 0);
                break;
            }
            catch (RemoteCommandException) when (clock.Elapsed < TimeSpan.FromSeconds(60))
            {
            }
        return (spec, NfsServer.Of(layout)! with { Host = "10.0.2.2" });
    }

    private async Task<string> InAsync(params string[] command) => (await _here.Docker.ExecAsync(_name, command, null, default)).ThrowIfFailed(command[0]).Out;

    private static VirtualMachine Client(ClusterNfs nfs, string script)
    {
        // What Docker's driver does with the volume's options, word for word.
        var mount = ContainerMount.Nfs(OdooCluster.FilesOf("x", nfs), OdooContainer.Filestore, RemotePath.Parse(nfs.Export), nfs.Options, new Dictionary<string, string>()).Options;
        return new VirtualMachine($"/util/mount -i -t {mount["type"]} -o {mount["o"]} {mount["device"]} /mnt && echo \"mounted $(grep ' /mnt ' /proc/mounts)\" || {{ echo \"not mounted\"; exit 1; }}\n{script}\n");
    }

    /// <summary>What <c>lab/kernel.sh</c> boots, line by line.</summary>
    private sealed class VirtualMachine : IDisposable
    {
        private readonly Process _process;
        private readonly BlockingCollection<string> _lines = [];
        private readonly string _script = Path.GetTempFileName();

        public List<string> Seen { get; } = [];

        public VirtualMachine(string script)
        {
            File.WriteAllText(_script, script);
            _process = Process.Start(new ProcessStartInfo(Path.Combine(Path.GetDirectoryName(Lab.Bin)!, "lab", "kernel.sh"), [_script]) { RedirectStandardOutput = true })!;
            _ = Task.Run(async () =>
            {
                while (await _process.StandardOutput.ReadLineAsync() is { } line)
                    _lines.Add(line);
                _lines.CompleteAdding();
            });
        }

        /// <summary>Reads on until a line that begins so.</summary>
        public async Task<string> UntilAsync(string beginning, int seconds)
        {
            var until = Stopwatch.StartNew();
            while (until.Elapsed < TimeSpan.FromSeconds(seconds) * Lab.Patience)
            {
                if (await Task.Run(() => _lines.TryTake(out var line, TimeSpan.FromSeconds(1)) ? line : null) is not { } next)
                {
                    if (_lines.IsCompleted)
                        break;
                    continue;
                }
                // The firmware clears the screen before the first line.
                next = next[(next.LastIndexOf('\u001b') is >= 0 and var escape && next.IndexOf('J', escape) is >= 0 and var end ? end + 1 : 0)..];
                next = next.TrimEnd('\r');
                Seen.Add(next);
                if (next.StartsWith(beginning, StringComparison.Ordinal))
                    return next;
            }
            Assert.Fail($"'{beginning}' was not said within {until.Elapsed.TotalSeconds:0} s:\n{string.Join('\n', Seen)}");
            return "";
        }

        public void Dispose()
        {
            if (!_process.HasExited)
                _process.Kill(entireProcessTree: true);
            _process.Dispose();
            File.Delete(_script);
        }
    }
}
