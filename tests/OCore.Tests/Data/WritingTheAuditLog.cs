using Microsoft.EntityFrameworkCore;
using OCore.Features.AuditLog;
using OCore.Features.Servers;
using OCore.Features.Templates;
using OCore.Platform.Data;

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
