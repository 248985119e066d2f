using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Agency;
using OCore.Features.Operations;
using OCore.Features.Plans;
using OCore.Features.Servers;
using OCore.Features.Templates;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Operations;
using OCore.Platform.Security;

namespace OCore.Features.Backups;

internal static class RestoreEndpoints
{
    private const long DatabaseBytes = 512L << 20;
    private static readonly TimeSpan SafetyKept = TimeSpan.FromDays(14);

    public static void Map(RouteGroupBuilder backups)
    {
        backups.MapPost("/{id:guid}/restore", Restore).WithName("restoreBackup").Require("manage:backups").StartsOperation();
        backups.MapPost("/{id:guid}/copy", Copy).WithName("copyBackup").Require("manage:backups").StartsOperation();
    }

    /// <summary>Make the instance what it was. What is there now is backed up first. With <c>?dryRun=true</c> answers what would be done and what speaks against it.</summary>
    internal static async Task<Results<Accepted<OperationView>, Ok<RestorePlan>, Problem>> Restore(
        Guid id, RestoreBackup request, [FromQuery] bool? dryRun, OCoreDb db, BackupPreflight preflight, OperationQueue queue, OperationKinds kinds, TimeProvider time, CancellationToken stop)
    {
        if (await db.Backups.AsNoTracking().SingleOrDefaultAsync(b => b.Id == id, stop) is not { } backup)
            return Problem.NotFound;
        if (!backup.IsUsable || backup.Manifest is null)
            return BackupProblems.NotUsable(backup);
        if (await db.Instances.SingleOrDefaultAsync(i => i.Id == backup.InstanceId, stop) is not { } instance)
            return BackupProblems.InstanceGone;
        if (backup.Database is { } further)
            return BackupProblems.OfDatabase(further);
        if (request.Confirm != instance.Slug)
            return BackupProblems.NotConfirmed(instance.Slug);
        if (instance.Status is not (InstanceStatus.Running or InstanceStatus.Stopped or InstanceStatus.Failed))
            return BackupProblems.NotNow(instance);
        if (await db.IsSuspendedAsync(instance.OrgId, stop))
            return AgencyProblems.Suspended;
        // The server is the agency's where the instance is a client's.
        if (await db.ServerByIdAsync(instance.ServerId, stop) is not { } server)
            return BackupProblems.ServerNotFound;
        var findings = await preflight.OfInstanceAsync(db, backup, instance, server, stop);
        if (dryRun == true)
            return TypedResults.Ok(new RestorePlan { Possible = findings.Count == 0, Findings = findings, Steps = [.. kinds.Get<RestoreBackupKind>().Steps.Select(s => s.Name)] });
        if (findings.Count > 0)
            return BackupProblems.RestoreRefused(findings);
        return await db.InTransactionAsync<Results<Accepted<OperationView>, Ok<RestorePlan>, Problem>>(async () =>
        {
            if (await db.RefuseWorkAsync(instance.OrgId, stop) is { } refused)
                return refused;
            var safety = Backup.Of(instance, backup.TargetId, "safety", null, time.GetUtcNow());
            safety.KeepUntil = time.GetUtcNow() + SafetyKept;
            db.Add(safety);
            var operation = await queue.EnqueueAsync<RestoreBackupKind, RestoreInput>(db, new(instance.Id, backup.Id, safety.Id, instance.WantRunning), new($"Restore {instance.Name}", instance.OrgId, InstanceId: instance.Id, ServerId: instance.ServerId,
                Locks: [$"instance:{instance.Id}", BackupSteps.LockOf(backup.Id), BackupSteps.LockOf(safety.Id)]), stop);
            await db.SaveChangesAsync(stop);
            return await OperationViews.AcceptedAsync(db, operation, kinds, stop);
        }, stop);
    }

    /// <summary>Make a new instance of it, as a staging copy unless told otherwise: neutral before its first start, with an identity of its own.</summary>
    internal static async Task<Results<Accepted<OperationView>, Ok<RestorePlan>, Problem>> Copy(
        Guid id, CopyBackup request, [FromQuery] bool? dryRun, OCoreDb db, Caller caller, BackupReader reader, BackupPreflight preflight, SecretBox secrets, OperationQueue queue, OperationKinds kinds, TimeProvider time, CancellationToken stop)
    {
        if (await db.Backups.AsNoTracking().SingleOrDefaultAsync(b => b.Id == id, stop) is not { } backup)
            return Problem.NotFound;
        if (!caller.May("manage:instances"))
            return GateProblems.Forbidden("manage:instances");
        if (!backup.IsUsable || backup.Manifest is null)
            return BackupProblems.NotUsable(backup);
        if (await db.IsSuspendedAsync(backup.OrgId, stop))
            return AgencyProblems.Suspended;
        if (await Provisioning.ServerAsync(db, caller, request.ServerId ?? backup.ServerId?.ToString() ?? "", stop) is not { } server)
            return BackupProblems.ServerNotFound;
        if (server.Status != ServerStatus.Active || server.Draining)
            return TemplateProblems.ServerNotActive(server.Name, server.Draining ? "draining" : WireWord.Of(server.Status));
        if (await SettingsAsync(db, reader, backup, stop) is not { } settings)
            return BackupProblems.Later;
        var findings = await preflight.OfCopyAsync(db, backup, settings, server, request.Neutralize, stop);
        if (dryRun == true)
            return TypedResults.Ok(new RestorePlan { Possible = findings.Count == 0, Findings = findings, Steps = [.. kinds.Get<CopyBackupKind>().Steps.Select(s => s.Name)] });
        if (findings.Count > 0)
            return BackupProblems.RestoreRefused(findings, "Make the copy where everything it needs is there.");
        var instance = settings.NewInstance(backup, RowId.New(), backup.OrgId, server.Id, request.Name, request.Slug ?? ProvisioningNames.Slugify(request.Name), "", "", secrets, Tokens.New, time.GetUtcNow());
        return await db.InTransactionAsync<Results<Accepted<OperationView>, Ok<RestorePlan>, Problem>>(async () =>
        {
            if ((await Limits.CheckAsync(db, caller, Limits.Instances, stop) ?? await Limits.CheckAsync(db, caller, Limits.StorageGb, stop)
                ?? await ServerCapacity.CheckAsync(db, server, instance.MemoryMb * 1024L * 1024, instance.Cpus ?? 0, DatabaseBytes + backup.Manifest.DatabasePart.Bytes * 4 + backup.Manifest.FileBytes, stop)
                ?? await db.RefuseWorkAsync(backup.OrgId, stop)) is { } full)
                return full;
            await Provisioning.NameAsync(db, instance, server, new ProvisionInstance { ServerId = server.Name, Slug = request.Slug, Domain = request.Domain }, stop);
            db.Add(instance);
            var operation = await queue.EnqueueAsync<CopyBackupKind, CopyInput>(db, new(instance.Id, backup.Id, request.Neutralize), new($"Make {instance.Name} of a backup of {backup.InstanceName}", instance.OrgId,
                InstanceId: instance.Id, ServerId: server.Id, Locks: [$"instance:{instance.Id}", BackupSteps.LockOf(backup.Id)]), stop);
            await db.SaveChangesAsync(stop);
            return await OperationViews.AcceptedAsync(db, operation, kinds, stop);
        }, stop);
    }

    private static async Task<BackupSettings?> SettingsAsync(OCoreDb db, BackupReader reader, Backup backup, CancellationToken stop)
    {
        try
        {
            return await reader.SettingsAsync(db, backup, stop);
        }
        catch (Exception away) when (away is StoreAwayException or FileNotFoundException or System.Security.Cryptography.CryptographicException)
        {
            return null;
        }
    }
}
