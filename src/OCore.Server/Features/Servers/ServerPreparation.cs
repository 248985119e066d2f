using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Docker;
using OCore.Platform.Operations;
using OCore.Platform.Remote;

namespace OCore.Features.Servers;

/// <summary>What every server of oCore has: its folder, its network, the shared PostgreSQL and the edge. Used by the operation that prepares a server and by the reconciler that keeps it so.</summary>
internal sealed class ServerPreparation(Settings settings, ServerAccess access, Edge edge, ServerWatch watch)
{
    private static readonly RemotePath Mark = ServerLabels.Folder.Combine("server");

    /// <summary>Looks before it acts; may be repeated at any time. The row has to have its PostgreSQL password.</summary>
    public async Task EnsureAsync(OCoreDb db, IServerConnection connection, Server server, Action<string> log, CancellationToken stop)
    {
        await ClaimAsync(db, connection, server, stop);
        await connection.Docker.EnsureNetworkAsync(ServerLabels.Network, ServerLabels.Of(server.Id), stop);
        foreach (var image in (ImageRef[])[PostgresContainer.Image(settings), edge.Image])
            await connection.Docker.EnsureImageAsync(image, access.LocalEngine, log, stop);
        log("PostgreSQL");
        await PostgresContainer.EnsureAsync(connection, PostgresSpec(server), stop);
        log("Edge");
        await EnsureEdgeAsync(db, connection, server, stop);
    }

    /// <summary>The container, without waiting for what is in it.</summary>
    public Task RestorePostgresAsync(IServerConnection connection, Server server, CancellationToken stop) =>
        connection.Docker.EnsureContainerAsync(PostgresSpec(server), stop);

    private ContainerSpec PostgresSpec(Server server) => PostgresContainer.Spec(
        PostgresContainer.Image(settings), server.Id, access.Unseal(server.PostgresPasswordSealed!, ServerAccess.PostgresSecret, server.Id));

    /// <summary>The edge with the routes that are wanted now.</summary>
    public async Task EnsureEdgeAsync(OCoreDb db, IServerConnection connection, Server server, CancellationToken stop)
    {
        if (server.EdgeTakenBy is not null)
            return;
        try
        {
            if (watch.Routes is { } routes)
                await edge.EnsureAsync(connection, server, ended => routes(db, server, ended), stop);
            else
                await edge.EnsureContainerAsync(connection, server, stop);
        }
        catch (DockerCallException taken) when (taken.Message.Contains("already in use", StringComparison.Ordinal) || taken.Message.Contains("already allocated", StringComparison.Ordinal))
        {
            throw new StepRefusedException("edge_port_taken", $"Another program of {server.Name} uses port {server.EdgePort}{(server.EndsTls ? $" or {server.EdgeTlsPort}" : "")}, which oCore's edge needs.",
                "Stop that program, change edgeTlsPort, or remove the server and add it with another edgePort.", taken);
        }
    }

    // The mark says whose the machine is, and by its time that this one is alive.
    private const string KeepScript = """
        set -eu
        if [ -f "$1" ]; then [ "$(cat -- "$1")" = "$2" ] || exit 3; touch -- "$1"
        else umask 077; printf '%s' "$2" >"$1"; fi
        """;

    /// <summary>Renews the mark on the machine; false where another oCore has taken it over, which is then left alone.</summary>
    public static async Task<bool> KeepAsync(IServerConnection connection, Server server, CancellationToken stop)
    {
        var kept = await connection.RunAsync(RemoteCommand.Script(KeepScript, Mark.Value, server.Id.ToString()).AsRoot(), stop);
        return kept.ExitCode != 3 && kept.ThrowIfFailed($"Writing {Mark}").Ok;
    }

    // Two servers of oCore on one machine would each rebuild what the other made. Leftovers of one that is gone are taken over as
    // long as no instance is among them.
    private static async Task ClaimAsync(OCoreDb db, IServerConnection connection, Server server, CancellationToken stop)
    {
        (await connection.RunAsync(RemoteCommand.Script("install -d -m 0755 -- \"$1\"", ServerLabels.Folder.Value).AsRoot(), stop)).ThrowIfFailed($"Making {ServerLabels.Folder}");
        var owner = await OwnerAsync(connection, stop);
        if (owner == server.Id)
            return;
        if (owner is { } other)
        {
            var instances = (await connection.Docker.ListAsync(new Dictionary<string, string?> { [ServerLabels.Server] = other.ToString(), [ServerLabels.Instance] = null }, stop)).Count;
            var alive = (await connection.RunAsync(RemoteCommand.Of("find", Mark.Value, "-mmin", "-5").AsRoot(), stop)).Out.Length > 0;
            if (instances > 0 || alive || await db.IsServerAsync(other, stop))
                throw new StepRefusedException("server_taken", $"This machine is in use as another server of oCore{(instances > 0 ? $", with {instances} instances" : "")}.",
                    $"Remove that server first. If its oCore is gone for good, remove its containers and {Mark} on the machine.");
            // The containers only: whatever else there is may be the last copy of something.
            foreach (var container in await connection.Docker.ListAsync(new Dictionary<string, string?> { [ServerLabels.Server] = other.ToString() }, stop))
                await connection.Docker.RemoveContainerAsync(DockerName.Parse(container.Name), stop);
            // Each would keep one of the few ranges of addresses that Docker has.
            foreach (var network in (await connection.Docker.FindByLabelAsync(ServerLabels.Server, other.ToString(), stop)).Networks.Where(n => n != ServerLabels.Network.Value))
                await connection.Docker.RemoveNetworkAsync(DockerName.Parse(network), stop);
        }
        // Where only the mark was lost, they close the ports of nodes that run.
        if (!await db.CarriesNodesAsync(server.Id, stop))
            await FirewallLeftovers.RemoveAsync(connection, stop);
        await connection.WriteFileAsync(Mark, System.Text.Encoding.ASCII.GetBytes(server.Id.ToString()), UnixFileMode.UserRead | UnixFileMode.UserWrite, stop);
    }

    private static async Task<Guid?> OwnerAsync(IServerConnection connection, CancellationToken stop)
    {
        try
        {
            return Guid.TryParse(System.Text.Encoding.ASCII.GetString(await connection.ReadFileAsync(Mark, stop)).Trim(), out var owner) ? owner : null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
