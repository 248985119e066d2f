using System.ComponentModel.DataAnnotations;
using Cronos;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Features.Plans;
using OCore.Platform.Data;
using OCore.Platform.Http;

namespace OCore.Features.Backups;

internal static class BackupScheduleEndpoints
{
    public static void Map(RouteGroupBuilder instance)
    {
        instance.MapGet("/backup-schedule", Get).WithName("getBackupSchedule").EditTag<SaveBackupSchedule>();
        instance.MapPut("/backup-schedule", Save).WithName("saveBackupSchedule").Require("manage:backups").Feature(PlanFeatures.Backups);
        instance.MapDelete("/backup-schedule", Delete).WithName("deleteBackupSchedule").Require("manage:backups");
    }

    /// <summary>When the instance is backed up by itself, and whether its backups are fresh.</summary>
    internal static async Task<Results<Ok<BackupScheduleView>, Problem>> Get(string id, OCoreDb db, TimeProvider time, CancellationToken stop)
    {
        if (await FindAsync(db, id, stop) is not ({ }, { } schedule))
            return Problem.NotFound;
        return TypedResults.Ok(await ViewAsync(db, schedule, time.GetUtcNow(), stop));
    }

    /// <summary>Back the instance up by a schedule.</summary>
    internal static async Task<Results<Ok<BackupScheduleView>, Problem>> Save(string id, SaveBackupSchedule request, OCoreDb db, TimeProvider time, CancellationToken stop)
    {
        if (await FindAsync(db, id, stop) is not ({ } instance, var schedule))
            return Problem.NotFound;
        if (!CronExpression.TryParse(request.Cron, out var cron))
            return Problem.Field("cron", "Five fields: minute, hour, day of the month, month, day of the week; for example 30 2 * * *.");
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(request.TimeZone ?? "UTC", out var zone) || request.TimeZone?.Contains('/', StringComparison.Ordinal) == false && request.TimeZone != "UTC")
            return Problem.Field("timeZone", "The name of a time zone such as Europe/Berlin, or UTC.");
        var now = time.GetUtcNow();
        if (cron.GetNextOccurrence(now, zone) is not { } next)
            return Problem.Field("cron", "It never comes to pass.");
        if (cron.GetOccurrences(next, next.AddDays(2), zone).Take(50).Count() > 48)
            return Problem.Field("cron", "More often than once an hour is not taken.");
        if (!(request.ReportTo ?? []).All(e => e.Length <= 254 && new EmailAddressAttribute().IsValid(e)))
            return Problem.Field("reportTo", "Each has to be an e-mail address.");
        if (request.ReportEvery is not null && request.ReportTo is not { Count: > 0 })
            return Problem.Field("reportTo", "A report needs somebody who reads it.");
        var (target, problem) = await BackupTargetEndpoints.ChooseAsync(db, request.Target, instance.OrgId, instance.RootId, stop);
        if (problem is not null)
            return problem;
        Guid? copyTarget = null;
        if (request.CopyTarget is not null)
        {
            (copyTarget, var unknown) = await BackupTargetEndpoints.ChooseAsync(db, request.CopyTarget, instance.OrgId, instance.RootId, stop);
            if (unknown is not null)
                return Problem.Field("copyTarget", "There is no such backup target here.", "target_not_found");
            if (copyTarget == target)
                return Problem.Field("copyTarget", "The second place has to be another than the first.", "same_place");
        }
        if (schedule is null)
            db.Add(schedule = new BackupSchedule { OrgId = instance.OrgId, RootId = instance.RootId, InstanceId = instance.Id, InstanceName = instance.Name, Cron = request.Cron, TimeZone = zone.Id });
        (schedule.Enabled, schedule.Cron, schedule.TimeZone, schedule.Verify, schedule.AlarmAfterHours) = (request.Enabled, request.Cron, zone.Id, request.Verify, request.AlarmAfterHours);
        (schedule.TargetId, schedule.TargetChosen) = (request.Target is null ? null : target, request.Target is not null);
        (schedule.Copies, schedule.CopyTargetId) = (request.CopyTarget is not null, copyTarget);
        (schedule.KeepDaily, schedule.KeepWeekly, schedule.KeepMonthly) = (request.KeepDaily, request.KeepWeekly, request.KeepMonthly);
        (schedule.NextAt, schedule.AlarmedAt, schedule.ChangedAt) = (request.Enabled ? schedule.Next(now) : null, null, now);
        (schedule.ReportEvery, schedule.ReportTo) = (request.ReportEvery, [.. (request.ReportTo ?? []).Distinct(StringComparer.OrdinalIgnoreCase)]);
        schedule.ReportAt = schedule.NextReport(now);
        await db.SaveChangesAsync(stop);
        return TypedResults.Ok(await ViewAsync(db, schedule, now, stop));
    }

    /// <summary>Back it up by schedule no more. What was taken stays.</summary>
    internal static async Task<Results<NoContent, Problem>> Delete(string id, OCoreDb db, CancellationToken stop)
    {
        if (await FindAsync(db, id, stop) is not ({ }, { } schedule))
            return Problem.NotFound;
        db.Remove(schedule);
        await db.SaveChangesAsync(stop);
        return TypedResults.NoContent();
    }

    private static async Task<(Instance?, BackupSchedule?)> FindAsync(OCoreDb db, string id, CancellationToken stop) =>
        await InstanceQueries.FindAsync(db, id, stop) is { } instance ? (instance, await db.BackupSchedules.SingleOrDefaultAsync(s => s.InstanceId == instance.Id, stop)) : (null, null);

    private static async Task<BackupScheduleView> ViewAsync(OCoreDb db, BackupSchedule s, DateTimeOffset now, CancellationToken stop)
    {
        var verified = await BackupSchedules.LastVerifiedAsync(db.Backups, s.InstanceId, stop);
        var target = await RefAsync(s.TargetId);
        var copyTarget = !s.Copies ? null : await RefAsync(s.CopyTargetId) ?? new Ref { Id = Guid.Empty, Name = "local" };
        var copied = s.Copies ? await BackupSchedules.LastCopyAsync(db.Backups, s, stop) : null;
        return new BackupScheduleView
        {
            InstanceId = s.InstanceId, Enabled = s.Enabled, Cron = s.Cron, TimeZone = s.TimeZone, Target = target, CopyTarget = copyTarget, LastCopyAt = copied, KeepDaily = s.KeepDaily, KeepWeekly = s.KeepWeekly, KeepMonthly = s.KeepMonthly, Verify = s.Verify,
            AlarmAfterHours = s.AlarmAfterHours, ReportEvery = s.ReportEvery, ReportTo = s.ReportTo, NextReportAt = s.ReportAt, NextAt = s.NextAt, LastAt = s.LastAt, Missed = s.Missed, LastVerifiedAt = verified, Fresh = verified is { } at && now - at <= TimeSpan.FromHours(s.AlarmAfterHours),
        };

        async Task<Ref?> RefAsync(Guid? id) => id is { } target ? await db.BackupTargets.AcrossTenants().Where(t => t.Id == target).Select(t => new Ref { Id = t.Id, Name = t.Name }).SingleOrDefaultAsync(stop) : null;
    }
}
