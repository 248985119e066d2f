using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Backups;
using OCore.Features.Domains;
using OCore.Features.Instances;
using OCore.Features.Monitoring;
using OCore.Features.Servers;
using OCore.Platform.Data;
using OCore.Platform.Docker;
using OCore.Platform.Mail;
using OCore.Platform.Security;
using OCore.Platform.Tls;
using OCore.Tests.Agency;

namespace OCore.Tests.Monitoring;

/// <summary>What a server's look saw, put in where the reconciler puts it, and read back over HTTP.</summary>
public sealed class MonitoringTests
{
    [Theory, Sqlite, Postgres]
    public async Task What_was_seen_is_shown_as_rates_and_shares(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var world = await World.MakeAsync(app);
        await world.ExpireAsync(certificate: TimeSpan.FromDays(30), backup: TimeSpan.FromHours(6));
        await world.SeeAsync(0, cpu: 10);
        app.Clock.Advance(TimeSpan.FromSeconds(20));
        await world.SeeAsync(1, cpu: 30);
        using var http = app.As(world.Agency.Owner, world.Agency.Org);

        var server = await http.Get<MetricsView>($"/api/servers/{world.Server.Id}/metrics");
        Assert.Equal((15, 2), (server.ResolutionSeconds, server.Times.Count));
        Assert.Equal((null, 25), Of(server, "cpu"));
        Assert.Equal((50, 50), Of(server, "memory_percent"));
        Assert.Equal((100, 100), Of(server, "health"));
        Assert.InRange(Of(server, "network_in").Last!.Value, 45, 50); // 1000 bytes in 20 seconds and a little
        var instance = await http.Get<MetricsView>($"/api/instances/{world.Instance.Slug}/metrics");
        Assert.Equal((10, 30), Of(instance, "cpu"));
        Assert.Equal((25, 25), Of(instance, "memory_percent"));
        Assert.Equal((0, 2), Of(instance, "restarts"));
        Assert.Equal((7, 7), Of(instance, "connections"));
        Assert.Equal((12, 12), Of(instance, "latency"));
        Assert.Equal(50_000, Of(server, "uptime").Last);
        Assert.InRange(Of(instance, "uptime").Last!.Value, 3600, 3625);
        Assert.InRange(Of(instance, "certificate_days").Last!.Value, 29.9, 30.1);
        Assert.InRange(Of(instance, "backup_age").Last!.Value, 5.9, 6.1);

        var text = await app.HttpAs(world.Agency.Owner, world.Agency.Slug).GetStringAsync("/api/monitoring/prometheus");
        Assert.Contains($"ocore_instance_cpu_ratio{{instance_slug=\"{world.Instance.Slug}\",organization=\"{world.Client.Slug}\"}} 0.3\n", text, StringComparison.Ordinal);
        Assert.Contains("ocore_instance_latency_seconds", text, StringComparison.Ordinal);
        Assert.Contains("ocore_instance_certificate_left_seconds", text, StringComparison.Ordinal);
        Assert.Contains($"ocore_server_health_ratio{{server=\"{world.Server.Name}\"}} 1\n", text, StringComparison.Ordinal);
        using var theirs = app.HttpAs(await app.MemberAsync(world.Client, "owner"), world.Client.Slug);
        var seenByClient = await theirs.GetStringAsync("/api/monitoring/prometheus");
        Assert.Contains("ocore_instance_cpu_ratio{", seenByClient, StringComparison.Ordinal);
        Assert.DoesNotContain("ocore_server_", seenByClient, StringComparison.Ordinal);
        await http.Get<MetricsView>($"/api/servers/{world.Server.Id}/metrics?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z").IsRefusedAsync(400, "validation_failed", "from");
    }

    [Theory, Sqlite, Postgres]
    public async Task What_is_old_is_summed_up(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var world = await World.MakeAsync(app);
        // Whole five minutes, so that the sum is of known rows.
        app.Clock.Advance(TimeSpan.FromSeconds(300 - app.Clock.GetUtcNow().ToUnixTimeSeconds() % 300));
        for (var look = 0; look < 4; look++)
        {
            await world.SeeAsync(look, cpu: 10 * (look + 1));
            app.Clock.Advance(TimeSpan.FromSeconds(60));
        }
        var from = app.Clock.GetUtcNow().AddHours(-10);
        app.Clock.Advance(TimeSpan.FromMinutes(5));
        using var http = app.As(world.Agency.Owner, world.Agency.Org);
        var path = $"/api/instances/{world.Instance.Id}/metrics?from={from.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}";
        // Before it is summed up, the rows themselves are shown.
        MetricsView seen;
        for (var n = 0; (seen = await http.Get<MetricsView>(path)).Times.Count != 1; n++)
        {
            Assert.True(n < 300, $"{seen.Times.Count} rows; {app.Log}");
            await Task.Delay(100);
        }
        Assert.Equal(300, seen.ResolutionSeconds);
        Assert.Equal(25, Of(seen, "cpu").Last);
        Assert.Equal(6, Of(seen, "restarts").Last);
        Assert.Equal(0, seen.Times[0] % 300);
    }

    [Theory, Sqlite, Postgres, Trait("Kind", "patient")]
    public async Task An_alert_is_raised_after_its_time_and_cleared(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var world = await World.MakeAsync(app);
        using var http = app.As(world.Agency.Owner, world.Agency.Org);
        var rule = await http.Post<CreateAlertRule, AlertRuleView>("/api/alert-rules", new CreateAlertRule
        {
            Name = "Busy", Subject = "instance", Metric = "cpu", When = "above", Threshold = 80, ForSeconds = 60, Emails = ["ops@people.example"],
        });
        // Quiet does nothing; then it is crossed, and watched.
        await world.SeeAsync(0, cpu: 20);
        app.Clock.Advance(TimeSpan.FromSeconds(15));
        await world.SeeAsync(1, cpu: 95);
        await UntilAsync(app, async db => await db.Set<Alert>().AcrossTenants().AnyAsync());
        Assert.Empty((await http.Get<Page<AlertView>>("/api/alerts")).Data);
        app.Clock.Advance(TimeSpan.FromSeconds(61));
        await world.SeeAsync(2, cpu: 97);
        await UntilAsync(app, async db => await db.Set<Alert>().AcrossTenants().AnyAsync(a => a.RaisedAt != null));
        var alert = Assert.Single((await http.Get<Page<AlertView>>("/api/alerts?open=true")).Data);
        Assert.Equal(("Busy", world.Instance.Id, "cpu", 97.0), (alert.Rule, alert.SubjectId, alert.Metric, alert.Value));
        Assert.Equal(1, (await http.Get<AlertRuleView>($"/api/alert-rules/{rule.Id}")).Raised);
        app.Clock.Advance(TimeSpan.FromSeconds(15));
        await world.SeeAsync(3, cpu: 5);
        await UntilAsync(app, async db => await db.Set<Alert>().AcrossTenants().AnyAsync(a => a.ClearedAt != null));
        Assert.Empty((await http.Get<Page<AlertView>>("/api/alerts?open=true")).Data);
        Assert.NotNull(Assert.Single((await http.Get<Page<AlertView>>("/api/alerts")).Data).ClearedAt);
        await using var db = app.Databases.System();
        var mails = await db.Set<OutgoingMail>().Where(m => m.AboutId == alert.Id).OrderBy(m => m.Id).ToListAsync();
        Assert.Equal(["ops@people.example", "ops@people.example"], mails.Select(m => m.To));
        // It is about a client's instance, so it has the name that the client's people know; nothing says whose software it is.
        var (raised, over) = (app.Services.GetRequiredService<Outbox>().Open(mails[0]), app.Services.GetRequiredService<Outbox>().Open(mails[1]));
        Assert.Equal((world.Agency.Org.Name, $"Busy: {world.Instance.Name}", $"Over: Busy: {world.Instance.Name}"), (raised.From, raised.Subject, over.Subject));
        Assert.DoesNotContain("oCore", raised.Text + raised.Html + over.Text, StringComparison.Ordinal);
    }

    [Theory, Sqlite, Postgres]
    public async Task An_organization_has_so_many_mails_of_alerts_a_day(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var world = await World.MakeAsync(app);
        using var http = app.As(world.Agency.Owner, world.Agency.Org);
        await http.Post<CreateAlertRule, AlertRuleView>("/api/alert-rules", new CreateAlertRule
        {
            Name = "Mill", Subject = "instance", Metric = "cpu", When = "above", Threshold = 80, ForSeconds = 0, Emails = ["last@people.example", "over@people.example"],
        });
        var limits = app.Services.GetRequiredService<RateLimits>();
        for (var sent = 1; sent < AlertWatch.Mails.Count; sent++)
            Assert.Null(await limits.TakeAsync(AlertWatch.Mails, world.Agency.Org.Id.ToString(), CancellationToken.None));
        // The first look only has something to compare with.
        await world.SeeAsync(0, cpu: 95);
        app.Clock.Advance(TimeSpan.FromSeconds(15));
        await world.SeeAsync(1, cpu: 95);
        await UntilAsync(app, async db => await db.Set<Alert>().AcrossTenants().AnyAsync(a => a.RaisedAt != null));
        var alert = Assert.Single((await http.Get<Page<AlertView>>("/api/alerts?open=true")).Data);
        await using var db = app.Databases.System();
        Assert.Equal(["last@people.example"], await db.Set<OutgoingMail>().Where(m => m.AboutId == alert.Id).Select(m => m.To).ToListAsync());
    }

    [Theory, Sqlite]
    public async Task A_rule_says_what_is_wrong_with_it_and_a_client_is_bound_by_the_switch(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var world = await World.MakeAsync(app);
        using var http = app.As(world.Agency.Owner, world.Agency.Org);
        var good = new CreateAlertRule { Name = "x", Subject = "server", Metric = "disk_percent", When = "above", Threshold = 85 };
        await http.Post<CreateAlertRule, AlertRuleView>("/api/alert-rules", good with { Metric = "latency" }).IsRefusedAsync(400, "validation_failed", "metric");
        await http.Post<CreateAlertRule, AlertRuleView>("/api/alert-rules", good with { Emails = ["nobody"] }).IsRefusedAsync(400, "validation_failed", "emails");
        await http.Post<CreateAlertRule, AlertRuleView>("/api/alert-rules", good with { SubjectId = world.Instance.Id }).IsRefusedAsync(400, "validation_failed", "subjectId");
        var made = await http.Post<CreateAlertRule, AlertRuleView>("/api/alert-rules", good with { SubjectId = world.Server.Id });
        Assert.Equal((world.Server.Name, 300), (made.Of!.Name, made.ForSeconds));
        Assert.Equal(["a@people.example"], (await http.Put<UpdateAlertRule, AlertRuleView>($"/api/alert-rules/{made.Id}", new UpdateAlertRule { Emails = ["a@people.example"] })).Emails);

        using var people = app.As(await app.MemberAsync(world.Client, "owner"), world.Client);
        await people.Get<MetricsView>($"/api/instances/{world.Instance.Slug}/metrics");
        await people.Get<MetricsView>($"/api/servers/{world.Server.Id}/metrics").IsRefusedAsync(404, "not_found");
        Assert.Empty((await people.Get<Page<AlertRuleView>>("/api/alert-rules")).Data);
        await http.Put<UpdatePortalConfig, PortalConfigView>("/api/agency/portal-config", new UpdatePortalConfig { FeatureMonitoring = false });
        foreach (var path in (string[])[$"/api/instances/{world.Instance.Slug}/metrics", "/api/alert-rules", "/api/alerts", "/api/monitoring/prometheus"])
            await people.Get<MetricsView>(path).IsRefusedAsync(403, "feature_disabled");
        await http.Get<MetricsView>($"/api/instances/{world.Instance.Slug}/metrics");
    }

    private static (double? First, double? Last) Of(MetricsView view, string metric) => view.Series.Single(s => s.Metric == metric).Values is var values ? (values[0], values[^1]) : default;

    private static async Task UntilAsync(TestApp app, Func<OCoreDb, Task<bool>> condition)
    {
        for (var n = 0; ; n++)
        {
            await using var db = app.Databases.System();
            if (await condition(db))
                return;
            Assert.True(n < 300, $"It did not come to that. {app.Log}");
            await Task.Delay(100);
        }
    }

    /// <summary>An agency's server with a client's instance on it.</summary>
    private sealed record World(TestApp App, TestAgency Agency, TestOrg Client, Server Server, Instance Instance)
    {
        public static async Task<World> MakeAsync(TestApp app)
        {
            var agency = await app.AgencyAsync("Measured");
            var client = await app.ClientOfAsync(agency, "Client");
            var server = await app.ServerAsync(agency, s => s.Facts = new ServerFacts { Os = "Debian", Kernel = "6", Architecture = "x86_64", Cpus = 2, MemoryBytes = 8000, DiskBytes = 1000 });
            return new World(app, agency, client, server, await app.InstanceAsync(client, server));
        }

        private readonly DateTimeOffset _begun = App.Clock.GetUtcNow();

        /// <summary>A domain with a certificate that ends then, and a verified backup that is so old.</summary>
        public async Task ExpireAsync(TimeSpan certificate, TimeSpan backup)
        {
            await using var db = App.Databases.System();
            var now = App.Clock.GetUtcNow();
            db.Add(new InstanceDomain { OrgId = Instance.OrgId, RootId = Instance.RootId, InstanceId = Instance.Id, CustomHost = "erp.measured.example", CustomDisplay = "erp.measured.example", Token = "t", Warnings = [], CreatedAt = now });
            db.Add(new Certificate { Host = "erp.measured.example", Wanted = true, ValidUntil = now + certificate, ChangedAt = now, CreatedAt = now });
            db.Add(new Backup
            {
                OrgId = Instance.OrgId, RootId = Instance.RootId, InstanceId = Instance.Id, ServerId = Server.Id, InstanceName = Instance.Name, Reason = "manual", OdooVersion = "19.0", OdooEdition = "ce",
                State = BackupState.Verified, TakenAt = now - backup, CreatedAt = now - backup,
            });
            await db.SaveChangesAsync();
        }

        public Task SeeAsync(int look, double cpu)
        {
            var name = OdooContainer.NameOf(Instance.Slug).Value;
            var seen = new ServerObservation
            {
                At = App.Clock.GetUtcNow(), Reachable = true, Health = new Dictionary<Guid, EdgeHealth> { [Instance.Id] = EdgeHealth.Up },
                Figures = new ServerFigures(0.5, 4000, 500, 1000 + 400 * look, 800 + 300 * look, 5000 + 1000 * look, 9000, 50_000),
                Stats = [new ContainerStats(name, 250, 1000, cpu, 4) { NetworkIn = 100 * look, NetworkOut = 50 * look }],
                Latencies = new Dictionary<Guid, double> { [Instance.Id] = 12 }, Restarts = new Dictionary<string, long> { [name] = 3 + 2 * look },
                Started = new Dictionary<string, DateTimeOffset> { [name] = _begun.AddHours(-1) },
                DatabaseConnections = new Dictionary<string, long> { [Instance.Database] = 7 },
            };
            return ObserveAsync(seen);
        }

        private async Task ObserveAsync(ServerObservation seen)
        {
            foreach (var observer in App.Services.GetRequiredService<ServerWatch>().Observers)
            {
                await using var db = App.Databases.System();
                await observer(db, Server, seen, CancellationToken.None);
            }
        }
    }
}
