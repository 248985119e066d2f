using Renci.SshNet;
using ConnectionInfo = Renci.SshNet.ConnectionInfo;

namespace OCore.Platform.Remote;

/// <summary>
/// Asks a server for its host key and leaves before signing in. What it finds is an offer, not a proof: a person
/// compares the fingerprint, or the first use of a fresh machine is trusted knowingly.
/// </summary>
internal static class HostKeyScanner
{
    public static readonly TimeSpan Within = TimeSpan.FromSeconds(8);

    /// <returns>The best key the server has; Ed25519 where it has one.</returns>
    /// <exception cref="ServerUnreachableException">Nothing there speaks ssh.</exception>
    public static async Task<HostKey> ScanAsync(HostName host, int port, TimeProvider clock, CancellationToken stop)
    {
        using var late = new CancellationTokenSource(Within, clock);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
        HostKey? offered = null;
        // The name is never used: the connection ends when the key is seen, and "none" could open nothing.
        var info = new ConnectionInfo(host.Value, port, "ocore", new NoneAuthenticationMethod("ocore")) { Timeout = Within };
        SshNetLogin.PreferHostKeys(info, HostKey.Types);
        using var client = new SshClient(info);
        client.HostKeyReceived += (_, shown) =>
        {
            shown.CanTrust = false;
            offered = HostKey.FromWire(shown.HostKey);
        };
        try
        {
            await client.ConnectAsync(ended.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new ServerUnreachableException($"{host} did not answer on port {port} within {Within.TotalSeconds:0} s.");
        }
        catch (Exception refused) when (SshNetLogin.IsConnectionFailure(refused))
        {
            if (offered is null) throw new ServerUnreachableException($"{host} shows no host key on port {port}: {refused.Message}", refused);
        }
        return offered ?? throw new ServerUnreachableException($"{host} shows no host key on port {port}.");
    }

    internal static async Task<HostKey?> TryScanAsync(HostName host, int port, TimeProvider clock, CancellationToken stop)
    {
        try
        {
            return await ScanAsync(host, port, clock, stop);
        }
        catch (ServerException)
        {
            return null;
        }
    }
}
