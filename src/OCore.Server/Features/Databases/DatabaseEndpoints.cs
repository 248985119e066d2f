using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Agency;
using OCore.Features.AuditLog;
using OCore.Features.Backups;
using OCore.Features.Instances;
using OCore.Features.Operations;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Operations;
using OCore.Platform.Remote;
using OCore.Platform.Security;

namespace OCore.Features.Databases;

internal static partial class DatabaseEndpoints
{
    private static readonly TimeSpan SafetyKept = TimeSpan.FromDays(14);

    public static void Map(IEndpointRouteBuilder api)
    {
        var databases = api.MapGroup("/instances/{id}/databases").WithTags("Databases").Require("view:databases").PortalFeature(PortalFeatures.Databases);
        databases.MapGet("/", List).WithName("listInstanceDatabases");
        databases.MapGet("/{database}", Get).WithName("getInstanceDatabase");
        databases.MapGet("/{database}/activity", Activity).WithName("getDatabaseActivity");
        databases.MapPost("/{database}/connections/{connection}/cancel", Cancel).WithName("cancelDatabaseQuery").Require("manage:databases");
        databases.MapDelete("/{database}/connections/{connection}", End).WithName("endDatabaseConnection").Require("manage:databases");
        databases.MapPost("/{database}/rename", Rename).WithName("renameInstanceDatabase").Require("manage:databases").StartsOperation();
        databases.MapPost("/{database}/serve", Serve).WithName("serveInstanceDatabase").Require("manage:databases").StartsOperation();
        databases.MapPost("/{database}/neutralize", Neutralize).WithName("neutralizeInstanceDatabase").Require("manage:databases").StartsOperation();
        databases.MapDelete("/{database}", Drop).WithName("dropInstanceDatabase").Require("manage:databases").StartsOperation();
        DatabaseMakingEndpoints.Map(databases);
    }

    /// <summary>The databases of an instance, the one that it serves first, with what they take and what happens in them now. While its server is away, nothing is measured.</summary>
    internal static async Task<Results<Ok<Page<InstanceDatabaseView>>, Problem>> List(string id, OCoreDb db, InstanceHost host, CancellationToken stop) =>
        await InstanceQueries.FindAsync(db, id, stop) is { } instance ? TypedResults.Ok(Paging.Whole(await DatabaseViews.OfAsync(db, host, instance, stop))) : Problem.NotFound;

    /// <summary>One database, by its name.</summary>
    internal static async Task<Results<Ok<InstanceDatabaseView>, Problem>> Get(string id, string database, OCoreDb db, InstanceHost host, CancellationToken stop)
    {
        var (instance, _, problem) = await FindAsync(db, id, database, stop);
        return problem ?? (Results<Ok<InstanceDatabaseView>, Problem>)TypedResults.Ok((await DatabaseViews.OfAsync(db, host, instance!, stop)).First(d => d.Name == database));
    }

    /// <summary>What happens in a database now: its connections with their statements, the longest first, and who waits for whose lock.</summary>
    internal static async Task<Results<Ok<DatabaseActivity>, Problem>> Activity(string id, string database, OCoreDb db, InstanceHost host, Caller caller, TimeProvider time, CancellationToken stop) =>
        await OnAsync<Ok<DatabaseActivity>>(db, host, id, database, async on => TypedResults.Ok(await DatabaseViews.ActivityAsync(on, caller.May("manage:databases"), time, stop)), stop);

    /// <summary>Cancel the statement that a connection runs; the connection stays.</summary>
    internal static Task<Results<NoContent, Problem>> Cancel(string id, string database, string connection, OCoreDb db, InstanceHost host, CancellationToken stop) =>
        SignalAsync(id, database, connection, "query_cancelled", on => on.SqlAsync("postgres", DatabaseSql.Cancel, Session(on, connection), stop), db, host, stop);

    /// <summary>End a connection; what it has not committed is undone.</summary>
    internal static Task<Results<NoContent, Problem>> End(string id, string database, string connection, OCoreDb db, InstanceHost host, CancellationToken stop) =>
        SignalAsync(id, database, connection, "connection_ended", on => on.SqlAsync("postgres", DatabaseSql.End, Session(on, connection), stop), db, host, stop);

    /// <summary>Give a database another name, with its files. Where it is the one that is served, Odoo is stopped meanwhile and its people have to sign in again.</summary>
    internal static async Task<Results<Accepted<OperationView>, Problem>> Rename(string id, string database, RenameInstanceDatabase request, OCoreDb db, OperationQueue queue, OperationKinds kinds, CancellationToken stop)
    {
        if (DatabaseNames.Refusal("name", request.Name) is { } reserved)
            return reserved;
        return await ChangeAsync(id, database, db, kinds, async (instance, row) =>
        {
            if (request.Name == database)
                return DatabaseProblems.SameName;
            if (await DatabaseNames.IsTakenAsync(db, instance.ServerId, request.Name, stop))
                return DatabaseProblems.Taken();
            if (row is null)
                instance.ReservedDatabase = request.Name;
            else
                (row.Status, row.ReservedName) = (DatabaseStatus.Renaming, request.Name);
            return await queue.EnqueueAsync<RenameDatabaseKind, RenameDatabaseInput>(db, new(instance.Id, row?.Id, database, request.Name, row is null && instance.WantRunning),
                Subject(instance, $"Rename the database {database} of {instance.Name} to {request.Name}"), stop);
        }, stop);
    }

    /// <summary>Serve this database from now on: Odoo is stopped, and started on it. The one that was served until now lies beside it.</summary>
    internal static Task<Results<Accepted<OperationView>, Problem>> Serve(string id, string database, OCoreDb db, OperationQueue queue, OperationKinds kinds, CancellationToken stop) =>
        ChangeAsync(id, database, db, kinds, async (instance, row) => row is null ? DatabaseProblems.ServedAlready
            : await queue.EnqueueAsync<ServeDatabaseKind, ServeDatabaseInput>(db, new(instance.Id, row.Id, instance.Database, database, instance.WantRunning),
                Subject(instance, $"Serve the database {database} with {instance.Name}"), stop), stop);

    /// <summary>
    /// Make a database neutral, with Odoo's own means and an identity of its own: no mail leaves it and no scheduled action runs. It is backed up first. Where it is
    /// the one that is served, Odoo is stopped meanwhile.
    /// </summary>
    internal static async Task<Results<Accepted<OperationView>, Problem>> Neutralize(string id, string database, NeutralizeInstanceDatabase request, OCoreDb db, OperationQueue queue, OperationKinds kinds, TimeProvider time, CancellationToken stop) =>
        await ChangeAsync(id, database, db, kinds, async (instance, row) =>
        {
            if (request.Confirm != database)
                return DatabaseProblems.NotConfirmed(database);
            if (DatabaseMakingEndpoints.CannotNeutralize(instance))
                return DatabaseProblems.TooOld(instance.OdooVersion);
            var safety = await SafetyAsync(db, instance, row, "Before it was neutralized", time, stop);
            return await queue.EnqueueAsync<NeutralizeDatabaseKind, NeutralizeDatabaseInput>(db, new(instance.Id, database, safety.Id, row is null && instance.WantRunning),
                Subject(instance, $"Neutralize the database {database} of {instance.Name}", BackupSteps.LockOf(safety.Id)), stop);
        }, stop);

    /// <summary>Drop a database with its files. It is backed up first, and the backup is kept for 14 days.</summary>
    internal static Task<Results<Accepted<OperationView>, Problem>> Drop(string id, string database, OCoreDb db, OperationQueue queue, OperationKinds kinds, TimeProvider time, CancellationToken stop) =>
        ChangeAsync(id, database, db, kinds, async (instance, row) =>
        {
            if (row is null)
                return DatabaseProblems.IsServed;
            var safety = await SafetyAsync(db, instance, row, "Before it was dropped", time, stop);
            row.Status = DatabaseStatus.Removing;
            return await queue.EnqueueAsync<DropDatabaseKind, DropDatabaseInput>(db, new(instance.Id, row.Id, safety.Id),
                Subject(instance, $"Drop the database {database} of {instance.Name}", BackupSteps.LockOf(safety.Id)), stop);
        }, stop);

    private static async Task<Backup> SafetyAsync(OCoreDb db, Instance instance, InstanceDatabase? row, string note, TimeProvider time, CancellationToken stop)
    {
        var safety = Backup.Of(instance, await BackupStores.DefaultAsync(db, instance.OrgId, instance.RootId, stop), "safety", note, time.GetUtcNow(), row?.Name);
        safety.KeepUntil = time.GetUtcNow() + SafetyKept;
        db.Add(safety);
        return safety;
    }

    internal static OperationSubject Subject(Instance instance, string title, params string[] locks) =>
        new(title, instance.OrgId, InstanceId: instance.Id, ServerId: instance.ServerId, Locks: [$"instance:{instance.Id}", .. locks]);

    /// <summary>What changes a database that is there; its names are judged and taken in one transaction.</summary>
    private static async Task<Results<Accepted<OperationView>, Problem>> ChangeAsync(string id, string database, OCoreDb db, OperationKinds kinds, Func<Instance, InstanceDatabase?, Task<Begun>> begin, CancellationToken stop)
    {
        var (instance, row, problem) = await FindAsync(db, id, database, stop);
        if ((problem ?? Unchangeable(instance!) ?? (row is { Status: not DatabaseStatus.Ready } ? DatabaseProblems.NotReady(row) : null)) is { } refused)
            return refused;
        return await db.InTransactionAsync<Results<Accepted<OperationView>, Problem>>(async () =>
        {
            await Organizations.OrganizationLock.LockOrganizationAsync(db, instance!.RootId, stop);
            if (await db.RefuseWorkAsync(instance.OrgId, stop) is { } closed)
                return closed;
            var begun = await begin(instance, row);
            if (begun.Problem is { } cannot)
                return cannot;
            await db.SaveChangesAsync(stop);
            return await OperationViews.AcceptedAsync(db, begun.Operation!, kinds, stop);
        }, stop);
    }

    /// <summary>An operation that was queued, or why it was not.</summary>
    internal readonly record struct Begun(Operation? Operation, Problem? Problem)
    {
        public static implicit operator Begun(Operation operation) => new(operation, null);
        public static implicit operator Begun(Problem problem) => new(null, problem);
    }

    internal static Problem? Unchangeable(Instance instance) =>
        instance.Status is InstanceStatus.Running or InstanceStatus.Stopped or InstanceStatus.Failed ? null : InstanceProblems.NotNow(instance);

    /// <returns>No row for the one that is served.</returns>
    internal static async Task<(Instance?, InstanceDatabase?, Problem?)> FindAsync(OCoreDb db, string id, string database, CancellationToken stop)
    {
        if (await InstanceQueries.FindAsync(db, id, stop) is not { } instance)
            return (null, null, Problem.NotFound);
        if (instance.Database == database)
            return (instance, null, null);
        return await db.InstanceDatabases.SingleOrDefaultAsync(d => d.InstanceId == instance.Id && d.Name == database, stop) is { } row ? (instance, row, null) : (instance, null, DatabaseProblems.NotFound);
    }

    private static Dictionary<string, string> Session(InstanceOnServer on, string connection) => new() { ["db"] = on.Plan.Database, ["session"] = connection };

    private static async Task<Results<NoContent, Problem>> SignalAsync(string id, string database, string connection, string verb, Func<InstanceOnServer, Task<string>> signal, OCoreDb db, InstanceHost host, CancellationToken stop)
    {
        // What is not there is said of the instance first, then of the database.
        var (_, _, missing) = await FindAsync(db, id, database, stop);
        if (missing is not null)
            return missing;
        if (!SessionId().IsMatch(connection))
            return DatabaseProblems.ConnectionGone;
        return await OnAsync<NoContent>(db, host, id, database, async on =>
        {
            // Only a session of this database is asked: the names are compared where it runs.
            if (await signal(on) is not "t\n")
                throw new ProblemException(DatabaseProblems.ConnectionGone);
            db.Record($"database.{verb}", on.Instance.OrgId, on.Instance, new Dictionary<string, AuditChangeValue> { ["database"] = new(null, database), ["connection"] = new(null, connection) });
            await db.SaveChangesAsync(stop);
            return TypedResults.NoContent();
        }, stop);
    }

    private static async Task<Results<T, Problem>> OnAsync<T>(OCoreDb db, InstanceHost host, string id, string database, Func<InstanceOnServer, Task<T>> work, CancellationToken stop) where T : IResult
    {
        var (instance, row, problem) = await FindAsync(db, id, database, stop);
        if ((problem ?? (row is { Status: DatabaseStatus.Creating } ? DatabaseProblems.NotReady(row) : null)) is { } refused)
            return refused;
        var (on, away) = await InstanceQueries.OpenAsync(db, host, instance!.Id.ToString(), stop);
        if (away is not null)
            return away;
        try
        {
            return await work(on!.Of(row?.Name));
        }
        catch (Exception e) when (e is ServerException or TryLaterException)
        {
            return InstanceProblems.ServerAway(e.Message);
        }
    }

    [GeneratedRegex(@"\A[0-9a-f]{1,16}\.[0-9a-f]{1,8}\z")]
    private static partial Regex SessionId();
}
