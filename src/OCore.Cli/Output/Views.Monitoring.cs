using OCore.Cli.Commands;
using OCore.Client;

namespace OCore.Cli.Output;

/// <summary>Figures and alerts.</summary>
internal static partial class Views
{
    public static readonly View<MetricsView> Metrics = new View<MetricsView>(_ => "")
        .Field("From", m => m.From)
        .Field("To", m => m.To)
        .Field("Seconds", m => m.ResolutionSeconds);

    public static readonly View<AlertRuleView> AlertRule = new View<AlertRuleView>(r => r.Id.ToString())
        .Column("id", r => r.Id)
        .Column("name", r => r.Name)
        .Column("of", r => r.Of is null ? $"every {r.Subject}" : r.Of.Name)
        .Column("when", Condition)
        .Column("active", r => r.IsActive)
        .Column("raised", r => r.Raised == 0 ? new Cell("0", Tone.Dim) : new Cell(r.Raised.ToString(), Tone.Bad))
        .Field("Id", r => r.Id)
        .Field("Name", r => r.Name)
        .Field("Of", r => r.Of is null ? $"every {r.Subject}" : r.Of.Name)
        .Field("When", Condition)
        .Field("Mails", r => r.Emails.Count == 0 ? null : string.Join(", ", r.Emails))
        .Field("Active", r => r.IsActive)
        .Field("Raised now", r => r.Raised);

    public static readonly View<AlertView> Alert = new View<AlertView>(a => a.Id.ToString())
        .Column("raised", a => a.RaisedAt)
        .Column("over", a => a.ClearedAt)
        .Column("rule", a => a.Rule)
        .Column("of", a => a.SubjectName)
        .Column("value", a => $"{a.Metric} {MonitoringCommands.Text(a.Value, a.Unit)}");

    private static Cell Condition(AlertRuleView r) => new($"{r.Metric} {r.When} {MonitoringCommands.Text(r.Threshold, r.Unit)} for {r.ForSeconds} s");
}
