using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Branding;
using OCore.Features.Operations;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Organizations;

internal static class OrganizationEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var organizations = api.MapGroup("/organizations").WithTags("Organizations");
        organizations.MapGet("/", List).WithName("listOrganizations").SignedIn();
        organizations.MapPost("/", Create).WithName("createOrganization").SignedIn();
        organizations.MapGet("/current", Current).WithName("getCurrentOrganization").EditTag<UpdateOrganization>().Require("view:organization");
        organizations.MapPut("/current", Update).WithName("updateCurrentOrganization").Require("manage:organization");
        MemberEndpoints.Map(api);
        RoleEndpoints.Map(api);
        InvitationEndpoints.Map(api);
    }

    /// <summary>The organizations you may act in: those you are a member of, and the clients of your agencies.</summary>
    internal static async Task<Ok<Page<MembershipView>>> List(OCoreDb db, Caller caller, [AsParameters] PageQuery page, CancellationToken stop)
    {
        var memberships = await db.Members.AcrossTenants().AsNoTracking().Where(m => m.UserId == caller.UserId)
            .Join(db.OrgRoles, m => m.RoleId, r => r.Id, (m, r) => new { m.OrgId, r.Name, r.Permissions })
            .Join(db.Organizations, m => m.OrgId, o => o.Id, (m, o) => new { m.OrgId, m.Name, m.Permissions, Agency = o.AgencyEnabledAt != null }).ToListAsync(stop);
        var viewAgency = Permissions.Of(["view:agency"]);
        var (own, agencies) = (memberships.ConvertAll(m => m.OrgId), memberships.Where(m => m.Agency && Permissions.Of(m.Permissions).Has(viewAgency)).Select(m => m.OrgId).ToList());
        var query = db.Organizations.AcrossTenants().AsNoTracking().Where(o => o.DeletingAt == null && (own.Contains(o.Id) || o.Kind == OrganizationKind.Client && agencies.Contains(o.RootId)));
        if (caller.Access.ApiKeyId is { } keyId)
        {
            // A key is bound to its organization, and to that one's clients.
            var bound = await db.ApiKeys.AcrossTenants().Where(k => k.Id == keyId).Select(k => k.OrgId).SingleAsync(stop);
            query = query.Where(o => o.Id == bound || o.RootId == bound);
        }
        if (page.Search is { } text)
            query = query.Where(o => EF.Functions.Like(o.Name.ToLower(), Paging.Like(text.ToLowerInvariant()), "\\") || EF.Functions.Like(o.Slug, Paging.Like(text.ToLowerInvariant()), "\\"));
        if (page.After is { } after)
            query = query.Where(o => o.Id > after);
        var rows = await query.OrderBy(o => o.Id).Take(page.Size + 1).ToListAsync(stop);
        return TypedResults.Ok(rows.ToPage(page, o => o.Id, o =>
        {
            var membership = memberships.Find(m => m.OrgId == o.Id);
            return new MembershipView
            {
                Id = o.Id, Slug = o.Slug, Name = o.Name, Kind = o.Kind, AgencyEnabled = o.AgencyEnabled, Suspended = o.SuspendedAt is not null,
                Role = membership?.Name, Delegated = membership is null,
            };
        }));
    }

    /// <summary>Create an organization of several people. You become its owner.</summary>
    internal static async Task<Results<Created<OrganizationView>, Problem>> Create(CreateOrganization request, Caller caller, OCoreDbFactory databases, Settings settings, TimeProvider time, CancellationToken stop)
    {
        if (caller.Access.ApiKeyId is not null)
            return OrganizationProblems.NotWithApiKey;
        var id = RowId.New();
        await using var db = databases.For(new Tenant(id, id, false), caller.AsActor()! with { HomeOrgId = id });
        // The people of clients would otherwise give themselves what their agency did not.
        if (!settings.SignupOpen && !caller.Access.IsOperator
            && !await db.Members.AcrossTenants().AnyAsync(m => m.UserId == caller.UserId && db.Organizations.Any(o => o.Id == m.OrgId && o.Kind != OrganizationKind.Client), stop))
            return OrganizationProblems.MayNotCreate;
        if (await Slugs.RefusalAsync(db, request.Slug, stop) is { } refusal)
            return refusal;
        var plan = await db.Plans.SingleAsync(p => p.IsDefault, stop);
        var organization = OrganizationFactory.Add(db, request.Name.Trim(), request.Slug, OrganizationKind.Organization, null, plan.Id, caller.UserId, time.GetUtcNow(), id);
        await db.SaveChangesAsync(stop);
        return TypedResults.Created("/api/organizations/current", organization.ToView(null));
    }

    /// <summary>The organization of this request: the one X-Org-Slug names, or your home.</summary>
    internal static async Task<Ok<OrganizationView>> Current(OCoreDb db, Caller caller, CancellationToken stop)
    {
        var organization = await db.Organizations.AsNoTracking().SingleAsync(o => o.Id == caller.OrgId, stop);
        return TypedResults.Ok(organization.ToView(await AgencyOfAsync(db, organization, stop)));
    }

    /// <summary>Change its name or logo; <c>logoUrl</c> null or empty removes the logo.</summary>
    internal static async Task<Results<Ok<OrganizationView>, Problem>> Update(UpdateOrganization request, OCoreDb db, Caller caller, BrandChange logos, CancellationToken stop)
    {
        var organization = await db.Organizations.SingleAsync(o => o.Id == caller.OrgId, stop);
        if ((organization.Change(request.Name, request.Has(request.LogoUrl) ? request.LogoUrl ?? "" : null) ?? await logos.FetchLogoAsync(db, organization, stop)) is { } refusal)
            return refusal;
        await db.SaveChangesAsync(stop);
        return TypedResults.Ok(organization.ToView(await AgencyOfAsync(db, organization, stop)));
    }

    // A client sees who its agency is, though nothing of it.
    private static async Task<Organization?> AgencyOfAsync(OCoreDb db, Organization organization, CancellationToken stop) =>
        organization.Kind == OrganizationKind.Client ? await db.Organizations.AcrossTenants().AsNoTracking().SingleAsync(o => o.Id == organization.RootId, stop) : null;

    private static OrganizationView ToView(this Organization organization, Organization? agency) => new()
    {
        Id = organization.Id, Name = organization.Name, Slug = organization.Slug, Kind = organization.Kind, AgencyEnabled = organization.AgencyEnabled,
        Agency = agency?.ToRef(), LogoUrl = organization.Logo, Suspended = organization.SuspendedAt is not null, CreatedAt = organization.CreatedAt,
    };
}
