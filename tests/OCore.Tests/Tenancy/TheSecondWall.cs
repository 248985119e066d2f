using Microsoft.EntityFrameworkCore;
using Npgsql;
using OCore.Features.Backups;
using OCore.Features.Branding;
using OCore.Features.Databases;
using OCore.Features.Domains;
using OCore.Features.Instances;
using OCore.Features.Monitoring;
using OCore.Features.Portal;
using OCore.Features.PortalDomains;
using OCore.Features.Servers;
using OCore.Features.Templates;
using OCore.Tests.Topologies;
using OCore.Features.Webhooks;
using OCore.Platform.Data;
using Brand = OCore.Features.Branding.Branding;

namespace OCore.Tests.Tenancy;

/// <summary>Row-level security of PostgreSQL, asked by plain SQL: what the query filters forget, the database still refuses.</summary>
public sealed class TheSecondWall(TestApps apps) : IClassFixture<TestApps>
{
    [Theory, Postgres]
    public async Task Every_table_of_organizations_has_a_policy_that_binds_its_owner_too(Database database)
    {
        var app = await apps.OnAsync(database);
        await using var db = app.Databases.System();
        Assert.False(await RowSecurity.IsBypassedAsync(db, CancellationToken.None), "These tests have to sign in as no superuser.");
        var bound = await db.Database.SqlQueryRaw<string>("""SELECT relname::text AS "Value" FROM pg_class c WHERE relrowsecurity AND relforcerowsecurity AND EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid AND polname = 'tenant')""").ToListAsync();
        var wanted = db.Model.GetEntityTypes().Where(t => typeof(IOrgOwned).IsAssignableFrom(t.ClrType) || typeof(ITenantRow).IsAssignableFrom(t.ClrType) || t.FindDeclaredQueryFilter(OCoreDb.TenantFilter) is not null)
            .Select(t => t.GetTableName()!).ToList();
        Assert.True(wanted.Count >= 12, string.Join(", ", wanted));
        Assert.Empty(wanted.Except(bound));
    }

    [Theory, Postgres]
    public async Task Plain_SQL_for_one_organization_reaches_no_row_of_another(Database database)
    {
        var app = await apps.OnAsync(database);
        var (ours, theirs) = (await app.AgencyAsync("Ours"), await app.AgencyAsync("Theirs"));
        await FillAsync(app, ours.Org);
        await FillAsync(app, theirs.Org);
        await using var db = app.Databases.System();
        await using var sql = new NpgsqlConnection(db.Database.GetConnectionString());
        await sql.OpenAsync();
        var empty = new List<string>();
        foreach (var type in RowSecurity.Tables(db.Model))
        {
            var table = $"\"{type.GetTableName()}\"";
            var owner = type.FindProperty("OrgId") is null ? "Id" : "OrgId";
            var notOurs = $"\"{owner}\" <> '{ours.Org.Id}'" + (type.FindProperty("RootId") is null ? "" : $" AND \"RootId\" <> '{ours.Org.Id}'");
            await ActAsync("RESET ocore.org");
            Assert.Equal(0, await CountAsync($"SELECT count(*) FROM {table}"));
            await ActAsync($"SET ocore.org = '{RowSecurity.Everything}'");
            if (await CountAsync($"SELECT count(*) FROM {table} WHERE \"{owner}\" = '{theirs.Org.Id}'") == 0)
                empty.Add(table);
            await ActAsync($"SET ocore.org = '{ours.Org.Id}'");
            Assert.Equal(0, await CountAsync($"SELECT count(*) FROM {table} WHERE {notOurs}"));
            Assert.Equal(0, await ActAsync($"UPDATE {table} SET \"{owner}\" = \"{owner}\" WHERE {notOurs}"));
            Assert.Equal(0, await ActAsync($"DELETE FROM {table} WHERE {notOurs}"));
        }
        Assert.True(empty.Count <= 6, $"Too few tables had rows of another organization to be hidden: {string.Join(", ", empty)} had none.");

        var refused = await Assert.ThrowsAsync<PostgresException>(() => ActAsync($"""INSERT INTO "Roles" ("Id", "OrgId", "Name", "Slug", "Permissions", "IsSystem") SELECT gen_random_uuid(), '{theirs.Org.Id}', 'x', 'x', "Permissions", false FROM "Roles" LIMIT 1"""));
        Assert.Equal("42501", refused.SqlState);

        async Task<long> CountAsync(string text)
        {
            await using var command = new NpgsqlCommand(text, sql);
            return (long)(await command.ExecuteScalarAsync())!;
        }

        async Task<int> ActAsync(string text)
        {
            await using var command = new NpgsqlCommand(text, sql);
            return Math.Max(0, await command.ExecuteNonQueryAsync());
        }
    }

    /// <summary>A handler that lost its filter, and one on a connection that somebody else used before.</summary>
    [Theory, Postgres]
    public async Task A_query_without_its_filter_sees_its_own_organization_only(Database database)
    {
        var app = await apps.OnAsync(database);
        var (ours, theirs) = (await app.AgencyAsync("Ours"), await app.AgencyAsync("Theirs"));
        await FillAsync(app, ours.Org);
        await FillAsync(app, theirs.Org);
        await using (var all = app.Databases.System())
            Assert.True(await all.Instances.AcrossTenants().Select(i => i.OrgId).Distinct().CountAsync() >= 2);
        await using var db = app.Databases.For(new Tenant(ours.Org.Id, ours.Org.Id, false), null);
        Assert.Equal([ours.Org.Id], await db.Instances.IgnoreQueryFilters().Select(i => i.OrgId).Distinct().ToListAsync());
        Assert.Equal(0, await db.Instances.IgnoreQueryFilters().Where(i => i.OrgId == theirs.Org.Id).ExecuteUpdateAsync(s => s.SetProperty(i => i.Name, "taken")));
        Assert.Equal(0, await db.Instances.IgnoreQueryFilters().Where(i => i.OrgId == theirs.Org.Id).ExecuteDeleteAsync());
        Assert.True(await db.Instances.AcrossTenants().AnyAsync(i => i.OrgId == theirs.Org.Id));
        Assert.Equal(1, await db.Instances.AcrossTenants().Where(i => i.OrgId == theirs.Org.Id).ExecuteUpdateAsync(s => s.SetProperty(i => i.Name, i => i.Name)));
        Assert.False(await db.Instances.IgnoreQueryFilters().AnyAsync(i => i.OrgId == theirs.Org.Id));
    }

    private static async Task FillAsync(TestApp app, TestOrg org)
    {
        await using var db = app.Databases.System();
        var now = app.Clock.GetUtcNow();
        var server = new Server { OrgId = org.Id, RootId = org.RootId, Name = app.Slug("web"), Host = "192.0.2.1", Port = 22, User = "deploy", Status = OCore.Client.ServerStatus.Failed, CreatedAt = now };
        var slug = app.Slug("erp");
        var webhook = new Webhook { OrgId = org.Id, Name = slug, Url = "https://example.com", SecretSealed = "x", IsActive = false, CreatedAt = now };
        var instanceId = Guid.CreateVersion7();
        var rule = new AlertRule { OrgId = org.Id, Name = slug, Subject = "server", Metric = "cpu", Above = true, IsActive = false, CreatedAt = now };
        db.AddRange(server, webhook, rule,
            new Alert { OrgId = org.Id, RuleId = rule.Id, SubjectId = server.Id, SubjectName = slug },
            new MetricSample { OrgId = org.Id, RootId = org.RootId, SubjectId = server.Id, Resolution = Resolutions.Hours, At = now.ToUnixTimeSeconds() },
            new WebhookDelivery { OrgId = org.Id, WebhookId = webhook.Id, Key = slug, Event = "webhook.test", Body = "{}", CreatedAt = now },
            new WebhookSeen { Id = Guid.CreateVersion7(), OrgId = org.Id, RootId = org.RootId, Kind = "server", Name = slug, State = "x" },
            new Template { OrgId = org.Id, RootId = org.RootId, Name = "shop", OdooVersion = "18.0", OdooEdition = "ce", CreatedAt = now },
            new TemplateCache { OrgId = org.Id, RootId = org.RootId, ServerId = server.Id, Key = slug, Wish = slug, Image = "odoo:18.0", Database = "tpl_" + slug, Status = "failed" },
            new Brand { OrgId = org.Id, RootId = org.RootId, ProductName = slug },
            new BrandAsset { OrgId = org.Id, RootId = org.RootId, Hash = slug, Extension = ".png", MediaType = "image/png", Content = [1] },
            new BrandCssVersion { OrgId = org.Id, RootId = org.RootId, Version = 1, Css = "", By = "Test" },
            new PortalConfig { OrgId = org.Id, RootId = org.RootId },
            new PortalDomain { OrgId = org.Id, SubdomainHost = $"{slug}.localhost", Token = "", Warnings = [], CreatedAt = now },
            new Backup { OrgId = org.Id, RootId = org.RootId, InstanceName = slug, Reason = "manual", OdooVersion = "18.0", OdooEdition = "ce", CreatedAt = now },
            new BackupKey { OrgId = org.Id, RootId = org.RootId, Fingerprint = slug, KeySealed = "x", CreatedAt = now },
            new BackupTarget { OrgId = org.Id, RootId = org.RootId, Name = slug, Endpoint = "https://s3.example.com", Bucket = "odd", Prefix = "", AccessKey = "x", SecretKeySealed = "x", CreatedAt = now },
            new BackupSchedule { OrgId = org.Id, RootId = org.RootId, InstanceId = RowId.New(), InstanceName = slug, Cron = "0 2 * * *", TimeZone = "UTC" },
            new DomainTombstone { OrgId = org.Id, RootId = org.RootId, Host = $"{slug}.example.net", Until = now },
            new EnterpriseSource { OrgId = org.Id, GitUrl = "https://git.example.com/e.git" },
            new ServerSource { OrgId = org.Id, RootId = org.RootId, ServerId = server.Id, Key = slug, Origin = "archive", Commit = "x" },
            new InstanceDatabase { OrgId = org.Id, RootId = org.RootId, InstanceId = instanceId, ServerId = server.Id, Name = $"{slug.Replace('-', '_')}_b", CreatedAt = now },
            new InstanceDomain { OrgId = org.Id, RootId = org.RootId, InstanceId = instanceId, CustomHost = $"{slug}.example.org", Token = "", Warnings = [], CreatedAt = now },
            new Instance
            {
                Id = instanceId, OrgId = org.Id, RootId = org.RootId, Name = slug, Slug = slug, ServerId = server.Id, OdooVersion = "18.0", OdooEdition = "ce", Image = "odoo:18.0", Domain = $"{slug}.example.com",
                Database = slug.Replace('-', '_'), DatabasePasswordSealed = "x", MasterPasswordSealed = "x", ConnectKeySealed = "x", Status = OCore.Client.InstanceStatus.Failed, CreatedAt = now,
            });
        db.AddRange(TopologyRows.Of(org.Id, org.RootId, slug));
        await db.SaveChangesAsync();
    }
}
