using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Logging;
using OCore.Client;
using OCore.Features.Webhooks;
using OCore.Tests.Agency;

namespace OCore.Tests.Webhooks;

/// <summary>Events arrive, signed, at a real listener; what does not arrive is tried again and can be sent again.</summary>
public sealed class WebhookTests
{
    [Theory, Sqlite, Postgres]
    public async Task What_happens_arrives_signed(Database database)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var app = await TestApp.StartAsync(database, a => a.Set("FETCH_ALLOW", receiver.Allowed));
        var agency = await app.AgencyAsync("Tells");
        var client = await app.ClientOfAsync(agency, "Client");
        using var http = app.As(agency.Owner, agency.Org);
        var made = await http.Post<CreateWebhook, CreatedWebhook>("/api/webhooks", new CreateWebhook { Name = "all", Url = receiver.Url, Events = ["operation.", "server."] });
        Assert.StartsWith("whsec_", made.Secret, StringComparison.Ordinal);
        var server = (await http.Post<AddServer, OperationView>("/api/servers", new AddServer { Name = "web-1", Host = "127.0.0.1", Port = 1 })).ServerId!.Value;
        await receiver.UntilAsync(() => receiver.Types.Contains("operation.running") && receiver.Types.Contains("server.added"));
        foreach (var got in receiver.All)
        {
            Assert.Equal(got.Headers["webhook-signature"], Sign(made.Secret, got));
            Assert.Equal(agency.Org.Slug, got.Json.GetProperty("organization").GetProperty("slug").GetString());
        }
        var running = receiver.All.First(g => g.Type == "operation.running").Json.GetProperty("data");
        Assert.Equal(("server.validate", server), (running.GetProperty("kind").GetString(), running.GetProperty("serverId").GetGuid()));
        // Each once, in whatever order they came.
        Assert.Equal(receiver.All.Count, receiver.All.Select(g => g.Headers["webhook-id"]).Distinct().Count());
        Assert.Single(receiver.Types, t => t == "operation.running");
        Assert.Single(receiver.Types, t => t == "server.added");
        Assert.DoesNotContain(receiver.Types, t => t.StartsWith("instance.", StringComparison.Ordinal));
        // The client's own webhook hears nothing of the agency's.
        var owner = await app.MemberAsync(client, "owner");
        Assert.Empty((await app.As(owner, client).Get<Page<WebhookView>>("/api/webhooks")).Data);
    }

    [Theory, Sqlite, Postgres, Trait("Kind", "patient")]
    public async Task What_does_not_arrive_is_tried_again_and_can_be_sent_again(Database database)
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = 500;
        await using var app = await TestApp.StartAsync(database, a => a.Set("FETCH_ALLOW", receiver.Allowed));
        var agency = await app.AgencyAsync("Retries");
        using var http = app.As(agency.Owner, agency.Org);
        var id = (await http.Post<CreateWebhook, CreatedWebhook>("/api/webhooks", new CreateWebhook { Name = "flaky", Url = receiver.Url })).Webhook.Id;
        await http.Post<WebhookDeliveryView>($"/api/webhooks/{id}/test");
        var seen = await UntilAsync(http, id, d => d.Attempts == 1 && d.Error is not null);
        Assert.Equal(("webhook.test", "pending", 500), (seen.Event, seen.State, seen.ResponseStatus));
        receiver.Answer = 204;
        app.Clock.Advance(TimeSpan.FromSeconds(6));
        seen = await UntilAsync(http, id, d => d.State == "delivered");
        Assert.Equal((2, 204, null), (seen.Attempts, seen.ResponseStatus, seen.Error));
        Assert.Equal("delivered", (await http.Get<WebhookView>($"/api/webhooks/{id}")).Last!.State);

        var again = await http.Post<WebhookDeliveryView>($"/api/webhooks/{id}/deliveries/{seen.Id}/replay");
        Assert.Equal((seen.Id, seen.Body), (again.ReplayOf, again.Body));
        await receiver.UntilAsync(() => receiver.All.Any(g => g.Headers["webhook-id"] == again.Id.ToString()));
        // Given up after its eighth attempt.
        receiver.Answer = 302;
        var lost = await http.Post<WebhookDeliveryView>($"/api/webhooks/{id}/test");
        for (var attempt = 1; attempt <= 8; attempt++)
        {
            await UntilAsync(http, id, d => d.Id == lost.Id && d.Attempts == attempt && d.Error is not null && (attempt == 8) == (d.NextAttemptAt is null));
            app.Clock.Advance(attempt == 8 ? TimeSpan.Zero : WebhookSender.Waits[attempt - 1]);
        }
        Assert.Equal("failed", (await UntilAsync(http, id, d => d.Id == lost.Id && d.NextAttemptAt is null)).State);
    }

    /// <summary>One tells an agency of all its clients, another a client of itself, without what its people may not see of the servers.</summary>
    [Theory, Sqlite, Postgres]
    public async Task A_client_is_told_of_itself_and_nothing_of_the_servers(Database database)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var app = await TestApp.StartAsync(database, a => a.Set("FETCH_ALLOW", receiver.Allowed));
        var agency = await app.AgencyAsync("Agency");
        var (client, sibling) = (await app.ClientOfAsync(agency, "Client"), await app.ClientOfAsync(agency, "Sibling"));
        using var staff = app.As(agency.Owner, agency.Org);
        await staff.Put<UpdatePortalConfig, PortalConfigView>("/api/agency/portal-config", new UpdatePortalConfig { InfrastructureVisibility = InfrastructureVisibility.None });
        await staff.Post<CreateWebhook, CreatedWebhook>("/api/webhooks", new CreateWebhook { Name = "agency", Url = receiver.Url + "/agency" });
        using var people = app.As(await app.MemberAsync(client, "owner"), client);
        await people.Post<CreateWebhook, CreatedWebhook>("/api/webhooks", new CreateWebhook { Name = "client", Url = receiver.Url + "/client" });
        var server = await app.ServerAsync(agency);
        await app.InstanceAsync(sibling, server);
        await app.InstanceAsync(client, server, change: i => i.StatusMessage = "192.0.2.1 does not answer.");
        await receiver.UntilAsync(() => receiver.Of("/agency").Count(r => r.Type == "instance.created") == 2 && receiver.Of("/client").Any(), app.Clock);
        var told = Assert.Single(receiver.Of("/client"));
        Assert.Equal("instance.created", told.Type);
        Assert.DoesNotContain("192.0.2.1", told.Body, StringComparison.Ordinal);
        Assert.Contains(receiver.Of("/agency"), r => r.Body.Contains("192.0.2.1", StringComparison.Ordinal));
        Assert.Contains(receiver.Of("/agency"), r => r.Type == "server.added");
    }

    [Theory, Sqlite]
    public async Task It_leads_nobody_into_this_network(Database database)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var app = await TestApp.StartAsync(database);
        var agency = await app.AgencyAsync("Probes");
        using var http = app.As(agency.Owner, agency.Org);
        foreach (var url in (string[])["ftp://example.com", "https://user:pw@example.com", "no address", "https://example.com/#part", "https://example.com:22/", receiver.Url])
            await http.Post<CreateWebhook, CreatedWebhook>("/api/webhooks", new CreateWebhook { Name = "x", Url = url }).IsRefusedAsync(400, "validation_failed", "url");
        await http.Post<CreateWebhook, CreatedWebhook>("/api/webhooks", new CreateWebhook { Name = "x", Url = "https://example.com", Events = ["nothing.happened"] }).IsRefusedAsync(400, "validation_failed", "events");
        foreach (var url in (string[])["http://localhost/", "http://[::1]/", "http://169.254.169.254/latest/meta-data", "http://10.0.0.1/", "http://2130706433/"])
        {
            var id = (await http.Post<CreateWebhook, CreatedWebhook>("/api/webhooks", new CreateWebhook { Name = url, Url = url })).Webhook.Id;
            await http.Post<WebhookDeliveryView>($"/api/webhooks/{id}/test");
            var seen = await UntilAsync(http, id, d => d.Attempts == 1 && d.Error is not null);
            Assert.Contains("not on the public internet", seen.Error, StringComparison.Ordinal);
        }
        Assert.Empty(receiver.All);
    }

    [Theory, Sqlite]
    public async Task What_is_switched_off_is_not_sent_later(Database database)
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = 500;
        await using var app = await TestApp.StartAsync(database, a => a.Set("FETCH_ALLOW", receiver.Allowed));
        var agency = await app.AgencyAsync("Off");
        using var http = app.As(agency.Owner, agency.Org);
        var id = (await http.Post<CreateWebhook, CreatedWebhook>("/api/webhooks", new CreateWebhook { Name = "off", Url = receiver.Url })).Webhook.Id;
        await http.Post<WebhookDeliveryView>($"/api/webhooks/{id}/test");
        await UntilAsync(http, id, d => d.Attempts == 1 && d.Error is not null);
        Assert.False((await http.Put<UpdateWebhook, WebhookView>($"/api/webhooks/{id}", new UpdateWebhook { IsActive = false })).IsActive);
        Assert.Equal(("failed", "The webhook was switched off."), await UntilAsync(http, id, _ => true) is var seen ? (seen.State, seen.Error) : default);
        // A test is sent all the same: it shows that the address works before events go there.
        receiver.Answer = 204;
        app.Clock.Advance(TimeSpan.FromHours(1));
        var test = await http.Post<WebhookDeliveryView>($"/api/webhooks/{id}/test");
        await UntilAsync(http, id, d => d.Id == test.Id && d.State == "delivered");
        Assert.Equal(test.Id.ToString(), Assert.Single(receiver.All).Headers["webhook-id"]);
    }

    [Theory, Sqlite, Postgres]
    public async Task Switched_on_again_it_goes_on_from_there_and_keeps_nobody_back(Database database)
    {
        await using var receiver = await Receiver.StartAsync();
        await using var app = await TestApp.StartAsync(database, a => a.Set("FETCH_ALLOW", receiver.Allowed));
        var (one, other) = (await app.AgencyAsync("Switches"), await app.AgencyAsync("Listens"));
        using var http = app.As(one.Owner, one.Org);
        using var others = app.As(other.Owner, other.Org);
        var id = (await http.Post<CreateWebhook, CreatedWebhook>("/api/webhooks", new CreateWebhook { Name = "one", Url = receiver.Url + "/one", Events = ["server."] })).Webhook.Id;
        await others.Post<CreateWebhook, CreatedWebhook>("/api/webhooks", new CreateWebhook { Name = "other", Url = receiver.Url + "/other", Events = ["server."] });
        await app.ServerAsync(one);
        await receiver.UntilAsync(() => receiver.Of("/one").Count == 1, app.Clock);
        await http.Put<UpdateWebhook, WebhookView>($"/api/webhooks/{id}", new UpdateWebhook { IsActive = false });
        var missed = await app.ServerAsync(one);
        await app.ServerAsync(other);
        await receiver.UntilAsync(() => receiver.Of("/other").Count == 1, app.Clock);
        await http.Put<UpdateWebhook, WebhookView>($"/api/webhooks/{id}", new UpdateWebhook { IsActive = true });
        var heard = await app.ServerAsync(one);
        await app.ServerAsync(other);
        await receiver.UntilAsync(() => receiver.Of("/one").Count >= 2 && receiver.Of("/other").Count >= 2, app.Clock);
        var told = receiver.Of("/one").Select(r => r.Json.GetProperty("data").GetProperty("id").GetGuid()).ToList();
        Assert.Equal((2, true, false), (told.Count, told.Contains(heard.Id), told.Contains(missed.Id)));
    }

    private static string Sign(string secret, Received got) => "v1," + Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(secret["whsec_".Length..]),
        Encoding.UTF8.GetBytes($"{got.Headers["webhook-id"]}.{got.Headers["webhook-timestamp"]}.{got.Body}")));

    private static async Task<WebhookDeliveryView> UntilAsync(OCoreHttp http, Guid webhook, Func<WebhookDeliveryView, bool> condition)
    {
        for (var look = 0; ; look++)
        {
            var all = (await http.Get<Page<WebhookDeliveryView>>($"/api/webhooks/{webhook}/deliveries?limit=200")).Data;
            if (all.FirstOrDefault(condition) is { } found)
                return found;
            Assert.True(look < 400, string.Join('\n', all));
            await Task.Delay(50);
        }
    }

    private sealed record Received(string Path, IReadOnlyDictionary<string, string> Headers, string Body)
    {
        public JsonElement Json => JsonDocument.Parse(Body).RootElement;
        public string Type => Json.GetProperty("type").GetString()!;
    }

    private sealed class Receiver(WebApplication app) : IAsyncDisposable
    {
        private readonly ConcurrentQueue<Received> _all = new();

        public int Answer { get; set; } = 204;
        public IReadOnlyCollection<Received> All => _all;
        public IReadOnlyList<string> Types => [.. _all.Select(r => r.Type)];
        public IReadOnlyList<Received> Of(string path) => [.. _all.Where(r => r.Path.EndsWith(path, StringComparison.Ordinal))];
        public string Url => $"http://127.0.0.1:{Port}/hook";
        public string Allowed => $"127.0.0.1:{Port}";
        private int Port => new Uri(app.Urls.First()).Port;

        public static async Task<Receiver> StartAsync()
        {
            var builder = WebApplication.CreateSlimBuilder();
            builder.Logging.ClearProviders();
            var app = builder.Build();
            app.Urls.Add("http://127.0.0.1:0");
            var receiver = new Receiver(app);
            app.Run(async http =>
            {
                var body = await new StreamReader(http.Request.Body).ReadToEndAsync();
                if (receiver.Answer < 300)
                    receiver._all.Enqueue(new Received(http.Request.Path, http.Request.Headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString()), body));
                http.Response.StatusCode = receiver.Answer;
                if (receiver.Answer == 302)
                    http.Response.Headers.Location = "http://127.0.0.1/elsewhere";
            });
            await app.StartAsync();
            return receiver;
        }

        /// <param name="clock">Put forward meanwhile, so that what did not come by the first attempt on a busy machine comes by the next.</param>
        public async Task UntilAsync(Func<bool> condition, TestClock? clock = null)
        {
            for (var look = 0; !condition(); look++)
            {
                Assert.True(look < 400, string.Join(", ", Types));
                await Task.Delay(50);
                clock?.Advance(TimeSpan.FromMilliseconds(50));
            }
        }

        public ValueTask DisposeAsync() => app.DisposeAsync();
    }
}
