using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using OCore.Platform.Docker;
using OCore.Platform.Remote;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Remote;

/// <summary>What an engine has to do is the same wherever it is reached; each way to one runs all of it.</summary>
[Collection(LabCollection.Name)]
public abstract class DockerHostTests(ITestOutputHelper log) : IAsyncLifetime
{
    private const string Label = "ocore.test";
    private static readonly ImageRef Image = ImageRef.Parse("redis:8");
    private readonly string _mark = Guid.CreateVersion7().ToString("N")[20..];
    private IServerConnection _server = null!;

    private DockerHost Docker => _server.Docker;

    internal abstract Task<IServerConnection?> ConnectAsync();

    public async Task InitializeAsync()
    {
        if (await ConnectAsync() is not { } server) return; // skipped, and says so
        _server = server;
        await using var source = new LocalConnection(TimeProvider.System);
        await Docker.EnsureImageAsync(Image, source.Docker, log.WriteLine, default);
    }

    public async Task DisposeAsync()
    {
        if (_server is null) return;
        await Docker.RemoveByLabelAsync(Label, _mark, default);
        await _server.DisposeAsync();
    }

    [LabFact]
    public async Task A_container_is_made_kept_replaced_and_started_again()
    {
        var spec = Shell("main", "trap 'exit 0' TERM; while :; do sleep 0.1; done") with
        {
            Networks = [new(await NetworkAsync("one"), "alias"), new(await NetworkAsync("two"))],
            Mounts = [ContainerMount.Volume(await VolumeAsync("data"), RemotePath.Parse("/data"))],
            MemoryBytes = 64 << 20,
            NanoCpus = 500_000_000,
            Files = [ContainerFile.Text(RemotePath.Parse("/etc/ocore/deep/conf"), "text\n", ContainerFile.OwnerOnly, 33, 44)],
        };
        var watch = Stopwatch.StartNew();
        var made = await Docker.EnsureContainerAsync(spec, default);
        log.WriteLine($"ensure (create, start): {watch.ElapsedMilliseconds} ms");
        Assert.True(made.IsRunning);
        Assert.Equal(2, made.Addresses.Count);
        Assert.NotNull(made.StartedAt);
        watch.Restart();
        Assert.Equal(made.Id, (await Docker.EnsureContainerAsync(spec, default)).Id);
        log.WriteLine($"ensure (nothing to do): {watch.ElapsedMilliseconds} ms");
        var seen = await Docker.ExecAsync(spec.Name, ["stat", "-c", "%a %u %g", "/etc/ocore/deep/conf"], null, default);
        Assert.Equal("600 33 44\n", seen.Out);
        Assert.Equal("text\n", Encoding.UTF8.GetString(await Docker.ReadFileAsync(spec.Name, RemotePath.Parse("/etc/ocore/deep/conf"), default)));

        watch.Restart();
        await Docker.StopAsync(spec.Name, TimeSpan.Zero, default);
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 4);
        Assert.Equal("exited", (await Docker.FindAsync(spec.Name, default))!.State);
        Assert.Equal(made.Id, (await Docker.EnsureContainerAsync(spec, default)).Id);

        var changed = await Docker.EnsureContainerAsync(spec with { MemoryBytes = 65 << 20 }, default);
        Assert.NotEqual(made.Id, changed.Id);
        Assert.True(changed.IsRunning);
        await Docker.RemoveContainerAsync(spec.Name, default);
        await Docker.RemoveContainerAsync(spec.Name, default);
        Assert.Null(await Docker.FindAsync(spec.Name, default));
    }

    [LabFact]
    public async Task Concurrent_ensures_of_one_container_end_with_one()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => NetworkAsync("raced")));
        Assert.Single((await Docker.FindByLabelAsync(Label, _mark, default)).Networks);
        var spec = Shell("raced", "sleep 600") with { Networks = [new(Name("raced"))] };
        var made = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Docker.EnsureContainerAsync(spec, default)));
        Assert.Single(made.Select(state => state.Id).Distinct());
    }

    [LabFact]
    public async Task What_ocore_did_not_make_is_left_alone()
    {
        var name = Name("strange");
        (await _server.RunAsync(RemoteCommand.Of("docker", "create", "--name", name.Value, "--label", $"{Label}={_mark}", Image.Value, "true").AsRoot(), default))
            .ThrowIfFailed("docker create");
        var spec = Shell("strange", "sleep 600");
        await Assert.ThrowsAsync<DockerNameTakenException>(() => Docker.EnsureContainerAsync(spec, default));
        await Assert.ThrowsAsync<DockerNameTakenException>(() => Docker.RunOnceAsync(spec, default));
    }

    [LabFact]
    public async Task A_program_in_a_container_gets_its_input_to_the_end_and_answers()
    {
        var name = (await Docker.EnsureContainerAsync(Shell("exec", "sleep 600"), default)).Name;
        var container = DockerName.Parse(name);
        var typed = await Docker.ExecAsync(container, ["sh", "-c", "cat; echo bad >&2; exit 7"], "typed\n"u8.ToArray(), default);
        Assert.Equal(new CommandResult(7, "typed\n", "bad\n"), typed);
        var large = await Docker.ExecAsync(container, ["wc", "-c"], new byte[16 << 20], default);
        Assert.Equal($"{16 << 20}\n", large.Out);
        var options = new ExecOptions { User = "redis", WorkingFolder = "/tmp", Env = new Dictionary<string, string> { ["A"] = "b c" } };
        Assert.Equal("redis /tmp b c\n", (await Docker.ExecAsync(container, ["sh", "-c", "echo $(id -un) $PWD $A"], null, default, options)).Out);
        var unread = Stopwatch.StartNew();
        Assert.True((await Docker.ExecAsync(container, ["true"], new byte[4 << 20], default)).Ok); // does not read it
        log.WriteLine($"exec with 4 MiB unread: {unread.ElapsedMilliseconds} ms");
        Assert.Equal(126 + 1, (await Docker.ExecAsync(container, ["sh", "-c", "exit 127"], null, default)).ExitCode);

        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 5; i++) await Docker.ExecAsync(container, ["true"], null, default);
        log.WriteLine($"exec: {watch.ElapsedMilliseconds / 5} ms");
        await Assert.ThrowsAsync<DockerNotFoundException>(() => Docker.ExecAsync(Name("none"), ["true"], null, default));
        await Docker.StopAsync(container, TimeSpan.FromSeconds(1), default);
        await Assert.ThrowsAsync<DockerConflictException>(() => Docker.ExecAsync(container, ["true"], null, default));
    }

    [LabFact]
    public async Task A_program_in_a_container_that_hangs_or_floods_is_stopped_there()
    {
        var container = DockerName.Parse((await Docker.EnsureContainerAsync(Shell("hang", "sleep 600"), default)).Name);
        var options = new ExecOptions { Timeout = TimeSpan.FromSeconds(1) };
        await Assert.ThrowsAsync<RemoteTimeoutException>(() => Docker.ExecAsync(container, ["sh", "-c", "sleep 4712 & sleep 4712"], null, default, options));
        await Assert.ThrowsAsync<RemoteCommandException>(() => Docker.ExecAsync(container, ["yes", "4712"], null, default));
        // Told to end, and then made to: a moment may pass.
        var left = "4712";
        for (var look = 0; look < 50 && left.Length > 0; look++)
            left = (await Docker.ExecAsync(container, ["sh", "-c", "grep -l '[4]712' /proc/[0-9]*/cmdline | grep -v /proc/$$/ || true"], null, default)).Out;
        Assert.Equal("", left);
        Assert.True((await Docker.FindAsync(container, default))!.IsRunning);
    }

    [LabFact]
    public async Task A_terminal_has_a_size_and_ends_with_its_program()
    {
        var container = DockerName.Parse((await Docker.EnsureContainerAsync(Shell("tty", "sleep 600"), default)).Name);
        await using var terminal = await Docker.OpenTerminalAsync(container, ["sh"], default);
        await terminal.ResizeAsync(111, 33, default);
        await terminal.WriteAsync("stty size; exit 3\n"u8.ToArray(), default);
        var said = new StringBuilder();
        var buffer = new byte[4096];
        int count;
        while ((count = await terminal.ReadAsync(buffer, default)) > 0) said.Append(Encoding.UTF8.GetString(buffer, 0, count));
        Assert.Contains("33 111", said.ToString());
        Assert.Equal(3, await terminal.ExitCodeAsync(default));
    }

    [LabFact]
    public async Task Sixty_four_mebibytes_arrive_in_a_volume_and_come_back()
    {
        var spec = Shell("big", "sleep 600") with { Mounts = [ContainerMount.Volume(await VolumeAsync("big"), RemotePath.Parse("/data"))] };
        await Docker.EnsureContainerAsync(spec, default);
        var content = new byte[64 << 20];
        new Random(1).NextBytes(content);
        var path = RemotePath.Parse("/data/big.bin");
        var watch = Stopwatch.StartNew();
        await Docker.PutFilesAsync(spec.Name, [new(path, content, ContainerFile.Readable)], default);
        log.WriteLine($"put 64 MiB: {64 / watch.Elapsed.TotalSeconds:F0} MiB/s");
        watch.Restart();
        var back = await Docker.ReadFileAsync(spec.Name, path, default);
        log.WriteLine($"read 64 MiB: {64 / watch.Elapsed.TotalSeconds:F0} MiB/s");
        Assert.Equal(SHA256.HashData(content), SHA256.HashData(back));
        await Assert.ThrowsAsync<FileNotFoundException>(() => Docker.ReadFileAsync(spec.Name, RemotePath.Parse("/data/none"), default));
    }

    [LabFact]
    public async Task A_one_off_tells_its_output_and_its_end_and_leaves_nothing()
    {
        var spec = Shell("once", "cat /etc/ocore.conf; echo bad >&2; exit 5") with
        {
            Files = [ContainerFile.Text(RemotePath.Parse("/etc/ocore.conf"), "read\n")],
            NoNetwork = true,
        };
        var lines = new List<string>();
        var watch = Stopwatch.StartNew();
        var result = await Docker.RunOnceAsync(spec, default, lines.Add);
        log.WriteLine($"run once: {watch.ElapsedMilliseconds} ms");
        Assert.Equal(5, result.ExitCode);
        Assert.Equal(["bad", "read"], lines.Order());
        Assert.Equal(lines, result.Tail);
        Assert.Null(await Docker.FindAsync(spec.Name, default));
    }

    [LabFact]
    public async Task A_one_off_is_joined_by_who_asks_again_and_ends_with_who_cancels()
    {
        var spec = Shell("joined", "for i in 1 2 3 4 5 6; do echo line $i; sleep 0.5; done; exit 4");
        using var restart = new CancellationTokenSource(1000);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Docker.RunOnceAsync(spec, restart.Token, keepOnCancel: true));
        var running = await Docker.FindAsync(spec.Name, default);
        var lines = new List<string>();
        var joined = Docker.RunOnceAsync(spec, default, lines.Add);
        await Task.Delay(300);
        Assert.Equal(running!.Id, (await Docker.FindAsync(spec.Name, default))!.Id);
        Assert.Equal(4, (await joined).ExitCode);
        Assert.Equal(["line 1", "line 2", "line 3", "line 4", "line 5", "line 6"], lines);

        using var cancel = new CancellationTokenSource(1500);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Docker.RunOnceAsync(Shell("cancelled", "sleep 600"), cancel.Token));
        Assert.Null(await Docker.FindAsync(Name("cancelled"), default));
    }

    [LabFact]
    public async Task Logs_come_whole_and_are_followed()
    {
        var container = DockerName.Parse((await Docker.EnsureContainerAsync(
            Shell("logs", "echo é one; echo two >&2; until [ -e /tmp/go ]; do sleep 0.1; done; echo three; sleep 600"), default)).Name);
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(40));
        var lines = new List<string>();
        while (lines.Count < 2)
        {
            lines.Clear();
            await foreach (var line in Docker.LogsAsync(container, -1, follow: false, stop.Token)) lines.Add(line);
        }
        Assert.Equal(["two", "é one"], lines.Order(StringComparer.Ordinal));
        var said = false;
        await foreach (var line in Docker.LogsAsync(container, 1, follow: true, stop.Token))
        {
            if (line == "three")
                return;
            if (!said)
                (await Docker.ExecAsync(container, ["touch", "/tmp/go"], null, stop.Token)).ThrowIfFailed("Letting it go on");
            said = true;
        }
        Assert.Fail("The log ended before its third line.");
    }

    [LabFact]
    public async Task Logs_that_are_read_slowly_hold_up_no_call()
    {
        var container = DockerName.Parse((await Docker.EnsureContainerAsync(Shell("talks", "while :; do echo word; sleep 0.1; done"), default)).Name);
        using var stop = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        var open = new List<IAsyncEnumerator<(LogStamp, string)>>();
        try
        {
            var readers = await Docker.MostReadersAsync(stop.Token);
            for (var i = 0; i < readers; i++)
            {
                open.Add(Docker.LogAsync(container, new LogWindow { Follow = true }, stop.Token).GetAsyncEnumerator(stop.Token));
                Assert.True(await open[^1].MoveNextAsync());
            }
            var watch = Stopwatch.StartNew();
            await Task.WhenAll(Enumerable.Range(0, 30).Select(_ => Docker.ListAsync(stop.Token)));
            log.WriteLine($"30 lists beside {readers} logs: {watch.ElapsedMilliseconds} ms");
            Assert.InRange(watch.Elapsed.TotalSeconds, 0, 20);
            // Who waits for a place has it when another goes.
            var waiting = Docker.LogAsync(container, new LogWindow { Tail = 1 }, stop.Token).GetAsyncEnumerator(stop.Token);
            var next = waiting.MoveNextAsync().AsTask();
            await open[0].DisposeAsync();
            open.RemoveAt(0);
            Assert.True(await next.WaitAsync(TimeSpan.FromSeconds(25)));
            await waiting.DisposeAsync();
        }
        finally
        {
            foreach (var one in open)
                await one.DisposeAsync();
        }
    }

    [LabFact]
    public async Task Labels_find_everything_and_remove_it()
    {
        var spec = Shell("labelled", "sleep 600") with
        {
            Networks = [new(await NetworkAsync("gone"))],
            Mounts = [ContainerMount.Volume(await VolumeAsync("gone"), RemotePath.Parse("/data"))],
        };
        await Docker.EnsureContainerAsync(spec, default);
        await Docker.EnsureNetworkAsync(Name("gone"), Labels, default); // again
        await Docker.EnsureVolumeAsync(Name("gone"), Labels, default);
        var found = await Docker.FindByLabelAsync(Label, _mark, default);
        Assert.Equal((1, 1, 1), (found.Containers.Count, found.Volumes.Count, found.Networks.Count));
        var listed = Assert.Single(await Docker.ListAsync(new Dictionary<string, string?> { [Label] = _mark }, default));
        Assert.Equal((spec.Name.Value, "running"), (listed.Name, listed.State));
        Assert.Equal(SpecHash.Of(spec), listed.SpecHash);
        Assert.Single(listed.Addresses);
        await Assert.ThrowsAsync<DockerConflictException>(() => Docker.RemoveVolumeAsync(Name("gone"), default)); // in use
        await Docker.RemoveByLabelAsync(Label, _mark, default);
        Assert.True((await Docker.FindByLabelAsync(Label, _mark, default)).IsEmpty);
        await Docker.RemoveVolumeAsync(Name("gone"), default);
        await Docker.RemoveNetworkAsync(Name("gone"), default);
    }

    [LabFact]
    public async Task An_engine_tells_of_itself_and_its_containers()
    {
        var version = await Docker.VersionAsync(default);
        var info = await Docker.InfoAsync(default);
        log.WriteLine($"{version} {info}");
        Assert.NotEmpty(version.Version);
        Assert.True(info.Cpus > 0 && info.MemoryBytes > 0);
        var busy = DockerName.Parse((await Docker.EnsureContainerAsync(Shell("busy", "while :; do :; done") with { NanoCpus = 500_000_000 }, default)).Name);
        var idle = DockerName.Parse((await Docker.EnsureContainerAsync(Shell("idle", "sleep 600"), default)).Name);
        // Half a processor is what it may have; what it gets on a machine with other work comes and goes.
        IReadOnlyList<ContainerStats> stats;
        for (var watch = Stopwatch.StartNew(); ; await Task.Delay(500))
        {
            stats = await Docker.StatsAsync([busy, idle, Name("none")], default);
            Assert.Equal(2, stats.Count);
            if (stats[0].CpuPercent >= 15 || watch.Elapsed > TimeSpan.FromSeconds(60))
                break;
        }
        log.WriteLine(string.Join(' ', stats));
        Assert.InRange(stats[0].CpuPercent, 15, 90);
        Assert.InRange(stats[1].CpuPercent, 0, 10);
        Assert.InRange(stats[1].MemoryBytes, 1, 50 << 20);
    }

    [LabFact]
    public async Task A_warm_list_is_quick()
    {
        for (var i = 0; i < 20; i++) await Docker.ListAsync(default);
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 100; i++) await Docker.ListAsync(default);
        log.WriteLine($"list: {watch.Elapsed.TotalMilliseconds / 100:F2} ms");
        watch.Restart();
        await Task.WhenAll(Enumerable.Range(0, 200).Select(_ => Docker.ListAsync(default)));
        log.WriteLine($"200 lists at once: {watch.ElapsedMilliseconds} ms");
    }

    [LabFact]
    public async Task What_is_not_there_is_told_as_that()
    {
        Assert.False(await Docker.HasImageAsync(ImageRef.Parse("nobody/has-this:1"), default));
        await Assert.ThrowsAsync<DockerNotFoundException>(() => Docker.StartAsync(Name("none"), default));
        await Assert.ThrowsAsync<DockerNotFoundException>(() => Docker.KillAsync(Name("none"), "TERM", default));
        var missing = await Assert.ThrowsAsync<DockerNotFoundException>(() => Docker.EnsureContainerAsync(
            Shell("noimage", "true") with { Image = ImageRef.Parse("nobody/has-this:1") }, default));
        Assert.Contains("nobody/has-this", missing.Message);
    }

    private IReadOnlyDictionary<string, string> Labels => new Dictionary<string, string> { [Label] = _mark };

    private DockerName Name(string name) => DockerName.Parse($"t-{_mark}-{name}");

    private ContainerSpec Shell(string name, string script) => new()
    {
        Name = Name(name),
        Image = Image,
        Entrypoint = ["sh", "-c"],
        Command = [script],
        Labels = Labels,
        Init = true,
        StopTimeout = TimeSpan.FromSeconds(1),
    };

    private async Task<DockerName> NetworkAsync(string name)
    {
        await Docker.EnsureNetworkAsync(Name(name), Labels, default);
        return Name(name);
    }

    private async Task<DockerName> VolumeAsync(string name)
    {
        await Docker.EnsureVolumeAsync(Name(name), Labels, default);
        return Name(name);
    }
}

public sealed class LocalDockerTests(ITestOutputHelper log) : DockerHostTests(log)
{
    internal override Task<IServerConnection?> ConnectAsync() =>
        Task.FromResult<IServerConnection?>(Lab.WhyNot is null ? new LocalConnection(TimeProvider.System) : null);
}

/// <summary>The user is in the group docker: its socket is forwarded.</summary>
public sealed class ForwardedDockerTests(LabServers lab, ITestOutputHelper log) : DockerHostTests(log)
{
    internal override async Task<IServerConnection?> ConnectAsync() => Lab.WhyNot is null
        ? await SshConnection.OpenAsync(lab.First.Target(), new RuntimeFolder(), TimeProvider.System, default)
        : null;
}

/// <summary>The user may only become root, and only with a password.</summary>
public sealed class SudoDockerTests(LabServers lab, ITestOutputHelper log) : DockerHostTests(log)
{
    internal override async Task<IServerConnection?> ConnectAsync() => Lab.WhyNot is null
        ? await SshConnection.OpenAsync(lab.First.Target("asked", "right horse"), new RuntimeFolder(), TimeProvider.System, default)
        : null;
}
