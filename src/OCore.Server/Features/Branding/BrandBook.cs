using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Organizations;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Features.Branding;

/// <summary>A brand as it applies to an agency's portal, or to one of its clients.</summary>
internal sealed record AppliedBrand
{
    public required Guid OrgId { get; init; }
    public required Guid RootId { get; init; }
    public required string OrgName { get; init; }
    public required string OrgSlug { get; init; }
    public required string AgencyName { get; init; }
    public required bool IsClient { get; init; }
    public string? OrgLogo { get; init; }
    public bool Suspended { get; init; }
    public string? SuspendedReason { get; init; }
    public bool Gone { get; init; }
    public required BrandingValues Values { get; init; }
    public required IReadOnlyDictionary<string, BrandImage> Images { get; init; }
    public string? CustomCss { get; init; }
    public bool SenderVerified { get; init; }
    public required string ThemeCss { get; init; }
    /// <summary>Of an uploaded font.</summary>
    public string? FontUrl { get; init; }

    public string ProductName => Values.ProductName!;
    public string? Image(string field) => Images.GetValueOrDefault(field)?.Url;
    public string ThemeVersion => Hash(ThemeCss);
    public string? CustomCssVersion => CustomCss is { Length: > 0 } css ? Hash(css) : null;

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 12));
}

/// <summary>
/// Brands by organization, kept for seconds: every page and every mail asks. A change in this process is seen at once, because rows
/// of brands and organizations empty the cache of rights and this one looks at its generation; other replicas see it in five seconds.
/// </summary>
internal sealed class BrandBook(OCoreDbFactory databases, Settings settings, TimeProvider time)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(5);
    private const int MaxEntries = 5_000;
    private readonly ConcurrentDictionary<Guid, (AppliedBrand? Brand, long Generation, long At)> _entries = new();

    /// <summary>Null where there is no such organization.</summary>
    public async ValueTask<AppliedBrand?> FindAsync(Guid orgId, CancellationToken stop)
    {
        var generation = CallerCache.Generation;
        if (_entries.TryGetValue(orgId, out var entry) && entry.Generation == generation && time.GetElapsedTime(entry.At) < Lifetime)
            return entry.Brand;
        await using var db = databases.System();
        var brand = await LoadAsync(db, orgId, stop);
        if (_entries.Count >= MaxEntries)
            _entries.Clear();
        _entries[orgId] = (brand, generation, time.GetTimestamp());
        return brand;
    }

    /// <summary>What to set for a sender that was not looked at yet.</summary>
    public SenderView PendingSender(Guid rootId, string from) => SenderCheck.Pending(settings, rootId, from);

    public async Task<AppliedBrand?> LoadAsync(OCoreDb db, Guid orgId, CancellationToken stop)
    {
        var organization = await db.Organizations.AcrossTenants().AsNoTracking().SingleOrDefaultAsync(o => o.Id == orgId, stop);
        if (organization is null)
            return null;
        var agency = organization.RootId == organization.Id ? organization : await db.Organizations.AcrossTenants().AsNoTracking().SingleAsync(o => o.Id == organization.RootId, stop);
        var rows = await db.Brandings.AcrossTenants().AsNoTracking().Where(b => b.OrgId == organization.Id || b.OrgId == agency.Id).ToListAsync(stop);
        var ofAgency = rows.Find(b => b.OrgId == agency.Id);
        var own = organization.Id == agency.Id ? null : rows.Find(b => b.OrgId == organization.Id);
        return Compose(organization, agency, ofAgency, own, await FontAsync(db, agency.Id, (own?.FontFamily ?? ofAgency?.FontFamily), stop));
    }

    /// <summary>The uploaded font of this name, of the agency.</summary>
    public static async Task<string?> FontAsync(OCoreDb db, Guid agencyId, string? family, CancellationToken stop)
    {
        if (family is null || BrandFonts.Find(family) is not null)
            return null;
        var font = await db.BrandAssets.AcrossTenants().AsNoTracking().Where(a => a.RootId == agencyId && a.FontFamily == family).OrderByDescending(a => a.Id)
            .Select(a => new { a.Hash, a.Extension }).FirstOrDefaultAsync(stop);
        return font is null ? null : BrandAsset.Prefix + font.Hash + font.Extension;
    }

    public AppliedBrand Compose(Organization organization, Organization agency, Branding? ofAgency, Branding? own, string? fontUrl)
    {
        var values = BrandFields.Over(own, BrandFields.Over(ofAgency, BrandFields.Defaults(agency.Name)));
        var images = new Dictionary<string, BrandImage>();
        foreach (var field in BrandFields.All.Where(f => f.IsImage))
            if (ImageOf(field.Name, own, ofAgency) is { } image)
                images[field.Name] = image;
        var css = own?.CustomCss is not null ? own.CustomCssApplied : ofAgency?.CustomCssApplied;
        var sender = own?.FromEmail is not null ? own.Sender : ofAgency?.Sender;
        return new AppliedBrand
        {
            OrgId = organization.Id, RootId = agency.Id, OrgName = organization.Name, OrgSlug = organization.Slug, AgencyName = agency.Name,
            IsClient = organization.Kind == OrganizationKind.Client, OrgLogo = organization.Logo,
            Suspended = organization.SuspendedAt is not null || agency.SuspendedAt is not null, SuspendedReason = organization.SuspendedReason,
            Gone = organization.DeletingAt is not null || agency.DeletingAt is not null || !agency.AgencyEnabled,
            Values = values, Images = images, CustomCss = settings.CustomCss ? css : null,
            SenderVerified = sender is { Verified: true } && sender.FromEmail == values.FromEmail,
            ThemeCss = Theme.Make(values, images, fontUrl), FontUrl = fontUrl,
        };
    }

    /// <summary>A mail as it would go out with this brand.</summary>
    public BrandMailSample Sample(AppliedBrand brand) => BrandMails.Sample(brand, MimeKit.MailboxAddress.Parse(settings.MailFrom).Address);

    private static BrandImage? ImageOf(string field, Branding? own, Branding? ofAgency)
    {
        foreach (var row in (Branding?[])[own, ofAgency])
            if (row is not null && BrandFields.Find(field)!.Get(row) is not null)
                return row.Images.GetValueOrDefault(field);
            else if (row is not null && ReferenceEquals(row, own) && (field == "logoDarkUrl" && own.LogoUrl is not null || field == "loginBgDarkUrl" && own.LoginBgUrl is not null))
                return null;
        return null;
    }
}
