using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Http;

namespace OCore.Features.AuditLog;

internal static class AuditQueries
{
    /// <summary>Up to <paramref name="count"/> entries older than <paramref name="before"/>, newest first.</summary>
    public static Task<List<AuditEntry>> PageAsync(OCoreDb db, AuditEndpoints.Filter filter, string? search, Guid? before, int count, CancellationToken stop)
    {
        var query = db.AuditLog.AsNoTracking();
        if (before is { } id)
            query = query.Where(e => e.Id < id);
        if (filter.Action is { } action)
        {
            var prefix = Paging.Like(action)[1..];
            query = action.EndsWith('.') ? query.Where(e => EF.Functions.Like(e.Action, prefix, "\\")) : query.Where(e => e.Action == action);
        }
        if (filter.Actor is { } actor)
        {
            var exactly = Paging.Like(actor.ToLowerInvariant())[1..^1];
            query = Guid.TryParse(actor, out var actorId) ? query.Where(e => e.ActorId == actorId) : query.Where(e => EF.Functions.Like(e.Actor.ToLower(), exactly, "\\"));
        }
        if (filter.ObjectType is { } type)
            query = query.Where(e => e.ObjectType == type);
        if (filter.ObjectId is { } objectId)
            query = query.Where(e => e.ObjectId == objectId);
        if (filter.From is { } from)
            query = query.Where(e => e.At >= from.ToUniversalTime());
        if (filter.To is { } to)
            query = query.Where(e => e.At < to.ToUniversalTime());
        if (search is { Length: > 0 })
        {
            var like = Paging.Like(search.ToLowerInvariant());
            query = query.Where(e => EF.Functions.Like(e.Action, like, "\\") || EF.Functions.Like(e.Actor.ToLower(), like, "\\") || EF.Functions.Like(e.ObjectName!.ToLower(), like, "\\"));
        }
        return query.OrderByDescending(e => e.Id).Take(count).ToListAsync(stop);
    }

    /// <summary>The names of the organizations acted for. One that is deleted keeps the name it was deleted under.</summary>
    public static async Task<IReadOnlyDictionary<Guid, string>> OrganizationNamesAsync(OCoreDb db, List<AuditEntry> entries, CancellationToken stop)
    {
        var ids = entries.Where(e => e.OnBehalfOf is not null).Select(e => e.OnBehalfOf!.Value).Distinct().ToList();
        if (ids.Count == 0)
            return new Dictionary<Guid, string>();
        var names = await db.Organizations.AsNoTracking().Where(o => ids.Contains(o.Id)).ToDictionaryAsync(o => o.Id, o => o.Name, stop);
        var gone = ids.Where(id => !names.ContainsKey(id)).Select(id => id.ToString()).ToList();
        if (gone.Count > 0)
            foreach (var entry in await db.AuditLog.AsNoTracking().Where(e => e.Action == "client.deleted" && gone.Contains(e.ObjectId!)).ToListAsync(stop))
                names[Guid.Parse(entry.ObjectId!)] = entry.ObjectName!;
        return names;
    }

    public static AuditEntryView ToView(this AuditEntry entry, IReadOnlyDictionary<Guid, string> organizations) => new()
    {
        Id = entry.Id, At = entry.At, Action = entry.Action, Actor = entry.Actor, ActorId = entry.ActorId,
        OnBehalfOf = entry.OnBehalfOf is { } id ? organizations.GetValueOrDefault(id, id.ToString()) : null,
        ObjectType = entry.ObjectType, ObjectId = entry.ObjectId, ObjectName = entry.ObjectName, OperationId = entry.OperationId, Ip = entry.Ip, UserAgent = entry.UserAgent,
        Changes = entry.Changes.Count == 0 ? null : entry.Changes.ToDictionary(c => c.Key, c => new AuditChange { Before = c.Value.Before, After = c.Value.After }),
    };
}
