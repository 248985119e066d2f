using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Operations;
using OCore.Platform.Data;

namespace OCore.Features.Backups;

/// <summary>Backups as callers see them; a constant number of queries for any number of rows.</summary>
internal static class BackupViews
{
    public static async Task<List<BackupView>> ToViewsAsync(OCoreDb db, IReadOnlyList<Backup> backups, CancellationToken stop)
    {
        var orgIds = backups.Select(b => b.OrgId).Distinct().ToList();
        var targetIds = backups.Select(b => b.TargetId).OfType<Guid>().Distinct().ToList();
        var organizations = await db.Organizations.AsNoTracking().Where(o => orgIds.Contains(o.Id)).ToDictionaryAsync(o => o.Id, stop);
        // Its agency's target may hold a client's backup: the client sees its name.
        var targets = await db.BackupTargets.AcrossTenants().AsNoTracking().Where(t => targetIds.Contains(t.Id)).Select(t => new { t.Id, t.Name }).ToDictionaryAsync(t => t.Id, t => t.Name, stop);
        var keys = backups.Select(b => BackupSteps.LockOf(b.Id)).ToList();
        var working = await db.ResourceLocks.AsNoTracking().Where(l => keys.Contains(l.Key)).ToDictionaryAsync(l => l.Key, l => l.OperationId, stop);
        return [.. backups.Select(b => new BackupView
        {
            Id = b.Id, Organization = organizations[b.OrgId].ToRef(), InstanceId = b.InstanceId, InstanceName = b.InstanceName, Database = b.Database, State = b.State, Reason = b.Reason, Note = b.Note, Fault = b.Fault, FaultCode = b.FaultCode,
            Target = b.TargetId is { } id && targets.TryGetValue(id, out var name) ? new Ref { Id = id, Name = name } : null,
            OdooVersion = b.OdooVersion, OdooEdition = b.OdooEdition, PostgresVersion = b.Manifest?.PostgresVersion, Bytes = b.Bytes, DatabaseBytes = b.Manifest?.DatabasePart.Bytes,
            FilestoreBytes = b.Manifest?.FileBytes, Files = b.Manifest?.FileCount, Modules = b.Manifest?.Modules.Count, CreatedAt = b.CreatedAt, TakenAt = b.TakenAt, CheckedAt = b.CheckedAt,
            VerifiedAt = b.VerifiedAt, VerifySeconds = b.VerifySeconds is { } seconds ? Math.Round(seconds, 1) : null, KeepUntil = b.KeepUntil,
            TakeSeconds = b.TakeSeconds is { } took ? Math.Round(took, 1) : null, CopyOf = b.Reason == BackupRecovery.Reason ? null : b.CopyOf, Oddities = b.Oddities,
            OperationId = working.TryGetValue(BackupSteps.LockOf(b.Id), out var operation) ? operation : null,
        })];
    }

    public static async Task<BackupView> ToViewAsync(OCoreDb db, Backup backup, CancellationToken stop) => (await ToViewsAsync(db, [backup], stop))[0];
}
