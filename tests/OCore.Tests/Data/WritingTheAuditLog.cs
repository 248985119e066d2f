using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.AuditLog;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Features.Templates;
using OCore.Platform.Data;
using OCore.Platform.Security;
using OCore.Tests.Servers;

namespace OCore.Tests.Data;

public sealed class WritingTheAuditLog(TestApps apps) : IClassFixture<TestApps>
{
    private static OCoreDb As(TestApp app, TestPerson person, TestOrg org) => app.Databases.For(new Tenant(org.Id, org.RootId, false),
        new AuditActor(person.Id, person.Email, org.Id, false, null, "192.0.2.7", "tests", null));

    [Theory, Sqlite, Postgres]
    public async Task A_change_and_its_line_are_committed_together(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Acme");
        var template = new Template { Name = "before", OdooVersion = "18.0", OdooEdition = "ce" };
        await using (var db = As(app, agency.Owner, agency.Org))
        {
            db.Add(template);
            await db.SaveChangesAsync();
            template.Name = "after";
            await db.SaveChangesAsync();
            db.Remove(template);
            await db.SaveChangesAsync();
        }
        var lines = await LinesAsync(app, template.Id.ToString());
        Assert.Equal(["template.created", "template.updated", "template.deleted"], lines.Select(l => l.Action));
        Assert.All(lines, l => Assert.Equal((agency.Org.Id, agency.Owner.Email, "192.0.2.7", "tests"), (l.OrgId, l.Actor, l.Ip, l.UserAgent)));
        Assert.Equal(new AuditChangeValue("before", "after"), Assert.Single(lines[1].Changes).Value);
        Assert.Equal(new AuditChangeValue("after", null), lines[2].Changes["name"]);
    }

    [Theory, Sqlite, Postgres]
    public async Task What_is_deleted_is_in_it_as_it_was_with_its_secrets_masked(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Clearing");
        using var http = app.As(agency.Owner, agency.Org);
        var template = await http.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate
        {
            Name = "Last", OdooVersion = "19.0", DefaultWorkers = 3, Config = new Dictionary<string, string> { ["smtp_password"] = "canary-1", ["log_level"] = "warn" },
            AddonRepositories = [new AddonRepository { Url = "https://git.example.com/a", Token = "canary-2" }],
        });
        await http.Send(HttpMethod.Delete, $"/api/templates/{template.Id}");

        var line = (await LinesAsync(app, template.Id.ToString()))[^1];
        Assert.Equal("template.deleted", line.Action);
        Assert.All(line.Changes.Values, c => Assert.Null(c.After));
        Assert.Equal(("Last", "3", """{"smtp_password":"••••","log_level":"warn"}""", "••••"),
            (line.Changes["name"].Before, line.Changes["defaultWorkers"].Before, line.Changes["config"].Before, line.Changes["repositories"].Before));
        Assert.DoesNotContain("canary", string.Concat(line.Changes.Values.Select(c => c.Before)), StringComparison.Ordinal);
    }

    /// <summary>Where the log cannot be written, nothing is done.</summary>
    [Theory, Sqlite, Postgres]
    public async Task A_change_without_its_line_does_not_happen(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var agency = await app.AgencyAsync("Acme");
        await using (var db = app.Databases.System())
        {
            await db.Database.ExecuteSqlRawAsync(database == Database.Sqlite
                ? """CREATE TRIGGER full BEFORE INSERT ON "AuditLog" BEGIN SELECT RAISE(ABORT, 'the disk is full'); END"""
                : """CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the disk is full'; END $$; CREATE TRIGGER full_disk BEFORE INSERT ON "AuditLog" FOR EACH ROW EXECUTE FUNCTION fail()""");
        }
        await using (var db = As(app, agency.Owner, agency.Org))
        {
            db.Add(new Template { Name = "lost", OdooVersion = "18.0", OdooEdition = "ce" });
            await Assert.ThrowsAsync<DbUpdateException>(() => db.SaveChangesAsync());
        }
        await using var all = app.Databases.System();
        Assert.False(await all.Templates.AcrossTenants().AnyAsync(t => t.Name == "lost"));
    }

    [Theory, Sqlite, Postgres]
    public async Task Secrets_are_never_in_it(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Acme");
        var server = new Server { Name = "web", Host = "192.0.2.1", Port = 22, User = "deploy", PrivateKeySealed = "canary-1", FirstCredentialSealed = "canary-2", SudoPasswordSealed = "canary-3" };
        var template = new Template { Name = "shop", OdooVersion = "18.0", OdooEdition = "ce", Repositories = [new TemplateRepository("https://git.example.com/a", null, "canary-4")] };
        await using (var db = As(app, agency.Owner, agency.Org))
        {
            db.AddRange(server, template);
            await db.SaveChangesAsync();
            server.PrivateKeySealed = "canary-5";
            server.FirstCredentialSealed = null;
            template.Repositories = [];
            await db.SaveChangesAsync();
        }
        await using var all = app.Databases.System();
        var texts = await all.AuditLog.AcrossTenants().AsNoTracking().ToListAsync();
        Assert.DoesNotContain("canary", string.Concat(texts.SelectMany(t => t.Changes.Values).Select(c => c.Before + c.After)), StringComparison.Ordinal);
        var changed = (await LinesAsync(app, server.Id.ToString())).Single(l => l.Action == "server.updated").Changes;
        Assert.Equal(["firstCredentialSealed", "privateKeySealed"], changed.Keys.Order(StringComparer.Ordinal));
    }

    /// <summary>Settings are shown, and the passwords among them are not: neither to whoever reads the log, nor in a file of it, nor in the table.</summary>
    [Theory, Sqlite, Postgres]
    public async Task Secrets_among_settings_are_never_in_it(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Mailing");
        using var http = app.As(agency.Owner, agency.Org);
        var template = await http.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate
        {
            Name = "Mails", OdooVersion = "19.0", DefaultEnvVars = Setting("SMTP_PASSWORD", "canary-1"), Config = Setting("smtp_password", "canary-2"),
        });
        // One is another password; the other comes back as it is shown, and stays what it is.
        await http.Put<UpdateTemplate, TemplateView>($"/api/templates/{template.Id}", new UpdateTemplate
        {
            DefaultEnvVars = Setting("SMTP_PASSWORD", "canary-3"), Config = new Dictionary<string, string> { ["smtp_password"] = "••••", ["limit_request"] = "4096" },
        });
        var (server, _) = await ServersAndInstances.InsertAsync(app, agency);
        var (id, slug) = (RowId.New(), app.Slug("mails"));
        await using (var db = As(app, agency.Owner, agency.Org))
        {
            db.Add(new Instance
            {
                Id = id, OrgId = agency.Org.Id, RootId = agency.Org.Id, Name = slug, Slug = slug, ServerId = server, OdooVersion = "19.0", OdooEdition = "ce", Image = "odoo:19.0",
                Domain = $"{slug}.example.com", Database = slug.Replace('-', '_'), MemoryMb = 1024, CreatedAt = app.Clock.GetUtcNow(), Status = InstanceStatus.Running,
                EnvVars = Sealed("SMTP_PASSWORD", "canary-4"), Config = Sealed("smtp_password", "canary-5"),
                DatabasePasswordSealed = "canary-6", MasterPasswordSealed = "canary-7", ConnectKeySealed = "canary-8",
            });
            await db.SaveChangesAsync();
            var instance = await db.Instances.SingleAsync(i => i.Id == id);
            instance.EnvVars = Sealed("SMTP_PASSWORD", "canary-9");
            instance.Config = [];
            await db.SaveChangesAsync();
        }

        var reader = app.HttpAs(await app.MemberAsync(agency.Org, "viewer"), agency.Org.Slug);
        var taker = app.HttpAs(agency.Owner, agency.Org.Slug);
        foreach (var text in (string[])
        [
            await reader.GetStringAsync("/api/audit-logs?limit=200"), await taker.GetStringAsync("/api/audit-logs/export"), await taker.GetStringAsync("/api/audit-logs/export?format=jsonl"),
        ])
        {
            Assert.Contains("template.updated", text, StringComparison.Ordinal);
            Assert.Contains("instance.updated", text, StringComparison.Ordinal);
            Assert.DoesNotContain("canary", text, StringComparison.Ordinal);
        }
        await using var all = app.Databases.System();
        var changes = (await all.AuditLog.AcrossTenants().AsNoTracking().ToListAsync()).SelectMany(l => l.Changes.Values);
        Assert.DoesNotContain("canary", string.Concat(changes.Select(c => c.Before + c.After)), StringComparison.Ordinal);

        const string Upper = """{"SMTP_PASSWORD":"••••"}""", Lower = """{"smtp_password":"••••"}""", Another = """{"SMTP_PASSWORD":"•••• (changed)"}""";
        var ofTemplate = await LinesAsync(app, template.Id.ToString());
        Assert.Equal((new AuditChangeValue(null, Upper), new AuditChangeValue(null, Lower)), (ofTemplate[0].Changes["defaultEnvVars"], ofTemplate[0].Changes["config"]));
        Assert.Equal(new AuditChangeValue(Upper, Another), ofTemplate[1].Changes["defaultEnvVars"]);
        Assert.Equal(new AuditChangeValue(Lower, """{"smtp_password":"••••","limit_request":"4096"}"""), ofTemplate[1].Changes["config"]);
        var ofInstance = await LinesAsync(app, id.ToString());
        Assert.Equal((new AuditChangeValue(null, Upper), new AuditChangeValue(null, Lower)), (ofInstance[0].Changes["envVars"], ofInstance[0].Changes["config"]));
        Assert.Equal((new AuditChangeValue(Upper, Another), new AuditChangeValue(Lower, "{}")), (ofInstance[1].Changes["envVars"], ofInstance[1].Changes["config"]));

        static Dictionary<string, string> Setting(string key, string value) => new() { [key] = value };
        Dictionary<string, string> Sealed(string key, string value) => app.Services.GetRequiredService<SecretBox>().Sealed(Setting(key, value), null, agency.Org.Id);
    }

    /// <summary>Where values are kept by keys, it is said which are secret, in a way that the writer can look into.</summary>
    [Fact]
    public void Every_column_of_values_by_keys_says_which_are_secret()
    {
        using var db = Rules.DataRules.Design(Database.Sqlite);
        var columns = (from type in db.Model.GetEntityTypes()
                       where typeof(IAudited).IsAssignableFrom(type.ClrType)
                       from property in type.GetProperties()
                       where property.PropertyInfo is not null && !property.PropertyInfo.IsDefined(typeof(SecretAttribute), true) && !property.PropertyInfo.IsDefined(typeof(NotAuditedAttribute), true)
                       let marked = property.PropertyInfo!.IsDefined(typeof(SecretValuesAttribute), true)
                       where marked || property.ClrType.GetInterfaces().Append(property.ClrType).Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IReadOnlyDictionary<,>))
                       select (Name: $"{type.ClrType.Name}.{property.Name}", Good: marked && typeof(IReadOnlyDictionary<string, string>).IsAssignableFrom(property.ClrType))).ToList();
        Assert.Empty(columns.Where(c => !c.Good).Select(c => c.Name));
        Assert.Superset(new HashSet<string> { "Template.DefaultEnvVars", "Template.Config", "Instance.EnvVars", "Instance.Config" }, columns.Select(c => c.Name).ToHashSet());
    }

    /// <summary>Every column whose name says that it is a secret is marked as one.</summary>
    [Fact]
    public void Every_secret_column_is_marked()
    {
        using var db = Rules.DataRules.Design(Database.Sqlite);
        var open = from type in db.Model.GetEntityTypes()
                   where typeof(IAudited).IsAssignableFrom(type.ClrType)
                   from property in type.GetProperties()
                   where property.PropertyInfo is not null && System.Text.RegularExpressions.Regex.IsMatch(property.Name, "Sealed$|Hash(es)?$|Secret|Password|Token|SecurityStamp|ConcurrencyStamp|Credential")
                   where property.ClrType != typeof(bool) && property.ClrType != typeof(DateTimeOffset?)
                   where !property.PropertyInfo!.IsDefined(typeof(SecretAttribute), true) && !property.PropertyInfo!.IsDefined(typeof(NotAuditedAttribute), true)
                   select $"{type.ClrType.Name}.{property.Name}";
        Assert.Empty(open);
    }

    private static async Task<List<AuditEntry>> LinesAsync(TestApp app, string objectId)
    {
        await using var db = app.Databases.System();
        return await db.AuditLog.AcrossTenants().AsNoTracking().Where(l => l.ObjectId == objectId).OrderBy(l => l.Id).ToListAsync();
    }
}
