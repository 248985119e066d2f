using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Client;
using OCore.Features.Organizations;
using OCore.Features.Servers;
using OCore.Features.Templates;
using OCore.Platform.Data;

namespace OCore.Features.Instances;

/// <summary>One Odoo: a container, a database, a filestore and a route at its server's edge. Wanted state; what is measured is apart.</summary>
internal sealed class Instance : IAgencyShared, IAudited
{
    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public Guid RootId { get; set; }
    public required string Name { get; set; }
    public required string Slug { get; set; }
    public Guid ServerId { get; init; }
    public Guid? TemplateId { get; set; }
    public required string OdooVersion { get; init; }
    public required string OdooEdition { get; init; }
    public required string Image { get; set; }
    public required string Domain { get; set; }
    /// <summary>The one that it serves; its role in PostgreSQL bears the same name. Others lie beside it as <see cref="Databases.InstanceDatabase"/>.</summary>
    public required string Database { get; set; }
    /// <summary>While that one is renamed, the name that it will have, or had: nobody else gets it.</summary>
    [NotAudited] public string? ReservedDatabase { get; set; }
    public int Workers { get; set; }
    public int MemoryMb { get; set; }
    public double? Cpus { get; set; }
    [SettingsWithSecrets] public Dictionary<string, string> EnvVars { get; set; } = [];
    [SettingsWithSecrets] public Dictionary<string, string> Config { get; set; } = [];
    public List<string> Modules { get; set; } = [];
    public List<string> Languages { get; set; } = [];
    public bool DemoData { get; init; }
    [Secret] public List<TemplateRepository> Repositories { get; set; } = [];
    /// <summary>The state of its sources that it runs with, until its modules are changed.</summary>
    [NotAudited] public List<SourcePin> Sources { get; set; } = [];
    [Secret] public string? RegistrationCodeSealed { get; set; }

    [Secret] public required string DatabasePasswordSealed { get; init; }
    [Secret] public required string MasterPasswordSealed { get; init; }
    /// <summary>Signs the one-time links that open Odoo.</summary>
    [Secret] public required string ConnectKeySealed { get; init; }
    /// <summary>The administrator's first password, until it was shown.</summary>
    [Secret] public string? AdminPasswordSealed { get; set; }
    /// <summary>The topology that carries it; null where it runs on one server.</summary>
    public Guid? TopologyId { get; init; }
    /// <summary>Its nodes and what they share, as <see cref="OdooCluster"/>.</summary>
    [Secret] public string? ClusterSealed { get; set; }
    /// <summary>Where its load balancer is reached; null where its server's edge says it.</summary>
    public string? PublicUrl { get; set; }

    /// <summary>The domain of its owner's own that people are sent to; null for the generated <see cref="Domain"/>.</summary>
    public string? PrimaryHost { get; set; }

    /// <summary>What a person wants: running or not. The operation says so when it begins, and who asked for it stands in the audit log with the request.</summary>
    [NotAudited] public bool WantRunning { get; set; } = true;
    /// <summary>The settings that the container runs with, as a hash; differs from the wanted ones until a restart.</summary>
    [NotAudited] public string? AppliedSettings { get; set; }
    /// <summary>The same, key by key with secrets masked, to show what a restart would change.</summary>
    [NotAudited] public Dictionary<string, string>? AppliedKeys { get; set; }
    [NotAudited] public InstanceStatus Status { get; set; } = InstanceStatus.Creating;
    [NotAudited] public string? StatusMessage { get; set; }
    /// <summary>As the edge measured it: healthy, unhealthy or unknown.</summary>
    [NotAudited] public string Health { get; set; } = "unknown";
    [NotAudited] public DateTimeOffset? HealthAt { get; set; }
    [NotAudited] public InstanceUse? Use { get; set; }
    [NotAudited] public DateTimeOffset? StartedAt { get; set; }
    public DateTimeOffset CreatedAt { get; init; }

    public Organization Organization { get; init; } = null!;
    public Server Server { get; init; } = null!;
    public Template? Template { get; init; }

    /// <summary>Before it exists: the names it will have.</summary>
    public Instance Renamed(string slug, string domain, string database)
    {
        (Slug, Domain, Database) = (slug, domain, database);
        return this;
    }

    string IAudited.AuditNoun => "instance";
    string IAudited.AuditName => Name;
}

internal sealed class InstanceMapping : IEntityTypeConfiguration<Instance>
{
    public void Configure(EntityTypeBuilder<Instance> entity)
    {
        entity.ToTable("Instances");
        entity.HasIndex(i => i.Slug).IsUnique();
        entity.HasIndex(i => i.Domain).IsUnique();
        entity.HasIndex(i => new { i.ServerId, i.Database }).IsUnique();
        entity.Property(i => i.EnvVars).HasJson();
        entity.Property(i => i.Config).HasJson();
        entity.Property(i => i.Modules).HasJson();
        entity.Property(i => i.Languages).HasJson();
        entity.Property(i => i.Repositories).HasJson();
        entity.Property(i => i.Sources).HasJson();
        entity.Property(i => i.Use).HasJson();
        entity.Property(i => i.AppliedKeys).HasJson();
        entity.HasOne(i => i.Organization).WithMany().HasForeignKey(i => i.OrgId).OnDelete(DeleteBehavior.Restrict);
        entity.HasOne(i => i.Server).WithMany().HasForeignKey(i => new { i.RootId, i.ServerId }).HasPrincipalKey(s => new { s.RootId, s.Id }).OnDelete(DeleteBehavior.Restrict);
        entity.HasOne(i => i.Template).WithMany().HasForeignKey(i => new { i.RootId, i.TemplateId }).HasPrincipalKey(t => new { t.RootId, t.Id }).OnDelete(DeleteBehavior.Restrict);
    }
}
