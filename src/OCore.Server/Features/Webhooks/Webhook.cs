using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Platform.Data;

namespace OCore.Features.Webhooks;

/// <summary>An address that wants to know what happens.</summary>
internal sealed class Webhook : IOrgOwned, IAudited
{
    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public required string Name { get; set; }
    public required string Url { get; set; }
    public List<string> Events { get; set; } = [];
    public bool IsActive { get; set; } = true;
    [Secret] public required string SecretSealed { get; set; }
    public DateTimeOffset CreatedAt { get; init; }

    public bool Wants(string happened) => Events.Count == 0 || Events.Exists(e => e == happened || e.EndsWith('.') && happened.StartsWith(e, StringComparison.Ordinal));

    string IAudited.AuditNoun => "webhook";
    string IAudited.AuditName => Name;
}

/// <summary>One event for one address, until it has arrived or is given up; kept for a while to be looked at and sent again.</summary>
internal sealed class WebhookDelivery : IOrgOwned
{
    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public Guid WebhookId { get; init; }
    /// <summary>Of what it tells: two processes that see the same write it once.</summary>
    public required string Key { get; init; }
    public required string Event { get; init; }
    public required string Body { get; init; }
    public Guid? ReplayOf { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? NextAttemptAt { get; set; }
    public DateTimeOffset? DeliveredAt { get; set; }
    public int Attempts { get; set; }
    public int? ResponseStatus { get; set; }
    public string? Error { get; set; }
}

/// <summary>What was last told of a server or an instance, to notice what is different now.</summary>
internal sealed class WebhookSeen : IAgencyShared
{
    public Guid Id { get; init; }
    public Guid OrgId { get; set; }
    public Guid RootId { get; set; }
    public required string Kind { get; init; }
    public required string Name { get; set; }
    public required string State { get; set; }
    public int Changes { get; set; }
}

/// <summary>How far the history of operations was read.</summary>
[GlobalEntity("A place in everybody's history; it says nothing of anybody.")]
internal sealed class WebhookCursor
{
    public int Id { get; init; }
    public long LastEvent { get; set; }
}

internal sealed class WebhookMapping : IEntityTypeConfiguration<Webhook>, IEntityTypeConfiguration<WebhookDelivery>, IEntityTypeConfiguration<WebhookSeen>, IEntityTypeConfiguration<WebhookCursor>
{
    public void Configure(EntityTypeBuilder<Webhook> entity)
    {
        entity.ToTable("Webhooks");
        entity.Property(w => w.Name).HasMaxLength(100);
        entity.Property(w => w.Url).HasMaxLength(1000);
        entity.HasAlternateKey(w => new { w.OrgId, w.Id });
        entity.Property(w => w.Events).HasJson();
    }

    public void Configure(EntityTypeBuilder<WebhookDelivery> entity)
    {
        entity.ToTable("WebhookDeliveries");
        entity.Property(d => d.Key).HasMaxLength(100);
        entity.Property(d => d.Event).HasMaxLength(100);
        entity.HasIndex(d => new { d.WebhookId, d.Key }).IsUnique();
        entity.HasIndex(d => d.NextAttemptAt);
        entity.HasIndex(d => d.CreatedAt);
        entity.HasOne<Webhook>().WithMany().HasForeignKey(d => new { d.OrgId, d.WebhookId }).HasPrincipalKey(w => new { w.OrgId, w.Id }).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<WebhookSeen> entity)
    {
        entity.ToTable("WebhookSeen");
        entity.Property(s => s.State).HasMaxLength(100).IsConcurrencyToken();
    }

    public void Configure(EntityTypeBuilder<WebhookCursor> entity)
    {
        entity.ToTable("WebhookCursors");
        entity.Property(c => c.Id).ValueGeneratedNever();
    }
}
