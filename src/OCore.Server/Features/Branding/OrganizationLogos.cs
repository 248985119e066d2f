using Microsoft.EntityFrameworkCore;
using OCore.Features.Organizations;
using OCore.Platform.Data;
using OCore.Platform.Http;

namespace OCore.Features.Branding;

/// <summary>The logos of organizations, fetched once and served by oCore like those of brands.</summary>
internal static class OrganizationLogos
{
    /// <summary>After the logo's address was changed, before the save.</summary>
    public static async Task<Problem?> FetchLogoAsync(this BrandChange change, OCoreDb db, Organization organization, CancellationToken stop)
    {
        if (organization.LogoUrl is not { } url || organization.LogoImage is not null)
            return null;
        if (url.StartsWith(BrandAsset.Prefix, StringComparison.Ordinal))
        {
            var missing = await UploadedAsync(db, organization.Id, organization.RootId, url, stop);
            organization.LogoImage = missing is null ? url : null;
            return missing;
        }
        var (image, problem) = await change.FetchAsync(db, organization.Id, organization.RootId, "logoUrl", new Uri(url), stop);
        organization.LogoImage = image?.Url;
        return problem;
    }

    /// <summary>What is wrong with the address of an uploaded image: it has to be the organization's own, or its agency's.</summary>
    /// <param name="db">Of whoever asks: a client does not see what its agency has uploaded.</param>
    public static async Task<Problem?> UploadedAsync(OCoreDb db, Guid organization, Guid root, string url, CancellationToken stop)
    {
        var hash = Path.GetFileNameWithoutExtension(url);
        return await db.BrandAssets.Where(a => a.Hash == hash && a.FontFamily == null && (a.OrgId == organization || a.OrgId == root)).Select(a => a.Extension).FirstOrDefaultAsync(stop) is { } extension
            && url == BrandAsset.Prefix + hash + extension ? null : Problem.Field("logoUrl", "There is no uploaded image of this address.");
    }
}
