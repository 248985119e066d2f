using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using Microsoft.OpenApi;
using OCore.Client;
using OCore.Features.Plans;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Branding;

/// <summary>Images and fonts from the agency's own disk, by multipart.</summary>
internal static class BrandUploads
{
    private const int MaxFiles = 200, MaxFont = 1 << 20;

    public static void Map(RouteGroupBuilder agency)
    {
        agency.MapPost("/branding/images", UploadImage).WithName("uploadBrandImage").Require("manage:agency").Feature(PlanFeatures.WhiteLabel).WithMetadata(new RequestSizeLimitAttribute(BrandImages.MaxBytes + 64 * 1024)).AddOpenApiOperationTransformer((operation, _, _) => TakesFile(operation));
        agency.MapGet("/branding/fonts", Fonts).WithName("listBrandFonts");
        agency.MapPost("/branding/fonts", UploadFont).WithName("uploadBrandFont").Require("manage:agency").Feature(PlanFeatures.WhiteLabel).WithMetadata(new RequestSizeLimitAttribute(MaxFont + 64 * 1024)).AddOpenApiOperationTransformer((operation, _, _) => TakesFile(operation, "family"));
    }

    // Said in the document only: routing would refuse another type before the gate has asked who it is.
    private static Task TakesFile(OpenApiOperation operation, params string[] texts)
    {
        var parts = new Dictionary<string, IOpenApiSchema> { ["file"] = new OpenApiSchema { Type = JsonSchemaType.String, Format = "binary" } };
        foreach (var text in texts)
            parts[text] = new OpenApiSchema { Type = JsonSchemaType.String };
        operation.RequestBody = new OpenApiRequestBody
        {
            Required = true,
            Content = new Dictionary<string, OpenApiMediaType> { ["multipart/form-data"] = new() { Schema = new OpenApiSchema { Type = JsonSchemaType.Object, Properties = parts } } },
        };
        return Task.CompletedTask;
    }

    /// <summary>Upload an image (part <c>file</c>: PNG, JPEG, WebP, GIF, ICO or SVG). Set its <c>url</c> as logoUrl and the like.</summary>
    /// <param name="purpose">The field it is for, such as <c>faviconUrl</c>: decides how large it is kept. A logo where not given.</param>
    internal static async Task<Results<Created<BrandImage>, Problem>> UploadImage([FromQuery, MaxLength(20)] string? purpose, HttpContext http, OCoreDb db, Caller caller, BrandChange change, CancellationToken stop)
    {
        if (purpose is not null && BrandFields.Find(purpose) is not { IsImage: true })
            return Problem.Field("purpose", "One of " + string.Join(", ", BrandFields.All.Where(f => f.IsImage).Select(f => f.Name)) + ".");
        var (content, _) = await ReadAsync(http, stop);
        if (content is null)
            return BrandProblems.NoFile;
        if (await db.BrandAssets.CountAsync(a => a.OrgId == caller.OrgId, stop) >= MaxFiles)
            return BrandProblems.TooManyFiles;
        try
        {
            var asset = await change.StoreAsync(db, caller.OrgId, caller.OrgId, await BrandImages.MakeAsync(content, purpose ?? "logoUrl", stop), stop);
            await db.SaveChangesAsync(stop);
            return TypedResults.Created(asset.Url, asset.ToImage());
        }
        catch (ImageRefusedException e)
        {
            return BrandProblems.Image("file", e.Message);
        }
    }

    /// <summary>The fonts a portal can have: those that come with oCore, and uploaded ones.</summary>
    internal static async Task<Ok<Page<FontView>>> Fonts(OCoreDb db, Caller caller, CancellationToken stop)
    {
        var uploaded = await db.BrandAssets.AsNoTracking().Where(a => a.OrgId == caller.OrgId && a.FontFamily != null).OrderBy(a => a.Id).Select(a => new { a.FontFamily, a.Hash, a.Extension }).ToListAsync(stop);
        return TypedResults.Ok(Paging.Whole(
        [
            .. BrandFonts.All.Select(f => new FontView { Family = f.Family, Source = "included", Fallback = f.Fallback, Files = [.. f.Files.Select(BrandFonts.UrlOf)] }),
            .. uploaded.Select(f => new FontView { Family = f.FontFamily!, Source = "uploaded", Fallback = "sans-serif", Files = [BrandAsset.Prefix + f.Hash + f.Extension] }),
        ]));
    }

    /// <summary>Upload a font (part <c>file</c>: WOFF2, at most one megabyte; part <c>family</c>: its name). Set the name as fontFamily. You need the right to use it.</summary>
    internal static async Task<Results<Created<FontView>, Problem>> UploadFont(HttpContext http, OCoreDb db, Caller caller, BrandChange change, CancellationToken stop)
    {
        var (content, form) = await ReadAsync(http, stop);
        if (content is null)
            return BrandProblems.NoFile;
        var family = form!["family"].ToString().Trim();
        if (family.Length is 0 or > 60 || !family.All(c => char.IsLetterOrDigit(c) || c is ' ' or '-') || BrandFonts.Find(family) is not null)
            return Problem.Field("family", "A name of letters, digits, spaces and dashes, at most 60, that is none of an included font.");
        if (content.Length > MaxFont || !BrandFonts.IsWoff2(content))
            return Problem.Field("file", "A WOFF2 font of at most one megabyte.", "font_refused");
        if (await db.BrandAssets.CountAsync(a => a.OrgId == caller.OrgId, stop) >= MaxFiles)
            return BrandProblems.TooManyFiles;
        var asset = await change.StoreAsync(db, caller.OrgId, caller.OrgId, new MadeImage(content, "font/woff2", ".woff2", null, null), stop, family);
        await db.SaveChangesAsync(stop);
        return TypedResults.Created(asset.Url, new FontView { Family = asset.FontFamily ?? family, Source = "uploaded", Fallback = "sans-serif", Files = [asset.Url] });
    }

    private static async Task<(byte[]? Content, IFormCollection? Form)> ReadAsync(HttpContext http, CancellationToken stop)
    {
        if (!http.Request.HasFormContentType)
            return (null, null);
        try
        {
            var form = await http.Request.ReadFormAsync(stop);
            if (form.Files.GetFile("file") is not { Length: > 0 } file)
                return (null, form);
            using var content = new MemoryStream((int)file.Length);
            await file.CopyToAsync(content, stop);
            return (content.ToArray(), form);
        }
        // A form that ends before its end.
        catch (Exception broken) when (broken is InvalidDataException or IOException and not BadHttpRequestException)
        {
            return (null, null);
        }
    }
}
