using System.ComponentModel.DataAnnotations;

namespace OCore.Client;

public enum BackupReportEvery { Day, Week, Month }

public sealed record BackupScheduleView
{
    public required Guid InstanceId { get; init; }
    public required bool Enabled { get; init; }
    public required string Cron { get; init; }
    public required string TimeZone { get; init; }
    public Ref? Target { get; init; }
    /// <summary>A second place, to which each is copied.</summary>
    public Ref? CopyTarget { get; init; }
    /// <summary>Of when the newest is that lies at the second place.</summary>
    public DateTimeOffset? LastCopyAt { get; init; }
    public required int KeepDaily { get; init; }
    public required int KeepWeekly { get; init; }
    public required int KeepMonthly { get; init; }
    public required bool Verify { get; init; }
    public required int AlarmAfterHours { get; init; }
    /// <summary>How often a report of the backups goes out by mail; null: never.</summary>
    public BackupReportEvery? ReportEvery { get; init; }
    public IReadOnlyList<string> ReportTo { get; set; } = [];
    public DateTimeOffset? NextReportAt { get; init; }
    public DateTimeOffset? NextAt { get; init; }
    public DateTimeOffset? LastAt { get; init; }
    /// <summary>Runs that fell out since it was set, and were made up for by one.</summary>
    public required int Missed { get; init; }
    public DateTimeOffset? LastVerifiedAt { get; init; }
    /// <summary>There is a verified backup that is younger than the alarm allows.</summary>
    public required bool Fresh { get; init; }
}

public sealed record SaveBackupSchedule
{
    public bool Enabled { get; set; } = true;
    /// <summary>Minute, hour, day of the month, month, day of the week.</summary>
    [Required, MaxLength(100)] public required string Cron { get; init; }
    /// <summary>For example <c>Europe/Berlin</c>; UTC where it is absent.</summary>
    [MaxLength(64)] public string? TimeZone { get; init; }
    [MaxLength(100)] public string? Target { get; init; }
    /// <summary>A second place, to which each is copied once it is verified: id or name of a target, or <c>local</c>. None where absent.</summary>
    [MaxLength(100)] public string? CopyTarget { get; init; }
    [Range(1, 366)] public int KeepDaily { get; set; } = 7;
    [Range(0, 104)] public int KeepWeekly { get; set; } = 4;
    [Range(0, 120)] public int KeepMonthly { get; set; } = 3;
    public bool Verify { get; set; } = true;
    [Range(1, 2400)] public int AlarmAfterHours { get; set; } = 26;
    /// <summary>A report of the backups by mail, in the morning: each <c>day</c>, <c>week</c> or <c>month</c>. None where absent.</summary>
    public BackupReportEvery? ReportEvery { get; init; }
    /// <summary>Who gets it: e-mail addresses. A client's people get it in the brand of their portal.</summary>
    [MaxLength(20)] public IReadOnlyList<string>? ReportTo { get; init; }
}
