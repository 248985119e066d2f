using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Backups;
using OCore.Features.Databases;
using OCore.Features.Instances;
using OCore.Features.Plans;
using OCore.Platform.Data;
using OCore.Platform.Security;
using OCore.Tests.Servers;

namespace OCore.Tests.Databases;

/// <summary>What can be said of an instance's databases before any server is asked. There is no machine behind.</summary>
public sealed class AskingForDatabases(TestApps apps) : IClassFixture<TestApps>
{
    public static TheoryData<string> HostileNames() =>
    [
        "", "a\"b", "a'b", "a;DROP DATABASE postgres", "..", "../etc", "a/b", "a\\b", "a b", "a\n", "ä", "база", "ａ", "A", "Acme", "1a", "_a", "-a", "a-b", "a.b", "%41", "$(id)", new string('a', 64), new string('a', 4000),
        "postgres", "template0", "template1", "hosting_template", "public", "none", "tpl_x", "s_x", "v_x", "r_x", "o_x", "pg_x", "ocore_x", "hosting_x",
    ];

    [Theory, MemberData(nameof(HostileNames))]
    public async Task A_hostile_name_is_refused_with_its_field(string name)
    {
        var app = await apps.OnAsync(Database.Sqlite);
        var world = await WorldAsync(app);
        using var http = app.As(world.Agency.Owner, world.Agency.Org);
        await RefusedAsync(http.Post<CreateInstanceDatabase, OperationView>(world.Path(), new CreateInstanceDatabase { Name = name }));
        await RefusedAsync(http.Post<DuplicateInstanceDatabase, OperationView>(world.Path($"{world.Instance.Database}/duplicate"), new DuplicateInstanceDatabase { Name = name }));
        await RefusedAsync(http.Post<RenameInstanceDatabase, OperationView>(world.Path($"{world.Instance.Database}/rename"), new RenameInstanceDatabase { Name = name }));
        Assert.Equal(world.Instance.Database, Assert.Single((await http.Get<Page<InstanceDatabaseView>>(world.Path())).Data).Name);

        static async Task RefusedAsync(Task<OperationView> call)
        {
            var refused = await Assert.ThrowsAsync<OCoreException>(() => call);
            Assert.Equal(400, (int)refused.Status);
            Assert.Contains(refused.Problem.Code, (string[])["validation_failed", "name_reserved"]);
            Assert.Contains("name", refused.Problem.Errors?.Keys ?? []);
        }
    }

    [Theory, Sqlite, Postgres]
    public async Task A_name_is_one_databases_on_a_server(Database database)
    {
        var app = await apps.OnAsync(database);
        var world = await WorldAsync(app);
        var neighbour = await InstanceAsync(app, world.Agency, await app.ClientOfAsync(world.Agency, "Neighbour"), world.Server);
        await AddAsync(app, neighbour, "beside_another");
        using var http = app.As(world.Agency.Owner, world.Agency.Org);
        // Nobody else's, served or not.
        foreach (var taken in (string[])[neighbour.Database, "beside_another", world.Instance.Database])
        {
            await http.Post<CreateInstanceDatabase, OperationView>(world.Path(), new CreateInstanceDatabase { Name = taken }).IsRefusedAsync(409, "name_taken", "name");
            await http.Post<DuplicateInstanceDatabase, OperationView>(world.Path($"{world.Instance.Database}/duplicate"), new DuplicateInstanceDatabase { Name = taken }).IsRefusedAsync(409, "name_taken", "name");
        }
        await http.Post<RenameInstanceDatabase, OperationView>(world.Path($"{world.Instance.Database}/rename"), new RenameInstanceDatabase { Name = "beside_another" }).IsRefusedAsync(409, "name_taken", "name");
        await http.Post<RenameInstanceDatabase, OperationView>(world.Path($"{world.Instance.Database}/rename"), new RenameInstanceDatabase { Name = world.Instance.Database }).IsRefusedAsync(400, "validation_failed", "name");

        var begun = await http.Post<CreateInstanceDatabase, OperationView>(world.Path(), new CreateInstanceDatabase { Name = "training" });
        Assert.Equal(("database.create", world.Instance.Id), (begun.Kind, begun.InstanceId));
        var listed = (await http.Get<Page<InstanceDatabaseView>>(world.Path())).Data;
        Assert.Equal([(world.Instance.Database, true, DatabaseStatus.Ready), ("training", false, DatabaseStatus.Creating)], listed.Select(d => (d.Name, d.IsServed, d.Status)));
        // What nobody measured is not said.
        Assert.All(listed, d => Assert.True(d is { Bytes: null, FilestoreBytes: null, Connections: null, LongestSeconds: null }));
        await http.Post<CreateInstanceDatabase, OperationView>(world.Path(), new CreateInstanceDatabase { Name = "training" }).IsRefusedAsync(409, "name_taken", "name");
        await http.Post<CreateInstanceDatabase, OperationView>(world.Path(), new CreateInstanceDatabase { Name = "another" }).IsRefusedAsync(409, "operation_in_progress");
        await http.Post<OperationView>(world.Path("training/serve")).IsRefusedAsync(409, "not_now");
        await http.Delete<OperationView>(world.Path("training")).IsRefusedAsync(409, "not_now");
    }

    [Theory, Sqlite, Postgres]
    public async Task While_it_is_renamed_nobody_gets_its_other_name(Database database)
    {
        var app = await apps.OnAsync(database);
        var world = await WorldAsync(app);
        var neighbour = await InstanceAsync(app, world.Agency, world.Agency.Org, world.Server);
        using var http = app.As(world.Agency.Owner, world.Agency.Org);
        await http.Post<RenameInstanceDatabase, OperationView>(world.Path($"{world.Instance.Database}/rename"), new RenameInstanceDatabase { Name = "to_be" });
        Assert.Equal(DatabaseStatus.Renaming, Assert.Single((await http.Get<Page<InstanceDatabaseView>>(world.Path())).Data).Status);
        await http.Post<CreateInstanceDatabase, OperationView>($"/api/instances/{neighbour.Slug}/databases", new CreateInstanceDatabase { Name = "to_be" }).IsRefusedAsync(409, "name_taken", "name");
    }

    [Theory, Sqlite, Postgres]
    public async Task The_served_one_stays_and_what_is_not_meant_is_asked_again(Database database)
    {
        var app = await apps.OnAsync(database);
        var world = await WorldAsync(app);
        await AddAsync(app, world.Instance, app.Slug("beside").Replace('-', '_'), DatabaseStatus.Ready);
        using var http = app.As(world.Agency.Owner, world.Agency.Org);
        await http.Delete<OperationView>(world.Path(world.Instance.Database)).IsRefusedAsync(409, "database_is_served");
        await http.Post<OperationView>(world.Path($"{world.Instance.Database}/serve")).IsRefusedAsync(409, "database_is_served");
        await http.Post<NeutralizeInstanceDatabase, OperationView>(world.Path($"{world.Instance.Database}/neutralize"), new NeutralizeInstanceDatabase { Confirm = "another" }).IsRefusedAsync(400, "not_confirmed", "confirm");
        await http.Delete<OperationView>(world.Path("nobodys")).IsRefusedAsync(404, "not_found");
        foreach (var connection in (string[])["1", "1.1'", "1.1 OR true", "zz.1", new string('a', 300)])
            await http.Post<OperationView>(world.Path($"{world.Instance.Database}/connections/{Uri.EscapeDataString(connection)}/cancel")).IsRefusedAsync(404, "connection_gone");
        // It is away: nothing is said of it that was not measured.
        await http.Get<DatabaseActivity>(world.Path($"{world.Instance.Database}/activity")).IsRefusedAsync(503, "server_unreachable");
        await http.Post<TakeBackup, OperationView>($"/api/instances/{world.Instance.Slug}/backups", new TakeBackup { Database = "nobodys" }).IsRefusedAsync(400, "database_not_found", "database");
    }

    [Theory, Sqlite, Postgres]
    public async Task Dropping_begins_with_a_backup_of_that_database(Database database)
    {
        var app = await apps.OnAsync(database);
        var world = await WorldAsync(app);
        var name = app.Slug("old").Replace('-', '_');
        await AddAsync(app, world.Instance, name, DatabaseStatus.Ready);
        using var http = app.As(world.Agency.Owner, world.Agency.Org);
        var operation = await http.Delete<OperationView>(world.Path(name));
        Assert.Equal("take a safety backup", operation.Steps[0].Name);
        var backup = Assert.Single((await http.Get<Page<BackupView>>($"/api/backups?instance={world.Instance.Slug}")).Data);
        Assert.Equal((name, "safety", true), (backup.Database, backup.Reason, backup.KeepUntil > app.Clock.GetUtcNow().AddDays(13)));
        Assert.Equal(DatabaseStatus.Removing, (await http.Get<Page<InstanceDatabaseView>>(world.Path())).Data.Single(d => !d.IsServed).Status);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_backup_of_another_database_replaces_nothing_and_is_no_fresh_backup(Database database)
    {
        var app = await apps.OnAsync(database);
        var world = await WorldAsync(app);
        Guid id;
        await using (var db = app.Databases.System())
        {
            var now = app.Clock.GetUtcNow();
            var part = new BackupPart("database", 1, "", 1, "");
            var backup = new Backup
            {
                OrgId = world.Instance.OrgId, RootId = world.Instance.RootId, InstanceId = world.Instance.Id, InstanceName = world.Instance.Name, Database = "beside", Reason = "manual", OdooVersion = "19.0", OdooEdition = "ce", State = BackupState.Verified, TakenAt = now, CreatedAt = now,
                Manifest = new BackupManifest { Backup = Guid.Empty, InstanceName = "x", TakenAt = now, OdooVersion = "19.0", OdooEdition = "ce", Image = "odoo:19.0", PostgresVersion = "17.0", DatabaseName = "beside", Modules = new Dictionary<string, string>(), Rows = new Dictionary<string, long>(), DatabasePart = part, FilesPart = part, SettingsPart = part, DatabaseFormat = "custom", FileCount = 0, FileBytes = 0, KeyId = "x" },
            };
            db.Add(backup);
            await db.SaveChangesAsync();
            id = backup.Id;
            Assert.Null(await BackupSchedules.LastVerifiedAsync(db.Backups.AcrossTenants(), world.Instance.Id, CancellationToken.None));
        }
        using var http = app.As(world.Agency.Owner, world.Agency.Org);
        await http.Post<RestoreBackup, OperationView>($"/api/backups/{id}/restore", new RestoreBackup { Confirm = world.Instance.Slug }).IsRefusedAsync(409, "backup_of_database");
        await http.Post<CreateInstanceDatabase, OperationView>(world.Path(), new CreateInstanceDatabase { Name = "again", Backup = Guid.CreateVersion7() }).IsRefusedAsync(400, "backup_not_found", "backup");
        await http.Post<CreateInstanceDatabase, OperationView>(world.Path(), new CreateInstanceDatabase { Name = "again", Backup = id, DemoData = true }).IsRefusedAsync(400, "validation_failed", "backup");
        await http.Post<CreateInstanceDatabase, OperationView>(world.Path(), new CreateInstanceDatabase { Name = "again", Languages = ["fr; rm"] }).IsRefusedAsync(400, "validation_failed", "languages");
        Assert.Equal("database.restore", (await http.Post<CreateInstanceDatabase, OperationView>(world.Path(), new CreateInstanceDatabase { Name = app.Slug("again").Replace('-', '_'), Backup = id })).Kind);
    }

    [Theory, Sqlite, Postgres]
    public async Task What_the_plan_and_the_instance_allow_is_kept(Database database)
    {
        var app = await apps.OnAsync(database);
        var world = await WorldAsync(app);
        using var http = app.As(world.Agency.Owner, world.Agency.Org);
        Guid before;
        await using (var db = app.Databases.System())
        {
            before = await db.Organizations.AcrossTenants().Where(o => o.Id == world.Agency.Org.Id).Select(o => o.PlanId).SingleAsync();
            var row = await AddAsync(app, world.Instance, app.Slug("large").Replace('-', '_'), DatabaseStatus.Ready);
            await db.InstanceDatabases.AcrossTenants().Where(d => d.Id == row.Id).ExecuteUpdateAsync(s => s.SetProperty(d => d.Bytes, 5_000_000_000L));
            Assert.Equal(5, await Limits.UsedAsync(db, world.Agency.Org.RootId, Limits.StorageGb, CancellationToken.None));
            var plan = new Plan { Name = app.Slug("plan"), Slug = app.Slug("plan"), Features = ["agency", "templates"], Limits = new PlanLimits { StorageGb = 5 } };
            db.Add(plan);
            await db.SaveChangesAsync();
            await db.Organizations.AcrossTenants().Where(o => o.Id == world.Agency.Org.Id).ExecuteUpdateAsync(s => s.SetProperty(o => o.PlanId, plan.Id));
        }
        await http.Post<CreateInstanceDatabase, OperationView>(world.Path(), new CreateInstanceDatabase { Name = "one_more" }).IsRefusedAsync(403, "limit_reached");
        await using (var db = app.Databases.System())
            await db.Organizations.AcrossTenants().Where(o => o.Id == world.Agency.Org.Id).ExecuteUpdateAsync(s => s.SetProperty(o => o.PlanId, before));
        for (var i = 1; i < InstanceDatabase.Most; i++)
            await AddAsync(app, world.Instance, $"{world.Instance.Database}_{i}", DatabaseStatus.Ready);
        await http.Post<CreateInstanceDatabase, OperationView>(world.Path(), new CreateInstanceDatabase { Name = "one_more" }).IsRefusedAsync(409, "too_many_databases");
    }

    [Theory, Sqlite, Postgres]
    public async Task Who_may_look_may_not_change_and_a_client_only_where_the_switch_is_on(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Tools");
        var (client, sibling) = (await app.ClientOfAsync(agency, "Client"), await app.ClientOfAsync(agency, "Sibling"));
        var world = await WorldAsync(app, agency, client);
        using var owner = app.As(await app.MemberAsync(client, "owner"), client);
        using var viewer = app.As(await app.MemberAsync(client, "viewer"), client);
        using var other = app.As(await app.MemberAsync(sibling, "owner"), sibling);
        using var staff = app.As(agency.Owner, agency.Org);
        Assert.Single((await owner.Get<Page<InstanceDatabaseView>>(world.Path())).Data);
        Assert.Single((await viewer.Get<Page<InstanceDatabaseView>>(world.Path())).Data);
        await other.Get<Page<InstanceDatabaseView>>(world.Path()).IsRefusedAsync(404, "not_found");
        await other.Post<CreateInstanceDatabase, OperationView>(world.Path(), new CreateInstanceDatabase { Name = "more" }).IsRefusedAsync(404, "not_found");
        await viewer.Post<CreateInstanceDatabase, OperationView>(world.Path(), new CreateInstanceDatabase { Name = "more" }).IsRefusedAsync(403, "forbidden");
        await viewer.Delete<OperationView>(world.Path(world.Instance.Database)).IsRefusedAsync(403, "forbidden");
        await viewer.Post<OperationView>(world.Path($"{world.Instance.Database}/connections/1.1/cancel")).IsRefusedAsync(403, "forbidden");

        await staff.Put<UpdatePortalConfig, PortalConfigView>("/api/agency/portal-config", new UpdatePortalConfig { FeatureBackups = false });
        await owner.Post<CreateInstanceDatabase, OperationView>(world.Path(), new CreateInstanceDatabase { Name = "more", Backup = Guid.CreateVersion7() }).IsRefusedAsync(403, "feature_disabled");
        await staff.Put<UpdatePortalConfig, PortalConfigView>("/api/agency/portal-config", new UpdatePortalConfig { FeatureDatabases = false });
        await owner.Get<Page<InstanceDatabaseView>>(world.Path()).IsRefusedAsync(403, "feature_disabled");
        await owner.Post<CreateInstanceDatabase, OperationView>(world.Path(), new CreateInstanceDatabase { Name = "more" }).IsRefusedAsync(403, "feature_disabled");
        Assert.Single((await staff.Get<Page<InstanceDatabaseView>>(world.Path())).Data);
    }

    private sealed record World(TestAgency Agency, Guid Server, Instance Instance)
    {
        public string Path(string rest = "") => $"/api/instances/{Instance.Slug}/databases{(rest.Length > 0 ? "/" : "")}{rest}";
    }

    private static async Task<World> WorldAsync(TestApp app, TestAgency? agency = null, TestOrg? owner = null)
    {
        agency ??= await app.AgencyAsync("Bases");
        var (server, _) = await ServersAndInstances.InsertAsync(app, agency);
        await using (var db = app.Databases.System())
        {
            var row = await db.Servers.AcrossTenants().SingleAsync(s => s.Id == server);
            row.Facts = new ServerFacts { Os = "Debian", Kernel = "6", Architecture = "x86_64", Cpus = 2, MemoryBytes = 8L << 30, DiskBytes = 500L << 30 };
            await db.SaveChangesAsync();
        }
        return new World(agency, server, await InstanceAsync(app, agency, owner ?? agency.Org, server));
    }

    private static async Task<Instance> InstanceAsync(TestApp app, TestAgency agency, TestOrg owner, Guid server)
    {
        await using var db = app.Databases.System();
        var (id, slug) = (RowId.New(), app.Slug("erp"));
        string Sealed(string kind) => app.Services.GetRequiredService<SecretBox>().Seal("secret", kind, id);
        var instance = new Instance
        {
            Id = id, OrgId = owner.Id, RootId = agency.Org.Id, Name = slug, Slug = slug, ServerId = server, OdooVersion = "19.0", OdooEdition = "ce", Image = "odoo:19.0", Domain = $"{slug}.example.com", Database = slug.Replace('-', '_'),
            DatabasePasswordSealed = Sealed(InstanceSecrets.Database), MasterPasswordSealed = Sealed(InstanceSecrets.Master), ConnectKeySealed = Sealed(InstanceSecrets.Connect), Status = InstanceStatus.Running, CreatedAt = app.Clock.GetUtcNow(),
        };
        db.Add(instance);
        await db.SaveChangesAsync();
        return instance;
    }

    private static async Task<InstanceDatabase> AddAsync(TestApp app, Instance instance, string name, DatabaseStatus status = DatabaseStatus.Ready)
    {
        await using var db = app.Databases.System();
        var row = new InstanceDatabase { OrgId = instance.OrgId, RootId = instance.RootId, InstanceId = instance.Id, ServerId = instance.ServerId, Name = name, Status = status, CreatedAt = app.Clock.GetUtcNow() };
        db.Add(row);
        await db.SaveChangesAsync();
        return row;
    }
}
