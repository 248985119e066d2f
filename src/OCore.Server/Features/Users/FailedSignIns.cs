using OCore.Features.AuditLog;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Features.Users;

/// <summary>
/// Writes down wrong attempts at accounts that exist, once the answer is out: a write before it would take time that an attempt at an
/// account that does not exist would not.
/// </summary>
internal sealed class FailedSignIns(OCoreDbFactory databases, ILogger<FailedSignIns> log)
{
    public void RecordAfter(HttpContext http, User? user, Caller caller, string what)
    {
        if (user is null)
            return;
        var (ip, agent) = (caller.Ip, caller.UserAgent);
        http.Response.OnCompleted(async () =>
        {
            try
            {
                await using var db = databases.System();
                // Nobody is signed in: the account is what it was about, not who did it.
                var home = await db.ActAsAsync(user, caller, CancellationToken.None);
                db.Enter(Tenant.System, new AuditActor(null, "anonymous", home, false, null, ip, agent, null));
                db.Record("auth.login_failed", home, user, new Dictionary<string, AuditChangeValue> { ["wrong"] = new(null, what) });
                await db.SaveChangesAsync(CancellationToken.None);
            }
            catch (Exception e)
            {
                log.LogError(e, "A failed sign-in could not be written into the audit log");
            }
        });
    }
}
