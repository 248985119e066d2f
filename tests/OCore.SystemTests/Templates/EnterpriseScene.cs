using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Features.Templates;
using OCore.Platform.Data;
using OCore.Platform.Remote;
using OCore.SystemTests.Remote;
using OCore.SystemTests.Servers;
using OCore.Tests;
using Xunit;

namespace OCore.SystemTests.Templates;

/// <summary>A server with Docker, a Git server, and modules that stand in for the Enterprise sources: real ones of Odoo, only small.</summary>
public sealed class EnterpriseLab : IAsyncLifetime
{
    internal LabServer Machine { get; } = new("ee1");
    internal GitServer Git { get; private set; } = null!;
    internal ServerScene Scene { get; private set; } = null!;
    internal TestAgency Agency { get; private set; } = null!;
    internal ServerView Server { get; private set; } = null!;
    internal OCoreHttp Http => Scene.Http;

    public async Task InitializeAsync()
    {
        if (Lab.WhyNot is not null) return; // each test says so
        await Lab.RunAsync(Path.Combine(Lab.Bin, "docker-engine"));
        await Lab.RunAsync(Path.Combine(Lab.Bin, "images"));
        await Lab.RunAsync("create", "1", "--prefix", "ee");
        Git = await GitServer.StartAsync();
        await Git.CommitAsync("enterprise", "19.0", [.. Module("web_enterprise", "'auto_install': True, 'depends': ['web']"), .. Module("ee_books", "'depends': ['web_enterprise']")]);
        await Git.CommitAsync("enterprise", "18.0", [.. Module("web_enterprise", "'depends': ['web']")]);
        await Git.CommitAsync("addons", "main", [.. Module("own_shelf", "'depends': ['base']")]);
        await Git.CommitAsync("more", "main", [.. Module("own_door", "'depends': ['base']")]);
        var app = await TestApp.StartAsync(arrange: a => a.Set("GIT_CA_FILE", Git.CaFile));
        Agency = await app.AgencyAsync("Acme");
        Scene = new ServerScene { App = app, Http = app.As(Agency.Owner, Agency.Org) };
        var added = await Scene.AddAsync(new AddServer { Name = "ee-1", Host = Machine.Host.Value, User = "deploy", PrivateKey = Machine.Key, HostKeyFingerprint = Machine.Pinned.Fingerprint });
        Server = await Scene.GetAsync(added.ServerId!.Value);
    }

    public async Task DisposeAsync()
    {
        if (Scene is { } scene)
        {
            await scene.DisposeAsync();
            // Not by oCore: a test lets days pass, and what was signed in by is over.
            await Machine.ForgetOCoreAsync();
        }
        if (Git is { } git)
            await git.DisposeAsync();
    }

    internal static (string, string)[] Module(string name, string manifest) =>
        [($"{name}/__init__.py", ""), ($"{name}/__manifest__.py", $"{{'name': '{name}', 'version': '1.0', 'license': 'LGPL-3', {manifest}}}")];

    internal async Task<TemplateView> TemplateAsync(string name, string edition, IReadOnlyList<string> modules, params AddonRepository[] repositories) =>
        await Http.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = name, OdooVersion = "19.0", OdooEdition = edition, ModuleList = modules, AddonRepositories = repositories, MemoryMb = 512 });

    internal Task<OperationView> BeginAsync(TemplateView template, string slug, string? code = null) =>
        Http.Post<ProvisionInstance, OperationView>($"/api/templates/{template.Id}/provision", new ProvisionInstance { ServerId = Server.Id.ToString(), Slug = slug, RegistrationCode = code });

    internal async Task<InstanceView> ProvisionAsync(TemplateView template, string slug, string? code = null) =>
        await Http.Get<InstanceView>($"/api/instances/{(await Scene.EndOfAsync(await BeginAsync(template, slug, code))).InstanceId}");

    /// <summary>The end of what was queued when the template was saved.</summary>
    internal async Task<OperationView> PreparedAsync(TemplateView template)
    {
        var all = await Http.Get<Page<OperationView>>("/api/operations?kind=template.prepare&limit=100");
        return await Scene.EndOfAsync(Assert.Single(all.Data, o => o.Title.Contains($"Prepare {template.Name} ", StringComparison.Ordinal)));
    }

    internal async Task<string[]> InstalledAsync(InstanceView instance) =>
        [.. (await Http.Get<Page<InstalledModule>>($"/api/instances/{instance.Id}/modules")).Data.Where(m => m.State == "installed").Select(m => m.Name)];

    internal async Task<string> ConfAsync(InstanceView instance) =>
        System.Text.Encoding.UTF8.GetString(await (await Scene.ConnectAsync(Server.Id)).Docker.ReadFileAsync(OdooContainer.NameOf(instance.Slug), RemotePath.Parse("/etc/odoo/odoo.conf"), CancellationToken.None));

    internal async Task<string> SqlAsync(InstanceView instance, string key) => (await PostgresContainer.SqlAsync(await Scene.ConnectAsync(Server.Id), instance.Database,
        "SELECT value FROM ir_config_parameter WHERE key = :'key';", new Dictionary<string, string> { ["key"] = key }, CancellationToken.None)).Trim();

    /// <summary>Whether its Odoo speaks French, what Germany is called there, whether there is demo data, and how many of its people: read from the database itself.</summary>
    internal async Task<string> MadeWithAsync(InstanceView instance) => (await Machine.ShellAsync("docker exec -u postgres ocore-postgres psql -XAtq -F ' ' -d \"$1\" -c \"$2\"", instance.Database,
        """
        SELECT (SELECT active FROM res_lang WHERE code = 'fr_FR'), (SELECT name->>'fr_FR' FROM res_country WHERE code = 'DE'),
               (SELECT demo FROM ir_module_module WHERE name = 'base'), (SELECT count(*) FROM ir_model_data WHERE module = 'base' AND name = 'user_demo'),
               (SELECT count(*) FROM res_users WHERE id <> 2 AND password <> '')
        """)).Trim();

    internal async Task<string[]> SourcesAsync() =>
        (await Machine.ShellAsync("ls /var/lib/ocore/sources 2>/dev/null || true")).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    internal async Task<JsonElement> InspectAsync(InstanceView instance) =>
        JsonDocument.Parse(await Machine.ShellAsync("docker inspect \"$1\"", OdooContainer.NameOf(instance.Slug).Value)).RootElement[0];

    internal async Task<List<TemplateCache>> CachesAsync()
    {
        await using var db = Scene.App.Databases.System();
        return await db.TemplateCaches.AcrossTenants().AsNoTracking().ToListAsync();
    }

    internal Task SweepAsync() => Scene.App.Services.GetRequiredService<UnusedTemplates>().SweepAsync(CancellationToken.None);
}

[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class EnterpriseLabCollection : ICollectionFixture<EnterpriseLab>
{
    public const string Name = "enterprise";
}
