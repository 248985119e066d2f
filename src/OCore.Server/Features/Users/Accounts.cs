using Microsoft.EntityFrameworkCore;
using OCore.Features.Organizations;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Users;

/// <summary>Makes and finds accounts, and speaks for them in the audit log.</summary>
internal static class Accounts
{
    public static Task<User?> FindAsync(OCoreDb db, string email, CancellationToken stop)
    {
        var normalized = Emails.Normalize(email);
        return db.Users.SingleOrDefaultAsync(u => u.NormalizedUserName == normalized, stop);
    }

    /// <summary>
    /// A new account with its personal organization, saved by the caller under <see cref="Tenant.System"/>. An address that is taken
    /// is refused; of two at the same time one fails at its save, with a unique violation.
    /// </summary>
    /// <param name="confirmed">The person has shown that the address is theirs, by a link that was sent to it.</param>
    /// <param name="id">Its id, where the actor of <paramref name="db"/> is already the new account.</param>
    /// <param name="personal">False for whoever joins an organization: a client's people would start in an empty one of their own, on a plan that their agency did not give them.</param>
    public static async Task<(User?, Problem?)> AddAsync(OCoreDb db, Passwords passwords, string email, string name, string password, bool confirmed, DateTimeOffset now, CancellationToken stop, Guid? id = null, bool personal = true)
    {
        email = email.Trim();
        if (Passwords.Refuse(password, email) is { } refusal)
            return (null, refusal);
        if (name.Trim().Length == 0)
            return (null, Problem.Field("name", "It cannot be empty."));
        if (await FindAsync(db, email, stop) is not null)
            return (null, UserProblems.EmailTaken);
        var user = new User
        {
            Id = id ?? RowId.New(), Name = name.Trim(), Email = email, UserName = email,
            NormalizedEmail = Emails.Normalize(email), NormalizedUserName = Emails.Normalize(email),
            EmailConfirmed = confirmed, CreatedAt = now, SecurityStamp = Tokens.New(), PasswordHash = passwords.Hash(password),
        };
        db.Add(user);
        if (!personal)
            return (user, null);
        var plan = await db.Plans.Where(p => p.IsDefault).Select(p => p.Id).FirstAsync(stop);
        await OrganizationFactory.AddPersonalAsync(db, user, plan, now, stop);
        return (user, null);
    }

    /// <summary>From here on the context writes for this account, which belongs to no one organization. Returns its home, whose audit log gets the lines.</summary>
    public static async Task<Guid> ActAsAsync(this OCoreDb db, User user, Caller caller, CancellationToken stop)
    {
        var home = await HomeAsync(db, user.Id, stop);
        db.Enter(Tenant.System, new AuditActor(user.Id, user.Email!, home, false, null, caller.Ip, caller.UserAgent, null));
        return home;
    }

    /// <summary>The account of this request, and its home; the context writes for it.</summary>
    public static async Task<(User, Guid)> SelfAsync(this OCoreDb db, Caller caller, CancellationToken stop)
    {
        var user = await db.Users.SingleAsync(u => u.Id == caller.UserId, stop);
        return (user, await db.ActAsAsync(user, caller, stop));
    }

    /// <summary>What the next save calls the change of this account: <c>auth.password_changed</c>.</summary>
    public static void Call(this OCoreDb db, User user, string action) => db.AuditMarks.Add(new AuditMark(user, action, Always: false));

    // The same order in which a request without X-Org-Slug finds its organization.
    private static async Task<Guid> HomeAsync(OCoreDb db, Guid userId, CancellationToken stop)
    {
        var memberships = await db.Members.AcrossTenants().Where(m => m.UserId == userId)
            .Join(db.Organizations.AcrossTenants(), m => m.OrgId, o => o.Id, (m, o) => new { o.Id, o.Kind, m.JoinedAt }).ToListAsync(stop);
        return memberships.OrderBy(m => m.Kind).ThenBy(m => m.JoinedAt).FirstOrDefault()?.Id ?? Guid.Empty;
    }
}
