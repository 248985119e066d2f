using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Agency;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Portal;

/// <summary>What clients can see and use in their portals: the agency's setting, and each client's own over it.</summary>
internal static class PortalConfigEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var agency = api.MapGroup("/agency").WithTags("Portal").Require("view:agency").InAgency();
        agency.MapGet("/portal-config", Get).WithName("getPortalConfig").EditTag<UpdatePortalConfig>();
        agency.MapPut("/portal-config", Update).WithName("updatePortalConfig").Require("manage:agency");
        agency.MapGet("/clients/{client}/portal-config", GetOfClient).WithName("getClientPortalConfig").EditTag<UpdatePortalConfig>();
        agency.MapPut("/clients/{client}/portal-config", UpdateOfClient).WithName("updateClientPortalConfig").Require("manage:agency");
    }

    /// <summary>What the agency's clients can see and use in their portals.</summary>
    internal static async Task<Ok<PortalConfigView>> Get(OCoreDb db, Caller caller, CancellationToken stop) =>
        TypedResults.Ok(View(await OwnAsync(db.PortalConfigs.AsNoTracking(), caller.OrgId, stop), PortalConfig.Defaults));

    /// <summary>
    /// Change what clients can see and use; only the settings given are changed, and null returns one to its default. It takes effect at
    /// once, also on what is open.
    /// </summary>
    internal static async Task<Ok<PortalConfigView>> Update(UpdatePortalConfig request, OCoreDb db, Caller caller, TimeProvider time, CancellationToken stop) =>
        TypedResults.Ok(View(await ChangeAsync(db, caller.OrgId, caller.OrgId, request, time, stop), PortalConfig.Defaults));

    /// <summary>What one client can see and use, with what it inherits from the agency.</summary>
    internal static async Task<Results<Ok<PortalConfigView>, Problem>> GetOfClient(string client, OCoreDb db, Caller caller, CancellationToken stop)
    {
        if (await db.FindClientAsync(caller, client, stop) is not { } found)
            return Problem.NotFound;
        return TypedResults.Ok(View(await OwnAsync(db.PortalConfigs.AsNoTracking(), found.Id, stop), await OfAgencyAsync(db, caller, stop)));
    }

    /// <summary>Change what one client can see and use. Null returns a setting to the agency's.</summary>
    internal static async Task<Results<Ok<PortalConfigView>, Problem>> UpdateOfClient(string client, UpdatePortalConfig request, OCoreDb db, Caller caller, TimeProvider time, CancellationToken stop)
    {
        if (await db.FindClientAsync(caller, client, stop) is not { } found)
            return Problem.NotFound;
        if (found.DeletingAt is not null)
            return AgencyProblems.Deleting;
        return TypedResults.Ok(View(await ChangeAsync(db, found.Id, caller.OrgId, request, time, stop), await OfAgencyAsync(db, caller, stop)));
    }

    private static Task<PortalConfig?> OwnAsync(IQueryable<PortalConfig> configs, Guid orgId, CancellationToken stop) => configs.SingleOrDefaultAsync(c => c.OrgId == orgId, stop);

    private static async Task<PortalConfigValues> OfAgencyAsync(OCoreDb db, Caller caller, CancellationToken stop) =>
        PortalConfig.Over(await OwnAsync(db.PortalConfigs.AsNoTracking(), caller.OrgId, stop), PortalConfig.Defaults);

    private static async Task<PortalConfig?> ChangeAsync(OCoreDb db, Guid orgId, Guid rootId, UpdatePortalConfig request, TimeProvider time, CancellationToken stop)
    {
        var own = await OwnAsync(db.PortalConfigs, orgId, stop);
        var first = own is null;
        own ??= new PortalConfig { OrgId = orgId, RootId = rootId };
        own.Take(request);
        if (first && own.Overridden.Count == 0)
            return null;
        if (first)
            db.Add(own);
        if (db.ChangeTracker.HasChanges())
            own.UpdatedAt = time.GetUtcNow();
        await db.SaveChangesAsync(stop);
        return own;
    }

    private static PortalConfigView View(PortalConfig? own, PortalConfigValues inherited)
    {
        var values = PortalConfig.Over(own, inherited);
        return new PortalConfigView
        {
            FeatureTerminal = values.FeatureTerminal, FeatureFileEditor = values.FeatureFileEditor, FeatureOdooShell = values.FeatureOdooShell,
            FeatureMonitoring = values.FeatureMonitoring, FeatureBackups = values.FeatureBackups, FeatureDomains = values.FeatureDomains, FeatureLogs = values.FeatureLogs,
            FeatureDatabases = values.FeatureDatabases, TeamManagementEnabled = values.TeamManagementEnabled, InfrastructureVisibility = values.InfrastructureVisibility,
            Overridden = own?.Overridden ?? [], Inherited = inherited, UpdatedAt = own?.UpdatedAt,
        };
    }
}
