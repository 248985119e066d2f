using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace OCore.Tests.Data;

/// <summary>
/// What bin/up says where it cannot go on: what to do, before anything is begun. It runs in a folder of its own that has no
/// sources, and finds the programs that a test gives it and no others, so that it can neither build nor install anything.
/// </summary>
public sealed class StartingFromTheRepository : IDisposable
{
    private const UnixFileMode Everybodys = (UnixFileMode)0b111_101_101, Open = (UnixFileMode)0b111_111_111;

    private readonly string _root = Directory.CreateTempSubdirectory("ocore-up-").FullName;
    private string Tools => Path.Combine(_root, "tools");
    private string Data => Path.Combine(_root, "data");
    private string Built => Path.Combine(_root, ".ocore");

    public StartingFromTheRepository()
    {
        var scripts = Directory.CreateDirectory(Path.Combine(_root, "bin")).FullName;
        foreach (var script in (string[])["up", "docker-engine", "images"])
        {
            var copy = Path.Combine(scripts, script);
            File.Copy(Repository.PathOf("bin", script), copy);
            File.SetUnixFileMode(copy, Everybodys);
        }
        Directory.CreateDirectory(Tools);
        foreach (var tool in (string[])["bash", "readlink", "dirname", "realpath", "mkdir", "sed", "grep", "timeout", "tail", "id"])
            Give(tool, $"exec {Where(tool)} \"$@\"");
        // A test's user without rights comes in too.
        foreach (var (folder, mode) in ((string, UnixFileMode)[])[(scripts, Everybodys), (Tools, Everybodys), (_root, Open)])
            File.SetUnixFileMode(folder, mode);
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(null, null, true, true)]
    [InlineData("10.0.100", null, false, true)]
    [InlineData("9.0.307", "v24.0.1", true, false)]
    [InlineData(null, "v22.11.0", true, true)]
    public async Task Without_the_SDK_or_a_Node_that_builds_it_says_what_to_install_and_where_that_is(string? sdk, string? node, bool asksForSdk, bool asksForNode)
    {
        if (sdk is not null)
            Give("dotnet", $"echo '{sdk} [/usr/share/dotnet/sdk]'");
        if (node is not null)
            Give("node", $"echo {node}");
        var said = await FailsAsync();
        Assert.Equal(asksForSdk, said.Contains("the .NET 10 SDK (https://dot.net)", StringComparison.Ordinal));
        Assert.Equal(asksForNode, said.Contains("Node 20.19, or 22.12 or later (https://nodejs.org)", StringComparison.Ordinal));
        Assert.Contains("Install it and run bin/up again.", said, StringComparison.Ordinal);
        NothingIsBegun();
    }

    [Fact]
    public async Task What_it_may_not_install_it_asks_for_by_the_names_of_packages()
    {
        GiveWhatBuilds();
        Give("git", "exit 0");
        Assert.Contains("Please install: openssh-client curl\nThen run bin/up again.", await FailsAsync(), StringComparison.Ordinal);
        NothingIsBegun();
    }

    [Fact]
    public async Task Where_apt_fails_it_shows_what_apt_said_and_where_all_of_it_is()
    {
        GiveWhatBuilds();
        Give("apt-get", "echo 'E: Unable to locate package docker.io' >&2; exit 100");
        Give("id", "echo 0");
        var said = await FailsAsync();
        Assert.Contains("E: Unable to locate package docker.io", said, StringComparison.Ordinal);
        Assert.Contains($"apt could not install openssh-client git curl; the whole output is in {Built}/last.log.", said, StringComparison.Ordinal);
        Assert.Contains("Mend what it says, or install them yourself, and run bin/up again.", said, StringComparison.Ordinal);
        Assert.Equal(Path.Combine(Built, "last.log"), Assert.Single(Directory.GetFileSystemEntries(Built)));
        Assert.False(Directory.Exists(Data));
    }

    /// <summary>Also where whoever has it never says a word.</summary>
    [Theory]
    [InlineData("localhost", "localhost")]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("0.0.0.0", "0.0.0.0")]
    [InlineData("*", "localhost")]
    [InlineData("+", "localhost")]
    public async Task A_port_that_something_else_has_is_told_before_anything_is_built(string listens, string named)
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        GiveAll();
        var said = await FailsAsync(listen: $"http://{listens}:{port}");
        Assert.Contains($"Something else listens at http://{named}:{port}.\nStop it, or choose another address: OCORE_LISTEN=", said, StringComparison.Ordinal);
        NothingIsBegun();
    }

    [Fact]
    public async Task Without_a_Docker_engine_a_demonstration_is_not_begun_and_who_is_not_root_is_told_what_to_do()
    {
        GiveAll();
        var said = await FailsAsync(asNobody: true, arguments: ["--demo"]);
        Assert.Contains("docker-engine: no engine answers", said, StringComparison.Ordinal);
        Assert.Matches("(?i)(start it|run:).* ?sudo ", said);
        NothingIsBegun();
    }

    [Fact]
    public async Task A_demonstration_is_not_put_into_an_installation_that_is_there()
    {
        GiveAll();
        var there = Path.Combine(Directory.CreateDirectory(Data).FullName, "ocore.db");
        await File.WriteAllTextAsync(there, "");
        var said = await FailsAsync(arguments: ["--demo"]);
        Assert.Contains($"There is an installation in {Data} that was not made by --demo.", said, StringComparison.Ordinal);
        Assert.Contains($"OCORE_DATA={_root}/demo-data bin/up --demo", said, StringComparison.Ordinal);
        Assert.Equal(there, Assert.Single(Directory.GetFileSystemEntries(Data)));
        Assert.Empty(Directory.GetFileSystemEntries(Built));
    }

    private void NothingIsBegun()
    {
        Assert.False(Directory.Exists(Data));
        Assert.Empty(Directory.GetFileSystemEntries(Built));
    }

    private void GiveAll()
    {
        GiveWhatBuilds();
        foreach (var tool in (string[])["ssh", "git", "curl"])
            Give(tool, "exit 0");
    }

    private void GiveWhatBuilds()
    {
        Give("dotnet", "echo '10.0.100 [/usr/share/dotnet/sdk]'");
        Give("node", "echo v24.0.1");
    }

    private void Give(string tool, string does)
    {
        var path = Path.Combine(Tools, tool);
        File.WriteAllText(path, $"#!/bin/sh\n{does}\n");
        File.SetUnixFileMode(path, Everybodys);
    }

    private static string Where(string tool) =>
        Environment.GetEnvironmentVariable("PATH")!.Split(':').Select(folder => Path.Combine(folder, tool)).First(File.Exists);

    /// <summary>What it says of its failure, and that it says so by its exit code too.</summary>
    private async Task<string> FailsAsync(bool asNobody = false, string? listen = null, string[]? arguments = null)
    {
        string[] command = ["bash", Path.Combine(_root, "bin", "up"), .. arguments ?? []];
        if (asNobody && Environment.IsPrivilegedProcess)
            command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", .. command];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _root };
        start.Environment.Clear();
        foreach (var (name, value) in ((string, string)[])
        [
            ("PATH", Tools), ("HOME", _root), ("OCORE_DATA", Data), ("OCORE_LISTEN", listen ?? $"http://localhost:{TestPorts.Free()}"), ("DOCKER_HOST", $"unix://{_root}/none.sock"),
        ])
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var (said, complained) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromMinutes(1)).Token);
        Assert.True(process.ExitCode == 1, $"{process.ExitCode}: {await said}{await complained}");
        return await complained;
    }
}
