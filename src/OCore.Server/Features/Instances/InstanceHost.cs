using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Servers;
using OCore.Features.Templates;
using OCore.Platform.Data;
using OCore.Platform.Docker;
using OCore.Platform.Operations;
using OCore.Platform.Remote;
using OCore.Platform.Security;

namespace OCore.Features.Instances;

/// <summary>An instance with what it takes to work on it on its server.</summary>
internal sealed record InstanceOnServer(Instance Instance, Server Server, OdooPlan Plan, IServerConnection Connection)
{
    public DockerName Container => OdooContainer.NameOf(Instance.Slug);
}

/// <summary>
/// What oCore does to an instance on its server. Each function looks before it acts and may run twice; operations and reconcilers
/// call the same ones.
/// </summary>
internal sealed class InstanceHost(ServerAccess servers, SecretBox secrets, ServerSources sources, OdooSources origins, Edge edge, TimeProvider time)
{
    private static readonly RemotePath Home = RemotePath.Parse("/var/lib/ocore");
    private static readonly RemotePath InContainer = RemotePath.Parse("/ocore");

    public OdooPlan PlanOf(Instance instance) => new()
    {
        InstanceId = instance.Id,
        OrgId = instance.OrgId,
        ServerId = instance.ServerId,
        Slug = instance.Slug,
        Image = instance.Image,
        Major = int.Parse(instance.OdooVersion[..2]),
        Database = instance.Database,
        DatabasePassword = secrets.Unseal(instance.DatabasePasswordSealed, InstanceSecrets.Database, instance.Id),
        MasterPassword = secrets.Unseal(instance.MasterPasswordSealed, InstanceSecrets.Master, instance.Id),
        ConnectKey = secrets.Unseal(instance.ConnectKeySealed, InstanceSecrets.Connect, instance.Id),
        Workers = instance.Workers,
        MemoryMb = instance.MemoryMb,
        Cpus = instance.Cpus,
        Settings = OdooSettings.Merge(instance.Config, instance.EnvVars),
        AddonPaths = OdooSources.PathsFor(instance.OdooEdition, instance.Repositories.Count),
        Sources = instance.Sources,
    };

    /// <exception cref="StepRefusedException">The instance was removed meanwhile.</exception>
    public async Task<InstanceOnServer> OpenAsync(OCoreDb db, Guid id, CancellationToken stop)
    {
        var instance = await db.Instances.SingleOrDefaultAsync(i => i.Id == id, stop) ?? throw new StepRefusedException("instance_gone", "The instance was removed.");
        return await OpenAsync(db, instance, stop);
    }

    public async Task<InstanceOnServer> OpenAsync(OCoreDb db, Instance instance, CancellationToken stop)
    {
        // The server is the agency's where the instance is a client's; whoever may work on the instance works on it there.
        var server = await db.Servers.AcrossTenants().AsNoTracking().SingleAsync(s => s.Id == instance.ServerId, stop);
        return new InstanceOnServer(instance, server, PlanOf(instance), await servers.ConnectAsync(server, stop));
    }

    public Task EnsureImageAsync(InstanceOnServer on, Action<string> log, CancellationToken stop) =>
        on.Connection.Docker.EnsureImageAsync(ImageRef.Parse(on.Instance.Image), servers.LocalEngine, log, stop);

    /// <summary>
    /// Its sources on its server, in the state that it was made with; with <paramref name="refresh"/> as they are now. The row
    /// carries that state, so what follows uses the same files.
    /// </summary>
    public async Task EnsureSourcesAsync(OCoreDb db, InstanceOnServer on, bool refresh, Action<string> log, CancellationToken stop)
    {
        var instance = on.Instance;
        if (refresh || instance.Sources.Count == 0)
            instance.Sources = await origins.ResolveAsync(db, instance.RootId, instance.OdooVersion, instance.OdooEdition, instance.Repositories, stop);
        await sources.EnsureAsync(db, on.Connection, on.Server, new SourceUse(instance.RootId, instance.Image, instance.OdooVersion, instance.Repositories, instance.Sources), log, stop);
        await db.SaveChangesAsync(stop);
    }

    /// <summary>A role and a database of its own, cloned from the pre-initialised one.</summary>
    public static async Task EnsureDatabaseAsync(InstanceOnServer on, string template, CancellationToken stop)
    {
        var values = new Dictionary<string, string> { ["db"] = on.Plan.Database, ["password"] = on.Plan.DatabasePassword, ["template"] = template };
        await PostgresContainer.SqlAsync(on.Connection, "postgres", OdooSql.EnsureRole, values, stop);
        await PostgresContainer.SqlAsync(on.Connection, "postgres", OdooSql.CloneDatabase, values, stop);
        await PostgresContainer.SqlAsync(on.Connection, on.Plan.Database, OdooSql.TakeOwnership, values, stop);
    }

    public static Task DropDatabaseAsync(IServerConnection connection, string database, CancellationToken stop) =>
        PostgresContainer.SqlAsync(connection, "postgres", OdooSql.DropDatabase, new Dictionary<string, string> { ["db"] = database }, stop);

    /// <summary>New identity and secrets for the clone; a second run changes nothing.</summary>
    public static Task PersonalizeAsync(InstanceOnServer on, string adminPassword, CancellationToken stop) =>
        PostgresContainer.SqlAsync(on.Connection, on.Plan.Database, OdooSql.Personalize, new Dictionary<string, string>
        {
            ["instance"] = on.Instance.Id.ToString(),
            ["url"] = InstanceViews.UrlOf(on.Instance, on.Server),
            ["hash"] = OdooPassword.Hash(adminPassword),
        }, stop);

    /// <summary>The instance's folder with the template's files, hard-linked: they are named by content and never rewritten.</summary>
    public static Task EnsureFilesAsync(InstanceOnServer on, string? templateDatabase, CancellationToken stop) => OnFilesAsync(on.Connection, on.Instance.Image, "files-" + on.Instance.Slug,
        """
        set -eu
        mkdir -p "$1/filestore/$2"
        if [ -n "$3" ] && [ -d "/ocore/templates/$3/filestore/$3" ]; then cp -al "/ocore/templates/$3/filestore/$3/." "$1/filestore/$2/"; fi
        chown -R odoo:odoo "$1"
        """,
        stop, $"/ocore/instances/{on.Instance.Id:N}", on.Plan.Database, templateDatabase ?? "");

    public static async Task RemoveFilesAsync(IServerConnection connection, string image, Guid instance, string slug, CancellationToken stop)
    {
        // An oCore that was killed may have left it at work.
        await connection.Docker.RemoveContainerAsync(DockerName.Parse("ocore-files-" + slug), stop);
        await OnFilesAsync(connection, image, "rm-" + slug, """rm -rf -- "$1" """, stop, $"/ocore/instances/{instance:N}");
    }

    /// <summary>A constant script over oCore's own folder of the server, in a container without a network.</summary>
    public static async Task OnFilesAsync(IServerConnection connection, string image, string purpose, string script, CancellationToken stop, params string[] arguments)
    {
        var result = await connection.Docker.RunOnceAsync(new ContainerSpec
        {
            Name = DockerName.Parse("ocore-" + purpose), Image = ImageRef.Parse(image), User = "root", NoNetwork = true,
            Entrypoint = ["/bin/sh", "-c", script, "sh"], Command = arguments,
            Mounts = [ContainerMount.Folder(Home, InContainer)],
        }, stop);
        if (!result.Ok)
            throw new RemoteCommandException(purpose, string.Join(" ", result.Tail));
    }

    /// <summary>The container as the settings want it now; recreated where it differs.</summary>
    public async Task EnsureContainerAsync(InstanceOnServer on, CancellationToken stop)
    {
        await on.Connection.Docker.EnsureContainerAsync(OdooContainer.Spec(on.Plan), stop);
        on.Instance.AppliedSettings = OdooContainer.Fingerprint(on.Plan);
        on.Instance.AppliedKeys = InstanceSettings.Keys(on.Plan);
        on.Instance.StartedAt = time.GetUtcNow();
    }

    /// <summary>Odoo once on the instance's own database, with its output.</summary>
    public static Task<OneOffResult> RunOdooAsync(InstanceOnServer on, string purpose, IReadOnlyList<string> arguments, Action<string> log, CancellationToken stop) =>
        on.Connection.Docker.RunOnceAsync(OdooContainer.OneOff(on.Plan, purpose, arguments), stop, log, keepOnCancel: false);

    /// <summary>Waits until the login page answers; it is the first page that needs the database and the modules.</summary>
    public static async Task WaitUntilUpAsync(InstanceOnServer on, Action<string> log, CancellationToken stop)
    {
        string why;
        try
        {
            var result = await on.Connection.Docker.ExecAsync(on.Container, ["python3", "-c", OdooProbe.WaitUntilUp, "150"], null, stop, new ExecOptions { Timeout = TimeSpan.FromSeconds(170) });
            if (result.Ok)
                return;
            why = result.Out.Trim() + result.Error.Trim();
        }
        catch (DockerCallException e)
        {
            // Odoo ended in the meantime, and Docker starts it again.
            why = e.Message;
        }
        var last = new List<string>();
        await foreach (var line in on.Connection.Docker.LogsAsync(on.Container, 15, false, stop))
            last.Add(line);
        foreach (var line in last)
            log(line);
        throw new TryLaterException($"Odoo does not answer yet: {why} Its last line: {last.LastOrDefault() ?? "none"}", "The instance's log says why it does not start.");
    }

    /// <summary>The edge of a server with the routes as they are wanted when it is this caller's turn.</summary>
    public Task EnsureEdgeAsync(OCoreDb db, Server server, IServerConnection connection, CancellationToken stop) =>
        edge.EnsureAsync(connection, server, ended => RoutesAsync(db, server.Id, ended), stop);

    public static async Task<IReadOnlyList<EdgeRoute>> RoutesAsync(OCoreDb db, Guid serverId, CancellationToken stop)
    {
        // All that are on the server, whoever they belong to: what is missing here would lose its route.
        var rows = await db.Instances.AcrossTenants().AsNoTracking().Where(i => i.ServerId == serverId && i.Status != InstanceStatus.Removing)
            .Join(db.Organizations, i => i.OrgId, o => o.Id, (i, o) => new { i.Id, i.Slug, i.Domain, i.Workers, i.Status, i.WantRunning, o.SuspendedAt })
            .OrderBy(r => r.Slug).ToListAsync(stop);
        return [.. rows.Select(r => new EdgeRoute(r.Id, r.Domain, OdooContainer.NameOf(r.Slug).Value, r.Workers > 0,
            r.SuspendedAt is not null || r.Status == InstanceStatus.Suspended ? EdgeRouteState.Suspended
            : !r.WantRunning ? EdgeRouteState.Stopped
            : r.Status is InstanceStatus.Creating or InstanceStatus.Restarting ? EdgeRouteState.Starting
            : EdgeRouteState.Serve))];
    }
}

internal static class InstanceSecrets
{
    public const string Database = "instance.database", Master = "instance.master", Connect = "instance.connect", Admin = "instance.admin", Registration = "instance.registration";
}
