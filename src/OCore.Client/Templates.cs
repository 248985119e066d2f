using System.ComponentModel.DataAnnotations;

namespace OCore.Client;

/// <summary>Standard settings from which instances are provisioned.</summary>
public sealed record CreateTemplate
{
    [Required, MinLength(1), MaxLength(100)] public required string Name { get; init; }
    [MaxLength(1000)] public string? Description { get; init; }
    /// <summary>A version of the catalogue, for example <c>18.0</c>.</summary>
    [Required, RegularExpression(Patterns.OdooVersion)] public required string OdooVersion { get; init; }
    /// <summary><c>ce</c> (the default) or <c>ee</c>.</summary>
    [RegularExpression("^(ce|ee)$")] public string? OdooEdition { get; init; }
    /// <summary>HTTP worker processes; 0 (the default) is Odoo's threaded mode.</summary>
    [Range(0, 64)] public int? DefaultWorkers { get; init; }
    /// <summary>Settings of odoo.conf by their upper-case names, for example <c>PROXY_MODE</c>.</summary>
    public IReadOnlyDictionary<string, string>? DefaultEnvVars { get; init; }
    [MaxLength(200)] public IReadOnlyList<string>? ModuleList { get; init; }
    /// <summary>Visible to the agency's clients in their portal.</summary>
    public bool? IsPublic { get; init; }
    /// <summary>Instead of the catalogue's image for the version.</summary>
    [MaxLength(255), RegularExpression(Patterns.ImageRef)] public string? Image { get; init; }
    [MaxLength(20)] public IReadOnlyList<AddonRepository>? AddonRepositories { get; init; }
    /// <summary>Memory of each instance's container in megabytes; by workers where not given.</summary>
    [Range(256, 1048576)] public int? MemoryMb { get; init; }
    /// <summary>Processor cores of each instance's container; without limit where not given.</summary>
    [Range(0.1, 256)] public double? Cpus { get; init; }
    /// <summary>Languages to load, for example <c>fr_FR</c>.</summary>
    [MaxLength(50)] public IReadOnlyList<string>? Languages { get; init; }
    public bool? DemoData { get; init; }
    /// <summary>Further keys of odoo.conf, by their own names.</summary>
    public IReadOnlyDictionary<string, string>? Config { get; init; }
}

/// <summary>Only the fields given are changed.</summary>
public sealed record UpdateTemplate : Partial
{
    protected override IReadOnlyList<string> Needed => [nameof(Name), nameof(OdooVersion)];

    [MinLength(1), MaxLength(100)] public string? Name { get; set => field = Given(value); }
    [MaxLength(1000)] public string? Description { get; set => field = Given(value); }
    [RegularExpression(Patterns.OdooVersion)] public string? OdooVersion { get; set => field = Given(value); }
    [RegularExpression("^(ce|ee)$")] public string? OdooEdition { get; set => field = Given(value); }
    [Range(0, 64)] public int? DefaultWorkers { get; set => field = Given(value); }
    public IReadOnlyDictionary<string, string>? DefaultEnvVars { get; set => field = Given(value); }
    [MaxLength(200)] public IReadOnlyList<string>? ModuleList { get; set => field = Given(value); }
    public bool? IsPublic { get; set => field = Given(value); }
    [MaxLength(255), RegularExpression(Patterns.ImageRef)] public string? Image { get; set => field = Given(value); }
    [MaxLength(20)] public IReadOnlyList<AddonRepository>? AddonRepositories { get; set => field = Given(value); }
    [Range(256, 1048576)] public int? MemoryMb { get; set => field = Given(value); }
    [Range(0.1, 256)] public double? Cpus { get; set => field = Given(value); }
    [MaxLength(50)] public IReadOnlyList<string>? Languages { get; set => field = Given(value); }
    public bool? DemoData { get; set => field = Given(value); }
    public IReadOnlyDictionary<string, string>? Config { get; set => field = Given(value); }
}

public sealed record AddonRepository
{
    /// <summary><c>https://…</c> or <c>ssh://…</c> (also <c>git@host:path</c>).</summary>
    [Required, MaxLength(500)] public required string Url { get; init; }
    [MaxLength(200), RegularExpression(Patterns.GitRef)] public string? Branch { get; init; }
    /// <summary>A private key that may read the repository. Written, never read back.</summary>
    [MaxLength(20000)] public string? DeployKey { get; init; }
    /// <summary>Whether a deploy key is kept for it.</summary>
    public bool? HasDeployKey { get; init; }
    /// <summary>A token for an https address. Written, never read back.</summary>
    [MaxLength(500), RegularExpression(Patterns.Token)] public string? Token { get; init; }
    /// <summary>Whether a token is kept for it.</summary>
    public bool? HasToken { get; init; }
}

public sealed record TemplateView
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public string? Description { get; init; }
    public required string OdooVersion { get; init; }
    public required string OdooEdition { get; init; }
    public required int DefaultWorkers { get; init; }
    public required IReadOnlyDictionary<string, string> DefaultEnvVars { get; init; }
    public required IReadOnlyList<string> ModuleList { get; init; }
    public required bool IsPublic { get; init; }
    public string? Image { get; init; }
    public required IReadOnlyList<AddonRepository> AddonRepositories { get; init; }
    public int? MemoryMb { get; init; }
    public double? Cpus { get; init; }
    public required IReadOnlyList<string> Languages { get; init; }
    public required bool DemoData { get; init; }
    public required IReadOnlyDictionary<string, string> Config { get; init; }
    public required int InstanceCount { get; init; }
    /// <summary>Pre-initialised databases that make provisioning fast, by server.</summary>
    public required IReadOnlyList<TemplateCacheView> Cache { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    public required DateTimeOffset UpdatedAt { get; init; }
}

public sealed record TemplateCacheView
{
    public required Ref Server { get; init; }
    /// <summary><c>building</c>, <c>ready</c> or <c>failed</c>.</summary>
    public required string Status { get; init; }
    public DateTimeOffset? ReadyAt { get; init; }
    public long? SizeBytes { get; init; }
    public string? Error { get; init; }
}

public sealed record FromInstance
{
    [MinLength(1), MaxLength(100)] public string? Name { get; init; }
    [MaxLength(1000)] public string? Description { get; init; }
}

/// <summary>Make an instance from a template.</summary>
public sealed record ProvisionInstance
{
    /// <summary>Must agree with the address where both are given.</summary>
    [MaxLength(64)] public string? TemplateId { get; init; }
    /// <summary>Id or name of an active server.</summary>
    [Required, MaxLength(100)] public required string ServerId { get; init; }
    /// <summary>The template's settings changed for this instance, for example <c>{"WORKERS":"6"}</c>.</summary>
    public IReadOnlyDictionary<string, string>? Overrides { get; init; }
    /// <summary>Made from the template's name where not given.</summary>
    [MinLength(1), MaxLength(100)] public string? Name { get; init; }
    [MinLength(2), MaxLength(40), RegularExpression(Patterns.Slug)] public string? Slug { get; init; }
    /// <summary>Id or slug of the client that gets it; the organization of the request where not given.</summary>
    [MaxLength(64)] public string? Organization { get; init; }
    /// <summary>The host name of the instance; under the server's own where not given.</summary>
    [MaxLength(253), RegularExpression(Patterns.Domain)] public string? Domain { get; init; }
    [RegularExpression(Patterns.Database)] public string? Database { get; init; }
    /// <summary>The registration code of an Enterprise subscription.</summary>
    [MaxLength(100)] public string? RegistrationCode { get; init; }
}

/// <summary>What provisioning would do, as <c>?dryRun=true</c> answers it.</summary>
public sealed record ProvisionPlan
{
    public required string Name { get; init; }
    public required string Slug { get; init; }
    public required Ref Organization { get; init; }
    public required Ref Server { get; init; }
    public required string Url { get; init; }
    public required string Database { get; init; }
    public required string Image { get; init; }
    public required int Workers { get; init; }
    public required int MemoryMb { get; init; }
    public required IReadOnlyList<string> Modules { get; init; }
    /// <summary>odoo.conf as it would be written, secrets masked.</summary>
    public required string OdooConf { get; init; }
    public required IReadOnlyList<string> Steps { get; init; }
    /// <summary>A pre-initialised database is on the server, so it takes seconds.</summary>
    public required bool Fast { get; init; }
}

public sealed record CatalogVersion
{
    public required string Version { get; init; }
    public required string Image { get; init; }
    public DateOnly? EndOfLife { get; init; }
    /// <summary>Whether the image can be had: <c>present</c>, <c>unknown</c> or <c>missing</c>.</summary>
    public required string Availability { get; init; }
}

public sealed record CatalogModule
{
    public required string Name { get; init; }
    public required string Title { get; init; }
    public string? Summary { get; init; }
    public string? Category { get; init; }
    public required bool Application { get; init; }
}

/// <summary>The agency's own access to the Odoo Enterprise sources.</summary>
public sealed record EnterpriseAccess
{
    /// <summary>A Git address of the enterprise repository the agency may read.</summary>
    [MaxLength(500)] public string? GitUrl { get; init; }
    /// <summary>A token for an https address. Written, never read back.</summary>
    [MaxLength(500), RegularExpression(Patterns.Token)] public string? Token { get; init; }
    /// <summary>A private key for an ssh address. Written, never read back.</summary>
    [MaxLength(20000)] public string? PrivateKey { get; init; }
}

public sealed record EnterpriseAccessView
{
    public required bool Configured { get; init; }
    /// <summary><c>git</c> or <c>archive</c>.</summary>
    public string? Source { get; init; }
    public string? GitUrl { get; init; }
    public required bool HasSecret { get; init; }
    /// <summary>Versions for which an archive was uploaded.</summary>
    public required IReadOnlyList<string> Versions { get; init; }
    public required IReadOnlyList<EnterpriseArchiveView> Archives { get; init; }
    public DateTimeOffset? UpdatedAt { get; init; }
}

/// <summary>An uploaded archive of the Enterprise sources of one version.</summary>
public sealed record EnterpriseArchiveView
{
    public required string Version { get; init; }
    public required long Bytes { get; init; }
    public required string Sha256 { get; init; }
    /// <summary>How many modules it has.</summary>
    public required int Modules { get; init; }
    public required DateTimeOffset UploadedAt { get; init; }
}
