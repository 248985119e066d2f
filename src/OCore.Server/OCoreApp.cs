using OCore.Features.Agency;
using OCore.Features.ApiKeys;
using OCore.Features.AuditLog;
using OCore.Features.Backups;
using OCore.Features.Databases;
using OCore.Features.Branding;
using OCore.Features.Domains;
using OCore.Features.Files;
using OCore.Features.Instances;
using OCore.Features.Logs;
using OCore.Features.Metrics;
using OCore.Features.Monitoring;
using OCore.Features.Operations;
using OCore.Features.Organizations;
using OCore.Features.Plans;
using OCore.Features.Portal;
using OCore.Features.PortalDomains;
using OCore.Features.Servers;
using OCore.Features.Templates;
using OCore.Features.Terminals;
using OCore.Features.Topologies;
using OCore.Features.Topologies.Deployments;
using OCore.Features.Users;
using OCore.Features.Webhooks;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Dns;
using OCore.Platform.Http;
using OCore.Platform.Mail;
using OCore.Platform.Observability;
using OCore.Platform.Operations;
using OCore.Platform.Security;
using OCore.Platform.Tls;

namespace OCore;

/// <summary>What the program consists of: the platform, then the features standing on it.</summary>
internal static class OCoreApp
{
    /// <param name="adjust">What a test replaces or adds before the program is put together.</param>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? adjust = null)
    {
        // Settings are read once, at the start; without this each process would watch its folder for files of settings.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = [.. args, "--hostBuilder:reloadConfigOnChange=false"], ContentRootPath = AppContext.BaseDirectory });
        var settings = LoadSettings(builder.Configuration);
        builder.AddTls(settings);
        builder.WebHost.ConfigureKestrel(o => { o.AddServerHeader = false; o.Limits.MaxRequestBodySize = 1024 * 1024; });
        // The framework speaks at every request and every query; what oCore itself has to say would drown in it.
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("System", LogLevel.Warning).AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Information);
        builder.Services.AddSingleton(settings);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton(_ => SecretBox.Open(settings.MasterKeyFile));
        builder.Services.AddScoped<Caller>();
        builder.Services.AddSingleton<SignInReader>();
        builder.Services.AddSingleton<ViewTickets>();
        builder.Services.AddSingleton<Measurements>();
        builder.Services.AddData(settings);
        builder.Services.AddHttpFace();
        builder.Services.AddMail();
        builder.Services.AddUsers();
        builder.Services.AddOperations();
        builder.Services.AddBranding();
        builder.Services.AddSingleton<HtmlPages, PortalPages>();
        builder.Services.AddServers();
        builder.Services.AddInstances();
        builder.Services.AddTopologies();
        builder.Services.AddMonitoring();
        builder.Services.AddBackups();
        builder.Services.AddSingleton<DnsLookup>();
        builder.Services.AddPortalDomains();
        // After those that are somebody's own, which it would ask the database about.
        builder.Services.AddSingleton<PortalSource, SlugPortals>();
        if (!IsWritingTheDocument)
        {
            builder.Services.AddSingleton<Startup>().AddHostedService(provider => provider.GetRequiredService<Startup>());
            builder.Services.AddHostedService<OperationEngine>();
            builder.Services.AddHostedService<MailSender>();
            builder.Services.AddHostedService<ServerReconciler>();
            builder.Services.AddHostedService(provider => provider.GetRequiredService<TopologyWatch>());
            builder.Services.AddHostedService(provider => provider.GetRequiredService<BackupSchedules>());
            builder.Services.AddHostedService(provider => provider.GetRequiredService<UploadRoom>());
            builder.Services.AddHostedService<SenderWatch>();
            builder.Services.AddHostedService<UnusedAssets>();
            builder.Services.AddHostedService(provider => provider.GetRequiredService<UnusedTemplates>());
            builder.Services.AddHostedService<PortalDomainReconciler>();
            builder.Services.AddHostedService<InstanceDomainReconciler>();
            builder.Services.AddHostedService<CertificateKeeper>();
            builder.Services.AddHostedService<MetricKeeper>();
            builder.Services.AddHostedService(provider => provider.GetRequiredService<LogKeeper>());
            builder.Services.AddHostedService<WebhookFeed>();
            builder.Services.AddHostedService<WebhookSender>();
            builder.Services.AddHostedService(provider => provider.GetRequiredService<ExpiredSignIns>());
        }
        adjust?.Invoke(builder);
        return builder.Build();
    }

    public static void Map(WebApplication app)
    {
        ServersSetup.JoinOperations(app.Services);
        app.Services.GetService<Startup>()?.Begin();
        InstancesSetup.JoinServerWatch(app.Services);
        MonitoringSetup.JoinServerWatch(app.Services);
        app.UseMiddleware<PortalScreen>();
        app.UseHttpFace();
        app.MapHealth();
        MetricsEndpoint.Map(app);
        var api = app.MapGroup("/api").ProducesProblem(400).ProducesProblem(401).ProducesProblem(403).AddEndpointFilter(NullsInLists.RefuseAsync);
        UserEndpoints.Map(api);
        OrganizationEndpoints.Map(api);
        ApiKeyEndpoints.Map(api);
        AuditEndpoints.Map(api);
        PlanEndpoints.Map(api);
        AgencyEndpoints.Map(api);
        PortalConfigEndpoints.Map(api);
        BrandingEndpoints.Map(api);
        PortalEndpoints.Map(api);
        BrandFiles.Map(app);
        PortalDomainEndpoints.Map(api);
        ServerEndpoints.Map(api);
        TemplateEndpoints.Map(api);
        TopologyEndpoints.Map(api);
        InstanceEndpoints.Map(api);
        InstanceDomainEndpoints.Map(api);
        TerminalEndpoints.Map(api);
        DatabaseEndpoints.Map(api);
        BackupEndpoints.Map(api);
        LogEndpoints.Map(api);
        FileEndpoints.Map(api);
        OperationEndpoints.Map(api);
        MetricEndpoints.Map(api);
        AlertEndpoints.Map(api);
        WebhookEndpoints.Map(api);
        app.MapDashboard();
        AccessRules.DemandRules(((IEndpointRouteBuilder)app).DataSources.SelectMany(s => s.Endpoints));
    }

    /// <summary>The build runs the program to learn its API; nothing else should begin then.</summary>
    private static bool IsWritingTheDocument => System.Reflection.Assembly.GetEntryAssembly()?.GetName().Name == "GetDocument.Insider";

    // By the same rules as every other account.
    private static void CheckFirstAccount(Settings settings, List<string> errors)
    {
        if (settings.AdminEmail is { } email && !new System.ComponentModel.DataAnnotations.EmailAddressAttribute().IsValid(email))
            errors.Add($"OCORE_ADMIN_EMAIL has to be an e-mail address; it is \"{email}\".");
        if (settings.AdminPassword is { } password && Passwords.Refuse(password, settings.AdminEmail ?? Startup.FirstEmail, "OCORE_ADMIN_PASSWORD") is { } weak)
            errors.Add($"{weak.Detail} {weak.Hint}");
    }

    private static Settings LoadSettings(ConfigurationManager configuration)
    {
        var data = Path.GetFullPath(configuration["OCORE_DATA"] ?? "data");
        configuration.AddJsonFile(Path.Combine(data, "ocore.json"), optional: true);
        configuration.AddEnvironmentVariables();
        var errors = new List<string>();
        var settings = Settings.Load(configuration, errors);
        CheckFirstAccount(settings, errors);
        if (errors.Count == 0)
            return settings;
        foreach (var error in errors)
            Console.Error.WriteLine(error);
        throw new WrongConfigurationException("The configuration is wrong: " + string.Join(" ", errors));
    }
}

/// <summary>Each wrong setting has been told by a sentence on standard error.</summary>
internal sealed class WrongConfigurationException(string message) : Exception(message);
