using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Plans;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Remote;
using OCore.Platform.Security;

namespace OCore.Features.Templates;

/// <summary>An agency's own access to the Enterprise sources, which all its templates share.</summary>
internal static class EnterpriseEndpoints
{
    private static readonly Problem AgencysOnly = new(403, "agencys_own", "The Enterprise sources are your agency's.", "Ask your agency to give the access.");

    private static readonly Problem TooLarge = new(413, "archive_too_large", $"An archive may have {Sizes.Of(EnterpriseArchives.MaxBytes)}.", "Leave out what are no modules, or give a Git address instead.");

    public static void Map(RouteGroupBuilder templates)
    {
        var enterprise = templates.MapGroup("/enterprise").Require("manage:templates");
        enterprise.MapGet("/", Get).WithName("getEnterpriseAccess").EditTag<EnterpriseAccess>("hasSecret", "updatedAt");
        enterprise.MapPut("/", Set).WithName("setEnterpriseAccess");
        enterprise.MapDelete("/", Clear).WithName("clearEnterpriseAccess");
        enterprise.MapPut("/archives/{version}", Upload).WithName("uploadEnterpriseArchive").Accepts<Stream>("application/octet-stream", "application/zip", "application/gzip")
            .WithMetadata(new RequestSizeLimitAttribute(EnterpriseArchives.MaxBytes));
        enterprise.MapDelete("/archives/{version}", RemoveArchive).WithName("deleteEnterpriseArchive");
    }

    /// <summary>Whether and how the organization has access to the Enterprise sources.</summary>
    internal static async Task<Ok<EnterpriseAccessView>> Get(OCoreDb db, Caller caller, CancellationToken stop) =>
        TypedResults.Ok(View(await db.EnterpriseSources.AsNoTracking().SingleOrDefaultAsync(e => e.OrgId == caller.OrgId, stop)));

    /// <summary>Give the organization's own access to the Enterprise sources. Secrets are kept encrypted and never read back.</summary>
    internal static async Task<Results<Ok<EnterpriseAccessView>, Problem>> Set(EnterpriseAccess request, OCoreDb db, Caller caller, SecretBox secrets, TimeProvider time, CancellationToken stop)
    {
        if (request.GitUrl is { } url && !GitUrl.TryParse(url, out _))
            return Problem.Field("gitUrl", "An https or ssh address of a Git repository.");
        if (caller.Access.OrgKind == OrganizationKind.Client)
            return AgencysOnly;
        var source = await db.EnterpriseSources.SingleOrDefaultAsync(e => e.OrgId == caller.OrgId, stop);
        if (source is null)
            db.Add(source = new EnterpriseSource { OrgId = caller.OrgId });
        // Another server must not get the secret that was meant for the one before.
        if (request.GitUrl is not null && request.GitUrl != source.GitUrl)
            (source.TokenSealed, source.PrivateKeySealed) = (null, null);
        source.GitUrl = request.GitUrl ?? source.GitUrl;
        if (source.GitUrl is null)
            return Problem.Field("gitUrl", "It is needed to reach the sources.") with { Errors = NeedGitUrl(request) };
        source.TokenSealed = request.Token is { Length: > 0 } token ? secrets.Seal(token, TemplateSecrets.EnterpriseToken, caller.OrgId) : source.TokenSealed;
        source.PrivateKeySealed = request.PrivateKey is { Length: > 0 } key ? secrets.Seal(key, TemplateSecrets.EnterpriseKey, caller.OrgId) : source.PrivateKeySealed;
        source.UpdatedAt = time.GetUtcNow();
        await db.SaveChangesAsync(stop);
        return TypedResults.Ok(View(source));
    }

    private static Dictionary<string, string[]> NeedGitUrl(EnterpriseAccess request)
    {
        var errors = new Dictionary<string, string[]> { ["gitUrl"] = ["It is needed to reach the sources."] };
        if (request.Token is not null)
            errors["token"] = ["It opens a repository: give its gitUrl too."];
        if (request.PrivateKey is not null)
            errors["privateKey"] = ["It opens a repository: give its gitUrl too."];
        return errors;
    }

    /// <summary>Forget the access, its secrets and its archives.</summary>
    internal static async Task<NoContent> Clear(OCoreDb db, Caller caller, EnterpriseArchives archives, CancellationToken stop)
    {
        if (await db.EnterpriseSources.SingleOrDefaultAsync(e => e.OrgId == caller.OrgId, stop) is { } source)
        {
            db.Remove(source);
            await db.SaveChangesAsync(stop);
            foreach (var archive in source.Archives.Values)
                archives.Remove(archive.File);
        }
        return TypedResults.NoContent();
    }

    /// <summary>Upload the Enterprise sources of a version as a zip or tar.gz archive: the body is the file. It replaces the one before.</summary>
    internal static async Task<Results<Ok<EnterpriseAccessView>, Problem>> Upload(
        string version, HttpRequest request, OCoreDb db, Caller caller, OdooCatalog catalog, EnterpriseArchives archives, TimeProvider time, CancellationToken stop)
    {
        if (catalog.Find(version) is null)
            return TemplateProblems.VersionNotSupported(version, catalog.Versions);
        if (caller.Access.OrgKind == OrganizationKind.Client)
            return AgencysOnly;
        if (request.ContentLength > EnterpriseArchives.MaxBytes)
            return TooLarge;
        if (await RoomAsync(request.ContentLength ?? 0) is { } full)
            return full;
        EnterpriseArchive archive;
        try
        {
            archive = await archives.KeepAsync(request.Body, caller.OrgId, time.GetUtcNow(), stop);
        }
        catch (UnsafeSourcesException harm)
        {
            return new Problem(422, "archive_refused", harm.Message, "Upload the zip or tar.gz that Odoo offers for the version, or one of a checkout of the enterprise repository.");
        }
        catch (BadHttpRequestException cut) when (cut.StatusCode == 413)
        {
            return TooLarge;
        }
        string? replaced = null;
        var answer = await db.InTransactionAsync<Results<Ok<EnterpriseAccessView>, Problem>>(async () =>
        {
            // Also without a length told before, and two uploads at once must not lose each other.
            if (await Limits.CheckAsync(db, caller.Access.RootId, Limits.StorageGb, stop, archive.Bytes / 1e9) is { } full)
                return full;
            var source = await db.EnterpriseSources.SingleOrDefaultAsync(e => e.OrgId == caller.OrgId, stop);
            if (source is null)
                db.Add(source = new EnterpriseSource { OrgId = caller.OrgId });
            replaced = source.Archives.GetValueOrDefault(version)?.File;
            source.Archives = new(source.Archives) { [version] = archive };
            source.UpdatedAt = time.GetUtcNow();
            db.Mark(source, "archive_uploaded");
            await db.SaveChangesAsync(stop);
            return TypedResults.Ok(View(source));
        }, stop);
        if (answer.Result is Problem)
            archives.Remove(archive.File);
        else if (replaced is not null)
            archives.Remove(replaced);
        return answer;

        Task<Problem?> RoomAsync(long bytes) => db.InTransactionAsync(() => Limits.CheckAsync(db, caller.Access.RootId, Limits.StorageGb, stop, bytes / 1e9), stop);
    }

    /// <summary>Remove the archive of a version. Instances made from it go on running.</summary>
    internal static async Task<Results<NoContent, Problem>> RemoveArchive(string version, OCoreDb db, Caller caller, EnterpriseArchives archives, TimeProvider time, CancellationToken stop)
    {
        var source = await db.EnterpriseSources.SingleOrDefaultAsync(e => e.OrgId == caller.OrgId, stop);
        if (source?.Archives.TryGetValue(version, out var archive) != true)
            return Problem.NotFound;
        source.Archives = source.Archives.Where(a => a.Key != version).ToDictionary();
        source.UpdatedAt = time.GetUtcNow();
        if (source.Archives.Count == 0 && source.GitUrl is null)
            db.Remove(source);
        else
            db.Mark(source, "archive_deleted");
        await db.SaveChangesAsync(stop);
        archives.Remove(archive!.File);
        return TypedResults.NoContent();
    }

    private static EnterpriseAccessView View(EnterpriseSource? source) => new()
    {
        Configured = source is not null,
        Source = source is null ? null : source.GitUrl is null ? "archive" : "git",
        GitUrl = source?.GitUrl,
        HasSecret = source?.TokenSealed is not null || source?.PrivateKeySealed is not null,
        Versions = source is null ? [] : [.. source.Archives.Keys.Order(StringComparer.Ordinal)],
        Archives = source is null ? [] : [.. source.Archives.OrderBy(a => a.Key, StringComparer.Ordinal).Select(a => new EnterpriseArchiveView
        {
            Version = a.Key, Bytes = a.Value.Bytes, Sha256 = a.Value.Sha256, Modules = a.Value.Modules.Count, UploadedAt = a.Value.UploadedAt,
        })],
        UpdatedAt = source?.UpdatedAt,
    };
}
