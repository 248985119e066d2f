using System.Text;

namespace OCore.Platform.Remote;

/// <summary>
/// One OpenSSH master: the single authenticated connection to a server, over which commands and Docker's socket
/// travel. Every option is given here, so neither a user's nor the machine's ssh configuration can change what is
/// trusted; the only key it accepts from the server is the pinned one.
/// </summary>
internal sealed class SshMaster : IAsyncDisposable
{
    public const string ControlName = "ctl";
    private const string Alias = "ocore-server"; // the name under which known_hosts holds the pinned key
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromSeconds(25);

    private readonly string _folder;
    private readonly ChildProcess _process;
    private readonly StringBuilder _said = new();
    private readonly Task _reading;

    private SshMaster(string folder, ChildProcess process)
    {
        _folder = folder;
        _process = process;
        process.CloseInput();
        _reading = Task.WhenAll(ListenAsync(process.Error), ListenAsync(process.Out));
        Closed = WaitForEndAsync();
    }

    public string DockerSocket => Path.Combine(_folder, "docker");
    public Task Closed { get; }
    public bool IsAlive => !Closed.IsCompleted;

    private string Control => Path.Combine(_folder, ControlName);

    public static async Task<SshMaster> StartAsync(ServerTarget target, RuntimeFolder runtime, TimeProvider clock, CancellationToken stop)
    {
        var (host, user, pinned) = (HostName.Parse(target.Host), UnixUser.Parse(target.User), HostKey.Parse(target.HostKeyLine));
        var folder = runtime.Make();
        try
        {
            RuntimeFolder.WritePrivate(Path.Combine(folder, "id"), target.PrivateKeyPem);
            RuntimeFolder.WritePrivate(Path.Combine(folder, "hosts"), $"{Alias} {pinned.Line}");
            var master = new SshMaster(folder, ChildProcess.Start(Words(folder, host, target.Port, user, pinned)));
            try
            {
                await master.WaitUntilReadyAsync(target, pinned, clock, stop);
                return master;
            }
            catch
            {
                await master.DisposeAsync();
                throw;
            }
        }
        catch
        {
            RuntimeFolder.Remove(folder);
            throw;
        }
    }

    /// <summary>The words that run a line on the server over this connection, and over no other.</summary>
    public IReadOnlyList<string> Client(string line) =>
    [
        "ssh", "-F", "none", "-T", "-S", Control,
        "-o", "ControlMaster=no", "-o", "BatchMode=yes", "-o", "LogLevel=ERROR",
        // Without its master ssh would make a connection of its own, by other rules: this makes that fail.
        "-o", "ProxyCommand=false", "-o", "StrictHostKeyChecking=yes",
        "--", Alias, line,
    ];

    /// <summary>The same with a terminal on the server, for a person.</summary>
    public IReadOnlyList<string> TerminalClient(string line) => ["ssh", "-tt", "-e", "none", .. Client(line).Skip(1).Where(word => word != "-T")];

    /// <summary>Ends the master of an oCore that was killed.</summary>
    public static void EndForsaken(string control)
    {
        try
        {
            using var exit = ChildProcess.Start(["ssh", "-F", "none", "-S", control, "-o", "ProxyCommand=false", "-O", "exit", "--", Alias]);
            if (!exit.WaitBriefly(TimeSpan.FromSeconds(2))) exit.Kill();
        }
        catch (ServerException)
        {
        }
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await Closed;
        RuntimeFolder.Remove(_folder);
        _process.Dispose();
    }

    internal static IReadOnlyList<string> Words(string folder, HostName host, int port, UnixUser user, HostKey pinned) =>
    [
        "ssh", "-F", "none", "-N", "-T", "-M", "-S", Path.Combine(folder, ControlName),
        "-i", Path.Combine(folder, "id"), "-p", port.ToString(), "-l", user.Value,
        .. Options(
            $"UserKnownHostsFile={Path.Combine(folder, "hosts")}", "GlobalKnownHostsFile=/dev/null", $"HostKeyAlias={Alias}",
            "StrictHostKeyChecking=yes", $"HostKeyAlgorithms={pinned.Algorithms}", "CheckHostIP=no", "UpdateHostKeys=no",
            "BatchMode=yes", "IdentitiesOnly=yes", "IdentityAgent=none", "PreferredAuthentications=publickey",
            "PasswordAuthentication=no", "KbdInteractiveAuthentication=no", "ForwardAgent=no", "ForwardX11=no", "Tunnel=no",
            "ConnectTimeout=8", "ConnectionAttempts=1", "ServerAliveInterval=2", "ServerAliveCountMax=3", "TCPKeepAlive=yes",
            "ControlPersist=no", "ExitOnForwardFailure=yes", "StreamLocalBindUnlink=yes", "StreamLocalBindMask=0177",
            // INFO: at ERROR ssh does not say that the server lacks a key of the pinned type.
            "Compression=no", "EscapeChar=none", "LogLevel=INFO"),
        "-L", Path.Combine(folder, "docker") + ":/var/run/docker.sock",
        "--", host.Value,
    ];

    private static IEnumerable<string> Options(params string[] options) => options.SelectMany(option => new[] { "-o", option });

    // The control socket appears once the server has accepted the key and the forwarding is set up.
    private async Task WaitUntilReadyAsync(ServerTarget target, HostKey pinned, TimeProvider clock, CancellationToken stop)
    {
        var start = clock.GetTimestamp();
        while (IsAlive)
        {
            if (File.Exists(Control)) return;
            if (clock.GetElapsedTime(start) > ReadyWithin)
                throw new ServerUnreachableException($"{target} did not finish signing in within {ReadyWithin.TotalSeconds:0} s.");
            await Task.WhenAny(Closed, Task.Delay(TimeSpan.FromMilliseconds(10), clock, stop));
            stop.ThrowIfCancellationRequested();
        }
        await _reading;
        throw await FailureAsync(target, pinned, Said(), clock, stop);
    }

    private static async Task<ServerException> FailureAsync(
        ServerTarget target, HostKey pinned, string said, TimeProvider clock, CancellationToken stop)
    {
        switch (SshComplaint.Read(said))
        {
            case SshComplaint.HostKey:
                var offered = await HostKeyScanner.TryScanAsync(HostName.Parse(target.Host), target.Port, clock, stop);
                return new HostKeyChangedException(target.Host, pinned.Fingerprint, offered);
            case SshComplaint.Authentication:
                return new ServerAuthenticationException($"{target} refuses oCore's key. Is oCore's public key still in {target.User}'s authorized_keys?");
            default:
                return new ServerUnreachableException($"{target} cannot be reached: {SshComplaint.Reason(said)}");
        }
    }

    private string Said()
    {
        lock (_said) return _said.ToString();
    }

    private async Task ListenAsync(Stream stream)
    {
        var buffer = new byte[4096];
        try
        {
            int count;
            while ((count = await stream.ReadAsync(buffer)) > 0)
                lock (_said)
                    if (_said.Length < 16 << 10)
                        _said.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }
        catch (Exception gone) when (gone is IOException or ObjectDisposedException or OperationCanceledException)
        {
        }
    }

    private async Task WaitForEndAsync()
    {
        await _process.WaitAsync(CancellationToken.None);
        // Whoever finds this connection dead must not find its key.
        RuntimeFolder.Remove(_folder);
    }
}

/// <summary>What OpenSSH's client means by what it prints. Checked against 8.4 to 10.0.</summary>
internal static class SshComplaint
{
    public const string HostKey = "host key";
    public const string Authentication = "authentication";
    public const string Other = "other";

    private static readonly string[] HostKeyWords =
        ["REMOTE HOST IDENTIFICATION HAS CHANGED", "Host key verification failed", "no matching host key type found"];

    private static readonly string[] AuthenticationWords =
        ["Permission denied (", "Too many authentication failures", "no mutual signature", "Load key", "invalid format"];

    public static string Read(string said) =>
        HostKeyWords.Any(said.Contains) ? HostKey : AuthenticationWords.Any(said.Contains) ? Authentication : Other;

    /// <summary>Its last line, without the program's name before it.</summary>
    public static string Reason(string said)
    {
        var last = said.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).LastOrDefault() ?? "";
        if (last.StartsWith("ssh: ", StringComparison.Ordinal)) last = last["ssh: ".Length..];
        return last.Length == 0 ? "the connection ended without a word." : Redaction.Of(last);
    }
}
