using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Plans;
using OCore.Features.Users;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Mail;
using OCore.Platform.Security;

namespace OCore.Features.Organizations;

/// <summary>The other end of an invitation: whoever holds the mail, signed in or not.</summary>
internal static class AcceptingInvitations
{
    public static void Map(IEndpointRouteBuilder invitations)
    {
        invitations.MapPost("/preview", Preview).WithName("previewInvitation").Public();
        invitations.MapPost("/accept", Accept).WithName("acceptInvitation").Public();
    }

    /// <summary>What an invitation is for, before it is accepted.</summary>
    internal static async Task<Results<Ok<InvitationPreview>, Problem>> Preview(InvitationToken request, HttpContext http, SignInLimits limits, OCoreDbFactory databases, TimeProvider time, CancellationToken stop)
    {
        if (await limits.InvitationAsync(http) is { } tooMany)
            return tooMany;
        await using var db = databases.System();
        if (await FindAsync(db, Tokens.Hash(request.Token), time.GetUtcNow(), stop) is not { } found)
            return OrganizationProblems.InvitationInvalid;
        return TypedResults.Ok(new InvitationPreview
        {
            Organization = found.Organization.Name, Email = found.Invitation.Email, Role = found.Role.Name, ExpiresAt = found.Invitation.ExpiresAt,
            AccountExists = await Accounts.FindAsync(db, found.Invitation.Email, stop) is not null,
        });
    }

    /// <summary>
    /// Accept an invitation: signed in with the account of the invited address, or, where there is none, with a name and a password for a
    /// new one. Works once.
    /// </summary>
    internal static async Task<Results<Ok<SessionTokens>, Problem>> Accept(AcceptInvitation request, HttpContext http, Caller caller, OCoreDbFactory databases, Passwords passwords, SignInLimits limits, SessionStarter sessions, TimeProvider time, CancellationToken stop)
    {
        if (await limits.InvitationAsync(http) is { } tooMany)
            return tooMany;
        var (hash, now) = (Tokens.Hash(request.Token), time.GetUtcNow());
        await using var system = databases.System();
        if (await FindAsync(system, hash, now, stop) is not { } found)
            return OrganizationProblems.InvitationInvalid;
        var (invitation, organization) = (found.Invitation, found.Organization);
        if (await RefusalAsync(request, caller, system, invitation.Email, stop) is { } refusal)
            return refusal;
        var userId = caller.IsSignedIn ? caller.UserId : RowId.New();
        var actor = new AuditActor(userId, invitation.Email, organization.Id, false, null, caller.Ip, caller.UserAgent, null);
        await using var db = databases.For(new Tenant(organization.Id, organization.RootId, false), actor);
        try
        {
            var result = await db.InTransactionAsync<Results<Ok<SessionTokens>, Problem>>(async () =>
            {
                await db.LockOrganizationAsync(organization.Id, stop);
                if (await db.Members.AnyAsync(m => m.UserId == userId, stop))
                    return OrganizationProblems.AlreadyMember;
                // Whoever invited may have left, or may not give this role any more.
                if (await MayNotInviteAsync(db, invitation, stop))
                    return OrganizationProblems.InvitationInvalid;
                if (!await Limits.CountsAlreadyAsync(db, organization.RootId, Emails.Normalize(invitation.Email), stop) && await Limits.CheckAsync(db, organization.RootId, Limits.Members, stop) is { } full)
                    return full;
                var (user, wrong) = caller.IsSignedIn ? (await db.Users.SingleAsync(u => u.Id == userId, stop), null)
                    : await Accounts.AddAsync(db, passwords, invitation.Email, request.Name!, request.Password!, confirmed: true, now, stop, userId, personal: false);
                if (user is null)
                    return wrong!;
                // Of two at the same time, one deletes the row.
                if (await db.Invitations.Where(i => i.Id == invitation.Id && i.TokenHash == hash && i.ExpiresAt > now).ExecuteDeleteAsync(stop) == 0)
                    return OrganizationProblems.InvitationInvalid;
                await db.Set<OutgoingMail>().Where(m => m.AboutId == invitation.Id).ExecuteDeleteAsync(stop);
                // The mail arrived there, which is what confirming means.
                user.EmailConfirmed = true;
                user.Language ??= HttpLanguages.Of(http);
                db.Add(new Member { UserId = userId, RoleId = invitation.RoleId, JoinedAt = now });
                db.Record("invitation.accepted", organization.Id, invitation);
                await db.SaveChangesAsync(stop);
                return TypedResults.Ok(await SignInCompletion.StartAsync(db, user, http, caller, sessions, "invitation", stop));
            }, stop);
            CallerCache.Clear();
            return result;
        }
        // Two people with the same link and no account yet: the first made it.
        catch (DbUpdateException e) when (UniqueViolation.Of(e) is { } where && (where.Contains("Email", StringComparison.Ordinal) || where.Contains("UserName", StringComparison.Ordinal)))
        {
            return OrganizationProblems.SignInToAccept;
        }
    }

    private sealed record Found(Invitation Invitation, Organization Organization, Role Role);

    private static async Task<Found?> FindAsync(OCoreDb db, byte[] hash, DateTimeOffset now, CancellationToken stop) =>
        await db.Invitations.AcrossTenants().AsNoTracking().Where(i => i.TokenHash == hash && i.ExpiresAt > now)
            .Join(db.Organizations, i => i.OrgId, o => o.Id, (i, o) => new { Invitation = i, Organization = o })
            .Join(db.OrgRoles, i => i.Invitation.RoleId, r => r.Id, (i, r) => new Found(i.Invitation, i.Organization, r)).SingleOrDefaultAsync(stop)
            is { Organization: { DeletingAt: null, SuspendedAt: null } } found && !await MayNotInviteAsync(db, found.Invitation, stop) ? found : null;

    private static async Task<bool> MayNotInviteAsync(OCoreDb db, Invitation invitation, CancellationToken stop)
    {
        var standing = await Standing.OfAsync(db, invitation.InvitedById, invitation.OrgId, stop);
        var role = await db.OrgRoles.AcrossTenants().AsNoTracking().SingleOrDefaultAsync(r => r.Id == invitation.RoleId, stop);
        return role is null || !standing.Permissions.Has(ManageMembers) || standing.RefusalFor(role) is not null;
    }

    private static async Task<Problem?> RefusalAsync(AcceptInvitation request, Caller caller, OCoreDb db, string email, CancellationToken stop)
    {
        if (caller.IsSignedIn)
            return caller.Access.ApiKeyId is not null ? OrganizationProblems.NotWithApiKey
                : caller.Access.Email.Equals(email, StringComparison.OrdinalIgnoreCase) ? null : OrganizationProblems.ForAnotherAccount;
        if (await Accounts.FindAsync(db, email, stop) is not null)
            return OrganizationProblems.SignInToAccept;
        return string.IsNullOrWhiteSpace(request.Name) ? Problem.Field("name", "A new account needs a name.")
            : request.Password is null ? Problem.Field("password", "A new account needs a password.") : null;
    }

    private static readonly PermissionSet ManageMembers = Permissions.Of(["manage:members"]);
}
