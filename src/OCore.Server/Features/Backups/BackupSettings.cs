using System.Security.Cryptography;
using System.Text.Json;
using OCore.Features.Instances;
using OCore.Features.Templates;
using OCore.Platform.Security;

namespace OCore.Features.Backups;

/// <summary>How the instance was set, to make one like it again. It holds secrets and lies in the backup sealed like everything else.</summary>
internal sealed record BackupSettings
{
    public required string Image { get; init; }
    public required string OdooVersion { get; init; }
    public required string OdooEdition { get; init; }
    public int Workers { get; init; }
    public int MemoryMb { get; init; } = 1024;
    public double? Cpus { get; init; }
    public Dictionary<string, string> EnvVars { get; init; } = [];
    public Dictionary<string, string> Config { get; init; } = [];
    public List<string> Modules { get; init; } = [];
    public List<string> Languages { get; init; } = [];
    public bool DemoData { get; init; }
    public List<TemplateRepository> Repositories { get; init; } = [];
    public List<SourcePin> Sources { get; init; } = [];
    public string? RegistrationCode { get; init; }

    public static BackupSettings Of(Instance instance, SecretBox secrets) => new()
    {
        Image = instance.Image, OdooVersion = instance.OdooVersion, OdooEdition = instance.OdooEdition, Workers = instance.Workers, MemoryMb = instance.MemoryMb, Cpus = instance.Cpus,
        EnvVars = secrets.Opened(instance.EnvVars, instance.RootId), Config = secrets.Opened(instance.Config, instance.RootId), Modules = instance.Modules, Languages = instance.Languages, DemoData = instance.DemoData, Repositories = instance.Repositories, Sources = instance.Sources,
        RegistrationCode = instance.RegistrationCodeSealed is { } code ? secrets.Unseal(code, InstanceSecrets.Registration, instance.Id) : null,
    };

    /// <summary>An instance that is set like this, with secrets of its own. The code of a subscription stays with the original.</summary>
    /// <param name="secret">Makes the secrets: at random, or each time the same for one that lives only for a check.</param>
    public Instance NewInstance(Backup backup, Guid id, Guid orgId, Guid serverId, string name, string slug, string domain, string database, SecretBox secrets, Func<string> secret, DateTimeOffset now) => new()
    {
        Id = id, OrgId = orgId, RootId = backup.RootId, ServerId = serverId, Name = name, Slug = slug, Domain = domain, Database = database,
        OdooVersion = OdooVersion, OdooEdition = OdooEdition, Image = Image, Workers = Workers, MemoryMb = MemoryMb, Cpus = Cpus,
        EnvVars = secrets.Sealed(EnvVars, null, backup.RootId), Config = secrets.Sealed(Config, null, backup.RootId), Modules = Modules, Languages = Languages, DemoData = DemoData, Repositories = Repositories, Sources = Sources,
        DatabasePasswordSealed = secrets.Seal(secret(), InstanceSecrets.Database, id),
        MasterPasswordSealed = secrets.Seal(secret(), InstanceSecrets.Master, id),
        ConnectKeySealed = secrets.Seal(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)), InstanceSecrets.Connect, id),
        AdminPasswordSealed = secrets.Seal(OdooPassword.New(), InstanceSecrets.Admin, id),
        CreatedAt = now,
    };

    public byte[] Write() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    public static BackupSettings Read(ReadOnlySpan<byte> text) => JsonSerializer.Deserialize<BackupSettings>(text, Json) ?? throw new InvalidDataException("No settings.");

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);
}
