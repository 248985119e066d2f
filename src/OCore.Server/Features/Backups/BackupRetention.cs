using System.Globalization;
using OCore.Client;

namespace OCore.Features.Backups;

/// <summary>
/// What of an instance's scheduled backups may go: of the last days, weeks and months that have a verified one the newest of each
/// stays. Only what was verified counts, and the last that was verified always stays.
/// </summary>
internal static class BackupRetention
{
    /// <summary>How long one that was never verified is kept beside newer ones that were.</summary>
    public static readonly TimeSpan UnverifiedKept = TimeSpan.FromDays(7);

    public static IReadOnlyList<Backup> Expired(IEnumerable<Backup> backups, BackupSchedule schedule, DateTimeOffset now)
    {
        var all = backups.Where(b => b.State != BackupState.Pending).ToList();
        var verified = all.Where(b => b.State == BackupState.Verified).OrderByDescending(TakenAt).ToList();
        if (verified.Count == 0)
            return [];
        var zone = schedule.Zone;
        var kept = new HashSet<Guid> { verified[0].Id };
        Keep(schedule.KeepDaily, day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture));
        Keep(schedule.KeepWeekly, day => $"{ISOWeek.GetYear(day)}-{ISOWeek.GetWeekOfYear(day)}");
        Keep(schedule.KeepMonthly, day => day.ToString("yyyy-MM", CultureInfo.InvariantCulture));
        return [.. all.Where(b => b.Reason == "schedule" && (b.State == BackupState.Verified ? !kept.Contains(b.Id) : TakenAt(b) < TakenAt(verified[0]) && now - TakenAt(b) > UnverifiedKept))];

        void Keep(int count, Func<DateTime, string> period)
        {
            foreach (var newest in verified.GroupBy(b => period(TimeZoneInfo.ConvertTime(TakenAt(b), zone).DateTime)).Take(count))
                kept.Add(newest.First().Id);
        }
    }

    private static DateTimeOffset TakenAt(Backup backup) => backup.TakenAt ?? backup.CreatedAt;
}
