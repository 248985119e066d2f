using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Platform.Data;

namespace OCore.Features.AuditLog;

internal sealed record AuditChangeValue(string? Before, string? After);

/// <summary>One thing that somebody did. Written in the transaction of what was done; never changed.</summary>
[GlobalEntity("Outlives the organization it speaks of, so it has a filter of its own and no foreign key.")]
internal sealed class AuditEntry
{
    public Guid Id { get; init; }
    public Guid OrgId { get; init; }
    public Guid RootId { get; init; }
    public DateTimeOffset At { get; init; }
    public required string Action { get; init; }
    public Guid? ActorId { get; init; }
    public required string Actor { get; init; }
    public Guid? OnBehalfOf { get; init; }
    public Guid? ApiKeyId { get; init; }
    public Guid? OperationId { get; init; }
    public string? ObjectType { get; init; }
    public string? ObjectId { get; init; }
    public string? ObjectName { get; init; }
    public string? Ip { get; init; }
    public string? UserAgent { get; init; }
    public required IReadOnlyDictionary<string, AuditChangeValue> Changes { get; init; }
}

internal sealed class AuditEntryMapping : IEntityTypeConfiguration<AuditEntry>
{
    public void Configure(EntityTypeBuilder<AuditEntry> entity)
    {
        entity.ToTable("AuditLog");
        entity.Property(e => e.Action).HasMaxLength(80);
        entity.Property(e => e.Actor).HasMaxLength(200);
        entity.Property(e => e.Changes).HasJson();
        entity.HasIndex(e => new { e.OrgId, e.Id });
        entity.HasIndex(e => new { e.RootId, e.Id });
    }
}
