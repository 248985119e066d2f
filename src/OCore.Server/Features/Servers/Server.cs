using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Client;
using OCore.Features.Organizations;
using OCore.Platform.Data;

namespace OCore.Features.Servers;

/// <summary>A machine on which instances run. What is wanted of it is set by people; what it is, is measured.</summary>
internal sealed class Server : IAgencyShared, IAudited
{
    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public Guid RootId { get; set; }
    public required string Name { get; set; }
    public required string Host { get; init; }
    public int Port { get; init; }
    public required string User { get; init; }
    public bool IsLocal { get; init; }
    public string? BaseDomain { get; set; }
    public int EdgePort { get; init; }
    /// <summary>Where the edge takes HTTPS for the domains of instances; null where it takes none.</summary>
    public int? EdgeTlsPort { get; set; }
    /// <summary>Networks of the proxies in front of the edge, whose X-Forwarded-* is believed.</summary>
    public List<string> EdgeProxies { get; set; } = [];
    /// <summary>Visitors come to those proxies by https, on its usual port.</summary>
    public bool EdgeHttps { get; set; }
    /// <summary>The topology whose load balancer has the edge's port; the server then has no edge, and no instances by it.</summary>
    public Guid? EdgeTakenBy { get; set; }
    /// <summary>Of the server <c>local</c>: which machine that is. Every replica of oCore has another one.</summary>
    public string? MachineId { get; init; }
    /// <summary>Takes no new instances, by a person's wish.</summary>
    public bool Draining { get; set; }
    public DateTimeOffset CreatedAt { get; init; }

    public string? HostKeyType { get; set; }
    public string? HostKeyFingerprint { get; set; }
    /// <summary>The pinned key itself, base64, as known_hosts has it.</summary>
    public string? HostKey { get; set; }
    [NotAudited] public string? OfferedHostKeyType { get; set; }
    [NotAudited] public string? OfferedHostKeyFingerprint { get; set; }
    [NotAudited] public string? OfferedHostKey { get; set; }

    public string? PublicKey { get; set; }
    [Secret] public string? PrivateKeySealed { get; set; }
    /// <summary>What the customer gave for the first contact; forgotten when oCore's own key works.</summary>
    [Secret] public string? FirstCredentialSealed { get; set; }
    [Secret] public string? SudoPasswordSealed { get; set; }
    /// <summary>The superuser of the server's shared PostgreSQL.</summary>
    [Secret] public string? PostgresPasswordSealed { get; set; }

    [NotAudited] public ServerStatus Status { get; set; } = ServerStatus.Pending;
    [NotAudited] public string? StatusMessage { get; set; }
    [NotAudited] public ServerFacts? Facts { get; set; }
    [NotAudited] public ServerUse? Use { get; set; }
    [NotAudited] public DateTimeOffset? LastSeenAt { get; set; }

    /// <summary>The edge itself has the certificates: no proxy in front of it, and no load balancer in its place.</summary>
    public bool EndsTls => EdgeTlsPort is not null && !EdgeHttps && EdgeTakenBy is null;

    string IAudited.AuditNoun => "server";
    string IAudited.AuditName => Name;
}

/// <summary>A client may see this server of its agency and have instances on it by itself.</summary>
internal sealed class ServerGrant : IOrgOwned, IAudited
{
    public Guid Id { get; init; } = RowId.New();
    /// <summary>The agency, which owns the server.</summary>
    public Guid OrgId { get; set; }
    public Guid ServerId { get; init; }
    public Guid ClientId { get; init; }

    public Server Server { get; init; } = null!;
    public Organization Client { get; init; } = null!;

    string IAudited.AuditNoun => "server_grant";
    string IAudited.AuditName => Client?.Name ?? ClientId.ToString();
}

internal sealed class ServerMapping : IEntityTypeConfiguration<Server>, IEntityTypeConfiguration<ServerGrant>
{
    public void Configure(EntityTypeBuilder<Server> entity)
    {
        entity.ToTable("Servers");
        entity.HasAlternateKey(s => new { s.RootId, s.Id });
        entity.HasIndex(s => new { s.OrgId, s.Name }).IsUnique();
        entity.Property(s => s.Facts).HasJson();
        entity.Property(s => s.Use).HasJson();
        entity.Property(s => s.EdgeProxies).HasJson();
        entity.Ignore(s => s.EndsTls);
    }

    public void Configure(EntityTypeBuilder<ServerGrant> entity)
    {
        entity.ToTable("ServerGrants");
        entity.HasIndex(g => new { g.ServerId, g.ClientId }).IsUnique();
        entity.HasOne(g => g.Server).WithMany().HasForeignKey(g => new { g.OrgId, g.ServerId }).HasPrincipalKey(s => new { s.RootId, s.Id }).OnDelete(DeleteBehavior.Cascade);
        entity.HasOne(g => g.Client).WithMany().HasForeignKey(g => new { g.OrgId, g.ClientId }).HasPrincipalKey(o => new { o.RootId, o.Id }).OnDelete(DeleteBehavior.Cascade);
    }
}
