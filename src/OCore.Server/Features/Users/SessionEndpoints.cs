using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Users;

internal static class SessionEndpoints
{
    /// <summary>The account's sessions, the newest last.</summary>
    internal static async Task<Ok<Page<SessionView>>> List([AsParameters] PageQuery page, Caller caller, OCoreDb db, TimeProvider time, CancellationToken stop)
    {
        var (now, after, current) = (time.GetUtcNow(), page.After, caller.Access.SessionId);
        var rows = await db.Sessions.AsNoTracking().Where(s => s.UserId == caller.UserId && s.ExpiresAt > now && (after == null || s.Id > after))
            .OrderBy(s => s.Id).Take(page.Size + 1).ToListAsync(stop);
        return TypedResults.Ok(rows.ToPage(page, s => s.Id, s => new SessionView
        {
            Id = s.Id, CreatedAt = s.CreatedAt, LastSeenAt = s.LastSeenAt, ExpiresAt = s.ExpiresAt, Ip = s.Ip, UserAgent = s.UserAgent, Current = s.Id == current,
        }));
    }

    /// <summary>End one of the account's sessions.</summary>
    internal static Task<Results<NoContent, Problem>> End(Guid id, Caller caller, OCoreDb db, CancellationToken stop) =>
        EndAsync(db, caller, db.Sessions.Where(s => s.Id == id && s.UserId == caller.UserId), orNotFound: true, stop);

    /// <summary>End all sessions of the account but this one.</summary>
    internal static Task<Results<NoContent, Problem>> EndOthers(Caller caller, OCoreDb db, CancellationToken stop)
    {
        var current = caller.Access.SessionId;
        return EndAsync(db, caller, db.Sessions.Where(s => s.UserId == caller.UserId && s.Id != current), orNotFound: false, stop);
    }

    private static async Task<Results<NoContent, Problem>> EndAsync(OCoreDb db, Caller caller, IQueryable<Session> which, bool orNotFound, CancellationToken stop)
    {
        var ended = await db.InTransactionAsync(async () =>
        {
            var count = await which.ExecuteDeleteAsync(stop);
            if (count == 0)
                return 0;
            var (user, home) = await db.SelfAsync(caller, stop);
            db.Record("auth.sessions_ended", home, user, new Dictionary<string, AuditLog.AuditChangeValue> { ["sessions"] = new(null, count.ToString()) });
            await db.SaveChangesAsync(stop);
            return count;
        }, stop);
        CallerCache.Clear();
        return ended == 0 && orNotFound ? Problem.NotFound : TypedResults.NoContent();
    }
}
