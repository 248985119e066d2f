using System.Net.Http.Headers;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.ApiKeys;
using OCore.Features.Organizations;
using OCore.Features.Portal;
using OCore.Features.Users;
using OCore.Platform.Data;
using OCore.Platform.Http;

namespace OCore.Platform.Security;

/// <summary>Reads who calls from the bearer token or the cookie, and what they may do in the organization they name.</summary>
internal sealed class SignInReader(OCoreDbFactory databases, ViewTickets views, TimeProvider time)
{
    /// <summary>No browser takes a <c>__Host-</c> cookie without TLS, except from localhost, which it trusts.</summary>
    public const string SecureCookie = "__Host-signin", PlainCookie = "signin";

    public async Task<(Access?, Problem?)> ReadAsync(HttpContext http, string? slug)
    {
        var (token, fromCookie) = Token(http.Request);
        if (token is null)
            return (null, null);
        if (fromCookie && !IsSameSite(http.Request))
            return (null, GateProblems.CrossSite);
        if (slug is not null && (slug.Length > 64 || !SlugPattern.Fits(slug) && !Guid.TryParse(slug, out _)))
            return (null, GateProblems.OrganizationNotFound);
        ViewTicket? view = null;
        if (http.Request.Headers[ViewTickets.Header].ToString() is { Length: > 0 } ticket && (view = views.Read(ticket)) is null)
            return (null, GateProblems.ViewEnded);
        var (key, place) = (Convert.ToHexString(Tokens.Hash(token)), view is null ? slug : $"{slug} {view}");
        if (CallerCache.Find(key, place, time) is { } known)
            return (known, null);
        var generation = CallerCache.Generation;
        var (access, problem) = await LoadAsync(token, fromCookie, slug, view, http.RequestAborted);
        if (access is not null)
            CallerCache.Keep(key, place, access, generation, time);
        return (access, problem);
    }

    private static (string? Token, bool FromCookie) Token(HttpRequest request)
    {
        if (request.Headers.Authorization.ToString() is { Length: > 0 } header)
            return AuthenticationHeaderValue.TryParse(header, out var parsed) && parsed.Scheme.Equals("Bearer", StringComparison.OrdinalIgnoreCase) && parsed.Parameter is { Length: > 20 and < 200 } token
                ? (token, false) : (null, false);
        return (request.Cookies[CookieName(request)], true);
    }

    /// <summary>Where the one that only this host can set works, the other is not read: a sibling host could set it.</summary>
    public static string CookieName(HttpRequest request) => request.IsHttps || IsLocal(request.Host.Host) ? SecureCookie : PlainCookie;

    public static bool IsLocal(string host) => host == "localhost" || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);

    // Portals are sibling hosts, so SameSite alone does not keep them apart: unsafe requests need the dashboard's own header,
    // which another origin could send only after a CORS preflight that nobody answers.
    private static bool IsSameSite(HttpRequest request)
    {
        var fetchSite = request.Headers["Sec-Fetch-Site"].ToString();
        // With HTTP/2 a WebSocket begins with CONNECT.
        if (HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || HttpMethods.IsConnect(request.Method))
            return fetchSite is not "cross-site" || request.Headers["Sec-Fetch-Mode"] == "navigate";
        return fetchSite is "" or "same-origin" or "none" && request.Headers["X-OCore-CSRF"] == "1";
    }

    private async Task<(Access?, Problem?)> LoadAsync(string token, bool fromCookie, string? slug, ViewTicket? view, CancellationToken stop)
    {
        await using var db = databases.System();
        var now = time.GetUtcNow();
        var hash = Tokens.Hash(token);
        if (token.StartsWith(Tokens.ApiKeyPrefix, StringComparison.Ordinal))
        {
            var key = await db.ApiKeys.AcrossTenants().AsNoTracking().Include(k => k.User).SingleOrDefaultAsync(k => k.Hash == hash && k.ExpiresAt > now, stop);
            if (key is null || key.User.DisabledAt is not null)
                return (null, GateProblems.Unauthenticated);
            await db.ApiKeys.AcrossTenants().Where(k => k.Id == key.Id && (k.LastUsedAt == null || k.LastUsedAt < now.AddMinutes(-1))).ExecuteUpdateAsync(s => s.SetProperty(k => k.LastUsedAt, now), stop);
            return await InOrganizationAsync(db, key.User, null, key, slug, view, now, stop);
        }
        var session = fromCookie
            ? await db.Sessions.AsNoTracking().SingleOrDefaultAsync(s => s.CookieHash == hash && s.CookieIdleUntil > now && s.ExpiresAt > now, stop)
            : await db.Sessions.AsNoTracking().SingleOrDefaultAsync(s => s.AccessHash == hash && s.AccessExpiresAt > now, stop);
        if (session is null)
            return (null, GateProblems.Unauthenticated);
        var user = await db.Users.AsNoTracking().SingleAsync(u => u.Id == session.UserId, stop);
        if (user.DisabledAt is not null)
            return (null, GateProblems.Unauthenticated);
        if (session.LastSeenAt < now.AddMinutes(-1))
        {
            var idleUntil = fromCookie ? now + Session.CookieIdle : session.CookieIdleUntil;
            await db.Sessions.Where(s => s.Id == session.Id).ExecuteUpdateAsync(s => s.SetProperty(x => x.LastSeenAt, now).SetProperty(x => x.CookieIdleUntil, idleUntil), stop);
        }
        return await InOrganizationAsync(db, user, session, null, slug, view, now, stop);
    }

    private static async Task<(Access?, Problem?)> InOrganizationAsync(OCoreDb db, User user, Session? session, ApiKey? key, string? slug, ViewTicket? view, DateTimeOffset now, CancellationToken stop)
    {
        var memberships = await db.Members.AcrossTenants().AsNoTracking().Where(m => m.UserId == user.Id)
            .Join(db.OrgRoles, m => m.RoleId, r => r.Id, (m, r) => new { m.Id, m.OrgId, r.Permissions, m.JoinedAt, m.LastSeenAt })
            .Join(db.Organizations, m => m.OrgId, o => o.Id, (m, o) => new { m.Id, Organization = o, m.Permissions, m.JoinedAt, m.LastSeenAt })
            .ToListAsync(stop);
        var home = key is not null
            ? memberships.Find(m => m.Organization.Id == key.OrgId)
            : memberships.OrderBy(m => m.Organization.Kind).ThenBy(m => m.JoinedAt).FirstOrDefault();
        // A key made by an agency's person inside a client's organization lives in that organization by delegation.
        var wanted = slug ?? key?.OrgId.ToString() ?? home?.Organization.Id.ToString();
        if (wanted is null)
            return key is null ? (Homeless(user, session), null) : (null, GateProblems.OrganizationNotFound);
        var target = memberships.Find(m => m.Organization.Slug == wanted || m.Organization.Id.ToString() == wanted);
        Organization? organization = target?.Organization;
        var permissions = target is null ? PermissionSet.None : Permissions.Of(target.Permissions);
        var byAgency = false;
        var id = Guid.TryParse(wanted, out var parsed) ? parsed : Guid.Empty;
        organization ??= await db.Organizations.AcrossTenants().AsNoTracking().SingleOrDefaultAsync(o => o.Slug == wanted || o.Id == id, stop);
        if (organization is { Kind: OrganizationKind.Client })
        {
            var agency = memberships.Find(m => m.Organization.Id == organization.RootId && m.Organization.AgencyEnabled);
            if (agency is not null && Permissions.Of(agency.Permissions) is var granted && granted.Has(ViewAgency))
            {
                byAgency = true;
                permissions |= granted;
            }
        }
        var delegated = byAgency && target is null;
        if (target is not null && (target.LastSeenAt is null || target.LastSeenAt < now.AddMinutes(-1)))
            await db.Members.AcrossTenants().Where(m => m.Id == target.Id).ExecuteUpdateAsync(s => s.SetProperty(m => m.LastSeenAt, now), stop);
        if (organization is null || permissions == PermissionSet.None || organization.DeletingAt is not null || key is not null && key.OrgId != organization.Id && organization.RootId != key.OrgId)
            return (null, GateProblems.OrganizationNotFound);
        if (key is { Scopes.Count: > 0 })
            permissions &= Permissions.Of(key.Scopes);
        if (view is not null && !(byAgency && view.ClientId == organization.Id && view.UserId == user.Id))
            return (null, GateProblems.ViewEnded);
        if (view is { ReadOnly: true })
            permissions &= Permissions.Viewing;
        var root = organization.RootId == organization.Id ? organization : await db.Organizations.AcrossTenants().AsNoTracking().SingleAsync(o => o.Id == organization.RootId, stop);
        var plan = await db.Plans.AsNoTracking().SingleAsync(p => p.Id == root.PlanId, stop);
        return (new Access
        {
            UserId = user.Id, UserName = user.Name, Email = user.Email!, IsOperator = user.IsOperator, SessionId = session?.Id, ApiKeyId = key?.Id,
            OrgId = organization.Id, RootId = organization.RootId, OrgSlug = organization.Slug, OrgName = organization.Name, OrgKind = organization.Kind,
            AgencyEnabled = organization.AgencyEnabled, Delegated = delegated, HomeOrgId = delegated ? organization.RootId : organization.Id,
            // The agency's own people still get in, to see why and to resume it.
            Suspended = organization.SuspendedAt is not null && !byAgency, SuspendedReason = organization.SuspendedReason,
            // The agency's people are not bound by what they switch off.
            Portal = organization.Kind == OrganizationKind.Client && (!byAgency || view is not null) ? await SwitchesAsync(db, organization, stop) : null,
            ViewsAsClient = view is not null, ReadOnly = view is { ReadOnly: true }, MustChangePassword = session is not null && user.MustChangePassword,
            Permissions = permissions, Features = plan.Features.ToHashSet(), Limits = plan.Limits,
        }, null);
    }

    /// <summary>What binds the people of a client, and what is sent to addresses of theirs.</summary>
    internal static async Task<PortalSwitches> SwitchesAsync(OCoreDb db, Organization client, CancellationToken stop)
    {
        var configs = await db.PortalConfigs.AcrossTenants().AsNoTracking().Where(c => c.OrgId == client.Id || c.OrgId == client.RootId).ToListAsync(stop);
        return new PortalSwitches(PortalConfig.Over(configs.Find(c => c.OrgId == client.Id), PortalConfig.Over(configs.Find(c => c.OrgId == client.RootId), PortalConfig.Defaults)));
    }

    // Somebody who was removed everywhere is still somebody: they may accept an invitation, which is public, and nothing else.
    private static Access Homeless(User user, Session? session) => new()
    {
        UserId = user.Id, UserName = user.Name, Email = user.Email!, IsOperator = false, SessionId = session?.Id,
        OrgId = Guid.Empty, RootId = Guid.Empty, OrgSlug = "", OrgName = "", OrgKind = OrganizationKind.Personal, AgencyEnabled = false, Delegated = false, HomeOrgId = Guid.Empty,
        Suspended = false, Permissions = PermissionSet.None, Features = new HashSet<string>(), Limits = new PlanLimits(),
    };

    private static readonly PermissionSet ViewAgency = Permissions.Of(["view:agency"]);
}
