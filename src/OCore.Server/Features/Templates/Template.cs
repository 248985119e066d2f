using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Features.Servers;
using OCore.Platform.Data;

namespace OCore.Features.Templates;

internal sealed record TemplateRepository(string Url, string? Branch, string? DeployKeySealed, string? TokenSealed = null);

/// <summary>Settings from which instances are made.</summary>
internal sealed class Template : IAgencyShared, IAudited
{
    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public Guid RootId { get; set; }
    public required string Name { get; set; }
    public string? Description { get; set; }
    public required string OdooVersion { get; set; }
    public required string OdooEdition { get; set; }
    public int DefaultWorkers { get; set; }
    [SettingsWithSecrets] public Dictionary<string, string> DefaultEnvVars { get; set; } = [];
    public List<string> ModuleList { get; set; } = [];
    public bool IsPublic { get; set; }
    public string? Image { get; set; }
    [Secret] public List<TemplateRepository> Repositories { get; set; } = [];
    public int? MemoryMb { get; set; }
    public double? Cpus { get; set; }
    public List<string> Languages { get; set; } = [];
    public bool DemoData { get; set; }
    [SettingsWithSecrets] public Dictionary<string, string> Config { get; set; } = [];
    public DateTimeOffset CreatedAt { get; init; }
    [NotAudited] public DateTimeOffset UpdatedAt { get; set; }

    string IAudited.AuditNoun => "template";
    string IAudited.AuditName => Name;
}

/// <summary>
/// A database initialised once on a server for one (version, edition, modules, languages, demo, sources), of which instances are
/// clones. Several templates with the same settings share it; it never holds anybody's data.
/// </summary>
internal sealed class TemplateCache : IAgencyShared
{
    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public Guid RootId { get; set; }
    public Guid ServerId { get; init; }
    /// <summary>The hash of everything that decides the content.</summary>
    public required string Key { get; init; }
    /// <summary>The same without the state of the sources, as a template can tell it.</summary>
    public required string Wish { get; init; }
    public required string Database { get; init; }
    public required string Image { get; init; }
    /// <summary>building, ready, failed or removing.</summary>
    public required string Status { get; set; }
    public string? Error { get; set; }
    public DateTimeOffset? ReadyAt { get; set; }
    public DateTimeOffset LastUsedAt { get; set; }
    /// <summary>Since when no template asks for it; removed when that is long enough ago.</summary>
    public DateTimeOffset? UnusedSince { get; set; }
    public long? SizeBytes { get; set; }
    public List<SourcePin> Sources { get; set; } = [];
}

/// <summary>The agency's own access to the Enterprise sources.</summary>
internal sealed class EnterpriseSource : IOrgOwned, IAudited
{
    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public string? GitUrl { get; set; }
    [Secret] public string? TokenSealed { get; set; }
    [Secret] public string? PrivateKeySealed { get; set; }
    /// <summary>Uploaded archives by version. One that is there is used before Git.</summary>
    [Secret] public Dictionary<string, EnterpriseArchive> Archives { get; set; } = [];
    public DateTimeOffset UpdatedAt { get; set; }

    string IAudited.AuditNoun => "enterprise_access";
    string IAudited.AuditName => GitUrl ?? "archive";
}

internal sealed class TemplateMapping : IEntityTypeConfiguration<Template>, IEntityTypeConfiguration<TemplateCache>, IEntityTypeConfiguration<EnterpriseSource>
{
    public void Configure(EntityTypeBuilder<Template> entity)
    {
        entity.ToTable("Templates");
        entity.HasAlternateKey(t => new { t.RootId, t.Id });
        entity.Property(t => t.DefaultEnvVars).HasJson();
        entity.Property(t => t.ModuleList).HasJson();
        entity.Property(t => t.Repositories).HasJson();
        entity.Property(t => t.Languages).HasJson();
        entity.Property(t => t.Config).HasJson();
    }

    public void Configure(EntityTypeBuilder<TemplateCache> entity)
    {
        entity.ToTable("TemplateCaches");
        entity.HasIndex(c => new { c.ServerId, c.Key }).IsUnique();
        entity.Property(c => c.Sources).HasJson();
        entity.HasOne<Server>().WithMany().HasForeignKey(c => new { c.RootId, c.ServerId }).HasPrincipalKey(s => new { s.RootId, s.Id }).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<EnterpriseSource> entity)
    {
        entity.ToTable("EnterpriseSources");
        entity.HasIndex(s => s.OrgId).IsUnique();
        entity.Property(s => s.Archives).HasJson();
    }
}
