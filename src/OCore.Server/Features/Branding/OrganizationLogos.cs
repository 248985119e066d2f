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
        var (image, problem) = await change.FetchAsync(db, organization.Id, organization.RootId, "logoUrl", new Uri(url), stop);
        organization.LogoImage = image?.Url;
        return problem;
    }
}
