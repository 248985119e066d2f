using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using OCore.Client;
using OCore.Platform.Http;

namespace OCore.Features.Templates;

internal static class CatalogEndpoints
{
    public static void Map(RouteGroupBuilder templates)
    {
        templates.MapGet("/catalog", Versions).WithName("listOdooVersions");
        templates.MapGet("/catalog/{version}/modules", Modules).WithName("listOdooModules");
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
            return new Problem(409, "image_not_present", $"The image {release.Image} is not on this machine, or does not show its modules, so they are not known yet.", "They become known with the first instance of this version; module names can be typed meanwhile.");
        return TypedResults.Ok(Paging.Whole(all.Where(m => q is null || m.Name.Contains(q, StringComparison.OrdinalIgnoreCase) || m.Title.Contains(q, StringComparison.OrdinalIgnoreCase))));
    }
}
