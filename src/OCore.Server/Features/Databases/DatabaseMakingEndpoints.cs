using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Agency;
using OCore.Features.Backups;
using OCore.Features.Instances;
using OCore.Features.Operations;
using OCore.Features.Plans;
using OCore.Features.Servers;
using OCore.Features.Templates;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Operations;
using OCore.Platform.Security;

namespace OCore.Features.Databases;

/// <summary>What makes a further database: empty, as a duplicate, or of a backup.</summary>
internal static class DatabaseMakingEndpoints
{
    private const long EmptyBytes = 64L << 20;

    public static void Map(RouteGroupBuilder databases)
    {
        databases.MapPost("/", Create).WithName("createInstanceDatabase").Require("manage:databases").StartsOperation();
        databases.MapPost("/{database}/duplicate", Duplicate).WithName("duplicateInstanceDatabase").Require("manage:databases").StartsOperation();
    }

    /// <summary>
    /// Make a further database beside the one that is served: with Odoo's base and nothing else, or what a backup of the instance holds. Nobody
    /// works in it until it is served.
    /// </summary>
    internal static async Task<Results<Accepted<OperationView>, Problem>> Create(
        string id, CreateInstanceDatabase request, OCoreDb db, Caller caller, InstanceHost host, OdooCatalog catalog, BackupPreflight preflight, OperationQueue queue, OperationKinds kinds, TimeProvider time, CancellationToken stop)
    {
        if (DatabaseNames.Refusal("name", request.Name) is { } reserved)
            return reserved;
        if (TemplateChecks.CheckLanguages(request.Languages ?? []) is { } language)
            return language;
        if (request.Backup is not null && (request.DemoData || request.Languages is not null))
            return DatabaseProblems.BackupAlone;
        if (await InstanceQueries.FindAsync(db, id, stop) is not { } instance)
            return Problem.NotFound;
        if (request.Backup is not { } from)
            return await MakeAsync(instance, request.Name, EmptyBytes, db, caller, host, kinds, time, row =>
                queue.EnqueueAsync<CreateDatabaseKind, CreateDatabaseInput>(db, new(instance.Id, row.Id, request.Languages ?? instance.Languages, request.DemoData),
                    DatabaseEndpoints.Subject(instance, $"Create the database {row.Name} of {instance.Name}"), stop), stop);
        // A backup is a tool of its own, with a right and a switch of its own.
        if (!caller.May("manage:backups"))
            return GateProblems.Forbidden("manage:backups");
        if (caller.Access.Portal is { } portal && !portal.Allows(PortalFeatures.Backups))
            return GateProblems.FeatureDisabled(PortalFeatures.Backups);
        if (await db.Backups.AsNoTracking().SingleOrDefaultAsync(b => b.Id == from && b.InstanceId == instance.Id, stop) is not { } backup)
            return DatabaseProblems.OtherBackup;
        if (!backup.IsUsable || backup.Manifest is not { } manifest)
            return BackupProblems.NotUsable(backup);
        if (request.Neutralize && CannotNeutralize(instance))
            return DatabaseProblems.TooOld(instance.OdooVersion);
        if (await db.ServerByIdAsync(instance.ServerId, stop) is not { } server)
            return BackupProblems.ServerNotFound;
        if (await preflight.BesideAsync(db, backup, instance, server, stop) is { Count: > 0 } findings)
            return BackupProblems.RestoreRefused(findings);
        return await MakeAsync(instance, request.Name, manifest.DatabasePart.Bytes * 4 + manifest.FileBytes, db, caller, host, kinds, time, row =>
            queue.EnqueueAsync<RestoreDatabaseKind, RestoreDatabaseInput>(db, new(instance.Id, row.Id, backup.Id, request.Neutralize),
                DatabaseEndpoints.Subject(instance, $"Restore a backup of {instance.Name} as the database {row.Name}", BackupSteps.LockOf(backup.Id)), stop), stop);
    }

    /// <summary>
    /// Copy a database with its files, as they are in this moment and while people work in it. The copy has an identity of its own, and is neutral
    /// unless told otherwise.
    /// </summary>
    internal static async Task<Results<Accepted<OperationView>, Problem>> Duplicate(
        string id, string database, DuplicateInstanceDatabase request, OCoreDb db, Caller caller, InstanceHost host, OperationQueue queue, OperationKinds kinds, TimeProvider time, CancellationToken stop)
    {
        if (DatabaseNames.Refusal("name", request.Name) is { } reserved)
            return reserved;
        var (instance, source, problem) = await DatabaseEndpoints.FindAsync(db, id, database, stop);
        if ((problem ?? (source is { Status: not DatabaseStatus.Ready } ? DatabaseProblems.NotReady(source) : null)) is { } refused)
            return refused;
        if (request.Neutralize && CannotNeutralize(instance!))
            return DatabaseProblems.TooOld(instance!.OdooVersion);
        // The files of both lie on the disk once.
        return await MakeAsync(instance!, request.Name, (source is null ? instance!.Use?.DatabaseBytes : source.Bytes) ?? EmptyBytes, db, caller, host, kinds, time, row =>
            queue.EnqueueAsync<DuplicateDatabaseKind, DuplicateDatabaseInput>(db, new(instance!.Id, row.Id, database, request.Neutralize),
                DatabaseEndpoints.Subject(instance!, $"Duplicate the database {database} of {instance!.Name} as {row.Name}"), stop), stop);
    }

    internal static bool CannotNeutralize(Instance instance) => int.Parse(instance.OdooVersion[..2]) < 16;

    private static async Task<Results<Accepted<OperationView>, Problem>> MakeAsync(
        Instance instance, string name, long bytes, OCoreDb db, Caller caller, InstanceHost host, OperationKinds kinds, TimeProvider time, Func<InstanceDatabase, Task<Operation>> begin, CancellationToken stop)
    {
        if (DatabaseEndpoints.Unchangeable(instance) is { } refused)
            return refused;
        // Of a topology: where its PostgreSQL is.
        if (await db.ServerByIdAsync(host.ClusterOf(instance)?.Postgres[0].ServerId ?? instance.ServerId, stop) is not { } server)
            return BackupProblems.ServerNotFound;
        if (await ServerCapacity.CheckAsync(db, server, 0, 0, bytes, stop) is { } full)
            return full;
        return await db.InTransactionAsync<Results<Accepted<OperationView>, Problem>>(async () =>
        {
            // It holds the organization, so that a name and the last place are taken once.
            if (await Limits.CheckAsync(db, caller.Access.RootId, Limits.StorageGb, stop, bytes / 1e9) is { } limited)
                return limited;
            if (await db.RefuseWorkAsync(instance.OrgId, stop) is { } closed)
                return closed;
            if (await db.InstanceDatabases.CountAsync(d => d.InstanceId == instance.Id, stop) >= InstanceDatabase.Most)
                return DatabaseProblems.TooMany;
            if (await DatabaseNames.IsTakenAsync(db, instance.ServerId, name, stop))
                return DatabaseProblems.Taken();
            var row = new InstanceDatabase { OrgId = instance.OrgId, RootId = instance.RootId, InstanceId = instance.Id, ServerId = instance.ServerId, Name = name, Status = DatabaseStatus.Creating, CreatedAt = time.GetUtcNow() };
            db.Add(row);
            var operation = await begin(row);
            await db.SaveChangesAsync(stop);
            return await OperationViews.AcceptedAsync(db, operation, kinds, stop);
        }, stop);
    }
}
