using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Client;
using OCore.Platform.Data;

namespace OCore.Features.Monitoring;

/// <summary>A threshold on a figure, and for how long it has to be crossed before somebody is told.</summary>
internal sealed class AlertRule : IOrgOwned, IAudited
{
    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public required string Name { get; set; }
    /// <summary>server or instance.</summary>
    public required string Subject { get; init; }
    public Guid? SubjectId { get; init; }
    public required string Metric { get; init; }
    public required bool Above { get; init; }
    public double Threshold { get; set; }
    public int ForSeconds { get; set; }
    public List<string> Emails { get; set; } = [];
    public bool IsActive { get; set; } = true;
    public DateTimeOffset CreatedAt { get; init; }

    public MetricName Measure => MetricNames.Of(Subject).First(m => m.Name == Metric);
    public bool IsCrossedBy(double value) => Above ? value > Threshold : value < Threshold;

    string IAudited.AuditNoun => "alert_rule";
    string IAudited.AuditName => Name;
}

/// <summary>That a threshold is crossed: first only watched, then raised, in the end cleared.</summary>
internal sealed class Alert : IOrgOwned
{
    public static readonly TimeSpan KeepFor = TimeSpan.FromDays(92);

    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public Guid RuleId { get; init; }
    public Guid SubjectId { get; init; }
    public required string SubjectName { get; set; }
    public double Value { get; set; }
    public DateTimeOffset Since { get; init; }
    public DateTimeOffset? RaisedAt { get; set; }
    public DateTimeOffset? ClearedAt { get; set; }

    public AlertRule Rule { get; init; } = null!;

    public AlertView ToView() => new()
    {
        Id = Id, RuleId = RuleId, Rule = Rule.Name, Subject = Rule.Subject, SubjectId = SubjectId, SubjectName = SubjectName, Metric = Rule.Metric, Unit = Rule.Measure.Unit,
        Value = Value, RaisedAt = RaisedAt!.Value, ClearedAt = ClearedAt,
    };
}

internal sealed class AlertMapping : IEntityTypeConfiguration<AlertRule>, IEntityTypeConfiguration<Alert>
{
    public void Configure(EntityTypeBuilder<AlertRule> entity)
    {
        entity.ToTable("AlertRules");
        entity.HasAlternateKey(r => new { r.OrgId, r.Id });
        entity.Property(r => r.Name).HasMaxLength(100);
        entity.Property(r => r.Subject).HasMaxLength(20);
        entity.Property(r => r.Metric).HasMaxLength(30);
        entity.Property(r => r.Emails).HasJson();
        entity.Ignore(r => r.Measure);
    }

    public void Configure(EntityTypeBuilder<Alert> entity)
    {
        entity.ToTable("Alerts");
        entity.Property(a => a.SubjectName).HasMaxLength(200);
        entity.HasIndex(a => a.ClearedAt);
        // One open alert for each thing, whoever looks.
        entity.HasIndex(a => new { a.RuleId, a.SubjectId }).IsUnique().HasFilter("\"ClearedAt\" IS NULL");
        entity.HasOne(a => a.Rule).WithMany().HasForeignKey(a => new { a.OrgId, a.RuleId }).HasPrincipalKey(r => new { r.OrgId, r.Id }).OnDelete(DeleteBehavior.Cascade);
    }
}
