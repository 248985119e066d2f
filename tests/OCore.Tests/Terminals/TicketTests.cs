using System.Net;
using System.Net.WebSockets;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Tests.Portal;

namespace OCore.Tests.Terminals;

/// <summary>Who gets into a terminal, and by what: the hostile corpus of tickets. There is no container behind; it is the handshake that counts.</summary>
public sealed class TicketTests(TestApps apps) : IClassFixture<TestApps>
{
    private TestApp app = null!;

    private static readonly string[] Kinds = ["terminal", "odoo-shell"];

    private static async Task<PortalWorld> WorldAsync(TestApp app)
    {
        var world = await PortalWorld.MakeAsync(app);
        await using var db = app.Databases.System();
        await db.Instances.AcrossTenants().Where(i => i.Id == world.InstanceId).ExecuteUpdateAsync(s => s.SetProperty(i => i.Status, InstanceStatus.Running));
        await world.SetAsync(new UpdatePortalConfig { FeatureTerminal = true, FeatureOdooShell = true });
        return world;
    }

    private static Task<TerminalTicket> AskAsync(PortalWorld world, TestPerson? person = null, string kind = "terminal") =>
        world.App.As(person ?? world.Member, world.Client).Post<TerminalTicket>($"/api/instances/{world.InstanceId}/{kind}");

    private async Task<HttpStatusCode> TryAsync(TerminalTicket ticket, string? token, string? path = null, string? origin = null, string? slug = null, string? cookie = null)
    {
        var (socket, status) = await TerminalAtHand.ConnectAsync(app, path ?? ticket.Socket, ticket.Ticket, token, cookie, origin, slug);
        socket?.Abort();
        socket?.Dispose();
        return status;
    }

    [Theory, Sqlite, Postgres]
    public async Task It_opens_one_socket_once(Database database)
    {
        app = await apps.OnAsync(database);
        await Task.WhenAll(Kinds.Select(It_opens_one_socket_once_by_kind));
    }

    private async Task It_opens_one_socket_once_by_kind(string kind)
    {
        var world = await WorldAsync(app);
        var ticket = await AskAsync(world, kind: kind);
        Assert.Equal(HttpStatusCode.SwitchingProtocols, await TryAsync(ticket, world.Member.Token));
        Assert.Equal(HttpStatusCode.Unauthorized, await TryAsync(ticket, world.Member.Token));
    }

    [Theory, Sqlite, Postgres]
    public async Task Of_many_at_once_one_gets_in(Database database)
    {
        app = await apps.OnAsync(database);
        var world = await WorldAsync(app);
        var ticket = await AskAsync(world);
        var tries = await Task.WhenAll(Enumerable.Range(0, 12).Select(_ => TryAsync(ticket, world.Member.Token)));
        Assert.Single(tries, HttpStatusCode.SwitchingProtocols);
    }

    [Theory, Sqlite, Postgres]
    public async Task It_is_for_one_person_in_one_session(Database database)
    {
        app = await apps.OnAsync(database);
        var world = await WorldAsync(app);
        var ticket = await AskAsync(world);
        var other = await app.MemberAsync(world.Client, "admin");
        Assert.Equal(HttpStatusCode.Unauthorized, await TryAsync(ticket, other.Token));
        Assert.Equal(HttpStatusCode.Unauthorized, await TryAsync(ticket, world.Agency.Owner.Token));
        Assert.Equal(HttpStatusCode.Unauthorized, await TryAsync(ticket, await app.SignInAsync(world.Member.Id)));
        Assert.Equal(HttpStatusCode.Unauthorized, await TryAsync(ticket, await app.ApiKeyAsync(world.Member, world.Client)));
        Assert.Equal(HttpStatusCode.Forbidden, await TryAsync(ticket, null));
        // None of them used it up.
        Assert.Equal(HttpStatusCode.SwitchingProtocols, await TryAsync(ticket, world.Member.Token));
    }

    [Theory, Sqlite, Postgres]
    public async Task It_is_for_one_thing(Database database)
    {
        app = await apps.OnAsync(database);
        var (world, other) = (await WorldAsync(app), await WorldAsync(app));
        var ticket = await AskAsync(world);
        foreach (var path in (string[])[$"/api/instances/{other.InstanceId}/terminal/socket", $"/api/instances/{world.InstanceId}/odoo-shell/socket", $"/api/servers/{world.ServerId}/terminal/socket", $"/api/servers/{world.InstanceId}/terminal/socket"])
            Assert.Equal(HttpStatusCode.Unauthorized, await TryAsync(ticket, world.Member.Token, path));
        // Another organization in a header changes nothing: the ticket says where.
        Assert.Equal(HttpStatusCode.SwitchingProtocols, await TryAsync(ticket, world.Member.Token, slug: other.Client.Slug));
    }

    [Theory, Sqlite, Postgres]
    public async Task It_lasts_for_half_a_minute(Database database)
    {
        await using var own = await TestApp.StartAsync(database);
        var world = await WorldAsync(own);
        var ticket = await AskAsync(world);
        own.Clock.Advance(TimeSpan.FromSeconds(31));
        var (socket, status) = await TerminalAtHand.ConnectAsync(own, ticket.Socket, ticket.Ticket, world.Member.Token);
        Assert.Null(socket);
        Assert.Equal(HttpStatusCode.Unauthorized, status);
    }

    [Theory, InlineData(null), InlineData("ocore.ticket."), InlineData("ocore.ticket.e30"), InlineData("ocore.ticket.djEuYWJjZC5hYmNkZWZn")]
    public async Task What_is_no_ticket_opens_nothing(string? text)
    {
        app = await apps.OnAsync(Database.Sqlite);
        var world = await WorldAsync(app);
        var (socket, status) = await TerminalAtHand.ConnectAsync(app, $"/api/instances/{world.InstanceId}/terminal/socket", text, world.Member.Token);
        Assert.Null(socket);
        Assert.Equal(HttpStatusCode.Unauthorized, status);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_page_opens_it_from_where_it_asked_and_from_nowhere_else(Database database)
    {
        app = await apps.OnAsync(database);
        var world = await WorldAsync(app);
        var here = $"http://{app.Url.Authority}";
        foreach (var (asked, opened, expected) in new (string?, string?, HttpStatusCode)[]
        {
            (here, here, HttpStatusCode.SwitchingProtocols), (null, null, HttpStatusCode.SwitchingProtocols),
            (here, "http://evil.example", HttpStatusCode.Forbidden), (here, "null", HttpStatusCode.Forbidden), (here, null, HttpStatusCode.Forbidden),
            (null, here, HttpStatusCode.Forbidden), (null, "http://evil.example", HttpStatusCode.Forbidden),
            ("http://evil.example", "http://evil.example", HttpStatusCode.Forbidden), ("null", "null", HttpStatusCode.Forbidden), (here, here + ".evil.example", HttpStatusCode.Forbidden),
        })
        {
            using var http = app.HttpAs(world.Member, world.Client.Slug);
            if (asked is not null)
                http.DefaultRequestHeaders.Add("Origin", asked);
            using var client = new OCoreHttp(http);
            var ticket = await client.Post<TerminalTicket>($"/api/instances/{world.InstanceId}/terminal");
            var status = await TryAsync(ticket, world.Member.Token, origin: opened);
            Assert.True(status == expected, $"asked from {asked}, opened from {opened}: {status}");
        }
    }

    [Theory, Sqlite, Postgres]
    public async Task What_is_taken_away_between_asking_and_opening_is_gone(Database database)
    {
        app = await apps.OnAsync(database);
        await Task.WhenAll(Kinds.Select(What_is_taken_away_between_asking_and_opening_is_gone_by_kind));
    }

    private async Task What_is_taken_away_between_asking_and_opening_is_gone_by_kind(string kind)
    {
        var world = await WorldAsync(app);
        var feature = kind == "terminal" ? new UpdatePortalConfig { FeatureTerminal = false } : new UpdatePortalConfig { FeatureOdooShell = false };
        var (ticket, ofAgency) = (await AskAsync(world, kind: kind), await AskAsync(world, world.Agency.Owner, kind));
        await world.SetAsync(feature);
        Assert.Equal(HttpStatusCode.Forbidden, await TryAsync(ticket, world.Member.Token));
        Assert.Equal(HttpStatusCode.SwitchingProtocols, await TryAsync(ofAgency, world.Agency.Owner.Token));

        await world.SetAsync(new UpdatePortalConfig { FeatureTerminal = true, FeatureOdooShell = true });
        var signedOut = await AskAsync(world, kind: kind);
        await app.RevokeAsync(world.Member);
        await Task.Delay(TimeSpan.FromSeconds(4.5));
        Assert.Equal(HttpStatusCode.Unauthorized, await TryAsync(signedOut, world.Member.Token));
    }

    [Theory, Sqlite, Postgres]
    public async Task Who_may_not_gets_no_ticket(Database database)
    {
        app = await apps.OnAsync(database);
        await Task.WhenAll(Kinds.Select(Who_may_not_gets_no_ticket_by_kind));
    }

    private async Task Who_may_not_gets_no_ticket_by_kind(string kind)
    {
        var world = await WorldAsync(app);
        var path = $"/api/instances/{world.InstanceId}/{kind}";
        var viewer = await app.MemberAsync(world.Client, "viewer");
        await app.As(viewer, world.Client).Post<TerminalTicket>(path).IsRefusedAsync(403, "forbidden");
        var stranger = await app.AgencyAsync("Stranger");
        await app.As(stranger.Owner, stranger.Org).Post<TerminalTicket>(path).IsRefusedAsync(404, "not_found");
        await world.SetAsync(new UpdatePortalConfig { FeatureTerminal = false, FeatureOdooShell = false });
        await app.As(world.Member, world.Client).Post<TerminalTicket>(path).IsRefusedAsync(403, "feature_disabled");
        await AskAsync(world, world.Agency.Owner, kind);
        // Who looks as the client is bound as the client is.
        var view = await app.As(world.Agency.Owner, world.Agency.Org).Post<ViewAsClient, ClientViewing>($"/api/agency/clients/{world.Client.Id}/view-as", new ViewAsClient { AllowChanges = true });
        using var http = app.HttpAs(world.Agency.Owner, world.Client.Slug);
        http.DefaultRequestHeaders.Add("X-OCore-View", view.Token);
        using var viewing = new OCoreHttp(http);
        await viewing.Post<TerminalTicket>(path).IsRefusedAsync(403, "feature_disabled");
        // No client has a terminal on a server, whatever is switched on.
        await world.SetAsync(new UpdatePortalConfig { FeatureTerminal = true, InfrastructureVisibility = InfrastructureVisibility.Full });
        await app.As(world.Member, world.Client).Post<TerminalTicket>($"/api/servers/{world.ServerId}/terminal").IsRefusedAsync(403, "agency_only");
        await world.SetAsync(new UpdatePortalConfig { InfrastructureVisibility = InfrastructureVisibility.None });
        await app.As(world.Member, world.Client).Post<TerminalTicket>($"/api/servers/{world.ServerId}/terminal").IsRefusedAsync(404, "not_found");
    }

    [Theory, Sqlite, Postgres]
    public async Task A_client_is_not_told_where_its_server_is(Database database)
    {
        app = await apps.OnAsync(database);
        var world = await WorldAsync(app);
        await using var hand = await TerminalAtHand.OpenAsync(app.As(world.Member, world.Client), $"/api/instances/{world.InstanceId}/terminal");
        await hand.EndAsync(60);
        var error = Assert.Single(hand.Messages, m => m.Type == "error").Message!;
        Assert.DoesNotContain(world.Words, word => error.Contains(word, StringComparison.OrdinalIgnoreCase));
        Assert.Equal(WebSocketCloseStatus.InternalServerError, hand.Status);
    }
}
