using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Agency;
using OCore.Features.Organizations;
using OCore.Features.Plans;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Branding;

/// <summary>The look of the portals: the agency's, and each client's own over it. One handler for both, told apart by the address.</summary>
internal static class BrandingEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var agency = api.MapGroup("/agency").WithTags("Branding").Require("view:agency").InAgency();
        agency.MapGet("/branding", Get).WithName("getBranding").EditTag<UpdateBranding>();
        agency.MapPut("/branding", Update).WithName("updateBranding").Require("manage:agency").Feature(PlanFeatures.WhiteLabel);
        agency.MapPost("/branding/reset", Reset).WithName("resetBranding").Require("manage:agency");
        agency.MapGet("/branding/css-versions", CssVersions).WithName("listCssVersions");
        agency.MapPost("/branding/css-versions/{version:int}/restore", RestoreCss).WithName("restoreCssVersion").Require("manage:agency").Feature(PlanFeatures.WhiteLabel);
        agency.MapPost("/branding/sender/check", CheckSender).WithName("checkSender").Require("manage:agency");
        agency.MapGet("/clients/{client}/branding", GetOfClient).WithName("getClientBranding").EditTag<UpdateBranding>();
        agency.MapPut("/clients/{client}/branding", UpdateOfClient).WithName("updateClientBranding").Require("manage:agency").Feature(PlanFeatures.WhiteLabel);
        agency.MapPost("/clients/{client}/branding/reset", ResetOfClient).WithName("resetClientBranding").Require("manage:agency");
        agency.MapGet("/clients/{client}/branding/css-versions", CssVersionsOfClient).WithName("listClientCssVersions");
        agency.MapPost("/clients/{client}/branding/css-versions/{version:int}/restore", RestoreCssOfClient).WithName("restoreClientCssVersion").Require("manage:agency").Feature(PlanFeatures.WhiteLabel);
        agency.MapPost("/clients/{client}/branding/sender/check", CheckSenderOfClient).WithName("checkClientSender").Require("manage:agency");
        BrandUploads.Map(agency);
    }

    /// <summary>The branding of the agency's portals and mails, with what is oCore's own where nothing is set.</summary>
    internal static async Task<Ok<BrandingView>> Get(OCoreDb db, Caller caller, BrandBook book, CancellationToken stop) =>
        TypedResults.Ok(await BrandViews.OfAsync(db, book, await BrandRows.LoadAsync(db, await OwnAsync(db, caller, stop), stop), stop));

    /// <summary>Change the branding; only the fields given are changed, and null removes one. The answer warns of what will not read well.</summary>
    /// <param name="dryRun">Answer how it would be, and change nothing: for a preview.</param>
    internal static async Task<Results<Ok<BrandingView>, Problem>> Update(UpdateBranding request, [FromQuery] bool? dryRun, OCoreDb db, Caller caller, BrandBook book, BrandChange change, CancellationToken stop) =>
        await ChangeAsync(db, await OwnAsync(db, caller, stop), request, dryRun == true, caller, book, change, stop);

    /// <summary>Return fields, or all of them, to what is oCore's own.</summary>
    internal static async Task<Results<Ok<BrandingView>, Problem>> Reset(ResetBranding? request, OCoreDb db, Caller caller, BrandBook book, TimeProvider time, CancellationToken stop) =>
        await ResetAsync(db, await OwnAsync(db, caller, stop), request, book, time, stop);

    /// <summary>A client's branding: what is set for it over the agency's.</summary>
    internal static async Task<Results<Ok<BrandingView>, Problem>> GetOfClient(string client, OCoreDb db, Caller caller, BrandBook book, CancellationToken stop) =>
        await db.FindClientAsync(caller, client, stop) is { } found ? TypedResults.Ok(await BrandViews.OfAsync(db, book, await BrandRows.LoadAsync(db, found, stop), stop)) : Problem.NotFound;

    /// <summary>Change a client's branding. Null returns a field to the agency's.</summary>
    /// <param name="dryRun">Answer how it would be, and change nothing: for a preview.</param>
    internal static async Task<Results<Ok<BrandingView>, Problem>> UpdateOfClient(string client, UpdateBranding request, [FromQuery] bool? dryRun, OCoreDb db, Caller caller, BrandBook book, BrandChange change, CancellationToken stop)
    {
        var found = await db.FindClientAsync(caller, client, stop);
        return found is null ? Problem.NotFound : found.DeletingAt is not null ? AgencyProblems.Deleting : await ChangeAsync(db, found, request, dryRun == true, caller, book, change, stop);
    }

    /// <summary>Return fields, or all of them, of a client's branding to the agency's.</summary>
    internal static async Task<Results<Ok<BrandingView>, Problem>> ResetOfClient(string client, ResetBranding? request, OCoreDb db, Caller caller, BrandBook book, TimeProvider time, CancellationToken stop) =>
        await db.FindClientAsync(caller, client, stop) is { } found ? await ResetAsync(db, found, request, book, time, stop) : Problem.NotFound;

    /// <summary>The custom CSS as it was, newest first.</summary>
    internal static async Task<Ok<Page<CssVersionView>>> CssVersions(OCoreDb db, Caller caller, [AsParameters] PageQuery page, CancellationToken stop) =>
        TypedResults.Ok(await VersionsAsync(db, caller.OrgId, page, stop));

    /// <summary>Apply the custom CSS as it was in a version. It becomes the newest.</summary>
    internal static async Task<Results<Ok<BrandingView>, Problem>> RestoreCss(int version, OCoreDb db, Caller caller, BrandBook book, BrandChange change, CancellationToken stop) =>
        await RestoreAsync(db, await OwnAsync(db, caller, stop), version, caller, book, change, stop);

    /// <summary>Ask the DNS of the sender's domain now whether mails may go out from it.</summary>
    internal static async Task<Results<Ok<SenderView>, Problem>> CheckSender(OCoreDb db, Caller caller, SenderCheck check, TimeProvider time, CancellationToken stop) =>
        await CheckAsync(db, caller.OrgId, check, time, stop);

    /// <summary>A client's own custom CSS as it was, newest first.</summary>
    internal static async Task<Results<Ok<Page<CssVersionView>>, Problem>> CssVersionsOfClient(string client, OCoreDb db, Caller caller, [AsParameters] PageQuery page, CancellationToken stop) =>
        await db.FindClientAsync(caller, client, stop) is { } found ? TypedResults.Ok(await VersionsAsync(db, found.Id, page, stop)) : Problem.NotFound;

    /// <summary>Apply a client's own custom CSS as it was in a version. It becomes the newest.</summary>
    internal static async Task<Results<Ok<BrandingView>, Problem>> RestoreCssOfClient(string client, int version, OCoreDb db, Caller caller, BrandBook book, BrandChange change, CancellationToken stop)
    {
        var found = await db.FindClientAsync(caller, client, stop);
        return found is null ? Problem.NotFound : found.DeletingAt is not null ? AgencyProblems.Deleting : await RestoreAsync(db, found, version, caller, book, change, stop);
    }

    /// <summary>Ask the DNS of the domain of a client's own sender now whether mails may go out from it.</summary>
    internal static async Task<Results<Ok<SenderView>, Problem>> CheckSenderOfClient(string client, OCoreDb db, Caller caller, SenderCheck check, TimeProvider time, CancellationToken stop) =>
        await db.FindClientAsync(caller, client, stop) is { } found ? await CheckAsync(db, found.Id, check, time, stop) : Problem.NotFound;

    private static async Task<Page<CssVersionView>> VersionsAsync(OCoreDb db, Guid orgId, PageQuery page, CancellationToken stop)
    {
        var current = await db.Brandings.Where(b => b.OrgId == orgId).Select(b => b.CustomCssVersion).SingleOrDefaultAsync(stop);
        var query = db.BrandCssVersions.AsNoTracking().Where(v => v.OrgId == orgId);
        if (page.After is { } after)
            query = query.Where(v => v.Id < after);
        var rows = await query.OrderByDescending(v => v.Id).Take(page.Size + 1).ToListAsync(stop);
        return rows.ToPage(page, v => v.Id, v => new CssVersionView { Version = v.Version, At = v.At, By = v.By, Css = v.Css, Current = v.Version == current });
    }

    private static async Task<Results<Ok<BrandingView>, Problem>> RestoreAsync(OCoreDb db, Organization organization, int version, Caller caller, BrandBook book, BrandChange change, CancellationToken stop)
    {
        var kept = await db.BrandCssVersions.AsNoTracking().SingleOrDefaultAsync(v => v.OrgId == organization.Id && v.Version == version, stop);
        return kept is null ? BrandProblems.NoSuchVersion : await ChangeAsync(db, organization, new UpdateBranding { CustomCss = kept.Css }, false, caller, book, change, stop);
    }

    private static async Task<Results<Ok<SenderView>, Problem>> CheckAsync(OCoreDb db, Guid orgId, SenderCheck check, TimeProvider time, CancellationToken stop)
    {
        if (await db.Brandings.SingleOrDefaultAsync(b => b.OrgId == orgId && b.FromEmail != null, stop) is not { } own)
            return BrandProblems.NoSender;
        (own.Sender, own.SenderLookAt) = (await check.LookAsync(db, own, stop), time.GetUtcNow() + SenderCheck.Every);
        await db.SaveChangesAsync(stop);
        return TypedResults.Ok(own.Sender);
    }

    private static Task<Organization> OwnAsync(OCoreDb db, Caller caller, CancellationToken stop) => db.Organizations.SingleAsync(o => o.Id == caller.OrgId, stop);

    private static async Task<Results<Ok<BrandingView>, Problem>> ChangeAsync(OCoreDb db, Organization organization, UpdateBranding request, bool dryRun, Caller caller, BrandBook book, BrandChange change, CancellationToken stop)
    {
        var rows = await BrandRows.LoadAsync(db, organization, stop);
        if (!BrandFields.AnyGiven(request))
            return TypedResults.Ok(await BrandViews.OfAsync(db, book, rows, stop));
        var own = rows.Own;
        if (own is null)
            db.Add(own = new Branding { OrgId = organization.Id, RootId = organization.RootId });
        if (await change.ApplyAsync(db, own, request, caller.Access.Email, stop) is { } refusal)
            return refusal;
        if (dryRun)
            ShowUnsaved(db, own);
        else
            await db.SaveChangesAsync(stop);
        return TypedResults.Ok(await BrandViews.OfAsync(db, book, rows.With(own), stop));
    }

    // An image that is not kept has no address yet.
    private static void ShowUnsaved(OCoreDb db, Branding own)
    {
        foreach (var asset in db.BrandAssets.Local.Where(a => db.Entry(a).State == EntityState.Added))
            foreach (var (field, image) in own.Images.Where(i => i.Value.Url == asset.Url).ToList())
                own.Images[field] = image with { Url = $"data:{asset.MediaType};base64,{Convert.ToBase64String(asset.Content)}" };
    }

    private static async Task<Results<Ok<BrandingView>, Problem>> ResetAsync(OCoreDb db, Organization organization, ResetBranding? request, BrandBook book, TimeProvider time, CancellationToken stop)
    {
        var names = request?.Fields ?? [.. BrandFields.All.Select(f => f.Name)];
        if (names.FirstOrDefault(n => BrandFields.Find(n) is null) is { } unknown)
            return Problem.Field("fields", $"There is no field {unknown}; those there are: {string.Join(", ", BrandFields.All.Select(f => f.Name))}.");
        var rows = await BrandRows.LoadAsync(db, organization, stop);
        if (rows.Own is { } own)
        {
            foreach (var name in names)
                BrandFields.Find(name)!.Set(own, null);
            own.Images = own.Images.Where(i => !names.Contains(i.Key)).ToDictionary();
            if (own.CustomCss is null)
                (own.CustomCssApplied, own.CustomCssVersion) = (null, null);
            if (own.FromEmail is null)
                (own.Sender, own.SenderLookAt) = (null, null);
            own.UpdatedAt = time.GetUtcNow();
            db.Mark(own, "reset");
            await db.SaveChangesAsync(stop);
        }
        return TypedResults.Ok(await BrandViews.OfAsync(db, book, rows, stop));
    }
}
