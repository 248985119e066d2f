using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Remote;
using OCore.Platform.Security;

namespace OCore.Features.Terminals;

/// <summary>Terminals: a ticket by the API, then a WebSocket that takes it. Both are asked the same question by the gate.</summary>
internal static class TerminalEndpoints
{
    private const string Terminal = "terminal", OdooShell = "odoo-shell", ServerShell = "server";
    // With HTTP/2 a WebSocket begins with CONNECT.
    private static readonly string[] SocketMethods = ["GET", "CONNECT"];

    public static void Map(IEndpointRouteBuilder api)
    {
        var instances = api.MapGroup("/instances").WithTags("Terminals").Require("manage:instances");
        instances.MapPost("/{id}/terminal", OpenTerminal).WithName("openTerminal").PortalFeature(PortalFeatures.Terminal);
        instances.MapMethods("/{id:guid}/terminal/socket", SocketMethods, RunTerminal).PortalFeature(PortalFeatures.Terminal).Lasting().Ticketed(Terminal).ExcludeFromDescription();
        instances.MapPost("/{id}/odoo-shell", OpenOdooShell).WithName("openOdooShell").PortalFeature(PortalFeatures.OdooShell);
        instances.MapMethods("/{id:guid}/odoo-shell/socket", SocketMethods, RunOdooShell).PortalFeature(PortalFeatures.OdooShell).Lasting().Ticketed(OdooShell).ExcludeFromDescription();
        var servers = api.MapGroup("/servers").WithTags("Terminals").Require("manage:servers");
        servers.MapPost("/{id:guid}/terminal", OpenServerTerminal).WithName("openServerTerminal");
        servers.MapMethods("/{id:guid}/terminal/socket", SocketMethods, RunServerTerminal).Lasting().Ticketed(ServerShell).ExcludeFromDescription();
    }

    /// <summary>A ticket for a terminal in the instance's container, as the user that Odoo runs as.</summary>
    internal static Task<Results<Ok<TerminalTicket>, Problem>> OpenTerminal(string id, OCoreDb db, Caller caller, SocketTickets tickets, HttpContext http, CancellationToken stop) =>
        IssueAsync(Terminal, "terminal", id, db, caller, tickets, http, stop);

    /// <summary>A ticket for Odoo's own shell on the instance's database. Nothing is saved without a commit.</summary>
    internal static Task<Results<Ok<TerminalTicket>, Problem>> OpenOdooShell(string id, OCoreDb db, Caller caller, SocketTickets tickets, HttpContext http, CancellationToken stop) =>
        IssueAsync(OdooShell, "odoo-shell", id, db, caller, tickets, http, stop);

    /// <summary>A ticket for a terminal on a server itself, for the people of the organization that owns it.</summary>
    internal static async Task<Results<Ok<TerminalTicket>, Problem>> OpenServerTerminal(Guid id, OCoreDb db, Caller caller, SocketTickets tickets, HttpContext http, CancellationToken stop) =>
        await ServerAsync(id, db, caller, stop) is (_, { } problem) ? problem : TypedResults.Ok(Issue(ServerShell, id, $"/api/servers/{id}/terminal/socket", caller, tickets, http));

    internal static Task RunTerminal(Guid id, OCoreDb db, HttpContext http, TerminalHost host, CancellationToken stop) =>
        RunOnInstanceAsync(id, db, http, host, plan => null, (on, start, ended) => TerminalPrograms.InContainerAsync(on, TerminalPrograms.CommandOr(start.Command), start, ended), stop);

    internal static Task RunOdooShell(Guid id, OCoreDb db, HttpContext http, TerminalHost host, CancellationToken stop) =>
        RunOnInstanceAsync(id, db, http, host, TerminalPrograms.OdooBanner, (on, start, ended) => TerminalPrograms.InContainerAsync(on, TerminalPrograms.OdooShell(on.Plan), start, ended), stop);

    internal static async Task RunServerTerminal(Guid id, OCoreDb db, Caller caller, HttpContext http, TerminalHost host, ServerAccess servers, CancellationToken stop)
    {
        var (server, problem) = await ServerAsync(id, db, caller, stop);
        if (problem is not null)
        {
            await problem.WriteAsync(http);
            return;
        }
        await host.RunAsync(http, server!, server!.OrgId, ServerShell, async (start, ended) =>
        {
            var connection = await servers.ConnectAsync(server!, ended);
            return (await connection.OpenShellAsync(start.Columns, start.Rows, ended), null);
        }, stop);
    }

    private static async Task RunOnInstanceAsync(
        Guid id, OCoreDb db, HttpContext http, TerminalHost host, Func<OdooPlan, string?> banner, Func<InstanceOnServer, TerminalStart, CancellationToken, Task<ITerminalProgram>> open, CancellationToken stop)
    {
        var (instance, problem) = await InstanceAsync(id.ToString(), db, stop);
        if (problem is not null)
        {
            await problem.WriteAsync(http);
            return;
        }
        var kind = http.Features.GetRequiredFeature<SocketTicket>().Kind;
        await host.RunAsync(http, instance!, instance!.OrgId, kind, async (start, ended) =>
        {
            var on = await host.Instances.OpenAsync(db, instance, ended);
            return (await open(on, start, ended), start.Tty ? banner(on.Plan) : null);
        }, stop);
    }

    private static async Task<Results<Ok<TerminalTicket>, Problem>> IssueAsync(string kind, string path, string id, OCoreDb db, Caller caller, SocketTickets tickets, HttpContext http, CancellationToken stop)
    {
        var (instance, problem) = await InstanceAsync(id, db, stop);
        return problem is not null ? problem : TypedResults.Ok(Issue(kind, instance!.Id, $"/api/instances/{instance.Id}/{path}/socket", caller, tickets, http));
    }

    private static TerminalTicket Issue(string kind, Guid target, string socket, Caller caller, SocketTickets tickets, HttpContext http)
    {
        var (ticket, expires) = tickets.Issue(kind, target, http, caller.Access);
        return new TerminalTicket
        {
            Ticket = ticket, Socket = socket, ExpiresAt = expires, IdleMinutes = (int)TerminalSession.IdleAfter.TotalMinutes, MaxHours = (int)TerminalSession.AtMost.TotalHours,
        };
    }

    private static async Task<(Instance?, Problem?)> InstanceAsync(string id, OCoreDb db, CancellationToken stop) => await InstanceQueries.FindAsync(db, id, stop) switch
    {
        null => (null, Problem.NotFound),
        { Status: InstanceStatus.Running or InstanceStatus.Restarting or InstanceStatus.Failed } instance => (instance, null),
        { Status: InstanceStatus.Stopped } => (null, InstanceProblems.NotRunning),
        var instance => (null, InstanceProblems.NotNow(instance)),
    };

    // Not by what a portal's switches say: a server runs the instances of every client.
    private static async Task<(Server?, Problem?)> ServerAsync(Guid id, OCoreDb db, Caller caller, CancellationToken stop)
    {
        if (caller.Access.OrgKind == OrganizationKind.Client || caller.Access.Portal is not null)
            return (null, await ServerViews.VisibleTo(db, caller).AnyAsync(s => s.Id == id, stop) ? TerminalProblems.AgencyOnly : Problem.NotFound);
        if (await db.Servers.AsNoTracking().SingleOrDefaultAsync(s => s.Id == id, stop) is not { } server)
            return (null, Problem.NotFound);
        return server.IsLocal && !caller.Access.IsOperator ? (null, TerminalProblems.OperatorOfThisMachine) : (server, null);
    }
}
