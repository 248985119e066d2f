using OCore.Client;

namespace OCore.Cli.Output;

/// <summary>Backups, their places and schedules.</summary>
internal static partial class Views
{
    public static readonly View<BackupView> Backup = new View<BackupView>(b => b.Id.ToString())
        .Column("id", b => b.Id)
        .Column("instance", b => b.Database is { } further ? $"{b.InstanceName} ({further})" : b.InstanceName)
        .Column("state", b => Cell.Status(b.State))
        .Column("why", b => b.Reason)
        .Column("size", b => Words.Bytes(b.Bytes))
        .Column("target", b => b.Target?.Name ?? "local")
        .Column("taken", b => b.TakenAt)
        .Field("Id", b => b.Id)
        .Field("Instance", b => b.InstanceName)
        .Field("Further database", b => b.Database)
        .Field("Organization", b => b.Organization.Name)
        .Field("State", b => Cell.Status(b.State))
        .Field("Wrong", b => b.Fault is { } fault ? new Cell($"{b.FaultCode}: {fault}", Tone.Bad) : default)
        .Field("Why", b => b.Reason)
        .Field("Note", b => b.Note)
        .Field("Target", b => b.Target?.Name ?? "local")
        .Field("Odoo", b => $"{b.OdooVersion} {b.OdooEdition}")
        .Field("PostgreSQL", b => b.PostgresVersion)
        .Field("Size", b => Words.Bytes(b.Bytes))
        .Field("Database", b => b.DatabaseBytes is { } bytes ? Words.Bytes(bytes) : null)
        .Field("Files", b => b.Files is { } files ? $"{files}, {Words.Bytes(b.FilestoreBytes ?? 0)}" : null)
        .Field("Modules", b => b.Modules?.ToString())
        .Field("Taken", b => b.TakenAt)
        .Field("Read back", b => b.CheckedAt)
        .Field("Verified", b => b.VerifiedAt)
        .Field("Taking took", b => b.TakeSeconds is { } seconds ? $"{seconds:0.0} s" : null)
        .Field("Strange", b => b.Oddities.Count > 0 ? new Cell(string.Join(", ", b.Oddities), Tone.Warn) : default)
        .Field("Copy of", b => b.CopyOf)
        .Field("Restoring took", b => b.VerifySeconds is { } seconds ? $"{seconds:0.0} s" : null)
        .Field("Kept until", b => b.KeepUntil)
        .Field("Operation", b => b.OperationId)
        .Field("Begun", b => b.CreatedAt);

    public static readonly View<RecoveryState> RecoveryState = new View<RecoveryState>(r => r.Keys.ToString())
        .Field("Keys", r => r.Keys)
        .Field("On no sheet yet", r => r.Missing > 0 ? new Cell(r.Missing.ToString(), Tone.Warn) : new Cell("0"))
        .Field("Last sheet", r => r.LastSheetAt);

    public static readonly View<RecoveredBackups> RecoveredBackups = new View<RecoveredBackups>(r => r.Recovered.ToString())
        .Field("Found there", r => r.Found)
        .Field("Recovered", r => r.Recovered)
        .Field("Known already", r => r.Known)
        .Field("Not opened by the sheet", r => r.Closed);

    public static readonly View<RestorePlan> RestorePlan = new View<RestorePlan>(p => p.Possible ? "possible" : "refused")
        .Field("Possible", p => p.Possible)
        .Field("Against it", p => string.Join('\n', p.Findings))
        .Field("Steps", p => string.Join('\n', p.Steps));

    public static readonly View<BackupTargetView> BackupTarget = new View<BackupTargetView>(t => t.Id.ToString())
        .Column("name", t => t.Name)
        .Column("endpoint", t => t.Endpoint)
        .Column("bucket", t => t.Bucket)
        .Column("default", t => t.IsDefault)
        .Column("backups", t => t.Backups)
        .Column("size", t => Words.Bytes(t.Bytes))
        .Field("Id", t => t.Id)
        .Field("Name", t => t.Name)
        .Field("Kind", t => t.Kind)
        .Field("Endpoint", t => t.Endpoint)
        .Field("Region", t => t.Region)
        .Field("Bucket", t => t.Bucket)
        .Field("Prefix", t => t.Prefix)
        .Field("Access key", t => t.AccessKey)
        .Field("Default", t => t.IsDefault)
        .Field("Append only", t => t.AppendOnly)
        .Field("Holds", t => $"{t.Backups} backups, {Words.Bytes(t.Bytes)}")
        .Field("Tested", t => t.TestedAt)
        .Field("Test", t => t.TestError is { } error ? new Cell(error, Tone.Bad) : default);

    public static readonly View<BackupScheduleView> BackupSchedule = new View<BackupScheduleView>(s => s.InstanceId.ToString())
        .Field("Enabled", s => s.Enabled)
        .Field("Cron", s => $"{s.Cron} ({s.TimeZone})")
        .Field("Target", s => s.Target?.Name)
        .Field("Copied to", s => s.CopyTarget?.Name)
        .Field("Last copy", s => s.LastCopyAt)
        .Field("Kept", s => $"{s.KeepDaily} daily, {s.KeepWeekly} weekly, {s.KeepMonthly} monthly")
        .Field("Verified", s => s.Verify)
        .Field("Report", s => s.ReportEvery is { } every ? $"every {Words.Snake(every.ToString())} to {string.Join(", ", s.ReportTo)}" : null)
        .Field("Next", s => s.NextAt)
        .Field("Last", s => s.LastAt)
        .Field("Fell out", s => s.Missed)
        .Field("Last verified", s => s.LastVerifiedAt)
        .Field("Fresh", s => s.Fresh ? new Cell($"yes: younger than {s.AlarmAfterHours} hours", Tone.Good) : new Cell($"no: none is younger than {s.AlarmAfterHours} hours", Tone.Warn));
}
