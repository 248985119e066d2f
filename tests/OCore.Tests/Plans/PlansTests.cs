using OCore.Client;
using OCore.Features.Backups;
using OCore.Tests.Servers;

namespace OCore.Tests.Plans;

public sealed class PlansTests(TestApps apps) : IClassFixture<TestApps>
{
    [Theory, Sqlite, Postgres]
    public async Task An_operator_makes_changes_and_deletes_plans(Database database)
    {
        var app = await apps.OnAsync(database);
        var http = app.As(await app.OperatorAsync());
        var slug = app.Slug("small");

        var plan = await http.Post<CreatePlan, PlanView>("/api/admin/plans", new() { Name = "Small", Slug = slug, Features = ["templates"], Limits = new() { Instances = 3 } });
        Assert.Equal((3, null, false, 0), (plan.Limits.Instances, plan.Limits.Clients, plan.IsDefault, plan.Organizations));
        await http.Post<CreatePlan, PlanView>("/api/admin/plans", new() { Name = "Small", Slug = slug, Features = [] }).IsRefusedAsync(409, "slug_taken", "slug");
        await http.Post<CreatePlan, PlanView>("/api/admin/plans", new() { Name = "Odd", Slug = app.Slug("odd"), Features = ["flying"] }).IsRefusedAsync(400, "validation_failed", "features");
        await http.Put<UpdatePlan, PlanView>($"/api/admin/plans/{slug}", new() { Features = ["flying"] }).IsRefusedAsync(400, "validation_failed", "features");
        var changed = await http.Put<UpdatePlan, PlanView>($"/api/admin/plans/{slug}", new() { Name = "Smaller", Features = ["agency", "templates"] });
        Assert.Equal(("Smaller", 2, 3), (changed.Name, changed.Features.Count, changed.Limits.Instances));
        Assert.Contains((await http.Get<Page<PlanView>>("/api/admin/plans")).Data, p => p.Slug == slug);
        await http.Send(HttpMethod.Delete, $"/api/admin/plans/{plan.Id}");
        await http.Get<PlanView>($"/api/admin/plans/{slug}").IsRefusedAsync(404, "not_found");
    }

    [Theory, Sqlite, Postgres]
    public async Task Others_and_keys_do_not(Database database)
    {
        var app = await apps.OnAsync(database);
        var op = await app.OperatorAsync();

        await app.As(await app.PersonAsync("Plain")).Get<Page<PlanView>>("/api/admin/plans").IsRefusedAsync(403, "operator_only");
        await new OCoreHttp(app.HttpWith(await app.ApiKeyAsync(op, op.Home))).Get<Page<AdminOrganizationView>>("/api/admin/organizations").IsRefusedAsync(403, "operator_only");
    }

    [Theory, Sqlite, Postgres]
    public async Task There_is_always_exactly_one_default(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var http = app.As(await app.OperatorAsync());
        var before = (await http.Get<Page<PlanView>>("/api/admin/plans")).Data.Single(p => p.IsDefault);

        await http.Put<UpdatePlan, PlanView>($"/api/admin/plans/{before.Id}", new() { IsDefault = false }).IsRefusedAsync(409, "default_plan_needed");
        await http.Send(HttpMethod.Delete, $"/api/admin/plans/{before.Id}").IsRefusedAsync(409, "default_plan_needed");
        await http.Post<CreatePlan, PlanView>("/api/admin/plans", new() { Name = "New", Slug = "new-default", Features = [], IsDefault = true });
        Assert.Equal("new-default", (await http.Get<Page<PlanView>>("/api/admin/plans")).Data.Single(p => p.IsDefault).Slug);
        await http.Put<UpdatePlan, PlanView>($"/api/admin/plans/{before.Id}", new() { IsDefault = true });
        Assert.Equal(before.Id, (await http.Get<Page<PlanView>>("/api/admin/plans")).Data.Single(p => p.IsDefault).Id);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_plan_is_assigned_to_an_agency_with_its_clients_and_stays_while_it_is_used(Database database)
    {
        var app = await apps.OnAsync(database);
        var http = app.As(await app.OperatorAsync());
        var agency = await app.AgencyAsync("Assigned");
        var client = await app.ClientOfAsync(agency, "With it");
        var plan = await PlanAsync(app, new() { Clients = 5 }, "agency");

        Assert.Equal(plan.Slug, (await http.Put<AssignPlan, AdminOrganizationView>($"/api/admin/organizations/{agency.Slug}/plan", new() { Plan = plan.Slug })).Plan);
        await http.Put<AssignPlan, AdminOrganizationView>($"/api/admin/organizations/{client.Id}/plan", new() { Plan = plan.Slug }).IsRefusedAsync(409, "client_uses_agency_plan");
        await http.Put<AssignPlan, AdminOrganizationView>($"/api/admin/organizations/{agency.Slug}/plan", new() { Plan = "no-such" }).IsRefusedAsync(400, "plan_not_found", "plan");
        await http.Send(HttpMethod.Delete, $"/api/admin/plans/{plan.Id}").IsRefusedAsync(409, "plan_in_use");
        Assert.Equal(1, (await http.Get<PlanView>($"/api/admin/plans/{plan.Id}")).Organizations);
        Assert.All((await http.Get<Page<AdminOrganizationView>>("/api/admin/organizations?limit=200")).Data.Where(o => o.Slug == agency.Slug || o.Slug == client.Slug), o => Assert.Equal(plan.Slug, o.Plan));
    }

    [Theory, Sqlite, Postgres]
    public async Task The_subscription_says_what_is_used_of_what(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Counted");
        var client = await app.ClientOfAsync(agency, "Counted too");
        await app.MemberAsync(client, "viewer");
        await app.JoinAsync(client, agency.Owner, "viewer");
        await AssignAsync(app, agency, new() { Clients = 2, Members = 7 });
        await TakenAsync(app, client, null);
        await TakenAsync(app, client, Guid.CreateVersion7());

        foreach (var http in (OCoreHttp[])[app.As(agency.Owner, agency.Org), app.As(await app.MemberAsync(client, "admin"), client)])
        {
            var uses = (await http.Get<SubscriptionView>("/api/subscription")).Limits.ToDictionary(l => l.Name);
            Assert.Equal(["clients", "instances", "servers", "members", "storageGb"], uses.Keys);
            Assert.Equal((1, 2), (uses["clients"].Used, uses["clients"].Limit));
            Assert.Equal((3, 7), (uses["members"].Used, uses["members"].Limit));
            Assert.Equal((3, null), (uses["storageGb"].Used, uses["storageGb"].Limit));
        }
    }

    [Theory, Sqlite, Postgres]
    public async Task A_limit_names_itself_and_is_not_passed_by_many_at_once(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Limited");
        await AssignAsync(app, agency, new() { Clients = 2 });
        var http = app.As(agency.Owner, agency.Org);

        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(async n =>
        {
            try
            {
                await http.Post<CreateClient, ClientView>("/api/agency/clients", new() { Name = $"Client {n}", Slug = app.Slug("limited") });
                return null;
            }
            catch (OCoreException refused)
            {
                return refused;
            }
        }));

        Assert.Equal(2, answers.Count(a => a is null));
        Assert.All(answers.OfType<OCoreException>(), a => Assert.Equal("limit_reached", a.Problem.Code));
        var problem = answers.OfType<OCoreException>().First();
        Assert.Equal(("clients", 2, 2, 403), (problem.Problem.More!["limit"].GetString(), problem.Problem.More["used"].GetInt32(), problem.Problem.More["allowed"].GetInt32(), (int)problem.Status));
        Assert.NotNull(problem.Problem.Hint);
    }

    [Theory, Sqlite, Postgres]
    public async Task Open_invitations_count_as_members(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Seats");
        await AssignAsync(app, agency, new() { Members = 2 });
        var http = app.As(agency.Owner, agency.Org);
        await http.Post<InviteMember, InvitationView>("/api/invitations", new() { Email = "one@people.example", Role = "viewer" });

        await http.Post<InviteMember, InvitationView>("/api/invitations", new() { Email = "two@people.example", Role = "viewer" }).IsRefusedAsync(403, "limit_reached");
    }

    [Theory, Sqlite, Postgres]
    public async Task Whoever_is_a_member_somewhere_takes_no_further_place(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Twice");
        var (one, other) = (await app.ClientOfAsync(agency, "One"), await app.ClientOfAsync(agency, "Other"));
        var somebody = await app.MemberAsync(one, "viewer");
        await AssignAsync(app, agency, new() { Members = 2 });
        var http = app.As(agency.Owner, other);

        await http.Post<InviteMember, InvitationView>("/api/invitations", new() { Email = "new@people.example", Role = "viewer" }).IsRefusedAsync(403, "limit_reached");
        Assert.Equal(somebody.Email, (await http.Post<InviteMember, InvitationView>("/api/invitations", new() { Email = somebody.Email, Role = "viewer" })).Email);
    }

    [Theory, Sqlite, Postgres]
    public async Task Servers_are_limited(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Racks");
        await AssignAsync(app, agency, new() { Servers = 1 });
        var http = app.As(agency.Owner, agency.Org);

        await http.Post<AddServer, OperationView>("/api/servers", new AddServer { Name = "first", Host = "127.0.0.1", Port = 1 });
        await http.Post<AddServer, OperationView>("/api/servers", new AddServer { Name = "second", Host = "127.0.0.1", Port = 1 }).IsRefusedAsync(403, "limit_reached");
        Assert.Equal("first", Assert.Single((await http.Get<Page<ServerView>>("/api/servers")).Data).Name);
    }

    [Theory, Sqlite, Postgres]
    public async Task Full_storage_takes_no_backup_by_hand_and_no_upload(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Full");
        var (_, instance) = await ServersAndInstances.InsertAsync(app, agency);
        await AssignAsync(app, agency, new() { StorageGb = 3 }, ["agency", "templates", "backups"]);
        await TakenAsync(app, agency.Org, null);
        var http = app.As(agency.Owner, agency.Org);

        var refused = await http.Post<TakeBackup, OperationView>($"/api/instances/{instance}/backups", new TakeBackup()).IsRefusedAsync(403, "limit_reached");
        Assert.Equal("storageGb", refused.More!["limit"].GetString());
        using var content = new ByteArrayContent([1, 2, 3]);
        content.Headers.ContentType = new("application/octet-stream");
        await http.Send(HttpMethod.Put, $"/api/instances/{instance}/files/upload?path=addons.zip", content).IsRefusedAsync(403, "limit_reached");
        Assert.Single((await http.Get<Page<BackupView>>("/api/backups")).Data);
    }

    [Theory, Sqlite, Postgres]
    public async Task Without_the_feature_there_is_no_agency(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Lapsed");
        await AssignAsync(app, agency, new(), features: []);

        var refused = await app.As(agency.Owner, agency.Org).Get<Page<ClientView>>("/api/agency/clients").IsRefusedAsync(403, "subscription_required");
        Assert.StartsWith("Ensure your subscription includes agency features", refused.Hint, StringComparison.Ordinal);
        Assert.Contains("PUT /api/admin/organizations/{organization}/plan", refused.Hint, StringComparison.Ordinal);
        await app.As(agency.Owner, agency.Org).Get<AgencyView>("/api/agency").IsRefusedAsync(403, "subscription_required");
        await app.As(agency.Owner, agency.Org).Post<AgencyView>("/api/agency/enable").IsRefusedAsync(403, "subscription_required");
    }

    [Theory, Sqlite, Postgres]
    public async Task Each_feature_opens_what_it_is_named_for_and_what_is_there_stays_readable(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Plain");
        var http = app.As(agency.Owner, agency.Org);
        await AssignAsync(app, agency, new());

        await MissingAsync("white_label", http.Put<UpdateBranding, BrandingView>("/api/agency/branding", new() { PrimaryColor = "#2563eb" }));
        await MissingAsync("white_label", http.Post<BrandingView>("/api/agency/clients/anybody/branding/css-versions/1/restore"));
        await MissingAsync("white_label", http.Post<CreatePortalDomain, PortalDomainView>("/api/agency/portal-domains", new() { Subdomain = "acme" }));
        await MissingAsync("backups", http.Post<SaveBackupTarget, BackupTargetView>("/api/backup-targets", new() { Name = "elsewhere", Endpoint = "https://s3.example.com", Bucket = "backups", AccessKey = "key" }));
        await MissingAsync("topologies", http.Get<Page<TopologySummary>>("/api/topologies"));
        await MissingAsync("templates", http.Get<Page<TemplateView>>("/api/templates"));
        Assert.NotNull(await http.Get<BrandingView>("/api/agency/branding"));
        Assert.Empty((await http.Get<Page<BackupView>>("/api/backups")).Data);

        await AssignAsync(app, agency, new(), ["agency", "white_label", "backups", "topologies", "templates"]);
        Assert.Equal("#2563eb", (await http.Put<UpdateBranding, BrandingView>("/api/agency/branding", new() { PrimaryColor = "#2563eb" })).PrimaryColor);
        Assert.Empty((await http.Get<Page<TemplateView>>("/api/templates")).Data);

        // Where several are needed, each is.
        await AssignAsync(app, agency, new(), ["white_label", "topologies"]);
        await MissingAsync("agency", http.Put<UpdateBranding, BrandingView>("/api/agency/branding", new() { PrimaryColor = "#7c3aed" }));
        await MissingAsync("agency", http.Get<Page<TopologySummary>>("/api/topologies"));
    }

    /// <summary>A backup of 3 GB, in oCore's own directory where no target is given.</summary>
    private static async Task TakenAsync(TestApp app, TestOrg org, Guid? target)
    {
        await using var db = app.Databases.System();
        db.Add(new Backup { OrgId = org.Id, RootId = org.RootId, InstanceName = "gone", Reason = "manual", OdooVersion = "18.0", OdooEdition = "ce", State = BackupState.Verified, Bytes = 3_000_000_000, TargetId = target, CreatedAt = app.Clock.GetUtcNow() });
        await db.SaveChangesAsync();
    }

    private static async Task MissingAsync(string feature, Task call) =>
        Assert.Contains($"does not include {feature}.", (await call.IsRefusedAsync(403, "subscription_required")).Detail, StringComparison.Ordinal);

    private static async Task AssignAsync(TestApp app, TestAgency agency, PlanLimits limits, string[]? features = null)
    {
        var plan = await PlanAsync(app, limits, features ?? ["agency"]);
        await app.As(await app.OperatorAsync()).Put<AssignPlan, AdminOrganizationView>($"/api/admin/organizations/{agency.Slug}/plan", new() { Plan = plan.Slug });
    }

    private static async Task<PlanView> PlanAsync(TestApp app, PlanLimits limits, params string[] features) =>
        await app.As(await app.OperatorAsync()).Post<CreatePlan, PlanView>("/api/admin/plans", new() { Name = "Test", Slug = app.Slug("plan"), Features = features, Limits = limits });
}
