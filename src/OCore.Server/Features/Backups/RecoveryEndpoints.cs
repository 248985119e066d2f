using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Operations;
using OCore.Features.Plans;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Operations;
using OCore.Platform.Security;

namespace OCore.Features.Backups;

/// <summary>What outlives this installation: copies at a second place, and the sheet that opens backups without it.</summary>
internal static class RecoveryEndpoints
{
    public static void Map(RouteGroupBuilder backups)
    {
        backups.MapPost("/{id:guid}/keep", Keep).WithName("keepBackup").Require("manage:backups").StartsOperation();
        backups.MapGet("/recovery-sheet", State).WithName("getRecoveryState");
        backups.MapPost("/recovery-sheet", MakeSheet).WithName("makeRecoverySheet").Require("manage:backups");
        backups.MapPost("/recover", Recover).WithName("recoverBackups").Require("manage:backups");
    }

    /// <summary>Keep the same backup at another place too, byte by byte, and read it back there.</summary>
    internal static async Task<Results<Accepted<OperationView>, Problem>> Keep(Guid id, KeepBackup request, OCoreDb db, Caller caller, OperationQueue queue, OperationKinds kinds, TimeProvider time, CancellationToken stop)
    {
        if (await db.Backups.SingleOrDefaultAsync(b => b.Id == id, stop) is not { } backup)
            return Problem.NotFound;
        if (!backup.IsUsable || backup.Manifest is null)
            return BackupProblems.NotUsable(backup);
        var (target, problem) = await BackupTargetEndpoints.ChooseAsync(db, request.Target, backup.OrgId, backup.RootId, stop);
        if (problem is not null)
            return problem;
        if (await db.Backups.AnyAsync(b => (b.Id == backup.Id || b.CopyOf == backup.SealedAs || b.Id == backup.CopyOf) && b.TargetId == target && b.State != BackupState.Failed, stop))
            return BackupProblems.SamePlace;
        if (target is null && await db.InTransactionAsync(() => Limits.CheckAsync(db, caller.Access.RootId, Limits.StorageGb, stop, backup.Bytes / 1e9), stop) is { } full)
            return full;
        var operation = await BackupCopies.BeginAsync(db, queue, backup, target, request.Note, time.GetUtcNow(), stop);
        await db.SaveChangesAsync(stop);
        return await OperationViews.AcceptedAsync(db, operation, kinds, stop);
    }

    /// <summary>Whether the last recovery sheet still opens everything.</summary>
    internal static async Task<Ok<RecoveryState>> State(OCoreDb db, CancellationToken stop)
    {
        var keys = await db.BackupKeys.AsNoTracking().Select(k => k.HandedOutAt).ToListAsync(stop);
        return TypedResults.Ok(new RecoveryState { Keys = keys.Count, Missing = keys.Count(k => k is null), LastSheetAt = keys.Max() });
    }

    /// <summary>
    /// Hand out the keys of the organization's backups and of its clients', with the places where they are: enough, with a place, to
    /// restore on an installation that knows nothing of them. It stands in the audit log, of each organization whose key it is.
    /// </summary>
    internal static async Task<Results<Ok<RecoverySheet>, Problem>> MakeSheet(OCoreDb db, Caller caller, BackupStores stores, Settings settings, TimeProvider time, HttpResponse response, CancellationToken stop)
    {
        var keys = await db.BackupKeys.OrderBy(k => k.Id).ToListAsync(stop);
        if (keys.Count == 0)
            return BackupProblems.NoKeys;
        var owners = keys.Select(k => k.OrgId).Append(caller.OrgId).Distinct().ToList();
        var names = await db.Organizations.AsNoTracking().Where(o => owners.Contains(o.Id)).ToDictionaryAsync(o => o.Id, o => o.Name, stop);
        var targets = await db.BackupTargets.AsNoTracking().OrderBy(t => t.Id).ToListAsync(stop);
        foreach (var key in keys)
        {
            key.HandedOutAt = time.GetUtcNow();
            db.Record("backup_key.handed_out", key.OrgId, key);
        }
        await db.SaveChangesAsync(stop);
        response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(new RecoverySheet
        {
            Installation = settings.PublicUrl.ToString(), Organization = names.GetValueOrDefault(caller.OrgId), MadeAt = time.GetUtcNow(),
            Keys = [.. keys.Select(k => new RecoveryKey { Id = k.Fingerprint, Organization = names.GetValueOrDefault(k.OrgId), Key = Convert.ToBase64String(stores.Unseal(k)) })],
            Places = [.. targets.Select(t => new RecoveryPlace { Name = t.Name, Endpoint = t.Endpoint, Region = t.Region, Bucket = t.Bucket, Prefix = t.Prefix, AccessKey = t.AccessKey })],
        });
    }

    /// <summary>
    /// Look in a place for backups that the keys of a sheet open, and put them into the list. What is there already stays as it is, so
    /// it may be asked for again. They are read back before anything is made of them, as always.
    /// </summary>
    internal static async Task<Results<Ok<RecoveredBackups>, Problem>> Recover(RecoverBackups request, OCoreDb db, Caller caller, BackupStores stores, BackupRecovery recovery, CancellationToken stop)
    {
        if (KeysOf(request.Sheet) is not { } keys)
            return BackupProblems.SheetUnreadable;
        var (target, problem) = await BackupTargetEndpoints.ChooseAsync(db, request.Target, caller.OrgId, caller.Access.RootId, stop);
        if (problem is not null)
            return problem;
        // In oCore's own directory lies everybody's, in an agency's bucket that of all its clients.
        if (target is null && !caller.Access.IsOperator)
            return GateProblems.OperatorOnly;
        if (target is { } bucket && !await db.BackupTargets.AnyAsync(t => t.Id == bucket, stop))
            return BackupProblems.TargetNotFound;
        var folders = (await db.Backups.AsNoTracking().Where(b => b.TargetId == target).ToListAsync(stop)).Select(b => b.Folder).ToHashSet();
        try
        {
            var (found, counts) = await recovery.LookAsync(db, caller.OrgId, caller.Access.RootId, target, keys, folders, stop);
            var here = await db.BackupKeys.Where(k => k.OrgId == caller.OrgId).Select(k => k.Fingerprint).ToListAsync(stop);
            foreach (var used in found.Select(b => b.KeyId!).Distinct().Except(here))
                db.Add(stores.Seal(keys[used], caller.OrgId, caller.Access.RootId, isForeign: true));
            db.AddRange(found);
            await db.SaveChangesAsync(stop);
            return TypedResults.Ok(counts);
        }
        catch (StoreAwayException)
        {
            return BackupProblems.Later;
        }
    }

    private static Dictionary<string, byte[]>? KeysOf(RecoverySheet sheet)
    {
        if (sheet.Format != 1)
            return null;
        var keys = new Dictionary<string, byte[]>();
        foreach (var key in sheet.Keys)
        {
            var bytes = new byte[BackupKey.Length];
            // A letter that was copied wrongly shows in the name of the key.
            if (key is null || !Convert.TryFromBase64String(key.Key, bytes, out var length) || length != bytes.Length || BackupKey.FingerprintOf(bytes) != key.Id)
                return null;
            keys[key.Id] = bytes;
        }
        return keys;
    }
}
