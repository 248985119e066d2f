using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Client;
using OCore.Platform.Data;

namespace OCore.Features.Topologies;

/// <summary>The architecture of a demanding Odoo: what is drawn, and how high availability is reached.</summary>
internal sealed class Topology : IAgencyShared, IAudited
{
    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public Guid RootId { get; set; }
    public required string Name { get; set; }
    public string? Description { get; set; }
    /// <summary>Too long for a line of the audit log; <see cref="DrawingDigest"/> tells there that it changed.</summary>
    [NotAudited] public TopologyData Drawing { get; private set; } = new() { Nodes = [], Edges = [] };
    public string DrawingDigest { get; private set; } = HashOf(new() { Nodes = [], Edges = [] });
    public LoadBalancerType LbType { get; private set; }
    // No foreign keys: a server may go, and the drawing stays and says what it lacks.
    public Guid? LbServerId { get; private set; }
    public FilestoreType FilestoreType { get; private set; }
    public bool RedisEnabled { get; private set; }
    public Guid? RedisServerId { get; private set; }
    public bool PgFailoverEnabled { get; private set; }
    public bool RepairDrift { get; set; }
    /// <summary>Every server that the drawing and the settings name.</summary>
    [NotAudited] public List<Guid> ServerIds { get; private set; } = [];
    [NotAudited] public int Version { get; private set; } = 1;
    public DateTimeOffset CreatedAt { get; init; }
    [NotAudited] public DateTimeOffset UpdatedAt { get; private set; }

    public HaConfig Ha => new() { LbType = LbType, LbServerId = LbServerId, FilestoreType = FilestoreType, RedisEnabled = RedisEnabled, RedisServerId = RedisServerId, PgFailoverEnabled = PgFailoverEnabled };

    public void Draw(TopologyData drawing, HaConfig ha, DateTimeOffset now)
    {
        Drawing = drawing;
        DrawingDigest = HashOf(drawing);
        (LbType, LbServerId, FilestoreType, RedisEnabled, RedisServerId, PgFailoverEnabled) = (ha.LbType, ha.LbServerId, ha.FilestoreType, ha.RedisEnabled, ha.RedisServerId, ha.PgFailoverEnabled);
        ServerIds = [.. DrawingShape.ServersOf(drawing).Concat([ha.LbServerId, ha.RedisServerId]).OfType<Guid>().Distinct().Order()];
        Touch(now);
    }

    public void Touch(DateTimeOffset now)
    {
        Version++;
        UpdatedAt = now;
    }

    private static string HashOf(TopologyData drawing) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(drawing, JsonSerializerOptions.Web))))[..16];

    string IAudited.AuditNoun => "topology";
    string IAudited.AuditName => Name;
}

internal sealed class TopologyMapping : IEntityTypeConfiguration<Topology>
{
    public void Configure(EntityTypeBuilder<Topology> entity)
    {
        entity.ToTable("Topologies");
        entity.HasAlternateKey(t => new { t.RootId, t.Id });
        entity.Ignore(t => t.Ha);
        entity.Property(t => t.Drawing).HasJson();
        entity.Property(t => t.ServerIds).HasJson();
        entity.Property(t => t.Version).IsConcurrencyToken();
    }
}

internal static class HaSettings
{
    /// <summary>What is not given stays; switching something off forgets where it was.</summary>
    public static HaConfig With(this HaConfig ha, UpdateHaConfig? change) => change is null ? ha : new()
    {
        LbType = change.LbType ?? ha.LbType,
        LbServerId = change.LbServerId ?? (change.LbType == LoadBalancerType.None ? null : ha.LbServerId),
        FilestoreType = change.FilestoreType ?? ha.FilestoreType,
        RedisEnabled = change.RedisEnabled ?? ha.RedisEnabled,
        RedisServerId = change.RedisServerId ?? (change.RedisEnabled == false ? null : ha.RedisServerId),
        PgFailoverEnabled = change.PgFailoverEnabled ?? ha.PgFailoverEnabled,
    };
}
