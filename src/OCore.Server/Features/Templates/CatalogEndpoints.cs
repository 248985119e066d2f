using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Remote;
using OCore.Platform.Security;

namespace OCore.Features.Templates;

internal static class CatalogEndpoints
{
    public static void Map(RouteGroupBuilder templates)
    {
        templates.MapGet("/catalog", Versions).WithName("listOdooVersions");
        templates.MapGet("/catalog/{version}/modules", Modules).WithName("listOdooModules");
        templates.MapGet("/enterprise", GetEnterprise).WithName("getEnterpriseAccess").Require("manage:templates");
        templates.MapPut("/enterprise", SetEnterprise).WithName("setEnterpriseAccess").Require("manage:templates");
        templates.MapDelete("/enterprise", ClearEnterprise).WithName("clearEnterpriseAccess").Require("manage:templates");
    }

    /// <summary>The Odoo versions that can be provisioned, newest first.</summary>
    internal static async Task<Ok<Page<CatalogVersion>>> Versions(OdooCatalog catalog, ModuleCatalog modules, CancellationToken stop)
    {
        var versions = new List<CatalogVersion>();
        foreach (var release in catalog.Releases.Reverse())
            versions.Add(new CatalogVersion { Version = release.Version, Image = release.Image, EndOfLife = release.EndOfLife, Availability = await modules.AvailabilityAsync(release.Image, stop) });
        return TypedResults.Ok(Paging.Whole(versions));
    }

    /// <summary>The modules that the version's image has, as the image itself tells.</summary>
    internal static async Task<Results<Ok<Page<CatalogModule>>, Problem>> Modules(string version, OdooCatalog catalog, ModuleCatalog modules, [FromQuery, MaxLength(100)] string? q, CancellationToken stop)
    {
        if (catalog.Find(version) is not { } release)
            return TemplateProblems.VersionNotSupported(version, catalog.Versions);
        if (await modules.OfAsync(release.Image, stop) is not { } all)
            return new Problem(409, "image_not_present", $"The image {release.Image} is not on this machine, so its modules are not known yet.", "They become known with the first instance of this version; module names can be typed meanwhile.");
        return TypedResults.Ok(Paging.Whole(all.Where(m => q is null || m.Name.Contains(q, StringComparison.OrdinalIgnoreCase) || m.Title.Contains(q, StringComparison.OrdinalIgnoreCase))));
    }

    /// <summary>Whether and how the organization has access to the Enterprise sources.</summary>
    internal static async Task<Ok<EnterpriseAccessView>> GetEnterprise(OCoreDb db, Caller caller, CancellationToken stop) =>
        TypedResults.Ok(View(await db.EnterpriseSources.AsNoTracking().SingleOrDefaultAsync(e => e.OrgId == caller.OrgId, stop)));

    /// <summary>Give the organization's own access to the Enterprise sources. Secrets are kept encrypted and never read back.</summary>
    internal static async Task<Results<Ok<EnterpriseAccessView>, Problem>> SetEnterprise(EnterpriseAccess request, OCoreDb db, Caller caller, SecretBox secrets, TimeProvider time, CancellationToken stop)
    {
        if (request.GitUrl is { } url && !GitUrl.TryParse(url, out _))
            return Problem.Field("gitUrl", "An https or ssh address of a Git repository.");
        var source = await db.EnterpriseSources.SingleOrDefaultAsync(e => e.OrgId == caller.OrgId, stop);
        if (source is null)
            db.Add(source = new EnterpriseSource { OrgId = caller.OrgId });
        source.GitUrl = request.GitUrl ?? source.GitUrl;
        if (source.GitUrl is null)
            return Problem.Field("gitUrl", "It is needed to reach the sources.");
        source.TokenSealed = request.Token is { Length: > 0 } token ? secrets.Seal(token, TemplateSecrets.EnterpriseToken, caller.OrgId) : source.TokenSealed;
        source.PrivateKeySealed = request.PrivateKey is { Length: > 0 } key ? secrets.Seal(key, TemplateSecrets.EnterpriseKey, caller.OrgId) : source.PrivateKeySealed;
        source.UpdatedAt = time.GetUtcNow();
        await db.SaveChangesAsync(stop);
        return TypedResults.Ok(View(source));
    }

    /// <summary>Forget the access and its secrets.</summary>
    internal static async Task<NoContent> ClearEnterprise(OCoreDb db, Caller caller, CancellationToken stop)
    {
        if (await db.EnterpriseSources.SingleOrDefaultAsync(e => e.OrgId == caller.OrgId, stop) is { } source)
        {
            db.Remove(source);
            await db.SaveChangesAsync(stop);
        }
        return TypedResults.NoContent();
    }

    private static EnterpriseAccessView View(EnterpriseSource? source) => new()
    {
        Configured = source is not null,
        Source = source is null ? null : source.GitUrl is null ? "archive" : "git",
        GitUrl = source?.GitUrl,
        HasSecret = source?.TokenSealed is not null || source?.PrivateKeySealed is not null,
        Versions = source is null ? [] : [.. source.Archives.Keys],
        UpdatedAt = source?.UpdatedAt,
    };
}
