using System.Diagnostics;
using OCore.Platform.Remote;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Remote;

[Collection(LabCollection.Name)]
public sealed class SshConnectionTests(LabServers lab, ITestOutputHelper log) : IAsyncLifetime, IAsyncDisposable
{
    private readonly ServerConnections _all = new(TimeProvider.System);

    public Task InitializeAsync() => Task.CompletedTask;

    async Task IAsyncLifetime.DisposeAsync() => await DisposeAsync();

    public ValueTask DisposeAsync() => _all.DisposeAsync();

    [LabFact]
    public async Task Arguments_arrive_as_they_were()
    {
        var server = await _all.GetAsync(lab.First.Target(), default);
        var random = new Random(5);
        for (var batch = 0; batch < 5; batch++)
        {
            var texts = Enumerable.Range(0, 200).Select(_ => Awkward(random)).ToArray();
            var answer = await server.RunAsync(RemoteCommand.Of("printf", ["%s\\0", .. texts]), default);
            Assert.Equal(texts, answer.ThrowIfFailed("printf").Out.Split('\0')[..^1]);
        }
    }

    [LabFact]
    public async Task A_command_answers_with_both_streams_its_code_and_its_input_read()
    {
        var server = await _all.GetAsync(lab.First.Target(), default);
        Assert.Equal(new CommandResult(7, "typed", "bad\n"), await server.RunAsync(RemoteCommand.Script("cat; echo bad >&2; exit 7").WithInput("typed"), default));
        Assert.True((await server.RunAsync(RemoteCommand.Of("true").WithInput(new byte[16 << 20]), default)).Ok); // nobody reads it
        Assert.Equal(255, (await server.RunAsync(RemoteCommand.Script("exit 255"), default)).ExitCode);
        Assert.Equal(127, (await server.RunAsync(RemoteCommand.Of("no-such-program"), default)).ExitCode);
        Assert.Equal("0\n", (await server.RunAsync(RemoteCommand.Of("id", "-u").AsRoot(), default)).Out);
        Assert.Equal("1000\n", (await server.RunAsync(RemoteCommand.Of("id", "-u"), default)).Out);
    }

    [LabFact]
    public async Task Commands_are_quick_and_many_at_once_pass_a_server_that_allows_ten_sessions()
    {
        var server = await _all.GetAsync(lab.First.Target(), default);
        await server.PingAsync(default);
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < 20; i++) await server.RunAsync(RemoteCommand.Of("true"), default);
        log.WriteLine($"one command: {watch.Elapsed.TotalMilliseconds / 20:F1} ms");
        watch.Restart();
        var answers = await Task.WhenAll(Enumerable.Range(0, 60).Select(i => server.RunAsync(RemoteCommand.Of("echo", $"{i}"), default)));
        log.WriteLine($"60 at once: {watch.ElapsedMilliseconds} ms");
        Assert.Equal(Enumerable.Range(0, 60).Select(i => $"{i}\n"), answers.Select(a => a.Out));
    }

    [LabFact]
    public async Task Another_host_key_is_refused_and_no_login_is_tried()
    {
        var (server, target) = (lab.Second, lab.Second.Target());
        await (await _all.GetAsync(target, default)).PingAsync(default);
        _all.Invalidate(target.Id);
        const string logins = "journalctl -q -u ssh --no-pager | grep -c -E 'Accepted|Failed|Invalid user|authenticating user' || true";
        await server.ShellAsync("mkdir -p /root/keys && cp -p /etc/ssh/ssh_host_* /root/keys/ && rm /etc/ssh/ssh_host_* && ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key && systemctl restart ssh");
        try
        {
            var before = await server.ShellAsync(logins);
            var refused = await Assert.ThrowsAsync<HostKeyChangedException>(async () => await _all.GetAsync(target, default));
            var shown = await server.ShellAsync("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub | cut -d' ' -f2");
            Assert.Equal(shown.Trim(), refused.Offered!.Fingerprint);
            Assert.Equal("ssh-ed25519", refused.Offered.Type);
            Assert.Equal(server.Pinned.Fingerprint, refused.PinnedFingerprint);
            Assert.Equal(before, await server.ShellAsync(logins));

            // A server with keys of another type only is no less another server.
            await server.ShellAsync("rm /etc/ssh/ssh_host_* && ssh-keygen -q -t ecdsa -N '' -f /etc/ssh/ssh_host_ecdsa_key && systemctl restart ssh");
            refused = await Assert.ThrowsAsync<HostKeyChangedException>(async () => await _all.GetAsync(target, default));
            Assert.Equal("ecdsa-sha2-nistp256", refused.Offered!.Type);
        }
        finally
        {
            await server.ShellAsync("rm /etc/ssh/ssh_host_* && cp -p /root/keys/* /etc/ssh/ && systemctl restart ssh");
        }
        await (await _all.GetAsync(target, default)).PingAsync(default);
    }

    [LabFact]
    public async Task A_wrong_key_and_a_server_that_is_not_there_are_told_apart()
    {
        var wrong = lab.First.Target() with { PrivateKeyPem = SshKeys.GenerateEd25519("stranger").PrivateKeyPem };
        await Assert.ThrowsAsync<ServerAuthenticationException>(async () => await _all.GetAsync(wrong, default));
        var closed = lab.First.Target() with { Port = 2 };
        await Assert.ThrowsAsync<ServerUnreachableException>(async () => await _all.GetAsync(closed, default));
        var garbled = lab.First.Target() with { PrivateKeyPem = "no key" };
        await Assert.ThrowsAsync<ServerAuthenticationException>(async () => await _all.GetAsync(garbled, default));

        await lab.First.DoAsync("drop");
        try
        {
            // Everybody waits for one attempt: a hundred callers of a dead server take no longer than one.
            var (target, watch) = (lab.First.Target(), Stopwatch.StartNew());
            var attempts = Enumerable.Range(0, 100).Select(_ => Assert.ThrowsAsync<ServerUnreachableException>(async () => await _all.GetAsync(target, default)));
            await Task.WhenAll(attempts);
            log.WriteLine($"a server that swallows packets: told after {watch.Elapsed.TotalSeconds:F1} s");
            Assert.InRange(watch.Elapsed.TotalSeconds, 0, 12);
        }
        finally
        {
            await lab.First.DoAsync("undrop");
        }
    }

    [LabFact]
    public async Task A_cut_link_is_noticed_and_a_healed_one_used_again()
    {
        var target = lab.First.Target();
        var server = await _all.GetAsync(target, default);
        var hanging = server.RunAsync(RemoteCommand.Of("sleep", "60"), default);
        await Task.Delay(500);
        await lab.First.DoAsync("cut");
        var watch = Stopwatch.StartNew();
        try
        {
            await Assert.ThrowsAsync<ServerUnreachableException>(() => hanging).WaitAsync(TimeSpan.FromSeconds(15));
            log.WriteLine($"cut noticed after {watch.Elapsed.TotalSeconds:F1} s");
            Assert.InRange(watch.Elapsed.TotalSeconds, 0, 10);
            await server.Closed.WaitAsync(TimeSpan.FromSeconds(1));
        }
        finally
        {
            await lab.First.DoAsync("heal");
        }
        watch.Restart();
        await (await _all.GetAsync(target, default)).PingAsync(default);
        log.WriteLine($"a new connection after the heal, with its first answer: {watch.ElapsedMilliseconds} ms");
        // The first packet may still be lost to the switch that relearns the port.
        Assert.InRange(watch.ElapsedMilliseconds, 0, 2000);
    }

    [LabFact]
    public async Task What_hangs_or_floods_is_stopped_on_the_server()
    {
        var server = await _all.GetAsync(lab.First.Target(), default);
        var hang = RemoteCommand.Script("sleep 4711 & sleep 4711; wait").WithTimeout(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<RemoteTimeoutException>(() => server.RunAsync(hang, default));
        await Assert.ThrowsAsync<RemoteTimeoutException>(() => server.RunAsync(hang.AsRoot(), default));
        await Assert.ThrowsAsync<RemoteCommandException>(() => server.RunAsync(RemoteCommand.Script("exec yes 'flood 4711'"), default));
        using var stop = new CancellationTokenSource(700);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => server.RunAsync(RemoteCommand.Of("sleep", "4711"), stop.Token));
        await foreach (var _ in server.StreamAsync(RemoteCommand.Script("while :; do echo 4711; sleep 0.1; done"), default)) break;
        await foreach (var _ in server.StreamAsync(RemoteCommand.Script("exec yes 4711"), default)) break;
        Assert.Equal("", await lab.First.ShellAsync("ps -eo args | grep 4711 | grep -v grep || true"));
    }

    [LabFact]
    public async Task Files_are_written_whole_and_as_roots()
    {
        var server = await _all.GetAsync(lab.First.Target(), default);
        var path = RemotePath.Parse("/var/lib/ocore/test/it's a $HOME 'file'");
        var content = new byte[16 << 20];
        new Random(1).NextBytes(content);
        var watch = Stopwatch.StartNew();
        await server.WriteFileAsync(path, content, UnixFileMode.UserRead | UnixFileMode.UserWrite, default);
        log.WriteLine($"write 16 MiB: {watch.ElapsedMilliseconds} ms");
        Assert.Equal(content, await server.ReadFileAsync(path, default));
        Assert.Equal("600 root\n", await lab.First.ShellAsync("stat -c '%a %U' \"$1\"", path.Value));
        watch.Restart();
        await server.WriteFileAsync(path, "small"u8.ToArray(), UnixFileMode.UserRead | UnixFileMode.UserWrite, default);
        log.WriteLine($"write 5 bytes: {watch.ElapsedMilliseconds} ms");
        Assert.Equal("1\n", await lab.First.ShellAsync("ls -A /var/lib/ocore/test | wc -l"));
        await Assert.ThrowsAsync<FileNotFoundException>(() => server.ReadFileAsync(RemotePath.Parse("/none"), default));
    }

    [LabFact]
    public async Task Sudo_works_with_and_without_a_password_and_a_wrong_one_is_told()
    {
        var asRoot = RemoteCommand.Script("id -u; cat").AsRoot().WithInput("input stays whole\n");
        foreach (var target in new[] { lab.First.Target("unasked"), lab.First.Target("asked", "right horse") })
            Assert.Equal("0\ninput stays whole\n", (await (await _all.GetAsync(target, default)).RunAsync(asRoot, default)).ThrowIfFailed("sudo").Out);

        var unknown = await _all.GetAsync(lab.First.Target("asked"), default);
        Assert.True((await unknown.RunAsync(RemoteCommand.Of("true"), default)).Ok);
        await Assert.ThrowsAsync<ServerAuthenticationException>(() => unknown.RunAsync(asRoot, default));
        await Assert.ThrowsAsync<ServerAuthenticationException>(async () => await _all.GetAsync(lab.First.Target("asked", "wrong"), default));
    }

    [LabFact]
    public async Task Nothing_of_a_connection_stays_behind()
    {
        var all = new ServerConnections(TimeProvider.System);
        var target = lab.First.Target();
        var server = await all.GetAsync(target, default);
        var hanging = server.RunAsync(RemoteCommand.Of("sleep", "60"), default);
        var folder = all.Folder;
        await Task.Delay(300);
        Assert.NotEmpty(Own());
        await all.DisposeAsync();
        await Assert.ThrowsAnyAsync<ServerException>(() => hanging).WaitAsync(TimeSpan.FromSeconds(5));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await all.GetAsync(target, default));
        for (var i = 0; i < 20 && Own().Count > 0; i++) await Task.Delay(100);
        Assert.Empty(Own());

        // The ssh processes of this one pool, by the folder of their socket: other tests may have pools of their own.
        List<string> Own() =>
        [
            .. Directory.GetDirectories("/proc").Select(process =>
            {
                try
                {
                    return File.ReadAllText(process + "/cmdline").Replace('\0', ' ');
                }
                catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
                {
                    return "";
                }
            }).Where(line => line.StartsWith("ssh -F none", StringComparison.Ordinal) && line.Contains(folder, StringComparison.Ordinal)),
        ];
    }

    private static string Awkward(Random random)
    {
        string[] pieces = ["'", "\"", "`id`", "$(id)", "${HOME}", "\\", "\n", "\t", " ", "-", "--", ";", "&", "|", "<", "*", "?", "~", "!", "#", "%s", "é", "漢", "😀", "a", "Z", "0"];
        return string.Concat(Enumerable.Range(0, random.Next(0, 12)).Select(_ => pieces[random.Next(pieces.Length)]));
    }
}
