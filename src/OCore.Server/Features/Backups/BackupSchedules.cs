using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Branding;
using OCore.Features.Organizations;
using OCore.Features.Webhooks;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Mail;
using OCore.Platform.Operations;
using OCore.Platform.Security;

namespace OCore.Features.Backups;

/// <summary>
/// Takes the backups that are due, removes those that are kept no longer, and tells people where there is no fresh one. A run that
/// fell out, because oCore or the server was away, is made up for by one, and counted.
/// </summary>
internal sealed class BackupSchedules(OCoreDbFactory databases, IServiceScopeFactory scopes, Outbox outbox, BrandMails brands, Settings settings, TimeProvider time, ILogger<BackupSchedules> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30), Late = TimeSpan.FromMinutes(15), CopyAgain = TimeSpan.FromHours(6);
    private static readonly PermissionSet MayManage = Permissions.Of(["manage:backups"]);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunAsync(stoppingToken);
            }
            catch (Exception e) when (e.IsFault(stoppingToken))
            {
                log.LogError(e, "Looking after backups failed");
            }
            await Task.Delay(Interval, time, stoppingToken);
        }
    }

    internal async Task RunAsync(CancellationToken stop)
    {
        await using var db = databases.System();
        var now = time.GetUtcNow();
        foreach (var schedule in await db.BackupSchedules.AcrossTenants().Where(s => s.Enabled).ToListAsync(stop))
            await OneAsync($"the schedule of {schedule.InstanceName}", () => LookAsync(db, schedule, now, stop), stop);
        foreach (var odd in await db.Backups.AcrossTenants().Where(b => b.OddAt != null && b.OddToldAt == null).ToListAsync(stop))
            await OneAsync($"an unusual backup of {odd.InstanceName}", () => TellOddAsync(db, odd, now, stop), stop);
        foreach (var backup in await db.Backups.AcrossTenants().Where(b => b.KeepUntil != null && b.KeepUntil < now).ToListAsync(stop))
            await OneAsync($"an old backup of {backup.InstanceName}", () => DeleteAsync(db, backup, stop), stop);
    }

    // One that fails keeps nobody from theirs.
    private async Task OneAsync(string what, Func<Task> work, CancellationToken stop)
    {
        try
        {
            await work();
        }
        catch (ProblemException busy)
        {
            log.LogDebug(busy, "{What} waits for another operation", what);
        }
        catch (Exception e) when (e.IsFault(stop))
        {
            log.LogWarning(e, "Looking after {What} failed; it is tried again", what);
        }
    }

    private async Task LookAsync(OCoreDb db, BackupSchedule schedule, DateTimeOffset now, CancellationToken stop)
    {
        if (await db.Instances.AcrossTenants().SingleOrDefaultAsync(i => i.Id == schedule.InstanceId, stop) is not { } instance)
        {
            db.Remove(schedule);
            await db.SaveChangesAsync(stop);
            return;
        }
        if (schedule.NextAt <= now && instance.Status is not (InstanceStatus.Creating or InstanceStatus.Removing))
            await TakeAsync(schedule, now, stop);
        await TellAsync(db, schedule, now, stop);
        if (schedule.ReportAt <= now)
            await ReportAsync(schedule.Id, now, stop);
        var all = await db.Backups.AcrossTenants().Where(b => b.InstanceId == instance.Id && b.Database == null && b.KeepUntil == null).ToListAsync(stop);
        if (schedule.Copies)
            await OneAsync($"a second place for {instance.Name}", () => KeepAsync(schedule, all, now, stop), stop);
        // Each place for itself: what is kept at the second does not depend on the first.
        foreach (var place in all.Where(b => b.Reason == "schedule" || b.CopyOf == null).GroupBy(b => b.CopyOf == null))
            foreach (var old in BackupRetention.Expired(place, schedule, now))
                await OneAsync($"an old backup of {old.InstanceName}", () => DeleteAsync(db, old, stop), stop);
    }

    private async Task TakeAsync(BackupSchedule seen, DateTimeOffset now, CancellationToken stop)
    {
        // A context of its own: what is refused for a lock leaves nothing to save.
        await using var db = databases.System();
        await using var scope = scopes.CreateAsyncScope();
        var instance = await db.Instances.AcrossTenants().SingleAsync(i => i.Id == seen.InstanceId, stop);
        var schedule = await db.BackupSchedules.AcrossTenants().SingleAsync(s => s.Id == seen.Id, stop);
        if (schedule.NextAt is not { } due || due > now)
            return;
        var target = schedule.TargetChosen ? schedule.TargetId : await BackupStores.DefaultAsync(db, instance.OrgId, instance.RootId, stop);
        var missed = schedule.FurtherUntil(due, now) + (now - due > Late ? 1 : 0);
        var backup = Backup.Of(instance, target, "schedule", missed > 0 ? $"Makes up for {missed} {(missed == 1 ? "run" : "runs")} that fell out." : null, now);
        db.Add(backup);
        await BackupEndpoints.BeginAsync(db, scope.ServiceProvider.GetRequiredService<OperationQueue>(), backup, instance, schedule.Verify, stop);
        (schedule.LastAt, schedule.NextAt, schedule.Missed, schedule.InstanceName) = (now, schedule.Next(now), schedule.Missed + missed, instance.Name);
        if (missed > 0)
            db.Record("backup.missed", instance.OrgId, backup);
        await db.SaveChangesAsync(stop);
        OperationSignals.WorkQueued();
    }

    /// <summary>The newest that is good, at the second place too; one that did not get there is tried again after a while.</summary>
    private async Task KeepAsync(BackupSchedule schedule, IReadOnlyList<Backup> all, DateTimeOffset now, CancellationToken stop)
    {
        if (all.Where(b => b is { Reason: "schedule", CopyOf: null } && b.TargetId != schedule.CopyTargetId && (b.State == BackupState.Verified || b.State == BackupState.Intact && !schedule.Verify)).MaxBy(b => b.TakenAt) is not { } newest)
            return;
        if (all.Any(b => b.CopyOf == newest.SealedAs && b.TargetId == schedule.CopyTargetId && (b.State != BackupState.Failed || now - b.CreatedAt < CopyAgain)))
            return;
        // A context of its own: what is refused for a lock leaves nothing to save.
        await using var db = databases.System();
        await using var scope = scopes.CreateAsyncScope();
        var backup = await db.Backups.AcrossTenants().SingleAsync(b => b.Id == newest.Id, stop);
        await BackupCopies.BeginAsync(db, scope.ServiceProvider.GetRequiredService<OperationQueue>(), backup, schedule.CopyTargetId, null, now, stop);
        await db.SaveChangesAsync(stop);
        OperationSignals.WorkQueued();
    }

    /// <summary>Of when the newest is that lies at the second place.</summary>
    public static async Task<DateTimeOffset?> LastCopyAsync(IQueryable<Backup> backups, BackupSchedule schedule, CancellationToken stop) =>
        await backups.Where(b => b.InstanceId == schedule.InstanceId && b.Database == null && b.CopyOf != null && b.TargetId == schedule.CopyTargetId && (b.State == BackupState.Verified || b.State == BackupState.Intact))
            .OrderByDescending(b => b.TakenAt).Select(b => b.TakenAt).FirstOrDefaultAsync(stop);

    private async Task TellOddAsync(OCoreDb db, Backup odd, DateTimeOffset now, CancellationToken stop) => await db.InTransactionAsync(async () =>
    {
        // Of several replicas the first tells.
        if (await db.Backups.AcrossTenants().Where(b => b.Id == odd.Id && b.OddToldAt == null).ExecuteUpdateAsync(s => s.SetProperty(b => b.OddToldAt, now), stop) == 0)
            return 0;
        foreach (var address in await PeopleAsync(db, odd.RootId, stop))
            outbox.Add(db, address, OddContent(odd), about: odd.Id);
        db.Record("backup.odd", odd.OrgId, odd);
        await WebhookAsync(db, $"backup:{odd.Id}:odd", "backup.odd", odd.OrgId, odd.RootId, now, new { odd.Id, odd.InstanceId, odd.InstanceName, odd.Database, odd.Oddities, odd.Bytes, odd.TakeSeconds }, stop);
        return await db.SaveChangesAsync(stop);
    }, stop);

    private static async Task WebhookAsync(OCoreDb db, string key, string happened, Guid org, Guid root, DateTimeOffset now, object data, CancellationToken stop) =>
        await new WebhookTelling(db, await db.Set<Webhook>().AcrossTenants().AsNoTracking().Where(w => w.IsActive).ToListAsync(stop), now).TellAsync(key, happened, org, root, now, data, stop);

    private async Task TellAsync(OCoreDb db, BackupSchedule schedule, DateTimeOffset now, CancellationToken stop)
    {
        var last = await LastVerifiedAsync(db.Backups.AcrossTenants(), schedule.InstanceId, stop);
        var patience = TimeSpan.FromHours(schedule.AlarmAfterHours);
        var copied = schedule.Copies ? await LastCopyAsync(db.Backups.AcrossTenants(), schedule, stop) : null;
        var stale = now - (last ?? schedule.ChangedAt) > patience;
        var (overdue, told) = (stale || schedule.Copies && now - (copied ?? schedule.ChangedAt) > patience, schedule.AlarmedAt);
        DateTimeOffset? mark = overdue ? now : null;
        if (overdue ? now - told < TimeSpan.FromDays(1) : told is null)
            return;
        await db.InTransactionAsync(async () =>
        {
            // Of several replicas the first tells.
            if (await db.BackupSchedules.AcrossTenants().Where(s => s.Id == schedule.Id && s.AlarmedAt == told).ExecuteUpdateAsync(s => s.SetProperty(x => x.AlarmedAt, mark), stop) == 0 || !overdue)
                return 0;
            foreach (var address in await PeopleAsync(db, schedule.RootId, stop))
                outbox.Add(db, address, stale ? Content(schedule, last) : CopyContent(schedule, copied), about: schedule.Id);
            db.Record("backup.overdue", schedule.OrgId, schedule);
            await WebhookAsync(db, $"backup-schedule:{schedule.Id}:{now.ToUnixTimeSeconds()}", "backup.overdue", schedule.OrgId, schedule.RootId, now,
                new { schedule.InstanceId, schedule.InstanceName, LastVerifiedAt = last, LastCopyAt = copied, schedule.AlarmAfterHours }, stop);
            return await db.SaveChangesAsync(stop);
        }, stop);
    }

    private async Task ReportAsync(Guid id, DateTimeOffset now, CancellationToken stop)
    {
        await using var db = databases.System();
        var schedule = await db.BackupSchedules.AcrossTenants().AsNoTracking().SingleAsync(s => s.Id == id, stop);
        if (schedule.ReportAt is not { } due || due > now || schedule.ReportEvery is not { } every)
            return;
        var from = every switch { BackupReportEvery.Day => due.AddDays(-1), BackupReportEvery.Week => due.AddDays(-7), _ => due.AddMonths(-1) };
        var all = await db.Backups.AcrossTenants().AsNoTracking().Where(b => b.InstanceId == schedule.InstanceId && b.Database == null && b.CopyOf == null && (b.CreatedAt >= from || b.State == BackupState.Verified)).ToListAsync(stop);
        var (ofTime, newest) = (all.Where(b => b.CreatedAt >= from && b.CreatedAt < now).ToList(), all.Where(b => b.State == BackupState.Verified).MaxBy(b => b.TakenAt));
        var sentence = new ReportSentence(schedule.InstanceName, from, now, ofTime.Count(b => b.IsUsable), ofTime.Count(b => b.State == BackupState.Verified), ofTime.Count(b => b.State is BackupState.Failed or BackupState.Damaged),
            newest?.TakenAt, newest is null ? null : Sizes.Of(newest.Bytes), schedule.NextAt, schedule.Zone);
        await db.InTransactionAsync(async () =>
        {
            // Of several replicas the first tells.
            var next = schedule.NextReport(now);
            if (await db.BackupSchedules.AcrossTenants().Where(s => s.Id == id && s.ReportAt == due).ExecuteUpdateAsync(s => s.SetProperty(x => x.ReportAt, next), stop) == 0)
                return 0;
            foreach (var address in schedule.ReportTo)
            {
                var look = await brands.OfRecipientAsync(db, address, schedule.OrgId, stop);
                outbox.Add(db, address, MailContent.For(look, look.Texts.ReportSubject(schedule.InstanceName), look.Texts.Report(sentence)) with
                {
                    Action = (look.Texts.ShowReport.Label, new Uri(look.Address, $"/instances/{schedule.InstanceId}?tab=backups")),
                    Footnote = look.Texts.ShowReport.Footnote(schedule.InstanceName),
                }, about: schedule.Id);
            }
            return await db.SaveChangesAsync(stop);
        }, stop);
    }

    /// <summary>When what was verified last was taken: its data is that old, however late it was verified.</summary>
    public static async Task<DateTimeOffset?> LastVerifiedAsync(IQueryable<Backup> backups, Guid instance, CancellationToken stop) =>
        await backups.Where(b => b.InstanceId == instance && b.Database == null && b.CopyOf == null && b.State == BackupState.Verified).OrderByDescending(b => b.TakenAt).Select(b => b.TakenAt).FirstOrDefaultAsync(stop);

    private async Task DeleteAsync(OCoreDb db, Backup backup, CancellationToken stop)
    {
        await using var scope = scopes.CreateAsyncScope();
        await BackupEndpoints.BeginDeletingAsync(db, scope.ServiceProvider.GetRequiredService<OperationQueue>(), backup, stop);
        await db.SaveChangesAsync(stop);
        OperationSignals.WorkQueued();
    }

    // Those who run it: the agency's people for its clients' instances.
    private static Task<IReadOnlyList<string>> PeopleAsync(OCoreDb db, Guid root, CancellationToken stop) => db.EmailsOfThoseWhoMayAsync(root, MayManage, stop);

    private MailContent OddContent(Backup odd) => new(Brand.Product, $"An unusual backup of {odd.InstanceName}",
        [
            $"The backup of {odd.InstanceName}{(odd.Database is { } database ? $" ({database})" : "")} of {odd.TakenAt:d MMMM yyyy, HH:mm} UTC is not like those before it.",
            .. odd.Oddities.Select(BackupOddities.Sentence),
            "It may be right all the same. See that what should be in it is there while the older ones are still kept.",
        ])
    {
        Action = ("Show the backups", new Uri(settings.PublicUrl, $"/instances/{odd.InstanceId}?tab=backups")),
        Footnote = "You get this because you may manage backups.",
    };

    private MailContent CopyContent(BackupSchedule schedule, DateTimeOffset? copied) => new(Brand.Product, $"No fresh copy of the backups of {schedule.InstanceName}",
        [
            copied is { } at ? $"The last backup of {schedule.InstanceName} that lies at its second place is of {at:d MMMM yyyy, HH:mm} UTC. There should be one that is not older than {schedule.AlarmAfterHours} hours."
                : $"No backup of {schedule.InstanceName} has come to its second place since its schedule was set.",
            "See how the last copies ended, and test the backup target.",
        ])
    {
        Action = ("Show the instance", new Uri(settings.PublicUrl, $"/instances/{schedule.InstanceId}?tab=backups")),
        Footnote = "You get this because you may manage backups.",
    };

    private MailContent Content(BackupSchedule schedule, DateTimeOffset? last) => new(Brand.Product, $"No fresh backup of {schedule.InstanceName}",
        [
            last is { } at ? $"The last backup of {schedule.InstanceName} that was verified is of {at:d MMMM yyyy, HH:mm} UTC. There should be one that is not older than {schedule.AlarmAfterHours} hours."
                : $"No backup of {schedule.InstanceName} has been verified since its schedule was set.",
            "See how the last ones ended, and that the server and the backup target are reachable.",
        ])
    {
        Action = ("Show the instance", new Uri(settings.PublicUrl, $"/instances/{schedule.InstanceId}")),
        Footnote = "You get this because you may manage backups.",
    };
}
