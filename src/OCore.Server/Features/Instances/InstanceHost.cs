using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Domains;
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

    /// <summary>The same for a database that lies beside the one that is served.</summary>
    public InstanceOnServer Of(string? database) => database is null ? this : this with { Plan = Plan.Of(database) };

    /// <summary>Where its database is, of a topology: the container that leads now.</summary>
    public Func<CancellationToken, Task<(IServerConnection Connection, DockerName Container)>>? FindDatabase { get; init; }

    /// <summary>The same for the owner of its databases under another name.</summary>
    public InstanceOnServer As(string role) => this with { Plan = Plan with { Role = role } };

    /// <summary>A script in its PostgreSQL, wherever that is: as the superuser in <c>postgres</c>, and in a database of its own as the instance's role.</summary>
    public async Task<string> SqlAsync(string database, [ConstantExpected] string script, IReadOnlyDictionary<string, string> variables, CancellationToken stop, TimeSpan? timeout = null)
    {
        var (connection, container) = FindDatabase is null ? (Connection, PostgresContainer.Name) : await FindDatabase(stop);
        return await PostgresContainer.SqlAsync(connection, database, script, variables, stop, timeout, container, database == "postgres" ? null : Plan.Role);
    }
}

/// <summary>
/// What oCore does to an instance on its server. Each function looks before it acts and may run twice; operations and reconcilers
/// call the same ones.
/// </summary>
internal sealed class InstanceHost(ServerAccess servers, SecretBox secrets, ServerSources sources, OdooSources origins, ServerFiles files, Edge edge, TimeProvider time)
{
    /// <summary>What is to be saved of a container before it goes. Filled at start.</summary>
    public Func<InstanceOnServer, CancellationToken, Task>? BeforeReplacing { get; set; }

    public OdooCluster? ClusterOf(Instance instance) => instance.ClusterSealed is { } text
        ? JsonSerializer.Deserialize<OdooCluster>(secrets.Unseal(text, OdooCluster.Secret, instance.Id), JsonSerializerOptions.Web) : null;

    public string Seal(OdooCluster cluster, Guid instance) => secrets.Seal(JsonSerializer.Serialize(cluster, JsonSerializerOptions.Web), OdooCluster.Secret, instance);

    /// <summary>Of a topology: the plan of its first node, which the tools work on.</summary>
    public OdooPlan PlanOf(Instance instance) => ClusterOf(instance) is { } cluster ? PlanOf(instance, cluster, cluster.Nodes[0]) : PlainPlanOf(instance);

    public OdooPlan PlanOf(Instance instance, OdooCluster cluster, ClusterNode node) => PlainPlanOf(instance) with
    {
        ServerId = node.ServerId, Workers = node.Workers, MemoryMb = node.MemoryMb, Cpus = node.Cpus, Cluster = cluster, Node = node,
    };

    private OdooPlan PlainPlanOf(Instance instance) => new()
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
        Settings = secrets.Opened(OdooSettings.Merge(instance.Config, instance.EnvVars), instance.RootId),
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
        var server = await ServerAsync(db, instance.ServerId, stop);
        var plan = PlanOf(instance);
        return new InstanceOnServer(instance, server, plan, await servers.ConnectAsync(server, stop))
        {
            FindDatabase = plan.Cluster is { } cluster ? ended => LeaderAsync(db, cluster, ended) : null,
        };
    }

    /// <summary>The PostgreSQL that takes writes.</summary>
    public async Task<(IServerConnection Connection, DockerName Container)> LeaderAsync(OCoreDb db, OdooCluster cluster, CancellationToken stop)
    {
        foreach (var member in cluster.Postgres)
            try
            {
                var connection = await ConnectAsync(db, member.ServerId, stop);
                var container = DockerName.Parse(member.Container);
                if (cluster.Postgres.Count == 1 || await PostgresContainer.SqlAsync(connection, "postgres", "SELECT pg_is_in_recovery();", new Dictionary<string, string>(), stop, TimeSpan.FromSeconds(10), container) is "f\n")
                    return (connection, container);
            }
            catch (Exception away) when (cluster.Postgres.Count > 1 && away is TryLaterException or StepRefusedException or ServerException)
            {
                // One of the others may lead.
            }
        throw new TryLaterException("No PostgreSQL of the topology takes writes now.", "A fail-over takes up to half a minute; the topology shows how its nodes do.");
    }

    public async Task<IServerConnection> ConnectAsync(OCoreDb db, Guid serverId, CancellationToken stop) => await servers.ConnectAsync(await ServerAsync(db, serverId, stop), stop);

    // The server is the agency's where the instance is a client's; whoever may work on the instance works on it there.
    private static async Task<Server> ServerAsync(OCoreDb db, Guid id, CancellationToken stop) =>
        await db.Servers.AcrossTenants().AsNoTracking().SingleOrDefaultAsync(s => s.Id == id, stop)
            ?? throw new StepRefusedException("server_forgotten", "Its server was forgotten, as one whose machine is gone for good.", "Draw the topology's node somewhere else, or delete what was there.");

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
        await sources.EnsureAsync(db, on.Connection, on.Server, new SourceUse(instance.RootId, instance.OdooVersion, instance.Repositories, instance.Sources), log, stop);
        await db.SaveChangesAsync(stop);
    }

    /// <summary>A role and a database of its own, cloned from the pre-initialised one.</summary>
    public static async Task EnsureDatabaseAsync(InstanceOnServer on, string template, CancellationToken stop)
    {
        var values = new Dictionary<string, string> { ["db"] = on.Plan.Database, ["password"] = on.Plan.DatabasePassword, ["connections"] = RoleConnections.Of(on.Plan), ["template"] = template };
        // In one session: each of its own takes longer to begin than what it has to do.
        await on.SqlAsync("postgres", OdooSql.EnsureRole + "\n" + OdooSql.CloneDatabase + "\n\\connect :\"db\"\n" + OdooSql.TakeOwnership, values, stop);
    }

    public static Task DropDatabaseAsync(IServerConnection connection, string database, CancellationToken stop) =>
        PostgresContainer.SqlAsync(connection, "postgres", OdooSql.DropDatabase, new Dictionary<string, string> { ["db"] = database }, stop);

    /// <summary>New identity and secrets for the clone; a second run changes nothing.</summary>
    public static Task PersonalizeAsync(InstanceOnServer on, string adminHash, CancellationToken stop) =>
        on.SqlAsync(on.Plan.Database, OdooSql.Personalize, new Dictionary<string, string>
        {
            ["instance"] = on.Instance.Id.ToString(),
            ["url"] = InstanceViews.UrlOf(on.Instance, on.Server),
            ["hash"] = adminHash,
        }, stop);

    /// <summary>The instance's folder with a copy of the template's files.</summary>
    public Task EnsureFilesAsync(InstanceOnServer on, string template, CancellationToken stop) =>
        FilestorePlace.TakeTemplateAsync(files, on, "files-" + on.Instance.Slug, template, on.Plan.Database, stop);

    public static async Task RemoveFilesAsync(IServerConnection connection, Guid instance, string slug, CancellationToken stop)
    {
        // An oCore that was killed may have left it at work.
        await connection.Docker.RemoveContainerAsync(DockerName.Parse("ocore-files-" + slug), stop);
        await ServerFiles.RemoveFolderAsync(connection, OdooContainer.FolderOf(instance), stop);
    }

    /// <summary>The container, made and not started: that needs the folder, and not the database.</summary>
    public static Task PrepareContainerAsync(InstanceOnServer on, CancellationToken stop) => on.Connection.Docker.PrepareContainerAsync(OdooContainer.Spec(on.Plan), stop);

    /// <summary>The container as the settings want it now; recreated where it differs.</summary>
    public async Task EnsureContainerAsync(OCoreDb db, InstanceOnServer on, CancellationToken stop)
    {
        await SaveAsync(on, stop);
        if (on.Plan.Cluster is { } cluster)
            foreach (var node in cluster.Nodes)
                await EnsureNodeAsync(db, on.Instance, cluster, node, stop);
        else
        {
            if (on.Instance.StartedAt is not null)
                await LimitAsync(on, stop);
            await on.Connection.Docker.EnsureContainerAsync(OdooContainer.Spec(on.Plan), stop);
        }
        Started(on);
    }

    // By the settings of now, and where a server and a role were made before there was either.
    private static async Task LimitAsync(InstanceOnServer on, CancellationToken stop)
    {
        try
        {
            await on.SqlAsync("postgres", PostgresContainer.KeepTurns + "\n" + OdooSql.LimitConnections, new Dictionary<string, string> { ["db"] = on.Plan.Role, ["connections"] = RoleConnections.Of(on.Plan) }, stop);
        }
        catch (ServerException away) when (away is RemoteCommandException or DockerCallException)
        {
            // PostgreSQL is starting, or stands still. Odoo waits for it by itself, and was given limits when it was made; the next start gives it those of its settings.
        }
    }

    /// <summary>What its container has to be asked for before it is another one.</summary>
    public async Task SaveAsync(InstanceOnServer on, CancellationToken stop)
    {
        if (BeforeReplacing is { } save && on.Instance.StartedAt is not null)
            await save(on, stop);
    }

    /// <summary>It runs as its settings want it now.</summary>
    public void Started(InstanceOnServer on)
    {
        Applied(on.Instance, on.Plan);
        on.Instance.StartedAt = time.GetUtcNow();
    }

    /// <summary>Keeps what its container runs with, to tell what a restart would change.</summary>
    public void Applied(Instance instance, OdooPlan plan) =>
        (instance.AppliedSettings, instance.AppliedKeys) = (OdooContainer.Fingerprint(plan), InstanceSettings.Keys(plan, secrets));

    /// <summary>What it waits for a restart with; it keeps the settings it was made with.</summary>
    public SettingsDiff PendingOf(Instance instance, OdooPlan wanted) => instance.AppliedKeys is { } applied
        ? InstanceSettings.Diff(applied, InstanceSettings.Keys(wanted, secrets)) : new SettingsDiff { Changes = [], RestartNeeded = false };

    /// <summary>One Odoo of a topology, on its own server.</summary>
    public async Task EnsureNodeAsync(OCoreDb db, Instance instance, OdooCluster cluster, ClusterNode node, CancellationToken stop) =>
        await (await ConnectAsync(db, node.ServerId, stop)).Docker.EnsureContainerAsync(OdooContainer.Spec(PlanOf(instance, cluster, node)), stop);

    /// <summary>All its containers, wherever they are.</summary>
    public async Task<IReadOnlyList<(IServerConnection Connection, DockerName Container)>> ContainersAsync(OCoreDb db, InstanceOnServer on, CancellationToken stop)
    {
        if (on.Plan.Cluster is not { } cluster)
            return [(on.Connection, on.Container)];
        var all = new List<(IServerConnection, DockerName)>();
        foreach (var node in cluster.Nodes)
            all.Add((await ConnectAsync(db, node.ServerId, stop), DockerName.Parse(node.Container)));
        return all;
    }

    /// <summary>Odoo once on the instance's own database, with its output.</summary>
    public static Task<OneOffResult> RunOdooAsync(InstanceOnServer on, string purpose, IReadOnlyList<string> arguments, Action<string> log, CancellationToken stop) =>
        on.Connection.Docker.RunOnceAsync(OdooContainer.OneOff(on.Plan, purpose, arguments), stop, log, keepOnCancel: false);

    /// <summary>Waits until the login page answers; it is the first page that needs the database and the modules.</summary>
    public async Task WaitUntilUpAsync(OCoreDb db, InstanceOnServer on, Action<string> log, CancellationToken stop)
    {
        foreach (var (connection, container) in await ContainersAsync(db, on, stop))
            await WaitUntilUpAsync(connection, container, log, stop);
    }

    public static async Task WaitUntilUpAsync(IServerConnection connection, DockerName container, Action<string> log, CancellationToken stop)
    {
        string why;
        try
        {
            var result = await connection.Docker.ExecAsync(container, ["python3", "-c", OdooProbe.WaitUntilUp, "150"], null, stop, new ExecOptions { Timeout = TimeSpan.FromSeconds(170) });
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
        await foreach (var line in connection.Docker.LogsAsync(container, 15, false, stop))
            last.Add(line);
        foreach (var line in last)
            log(line);
        throw new TryLaterException($"Odoo does not answer yet: {why} Its last line: {last.LastOrDefault() ?? "none"}", "The instance's log says why it does not start.");
    }

    /// <summary>The edge of a server with the routes as they are wanted when it is this caller's turn.</summary>
    public Task EnsureEdgeAsync(OCoreDb db, Server server, IServerConnection connection, CancellationToken stop) => server.EdgeTakenBy is not null ? Task.CompletedTask :
        edge.EnsureAsync(connection, server, ended => RoutesAsync(db, server.Id, ended), stop);

    // By what its container was made with: other settings wait for a restart, and until then nothing listens where they would have it.
    private static int WorkersThatRun(Dictionary<string, string>? applied, int wanted) =>
        applied?.GetValueOrDefault("workers") is { } text && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var workers) ? workers : wanted;

    public static async Task<IReadOnlyList<EdgeRoute>> RoutesAsync(OCoreDb db, Guid serverId, CancellationToken stop)
    {
        // All that are on the server, whoever they belong to: what is missing here would lose its route.
        var rows = await db.Instances.AcrossTenants().AsNoTracking().Where(i => i.ServerId == serverId && i.Status != InstanceStatus.Removing && i.TopologyId == null)
            .Join(db.Organizations, i => i.OrgId, o => o.Id, (i, o) => new { i.Id, i.Slug, i.Domain, i.Workers, i.AppliedKeys, i.Status, i.WantRunning, i.OrgId, o.SuspendedAt })
            .OrderBy(r => r.Slug).ToListAsync(stop);
        List<EdgeRoute> routes = [.. rows.Select(r => new EdgeRoute(r.Id, r.Domain, OdooContainer.NameOf(r.Slug).Value, WorkersThatRun(r.AppliedKeys, r.Workers) > 0,
            r.SuspendedAt is not null || r.Status == InstanceStatus.Suspended ? EdgeRouteState.Suspended
            : !r.WantRunning ? EdgeRouteState.Stopped
            : r.Status is InstanceStatus.Creating or InstanceStatus.Restarting ? EdgeRouteState.Starting
            : EdgeRouteState.Serve) { OrgId = r.OrgId })];
        var byInstance = routes.ToDictionary(r => r.InstanceId);
        foreach (var named in await InstanceDomainQueries.RoutedAsync(db, serverId, stop))
            if (byInstance.TryGetValue(named.InstanceId, out var route))
            {
                // Who has proven a name has it, also where another instance was made with it.
                routes.RemoveAll(r => r.Domain == named.Host);
                routes.Add(route with { Domain = named.Host, Certificate = named.CertificateId is { } id ? new EdgeCertificate(id, named.SerialNumber!) : null });
            }
        return routes;
    }
}

internal static class InstanceSecrets
{
    public const string Database = "instance.database", Master = "instance.master", Connect = "instance.connect", Admin = "instance.admin", Registration = "instance.registration";
}
