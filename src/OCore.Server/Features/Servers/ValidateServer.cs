using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Operations;
using OCore.Platform.Remote;
using OCore.Platform.Security;

namespace OCore.Features.Servers;

internal sealed record ServerInput(Guid ServerId);

/// <summary>What the customer gave for the first contact.</summary>
internal sealed record FirstCredential(string? PrivateKey, string? Password);

/// <summary>Connects a server, or checks one again: each step looks before it acts.</summary>
internal sealed class ValidateServer : OperationKind<ServerInput>
{
    public override string Name => "server.validate";

    protected override void Define(StepList<ServerInput> steps) => steps
        .Step("Reach the server", ReachAsync, FailedAsync)
        .Step("Install oCore's key", InstallKeyAsync)
        .Step("Identify the system", IdentifyAsync)
        .Step("Install Docker", InstallDockerAsync)
        .Step("Prepare PostgreSQL and the edge", PrepareAsync)
        .Step("Activate", ActivateAsync);

    private static async Task ReachAsync(ServerInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var server = await LoadAsync(db, input, context.Stop);
        if (!server.IsLocal)
            await CheckHostKeyAsync(server, context);
        server.Status = ServerStatus.Validating;
        server.StatusMessage = null;
        await db.SaveChangesAsync(context.Stop);
    }

    // Before anything is sent: the key that is shown has to be the pinned or the expected one. Only a machine that nobody knows
    // yet, and of which nobody said what to expect, is trusted at first sight.
    private static async Task CheckHostKeyAsync(Server server, StepContext context)
    {
        var shown = await ServerRefusals.OnServerAsync(() => HostKeyScanner.ScanAsync(HostName.Parse(server.Host), server.Port, context.Get<TimeProvider>(), context.Stop));
        context.Log($"{server.Host} shows {shown.Type} {shown.Fingerprint}");
        if (server.HostKey is null && server.HostKeyFingerprint is { } expected && expected != shown.Fingerprint)
            throw new StepRefusedException("host_key_mismatch", $"{server.Host} shows the host key {shown.Type} {shown.Fingerprint} instead of the expected {expected}.", ServerProblems.KeyMismatch.Hint);
        // A pinned key of another type is compared when the connection is made, which asks for that type.
        if (server.HostKey is { } pinned && server.HostKeyType == shown.Type && pinned != shown.PublicKeyBase64)
        {
            var changed = new HostKeyChangedException(server.Host, server.HostKeyFingerprint!, shown);
            context.Get<ServerAccess>().Forget(server.Id);
            await context.Get<ServerAccess>().RecordAsync(server.Id, changed, context.Stop);
            throw ServerRefusals.HostKeyChanged(changed.Message, changed);
        }
        if (server.HostKey is null)
            (server.HostKeyType, server.HostKeyFingerprint, server.HostKey) = (shown.Type, shown.Fingerprint, shown.PublicKeyBase64);
    }

    private static async Task InstallKeyAsync(ServerInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var server = await LoadAsync(db, input, context.Stop);
        var access = context.Get<ServerAccess>();
        if (server.IsLocal)
        {
            await RequireRootAsync(await access.ConnectAsync(server, context.Stop), server, context);
            return;
        }
        var credential = server.FirstCredentialSealed is { } box
            ? JsonSerializer.Deserialize<FirstCredential>(access.Unseal(box, ServerAccess.FirstSecret, server.Id))! : null;
        if (credential is not null)
        {
            context.Hide(credential.Password ?? "");
            var secret = credential.PrivateKey is { } key ? LoginSecret.OfPrivateKey(key) : LoginSecret.OfPassword(credential.Password!);
            var pinned = HostKey.Parse($"{server.HostKeyType} {server.HostKey}");
            await FirstContactAsync(server, secret, pinned, context);
        }
        var connection = await access.ConnectAsync(server, context.Stop);
        await LearnSudoAsync(server, connection, credential, context);
        // oCore's own key works, so what was lent is forgotten.
        server.FirstCredentialSealed = null;
        await db.SaveChangesAsync(context.Stop);
        try
        {
            await RequireRootAsync(await access.ConnectAsync(server, context.Stop), server, context);
        }
        catch (StepRefusedException) when (server.SudoPasswordSealed is not null && credential is not null)
        {
            server.SudoPasswordSealed = null;
            await db.SaveChangesAsync(context.Stop);
            throw;
        }
    }

    private static async Task FirstContactAsync(Server server, LoginSecret secret, HostKey pinned, StepContext context)
    {
        try
        {
            await FirstContact.InstallKeyAsync(HostName.Parse(server.Host), server.Port, UnixUser.Parse(server.User), secret, pinned, server.PublicKey!, context.Get<TimeProvider>(), context.Stop);
            context.Log($"oCore's key is in {server.User}'s authorized_keys");
        }
        catch (ServerAuthenticationException refused)
        {
            throw new StepRefusedException("login_refused", refused.Message, $"Check the user and the {(secret.PrivateKey is null ? "password" : "private key")}, remove the server and add it again.", refused);
        }
        catch (HostKeyChangedException changed)
        {
            await context.Get<ServerAccess>().RecordAsync(server.Id, changed, context.Stop);
            throw ServerRefusals.HostKeyChanged(changed.Message, changed);
        }
        catch (ServerException failed)
        {
            throw ServerRefusals.Of(failed);
        }
    }

    private static async Task LearnSudoAsync(Server server, IServerConnection connection, FirstCredential? credential, StepContext context)
    {
        if (server.User == "root" || server.SudoPasswordSealed is not null || credential?.Password is not { } password)
            return;
        var probe = await ServerRefusals.OnServerAsync(() => connection.RunAsync(Elevation.NeedsNoPassword, context.Stop));
        if (!probe.Ok)
            server.SudoPasswordSealed = context.Get<ServerAccess>().Seal(password, ServerAccess.SudoSecret, server.Id);
    }

    private static async Task RequireRootAsync(IServerConnection connection, Server server, StepContext context)
    {
        try
        {
            (await connection.RunAsync(RemoteCommand.Of("true").AsRoot(), context.Stop)).ThrowIfFailed("Becoming root");
        }
        catch (ServerException away) when (away is ServerUnreachableException or RemoteTimeoutException)
        {
            throw ServerRefusals.Of(away);
        }
        catch (ServerException refused)
        {
            throw new StepRefusedException("sudo_required", refused.Message, $"{server.User} has to be root or to have sudo. Where sudo asks for a password, add the server with that password.", refused);
        }
    }

    private static async Task IdentifyAsync(ServerInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var server = await LoadAsync(db, input, context.Stop);
        var connection = await context.Get<ServerAccess>().ConnectAsync(server, context.Stop);
        var system = await ServerRefusals.OnServerAsync(() => ServerFactsReader.IdentifyAsync(connection, context.Stop));
        context.Log($"{system.Name}, Linux {system.Kernel}, {system.Architecture}, {system.Cpus} CPUs, {Sizes.Of(system.MemoryBytes)} memory");
        if (!system.IsSupportedArchitecture)
            throw new StepRefusedException("unsupported_architecture", $"{server.Name} is of the architecture {system.Architecture}.", "oCore runs on x86_64 and aarch64.");
        server.Facts = system.ToFacts(server.Facts?.DockerVersion);
        await db.SaveChangesAsync(context.Stop);
    }

    private static async Task InstallDockerAsync(ServerInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var server = await LoadAsync(db, input, context.Stop);
        var connection = await context.Get<ServerAccess>().ConnectAsync(server, context.Stop);
        await ServerRefusals.OnServerAsync(() => DockerInstall.EnsureAsync(connection, server, context.Log, context.Stop));
    }

    private static async Task PrepareAsync(ServerInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var server = await LoadAsync(db, input, context.Stop);
        var access = context.Get<ServerAccess>();
        if (server.PostgresPasswordSealed is null)
        {
            // Kept before it is used: a password that only the container knew would be lost with a crash.
            server.PostgresPasswordSealed = access.Seal(Tokens.New(), ServerAccess.PostgresSecret, server.Id);
            await db.SaveChangesAsync(context.Stop);
        }
        var connection = await access.ConnectAsync(server, context.Stop);
        await ServerRefusals.OnServerAsync(() => context.Get<ServerPreparation>().EnsureAsync(db, connection, server, context.Log, context.Stop));
    }

    private static async Task ActivateAsync(ServerInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var server = await LoadAsync(db, input, context.Stop);
        var connection = await context.Get<ServerAccess>().ConnectAsync(server, context.Stop);
        server.Facts = await ServerRefusals.OnServerAsync(() => ServerFactsReader.ReadAsync(connection, context.Stop));
        server.Status = server.Draining ? ServerStatus.Draining : ServerStatus.Active;
        server.StatusMessage = null;
        server.LastSeenAt = context.Get<TimeProvider>().GetUtcNow();
        await db.SaveChangesAsync(context.Stop);
        ServerSignals.Changed();
    }

    /// <summary>The last thing that is undone: what oCore installed stays, for validating again needs it; the row says what is wrong.</summary>
    private static async Task FailedAsync(ServerInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var server = await db.Servers.SingleOrDefaultAsync(s => s.Id == input.ServerId, context.Stop);
        if (server is null || server.Status is ServerStatus.HostKeyChanged)
            return;
        var operation = await db.Operations.AsNoTracking().SingleAsync(o => o.Id == context.OperationId, context.Stop);
        // One that worked before and is only away now comes back by itself.
        var away = operation.ErrorCode == "try_later" && server.PostgresPasswordSealed is not null && server.Facts?.DockerVersion is not null;
        server.Status = away ? ServerStatus.Unreachable : ServerStatus.Failed;
        server.StatusMessage = operation.ErrorCode == "cancelled" ? "The validation was cancelled." : operation.ErrorMessage;
        await db.SaveChangesAsync(context.Stop);
        ServerSignals.Changed();
    }

    private static async Task<Server> LoadAsync(OCoreDb db, ServerInput input, CancellationToken stop) =>
        await db.Servers.SingleOrDefaultAsync(s => s.Id == input.ServerId, stop) ?? throw new StepRefusedException("not_found", "This server was removed.");
}
