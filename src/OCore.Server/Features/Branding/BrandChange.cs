using System.Globalization;
using Microsoft.EntityFrameworkCore;
using MimeKit;
using OCore.Client;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Http;

namespace OCore.Features.Branding;

/// <summary>Checks what was given for a brand, field by field, and puts it in place.</summary>
internal sealed class BrandChange(GuardedFetcher fetcher, Settings settings, TimeProvider time)
{
    private const string ImageTypes = "image/png, image/jpeg, image/webp, image/svg+xml, image/gif, image/x-icon";

    /// <summary>Addresses of images are fetched here, outside of any transaction.</summary>
    public async Task<Problem?> ApplyAsync(OCoreDb db, Branding own, UpdateBranding request, string by, CancellationToken stop)
    {
        foreach (var field in BrandFields.All.Where(f => f.IsGiven(request)))
        {
            var (value, problem) = field.Given(request) is { } given ? await CheckAsync(db, own, field, given, stop) : (null, null);
            if (problem is not null)
                return problem;
            if (value is null)
                own.Images.Remove(field.Name);
            if (field.Name == "customCss" && value != own.CustomCss)
                await TakeCssAsync(db, own, value, by, stop);
            if (field.Name == "fromEmail" && value != own.FromEmail)
                (own.Sender, own.SenderLookAt) = (null, value is null ? null : time.GetUtcNow());
            field.Set(own, value);
        }
        // The dictionary is compared by its content only where it is another one.
        own.Images = new Dictionary<string, BrandImage>(own.Images);
        own.UpdatedAt = time.GetUtcNow();
        return null;
    }

    private async Task<(string?, Problem?)> CheckAsync(OCoreDb db, Branding own, BrandField field, string given, CancellationToken stop)
    {
        var value = field.Name is "customCss" ? given : given.Trim();
        if (field.Name is not "customCss" && IndexOfUnprintable(value, field.Name == "footerText") is { } at)
            return (null, Problem.Field(field.Name, $"The character U+{(int)value[at]:X4} is not allowed here."));
        if (value.Length == 0)
            return field.Name is "productName" ? (null, Problem.Field(field.Name, "It cannot be blank.")) : (null, null);
        if (field.IsColor)
            return (Contrast.Normal(value), null);
        if (field.IsImage)
            return await ImageAsync(db, own, field.Name, value, stop);
        return field.Name switch
        {
            "fontFamily" => await FontAsync(db, own, value, stop),
            "customCss" => settings.CustomCss ? (value, null) : (null, BrandProblems.CustomCssOff),
            "fromEmail" => Sender(value),
            "supportUrl" => Support(value),
            // It is the name of a sender: one that holds an address is read as another sender.
            "productName" when value.Contains('@', StringComparison.Ordinal) => (null, Problem.Field("productName", "A name holds no @: it would be taken for an e-mail address.")),
            _ => (value, null),
        };
    }

    private async Task<(string?, Problem?)> ImageAsync(OCoreDb db, Branding own, string field, string value, CancellationToken stop)
    {
        if (value.StartsWith(BrandAsset.Prefix, StringComparison.Ordinal))
        {
            var hash = Path.GetFileNameWithoutExtension(value);
            var uploaded = await db.BrandAssets.AsNoTracking().Where(a => a.Hash == hash && a.FontFamily == null && (a.OrgId == own.OrgId || a.OrgId == own.RootId)).FirstOrDefaultAsync(stop);
            if (uploaded is null || uploaded.Url != value)
                return (null, Problem.Field(field, "There is no uploaded image of this address."));
            own.Images[field] = uploaded.ToImage();
            return (value, null);
        }
        if (!Uri.TryCreate(value, UriKind.Absolute, out var address) || address.Scheme is not ("https" or "http"))
            return (null, Problem.Field(field, "It has to be an address beginning with https://, or that of an uploaded image."));
        if (own.Images.ContainsKey(field) && BrandFields.Find(field)!.Get(own) == value)
            return (value, null);
        own.Images.Remove(field);
        var (image, problem) = await FetchAsync(db, own.OrgId, own.RootId, field, address, stop);
        if (image is not null)
            own.Images[field] = image;
        return problem is null ? (value, null) : (null, problem);
    }

    /// <summary>
    /// The image as it is served; neither image nor problem where nobody answers at the address now: it is kept with a warning, for
    /// somebody else's server may be away for an hour.
    /// </summary>
    public async Task<(BrandImage? Image, Problem? Problem)> FetchAsync(OCoreDb db, Guid orgId, Guid rootId, string field, Uri address, CancellationToken stop)
    {
        try
        {
            var fetched = await fetcher.GetAsync(address, BrandImages.MaxBytes, ImageTypes, stop);
            return ((await StoreAsync(db, orgId, rootId, await BrandImages.MakeAsync(fetched.Content, field, stop), stop)).ToImage(), null);
        }
        catch (FetchRefusedException e) when (e.IsAway)
        {
            return (null, null);
        }
        catch (Exception e) when (e is FetchRefusedException or ImageRefusedException)
        {
            return (null, BrandProblems.Image(field, e.Message));
        }
    }

    /// <summary>The same content is kept once for an organization. Added to the caller's save.</summary>
    public async Task<BrandAsset> StoreAsync(OCoreDb db, Guid orgId, Guid rootId, MadeImage image, CancellationToken stop, string? font = null)
    {
        var hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(image.Content));
        if (db.BrandAssets.Local.FirstOrDefault(a => a.OrgId == orgId && a.Hash == hash) is { } added)
            return added;
        if (await db.BrandAssets.SingleOrDefaultAsync(a => a.OrgId == orgId && a.Hash == hash, stop) is { } kept)
            return kept;
        var asset = new BrandAsset
        {
            OrgId = orgId, RootId = rootId, Hash = hash, Extension = image.Extension, MediaType = image.MediaType, Content = image.Content, Width = image.Width, Height = image.Height,
            FontFamily = font, CreatedAt = time.GetUtcNow(),
        };
        db.Add(asset);
        return asset;
    }

    private static async Task<(string?, Problem?)> FontAsync(OCoreDb db, Branding own, string value, CancellationToken stop)
    {
        if (BrandFonts.Find(value) is { } font)
            return (font.Family, null);
        return await BrandBook.FontAsync(db, own.RootId, value, stop) is not null ? (value, null)
            : (null, Problem.Field("fontFamily", $"One of {string.Join(", ", BrandFonts.All.Select(f => f.Family))}, or the name of an uploaded font."));
    }

    private async Task TakeCssAsync(OCoreDb db, Branding own, string? css, string by, CancellationToken stop)
    {
        own.CustomCssApplied = css is null ? null : CustomCss.Make(css).Css;
        own.CustomCssVersion = null;
        if (css is null)
            return;
        own.CustomCssVersion = (await db.BrandCssVersions.Where(v => v.OrgId == own.OrgId).MaxAsync(v => (int?)v.Version, stop) ?? 0) + 1;
        db.Add(new BrandCssVersion { OrgId = own.OrgId, RootId = own.RootId, Version = own.CustomCssVersion.Value, Css = css, By = by, At = time.GetUtcNow() });
    }

    private static (string?, Problem?) Sender(string value) =>
        MailboxAddress.TryParse(value, out var mailbox) && mailbox.Address == value && value.All(char.IsAscii) && value.Split('@') is [{ Length: > 0 and <= 64 }, var domain]
            && domain.Contains('.', StringComparison.Ordinal) && Uri.CheckHostName(domain) == UriHostNameType.Dns
            ? (value, null) : (null, Problem.Field("fromEmail", "One e-mail address, such as support@example.com."));

    private static (string?, Problem?) Support(string value) => Uri.TryCreate(value, UriKind.Absolute, out var url)
        && (url.Scheme == "https" && url.UserInfo.Length == 0 && url.Host.Length > 0 || url.Scheme == "mailto" && MailboxAddress.TryParse(value["mailto:".Length..], out _))
        ? (value, null) : (null, Problem.Field("supportUrl", "An address beginning with https:// or mailto:."));

    /// <summary>Control characters begin other headers and other lines, and those that turn the direction of text make one thing look like another.</summary>
    public static int? IndexOfUnprintable(string text, bool lines = false)
    {
        for (var i = 0; i < text.Length; i++)
            if ((char.IsControl(text[i]) && !(lines && text[i] is '\n' or '\r')) || char.GetUnicodeCategory(text[i]) is UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
                || text[i] is >= '\u202a' and <= '\u202e' or >= '\u2066' and <= '\u2069' or '\u200e' or '\u200f' or '\u061c' or '\ufeff')
                return i;
        return null;
    }
}
