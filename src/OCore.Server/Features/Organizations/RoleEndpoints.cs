using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Organizations;

internal static class RoleEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var roles = api.MapGroup("/roles").WithTags("Roles").Require("view:roles");
        roles.MapGet("/", List).WithName("listRoles");
        roles.MapGet("/{role}", Get).WithName("getRole").EditTag<UpdateRole>();
        roles.MapPost("/", Create).WithName("createRole").Require("manage:roles").PortalFeature(PortalFeatures.Team);
        roles.MapPut("/{role}", Update).WithName("updateRole").Require("manage:roles").PortalFeature(PortalFeatures.Team);
        roles.MapDelete("/{role}", Delete).WithName("deleteRole").Require("manage:roles").PortalFeature(PortalFeatures.Team);
        api.MapGet("/permissions", ListPermissions).WithName("listPermissions").WithTags("Roles").Require("view:roles");
    }

    /// <summary>The roles of this organization: the four of oCore, and its own.</summary>
    internal static async Task<Ok<Page<RoleView>>> List(OCoreDb db, [AsParameters] PageQuery page, CancellationToken stop)
    {
        var query = db.OrgRoles.AsNoTracking();
        if (page.After is { } after)
            query = query.Where(r => r.Id > after);
        if (page.Search is { } text)
            query = query.Where(r => EF.Functions.Like(r.Name.ToLower(), Paging.Like(text.ToLowerInvariant()), "\\"));
        var rows = await query.OrderBy(r => r.Id).Take(page.Size + 1).Select(r => new { Role = r, Members = db.Members.Count(m => m.RoleId == r.Id) }).ToListAsync(stop);
        return TypedResults.Ok(rows.ToPage(page, r => r.Role.Id, r => r.Role.ToView(r.Members)));
    }

    /// <summary>One role, by its id or slug.</summary>
    internal static async Task<Results<Ok<RoleView>, Problem>> Get(string role, OCoreDb db, CancellationToken stop) =>
        await db.OrgRoles.AsNoTracking().FindRoleAsync(role, stop) is { } found ? TypedResults.Ok(await ViewAsync(db, found, stop)) : Problem.NotFound;

    /// <summary>Make a role of your own. It cannot have a permission that you do not have.</summary>
    internal static async Task<Results<Created<RoleView>, Problem>> Create(CreateRole request, OCoreDb db, Caller caller, CancellationToken stop)
    {
        if (Refusal(request.Permissions, await Standing.OfAsync(db, caller, stop)) is { } refusal)
            return refusal;
        if (await db.OrgRoles.AnyAsync(r => r.Slug == request.Slug, stop))
            return OrganizationProblems.SlugTaken;
        var role = new Role { Name = request.Name.Trim(), Slug = request.Slug, Description = request.Description, Permissions = [.. request.Permissions.Distinct()] };
        db.Add(role);
        await db.SaveChangesAsync(stop);
        return TypedResults.Created($"/api/roles/{role.Id}", role.ToView(0));
    }

    /// <summary>Change a role. Not your own, and none that may more than you.</summary>
    internal static async Task<Results<Ok<RoleView>, Problem>> Update(string role, UpdateRole request, OCoreDb db, Caller caller, CancellationToken stop)
    {
        var found = await db.OrgRoles.FindRoleAsync(role, stop);
        var standing = await Standing.OfAsync(db, caller, stop);
        if (RefusalToChange(found, standing) is { } refusal)
            return refusal;
        if (request.Has(request.Permissions))
        {
            var wanted = request.Permissions ?? [];
            if (Refusal(wanted, standing) is { } more)
                return more;
            found!.Permissions = [.. wanted.Distinct()];
        }
        found!.Name = request.Name?.Trim() ?? found.Name;
        found.Description = request.Or(request.Description, found.Description);
        await db.SaveChangesAsync(stop);
        return TypedResults.Ok(await ViewAsync(db, found, stop));
    }

    /// <summary>Delete a role that nobody has.</summary>
    internal static async Task<Results<NoContent, Problem>> Delete(string role, OCoreDb db, Caller caller, TimeProvider time, CancellationToken stop) =>
        await db.InTransactionAsync<Results<NoContent, Problem>>(async () =>
        {
            await db.LockOrganizationAsync(caller.OrgId, stop);
            var found = await db.OrgRoles.FindRoleAsync(role, stop);
            if (RefusalToChange(found, await Standing.OfAsync(db, caller, stop)) is { } refusal)
                return refusal;
            var now = time.GetUtcNow();
            var members = await db.Members.CountAsync(m => m.RoleId == found!.Id, stop);
            var invitations = await db.Invitations.CountAsync(i => i.RoleId == found!.Id && i.ExpiresAt > now, stop);
            if (members + invitations > 0)
                return OrganizationProblems.RoleInUse(members, invitations);
            db.Remove(found!);
            await db.SaveChangesAsync(stop);
            return TypedResults.NoContent();
        }, stop);

    /// <summary>Every permission a role or an API key can have.</summary>
    internal static Ok<Page<PermissionView>> ListPermissions() =>
        TypedResults.Ok(Paging.Whole(Permissions.All.Select(p => new PermissionView { Name = p.Name, Description = p.Description })));

    public static async Task<Role?> FindRoleAsync(this IQueryable<Role> roles, string idOrSlug, CancellationToken stop) =>
        Guid.TryParse(idOrSlug, out var id) ? await roles.SingleOrDefaultAsync(r => r.Id == id, stop) : await roles.SingleOrDefaultAsync(r => r.Slug == idOrSlug, stop);

    private static Problem? RefusalToChange(Role? role, Standing standing) => role switch
    {
        null => Problem.NotFound,
        { IsSystem: true } => OrganizationProblems.SystemRole,
        _ when role.Id == standing.OwnRoleId => OrganizationProblems.OwnRole,
        _ => standing.RefusalFor(role),
    };

    private static Problem? Refusal(IReadOnlyList<string> permissions, Standing standing)
    {
        var unknown = permissions.Where(p => !Permissions.TryParse(p, out _)).ToList();
        return unknown.Count > 0 ? OrganizationProblems.UnknownPermissions(unknown) : standing.RefusalFor(permissions);
    }

    private static async Task<RoleView> ViewAsync(OCoreDb db, Role role, CancellationToken stop) => role.ToView(await db.Members.CountAsync(m => m.RoleId == role.Id, stop));

    private static RoleView ToView(this Role role, int members) => new()
    {
        Id = role.Id, Name = role.Name, Slug = role.Slug, Description = role.Description, IsSystem = role.IsSystem, Permissions = role.Permissions, Members = members,
    };
}
