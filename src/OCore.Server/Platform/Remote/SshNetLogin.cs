using System.Net.Sockets;
using System.Text;
using Renci.SshNet;
using Renci.SshNet.Common;
using ConnectionInfo = Renci.SshNet.ConnectionInfo;

namespace OCore.Platform.Remote;

/// <summary>
/// The one place that makes SSH.NET clients that sign in. The library trusts any host key unless told otherwise, so
/// none can be had here without the pinned key.
/// </summary>
internal static class SshNetLogin
{
    public static readonly TimeSpan Within = TimeSpan.FromSeconds(10);

    public static async Task<SftpClient> SftpAsync(
        HostName host, int port, UnixUser user, LoginSecret secret, HostKey pinned, TimeProvider clock, CancellationToken stop)
    {
        using var late = new CancellationTokenSource(Within + Within, clock);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
        var info = new ConnectionInfo(host.Value, port, user.Value, Methods(user, secret)) { Timeout = Within };
        PreferHostKeys(info, [pinned.Type]);
        var client = new SftpClient(info) { OperationTimeout = TimeSpan.FromSeconds(20) };
        HostKey? offered = null;
        client.HostKeyReceived += (_, shown) =>
        {
            shown.CanTrust = false;
            offered = HostKey.FromWire(shown.HostKey);
            shown.CanTrust = offered == pinned;
        };
        try
        {
            await client.ConnectAsync(ended.Token);
            return client;
        }
        catch (Exception failed)
        {
            client.Dispose();
            stop.ThrowIfCancellationRequested();
            throw await FailureAsync(failed, offered);
        }

        async Task<Exception> FailureAsync(Exception failed, HostKey? shown)
        {
            if (shown is not null && shown != pinned) return new HostKeyChangedException(host.Value, pinned.Fingerprint, shown);
            if (failed is SshAuthenticationException)
                return new ServerAuthenticationException($"{host} refuses {user}: {failed.Message}", failed);
            if (failed is OperationCanceledException)
                return new ServerUnreachableException($"{host} did not finish signing in within {2 * Within.TotalSeconds:0} s.", failed);
            if (!IsConnectionFailure(failed)) return failed;
            // A server that no longer has a key of the pinned type ends the negotiation before it shows one.
            if (shown is null && await HostKeyScanner.TryScanAsync(host, port, clock, stop) is { } now && now != pinned)
                return new HostKeyChangedException(host.Value, pinned.Fingerprint, now);
            return new ServerUnreachableException($"{host} cannot be reached on port {port}: {failed.Message}", failed);
        }
    }

    /// <summary>Leaves only these types of host key on offer, best first.</summary>
    public static void PreferHostKeys(ConnectionInfo info, IReadOnlyList<string> types)
    {
        var algorithms = types.SelectMany(type => type == "ssh-rsa" ? new[] { "rsa-sha2-512", "rsa-sha2-256" } : [type]);
        var known = info.HostKeyAlgorithms.ToDictionary(pair => pair.Key, pair => pair.Value);
        info.HostKeyAlgorithms.Clear();
        foreach (var name in algorithms)
            if (known.TryGetValue(name, out var factory))
                info.HostKeyAlgorithms.Add(name, factory);
    }

    public static bool IsConnectionFailure(Exception failed) =>
        failed is SshException or SocketException or IOException or ProxyException or ObjectDisposedException;

    private static AuthenticationMethod[] Methods(UnixUser user, LoginSecret secret)
    {
        if (secret.PrivateKey is { Length: > 0 } pem) return [new PrivateKeyAuthenticationMethod(user.Value, ReadKey(pem, secret.Passphrase))];
        var password = secret.Password ?? "";
        // Many servers ask for the password by a dialogue of one question, which PAM words as it likes.
        var dialogue = new KeyboardInteractiveAuthenticationMethod(user.Value);
        dialogue.AuthenticationPrompt += (_, asked) =>
        {
            foreach (var prompt in asked.Prompts) prompt.Response = password;
        };
        return [new PasswordAuthenticationMethod(user.Value, password), dialogue];
    }

    private static PrivateKeyFile ReadKey(string pem, string? passphrase)
    {
        try
        {
            using var text = new MemoryStream(Encoding.UTF8.GetBytes(pem.ReplaceLineEndings("\n").Trim() + "\n"));
            return string.IsNullOrEmpty(passphrase) ? new PrivateKeyFile(text) : new PrivateKeyFile(text, passphrase);
        }
        catch (SshPassPhraseNullOrEmptyException locked)
        {
            throw new ServerAuthenticationException("The private key needs its passphrase.", locked);
        }
        catch (Exception unreadable) when (unreadable is SshException or NotSupportedException or FormatException or InvalidOperationException)
        {
            throw new ServerAuthenticationException("The private key cannot be read: it must be an OpenSSH, PKCS#8 or PEM key.", unreadable);
        }
    }
}

/// <summary>What the customer gave for the first login; never stored.</summary>
internal sealed record LoginSecret
{
    private LoginSecret()
    {
    }

    public string? Password { get; private init; }
    public string? PrivateKey { get; private init; }
    public string? Passphrase { get; private init; }

    public static LoginSecret OfPassword(string password) => new() { Password = password };

    public static LoginSecret OfPrivateKey(string pem, string? passphrase = null) => new() { PrivateKey = pem, Passphrase = passphrase };

    public override string ToString() => PrivateKey is null ? "a password" : "a private key";
}
