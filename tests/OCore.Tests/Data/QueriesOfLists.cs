using System.Diagnostics;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Backups;
using OCore.Features.Branding;
using OCore.Features.Databases;
using OCore.Features.Domains;
using OCore.Features.Instances;
using OCore.Features.Monitoring;
using OCore.Features.Organizations;
using OCore.Features.Plans;
using OCore.Features.PortalDomains;
using OCore.Features.Templates;
using OCore.Features.Topologies;
using OCore.Features.Topologies.Deployments;
using OCore.Features.Webhooks;
using OCore.Platform.Data;
using OCore.Platform.Operations;
using OCore.Platform.Security;
using OCore.Tests.Topologies;

namespace OCore.Tests.Data;

/// <summary>A list asks the database as often for fifty rows as for one. Made from the OpenAPI document: a new list is in it by itself.</summary>
[Collection(Alone)]
public sealed class QueriesOfLists
{
    /// <summary>Tests beside this one would change rights, and every such change makes the next request read the caller's again.</summary>
    public const string Alone = "queries of lists";
    private const int Most = 8;

    /// <summary>Their rows do not come from the database.</summary>
    private static readonly string[] FromElsewhere = ["listPermissions", "listOdooVersions", "listOdooModules", "listInstanceModules", "listTopologyBlueprints",
        // Of a client: the query is that of the agency's own, which is counted.
        "listClientCssVersions"];

    /// <summary>Of which no more rows are shown.</summary>
    private static readonly Dictionary<string, int> Longest = new() { ["listTopologyPlans"] = 20 };

    [Theory, Sqlite, Postgres]
    public async Task They_are_as_many_for_fifty_rows_as_for_one(Database database)
    {
        // Before the app: EF looks for listeners when it first has something to tell, and then not for a while.
        using var commands = new CommandsByTrace();
        await using var app = await TestApp.StartAsync(database);
        var lists = (await ApiDocument.OfAsync(app)).Operations.Where(o => o.Verb == "GET" && o.IsList && !FromElsewhere.Contains(o.Id)).ToList();
        Assert.True(lists.Count >= 15, "The document has hardly any lists; what marks them must have changed.");
        var agency = await app.AgencyAsync("Agency");
        var @operator = await app.OperatorAsync();
        var counted = lists.ToDictionary(l => l.Id, _ => new List<(int Rows, int Commands)>());
        var (rows, operation) = (0, Guid.Empty);
        foreach (var wanted in new[] { 1, 10, 50 })
        {
            for (; rows < wanted; rows++)
                operation = await AddOneOfEverythingAsync(app, agency, operation);
            foreach (var list in lists)
            {
                var person = list.Path.StartsWith("/api/admin/", StringComparison.Ordinal) ? @operator : agency.Owner;
                using var http = app.HttpAs(person, person == agency.Owner ? agency.Slug : null);
                // Rights are forgotten whenever a test beside this one changes any, and read again: the fewest of a few tries is the list's own.
                var tries = new List<(int Rows, int Commands)>();
                for (var n = 0; n < 6; n++)
                    tries.Add(await CountAsync(http, list, operation, commands));
                counted[list.Id].Add(tries.MinBy(t => t.Commands));
            }
        }
        // For bin/bench queries, which keeps them.
        if (Environment.GetEnvironmentVariable("OCORE_TEST_QUERIES_FILE") is { Length: > 0 } file)
            await File.AppendAllLinesAsync(file, counted.Select(l => $"{l.Key}\t{database}\t{string.Join('\t', l.Value.Select(c => $"{c.Rows}:{c.Commands}"))}"));
        var wrong = counted.Where(l => l.Value.Any(c => c.Commands > Most) || l.Value.Select(c => c.Commands).Distinct().Count() > 1 || l.Value[2].Rows < Longest.GetValueOrDefault(l.Key, 50) || l.Value[0].Rows == l.Value[2].Rows).ToList();
        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Select(w => $"{w.Key}: {string.Join(", ", w.Value.Select(c => $"{c.Commands} queries for {c.Rows} rows"))}")));
    }

    private static async Task<(int Rows, int Commands)> CountAsync(HttpClient http, ApiOperation list, Guid operation, CommandsByTrace commands)
    {
        var url = list.Url(_ => operation.ToString()) + (list.Parameters.Any(p => p.Name == "limit") ? "?limit=200" : "");
        // The caller's rights are read again now and then, and with the first answer; only the list is of interest.
        var counts = new List<(int Rows, int Commands)>();
        for (var attempt = 0; attempt < 3; attempt++)
        {
            var trace = ActivityTraceId.CreateRandom();
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.Add("traceparent", $"00-{trace.ToHexString()}-{ActivitySpanId.CreateRandom().ToHexString()}-01");
            using var response = (await http.SendAsync(request)).EnsureSuccessStatusCode();
            var page = JsonNode.Parse(await response.Content.ReadAsStringAsync())!;
            counts.Add((page["data"]!.AsArray().Count, commands.Of(trace)));
        }
        return counts.MinBy(c => c.Commands);
    }

    /// <returns>The operation that has one event more.</returns>
    private static async Task<Guid> AddOneOfEverythingAsync(TestApp app, TestAgency agency, Guid followed)
    {
        var now = app.Clock.GetUtcNow();
        var client = await app.ClientOfAsync(agency, "Client");
        var member = await app.MemberAsync(agency.Org, "viewer");
        await app.OrganizationAsync("Other", agency.Owner);
        await app.ApiKeyAsync(agency.Owner, agency.Org, "view:servers");
        await app.SignInAsync(agency.Owner.Id);
        var server = await Agency.ClientSeeds.ServerAsync(app, agency, s => s.Status = ServerStatus.Failed);
        await using var db = app.Databases.System();
        var template = new Template { OrgId = agency.Org.Id, RootId = agency.Org.Id, Name = app.Slug("shop"), OdooVersion = "18.0", OdooEdition = "ce", CreatedAt = now };
        db.Add(template);
        db.Add(new TemplateCache { OrgId = agency.Org.Id, RootId = agency.Org.Id, ServerId = server.Id, Key = app.Slug("key"), Wish = app.Slug("wish"), Image = "odoo:18.0", Database = "tpl", Status = "ready", LastUsedAt = now });
        db.Add(new PortalDomain { OrgId = agency.Org.Id, ClientId = client.Id, SubdomainHost = $"{app.Slug("portal")}.localhost", Token = "", Warnings = [], CreatedAt = now });
        db.Add(new BrandCssVersion { OrgId = agency.Org.Id, RootId = agency.Org.Id, Version = Random.Shared.Next(), Css = "", By = "somebody", At = now });
        db.Add(new BrandAsset { OrgId = agency.Org.Id, RootId = agency.Org.Id, Hash = app.Slug("hash"), Extension = ".woff2", MediaType = "font/woff2", Content = [1], FontFamily = app.Slug("family"), CreatedAt = now });
        db.Add(new Plan { Name = app.Slug("plan"), Slug = app.Slug("plan"), Features = [], Limits = new PlanLimits() });
        var role = new Role { OrgId = agency.Org.Id, Name = app.Slug("role"), Slug = app.Slug("role"), Permissions = ["view:servers"] };
        db.Add(role);
        db.Add(new Invitation
        {
            OrgId = agency.Org.Id, Email = $"{app.Slug("guest")}@people.example", RoleId = role.Id, InvitedById = member.Id, InvitedBy = member.Email,
            TokenHash = Guid.CreateVersion7().ToByteArray(), CreatedAt = now, ExpiresAt = now.AddDays(1),
        });
        db.Add(new IdentityUserPasskey<Guid>
        {
            UserId = agency.Owner.Id, CredentialId = Guid.CreateVersion7().ToByteArray(),
            Data = new IdentityPasskeyData { Name = "key", PublicKey = [1], AttestationObject = [1], ClientDataJson = [1], CreatedAt = now },
        });
        await db.SaveChangesAsync();
        var instance = await Agency.ClientSeeds.InstanceAsync(app, client, server, change: i => i.TemplateId = template.Id);
        var operation = new Operation
        {
            // One id is put into all addresses here, whatever they name: of an operation, its instance, and more below.
            Id = instance.Id, OrgId = client.Id, RootId = agency.Org.Id, Kind = "test", Title = "Something", InputSealed = "x", State = OperationState.Succeeded, Actor = "somebody", CreatedAt = now, FinishedAt = now,
            InstanceId = instance.Id, ServerId = server.Id, ClientId = client.Id, TemplateId = template.Id, Steps = [new OperationStep { Seq = 1, Name = "a step", State = StepState.Done }],
        };
        db.Add(operation);
        await db.SaveChangesAsync();
        followed = followed == Guid.Empty ? operation.Id : followed;
        var rule = new AlertRule { OrgId = agency.Org.Id, Name = app.Slug("rule"), Subject = "instance", SubjectId = instance.Id, Metric = "cpu", Above = true, IsActive = false, CreatedAt = now };
        db.Add(rule);
        await db.SaveChangesAsync();
        var target = new BackupTarget { OrgId = agency.Org.Id, RootId = agency.Org.Id, Name = app.Slug("bucket"), Endpoint = "https://s3.example.com", Bucket = "odd", Prefix = "", AccessKey = "x", SecretKeySealed = "x", CreatedAt = now };
        db.Add(target);
        db.Add(new Backup { OrgId = client.Id, RootId = agency.Org.Id, InstanceId = instance.Id, ServerId = server.Id, TargetId = target.Id, InstanceName = instance.Name, Reason = "manual", OdooVersion = "18.0", OdooEdition = "ce", State = BackupState.Failed, CreatedAt = now });
        db.Add(new Alert { OrgId = agency.Org.Id, RuleId = rule.Id, SubjectId = instance.Id, SubjectName = instance.Name, RaisedAt = now, ClearedAt = now });
        // Switched off, nothing is told by it.
        db.Add(new Webhook { Id = operation.Id, OrgId = agency.Org.Id, Name = app.Slug("hook"), Url = "https://hooks.example.com", SecretSealed = "x", IsActive = false, CreatedAt = now });
        db.Add(new Topology { Id = operation.Id, OrgId = agency.Org.Id, RootId = agency.Org.Id, Name = app.Slug("drawing"), CreatedAt = now });
        await db.SaveChangesAsync();
        db.Add(new TopologyCredential { OrgId = agency.Org.Id, RootId = agency.Org.Id, TopologyId = followed, Name = app.Slug("bucket"), AccessKey = "x", SecretKeySealed = "x" });
        db.Add(new WebhookDelivery { OrgId = agency.Org.Id, WebhookId = followed, Key = app.Slug("key"), Event = "webhook.test", Body = "{}", CreatedAt = now, DeliveredAt = now });
        db.Add(new OperationEvent { OperationId = followed, At = now, Kind = "log", Message = "A line." });
        db.Add(new InstanceDomain { OrgId = agency.Org.Id, RootId = agency.Org.Id, InstanceId = followed, CustomHost = $"{app.Slug("shop")}.example.org", CustomDisplay = "shop.example.org", Token = "x", Warnings = [], CreatedAt = now });
        db.Add(new InstanceDatabase { OrgId = agency.Org.Id, RootId = agency.Org.Id, InstanceId = followed, ServerId = server.Id, Name = app.Slug("base").Replace('-', '_'), Status = DatabaseStatus.Ready, CreatedAt = now });
        db.Add(new DeployedNode { OrgId = agency.Org.Id, RootId = agency.Org.Id, TopologyId = followed, NodeId = app.Slug("node"), Label = "Node", Container = "odd", ServerId = server.Id });
        db.Add(TopologyRows.PlanOf(agency.Org.Id, agency.Org.Id, followed, app.Slug("plan")));
        await db.SaveChangesAsync();
        if (followed == operation.Id)
            await CarryAsync(app, followed);
        return followed;
    }

    /// <summary>The instance is the topology's, and its secrets can be opened: who lists its databases wants to ask its server, and learns that it was never connected.</summary>
    private static async Task CarryAsync(TestApp app, Guid id)
    {
        var secrets = app.Services.GetRequiredService<SecretBox>();
        await using var db = app.Databases.System();
        await db.Instances.AcrossTenants().Where(i => i.Id == id).ExecuteUpdateAsync(s => s
            .SetProperty(i => i.TopologyId, id)
            .SetProperty(i => i.DatabasePasswordSealed, secrets.Seal("database", InstanceSecrets.Database, id))
            .SetProperty(i => i.MasterPasswordSealed, secrets.Seal("master", InstanceSecrets.Master, id))
            .SetProperty(i => i.ConnectKeySealed, secrets.Seal("connect", InstanceSecrets.Connect, id)));
    }
}

[CollectionDefinition(QueriesOfLists.Alone, DisableParallelization = true)]
public sealed class QueriesOfListsAlone;
