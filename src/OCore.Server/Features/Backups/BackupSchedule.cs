using Cronos;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Client;
using OCore.Platform.Data;

namespace OCore.Features.Backups;

/// <summary>When an instance is backed up by itself, and how much of it is kept.</summary>
internal sealed class BackupSchedule : IAgencyShared, IAudited
{
    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public Guid RootId { get; set; }
    public required Guid InstanceId { get; init; }
    public required string InstanceName { get; set; }
    public bool Enabled { get; set; }
    public required string Cron { get; set; }
    public required string TimeZone { get; set; }
    public Guid? TargetId { get; set; }
    /// <summary>Whether <see cref="TargetId"/> was chosen, null too; otherwise the default of the day is taken.</summary>
    public bool TargetChosen { get; set; }
    /// <summary>Whether each is copied to a second place, and to which; null then is oCore's own directory.</summary>
    public bool Copies { get; set; }
    public Guid? CopyTargetId { get; set; }
    public int KeepDaily { get; set; }
    public int KeepWeekly { get; set; }
    public int KeepMonthly { get; set; }
    public bool Verify { get; set; }
    public int AlarmAfterHours { get; set; }
    /// <summary>How often people are told of the backups of an instance by mail; null: never.</summary>
    public BackupReportEvery? ReportEvery { get; set; }
    public List<string> ReportTo { get; set; } = [];
    [NotAudited] public DateTimeOffset? ReportAt { get; set; }
    [NotAudited] public DateTimeOffset? NextAt { get; set; }
    [NotAudited] public DateTimeOffset? LastAt { get; set; }
    [NotAudited] public int Missed { get; set; }
    [NotAudited] public DateTimeOffset? AlarmedAt { get; set; }
    public DateTimeOffset ChangedAt { get; set; }

    /// <summary>The next time after <paramref name="after"/>; null where there is none any more.</summary>
    public DateTimeOffset? Next(DateTimeOffset after) => CronExpression.Parse(Cron).GetNextOccurrence(after, Zone)?.ToUniversalTime();

    /// <summary>How many times lie after the one at <paramref name="first"/> until <paramref name="until"/>, that one not counted.</summary>
    public int FurtherUntil(DateTimeOffset first, DateTimeOffset until)
    {
        var (count, at) = (0, Next(first));
        for (; at <= until && count < 1000; count++)
            at = Next(at.Value);
        return count;
    }

    /// <summary>In the morning, of each day, each Monday or the first of each month.</summary>
    public DateTimeOffset? NextReport(DateTimeOffset after) => ReportEvery is not { } every || ReportTo.Count == 0 ? null
        : CronExpression.Parse(every switch { BackupReportEvery.Day => "0 7 * * *", BackupReportEvery.Week => "0 7 * * 1", _ => "0 7 1 * *" }).GetNextOccurrence(after, Zone)?.ToUniversalTime();

    public TimeZoneInfo Zone => TimeZoneInfo.FindSystemTimeZoneById(TimeZone);

    string IAudited.AuditNoun => "backup_schedule";
    string IAudited.AuditName => InstanceName;
}

internal sealed class BackupScheduleMapping : IEntityTypeConfiguration<BackupSchedule>
{
    public void Configure(EntityTypeBuilder<BackupSchedule> entity)
    {
        entity.ToTable("BackupSchedules");
        entity.HasIndex(s => s.InstanceId).IsUnique();
        entity.HasIndex(s => s.NextAt);
        entity.Property(s => s.ReportTo).HasJson();
    }
}
