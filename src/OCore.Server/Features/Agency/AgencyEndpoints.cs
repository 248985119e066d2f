using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Plans;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Agency;

internal static class AgencyEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var agency = api.MapGroup("/agency").WithTags("Agency").Require("view:agency");
        agency.MapGet("/", Get).WithName("getAgency").Feature(PlanFeatures.Agency);
        agency.MapPost("/enable", Enable).WithName("enableAgency").Require("manage:agency").Feature(PlanFeatures.Agency);
        ClientEndpoints.Map(agency);
    }

    /// <summary>The agency at a glance: totals, and what somebody should look at.</summary>
    internal static async Task<Ok<AgencyView>> Get(OCoreDb db, Caller caller, TimeProvider time, CancellationToken stop) =>
        TypedResults.Ok(await AgencyOverview.OfAsync(db, caller.OrgId, time.GetUtcNow(), stop));

    /// <summary>Enable agency mode for this organization. Doing it again changes nothing.</summary>
    internal static async Task<Results<Ok<AgencyView>, Problem>> Enable(OCoreDb db, Caller caller, TimeProvider time, CancellationToken stop)
    {
        var organization = await db.Organizations.SingleAsync(o => o.Id == caller.OrgId, stop);
        if (organization.Kind == OrganizationKind.Client)
            return AgencyProblems.ClientCannotBeAgency;
        if (!organization.AgencyEnabled)
        {
            organization.AgencyEnabledAt = time.GetUtcNow();
            db.Mark(organization, "agency_enabled");
            await db.SaveChangesAsync(stop);
        }
        return TypedResults.Ok(await AgencyOverview.OfAsync(db, organization.Id, time.GetUtcNow(), stop));
    }
}
