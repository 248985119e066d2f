using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Features.Operations;
using OCore.Features.PortalDomains;
using OCore.Features.Servers;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Dns;
using OCore.Platform.Http;
using OCore.Platform.Operations;
using OCore.Platform.Security;
using OCore.Platform.Tls;

namespace OCore.Features.Domains;

internal static class InstanceDomainEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var domains = api.MapGroup("/instances/{id}/domains").WithTags("Domains").Require("view:domains").PortalFeature(PortalFeatures.Domains);
        domains.MapGet("/", List).WithName("listInstanceDomains");
        domains.MapPost("/", Add).WithName("addInstanceDomain").Require("manage:domains");
        domains.MapGet("/{domain}", Get).WithName("getInstanceDomain");
        domains.MapPost("/{domain}/verify", Verify).WithName("verifyInstanceDomain").Require("manage:domains");
        domains.MapPost("/{domain}/primary", SetPrimary).WithName("setPrimaryInstanceDomain").Require("manage:domains").StartsOperation();
        domains.MapDelete("/{domain}", Delete).WithName("deleteInstanceDomain").Require("manage:domains");
    }

    /// <summary>The names under which an instance answers, all of them; first the one that it was made with.</summary>
    internal static async Task<Results<Ok<Page<InstanceDomainView>>, Problem>> List(string id, OCoreDb db, Settings settings, TimeProvider time, CancellationToken stop) =>
        await InstanceQueries.FindAsync(db, id, stop) is { } instance ? TypedResults.Ok(Paging.Whole(await InstanceDomainViews.OfAsync(db, instance, settings, time, stop))) : Problem.NotFound;

    /// <summary>One name, by its id or itself: its states, the records to set, and what was seen at the last look.</summary>
    internal static async Task<Results<Ok<InstanceDomainView>, Problem>> Get(string id, string domain, OCoreDb db, Settings settings, TimeProvider time, CancellationToken stop)
    {
        var (instance, found, problem) = await FindAsync(db, id, domain, stop);
        return problem is null ? TypedResults.Ok(await InstanceDomainViews.OneAsync(db, instance!, found?.Id ?? instance!.Id, settings, time, stop)) : problem;
    }

    /// <summary>
    /// Let an instance answer under a name of its owner's own. The name has to be proven by the TXT record that the answer names, and to
    /// lead to the server; oCore looks for both by itself, and gets a certificate when they are there.
    /// </summary>
    internal static async Task<Results<Created<InstanceDomainView>, Problem>> Add(string id, AddInstanceDomain request, OCoreDb db, Settings settings, TimeProvider time, CancellationToken stop)
    {
        if (DomainName.Parse(request.Domain, out var refusal) is not { } name)
            return Problem.Field("domain", refusal!, "domain_invalid");
        if (PortalNames.OwnNameRefusal(name, settings, DomainProblems.Reserved, DomainProblems.LookAlike) is { } own)
            return own;
        if (await InstanceQueries.FindAsync(db, id, stop) is not { } instance)
            return Problem.NotFound;
        if (instance.Status is InstanceStatus.Removing)
            return InstanceProblems.NotNow(instance);
        var now = time.GetUtcNow();
        var domain = new InstanceDomain
        {
            OrgId = instance.OrgId, RootId = instance.RootId, InstanceId = instance.Id, CustomHost = name.Ascii, CustomDisplay = name.Display, Warnings = [.. name.Warnings],
            Token = PortalNames.NewToken(InstanceDomain.Record, instance.OrgId), CreatedAt = now, ChangedAt = now, NextLookAt = now,
        };
        if (await db.InstanceDomains.CountAsync(d => d.InstanceId == instance.Id, stop) >= InstanceDomain.Most)
            return DomainProblems.TooMany;
        if (await db.InstanceDomains.AnyAsync(d => d.OrgId == instance.OrgId && d.CustomHost == name.Ascii, stop))
            return DomainProblems.Taken;
        // What others have only claimed, or called an instance, is no hindrance: the proof decides.
        if (await db.Instances.AcrossTenants().AnyAsync(i => i.Domain == name.Ascii && i.OrgId == instance.OrgId, stop) || await db.PortalDomains.AcrossTenants().AnyAsync(d => d.OrgId == instance.RootId && d.CustomHost == name.Ascii, stop))
            return DomainProblems.InUse;
        db.Add(domain);
        try
        {
            await db.SaveChangesAsync(stop);
        }
        catch (DbUpdateException e) when (UniqueViolation.Of(e) is not null)
        {
            return DomainProblems.Taken;
        }
        return TypedResults.Created($"/api/instances/{instance.Id}/domains/{domain.Id}", await InstanceDomainViews.OneAsync(db, instance, domain.Id, settings, time, stop));
    }

    /// <summary>Look at DNS now, and say what is there. Looking again and again within a minute is refused.</summary>
    internal static async Task<Results<Ok<InstanceDomainView>, Problem>> Verify(string id, string domain, OCoreDb db, Settings settings, InstanceDomainLooks looks, TimeProvider time, CancellationToken stop)
    {
        var (instance, found, problem) = await FindAsync(db, id, domain, stop);
        if (problem is not null)
            return problem;
        if (found is not null)
        {
            // Asked for again, it is looked for again.
            await db.InstanceDomains.Where(d => d.Id == found.Id && d.Proof == DomainProof.Failed).ExecuteUpdateAsync(s => s.SetProperty(d => d.Proof, DomainProof.Pending).SetProperty(d => d.Looks, 0), stop);
            if (await looks.OnDemandAsync(found.Id, stop) is { } refusal)
                return refusal;
            await Certificates.HurryAsync(db, found.CustomHost!, time.GetUtcNow(), stop);
        }
        return TypedResults.Ok(await InstanceDomainViews.OneAsync(db, instance!, found?.Id ?? instance!.Id, settings, time, stop));
    }

    /// <summary>
    /// Send people to this name: it becomes the instance's address and Odoo's <c>web.base.url</c>, for the links in mails. The name has to
    /// be proven, to lead to the server, and to have its certificate where the server takes HTTPS.
    /// </summary>
    internal static async Task<Results<Accepted<OperationView>, Problem>> SetPrimary(
        string id, string domain, OCoreDb db, OperationQueue queue, OperationKinds kinds, TimeProvider time, CancellationToken stop)
    {
        var (instance, found, problem) = await FindAsync(db, id, domain, stop);
        if (problem is not null)
            return problem;
        if (instance!.Status is InstanceStatus.Creating or InstanceStatus.Removing or InstanceStatus.Suspended)
            return InstanceProblems.NotNow(instance);
        if (found is not null && await NotReadyAsync(db, instance, found, time, stop) is { } notReady)
            return notReady;
        var operation = await SetPrimaryDomainKind.EnqueueAsync(db, queue, instance, found?.CustomHost, found?.CustomDisplay ?? instance.Domain, stop);
        await db.SaveChangesAsync(stop);
        return await OperationViews.AcceptedAsync(db, operation, kinds, stop);
    }

    /// <summary>Give the name up. Remove its records from DNS first: a record that stays behind leads to nobody.</summary>
    internal static async Task<Results<NoContent, Problem>> Delete(string id, string domain, OCoreDb db, Settings settings, TimeProvider time, CancellationToken stop)
    {
        var (instance, found, problem) = await FindAsync(db, id, domain, stop);
        if (problem is not null)
            return problem;
        if (found is null)
            return DomainProblems.IsGenerated;
        if (instance!.PrimaryHost == found.CustomHost)
            return DomainProblems.IsPrimary;
        await InstanceDomainQueries.ReleaseAsync(db, found, settings, time.GetUtcNow(), stop);
        await db.SaveChangesAsync(stop);
        ServerSignals.Changed();
        return TypedResults.NoContent();
    }

    private static async Task<Problem?> NotReadyAsync(OCoreDb db, Instance instance, InstanceDomain domain, TimeProvider time, CancellationToken stop)
    {
        if (!domain.IsProven)
            return DomainProblems.NotVerified;
        if (domain.Routing != RoutingStatus.Ok)
            return DomainProblems.LeadsElsewhere;
        var (server, now) = (await db.Servers.AcrossTenants().AsNoTracking().SingleAsync(s => s.Id == instance.ServerId, stop), time.GetUtcNow());
        return (await NamePlace.OfAsync(db, instance, server, stop)).EndsTls && !await db.Certificates.AnyAsync(c => c.Host == domain.CustomHost && c.Wanted && c.ValidUntil > now, stop) ? DomainProblems.NoCertificate : null;
    }

    /// <returns>No domain where it is the one that the instance was made with.</returns>
    private static async Task<(Instance?, InstanceDomain?, Problem?)> FindAsync(OCoreDb db, string id, string domain, CancellationToken stop)
    {
        if (await InstanceQueries.FindAsync(db, id, stop) is not { } instance)
            return (null, null, Problem.NotFound);
        var (wanted, name) = (Guid.TryParse(domain, out var parsed) ? parsed : Guid.Empty, domain.ToLowerInvariant());
        if (wanted == instance.Id || name == instance.Domain)
            return (instance, null, null);
        var found = await db.InstanceDomains.Where(d => d.InstanceId == instance.Id && (d.Id == wanted || d.CustomHost == name || d.CustomDisplay == name)).OrderBy(d => d.Id).FirstOrDefaultAsync(stop);
        return found is null ? (instance, null, Problem.NotFound) : (instance, found, null);
    }
}
