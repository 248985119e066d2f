using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Branding;
using OCore.Features.Plans;
using OCore.Features.Users;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Mail;
using OCore.Platform.Security;

namespace OCore.Features.Organizations;

internal static class InvitationEndpoints
{
    private const int MaxPerHour = 30;
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(72);

    public static void Map(IEndpointRouteBuilder api)
    {
        var invitations = api.MapGroup("/invitations").WithTags("Invitations");
        invitations.MapGet("/", List).WithName("listInvitations").Require("manage:members").PortalFeature(PortalFeatures.Team);
        invitations.MapPost("/", Invite).WithName("inviteMember").Require("manage:members").PortalFeature(PortalFeatures.Team);
        invitations.MapDelete("/{id:guid}", Revoke).WithName("revokeInvitation").Require("manage:members").PortalFeature(PortalFeatures.Team);
        AcceptingInvitations.Map(invitations);
    }

    /// <summary>Open invitations, newest first. Their links are in the mails only.</summary>
    internal static async Task<Ok<Page<InvitationView>>> List(OCoreDb db, [AsParameters] PageQuery page, TimeProvider time, CancellationToken stop)
    {
        var now = time.GetUtcNow();
        var query = db.Invitations.AsNoTracking().Where(i => i.ExpiresAt > now);
        if (page.After is { } after)
            query = query.Where(i => i.Id < after);
        if (page.Search is { } text)
            query = query.Where(i => EF.Functions.Like(i.Email, Paging.Like(text.ToLowerInvariant()), "\\"));
        var rows = await query.OrderByDescending(i => i.Id).Take(page.Size + 1).Include(i => i.Role).ToListAsync(stop);
        var ids = rows.ConvertAll(i => (Guid?)i.Id);
        var mails = await db.Set<OutgoingMail>().AsNoTracking().Where(m => ids.Contains(m.AboutId)).ToListAsync(stop);
        return TypedResults.Ok(rows.ToPage(page, i => i.Id, i => i.ToView(i.Role, mails.Find(m => m.AboutId == i.Id))));
    }

    /// <summary>Invite somebody by mail. The link works once, for 72 hours and for that address; you cannot give a role that may more than you.</summary>
    internal static async Task<Results<Created<InvitationView>, Problem>> Invite(InviteMember request, OCoreDb db, Caller caller, Outbox outbox, BrandMails brands, TimeProvider time, CancellationToken stop)
    {
        var look = await brands.OfOrganizationAsync(caller.OrgId, stop) with { Texts = MailTexts.In(await LanguageAsync(request, db, caller, stop)) };
        return await db.InTransactionAsync<Results<Created<InvitationView>, Problem>>(async () =>
        {
            var (email, now) = (request.Email.Trim().ToLowerInvariant(), time.GetUtcNow());
            var normalized = Emails.Normalize(email);
            await db.LockOrganizationAsync(caller.OrgId, stop);
            if (await db.OrgRoles.FindRoleAsync(request.Role, stop) is not { } role)
                return OrganizationProblems.RoleNotFound;
            if ((await Standing.OfAsync(db, caller, stop)).RefusalFor(role) is { } refusal)
                return refusal;
            if (await db.Members.AnyAsync(m => m.User.NormalizedEmail == normalized, stop))
                return OrganizationProblems.AlreadyMember;
            await RemoveExpiredAsync(db, now, stop);
            if (await db.Invitations.AnyAsync(i => i.Email == email, stop))
                return OrganizationProblems.AlreadyInvited;
            if (await TooManyAsync(db, caller.OrgId, now, stop) is { } tooMany)
                return tooMany;
            var promised = await db.Invitations.AcrossTenants().CountAsync(i => i.ExpiresAt > now && db.Organizations.Any(o => o.Id == i.OrgId && o.RootId == caller.Access.RootId), stop);
            if (!await Limits.CountsAlreadyAsync(db, caller.Access.RootId, normalized, stop) && await Limits.CheckAsync(db, caller.Access.RootId, Limits.Members, stop, promised) is { } full)
                return full;
            var token = Tokens.New();
            var invitation = new Invitation
            {
                Email = email, RoleId = role.Id, InvitedById = caller.UserId, InvitedBy = caller.Access.UserName, TokenHash = Tokens.Hash(token), CreatedAt = now, ExpiresAt = now + Lifetime,
            };
            db.Add(invitation);
            var mail = outbox.Add(db, email, Mail(look, caller, role, token), about: invitation.Id, validFor: Lifetime);
            await db.SaveChangesAsync(stop);
            return TypedResults.Created($"/api/invitations/{invitation.Id}", invitation.ToView(role, mail));
        }, stop);
    }

    /// <summary>Revoke an invitation. Its link stops working at once.</summary>
    internal static async Task<Results<NoContent, Problem>> Revoke(Guid id, OCoreDb db, CancellationToken stop)
    {
        if (await db.Invitations.SingleOrDefaultAsync(i => i.Id == id, stop) is not { } invitation)
            return Problem.NotFound;
        db.Mark(invitation, "revoked");
        db.Remove(invitation);
        db.RemoveRange(await db.Set<OutgoingMail>().Where(m => m.AboutId == id).ToListAsync(stop));
        await db.SaveChangesAsync(stop);
        return TypedResults.NoContent();
    }

    private static async Task RemoveExpiredAsync(OCoreDb db, DateTimeOffset now, CancellationToken stop)
    {
        await db.Set<OutgoingMail>().Where(m => db.Invitations.Any(i => i.Id == m.AboutId && i.ExpiresAt <= now)).ExecuteDeleteAsync(stop);
        await db.Invitations.Where(i => i.ExpiresAt <= now).ExecuteDeleteAsync(stop);
    }

    // Counted in the log, where revoked and accepted ones stay.
    private static async Task<Problem?> TooManyAsync(OCoreDb db, Guid orgId, DateTimeOffset now, CancellationToken stop)
    {
        var (since, place) = (now.AddHours(-1), Guid.CreateVersion7(now.AddHours(-1).AddSeconds(-1)));
        var sent = await db.AuditLog.Where(e => e.OrgId == orgId && e.Id > place && e.Action == "invitation.created" && e.At > since).OrderBy(e => e.At).Select(e => e.At).ToListAsync(stop);
        return sent.Count < MaxPerHour ? null : OrganizationProblems.TooManyInvitations((int)Math.Ceiling((sent[^MaxPerHour] - since).TotalSeconds));
    }

    private static MailContent Mail(MailLook look, Caller caller, Role role, string token) =>
        MailContent.For(look, look.Texts.InvitationSubject(caller.Access.UserName, caller.Access.OrgName),
        [
            look.Texts.Invitation.Greeting,
            look.Texts.Invited(caller.Access.UserName, caller.Access.Email, caller.Access.OrgName, role.Name),
            look.Texts.Invitation.Once,
        ]) with
        {
            Action = (look.Texts.Invitation.Label, new Uri(look.Address, $"/invitations/accept#token={token}")),
            Footnote = look.Texts.Invitation.Footnote,
        };

    // Whoever reads it may have chosen a language; otherwise the one that who invites asked for, or reads.
    private static async Task<string?> LanguageAsync(InviteMember request, OCoreDb db, Caller caller, CancellationToken stop)
    {
        var (address, me) = (Emails.Normalize(request.Email.Trim()), caller.UserId);
        var known = await db.Users.AsNoTracking().Where(u => u.NormalizedEmail == address || u.Id == me).Select(u => new { u.Id, u.Language, IsReader = u.NormalizedEmail == address }).ToListAsync(stop);
        return known.Find(u => u.IsReader)?.Language ?? request.Language ?? known.Find(u => u.Id == me)?.Language;
    }

    private static InvitationView ToView(this Invitation invitation, Role role, OutgoingMail? mail) => new()
    {
        Id = invitation.Id, Email = invitation.Email, Role = role.ToRef(), InvitedBy = invitation.InvitedBy, CreatedAt = invitation.CreatedAt, ExpiresAt = invitation.ExpiresAt,
        MailSent = mail?.SentAt is not null, MailError = mail?.SentAt is null ? mail?.Error : null,
    };
}
