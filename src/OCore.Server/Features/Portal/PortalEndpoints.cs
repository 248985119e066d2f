using Microsoft.AspNetCore.Http.HttpResults;
using OCore.Client;
using OCore.Features.Agency;
using OCore.Features.Branding;
using OCore.Features.Operations;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Portal;

internal static class PortalEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/portal", Get).WithName("getPortal").WithTags("Portal").Public();
        api.MapPost("/agency/clients/{client}/view-as", ViewAs).WithName("viewAsClient").WithTags("Portal").Require("view:agency").InAgency();
    }

    /// <summary>What the address of this request shows before sign-in: the portal of an agency or a client with its brand, or the platform itself.</summary>
    internal static async Task<Ok<PortalView>> Get(HttpContext http, BrandBook book, CancellationToken stop)
    {
        http.Response.Headers.Vary = "Host";
        return TypedResults.Ok(await PortalViews.OfAsync(http, book, stop));
    }

    /// <summary>
    /// Look at a client's portal as its people do: with their switches, and changing nothing where not asked for otherwise. Send the token
    /// as the header <c>X-OCore-View</c>, with <c>X-Org-Slug</c>. It is written into the audit log, also the client's.
    /// </summary>
    internal static async Task<Results<Ok<ClientViewing>, Problem>> ViewAs(string client, ViewAsClient? request, OCoreDb db, Caller caller, ViewTickets tickets, CancellationToken stop)
    {
        if (await db.FindClientAsync(caller, client, stop) is not { } found)
            return Problem.NotFound;
        if (found.DeletingAt is not null)
            return AgencyProblems.Deleting;
        var readOnly = request?.AllowChanges != true;
        if (!readOnly && !caller.May("manage:agency"))
            return GateProblems.Forbidden("manage:agency");
        var (token, ticket) = tickets.Issue(caller.UserId, found.Id, readOnly);
        db.Record(readOnly ? "client.viewed_as" : "client.acted_as", found.Id, found);
        await db.SaveChangesAsync(stop);
        return TypedResults.Ok(new ClientViewing { Token = token, Client = found.ToRef(), ReadOnly = readOnly, ExpiresAt = ticket.ExpiresAt });
    }
}
