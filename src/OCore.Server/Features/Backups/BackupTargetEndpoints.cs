using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Plans;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Backups;

/// <summary>Where backups go besides oCore's own directory.</summary>
internal static class BackupTargetEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var targets = api.MapGroup("/backup-targets").WithTags("Backups").Require("view:backups").PortalFeature(PortalFeatures.Backups);
        targets.MapGet("/", List).WithName("listBackupTargets");
        targets.MapPost("/", Create).WithName("createBackupTarget").Require("manage:backups").Feature(PlanFeatures.Backups);
        targets.MapGet("/{id:guid}", Get).WithName("getBackupTarget").EditTag<SaveBackupTarget>();
        targets.MapPut("/{id:guid}", Update).WithName("updateBackupTarget").Require("manage:backups");
        targets.MapDelete("/{id:guid}", Delete).WithName("deleteBackupTarget").Require("manage:backups");
        targets.MapPost("/{id:guid}/test", Test).WithName("testBackupTarget").Require("manage:backups");
    }

    /// <summary>The organization's own targets. Without any, backups go to oCore's own directory.</summary>
    internal static async Task<Ok<Page<BackupTargetView>>> List(OCoreDb db, CancellationToken stop) =>
        TypedResults.Ok(Paging.Whole(await ViewsAsync(db, await db.BackupTargets.AsNoTracking().OrderBy(t => t.Id).ToListAsync(stop), stop)));

    /// <summary>One target.</summary>
    internal static async Task<Results<Ok<BackupTargetView>, Problem>> Get(Guid id, OCoreDb db, CancellationToken stop) =>
        await db.BackupTargets.AsNoTracking().SingleOrDefaultAsync(t => t.Id == id, stop) is { } target ? TypedResults.Ok((await ViewsAsync(db, [target], stop))[0]) : Problem.NotFound;

    /// <summary>Add a bucket of an S3-compatible store. It is tested, and refused where nothing can be kept there.</summary>
    internal static async Task<Results<Created<BackupTargetView>, Problem>> Create(SaveBackupTarget request, OCoreDb db, Caller caller, BackupStores stores, SecretBox secrets, TimeProvider time, CancellationToken stop)
    {
        if (request.SecretKey is not { Length: > 0 } secret)
            return BackupProblems.SecretNeeded;
        if (await db.BackupTargets.AnyAsync(t => t.OrgId == caller.OrgId && t.Name == request.Name, stop))
            return BackupProblems.NameTaken;
        var id = RowId.New();
        var target = new BackupTarget
        {
            Id = id, OrgId = caller.OrgId, RootId = caller.Access.RootId, Name = request.Name, Endpoint = request.Endpoint.TrimEnd('/'), Region = request.Region, Bucket = request.Bucket, Prefix = PrefixOf(request.Prefix),
            AccessKey = request.AccessKey, SecretKeySealed = secrets.Seal(secret, BackupStores.TargetSecret, id), IsDefault = request.IsDefault, AppendOnly = request.AppendOnly, CreatedAt = time.GetUtcNow(),
        };
        if ((await TryAsync(stores, target, time, stop)).Error is { } error)
            return BackupProblems.TargetFails(error);
        target.TestedAt = time.GetUtcNow();
        await KeepOneDefaultAsync(db, target, stop);
        db.Add(target);
        await db.SaveChangesAsync(stop);
        return TypedResults.Created($"/api/backup-targets/{target.Id}", (await ViewsAsync(db, [target], stop))[0]);
    }

    /// <summary>Replace its settings; the secret stays where none is given. What is kept there already is looked for under the new ones.</summary>
    internal static async Task<Results<Ok<BackupTargetView>, Problem>> Update(Guid id, SaveBackupTarget request, OCoreDb db, BackupStores stores, SecretBox secrets, TimeProvider time, CancellationToken stop)
    {
        if (await db.BackupTargets.SingleOrDefaultAsync(t => t.Id == id, stop) is not { } target)
            return Problem.NotFound;
        if (await db.BackupTargets.AnyAsync(t => t.OrgId == target.OrgId && t.Name == request.Name && t.Id != id, stop))
            return BackupProblems.NameTaken;
        // Another store must not get the secret that was meant for the one before.
        if (request.SecretKey is not { Length: > 0 } && request.Endpoint.TrimEnd('/') != target.Endpoint)
            return BackupProblems.SecretNeeded;
        (target.Name, target.Endpoint, target.Region, target.Bucket, target.Prefix, target.AccessKey, target.IsDefault, target.AppendOnly) =
            (request.Name, request.Endpoint.TrimEnd('/'), request.Region, request.Bucket, PrefixOf(request.Prefix), request.AccessKey, request.IsDefault, request.AppendOnly);
        if (request.SecretKey is { Length: > 0 } secret)
            target.SecretKeySealed = secrets.Seal(secret, BackupStores.TargetSecret, target.Id);
        if ((await TryAsync(stores, target, time, stop)).Error is { } error)
            return BackupProblems.TargetFails(error);
        (target.TestedAt, target.TestError) = (time.GetUtcNow(), null);
        await KeepOneDefaultAsync(db, target, stop);
        await db.SaveChangesAsync(stop);
        return TypedResults.Ok((await ViewsAsync(db, [target], stop))[0]);
    }

    /// <summary>Forget a target that holds no backups.</summary>
    internal static async Task<Results<NoContent, Problem>> Delete(Guid id, OCoreDb db, CancellationToken stop)
    {
        if (await db.BackupTargets.SingleOrDefaultAsync(t => t.Id == id, stop) is not { } target)
            return Problem.NotFound;
        if (await db.Backups.AcrossTenants().CountAsync(b => b.TargetId == id, stop) is > 0 and var kept)
            return BackupProblems.TargetInUse(kept);
        db.Remove(target);
        await db.SaveChangesAsync(stop);
        return TypedResults.NoContent();
    }

    /// <summary>Write something there, read it back, and remove it.</summary>
    internal static async Task<Results<Ok<BackupTargetTest>, Problem>> Test(Guid id, OCoreDb db, BackupStores stores, TimeProvider time, CancellationToken stop)
    {
        if (await db.BackupTargets.SingleOrDefaultAsync(t => t.Id == id, stop) is not { } target)
            return Problem.NotFound;
        var (error, milliseconds) = await TryAsync(stores, target, time, stop);
        (target.TestedAt, target.TestError) = (time.GetUtcNow(), error);
        await db.SaveChangesAsync(stop);
        return TypedResults.Ok(new BackupTargetTest { Ok = error is null, Message = error ?? (target.AppendOnly ? "Written and read back." : "Written, read back and removed."), Milliseconds = milliseconds });
    }

    /// <summary>The target of a request, by id or name, among the organization's own and its agency's; without one the default.</summary>
    internal static async Task<(Guid? Target, Problem? Problem)> ChooseAsync(OCoreDb db, string? wanted, Guid orgId, Guid rootId, CancellationToken stop)
    {
        if (wanted is null)
            return (await BackupStores.DefaultAsync(db, orgId, rootId, stop), null);
        if (wanted == "local")
            return (null, null);
        var id = Guid.TryParse(wanted, out var parsed) ? parsed : Guid.Empty;
        return await db.BackupTargets.AsNoTracking().Where(t => (t.OrgId == orgId || t.OrgId == rootId) && (t.Id == id || t.Name == wanted)).Select(t => (Guid?)t.Id).FirstOrDefaultAsync(stop) is { } found
            ? (found, null) : (null, BackupProblems.TargetNotFound);
    }

    internal static async Task<(string? Error, int Milliseconds)> TryAsync(BackupStores stores, BackupTarget target, TimeProvider time, CancellationToken stop)
    {
        var (name, content, began) = (target.AppendOnly ? "test" : $"test-{Guid.CreateVersion7():N}", RandomNumberGenerator.GetBytes(64 << 10), time.GetTimestamp());
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        try
        {
            using var store = stores.Open(target);
            await using (var write = await store.CreateAsync(name, limit.Token))
            {
                await write.Content.WriteAsync(content, limit.Token);
                await write.CompleteAsync(limit.Token);
            }
            using var back = new MemoryStream();
            await using (var read = await store.OpenAsync(name, limit.Token))
                await read.CopyToAsync(back, limit.Token);
            if (!target.AppendOnly)
                await store.DeleteAsync(name, limit.Token);
            return (back.ToArray().AsSpan().SequenceEqual(content) ? null : "What was read back is not what was written.", Elapsed());
        }
        catch (StoreAwayException away)
        {
            return (away.Message, Elapsed());
        }
        catch (FileNotFoundException)
        {
            return ("What was written is not there.", Elapsed());
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return ("The store does not answer.", Elapsed());
        }

        int Elapsed() => (int)time.GetElapsedTime(began).TotalMilliseconds;
    }

    private static async Task KeepOneDefaultAsync(OCoreDb db, BackupTarget target, CancellationToken stop)
    {
        if (target.IsDefault)
            foreach (var other in await db.BackupTargets.Where(t => t.OrgId == target.OrgId && t.Id != target.Id && t.IsDefault).ToListAsync(stop))
                other.IsDefault = false;
    }

    internal static string PrefixOf(string? given) => given?.Trim('/') is { Length: > 0 } text ? text + "/" : "";

    private static async Task<List<BackupTargetView>> ViewsAsync(OCoreDb db, IReadOnlyList<BackupTarget> targets, CancellationToken stop)
    {
        var ids = targets.Select(t => t.Id).ToList();
        // An agency's target holds its clients' backups too.
        var use = await db.Backups.AcrossTenants().Where(b => b.TargetId != null && ids.Contains(b.TargetId.Value)).GroupBy(b => b.TargetId!.Value)
            .Select(g => new { g.Key, Count = g.Count(), Bytes = g.Sum(b => b.Bytes) }).ToDictionaryAsync(g => g.Key, stop);
        return [.. targets.Select(t => new BackupTargetView
        {
            Id = t.Id, Name = t.Name, Kind = "s3", Endpoint = t.Endpoint, Region = t.Region, Bucket = t.Bucket, Prefix = t.Prefix, AccessKey = t.AccessKey, IsDefault = t.IsDefault, AppendOnly = t.AppendOnly,
            Backups = use.TryGetValue(t.Id, out var used) ? used.Count : 0, Bytes = used?.Bytes ?? 0, TestedAt = t.TestedAt, TestError = t.TestError,
        })];
    }
}
