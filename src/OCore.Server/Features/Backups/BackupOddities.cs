using Microsoft.EntityFrameworkCore;
using OCore.Platform.Data;

namespace OCore.Features.Backups;

/// <summary>
/// What is strange about a backup beside those before it. It may be whole and verified all the same: a database that was emptied backs
/// up well.
/// </summary>
internal static class BackupOddities
{
    public const string Empty = "empty", NoFiles = "no_files", SizeChanged = "size_changed", Slow = "slow";
    private const int Beside = 7, EnoughForSpeed = 3;
    private const double Grown = 1.5, Shrunk = 0.5, Slower = 3;
    // Below this, what else the machines do decides.
    private const double SlowSeconds = 30;

    /// <param name="before">Those that were taken before it, the newest first.</param>
    public static List<string> Of(Backup backup, IReadOnlyList<Backup> before)
    {
        var found = new List<string>();
        if (backup.Manifest is not { } manifest)
            return found;
        if (manifest.DatabasePart.Bytes == 0 || manifest.Rows.GetValueOrDefault("res_users", 1) == 0)
            found.Add(Empty);
        if (manifest.FileCount == 0 && before.Any(b => b.Manifest is { FileCount: > 0 }))
            found.Add(NoFiles);
        if (Median(before.Select(b => (double)b.Bytes)) is > 0 and var size && (backup.Bytes > size * Grown || backup.Bytes < size * Shrunk))
            found.Add(SizeChanged);
        var times = before.Select(b => b.TakeSeconds).OfType<double>().ToList();
        if (times.Count >= EnoughForSpeed && backup.TakeSeconds is { } took && took > Math.Max(SlowSeconds, Median(times)!.Value * Slower))
            found.Add(Slow);
        return found;
    }

    /// <summary>Holds it against those before it and keeps what was found; saved by the caller.</summary>
    public static async Task JudgeAsync(OCoreDb db, Backup backup, DateTimeOffset now, CancellationToken stop)
    {
        if (backup.InstanceId is null || backup.TakenAt is not { } at)
            return;
        var before = (await db.Backups.AsNoTracking().Where(b => b.InstanceId == backup.InstanceId && b.Database == backup.Database && b.CopyOf == null && b.Id != backup.Id && b.TakenAt < at)
            .OrderByDescending(b => b.TakenAt).Take(Beside * 2).ToListAsync(stop)).Where(b => b.IsUsable && b.Reason != "import").Take(Beside).ToList();
        backup.Oddities = Of(backup, before);
        backup.OddAt = backup.Oddities.Count > 0 ? backup.OddAt ?? now : null;
    }

    /// <summary>In a sentence, for mails.</summary>
    public static string Sentence(string oddity) => oddity switch
    {
        Empty => "There is next to nothing in the database.",
        NoFiles => "There are no files in it; there were before.",
        SizeChanged => "Its size is more than half larger or smaller than that of those before it.",
        _ => "Taking it took more than three times as long as before.",
    };

    private static double? Median(IEnumerable<double> values) => values.Order().ToList() is { Count: > 0 } sorted ? sorted[sorted.Count / 2] : null;
}
