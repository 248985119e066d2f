using OCore.Client;

namespace OCore.Cli.Output;

/// <summary>Servers, templates, instances, operations.</summary>
internal static partial class Views
{
    public static readonly View<HostKeyView> HostKey = new View<HostKeyView>(k => k.Fingerprint)
        .Field("Fingerprint", k => k.Fingerprint)
        .Field("Type", k => k.Type);

    public static readonly View<ServerView> Server = new View<ServerView>(s => s.Id.ToString())
        .Column("name", s => s.Name)
        .Column("status", s => Cell.Status(s.Status))
        .Column("host", s => s.IsLocal ? "local" : s.Host)
        .Column("instances", s => s.InstanceCount)
        .Column("cpus", s => s.Facts?.Cpus.ToString())
        .Column("memory", s => s.Facts is { } f ? s.Use is { } u ? $"{Words.Bytes(u.MemoryUsedBytes)} of {Words.Bytes(f.MemoryBytes)}" : Words.Bytes(f.MemoryBytes) : null)
        .Column("disk", s => s.Facts is { } f ? s.Use is { } u ? $"{Words.Bytes(u.DiskUsedBytes)} of {Words.Bytes(f.DiskBytes)}" : Words.Bytes(f.DiskBytes) : null)
        .Column("last seen", s => s.LastSeenAt)
        .Field("Id", s => s.Id)
        .Field("Name", s => s.Name)
        .Field("Status", s => Cell.Status(s.Status))
        .Field("Message", s => s.StatusMessage)
        .Field("Host", s => s.IsLocal ? "local" : $"{s.User}@{s.Host}:{s.Port}")
        .Field("Host key", s => s.HostKey?.Fingerprint)
        .Field("Offered key", s => s.OfferedHostKey is { } k ? new Cell($"{k.Fingerprint} (not trusted)", Tone.Bad) : default)
        .Field("Base domain", s => s.BaseDomain)
        .Field("Edge port", s => s.EdgePort)
        .Field("System", s => s.Facts is { } f ? $"{f.Os}, Linux {f.Kernel}, {f.Architecture}" : null)
        .Field("Docker", s => s.Facts?.DockerVersion)
        .Field("Size", s => s.Facts is { } f ? $"{f.Cpus} cores, {Words.Bytes(f.MemoryBytes)} memory, {Words.Bytes(f.DiskBytes)} disk" : null)
        .Field("Use", s => s.Use is { } u ? $"load {u.Load:0.00}, {Words.Bytes(u.MemoryUsedBytes)} memory ({Words.Bytes(u.MemoryReservedBytes)} promised), {Words.Bytes(u.DiskUsedBytes)} disk, {u.ContainersRunning} containers" : null)
        .Field("Instances", s => s.InstanceCount)
        .Field("Clients", s => Cell.Of(s.Clients.Select(c => c.Slug ?? c.Name)))
        .Field("Public key", s => s.PublicKey)
        .Field("Last seen", s => s.LastSeenAt)
        .Field("Operation", s => s.OperationId)
        .Field("Added", s => s.CreatedAt);

    public static readonly View<TemplateView> Template = new View<TemplateView>(t => t.Id.ToString())
        .Column("name", t => t.Name)
        .Column("odoo", t => $"{t.OdooVersion} {t.OdooEdition}")
        .Column("workers", t => t.DefaultWorkers)
        .Column("modules", t => t.ModuleList.Count)
        .Column("public", t => t.IsPublic)
        .Column("instances", t => t.InstanceCount)
        .Column("ready on", t => Cell.Of(t.Cache.Where(c => c.Status == "ready").Select(c => c.Server.Name)))
        .Column("changed", t => t.UpdatedAt)
        .Field("Id", t => t.Id)
        .Field("Name", t => t.Name)
        .Field("Description", t => t.Description)
        .Field("Odoo", t => $"{t.OdooVersion} {t.OdooEdition}")
        .Field("Image", t => t.Image)
        .Field("Workers", t => t.DefaultWorkers)
        .Field("Memory", t => t.MemoryMb is { } mb ? $"{mb} MB" : null)
        .Field("Cpus", t => t.Cpus?.ToString())
        .Field("Modules", t => Cell.Of(t.ModuleList))
        .Field("Add-ons", t => string.Join('\n', t.AddonRepositories.Select(a => $"{a.Url}{(a.Branch is { } b ? "#" + b : "")}{(a.HasDeployKey == true ? " (with key)" : "")}")))
        .Field("Languages", t => Cell.Of(t.Languages))
        .Field("Demo data", t => t.DemoData)
        .Field("Settings", t => Cell.Of(t.DefaultEnvVars))
        .Field("Config", t => Cell.Of(t.Config))
        .Field("Public", t => t.IsPublic)
        .Field("Instances", t => t.InstanceCount)
        .Field("Ready on", t => string.Join('\n', t.Cache.Select(c => $"{c.Server.Name}: {c.Status}{(c.Error is { } e ? ", " + e : "")}")))
        .Field("Created", t => t.CreatedAt)
        .Field("Changed", t => t.UpdatedAt);

    public static readonly View<CatalogVersion> CatalogVersion = new View<CatalogVersion>(v => v.Version)
        .Column("version", v => v.Version)
        .Column("image", v => v.Image)
        .Column("here", v => Cell.Status(v.Availability))
        .Column("end of life", v => v.EndOfLife?.ToString("yyyy-MM-dd"));

    public static readonly View<CatalogModule> CatalogModule = new View<CatalogModule>(m => m.Name)
        .Column("name", m => m.Name)
        .Column("title", m => m.Title)
        .Column("app", m => m.Application)
        .Column("category", m => m.Category)
        .Column("summary", m => m.Summary);

    public static readonly View<EnterpriseAccessView> Enterprise = new View<EnterpriseAccessView>(e => e.Source ?? "")
        .Field("Set", e => e.Configured)
        .Field("Source", e => e.Source)
        .Field("Git address", e => e.GitUrl)
        .Field("Secret", e => e.HasSecret ? "kept" : "none")
        .Field("Archives", e => Cell.Of(e.Versions))
        .Field("Changed", e => e.UpdatedAt);

    public static readonly View<InstanceView> Instance = new View<InstanceView>(i => i.Id.ToString())
        .Column("slug", i => i.Slug)
        .Column("organisation", i => i.Organization.Slug ?? i.Organization.Name)
        .Column("status", i => Cell.Status(i.Status))
        .Column("health", i => Cell.Status(i.Health))
        .Column("odoo", i => $"{i.OdooVersion} {i.OdooEdition}")
        .Column("server", i => i.Server.Name)
        .Column("url", i => i.Url)
        .Column("created", i => i.CreatedAt)
        .Field("Id", i => i.Id)
        .Field("Name", i => i.Name)
        .Field("Slug", i => i.Slug)
        .Field("Organisation", i => i.Organization.Name)
        .Field("Status", i => Cell.Status(i.Status))
        .Field("Message", i => i.StatusMessage)
        .Field("Health", i => Cell.Status(i.Health))
        .Field("Measured", i => i.HealthAt)
        .Field("Url", i => i.Url)
        .Field("Odoo", i => $"{i.OdooVersion} {i.OdooEdition}")
        .Field("Template", i => i.Template?.Name)
        .Field("Server", i => i.Server.Name)
        .Field("Database", i => i.Database)
        .Field("Workers", i => i.Workers)
        .Field("Memory", i => $"{i.MemoryMb} MB")
        .Field("Cpus", i => i.Cpus?.ToString())
        .Field("Settings", i => Cell.Of(i.EnvVars))
        .Field("Config", i => Cell.Of(i.Config))
        .Field("Restart needed", i => i.RestartNeeded ? new Cell("yes", Tone.Warn) : "no")
        .Field("Use", i => i.Use is { } u ? $"{Words.Bytes(u.MemoryBytes)} memory, {u.CpuPercent:0.#} % of a core{Part(u.DatabaseBytes, "database")}{Part(u.FilestoreBytes, "files")}" : null)
        .Field("Admin password", i => i.AdminPasswordUnread ? "not shown yet: ocore instance password reveal" : null)
        .Field("Operation", i => i.OperationId)
        .Field("Created", i => i.CreatedAt)
        .Field("Started", i => i.StartedAt);

    public static readonly View<InstalledModule> InstalledModule = new View<InstalledModule>(m => m.Name)
        .Column("name", m => m.Name)
        .Column("title", m => m.Title)
        .Column("state", m => Cell.Status(m.State))
        .Column("version", m => m.Version)
        .Column("app", m => m.Application);

    public static readonly View<AdminCredentials> AdminCredentials = new View<AdminCredentials>(c => c.Password)
        .Field("Url", c => c.Url)
        .Field("Login", c => c.Login)
        .Field("Password", c => c.Password);

    public static readonly View<OperationView> Operation = new View<OperationView>(o => o.Id.ToString())
        .Column("id", o => o.Id)
        .Column("state", o => Cell.Status(o.State))
        .Column("title", o => o.Title)
        .Column("organisation", o => o.Organization.Slug ?? o.Organization.Name)
        .Column("step", o => Progress(o))
        .Column("by", o => o.CreatedBy)
        .Column("created", o => o.CreatedAt)
        .Field("Id", o => o.Id)
        .Field("Title", o => o.Title)
        .Field("Kind", o => o.Kind)
        .Field("State", o => Cell.Status(o.State))
        .Field("Error", o => o.Error is { } e ? new Cell($"{e.Message} ({e.Code})", Tone.Bad) : default)
        .Field("Hint", o => o.Error?.Hint)
        .Field("Tries again", o => o.RetryAt)
        .Field("Organisation", o => o.Organization.Name)
        .Field("By", o => o.CreatedBy)
        .Field("Created", o => o.CreatedAt)
        .Field("Started", o => o.StartedAt)
        .Field("Finished", o => o.FinishedAt);

    private static string Part(long? bytes, string what) => bytes is { } b ? $", {Words.Bytes(b)} {what}" : "";

    private static string Progress(OperationView operation) =>
        $"{operation.Steps.Count(s => s.State is StepState.Done or StepState.Skipped)}/{operation.Steps.Count}";
}
