using System.Collections.Concurrent;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Docker;
using OCore.Platform.Operations;
using OCore.Platform.Remote;
using OCore.Platform.Security;

namespace OCore.Features.Servers;

/// <summary>The way from a server's row to the machine it stands for. Nothing else opens a server's keys.</summary>
internal sealed class ServerAccess(ServerConnections connections, SecretBox secrets, ThisMachine machine, OCoreDbFactory databases, TimeProvider time)
{
    internal const string KeySecret = "server.key", SudoSecret = "server.sudo", FirstSecret = "server.first", PostgresSecret = "server.postgres";

    private readonly ConcurrentDictionary<(Guid Server, string Life), bool> _shutOut = new();
    private readonly Lazy<DockerHost?> _localEngine = new(() => HasEngine ? new LocalConnection(time).Docker : null);

    /// <summary>oCore's own engine, from which images are carried to servers that reach no registry. Null where there is none.</summary>
    public DockerHost? LocalEngine => _localEngine.Value;

    /// <summary>The server is the machine of another replica: nothing reaches it from here.</summary>
    public bool IsElsewhere(Server server) => server.IsLocal && server.MachineId != machine.Id;

    /// <summary>The shared connection to the server.</summary>
    /// <exception cref="TryLaterException">It cannot be reached for now.</exception>
    /// <exception cref="StepRefusedException"><c>host_key_changed</c> (which is recorded on the row), <c>server_refuses_key</c> and the like.</exception>
    public async ValueTask<IServerConnection> ConnectAsync(Server server, CancellationToken stop)
    {
        if (server.Status == ServerStatus.HostKeyChanged)
            throw ServerRefusals.HostKeyChanged($"{server.Name} showed another host key than the pinned one.", null);
        if (IsElsewhere(server))
            throw new TryLaterException($"{server.Name} is another machine: the one on which another process of oCore runs, or ran.",
                "Only the oCore on that machine reaches it. See that it runs; with several replicas, ask again until that one answers.");
        try
        {
            var connection = await connections.GetAsync(Target(server), stop);
            foreach (var life in Fence.Current?.Before ?? [])
                await ShutOutAsync(server, connection, life, stop);
            return connection;
        }
        catch (HostKeyChangedException changed)
        {
            await RecordAsync(server.Id, changed, stop);
            throw ServerRefusals.Of(changed, server.Name);
        }
        catch (ServerException failed)
        {
            throw ServerRefusals.Of(failed, server.Name);
        }
    }

    // Before the first thing that a step does on the server: whoever ran this operation before may only stand still.
    private async Task ShutOutAsync(Server server, IServerConnection connection, string life, CancellationToken stop)
    {
        if (_shutOut.ContainsKey((server.Id, life)))
            return;
        try
        {
            await Fencing.ShutOutAsync(connection, life, stop);
        }
        catch (ServerAuthenticationException)
        {
            // oCore is not root there (yet): neither was the other.
            return;
        }
        _shutOut.TryAdd((server.Id, life), true);
    }

    /// <summary>Ends the connection; the next caller makes a new one, with what the row has then.</summary>
    public void Forget(Guid server) => connections.Invalidate(server);

    public string Unseal(string sealedText, string kind, Guid server) => secrets.Unseal(sealedText, kind, server);

    public string Seal(string secret, string kind, Guid server) => secrets.Seal(secret, kind, server);

    /// <summary>Of the role that builds a template database. The same however often it is begun: an oCore that starts anew joins a build that goes on.</summary>
    public string TemplateRolePassword(Server server, string database) => Convert.ToHexStringLower(System.Security.Cryptography.HMACSHA256.HashData(
        System.Text.Encoding.UTF8.GetBytes(Unseal(server.PostgresPasswordSealed!, PostgresSecret, server.Id)), System.Text.Encoding.UTF8.GetBytes(database)));

    private ServerTarget Target(Server server)
    {
        if (server.IsLocal)
            return ServerTarget.Local(server.Id);
        if (server.HostKey is null || server.PrivateKeySealed is null)
            throw new StepRefusedException("server_not_validated", $"{server.Name} was never connected.", "Validate the server first.");
        return new ServerTarget
        {
            Id = server.Id, IsLocal = false, Host = server.Host, Port = server.Port, User = server.User,
            HostKeyType = server.HostKeyType!, HostKeyLine = $"{server.HostKeyType} {server.HostKey}",
            PrivateKeyPem = secrets.Unseal(server.PrivateKeySealed, KeySecret, server.Id),
            SudoPassword = server.SudoPasswordSealed is { } password ? secrets.Unseal(password, SudoSecret, server.Id) : null,
        };
    }

    /// <summary>From here on nobody connects until a person has compared the new key and pinned it.</summary>
    internal async Task RecordAsync(Guid id, HostKeyChangedException changed, CancellationToken stop)
    {
        await using var db = databases.System();
        if (await db.ServerByIdAsync(id, stop) is not { } server)
            return;
        server.Status = ServerStatus.HostKeyChanged;
        server.StatusMessage = changed.Message;
        server.OfferedHostKeyType = changed.Offered?.Type;
        server.OfferedHostKeyFingerprint = changed.Offered?.Fingerprint;
        server.OfferedHostKey = changed.Offered?.PublicKeyBase64;
        await db.SaveChangesAsync(stop);
    }

    private static bool HasEngine => File.Exists(Environment.GetEnvironmentVariable("DOCKER_HOST") is { } host && host.StartsWith("unix://", StringComparison.Ordinal)
        ? host["unix://".Length..] : "/var/run/docker.sock");
}
