using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Features.Operations;
using OCore.Features.Plans;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Operations;
using OCore.Platform.Security;

namespace OCore.Features.Backups;

internal static class BackupEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var backups = api.MapGroup("/backups").WithTags("Backups").Require("view:backups").PortalFeature(PortalFeatures.Backups);
        backups.MapGet("/", List).WithName("listBackups");
        backups.MapGet("/{id:guid}", Get).WithName("getBackup");
        backups.MapDelete("/{id:guid}", Delete).WithName("deleteBackup").Require("manage:backups").StartsOperation();
        backups.MapPost("/{id:guid}/verify", Verify).WithName("verifyBackup").Require("manage:backups").StartsOperation();
        RestoreEndpoints.Map(backups);
        ArchiveEndpoints.Map(backups);
        RecoveryEndpoints.Map(backups);
        var instances = api.MapGroup("/instances/{id}").WithTags("Backups").Require("view:backups").PortalFeature(PortalFeatures.Backups);
        instances.MapPost("/backups", Take).WithName("takeBackup").Require("manage:backups").Feature(PlanFeatures.Backups).StartsOperation();
        BackupScheduleEndpoints.Map(instances);
        BackupTargetEndpoints.Map(api);
    }

    public sealed class Filter
    {
        /// <summary>Of this instance; id or slug.</summary>
        [FromQuery(Name = "instance"), MaxLength(64)] public string? Instance { get; init; }
        /// <summary>Of this client; id or slug.</summary>
        [FromQuery(Name = "organization"), MaxLength(64)] public string? Organization { get; init; }
        /// <summary>For example <c>verified</c>.</summary>
        [FromQuery(Name = "state"), MaxLength(20)] public string? State { get; init; }
    }

    /// <summary>The organization's backups, the newest first; for an agency its clients' too.</summary>
    internal static async Task<Results<Ok<Page<BackupView>>, Problem>> List(OCoreDb db, [AsParameters] PageQuery page, [AsParameters] Filter filter, CancellationToken stop)
    {
        var query = db.Backups.AsNoTracking();
        if (filter.Instance is { } of)
        {
            var id = Guid.TryParse(of, out var parsed) ? parsed : await db.Instances.Where(i => i.Slug == of).Select(i => i.Id).FirstOrDefaultAsync(stop);
            query = query.Where(b => b.InstanceId == id);
        }
        if (filter.Organization is { } wanted)
        {
            var id = Guid.TryParse(wanted, out var parsed) ? parsed : Guid.Empty;
            query = query.Where(b => db.Organizations.Any(o => o.Id == b.OrgId && (o.Slug == wanted || o.Id == id)));
        }
        if (filter.State is { } word)
        {
            if (!WireWord.TryRead<BackupState>(word, out var state))
                return Problem.Field("state", "One of pending, taken, stored, intact, verified, damaged, failed.");
            query = query.Where(b => b.State == state);
        }
        if (page.Search is { } text)
            query = query.Where(b => EF.Functions.Like(b.InstanceName.ToLower(), Paging.Like(text.ToLowerInvariant()), "\\"));
        if (page.After is { } after)
            query = query.Where(b => b.Id < after);
        var rows = await query.OrderByDescending(b => b.Id).Take(page.Size + 1).ToListAsync(stop);
        var views = (await BackupViews.ToViewsAsync(db, rows, stop)).ToDictionary(v => v.Id);
        return TypedResults.Ok(rows.ToPage(page, b => b.Id, b => views[b.Id]));
    }

    /// <summary>One backup.</summary>
    internal static async Task<Results<Ok<BackupView>, Problem>> Get(Guid id, OCoreDb db, CancellationToken stop) =>
        await db.Backups.AsNoTracking().SingleOrDefaultAsync(b => b.Id == id, stop) is { } backup ? TypedResults.Ok(await BackupViews.ToViewAsync(db, backup, stop)) : Problem.NotFound;

    /// <summary>Take a backup now: the database and the files of one moment, sealed, and read back.</summary>
    internal static async Task<Results<Accepted<OperationView>, Problem>> Take(string id, TakeBackup request, OCoreDb db, Caller caller, OperationQueue queue, OperationKinds kinds, TimeProvider time, CancellationToken stop)
    {
        if (await InstanceQueries.FindAsync(db, id, stop) is not { } instance)
            return Problem.NotFound;
        if (instance.Status is InstanceStatus.Creating or InstanceStatus.Removing)
            return BackupProblems.NotNow(instance);
        var (target, problem) = await BackupTargetEndpoints.ChooseAsync(db, request.Target, instance.OrgId, instance.RootId, stop);
        if (problem is not null)
            return problem;
        var further = request.Database == instance.Database ? null : request.Database;
        if (further is not null && !await db.InstanceDatabases.AnyAsync(d => d.InstanceId == instance.Id && d.Name == further && d.Status == DatabaseStatus.Ready, stop))
            return BackupProblems.NoDatabase;
        if (target is null && await db.InTransactionAsync(() => Limits.CheckAsync(db, caller, Limits.StorageGb, stop), stop) is { } full)
            return full;
        var backup = Backup.Of(instance, target, "manual", request.Note, time.GetUtcNow(), further);
        db.Add(backup);
        var operation = await BeginAsync(db, queue, backup, instance, request.Verify, stop);
        await db.SaveChangesAsync(stop);
        return await OperationViews.AcceptedAsync(db, operation, kinds, stop);
    }

    /// <summary>Restore it to a scratch database, compare it, and start Odoo on it.</summary>
    internal static async Task<Results<Accepted<OperationView>, Problem>> Verify(Guid id, OCoreDb db, OperationQueue queue, OperationKinds kinds, CancellationToken stop)
    {
        if (await db.Backups.SingleOrDefaultAsync(b => b.Id == id, stop) is not { } backup)
            return Problem.NotFound;
        if (backup.Manifest is null)
            return BackupProblems.NotUsable(backup);
        var operation = await BackupSteps.BeginVerifyingAsync(db, queue, backup, stop);
        db.Mark(backup, "verification_started", always: true);
        await db.SaveChangesAsync(stop);
        return await OperationViews.AcceptedAsync(db, operation, kinds, stop);
    }

    /// <summary>Delete it from where it is kept. This cannot be undone.</summary>
    internal static async Task<Results<Accepted<OperationView>, Problem>> Delete(Guid id, OCoreDb db, OperationQueue queue, OperationKinds kinds, CancellationToken stop)
    {
        if (await db.Backups.SingleOrDefaultAsync(b => b.Id == id, stop) is not { } backup)
            return Problem.NotFound;
        var operation = await BeginDeletingAsync(db, queue, backup, stop);
        db.Mark(backup, "deletion_started", always: true);
        await db.SaveChangesAsync(stop);
        return await OperationViews.AcceptedAsync(db, operation, kinds, stop);
    }

    internal static Task<Operation> BeginDeletingAsync(OCoreDb db, OperationQueue queue, Backup backup, CancellationToken stop) => queue.EnqueueAsync<DeleteBackupKind, BackupInput>(db, new(backup.Id),
        new($"Delete a backup of {backup.InstanceName}", backup.OrgId, InstanceId: backup.Reason == LastBackups.Reason ? null : backup.InstanceId, Locks: BackupSteps.LockOf(backup.Id)), stop);

    internal static Task<Operation> BeginAsync(OCoreDb db, OperationQueue queue, Backup backup, Instance instance, bool verify, CancellationToken stop) => queue.EnqueueAsync<TakeBackupKind, BackupInput>(db, new(backup.Id, verify),
        new(backup.Database is { } further ? $"Back up {further} of {instance.Name}" : $"Back up {instance.Name}", instance.OrgId, InstanceId: instance.Id, ServerId: instance.ServerId, Locks: [$"instance:{instance.Id}", BackupSteps.LockOf(backup.Id)]), stop);
}
