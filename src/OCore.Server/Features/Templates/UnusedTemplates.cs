using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Platform;
using OCore.Platform.Data;

namespace OCore.Features.Templates;

/// <summary>
/// Removes template databases that no template asks for any more, and sources that nobody uses, when a day has passed. A server
/// that is away is asked again later.
/// </summary>
internal sealed class UnusedTemplates(
    OCoreDbFactory databases, ServerAccess servers, OdooCatalog catalog, GitSources git, EnterpriseArchives archives, TimeProvider time, ILogger<UnusedTemplates> log) : BackgroundService
{
    public static readonly TimeSpan Grace = TimeSpan.FromDays(1);
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10), CopiesKept = TimeSpan.FromDays(7);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Interval, time, stoppingToken);
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception e) when (e.IsFault(stoppingToken))
            {
                log.LogError(e, "Looking for unused templates failed");
            }
        }
    }

    internal async Task SweepAsync(CancellationToken stop)
    {
        var now = time.GetUtcNow();
        await using var db = databases.System();
        var wanted = (await db.Templates.AcrossTenants().AsNoTracking().ToListAsync(stop)).Select(t => (t.RootId, TemplateViews.ContentOf(t, catalog)?.Wish)).ToHashSet();
        var instances = await db.Instances.AcrossTenants().AsNoTracking().ToListAsync(stop);
        await SweepDatabasesAsync(db, wanted, instances, now, stop);
        await SweepSourcesAsync(db, instances, now, stop);
        git.RemoveOld((now - CopiesKept).UtcDateTime);
        archives.RemoveOthers((await db.EnterpriseSources.AcrossTenants().AsNoTracking().Select(e => e.Archives).ToListAsync(stop)).SelectMany(a => a.Values).Select(a => a.File), (now - Grace).UtcDateTime);
    }

    private async Task SweepDatabasesAsync(OCoreDb db, HashSet<(Guid, string?)> wanted, List<Instance> instances, DateTimeOffset now, CancellationToken stop)
    {
        var being = instances.Where(i => i.Status == InstanceStatus.Creating).Select(i => (i.ServerId, TemplateContent.Of(i).Key)).ToHashSet();
        var caches = await db.TemplateCaches.AcrossTenants().ToListAsync(stop);
        // Of one wish the newest is what the next instance is made from.
        var newest = caches.GroupBy(c => (c.ServerId, c.Wish)).Select(g => g.MaxBy(c => c.LastUsedAt)!.Id).ToHashSet();
        foreach (var cache in caches)
            cache.UnusedSince = being.Contains((cache.ServerId, cache.Key)) || wanted.Contains((cache.RootId, cache.Wish)) && newest.Contains(cache.Id) ? null : cache.UnusedSince ?? now;
        await db.SaveChangesAsync(stop);
        foreach (var cache in caches.Where(c => c.Status == "removing" || now - c.UnusedSince > Grace))
        {
            // Whoever took it up since has moved the time.
            if (await db.TemplateCaches.AcrossTenants().Where(c => c.Id == cache.Id && c.LastUsedAt == cache.LastUsedAt).ExecuteUpdateAsync(s => s.SetProperty(c => c.Status, "removing"), stop) == 0)
                continue;
            await OnServerAsync(db, cache.ServerId, $"The template database {cache.Database}", async connection =>
            {
                await TemplateDatabases.RemoveAsync(connection, cache, stop);
                await db.TemplateCaches.AcrossTenants().Where(c => c.Id == cache.Id).ExecuteDeleteAsync(stop);
            }, stop);
        }
    }

    private async Task SweepSourcesAsync(OCoreDb db, List<Instance> instances, DateTimeOffset now, CancellationToken stop)
    {
        var caches = await db.TemplateCaches.AcrossTenants().AsNoTracking().ToListAsync(stop);
        var used = instances.SelectMany(i => i.Sources.Select(s => (i.ServerId, s.Key))).Concat(caches.SelectMany(c => c.Sources.Select(s => (c.ServerId, s.Key)))).ToHashSet();
        var trees = await db.ServerSources.AcrossTenants().ToListAsync(stop);
        foreach (var tree in trees)
            tree.UnusedSince = used.Contains((tree.ServerId, tree.Key)) ? null : tree.UnusedSince ?? now;
        await db.SaveChangesAsync(stop);
        foreach (var tree in trees.Where(t => now - t.UnusedSince > Grace))
        {
            if (await db.ServerSources.AcrossTenants().Where(t => t.Id == tree.Id && t.LastUsedAt == tree.LastUsedAt).ExecuteDeleteAsync(stop) == 0)
                continue;
            await OnServerAsync(db, tree.ServerId, $"The sources {tree.Key}", connection => ServerSources.RemoveAsync(connection, tree.Key, stop), stop);
        }
    }

    private async Task OnServerAsync(OCoreDb db, Guid id, string what, Func<Platform.Remote.IServerConnection, Task> work, CancellationToken stop)
    {
        try
        {
            if (await db.ServerByIdAsync(id, stop) is { } server)
                await work(await servers.ConnectAsync(server, stop));
        }
        catch (Exception e) when (e.IsFault(stop))
        {
            log.LogWarning(e, "{What} could not be removed; it is tried again", what);
        }
    }
}
