using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Organizations;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Plans;

internal static class PlanEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var plans = api.MapGroup("/admin/plans").WithTags("Administration").OperatorOnly();
        plans.MapGet("/", List).WithName("listPlans");
        plans.MapGet("/{plan}", Get).WithName("getPlan").EditTag<UpdatePlan>();
        plans.MapPost("/", Create).WithName("createPlan");
        plans.MapPut("/{plan}", Update).WithName("updatePlan");
        plans.MapDelete("/{plan}", Delete).WithName("deletePlan");
        var organizations = api.MapGroup("/admin/organizations").WithTags("Administration").OperatorOnly();
        organizations.MapGet("/", ListOrganizations).WithName("listAllOrganizations");
        organizations.MapPut("/{organization}/plan", Assign).WithName("assignPlan");
        api.MapGet("/subscription", Subscription).WithName("getSubscription").WithTags("Subscription").Require("view:organization");
    }

    /// <summary>The plans of this installation.</summary>
    internal static async Task<Ok<Page<PlanView>>> List(OCoreDb db, [AsParameters] PageQuery page, CancellationToken stop)
    {
        var query = db.Plans.AsNoTracking();
        if (page.After is { } after)
            query = query.Where(p => p.Id > after);
        if (page.Search is { } text)
            query = query.Where(p => EF.Functions.Like(p.Name.ToLower(), Paging.Like(text.ToLowerInvariant()), "\\"));
        var rows = await query.OrderBy(p => p.Id).Take(page.Size + 1).ToListAsync(stop);
        var ids = rows.ConvertAll(p => p.Id);
        var counts = await db.Organizations.AcrossTenants().Where(o => o.Kind != OrganizationKind.Client && ids.Contains(o.PlanId)).GroupBy(o => o.PlanId)
            .Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, stop);
        return TypedResults.Ok(rows.ToPage(page, p => p.Id, p => p.ToView(counts.GetValueOrDefault(p.Id))));
    }

    /// <summary>One plan, by its id or slug.</summary>
    internal static async Task<Results<Ok<PlanView>, Problem>> Get(string plan, OCoreDb db, CancellationToken stop) =>
        await FindAsync(db, plan, stop) is { } found ? TypedResults.Ok(found.ToView(await UsersAsync(db, found.Id, stop))) : Problem.NotFound;

    /// <summary>Make a plan.</summary>
    internal static async Task<Results<Created<PlanView>, Problem>> Create(CreatePlan request, OCoreDb db, CancellationToken stop)
    {
        if (Unknown(request.Features) is { } refusal)
            return refusal;
        return await db.InTransactionAsync<Results<Created<PlanView>, Problem>>(async () =>
        {
            if (await db.Plans.AnyAsync(p => p.Slug == request.Slug, stop))
                return PlanProblems.SlugTaken;
            var plan = new Plan { Name = request.Name.Trim(), Slug = request.Slug, Features = [.. request.Features.Distinct()], Limits = request.Limits ?? new PlanLimits() };
            db.Add(plan);
            if (request.IsDefault == true)
                await MakeDefaultAsync(db, plan, stop);
            await db.SaveChangesAsync(stop);
            return TypedResults.Created($"/api/admin/plans/{plan.Id}", plan.ToView(0));
        }, stop);
    }

    /// <summary>Change a plan. Limits are replaced as a whole; an organization that is over a new one keeps what it has.</summary>
    internal static async Task<Results<Ok<PlanView>, Problem>> Update(string plan, UpdatePlan request, OCoreDb db, CancellationToken stop)
    {
        if (request.Features is { } wanted && Unknown(wanted) is { } refusal)
            return refusal;
        return await db.InTransactionAsync<Results<Ok<PlanView>, Problem>>(async () =>
        {
            if (await FindAsync(db, plan, stop) is not { } found)
                return Problem.NotFound;
            if (request.IsDefault == false && found.IsDefault)
                return PlanProblems.DefaultNeeded;
            found.Name = request.Name?.Trim() ?? found.Name;
            found.Features = [.. (request.Or(request.Features, found.Features) ?? []).Distinct()];
            found.Limits = request.Or(request.Limits, found.Limits) ?? new PlanLimits();
            if (request.IsDefault == true && !found.IsDefault)
                await MakeDefaultAsync(db, found, stop);
            await db.SaveChangesAsync(stop);
            return TypedResults.Ok(found.ToView(await UsersAsync(db, found.Id, stop)));
        }, stop);
    }

    /// <summary>Delete a plan that nobody is on and that is not the default.</summary>
    internal static async Task<Results<NoContent, Problem>> Delete(string plan, OCoreDb db, CancellationToken stop) =>
        await db.InTransactionAsync<Results<NoContent, Problem>>(async () =>
        {
            if (await FindAsync(db, plan, stop) is not { } found)
                return Problem.NotFound;
            if (found.IsDefault)
                return PlanProblems.DefaultNeeded;
            if (await UsersAsync(db, found.Id, stop) is > 0 and var users)
                return PlanProblems.InUse(users);
            db.Remove(found);
            await db.SaveChangesAsync(stop);
            return TypedResults.NoContent();
        }, stop);

    /// <summary>All organizations of the installation.</summary>
    internal static async Task<Ok<Page<AdminOrganizationView>>> ListOrganizations(OCoreDb db, [AsParameters] PageQuery page, CancellationToken stop)
    {
        var query = db.Organizations.AcrossTenants().AsNoTracking();
        if (page.After is { } after)
            query = query.Where(o => o.Id > after);
        if (page.Search is { } text)
        {
            var like = Paging.Like(text.ToLowerInvariant());
            query = query.Where(o => EF.Functions.Like(o.Name.ToLower(), like, "\\") || EF.Functions.Like(o.Slug, like, "\\"));
        }
        var rows = await query.OrderBy(o => o.Id).Take(page.Size + 1).ToListAsync(stop);
        var plans = await db.Plans.AsNoTracking().ToDictionaryAsync(p => p.Id, p => p.Slug, stop);
        return TypedResults.Ok(rows.ToPage(page, o => o.Id, o => o.ToAdminView(plans[o.PlanId])));
    }

    /// <summary>Put an organization on a plan, with its clients.</summary>
    internal static async Task<Results<Ok<AdminOrganizationView>, Problem>> Assign(string organization, AssignPlan request, OCoreDb db, Caller caller, OCoreDbFactory databases, CancellationToken stop)
    {
        var all = db.Organizations.AcrossTenants().AsNoTracking();
        var target = Guid.TryParse(organization, out var id) ? await all.SingleOrDefaultAsync(o => o.Id == id, stop) : await all.SingleOrDefaultAsync(o => o.Slug == organization, stop);
        if (target is null)
            return Problem.NotFound;
        if (target.Kind == OrganizationKind.Client)
            return PlanProblems.ClientUsesAgencys;
        if (await FindAsync(db, request.Plan, stop) is not { } plan)
            return PlanProblems.PlanNotFound;
        // In the scope of the organization that changes: an operator's own reaches no other.
        await using var there = databases.For(new Tenant(target.Id, target.RootId, false), caller.AsActor());
        return await there.InTransactionAsync(async () =>
        {
            var found = await there.Organizations.SingleAsync(o => o.Id == target.Id, stop);
            found.PlanId = plan.Id;
            await there.SaveChangesAsync(stop);
            await there.Organizations.Where(o => o.RootId == target.Id).ExecuteUpdateAsync(s => s.SetProperty(o => o.PlanId, plan.Id), stop);
            return TypedResults.Ok(found.ToAdminView(plan.Slug));
        }, stop);
    }

    /// <summary>The plan of this organization (of its agency, for a client), and how much of it is used.</summary>
    internal static async Task<Ok<SubscriptionView>> Subscription(OCoreDb db, Caller caller, CancellationToken stop)
    {
        var root = caller.Access.RootId;
        var plan = await Limits.PlanAsync(db, root, stop);
        var uses = new List<LimitUse>();
        foreach (var name in (string[])[Limits.Clients, Limits.Instances, Limits.Servers, Limits.Members, Limits.StorageGb])
            uses.Add(new LimitUse { Name = name, Used = await Limits.UsedAsync(db, root, name, stop), Limit = Limits.LimitOf(plan.Limits, name) });
        return TypedResults.Ok(new SubscriptionView { Plan = plan.Name, Features = plan.Features, Limits = uses });
    }

    private static async Task MakeDefaultAsync(OCoreDb db, Plan plan, CancellationToken stop)
    {
        // In two writes: there is never more than one default, not even for the database in between.
        foreach (var before in await db.Plans.Where(p => p.IsDefault).ToListAsync(stop))
            before.IsDefault = false;
        await db.SaveChangesAsync(stop);
        plan.IsDefault = true;
    }

    private static Problem? Unknown(IReadOnlyList<string> features)
    {
        var unknown = features.Except(PlanFeatures.All).ToList();
        return unknown.Count > 0 ? PlanProblems.UnknownFeatures(unknown) : null;
    }

    private static Task<Plan?> FindAsync(OCoreDb db, string idOrSlug, CancellationToken stop) =>
        Guid.TryParse(idOrSlug, out var id) ? db.Plans.SingleOrDefaultAsync(p => p.Id == id, stop) : db.Plans.SingleOrDefaultAsync(p => p.Slug == idOrSlug, stop);

    private static Task<int> UsersAsync(OCoreDb db, Guid plan, CancellationToken stop) =>
        db.Organizations.AcrossTenants().CountAsync(o => o.PlanId == plan && o.Kind != OrganizationKind.Client, stop);

    private static PlanView ToView(this Plan plan, int organizations) => new()
    {
        Id = plan.Id, Name = plan.Name, Slug = plan.Slug, Features = plan.Features, Limits = plan.Limits, IsDefault = plan.IsDefault, Organizations = organizations,
    };

    private static AdminOrganizationView ToAdminView(this Organization organization, string plan) => new()
    {
        Id = organization.Id, Name = organization.Name, Slug = organization.Slug, Kind = organization.Kind, Plan = plan, CreatedAt = organization.CreatedAt,
    };
}
