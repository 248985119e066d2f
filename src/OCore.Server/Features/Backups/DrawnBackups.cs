using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Platform.Data;
using OCore.Platform.Operations;
using OCore.Platform.Security;

namespace OCore.Features.Backups;

/// <summary>The bucket that a topology's drawing keeps the backups of its instance in.</summary>
internal sealed record DrawnBucket(Guid OrgId, Guid RootId, string Name, string Endpoint, string? Region, string Bucket, string Prefix, string AccessKey, string SecretKey);

/// <summary>How the backups that a drawing asked for are; the target may have been deleted, and the schedule may be somebody else's by now.</summary>
internal sealed record DrawnState(BackupTarget? Target, BackupSchedule? Schedule, DateTimeOffset? LastVerifiedAt);

/// <summary>
/// A backup that is drawn becomes what a person would make by hand: a target, and a schedule of the instance. From then on both are the
/// instance's and can be changed there.
/// </summary>
internal sealed class DrawnBackups(BackupStores stores, SecretBox secrets, TimeProvider time)
{
    /// <summary>The same for the same topology and node, so that a deployment that is tried again finds what it made.</summary>
    public static Guid TargetOf(Guid topology, string node) => new(SHA256.HashData(Encoding.UTF8.GetBytes($"{topology:N} {node}"))[..16]);

    /// <exception cref="StepRefusedException">Nothing can be kept there.</exception>
    public async Task EnsureAsync(OCoreDb db, Guid id, DrawnBucket wanted, Instance instance, CancellationToken stop)
    {
        var now = time.GetUtcNow();
        var target = await db.BackupTargets.SingleOrDefaultAsync(t => t.Id == id, stop);
        if (target is null)
        {
            var taken = await db.BackupTargets.AnyAsync(t => t.OrgId == wanted.OrgId && t.Name == wanted.Name, stop);
            db.Add(target = new BackupTarget
            {
                Id = id, OrgId = wanted.OrgId, RootId = wanted.RootId, Name = taken ? $"{wanted.Name} {id.ToString("N")[..6]}" : wanted.Name,
                Endpoint = "", Bucket = "", Prefix = "", AccessKey = "", SecretKeySealed = "", CreatedAt = now,
            });
        }
        (target.Endpoint, target.Region, target.Bucket, target.AccessKey) = (wanted.Endpoint.TrimEnd('/'), wanted.Region, wanted.Bucket, wanted.AccessKey);
        (target.Prefix, target.SecretKeySealed) = (BackupTargetEndpoints.PrefixOf(wanted.Prefix), secrets.Seal(wanted.SecretKey, BackupStores.TargetSecret, id));
        if ((await BackupTargetEndpoints.TryAsync(stores, target, time, stop)).Error is { } error)
            throw new StepRefusedException("target_fails", $"Backups cannot be kept in the bucket {wanted.Bucket}: {error}", "Correct the bucket or its credential, and deploy again.");
        (target.TestedAt, target.TestError) = (now, null);
        if (!await db.BackupSchedules.AnyAsync(s => s.InstanceId == instance.Id, stop))
            db.Add(Daily(instance, id, now));
        await db.SaveChangesAsync(stop);
    }

    // At night, and not all in the same minute.
    private static BackupSchedule Daily(Instance instance, Guid target, DateTimeOffset now)
    {
        var otherwise = new SaveBackupSchedule { Cron = $"{instance.Id.ToByteArray()[15] % 60} 2 * * *" };
        var schedule = new BackupSchedule
        {
            OrgId = instance.OrgId, RootId = instance.RootId, InstanceId = instance.Id, InstanceName = instance.Name, Enabled = true, Cron = otherwise.Cron, TimeZone = "UTC", TargetId = target, TargetChosen = true,
            KeepDaily = otherwise.KeepDaily, KeepWeekly = otherwise.KeepWeekly, KeepMonthly = otherwise.KeepMonthly, Verify = otherwise.Verify, AlarmAfterHours = otherwise.AlarmAfterHours, ChangedAt = now,
        };
        schedule.NextAt = schedule.Next(now);
        return schedule;
    }

    /// <summary>The schedule goes with the instance. The target stays as long as backups are there, so that they can be restored, and where others are to be kept there by now.</summary>
    public static async Task RemoveAsync(OCoreDb db, Guid id, Guid? instance, CancellationToken stop)
    {
        if (await db.BackupSchedules.SingleOrDefaultAsync(s => s.InstanceId == instance && s.TargetId == id, stop) is { } schedule)
            db.Remove(schedule);
        var used = await db.Backups.AnyAsync(b => b.TargetId == id, stop) || await db.BackupSchedules.AnyAsync(s => s.InstanceId != instance && (s.TargetId == id || s.CopyTargetId == id), stop);
        if (!used && await db.BackupTargets.SingleOrDefaultAsync(t => t.Id == id && !t.IsDefault, stop) is { } target)
            db.Remove(target);
        await db.SaveChangesAsync(stop);
    }

    public static async Task<DrawnState> StateAsync(OCoreDb db, Guid id, Guid? instance, CancellationToken stop) => new(
        await db.BackupTargets.AsNoTracking().SingleOrDefaultAsync(t => t.Id == id, stop), await db.BackupSchedules.AsNoTracking().SingleOrDefaultAsync(s => s.InstanceId == instance, stop),
        instance is { } one ? await BackupSchedules.LastVerifiedAsync(db.Backups, one, stop) : null);

    /// <summary>Whether the bucket answers: asked for something that need not be there.</summary>
    public async Task<string?> WhyNotAsync(BackupTarget target, CancellationToken stop)
    {
        try
        {
            using var store = stores.Open(target);
            await using var read = await store.OpenAsync("ocore-probe", stop);
            return null;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (StoreAwayException away)
        {
            return away.Message;
        }
    }
}
