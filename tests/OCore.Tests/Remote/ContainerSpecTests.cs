using System.Net;
using OCore.Platform.Docker;
using OCore.Platform.Remote;

namespace OCore.Tests.Remote;

public sealed class ContainerSpecTests
{
    private static readonly ContainerSpec Plain = new() { Name = DockerName.Parse("acme-odoo"), Image = ImageRef.Parse("odoo:19.0") };

    private static readonly ContainerSpec Full = Plain with
    {
        Command = ["odoo", "-c", "/etc/odoo/odoo.conf"],
        Env = new Dictionary<string, string> { ["B"] = "2", ["A"] = "1" },
        Labels = new Dictionary<string, string> { ["ocore.instance"] = "7", ["ocore.org"] = "3" },
        Networks = [new(DockerName.Parse("net-a"), "odoo", "web"), new(DockerName.Parse("net-b"))],
        Mounts = [ContainerMount.Volume(DockerName.Parse("acme-data"), RemotePath.Parse("/var/lib/odoo"))],
        Ports = [new(IPAddress.Loopback, 8069, 8069), new(IPAddress.Parse("10.0.0.1"), 8069, 8069)],
        MemoryBytes = 512 << 20,
        NanoCpus = 1_500_000_000,
        User = "101:101",
        Files = [ContainerFile.Text(RemotePath.Parse("/etc/odoo/odoo.conf"), "[options]\n", ContainerFile.OwnerOnly, 101, 101)],
        Tmpfs = [new(RemotePath.Parse("/run"), 1 << 20)],
        Healthcheck = new(["curl", "-f", "http://localhost:8069/web/health"], TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(5), 3),
    };

    [Fact]
    public void The_hash_is_the_same_for_the_same_container()
    {
        var again = Full with
        {
            Env = new Dictionary<string, string> { ["A"] = "1", ["B"] = "2" },
            Labels = new Dictionary<string, string> { ["ocore.org"] = "3", ["ocore.instance"] = "7" },
            Ports = [.. Full.Ports.Reverse()],
            Networks = [new(DockerName.Parse("net-a"), "web", "odoo"), new(DockerName.Parse("net-b"))],
        };
        Assert.Equal(SpecHash.Of(Full), SpecHash.Of(again));
    }

    // The hash is written on containers that outlive an upgrade of oCore: another hash recreates every one of them.
    [Fact]
    public void The_hash_does_not_change_from_version_to_version() =>
        Assert.Equal("9fed3d12797838905e928f367b96a89361446b259aa8f7eb80c405cdd8bf4697", SpecHash.Of(Full));

    [Fact]
    public void Whatever_changes_the_container_changes_the_hash()
    {
        ContainerSpec[] others =
        [
            Full with { Name = DockerName.Parse("other") }, Full with { Image = ImageRef.Parse("odoo:18.0") }, Full with { Command = ["odoo"] },
            Full with { Command = null }, Full with { Command = [] }, Full with { Entrypoint = [] }, Full with { Env = new Dictionary<string, string>() },
            Full with { Labels = new Dictionary<string, string>() }, Full with { Networks = [.. Full.Networks.Reverse()] }, Full with { Mounts = [] },
            Full with { Ports = [] }, Full with { MemoryBytes = 1 << 30 }, Full with { NanoCpus = 1 }, Full with { PidsLimit = 2 }, Full with { User = null },
            Full with { Tmpfs = [] }, Full with { Healthcheck = null }, Full with { Restart = RestartRule.No }, Full with { ReadOnly = true },
            Full with { Files = [] }, Full with { Files = [Full.Files[0] with { Uid = 0 }] }, Full with { Files = [Full.Files[0] with { Content = "x"u8.ToArray() }] },
            Full with { Init = true }, Full with { StopSignal = "SIGINT" }, Full with { StopTimeout = TimeSpan.FromSeconds(1) }, Full with { ShmBytes = 1 },
            Full with { Archives = [new("tree", (_, _) => Task.CompletedTask)] },
            Full with { HostName = "h" }, Full with { WorkingFolder = "/x" }, Full with { DropCapabilities = ["ALL"] }, Full with { NoNetwork = true }, Full with { OpensByHandle = true }, Full with { HoldsAddresses = true },
        ];
        var hashes = others.Select(SpecHash.Of).Append(SpecHash.Of(Full)).ToList();
        Assert.Equal(hashes.Count, hashes.Distinct().Count());
    }

    [Fact]
    public void Every_member_of_a_spec_is_in_that_test()
    {
        // A member that the hash leaves out would be a change that is never rolled out.
        Assert.Equal(29, typeof(ContainerSpec).GetProperties().Count(p => p.Name != "EqualityContract"));
    }

    [Fact]
    public void No_container_gets_privileges()
    {
        var made = ContainerParameters.From(Full, "hash");
        var host = made.HostConfig!;
        Assert.Equal(["no-new-privileges"], host.SecurityOpt);
        Assert.False(host.Privileged);
        Assert.Null(host.CapAdd);
        Assert.Null(host.Devices);
        Assert.Null(host.Binds);
        foreach (var mode in new[] { host.PidMode, host.IpcMode, host.UTSMode, host.UsernsMode }) Assert.True(string.IsNullOrEmpty(mode));
        Assert.Equal("net-a", host.NetworkMode);
        Assert.Equal("hash", made.Labels![SpecHash.Label]);
        Assert.Equal("10m", host.LogConfig!.Config!["max-size"]);
        Assert.Equal(2, host.PortBindings!["8069/tcp"].Count);
        Assert.Equal(["A=1", "B=2"], made.Env);
    }

    // ADR 0054: the NFS server, and nothing else.
    [Fact]
    public void A_file_server_may_open_by_handle_and_nothing_more()
    {
        var host = ContainerParameters.From(Full with { OpensByHandle = true }, "hash").HostConfig!;
        Assert.Equal(["DAC_READ_SEARCH"], host.CapAdd);
        Assert.Equal(["no-new-privileges"], host.SecurityOpt!.Where(o => !o.StartsWith("seccomp={", StringComparison.Ordinal)));
        Assert.False(host.Privileged);
    }

    // ADR 0059: who holds the address of several load balancers, and nothing else.
    [Fact]
    public void A_holder_of_addresses_is_in_its_servers_network_and_may_change_that_alone()
    {
        var alone = Full with { HoldsAddresses = true, Networks = [], Ports = [], DropCapabilities = ["ALL"] };
        alone.Check();
        var host = ContainerParameters.From(alone, "hash").HostConfig!;
        Assert.Equal("host", host.NetworkMode);
        Assert.Equal(["NET_ADMIN", "NET_RAW", "SETGID", "SETUID"], host.CapAdd);
        Assert.Equal(["ALL"], host.CapDrop);
        Assert.Equal(["no-new-privileges"], host.SecurityOpt);
        Assert.False(host.Privileged);
        Assert.Throws<ArgumentException>(() => (Full with { HoldsAddresses = true }).Check());
    }

    [Theory]
    [InlineData("/etc")]
    [InlineData("/")]
    [InlineData("/var/run/docker.sock")]
    [InlineData("/var/lib/ocore-other")]
    [InlineData("/var/lib")]
    public void A_container_sees_no_folder_of_the_server_but_ocores(string source) =>
        Assert.Throws<ArgumentException>(() => ContainerMount.Folder(RemotePath.Parse(source), RemotePath.Parse("/x")));

    [Fact]
    public void A_spec_that_would_not_do_what_it_says_is_refused()
    {
        Full.Check();
        Assert.Throws<ArgumentException>(() => (Full with { ReadOnly = true }).Check());
        Assert.Throws<ArgumentException>(() => (Full with { NoNetwork = true }).Check());
        Assert.Throws<ArgumentException>(() => (Full with { Env = new Dictionary<string, string> { ["A=B"] = "" } }).Check());
        Assert.Throws<ArgumentException>(() => (Full with { Tmpfs = [new(RemotePath.Parse("/etc/odoo"), 1)] }).Check());
        Assert.Throws<ArgumentException>(() => (Full with { Labels = new Dictionary<string, string> { [SpecHash.Label] = "x" } }).Check());
        Assert.Throws<ArgumentException>(() => (Full with { Command = ["a\0"] }).Check());
    }
}
