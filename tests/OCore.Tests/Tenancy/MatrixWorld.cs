using Microsoft.Extensions.DependencyInjection;
using OCore.Platform.Security;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Storage;
using OCore.Client;
using OCore.Features.Backups;
using OCore.Features.Databases;
using OCore.Features.Domains;
using OCore.Features.Instances;
using OCore.Features.Monitoring;
using OCore.Features.Organizations;
using OCore.Features.Plans;
using OCore.Features.PortalDomains;
using OCore.Features.Servers;
using OCore.Features.Templates;
using OCore.Features.Topologies;
using OCore.Features.Webhooks;
using OCore.Platform.Data;
using OCore.Platform.Operations;

namespace OCore.Tests.Tenancy;

/// <summary>The objects of one organization, one of each kind that an address or a body may name.</summary>
internal sealed record Possessions(TestOrg Org, IReadOnlyDictionary<string, string> Ids)
{
    /// <summary>What to put after this segment of an address.</summary>
    public string After(string segment) => Ids.TryGetValue(segment, out var id) ? id
        : throw new InvalidOperationException($"A new kind of address, /{segment}/{{…}}: give MatrixWorld one to put there.");
}

/// <summary>Two agencies with clients, and everything that can be owned, in each of them.</summary>
internal sealed class MatrixWorld
{
    public required TestApp App { get; init; }
    public required TestAgency Ours { get; init; }
    public required TestAgency Theirs { get; init; }
    public required TestOrg Client { get; init; }
    public required TestOrg Sibling { get; init; }
    public required TestOrg Suspended { get; init; }
    public required IReadOnlyDictionary<string, Actor> Actors { get; init; }
    public required Possessions OfOurs { get; init; }
    public required Possessions OfClient { get; init; }
    public required Possessions OfSibling { get; init; }
    public required Possessions OfTheirs { get; init; }

    internal sealed record Actor(string Name, TestPerson? Person, string? Slug, string? Token = null);

    /// <summary>Addresses of things that do not exist.</summary>
    public static string Missing(string segment) => segment is "catalog" or "archives" ? "18.0" : segment == "css-versions" ? "7" : Guid.CreateVersion7().ToString();

    public static async Task<MatrixWorld> MakeAsync(TestApp app)
    {
        var (ours, theirs) = (await app.AgencyAsync("Ours"), await app.AgencyAsync("Theirs"));
        var (client, sibling, suspended) = (await app.ClientOfAsync(ours, "Client"), await app.ClientOfAsync(ours, "Sibling"), await app.ClientOfAsync(ours, "Suspended"));
        var actors = new Dictionary<string, Actor>();
        void Add(string name, TestPerson? person, TestOrg? org, string? token = null) => actors[name] = new Actor(name, person, org?.Slug, token);
        Add("owner", ours.Owner, ours.Org);
        foreach (var role in new[] { "admin", "developer", "viewer" })
            Add(role, await app.MemberAsync(ours.Org, role), ours.Org);
        Add("client owner", await app.MemberAsync(client, "owner"), client);
        Add("client member", await app.MemberAsync(client, "viewer"), client);
        Add("sibling client", await app.MemberAsync(sibling, "owner"), client);
        Add("other agency", theirs.Owner, client);
        Add("delegated staff", actors["admin"].Person, client);
        Add("suspended", await app.MemberAsync(suspended, "owner"), suspended);
        var revoked = await app.MemberAsync(ours.Org, "admin");
        Add("revoked token", null, ours.Org, revoked.Token);
        Add("scoped key", null, ours.Org, await app.ApiKeyAsync(ours.Owner, ours.Org, "view:templates"));
        Add("anonymous", null, null);
        Add("operator", await app.OperatorAsync(), null);
        await app.RevokeAsync(revoked);
        await app.SuspendAsync(suspended);
        return new MatrixWorld
        {
            App = app, Ours = ours, Theirs = theirs, Client = client, Sibling = sibling, Suspended = suspended, Actors = actors,
            OfOurs = await OwnAsync(app, ours.Org, sibling), OfClient = await OwnAsync(app, client, client),
            OfSibling = await OwnAsync(app, sibling, sibling), OfTheirs = await OwnAsync(app, theirs.Org, await app.ClientOfAsync(theirs, "Foreign")),
        };
    }

    /// <summary>One of everything. Servers are addresses nobody answers, and operations have ended: nothing begins by itself.</summary>
    private static async Task<Possessions> OwnAsync(TestApp app, TestOrg org, TestOrg client)
    {
        await using var db = app.Databases.System();
        var now = app.Clock.GetUtcNow();
        // Servers and templates of a client are its agency's: a server is reached through the key that both share.
        var server = new Server { OrgId = org.Id, RootId = org.RootId, Name = app.Slug("web"), Host = "192.0.2.1", Port = 22, User = "deploy", HostKey = "x", Status = ServerStatus.Failed, CreatedAt = now };
        var template = new Template { OrgId = org.Id, RootId = org.RootId, Name = app.Slug("shop"), OdooVersion = "18.0", OdooEdition = "ce", CreatedAt = now };
        var slug = app.Slug("erp");
        var instanceId = Guid.CreateVersion7();
        string Sealed(string kind) => app.Services.GetRequiredService<SecretBox>().Seal("secret", kind, instanceId);
        var instance = new Instance
        {
            Id = instanceId, OrgId = org.Id, RootId = org.RootId, Name = slug, Slug = slug, ServerId = server.Id, TemplateId = template.Id, OdooVersion = "18.0", OdooEdition = "ce", Image = "odoo:18.0",
            Domain = $"{slug}.example.com", Database = slug.Replace('-', '_'), DatabasePasswordSealed = Sealed(InstanceSecrets.Database), MasterPasswordSealed = Sealed(InstanceSecrets.Master), ConnectKeySealed = Sealed(InstanceSecrets.Connect), Status = InstanceStatus.Failed, CreatedAt = now,
        };
        var operation = new Operation
        {
            OrgId = org.Id, RootId = org.RootId, Kind = "test", Title = "Something", InputSealed = "x", State = OperationState.Succeeded, Actor = "somebody", CreatedAt = now, FinishedAt = now, InstanceId = instance.Id, ServerId = server.Id,
        };
        var role = new Role { OrgId = org.Id, Name = app.Slug("role"), Slug = app.Slug("role"), Permissions = ["view:servers"] };
        // Never looked at: nobody asked for a look.
        var domain = new PortalDomain { OrgId = org.RootId, CustomHost = $"{slug}.example.net", CustomDisplay = $"{slug}.example.net", Token = slug, Warnings = [], CreatedAt = now };
        var name = new InstanceDomain { OrgId = org.Id, RootId = org.RootId, InstanceId = instance.Id, CustomHost = $"{slug}.example.org", CustomDisplay = $"{slug}.example.org", Token = slug, Warnings = [], CreatedAt = now };
        var topology = new Topology { OrgId = org.Id, RootId = org.RootId, Name = app.Slug("drawing"), CreatedAt = now };
        // Switched off, and its delivery is over: nothing is sent by itself.
        var webhookId = Guid.CreateVersion7();
        var secret = app.Services.GetRequiredService<SecretBox>().Seal(WebhookSignature.NewSecret(), WebhookEndpoints.Secret, webhookId);
        var webhook = new Webhook { Id = webhookId, OrgId = org.Id, Name = slug, Url = "https://hooks.example.com", SecretSealed = secret, IsActive = false, CreatedAt = now };
        var rule = new AlertRule { OrgId = org.Id, Name = slug, Subject = "instance", Metric = "cpu", Above = true, IsActive = false, CreatedAt = now };
        var delivery = new WebhookDelivery { OrgId = org.Id, WebhookId = webhook.Id, Key = slug, Event = "webhook.test", Body = "{}", CreatedAt = now, DeliveredAt = now };
        var backup = new Backup { OrgId = org.Id, RootId = org.RootId, InstanceId = instance.Id, ServerId = server.Id, InstanceName = slug, Reason = "manual", OdooVersion = "18.0", OdooEdition = "ce", State = BackupState.Failed, CreatedAt = now };
        var target = new BackupTarget { OrgId = org.Id, RootId = org.RootId, Name = slug, Endpoint = "https://s3.example.com", Bucket = "bucket", Prefix = "", AccessKey = "key", SecretKeySealed = "x", CreatedAt = now };
        var further = new InstanceDatabase { OrgId = org.Id, RootId = org.RootId, InstanceId = instance.Id, ServerId = server.Id, Name = $"{instance.Database}_b", Status = DatabaseStatus.Ready, CreatedAt = now };
        db.AddRange(server, template, instance, further, operation, role, domain, name, topology, webhook, delivery, rule, backup, target);
        var person = await app.MemberAsync(org, "viewer");
        var invitation = new Invitation { OrgId = org.Id, Email = $"{slug}@people.example", RoleId = role.Id, InvitedById = person.Id, InvitedBy = "somebody", TokenHash = Guid.CreateVersion7().ToByteArray(), CreatedAt = now, ExpiresAt = now.AddDays(2) };
        db.Add(invitation);
        await db.SaveChangesAsync();
        await app.ApiKeyAsync(person, org, "view:servers");
        var member = await db.Members.AcrossTenants().SingleAsync(m => m.OrgId == org.Id && m.UserId == person.Id);
        var key = await db.ApiKeys.AcrossTenants().SingleAsync(k => k.OrgId == org.Id && k.UserId == person.Id);
        var session = await db.Sessions.FirstAsync(s => s.UserId == person.Id);
        var plan = await db.Set<Plan>().FirstAsync();
        return new Possessions(org, new Dictionary<string, string>
        {
            ["servers"] = server.Id.ToString(), ["templates"] = template.Id.ToString(), ["topologies"] = topology.Id.ToString(), ["instances"] = instance.Id.ToString(), ["from-instance"] = instance.Id.ToString(),
            ["operations"] = operation.Id.ToString(), ["clients"] = client.Id.ToString(), ["roles"] = role.Id.ToString(), ["members"] = member.Id.ToString(),
            ["invitations"] = invitation.Id.ToString(), ["api-keys"] = key.Id.ToString(), ["sessions"] = session.Id.ToString(), ["passkeys"] = "AAAA",
            ["users"] = person.Id.ToString(), ["catalog"] = "18.0", ["archives"] = "18.0", ["css-versions"] = "7", ["plans"] = plan.Id.ToString(), ["organizations"] = org.Id.ToString(),
            ["portal-domains"] = domain.Id.ToString(), ["domains"] = name.Id.ToString(), ["credentials"] = "bucket", ["nodes"] = "one", ["alert-rules"] = rule.Id.ToString(), ["webhooks"] = webhook.Id.ToString(), ["deliveries"] = delivery.Id.ToString(),
            ["backups"] = backup.Id.ToString(), ["databases"] = further.Name, ["connections"] = "1.1", ["backup-targets"] = target.Id.ToString(),
        });
    }

    /// <summary>As the actor; with a session of its own for a request that may end sessions, and for those that are asked after such a one.</summary>
    public async Task<HttpClient> HttpAsync(Actor actor, ApiOperation operation) => App.HttpWith(actor.Token ?? (actor.Person is not { } person ? null
        : operation.Path.Contains("/auth/", StringComparison.Ordinal) || operation.Path.Contains("/user", StringComparison.Ordinal) || string.CompareOrdinal(operation.Path, "/api/user") > 0
            ? await App.SignInAsync(person.Id) : person.Token), actor.Slug);

    /// <summary>How many rows there are of everything that a request could make. Sign-ins, their traces, mails asked for by anybody and what is measured or told to webhooks by itself do not count.</summary>
    public static async Task<string> RowsAsync(TestApp app)
    {
        await using var db = app.Databases.System();
        var text = new StringBuilder();
        var helper = db.GetService<ISqlGenerationHelper>();
        foreach (var table in db.Model.GetEntityTypes().Select(t => t.GetTableName()!).Distinct().Order(StringComparer.Ordinal))
            if (table is not ("Sessions" or "AuditLog" or "RateCounts" or "MetricSamples" or "MetricCursors" or "Alerts" or "WebhookSeen" or "WebhookCursors" or "WebhookDeliveries"))
#pragma warning disable EF1002 // The names are the model's own.
                text.AppendLine($"{table} {await db.Database.SqlQueryRaw<long>($"SELECT COUNT(*) AS \"Value\" FROM {helper.DelimitIdentifier(table)}").SingleAsync()}");
#pragma warning restore EF1002
        return text.ToString();
    }
}
