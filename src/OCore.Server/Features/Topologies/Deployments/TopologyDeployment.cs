using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Client;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Data;

namespace OCore.Features.Topologies.Deployments;

/// <summary>What a deployment would do, as it was worked out once. It is never changed.</summary>
internal sealed class TopologyPlan : IAgencyShared
{
    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public Guid RootId { get; set; }
    public Guid TopologyId { get; init; }
    public required string Hash { get; init; }
    /// <summary>What was asked for, to work it out again when it is to be done.</summary>
    public required PlanTopology Request { get; init; }
    public required TopologyPlanView View { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
}

/// <summary>What runs of a topology: wanted state, as the last plan had it.</summary>
internal sealed class TopologyDeployment : IAgencyShared, IAudited
{
    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public Guid RootId { get; set; }
    public Guid TopologyId { get; init; }
    public required string Name { get; set; }
    public Guid? InstanceId { get; set; }
    /// <summary><c>deploying</c>, <c>active</c>, <c>changing</c> or <c>destroying</c>.</summary>
    public required string Status { get; set; }
    public int Generation { get; set; }
    [NotAudited] public required string PlanHash { get; set; }
    /// <summary>The drawing it was deployed from, as <see cref="Topology.DrawingDigest"/> has it.</summary>
    [NotAudited] public required string DrawingDigest { get; set; }
    [NotAudited] public required Layout Layout { get; set; }
    /// <summary>While it changes: what it comes from.</summary>
    [NotAudited] public Layout? Before { get; set; }
    /// <summary>Passwords between its nodes.</summary>
    [Secret] public required string SecretsSealed { get; set; }
    public DateTimeOffset? DeployedAt { get; set; }

    string IAudited.AuditNoun => "topology_deployment";
    string IAudited.AuditName => Name;
}

/// <summary>A node that runs, or should: who looks at a server finds by this what it carries.</summary>
internal sealed class DeployedNode : IAgencyShared
{
    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public Guid RootId { get; set; }
    public Guid TopologyId { get; init; }
    public required string NodeId { get; init; }
    public NodeType Type { get; init; }
    public required string Label { get; set; }
    public Guid? ServerId { get; set; }
    public required string Container { get; set; }
    public TopologyNodeState State { get; set; } = TopologyNodeState.Waiting;
    public string? Message { get; set; }
    public string? Role { get; set; }
    public Dictionary<string, string> Figures { get; set; } = [];
    public IReadOnlyList<NodeDrift> Drift { get; set; } = [];
    public DateTimeOffset? MeasuredAt { get; set; }
}

/// <summary>The keys of a bucket.</summary>
internal sealed class TopologyCredential : IAgencyShared, IAudited
{
    public const string Secret = "topology.credential";

    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public Guid RootId { get; set; }
    public Guid TopologyId { get; init; }
    public required string Name { get; init; }
    public required string AccessKey { get; set; }
    [Secret] public required string SecretKeySealed { get; set; }

    string IAudited.AuditNoun => "topology_credential";
    string IAudited.AuditName => Name;
}

internal sealed class TopologyDeploymentMapping : IEntityTypeConfiguration<TopologyPlan>, IEntityTypeConfiguration<TopologyDeployment>, IEntityTypeConfiguration<DeployedNode>, IEntityTypeConfiguration<TopologyCredential>
{
    public void Configure(EntityTypeBuilder<TopologyPlan> entity)
    {
        entity.ToTable("TopologyPlans");
        entity.HasIndex(p => new { p.TopologyId, p.Hash });
        entity.Property(p => p.Request).HasJson();
        entity.Property(p => p.View).HasJson();
        entity.HasOne<Topology>().WithMany().HasForeignKey(p => new { p.RootId, p.TopologyId }).HasPrincipalKey(t => new { t.RootId, t.Id }).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<TopologyDeployment> entity)
    {
        entity.ToTable("TopologyDeployments");
        entity.HasIndex(d => d.TopologyId).IsUnique();
        entity.Property(d => d.Layout).HasJson();
        entity.Property(d => d.Before).HasJson();
        // What runs must not be forgotten with a drawing.
        entity.HasOne<Topology>().WithMany().HasForeignKey(d => new { d.RootId, d.TopologyId }).HasPrincipalKey(t => new { t.RootId, t.Id }).OnDelete(DeleteBehavior.Restrict);
    }

    public void Configure(EntityTypeBuilder<DeployedNode> entity)
    {
        entity.ToTable("DeployedNodes");
        entity.HasIndex(n => new { n.TopologyId, n.NodeId }).IsUnique();
        entity.HasIndex(n => n.ServerId);
        entity.Property(n => n.Figures).HasJson();
        entity.Property(n => n.Drift).HasJson();
        entity.HasOne<Topology>().WithMany().HasForeignKey(n => new { n.RootId, n.TopologyId }).HasPrincipalKey(t => new { t.RootId, t.Id }).OnDelete(DeleteBehavior.Restrict);
    }

    public void Configure(EntityTypeBuilder<TopologyCredential> entity)
    {
        entity.ToTable("TopologyCredentials");
        entity.HasIndex(c => new { c.TopologyId, c.Name }).IsUnique();
        entity.HasOne<Topology>().WithMany().HasForeignKey(c => new { c.RootId, c.TopologyId }).HasPrincipalKey(t => new { t.RootId, t.Id }).OnDelete(DeleteBehavior.Cascade);
    }
}
