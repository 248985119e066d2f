using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Branding;
using OCore.Platform.Data;
using SkiaSharp;

namespace OCore.Features.Servers;

/// <summary>How the pages look that stand in for an instance: by the brand that its people know.</summary>
internal sealed class EdgeLooks(BrandBook book, OCoreDbFactory databases)
{
    private const int MaxWidth = 448, MaxHeight = 144, MaxKept = 2_000;
    private readonly ConcurrentDictionary<string, string?> _logos = new(StringComparer.Ordinal);

    public async Task<IReadOnlyList<EdgeRoute>> DressAsync(IReadOnlyList<EdgeRoute> routes, CancellationToken stop)
    {
        var looks = new Dictionary<Guid, EdgeLook?>();
        foreach (var org in routes.Select(r => r.OrgId).OfType<Guid>().Distinct())
            looks[org] = await OfAsync(org, stop);
        return [.. routes.Select(r => r.OrgId is { } org ? r with { Look = looks[org] } : r)];
    }

    private async Task<EdgeLook?> OfAsync(Guid orgId, CancellationToken stop)
    {
        // An organization that is no agency's has nobody's brand.
        if (await book.FindAsync(orgId, stop) is not { Gone: false } brand)
            return null;
        return new EdgeLook(brand.ProductName, brand.Images.GetValueOrDefault("logoUrl") is { } logo ? await LogoAsync(logo, stop) : null,
            Contrast.Readable(brand.Values.PrimaryColor!, Contrast.LightSurface), Contrast.Readable(Theme.PrimaryDark(brand.Values), Contrast.DarkSurface),
            brand.Values.FooterText, brand.Values.SupportUrl ?? (brand.Values.FromEmail is { } mail ? $"mailto:{mail}" : null));
    }

    private async Task<string?> LogoAsync(BrandImage image, CancellationToken stop)
    {
        if (_logos.TryGetValue(image.Url, out var known))
            return known;
        await using var db = databases.System();
        var hash = Path.GetFileNameWithoutExtension(image.Url);
        var content = await db.BrandAssets.AcrossTenants().AsNoTracking().Where(a => a.Hash == hash).Select(a => a.Content).FirstOrDefaultAsync(stop);
        if (_logos.Count >= MaxKept)
            _logos.Clear();
        return _logos[image.Url] = content is null ? null : image.MediaType == "image/svg+xml" ? Address(content, image.MediaType) : Small(content);
    }

    // As large as the page shows it on a sharp screen, and as good as there is room for.
    private static string? Small(byte[] content)
    {
        using var bitmap = SKBitmap.Decode(content);
        if (bitmap is null)
            return null;
        var scale = Math.Min(1, Math.Min((double)MaxWidth / bitmap.Width, (double)MaxHeight / bitmap.Height));
        using var small = bitmap.Resize(new SKImageInfo(Math.Max(1, (int)(bitmap.Width * scale)), Math.Max(1, (int)(bitmap.Height * scale)), bitmap.ColorType, bitmap.AlphaType), new SKSamplingOptions(SKCubicResampler.Mitchell));
        using var image = SKImage.FromBitmap(small ?? bitmap);
        foreach (var quality in (int[])[90, 60, 30])
        {
            using var encoded = image.Encode(SKEncodedImageFormat.Webp, quality);
            if (Address(encoded.ToArray(), "image/webp") is { } address)
                return address;
        }
        return null;
    }

    private static string? Address(byte[] content, string mediaType) =>
        $"data:{mediaType};base64,{Convert.ToBase64String(content)}" is { Length: <= EdgePages.MaxLogo } address ? address : null;
}
