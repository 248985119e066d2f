using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.AuditLog;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Features.Users;

/// <summary>The end of every way in: password, passkey, sign-up and invitation.</summary>
internal static class SignInCompletion
{
    /// <summary>A session with its line in the audit log, saved. The session that this browser had before ends.</summary>
    internal static async Task<SessionTokens> StartAsync(OCoreDb db, User user, HttpContext http, Caller caller, SessionStarter sessions, string method, CancellationToken stop)
    {
        if (caller.IsSignedIn && caller.Access.SessionId is { } before && http.Request.Headers[SessionStarter.BrowserHeader] == "1")
            await db.Sessions.Where(s => s.Id == before).ExecuteDeleteAsync(stop);
        var home = await db.ActAsAsync(user, caller, stop);
        var tokens = sessions.Start(db, user.Id, http);
        db.Record("auth.login", home, user, new Dictionary<string, AuditChangeValue> { ["method"] = new(null, method) });
        await db.SaveChangesAsync(stop);
        return tokens;
    }
}
