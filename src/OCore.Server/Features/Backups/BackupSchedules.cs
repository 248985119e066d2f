using System.Globalization;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Branding;
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
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30), Late = TimeSpan.FromMinutes(15);
    private static readonly PermissionSet MayManage = Permissions.Of(["manage:backups"]);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await RunAsync(stoppingToken);
            await Task.Delay(Interval, time, stoppingToken);
        }
    }

    internal async Task RunAsync(CancellationToken stop)
    {
        await using var db = databases.System();
        var now = time.GetUtcNow();
        foreach (var schedule in await db.BackupSchedules.AcrossTenants().Where(s => s.Enabled).ToListAsync(stop))
            await OneAsync($"the schedule of {schedule.InstanceName}", () => LookAsync(db, schedule, now, stop));
        foreach (var backup in await db.Backups.AcrossTenants().Where(b => b.KeepUntil != null && b.KeepUntil < now).ToListAsync(stop))
            await OneAsync($"an old backup of {backup.InstanceName}", () => DeleteAsync(db, backup, stop));
    }

    // One that fails keeps nobody from theirs.
    private async Task OneAsync(string what, Func<Task> work)
    {
        try
        {
            await work();
        }
        catch (ProblemException busy)
        {
            log.LogDebug(busy, "{What} waits for another operation", what);
        }
        catch (Exception e) when (e is not OperationCanceledException)
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
        foreach (var old in BackupRetention.Expired(await db.Backups.AcrossTenants().Where(b => b.InstanceId == instance.Id && b.Database == null && b.KeepUntil == null).ToListAsync(stop), schedule, now))
            await OneAsync($"an old backup of {old.InstanceName}", () => DeleteAsync(db, old, stop));
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

    private async Task TellAsync(OCoreDb db, BackupSchedule schedule, DateTimeOffset now, CancellationToken stop)
    {
        var last = await LastVerifiedAsync(db.Backups.AcrossTenants(), schedule.InstanceId, stop);
        var patience = TimeSpan.FromHours(schedule.AlarmAfterHours);
        var (overdue, told) = (now - (last ?? schedule.ChangedAt) > patience, schedule.AlarmedAt);
        DateTimeOffset? mark = overdue ? now : null;
        if (overdue ? now - told < TimeSpan.FromDays(1) : told is null)
            return;
        await db.InTransactionAsync(async () =>
        {
            // Of several replicas the first tells.
            if (await db.BackupSchedules.AcrossTenants().Where(s => s.Id == schedule.Id && s.AlarmedAt == told).ExecuteUpdateAsync(s => s.SetProperty(x => x.AlarmedAt, mark), stop) == 0 || !overdue)
                return 0;
            foreach (var address in await PeopleAsync(db, schedule, stop))
                outbox.Add(db, address, Content(schedule, last), about: schedule.Id);
            db.Record("backup.overdue", schedule.OrgId, schedule);
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
        var all = await db.Backups.AcrossTenants().AsNoTracking().Where(b => b.InstanceId == schedule.InstanceId && b.Database == null && (b.CreatedAt >= from || b.State == BackupState.Verified)).ToListAsync(stop);
        var (ofTime, newest) = (all.Where(b => b.CreatedAt >= from && b.CreatedAt < now).ToList(), all.Where(b => b.State == BackupState.Verified).MaxBy(b => b.TakenAt));
        var sentence = new ReportSentence(schedule.InstanceName, from, now, ofTime.Count(b => b.IsUsable), ofTime.Count(b => b.State == BackupState.Verified), ofTime.Count(b => b.State is BackupState.Failed or BackupState.Damaged),
            newest?.TakenAt, newest is null ? null : Size(newest.Bytes), schedule.NextAt, schedule.Zone);
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

    private static string Size(long bytes) => bytes >= 1L << 30 ? string.Create(CultureInfo.InvariantCulture, $"{bytes / (double)(1L << 30):0.0} GB") : string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0.1, bytes / (double)(1L << 20)):0.0} MB");

    /// <summary>When what was verified last was taken: its data is that old, however late it was verified.</summary>
    public static async Task<DateTimeOffset?> LastVerifiedAsync(IQueryable<Backup> backups, Guid instance, CancellationToken stop) =>
        await backups.Where(b => b.InstanceId == instance && b.Database == null && b.State == BackupState.Verified).OrderByDescending(b => b.TakenAt).Select(b => b.TakenAt).FirstOrDefaultAsync(stop);

    private async Task DeleteAsync(OCoreDb db, Backup backup, CancellationToken stop)
    {
        await using var scope = scopes.CreateAsyncScope();
        await BackupEndpoints.BeginDeletingAsync(db, scope.ServiceProvider.GetRequiredService<OperationQueue>(), backup, stop);
        await db.SaveChangesAsync(stop);
        OperationSignals.WorkQueued();
    }

    // Those who run it: the agency's people for its clients' instances.
    private static async Task<IReadOnlyList<string>> PeopleAsync(OCoreDb db, BackupSchedule schedule, CancellationToken stop)
    {
        var members = await db.Members.AcrossTenants().AsNoTracking().Where(m => m.OrgId == schedule.RootId && m.User.DisabledAt == null)
            .Join(db.OrgRoles.AcrossTenants(), m => m.RoleId, r => r.Id, (m, r) => new { m.User.Email, r.Permissions }).ToListAsync(stop);
        return [.. members.Where(m => Permissions.Of(m.Permissions).Has(MayManage)).Select(m => m.Email!)];
    }

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
