using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Servers;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Operations;

namespace OCore.Features.Webhooks;

/// <summary>
/// Finds what happened and writes a delivery for everybody who wants to know. It reads the operations' history and compares servers and
/// instances with what was told last, so nothing that writes those has to think of it. One process at a time, and only while somebody
/// listens.
/// </summary>
internal sealed class WebhookFeed(OCoreDbFactory databases, ServerTurns turns, TimeProvider time, ILogger<WebhookFeed> log) : BackgroundService
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private static readonly Guid Turn = new("6f636f72-6577-7000-8000-776562686f6b");
    // Rows of one transaction may become visible after later ones of another; those just behind are looked at again.
    private const int Behind = 200, AtOnce = 500, Cursor = 1;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (await turns.TakeAsync(Turn, stoppingToken) && await LookAsync(stoppingToken))
                    WebhookSender.Wake();
            }
            catch (DbUpdateException e)
            {
                log.LogDebug(e, "What was to be told changed meanwhile; it is looked at again");
            }
            catch (Exception e) when (e.IsFault(stoppingToken))
            {
                log.LogError(e, "Looking for events of webhooks failed");
            }
            await Task.Delay(Tick, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> LookAsync(CancellationToken stop)
    {
        await using var db = databases.System();
        var webhooks = await db.Set<Webhook>().AcrossTenants().AsNoTracking().Where(w => w.IsActive).ToListAsync(stop);
        // Without anybody to tell, what happens is not remembered either: whoever comes first begins there.
        if (webhooks.Count == 0)
        {
            if (!await db.Set<WebhookCursor>().AnyAsync(stop))
                return false;
            await db.Set<WebhookSeen>().AcrossTenants().ExecuteDeleteAsync(stop);
            await db.Set<WebhookCursor>().ExecuteDeleteAsync(stop);
            return false;
        }
        var tell = new WebhookTelling(db, webhooks, time.GetUtcNow());
        await OfOperationsAsync(db, tell, stop);
        await OfServersAsync(db, tell, stop);
        await OfInstancesAsync(db, tell, stop);
        await db.SaveChangesAsync(stop);
        return tell.Any;
    }

    private static async Task OfOperationsAsync(OCoreDb db, WebhookTelling tell, CancellationToken stop)
    {
        var cursor = await db.Set<WebhookCursor>().SingleOrDefaultAsync(c => c.Id == Cursor, stop);
        if (cursor is null)
        {
            // What happened since the first webhook was made is news, although nobody looked yet.
            var before = await db.OperationEvents.Where(e => e.At < tell.Since).MaxAsync(e => (long?)e.Id, stop) ?? 0;
            db.Add(cursor = new WebhookCursor { Id = Cursor, LastEvent = before });
        }
        var last = cursor.LastEvent;
        var listening = tell.Listening;
        var events = await db.OperationEvents.AsNoTracking().Where(e => e.Id > last - Behind && e.Kind == "state").OrderBy(e => e.Id).Take(AtOnce)
            .Join(db.Operations.AcrossTenants(), e => e.OperationId, o => o.Id, (e, o) => new { Event = e, Operation = o }).ToListAsync(stop);
        var heard = events.Where(e => listening.Contains(e.Operation.OrgId) || listening.Contains(e.Operation.RootId)).ToList();
        var keys = heard.Select(e => $"operation:{e.Event.Id}").ToList();
        var told = (await db.Set<WebhookDelivery>().AcrossTenants().Where(d => keys.Contains(d.Key)).Select(d => d.Key).Distinct().ToListAsync(stop)).ToHashSet();
        foreach (var (e, o) in heard.Where(h => !told.Contains($"operation:{h.Event.Id}")).Select(h => (h.Event, h.Operation)))
        {
            var state = e.Message.Split(':')[0];
            await tell.TellAsync($"operation:{e.Id}", "operation." + state, o.OrgId, o.RootId, e.At, new
            {
                o.Id, o.Kind, o.Title, State = state, o.InstanceId, o.ServerId, o.ClientId, o.TemplateId, CreatedBy = o.Actor,
                Error = o.ErrorCode is null || state is "pending" or "running" or "succeeded" ? null : new { Code = o.ErrorCode, Message = o.ErrorMessage, Hint = o.ErrorHint },
            }, stop);
        }
        if (events.Count > 0 && events[^1].Event.Id > last)
            cursor.LastEvent = events[^1].Event.Id;
    }

    private static async Task OfServersAsync(OCoreDb db, WebhookTelling tell, CancellationToken stop)
    {
        var listening = tell.Listening;
        var all = await db.Servers.AcrossTenants().AsNoTracking().Where(s => listening.Contains(s.OrgId) || listening.Contains(s.RootId))
            .Select(s => new { s.Id, s.OrgId, s.RootId, s.Name, s.Status, s.StatusMessage, s.CreatedAt }).ToListAsync(stop);
        await CompareAsync(db, tell, "server", "server.removed", all.Select(s => new Thing(s.Id, s.OrgId, s.RootId, s.Name, s.CreatedAt, WireWord.Of(s.Status), before => before is null
            ? ("server.added", new { s.Id, s.Name, Status = WireWord.Of(s.Status), s.StatusMessage })
            : ("server.status_changed", new { s.Id, s.Name, Status = WireWord.Of(s.Status), s.StatusMessage, Before = new { Status = before } }))), stop);
    }

    private static async Task OfInstancesAsync(OCoreDb db, WebhookTelling tell, CancellationToken stop)
    {
        var listening = tell.Listening;
        var all = await db.Instances.AcrossTenants().AsNoTracking().Where(i => listening.Contains(i.OrgId) || listening.Contains(i.RootId))
            .Select(i => new { i.Id, i.OrgId, i.RootId, i.Name, i.Slug, i.Status, i.Health, i.StatusMessage, i.CreatedAt }).ToListAsync(stop);
        await CompareAsync(db, tell, "instance", "instance.deleted", all.Select(i =>
        {
            var status = WireWord.Of(i.Status);
            return new Thing(i.Id, i.OrgId, i.RootId, i.Name, i.CreatedAt, $"{status} {i.Health}", before => before?.Split(' ') is not [var was, var health]
                ? ("instance.created", new { i.Id, i.Name, i.Slug, Status = status, i.Health, i.StatusMessage })
                : (was != status ? "instance.status_changed" : "instance.health_changed", new { i.Id, i.Name, i.Slug, Status = status, i.Health, i.StatusMessage, Before = new { Status = was, Health = health } }));
        }), stop);
    }

    /// <param name="Say">What to tell, from the state that was told before; null where it is new.</param>
    private sealed record Thing(Guid Id, Guid OrgId, Guid RootId, string Name, DateTimeOffset CreatedAt, string State, Func<string?, (string Happened, object Data)> Say);

    private static async Task CompareAsync(OCoreDb db, WebhookTelling tell, string kind, string gone, IEnumerable<Thing> things, CancellationToken stop)
    {
        var seen = await db.Set<WebhookSeen>().AcrossTenants().Where(s => s.Kind == kind).ToDictionaryAsync(s => s.Id, stop);
        foreach (var thing in things)
        {
            if (!seen.Remove(thing.Id, out var row))
            {
                db.Add(new WebhookSeen { Id = thing.Id, OrgId = thing.OrgId, RootId = thing.RootId, Kind = kind, Name = thing.Name, State = thing.State });
                // What was there before a webhook is no news to it: it counts when the thing was made.
                await TellAsync(thing, null, $"{thing.Id}:new", thing.CreatedAt);
            }
            else if (row.State != thing.State)
            {
                await TellAsync(thing, row.State, $"{thing.Id}:{++row.Changes}", tell.Now);
                (row.State, row.Name) = (thing.State, thing.Name);
            }
        }
        foreach (var row in seen.Values)
        {
            if (tell.Listening.Contains(row.OrgId) || tell.Listening.Contains(row.RootId))
                await tell.TellAsync($"{row.Id}:gone", gone, row.OrgId, row.RootId, tell.Now, new { row.Id, row.Name }, stop);
            db.Remove(row);
        }

        Task TellAsync(Thing thing, string? before, string key, DateTimeOffset at)
        {
            var (happened, data) = thing.Say(before);
            return tell.TellAsync(key, happened, thing.OrgId, thing.RootId, at, data, stop);
        }
    }
}
