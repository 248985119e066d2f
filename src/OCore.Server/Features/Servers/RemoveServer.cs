using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Docker;
using OCore.Platform.Operations;
using OCore.Platform.Remote;

namespace OCore.Features.Servers;

/// <param name="Forget">The machine is gone for good: nothing is done on it.</param>
internal sealed record RemoveServerInput(Guid ServerId, bool Forget);

/// <summary>Takes everything that oCore made off a server, its own key last, and forgets it. Waits for a server that is away.</summary>
internal sealed class RemoveServer : OperationKind<RemoveServerInput>
{
    public override string Name => "server.remove";
    public override bool IsPatient => true;

    protected override void Define(StepList<RemoveServerInput> steps) => steps
        .Step("Close the server", CloseAsync, ReopenAsync)
        .Step("Remove oCore's containers and data", CleanAsync)
        // Without its key oCore cannot come back to undo anything.
        .Pivot("Remove oCore's key", RemoveKeyAsync)
        .Step("Forget the server", ForgetAsync);

    private static async Task CloseAsync(RemoveServerInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        if (await db.Servers.SingleOrDefaultAsync(s => s.Id == input.ServerId, context.Stop) is not { } server)
            return;
        if (await db.UseOfAsync(server, input.Forget, context.Stop) is { } use)
            throw new StepRefusedException("server_in_use", $"{server.Name} is in use: {use.Why}", use.Hint);
        server.Status = ServerStatus.Removing;
        server.StatusMessage = null;
        // Of a machine that is given up nothing is known any more, and nobody who still has to remove something there goes to it.
        if (input.Forget)
            server.Facts = null;
        await db.SaveChangesAsync(context.Stop);
    }

    private static async Task ReopenAsync(RemoveServerInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        if (await db.Servers.SingleOrDefaultAsync(s => s.Id == input.ServerId, context.Stop) is not { } server)
            return;
        server.Status = ServerStatus.Failed;
        server.StatusMessage = "Its removal did not finish. Validate it to use it again.";
        await db.SaveChangesAsync(context.Stop);
    }

    private static async Task CleanAsync(RemoveServerInput input, StepContext context)
    {
        if (await ConnectAsync(input, context) is not { Connection: { } connection, Server: { } server })
            return;
        await ServerRefusals.OnServerAsync(async () =>
        {
            if (server.Facts?.DockerVersion is not null)
                await RemoveContainersAsync(connection, server, context);
            await FirewallLeftovers.RemoveAsync(connection, context.Stop);
            // The folder is oCore's own, and the path a constant.
            (await connection.RunAsync(RemoteCommand.Of("rm", "-rf", "--", "/var/lib/ocore").AsRoot().WithTimeout(TimeSpan.FromMinutes(10)), context.Stop)).ThrowIfFailed("Removing oCore's folder");
        });
    }

    private static async Task RemoveContainersAsync(IServerConnection connection, Server server, StepContext context)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var removed = await connection.Docker.RemoveByLabelAsync(ServerLabels.Server, server.Id.ToString(), context.Stop);
                context.Log($"Removed {removed.Containers.Count} containers, {removed.Volumes.Count} volumes, {removed.Networks.Count} networks");
                // These two also where they bear the mark of an oCore before this one.
                await connection.Docker.RemoveVolumeAsync(PostgresContainer.Volume, context.Stop);
                await connection.Docker.RemoveNetworkAsync(ServerLabels.Network, context.Stop);
                return;
            }
            catch (DockerCallException used) when (attempt < 4)
            {
                // A look of the reconciler that began before may have started a container again.
                context.Log(used.Message);
                await Task.Delay(TimeSpan.FromSeconds(2), context.Stop);
            }
        }
    }

    // The file is rewritten in place: it may be a link, and its mode is the customer's.
    private const string RemoveKeyScript = """
        set -eu
        file=$HOME/.ssh/authorized_keys
        [ -f "$file" ] || exit 0
        rest=$(grep -vF -- "$1" "$file" || true)
        if [ -n "$rest" ]; then printf '%s\n' "$rest" >"$file"; else : >"$file"; fi
        """;

    private static async Task RemoveKeyAsync(RemoveServerInput input, StepContext context)
    {
        try
        {
            if (await ConnectAsync(input, context) is not { Connection: { IsLocal: false } connection, Server: { PublicKey: { } line } })
                return;
            await ServerRefusals.OnServerAsync(async () =>
                (await connection.RunAsync(RemoteCommand.Script(RemoveKeyScript, line.Split(' ')[1]), context.Stop)).ThrowIfFailed("Removing oCore's key"));
        }
        catch (StepRefusedException refused) when (refused.Code == "server_refuses_key")
        {
            context.Log("The server does not take oCore's key any more");
        }
    }

    private static async Task ForgetAsync(RemoveServerInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        context.Get<ServerAccess>().Forget(input.ServerId);
        if (await db.Servers.SingleOrDefaultAsync(s => s.Id == input.ServerId, context.Stop) is not { } server)
            return;
        if (await db.InstanceOnAsync(server.Id, context.Stop) is { } name)
            throw new TryLaterException($"{name} is still being deleted.", "It is forgotten when that has ended, in a minute or two.");
        db.Remove(server);
        await db.SaveChangesAsync(context.Stop);
        ServerSignals.Changed();
    }

    // A server that was never reached has nothing of oCore's.
    private static async Task<(IServerConnection? Connection, Server? Server)> ConnectAsync(RemoveServerInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var server = await db.Servers.AsNoTracking().SingleOrDefaultAsync(s => s.Id == input.ServerId, context.Stop);
        if (server is null || input.Forget || server.Facts is null)
            return (null, server);
        return (await context.Get<ServerAccess>().ConnectAsync(server, context.Stop), server);
    }
}
