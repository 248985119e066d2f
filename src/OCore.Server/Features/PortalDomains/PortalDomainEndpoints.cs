using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Domains;
using OCore.Features.Organizations;
using OCore.Features.Plans;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;
using OCore.Platform.Tls;

namespace OCore.Features.PortalDomains;

internal static class PortalDomainEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var domains = api.MapGroup("/agency/portal-domains").WithTags("Portal domains").Require("view:agency").InAgency();
        domains.MapGet("/", List).WithName("listPortalDomains");
        domains.MapGet("/{domain}", Get).WithName("getPortalDomain");
        domains.MapPost("/", Create).WithName("createPortalDomain").Require("manage:agency").Feature(PlanFeatures.WhiteLabel);
        domains.MapPost("/{domain}/verify", Verify).WithName("verifyPortalDomain").Require("manage:agency").Feature(PlanFeatures.WhiteLabel);
        domains.MapPost("/{domain}/activate", Activate).WithName("activatePortalDomain").Require("manage:agency").Feature(PlanFeatures.WhiteLabel);
        domains.MapPost("/{domain}/deactivate", Deactivate).WithName("deactivatePortalDomain").Require("manage:agency");
        domains.MapDelete("/{domain}", Delete).WithName("deletePortalDomain").Require("manage:agency");
    }

    /// <summary>The names of the agency's portals.</summary>
    /// <param name="client">Only those of this client, by its id or slug.</param>
    internal static async Task<Ok<Page<PortalDomainView>>> List(OCoreDb db, Settings settings, TimeProvider time, [AsParameters] PageQuery page,
        [Microsoft.AspNetCore.Mvc.FromQuery, System.ComponentModel.DataAnnotations.MaxLength(100)] string? client, CancellationToken stop)
    {
        var query = db.PortalDomains.AsNoTracking();
        if (page.After is { } after)
            query = query.Where(d => d.Id > after);
        if (page.Search is { } text)
        {
            var like = Paging.Like(text.ToLowerInvariant());
            query = query.Where(d => EF.Functions.Like(d.SubdomainHost!, like, "\\") || EF.Functions.Like(d.CustomHost!, like, "\\") || EF.Functions.Like(d.CustomDisplay!, like, "\\") || EF.Functions.Like(d.Subdomain!, like, "\\"));
        }
        if (client is not null)
        {
            var id = Guid.TryParse(client, out var parsed) ? parsed : Guid.Empty;
            query = query.Where(d => db.Organizations.Any(o => o.Id == d.ClientId && (o.Id == id || o.Slug == client)));
        }
        var rows = await query.OrderBy(d => d.Id).Take(page.Size + 1).ToListAsync(stop);
        var views = (await PortalDomainViews.OfAsync(db, rows, settings, time, stop)).ToDictionary(v => v.Id);
        return TypedResults.Ok(rows.ToPage(page, d => d.Id, d => views[d.Id]));
    }

    /// <summary>One portal domain, by its id or its name in DNS: its states, the records to set, and what was seen at the last look.</summary>
    internal static async Task<Results<Ok<PortalDomainView>, Problem>> Get(string domain, OCoreDb db, Settings settings, TimeProvider time, CancellationToken stop) =>
        await FindAsync(db, domain, stop) is { } found ? TypedResults.Ok(await ViewAsync(db, found, settings, time, stop)) : Problem.NotFound;

    /// <summary>
    /// Claim a name for a portal. A custom domain has to be proven by the TXT record that the answer names; oCore looks for it by
    /// itself, and activates the portal when it is there. A subdomain works at once.
    /// </summary>
    internal static async Task<Results<Created<PortalDomainView>, Problem>> Create(CreatePortalDomain request, OCoreDb db, Caller caller, Settings settings, PortalDirectory directory, TimeProvider time, CancellationToken stop)
    {
        Guid? clientId = null;
        if (request.ClientId is not null)
        {
            var id = Guid.TryParse(request.ClientId, out var parsed) ? parsed : Guid.Empty;
            clientId = await db.Organizations.Where(o => o.RootId == caller.OrgId && o.Kind == OrganizationKind.Client && o.DeletingAt == null && (o.Id == id || o.Slug == request.ClientId)).Select(o => (Guid?)o.Id).SingleOrDefaultAsync(stop);
            if (clientId is null)
                return PortalDomainProblems.ClientNotFound;
        }
        var now = time.GetUtcNow();
        var (claim, refusal) = await PortalNames.ClaimAsync(request, caller.OrgId, clientId, db, settings, now, stop);
        if (claim is null)
            return refusal!;
        claim.NextLookAt = now;
        var taken = await db.InTransactionAsync(async () =>
        {
            await db.LockOrganizationAsync(caller.OrgId, stop);
            if (claim.CustomHost is not null && await db.PortalDomains.AnyAsync(d => d.CustomHost == claim.CustomHost, stop))
                return PortalDomainProblems.DomainTaken;
            if (claim.IsBase && await db.PortalDomains.AnyAsync(d => d.IsBase, stop))
                return PortalDomainProblems.HasBase;
            if (await IsSubdomainTakenAsync(db, claim, now, stop))
                return PortalDomainProblems.SubdomainTaken;
            db.Add(claim);
            await PortalCertificates.WantAsync(db, claim, settings, time, stop);
            await db.SaveChangesAsync(stop);
            return null;
        }, stop);
        if (taken is not null)
            return taken;
        await directory.RefreshAsync(stop);
        return TypedResults.Created($"/api/agency/portal-domains/{claim.Id}", await ViewAsync(db, claim, settings, time, stop));
    }

    /// <summary>Look at DNS now, and say what is there. Looking again and again within a minute is refused.</summary>
    internal static async Task<Results<Ok<PortalDomainView>, Problem>> Verify(string domain, OCoreDb db, Settings settings, PortalDomainLooks looks, TimeProvider time, CancellationToken stop)
    {
        if (await FindAsync(db, domain, stop) is not { } found)
            return Problem.NotFound;
        // Asked for again, it is looked for again.
        await db.PortalDomains.Where(d => d.Id == found.Id && d.Proof == DomainProof.Failed).ExecuteUpdateAsync(s => s.SetProperty(d => d.Proof, DomainProof.Pending).SetProperty(d => d.Looks, 0), stop);
        if (await looks.OnDemandAsync(found.Id, stop) is { } refusal)
            return refusal;
        if (found.Host is not null)
            await Certificates.HurryAsync(db, found.Host, time.GetUtcNow(), stop);
        return await FindAsync(db, found.Id.ToString(), stop) is { } after ? TypedResults.Ok(await ViewAsync(db, after, settings, time, stop)) : Problem.NotFound;
    }

    /// <summary>Serve the portal under this name. The name has to be proven.</summary>
    internal static async Task<Results<Ok<PortalDomainView>, Problem>> Activate(string domain, OCoreDb db, Settings settings, PortalDirectory directory, TimeProvider time, CancellationToken stop)
    {
        if (await TrackedAsync(db, domain, stop) is not { } found)
            return Problem.NotFound;
        if (found.OrphanedAt is not null)
            return PortalDomainProblems.Orphaned;
        if (!found.IsProven)
            return PortalDomainProblems.NotVerified;
        return await SwitchAsync(found, true, "activated", db, settings, directory, time, stop);
    }

    /// <summary>Stop serving the portal under this name, at once. Visitors get a neutral page.</summary>
    internal static async Task<Results<Ok<PortalDomainView>, Problem>> Deactivate(string domain, OCoreDb db, Settings settings, PortalDirectory directory, TimeProvider time, CancellationToken stop) =>
        await TrackedAsync(db, domain, stop) is { } found ? await SwitchAsync(found, false, "deactivated", db, settings, directory, time, stop) : Problem.NotFound;

    /// <summary>Give the name up. Remove its records from DNS first: a record that stays behind leads to nobody.</summary>
    internal static async Task<Results<NoContent, Problem>> Delete(string domain, OCoreDb db, Settings settings, PortalDirectory directory, TimeProvider time, CancellationToken stop)
    {
        if (await TrackedAsync(db, domain, stop) is not { } found)
            return Problem.NotFound;
        if (found.IsBase && await db.PortalDomains.AnyAsync(d => d.SubdomainHost != null && d.SubdomainHost.EndsWith("." + found.CustomHost), stop))
            return PortalDomainProblems.BaseInUse;
        await PortalNames.ReleaseAsync(db, found, settings, time, stop);
        await db.SaveChangesAsync(stop);
        await directory.RefreshAsync(stop);
        return TypedResults.NoContent();
    }

    // Names of subdomains are one for the whole installation; lately somebody else's, they rest for a while.
    private static async Task<bool> IsSubdomainTakenAsync(OCoreDb db, PortalDomain claim, DateTimeOffset now, CancellationToken stop) => claim.SubdomainHost is { } host
        ? await db.PortalDomains.AcrossTenants().AnyAsync(d => d.SubdomainHost == host, stop) || await db.DomainTombstones.AcrossTenants().AnyAsync(t => t.Host == host && t.OrgId != claim.OrgId && t.Until > now, stop)
        : claim.Subdomain is not null && await db.PortalDomains.AnyAsync(d => d.Subdomain == claim.Subdomain && d.SubdomainHost == null, stop);

    private static async Task<Ok<PortalDomainView>> SwitchAsync(PortalDomain domain, bool enabled, string verb, OCoreDb db, Settings settings, PortalDirectory directory, TimeProvider time, CancellationToken stop)
    {
        if (domain.Enabled != enabled)
        {
            (domain.Enabled, domain.ChangedAt) = (enabled, time.GetUtcNow());
            if (enabled)
                domain.NextLookAt = domain.ChangedAt;
            db.Mark(domain, verb);
            await PortalCertificates.WantAsync(db, domain, settings, time, stop);
            await db.SaveChangesAsync(stop);
        }
        await directory.RefreshAsync(stop);
        return TypedResults.Ok(await ViewAsync(db, domain, settings, time, stop));
    }

    private static async Task<PortalDomainView> ViewAsync(OCoreDb db, PortalDomain domain, Settings settings, TimeProvider time, CancellationToken stop) =>
        (await PortalDomainViews.OfAsync(db, [domain], settings, time, stop))[0];

    private static Task<PortalDomain?> FindAsync(OCoreDb db, string domain, CancellationToken stop) => TrackedAsync(db, domain, stop, tracked: false);

    private static Task<PortalDomain?> TrackedAsync(OCoreDb db, string domain, CancellationToken stop, bool tracked = true)
    {
        var (id, name) = (Guid.TryParse(domain, out var parsed) ? parsed : Guid.Empty, domain.ToLowerInvariant());
        var query = tracked ? db.PortalDomains : db.PortalDomains.AsNoTracking();
        return query.Where(d => d.Id == id || d.CustomHost == name || d.SubdomainHost == name || d.CustomDisplay == name).OrderBy(d => d.Id).FirstOrDefaultAsync(stop);
    }
}
