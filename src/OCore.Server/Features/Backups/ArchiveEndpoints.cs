using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Features.Plans;
using OCore.Features.Portal;
using OCore.Features.Servers;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Backups;

internal static class ArchiveEndpoints
{
    public static void Map(RouteGroupBuilder backups)
    {
        backups.MapGet("/{id:guid}/download", Download).WithName("downloadBackup").Require("manage:backups").Produces<Stream>(200, "application/zip").WithMetadata(new Verbatim());
        backups.MapPost("/import", Import).WithName("importBackup").Require("manage:backups").Feature(PlanFeatures.Backups).Accepts<Stream>("application/zip", "application/octet-stream")
            .WithMetadata(new RequestSizeLimitAttribute(OdooArchives.MaxBytes));
    }

    /// <summary>The backup as the zip that Odoo's own database manager restores.</summary>
    internal static async Task<Results<PushStreamHttpResult, Problem>> Download(Guid id, OCoreDb db, BackupReader reader, OdooArchives archives, HttpContext http, CancellationToken stop)
    {
        if (await db.Backups.SingleOrDefaultAsync(b => b.Id == id, stop) is not { } backup)
            return Problem.NotFound;
        if (!backup.IsUsable || backup.Manifest is null)
            return BackupProblems.NotUsable(backup);
        // Any server of the agency will do; it is where PostgreSQL's programs are.
        var server = backup.ServerId is { } own ? await db.ServerByIdAsync(own, stop) : null;
        if (server is not { Status: ServerStatus.Active })
            server = await db.ServersOfAll().Where(s => s.RootId == backup.RootId && s.Status == ServerStatus.Active).OrderBy(s => s.Id).FirstOrDefaultAsync(stop);
        if (server is null && backup.Manifest.DatabaseFormat != "sql")
            return BackupProblems.NoServer;
        try
        {
            // Once it has begun there is no way to say that it is damaged.
            if (await reader.CheckAsync(db, backup, _ => { }, stop) is not null)
                return BackupProblems.NotUsable(backup);
        }
        catch (StoreAwayException)
        {
            return BackupProblems.Later;
        }
        db.Mark(backup, "downloaded", always: true);
        await db.SaveChangesAsync(stop);
        return TypedResults.Stream(async body =>
        {
            try
            {
                await archives.WriteAsync(db, backup, server!, body, stop);
            }
            catch (Exception)
            {
                // What came so far must not look like a whole archive.
                http.Abort();
                throw;
            }
        }, "application/zip", $"{FileName(backup)}.zip");
    }

    public sealed class ImportQuery
    {
        /// <summary>For this instance, which can then be restored from it; id or slug.</summary>
        [FromQuery(Name = "instance"), MaxLength(64)] public string? Instance { get; init; }
        /// <summary>For this client; id or slug.</summary>
        [FromQuery(Name = "organization"), MaxLength(64)] public string? Organization { get; init; }
        /// <summary>What to call it where it is of no instance.</summary>
        [FromQuery(Name = "name"), MaxLength(100)] public string? Name { get; init; }
        /// <summary>The version of Odoo, where the archive has no manifest.json.</summary>
        [FromQuery(Name = "odooVersion"), MaxLength(10)] public string? OdooVersion { get; init; }
    }

    /// <summary>Upload a zip that Odoo's database manager or Odoo.sh made: the body is the file. It becomes a backup like any other.</summary>
    internal static async Task<Results<Created<BackupView>, Problem>> Import(
        [AsParameters] ImportQuery query, HttpRequest request, OCoreDb db, Caller caller, OdooArchives archives, UploadRoom room, BackupPreflight preflight, BackupReader reader, BackupWriter writer, SecretBox secrets, TimeProvider time, CancellationToken stop)
    {
        var (instance, orgId, problem) = await WhoseAsync(query, db, caller, stop);
        if (problem is not null)
            return problem;
        // Not after all of it was sent.
        if (query.OdooVersion is { Length: > 0 } version && preflight.ImageOf(version) is null)
            return Problem.Field("odooVersion", $"There are {preflight.Versions}.");
        if (request.ContentLength is not { } length)
            return BackupProblems.NoLength;
        if (length == 0)
            return BackupProblems.ArchiveRefused("The body is empty.");
        if (length > OdooArchives.MaxBytes)
            return ProblemHandling.TooLarge(request.HttpContext);
        if (await db.InTransactionAsync(() => Limits.CheckAsync(db, caller.Access.RootId, Limits.StorageGb, stop, length / 1e9), stop) is { } full)
            return full;
        var (taken, noRoom) = room.TryTake(caller.Access.RootId, length);
        if (noRoom is not null)
            return noRoom;
        using var place = taken;
        // Kestrel's own pace is none for a line that stands still for a while, and over HTTP/2 it lets nobody set another.
        if (request.HttpContext.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
            rate.MinDataRate = null;
        await using var body = new PacedBody(request.Body, time);
        try
        {
            using var upload = await archives.ReceiveAsync(body, stop);
            var said = archives.Inspect(upload, query.OdooVersion);
            var like = instance is not null && instance.OdooVersion == said.Version ? BackupSettings.Of(instance, secrets)
                : new BackupSettings { Image = preflight.ImageOf(said.Version)!, OdooVersion = said.Version, OdooEdition = "ce" };
            var backup = new Backup
            {
                OrgId = orgId, RootId = caller.Access.RootId, InstanceId = instance?.Id, ServerId = instance?.ServerId, InstanceName = instance?.Name ?? query.Name ?? said.Database, Reason = "import",
                TargetId = await BackupStores.DefaultAsync(db, orgId, caller.Access.RootId, stop), OdooVersion = said.Version, OdooEdition = said.Modules.ContainsKey("web_enterprise") ? "ee" : "ce", CreatedAt = time.GetUtcNow(),
            };
            return await KeepAsync(db, backup, upload, said, like, archives, reader, writer, stop);
        }
        catch (ArchiveRefusedException refused)
        {
            return BackupProblems.ArchiveRefused(refused.Message);
        }
        catch (Exception broken) when (broken is InvalidDataException or EndOfStreamException)
        {
            return BackupProblems.ArchiveRefused("It is damaged.");
        }
        catch (StoreAwayException)
        {
            return BackupProblems.Later;
        }
    }

    private static async Task<Results<Created<BackupView>, Problem>> KeepAsync(OCoreDb db, Backup backup, OdooArchives.Upload upload, (string, string, string, Dictionary<string, string>) said, BackupSettings like,
        OdooArchives archives, BackupReader reader, BackupWriter writer, CancellationToken stop)
    {
        db.Add(backup);
        try
        {
            await archives.KeepAsync(db, backup, upload, said, like, stop);
            if (await reader.CheckAsync(db, backup, _ => { }, stop) is { } fault)
                return BackupProblems.ArchiveRefused(fault.Message);
            return TypedResults.Created($"/api/backups/{backup.Id}", await BackupViews.ToViewAsync(db, backup, stop));
        }
        catch
        {
            await writer.RemoveStoredAsync(db, backup, CancellationToken.None);
            throw;
        }
    }

    private static async Task<(Instance?, Guid, Problem?)> WhoseAsync(ImportQuery query, OCoreDb db, Caller caller, CancellationToken stop)
    {
        if (query.Instance is { } slug)
            return await InstanceQueries.FindAsync(db, slug, stop) is { } instance ? (instance, instance.OrgId, null) : (null, default, Problem.Field("instance", "There is no such instance here.", "instance_not_found"));
        if (query.Organization is not { } wanted)
            return (null, caller.OrgId, null);
        var id = Guid.TryParse(wanted, out var parsed) ? parsed : Guid.Empty;
        var organization = await db.Organizations.AsNoTracking().SingleOrDefaultAsync(o => (o.Id == id || o.Slug == wanted) && o.DeletingAt == null, stop);
        return organization is null ? (null, default, Problem.Field("organization", "There is no such organization here.", "organization_not_found")) : (null, organization.Id, null);
    }

    private static string FileName(Backup backup) =>
        $"{System.Text.RegularExpressions.Regex.Replace(backup.InstanceName.ToLowerInvariant(), "[^a-z0-9]+", "-").Trim('-')}-{backup.TakenAt ?? backup.CreatedAt:yyyy-MM-dd-HHmm}";
}
