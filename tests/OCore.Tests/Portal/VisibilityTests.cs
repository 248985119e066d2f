using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using OCore.Client;

namespace OCore.Tests.Portal;

/// <summary>Every byte that a client's session receives, of every GET of the document and of the streams, searched for the servers' data.</summary>
public sealed class VisibilityTests(TestApps apps) : IClassFixture<TestApps>
{
    [Theory, Sqlite, Postgres]
    public async Task Nothing_of_a_server_reaches_a_client_that_sees_none(Database database)
    {
        var world = await PortalWorld.MakeAsync(await apps.OnAsync(database));
        await world.SetAsync(new UpdatePortalConfig { InfrastructureVisibility = InfrastructureVisibility.None });
        var seen = await EverythingAsync(world, world.Member.Token);
        foreach (var word in world.Words)
            foreach (var (what, text) in seen)
                Assert.True(!WithoutOwnAddress(text).Contains(word, StringComparison.OrdinalIgnoreCase), $"{what} shows {word}: {Around(WithoutOwnAddress(text), word)}");
        Assert.Empty((await world.App.As(world.Member, world.Client).Get<Page<ServerView>>("/api/servers")).Data);
        // The test would find something if it were there.
        await world.SetAsync(new UpdatePortalConfig { InfrastructureVisibility = InfrastructureVisibility.Full });
        var full = string.Concat((await EverythingAsync(world, world.Member.Token)).Select(s => s.Text));
        foreach (var word in world.Words.Where(w => w != world.ServerId.ToString("N")))
            Assert.True(full.Contains(word, StringComparison.OrdinalIgnoreCase), $"{word} is never shown");
    }

    [Theory, Sqlite, Postgres]
    public async Task Limited_is_name_and_health(Database database)
    {
        var world = await PortalWorld.MakeAsync(await apps.OnAsync(database));
        await world.SetAsync(new UpdatePortalConfig { InfrastructureVisibility = InfrastructureVisibility.Limited });
        var server = Assert.Single((await world.App.As(world.Member, world.Client).Get<Page<ServerView>>("/api/servers")).Data);
        Assert.Equal((world.ServerName, ServerStatus.Active, "", "", 0), (server.Name, server.Status, server.Host, server.User, server.Port));
        Assert.True(server is { Facts: null, Use: null, HostKey: null, PublicKey: null, StatusMessage: null });
        var seen = await EverythingAsync(world, world.Member.Token);
        foreach (var word in world.Words.Where(w => w != world.ServerName && !Guid.TryParse(w, out _)))
            foreach (var (what, text) in seen)
                Assert.True(!WithoutOwnAddress(text).Contains(word, StringComparison.OrdinalIgnoreCase), $"{what} shows {word}: {Around(WithoutOwnAddress(text), word)}");
    }

    [Theory, Sqlite, Postgres]
    public async Task The_agency_sees_everything_also_in_its_clients_organization(Database database)
    {
        var world = await PortalWorld.MakeAsync(await apps.OnAsync(database));
        await world.SetAsync(new UpdatePortalConfig { InfrastructureVisibility = InfrastructureVisibility.None, FeatureMonitoring = false });
        var seen = string.Concat((await EverythingAsync(world, world.Agency.Owner.Token)).Select(s => s.Text));
        Assert.Contains(PortalWorld.Host, seen, StringComparison.Ordinal);
        Assert.Contains(PortalWorld.Kernel, seen, StringComparison.Ordinal);
        Assert.NotNull((await world.App.As(world.Agency.Owner, world.Client).Get<InstanceView>($"/api/instances/{world.InstanceId}")).Use);
        Assert.Null((await world.App.As(world.Member, world.Client).Get<InstanceView>($"/api/instances/{world.InstanceId}")).Use);
    }

    [Theory, Sqlite, Postgres]
    public async Task Whoever_looks_as_the_client_sees_what_it_sees_and_changes_nothing(Database database)
    {
        var world = await PortalWorld.MakeAsync(await apps.OnAsync(database));
        var api = world.App.As(world.Agency.Owner, world.Agency.Org);
        await world.SetAsync(new UpdatePortalConfig { InfrastructureVisibility = InfrastructureVisibility.None, FeatureLogs = false });
        var view = await api.Post<ViewAsClient, ClientViewing>($"/api/agency/clients/{world.Client.Slug}/view-as", new ViewAsClient());
        Assert.True(view.ReadOnly);
        using var http = world.App.HttpAs(world.Agency.Owner, world.Client.Slug);
        http.DefaultRequestHeaders.Add("X-OCore-View", view.Token);
        var me = (await http.GetFromJsonAsync("/api/user", WireJson.Default.MeView))!;
        Assert.True(me.Current is { ViewingAsClient: true, ReadOnly: true, Portal.FeatureLogs: false });
        await (await http.GetAsync($"/api/operations/{world.EndedId}/log")).IsProblemAsync(403, "feature_disabled");
        await (await http.PostAsync($"/api/operations/{world.EndedId}/retry", null)).IsProblemAsync(403, "forbidden");
        await (await http.PutAsJsonAsync("/api/user", new { name = "Somebody" })).IsProblemAsync(403, "viewing_only");
        Assert.DoesNotContain(world.ServerName, await http.GetStringAsync($"/api/instances/{world.InstanceId}"), StringComparison.Ordinal);
        // For this person and this client only, and written down for both.
        using var other = world.App.HttpAs(await world.App.MemberAsync(world.Agency.Org, "admin"), world.Client.Slug);
        other.DefaultRequestHeaders.Add("X-OCore-View", view.Token);
        await (await other.GetAsync("/api/instances")).IsProblemAsync(403, "view_ended");
        using var elsewhere = world.App.HttpAs(world.Agency.Owner, world.Agency.Slug);
        elsewhere.DefaultRequestHeaders.Add("X-OCore-View", view.Token);
        await (await elsewhere.GetAsync("/api/instances")).IsProblemAsync(403, "view_ended");
        foreach (var (person, org) in new[] { (world.Agency.Owner, world.Agency.Org), (world.Member, world.Client) })
            Assert.Contains((await world.App.As(person, org).Get<Page<AuditEntryView>>("/api/audit-logs?action=client.viewed_as")).Data, e => e.Actor == world.Agency.Owner.Email);
    }

    /// <summary>The answers to every GET with the ids of the world, refusals too, the streams, the exports, and refused writes.</summary>
    private static async Task<List<(string What, string Text)>> EverythingAsync(PortalWorld world, string token)
    {
        var seen = new List<(string, string)>();
        using var http = world.App.HttpWith(token, world.Client.Slug);
        var document = await ApiDocument.OfAsync(world.App);
        foreach (var operation in document.Operations)
        {
            foreach (var operationId in operation.Path.Contains("/operations/", StringComparison.Ordinal) ? new[] { world.OperationId, world.EndedId } : [world.EndedId])
            {
                var url = operation.Url(segment => segment switch
                {
                    "operations" => operationId.ToString(), "servers" => world.ServerId.ToString(), "instances" or "from-instance" => world.InstanceId.ToString(),
                    "templates" => world.TemplateId.ToString(), "clients" => world.Client.Slug, "catalog" => "18.0", _ => Guid.CreateVersion7().ToString(),
                });
                // Signing out would end the test.
                if (operation.Verb == "DELETE" || url.Contains("/auth/", StringComparison.Ordinal) || operation.Verb != "GET" && !url.Contains("/provision", StringComparison.Ordinal) && !url.Contains("/servers", StringComparison.Ordinal) && !url.Contains("/logs", StringComparison.Ordinal))
                    continue;
                using var request = new HttpRequestMessage(new HttpMethod(operation.Verb), url);
                if (operation.Body is not null)
                {
                    var body = document.Sample(operation.Body);
                    if (body.ContainsKey("serverId"))
                        body["serverId"] = world.ServerName;
                    request.Content = JsonContent.Create(body);
                }
                using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
                var headers = $"{response.Headers}{response.Content.Headers}";
                // What was asked for is not learned.
                seen.Add(($"{operation.Verb} {operation.Path}", (headers + await ReadAsync(response)).Replace(url, "", StringComparison.OrdinalIgnoreCase)));
            }
        }
        return seen;
    }

    private static async Task<string> ReadAsync(HttpResponseMessage response)
    {
        await using var body = await response.Content.ReadAsStreamAsync();
        var text = new StringBuilder();
        var buffer = new byte[16 * 1024];
        using var patience = new CancellationTokenSource(response.Content.Headers.ContentType?.MediaType == "text/event-stream" ? TimeSpan.FromSeconds(1) : TimeSpan.FromSeconds(30));
        try
        {
            int read;
            while ((read = await body.ReadAsync(buffer, patience.Token)) > 0)
                text.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }
        catch (OperationCanceledException)
        {
            // A stream of what is still running.
        }
        // As its reader has it, not as JSON writes it.
        return text.Length > 0 && text[0] is '{' && JsonNode.Parse(text.ToString()) is { } json ? json.ToJsonString(new System.Text.Json.JsonSerializerOptions { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }) : text.ToString();
    }

    // The instance's own name lies under the server's here: that is the client's address.
    private static string WithoutOwnAddress(string text) => System.Text.RegularExpressions.Regex.Replace(text, $@"[\w-]+\.{System.Text.RegularExpressions.Regex.Escape(PortalWorld.Host)}", "own-address", System.Text.RegularExpressions.RegexOptions.IgnoreCase);

    private static string Around(string text, string word) => text.IndexOf(word, StringComparison.OrdinalIgnoreCase) is >= 0 and var at ? text[Math.Max(0, at - 120)..Math.Min(text.Length, at + 120)] : "";
}
