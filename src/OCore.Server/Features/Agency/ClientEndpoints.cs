using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Branding;
using OCore.Features.Operations;
using OCore.Features.Organizations;
using OCore.Features.Plans;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Operations;
using OCore.Platform.Security;

namespace OCore.Features.Agency;

internal static class ClientEndpoints
{
    public static void Map(IEndpointRouteBuilder agency)
    {
        var clients = agency.MapGroup("/clients").WithTags("Clients").InAgency();
        clients.MapGet("/", List).WithName("listClients");
        clients.MapGet("/{client}", Get).WithName("getClient").EditTag<UpdateClient>();
        clients.MapPost("/", Create).WithName("createClient").Require("manage:agency");
        clients.MapPut("/{client}", Update).WithName("updateClient").Require("manage:agency");
        clients.MapDelete("/{client}", Delete).WithName("deleteClient").Require("manage:agency").StartsOperation();
        clients.MapPost("/{client}/suspend", Suspend).WithName("suspendClient").Require("manage:agency").StartsOperation();
        clients.MapPost("/{client}/resume", Resume).WithName("resumeClient").Require("manage:agency").StartsOperation();
    }

    /// <summary>The agency's clients.</summary>
    /// <param name="health">Only those whose health is <c>healthy</c>, <c>degraded</c>, <c>down</c>, <c>none</c>, <c>suspended</c> or <c>deleting</c>.</param>
    internal static async Task<Results<Ok<Page<ClientView>>, Problem>> List(OCoreDb db, Caller caller, [AsParameters] PageQuery page, [FromQuery, MaxLength(20)] string? health, CancellationToken stop)
    {
        if (page.Search is null && health is null)
            return TypedResults.Ok((await ClientViews.NextAsync(db, caller.OrgId, page.After, page.Size + 1, stop)).ToPage(page, c => c.Id, c => c));
        var query = db.ClientsOf(caller).AsNoTracking();
        if (page.After is { } after)
            query = query.Where(o => o.Id > after);
        if (page.Search is { } text)
        {
            var like = Paging.Like(text.ToLowerInvariant());
            query = query.Where(o => EF.Functions.Like(o.Name.ToLower(), like, "\\") || EF.Functions.Like(o.Slug, like, "\\"));
        }
        if (health is not null)
        {
            if (ClientHealth.Where(db, query, health) is not { } filtered)
                return AgencyProblems.UnknownHealth;
            query = filtered;
        }
        var views = await ClientViews.OfAsync(db, query.OrderBy(o => o.Id).Take(page.Size + 1), stop);
        return TypedResults.Ok(views.ToPage(page, c => c.Id, c => c));
    }

    /// <summary>One client, by its id or slug.</summary>
    internal static async Task<Results<Ok<ClientView>, Problem>> Get(string client, OCoreDb db, Caller caller, CancellationToken stop) =>
        await ViewAsync(db, caller, client, stop) is { } view ? TypedResults.Ok(view) : Problem.NotFound;

    /// <summary>Create a client organization. It begins without members: invite them with <c>X-Org-Slug</c> set to its slug.</summary>
    internal static async Task<Results<Created<ClientView>, Problem>> Create(CreateClient request, OCoreDb own, Caller caller, OCoreDbFactory databases, BrandChange logos, TimeProvider time, CancellationToken stop)
    {
        var id = RowId.New();
        var uploaded = request.LogoUrl?.StartsWith(BrandAsset.Prefix, StringComparison.Ordinal) == true;
        if (uploaded && await OrganizationLogos.UploadedAsync(own, id, caller.OrgId, request.LogoUrl!, stop) is { } missing)
            return missing;
        await using var db = databases.For(new Tenant(id, caller.OrgId, false), caller.AsActor());
        Organization? made = null;
        var answer = await db.InTransactionAsync<Results<Created<ClientView>, Problem>>(async () =>
        {
            if ((await Slugs.RefusalAsync(db, request.Slug, stop) ?? await Limits.CheckAsync(db, caller, Limits.Clients, stop)) is { } refusal)
                return refusal;
            var plan = await Limits.PlanAsync(db, caller.OrgId, stop);
            var client = OrganizationFactory.Add(db, request.Name.Trim(), request.Slug, OrganizationKind.Client, caller.OrgId, plan.Id, null, time.GetUtcNow(), id);
            if (client.Change(request.Name, request.LogoUrl) is { } wrong)
                return wrong;
            client.LogoImage = uploaded ? client.LogoUrl : null;
            await db.SaveChangesAsync(stop);
            made = client;
            return TypedResults.Created($"/api/agency/clients/{id}", (await ClientViews.OfAsync(db, db.Organizations.Where(o => o.Id == id), stop))[0]);
        }, stop);
        // Somebody else's server is not waited for in a transaction; a logo that is refused is left out, and can be set again.
        if (made is { LogoUrl: not null, LogoImage: null } client)
        {
            if (await logos.FetchLogoAsync(db, client, stop) is not null)
                client.LogoUrl = null;
            await db.SaveChangesAsync(stop);
            return TypedResults.Created($"/api/agency/clients/{id}", (await ClientViews.OfAsync(db, db.Organizations.Where(o => o.Id == id), stop))[0]);
        }
        return answer;
    }

    /// <summary>Change a client's name or logo; <c>logoUrl</c> null or empty removes the logo.</summary>
    internal static async Task<Results<Ok<ClientView>, Problem>> Update(string client, UpdateClient request, OCoreDb db, Caller caller, BrandChange logos, CancellationToken stop)
    {
        var found = await db.FindClientAsync(caller, client, stop);
        if ((Refusal(found) ?? found!.Change(request.Name, request.Has(request.LogoUrl) ? request.LogoUrl ?? "" : null) ?? await logos.FetchLogoAsync(db, found, stop)) is { } refusal)
            return refusal;
        await db.SaveChangesAsync(stop);
        return TypedResults.Ok((await ViewAsync(db, caller, client, stop))!);
    }

    /// <summary>
    /// Suspend a client: its people are locked out at once and its instances go offline. Nothing is lost. The operation waits for
    /// servers that are away; cancelling it resumes the client.
    /// </summary>
    internal static async Task<Results<Accepted<OperationView>, Problem>> Suspend(string client, SuspendClient? request, OCoreDb db, Caller caller, OperationQueue queue, OperationKinds kinds,
        TimeProvider time, CancellationToken stop)
    {
        var found = await db.FindClientAsync(caller, client, stop);
        if (Refusal(found) is { } refusal)
            return refusal;
        var input = new SuspensionInput(found!.Id, found.SuspendedAt, found.SuspendedReason);
        var operation = await queue.EnqueueAsync<ClientSuspension, SuspensionInput>(db, input, Subject("Suspend", found, caller), stop);
        operation.FirstStepIsDone(time);
        (found.SuspendedAt, found.SuspendedReason) = (found.SuspendedAt ?? time.GetUtcNow(), request?.Reason);
        db.Mark(found, "suspended");
        await db.SaveChangesAsync(stop);
        return await OperationViews.AcceptedAsync(db, operation, kinds, stop);
    }

    /// <summary>Resume a suspended client: its people get in again, and its instances go online.</summary>
    internal static async Task<Results<Accepted<OperationView>, Problem>> Resume(string client, OCoreDb db, Caller caller, OperationQueue queue, OperationKinds kinds,
        TimeProvider time, CancellationToken stop)
    {
        var found = await db.FindClientAsync(caller, client, stop);
        if (Refusal(found) is { } refusal)
            return refusal;
        var input = new SuspensionInput(found!.Id, found.SuspendedAt, found.SuspendedReason);
        var operation = await queue.EnqueueAsync<ClientResumption, SuspensionInput>(db, input, Subject("Resume", found, caller), stop);
        operation.FirstStepIsDone(time);
        (found.SuspendedAt, found.SuspendedReason) = (null, null);
        db.Mark(found, "resumed");
        await db.SaveChangesAsync(stop);
        return await OperationViews.AcceptedAsync(db, operation, kinds, stop);
    }

    /// <summary>
    /// Delete a client with all its resources, members and data. This cannot be undone or cancelled: nobody gets in from now on, and the
    /// operation waits for servers that are away until nothing is left. The audit log stays.
    /// </summary>
    /// <param name="keepBackupDays">Keep a last backup of each instance for so many days; none where 0 or not given. Given once more while the deletion waits or is stuck, it goes on with that.</param>
    internal static async Task<Results<Accepted<OperationView>, Problem>> Delete(string client, [FromQuery, Range(0, 3650)] int? keepBackupDays, OCoreDb db, Caller caller, OperationQueue queue, OperationKinds kinds,
        SecretBox secrets, TimeProvider time, CancellationToken stop)
    {
        if (await db.FindClientAsync(caller, client, stop) is not { } found)
            return Problem.NotFound;
        if (found.DeletingAt is not null && await ClientRemoval.OpenFor(db.Operations, found.Id).Select(o => (Guid?)o.Id).FirstOrDefaultAsync(stop) is { } begun)
        {
            if (keepBackupDays is { } days && await ClientRemoval.KeepInsteadAsync(db, found, begun, days, kinds, secrets, time, stop) is { } runs)
                return runs;
            return await OperationViews.AcceptedAsync(db, await db.Operations.AsNoTracking().Include(o => o.Steps).SingleAsync(o => o.Id == begun, stop), kinds, stop);
        }
        var operation = await queue.EnqueueAsync<ClientRemoval, RemovalInput>(db, ClientRemoval.InputOf(found.Id, keepBackupDays), Subject("Delete", found, caller), stop);
        operation.FirstStepIsDone(time);
        found.DeletingAt = time.GetUtcNow();
        db.Mark(found, "deletion_started");
        await db.SaveChangesAsync(stop);
        return await OperationViews.AcceptedAsync(db, operation, kinds, stop);
    }

    private static async Task<ClientView?> ViewAsync(OCoreDb db, Caller caller, string idOrSlug, CancellationToken stop) =>
        (await ClientViews.OfAsync(db, db.ClientsOf(caller).AsNoTracking().Named(idOrSlug), stop)).SingleOrDefault();

    private static Problem? Refusal(Organization? client) => client is null ? Problem.NotFound : client.DeletingAt is not null ? AgencyProblems.Deleting : null;

    private static OperationSubject Subject(string verb, Organization client, Caller caller) =>
        new($"{verb} {client.Name}", caller.OrgId, ClientId: client.Id, Locks: [$"client:{client.Id}"]);
}
