using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Organizations;

internal static class MemberEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var members = api.MapGroup("/members").WithTags("Members").Require("view:members");
        members.MapGet("/", List).WithName("listMembers");
        members.MapPut("/{id:guid}", Update).WithName("updateMember").Require("manage:members");
        members.MapDelete("/{id:guid}", Remove).WithName("removeMember").Require("manage:members");
    }

    /// <summary>The people of this organization.</summary>
    internal static async Task<Ok<Page<MemberView>>> List(OCoreDb db, [AsParameters] PageQuery page, CancellationToken stop)
    {
        var query = db.Members.AsNoTracking();
        if (page.After is { } after)
            query = query.Where(m => m.Id > after);
        if (page.Search is { } text)
        {
            var like = Paging.Like(text.ToLowerInvariant());
            query = query.Where(m => EF.Functions.Like(m.User.Name.ToLower(), like, "\\") || EF.Functions.Like(m.User.Email!.ToLower(), like, "\\"));
        }
        var rows = await query.OrderBy(m => m.Id).Take(page.Size + 1).Include(m => m.User).Include(m => m.Role).ToListAsync(stop);
        return TypedResults.Ok(rows.ToPage(page, m => m.Id, m => m.ToView(m.Role)));
    }

    /// <summary>Give a member another role. Not your own, and none that may more than you.</summary>
    internal static async Task<Results<Ok<MemberView>, Problem>> Update(Guid id, UpdateMember request, OCoreDb db, Caller caller, CancellationToken stop) =>
        await db.InTransactionAsync<Results<Ok<MemberView>, Problem>>(async () =>
        {
            await db.LockOrganizationAsync(caller.OrgId, stop);
            var member = await db.Members.Include(m => m.User).Include(m => m.Role).SingleOrDefaultAsync(m => m.Id == id, stop);
            if (member is null)
                return Problem.NotFound;
            if (await db.OrgRoles.FindRoleAsync(request.Role, stop) is not { } role)
                return OrganizationProblems.RoleNotFound;
            if (member.UserId == caller.UserId)
                return OrganizationProblems.OwnRole;
            var standing = await Standing.OfAsync(db, caller, stop);
            if ((standing.RefusalFor(member.Role) ?? standing.RefusalFor(role)) is { } refusal)
                return refusal;
            if (role.Id != member.RoleId && await IsLastOwnerAsync(db, member, stop))
                return OrganizationProblems.LastOwner;
            member.RoleId = role.Id;
            db.Mark(member, "role_changed");
            await db.SaveChangesAsync(stop);
            return TypedResults.Ok(member.ToView(role));
        }, stop);

    /// <summary>Remove a member from this organization, with the API keys they made in it. Their account stays.</summary>
    internal static async Task<Results<NoContent, Problem>> Remove(Guid id, OCoreDb db, Caller caller, CancellationToken stop) =>
        await db.InTransactionAsync<Results<NoContent, Problem>>(async () =>
        {
            await db.LockOrganizationAsync(caller.OrgId, stop);
            var member = await db.Members.Include(m => m.User).Include(m => m.Role).SingleOrDefaultAsync(m => m.Id == id, stop);
            if (member is null)
                return Problem.NotFound;
            var standing = await Standing.OfAsync(db, caller, stop);
            if (standing.RefusalFor(member.Role) is { } refusal)
                return refusal;
            if (await IsLastOwnerAsync(db, member, stop))
                return OrganizationProblems.LastOwner;
            db.RemoveRange(await db.ApiKeys.Where(k => k.UserId == member.UserId).ToListAsync(stop));
            db.Remove(member);
            await db.SaveChangesAsync(stop);
            return TypedResults.NoContent();
        }, stop);

    private static async Task<bool> IsLastOwnerAsync(OCoreDb db, Member member, CancellationToken stop) =>
        member.Role is { IsSystem: true, Slug: Standing.OwnerSlug } && !await db.Members.AnyAsync(m => m.Id != member.Id && m.RoleId == member.RoleId, stop);

    private static MemberView ToView(this Member member, Role role) => new()
    {
        Id = member.Id, UserId = member.UserId, Name = member.User.Name, Email = member.User.Email!, Role = role.ToRef(),
        TotpEnabled = member.User.TwoFactorEnabled, LastSeenAt = member.LastSeenAt, JoinedAt = member.JoinedAt,
    };

    public static Ref ToRef(this Role role) => new() { Id = role.Id, Name = role.Name, Slug = role.Slug };
}
