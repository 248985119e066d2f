using Microsoft.EntityFrameworkCore;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Features.Users;

/// <summary>Sweeps up sessions, links and challenges whose time is over. They are refused without it; it keeps the tables small.</summary>
internal sealed class ExpiredSignIns(OCoreDbFactory databases, TimeProvider time, ILogger<ExpiredSignIns> log) : BackgroundService
{
    private static readonly TimeSpan Tick = TimeSpan.FromMinutes(10);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception e) when (e.IsFault(stoppingToken))
            {
                log.LogError(e, "Sweeping up expired sessions failed");
            }
            await Task.Delay(Tick, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    internal async Task SweepAsync(CancellationToken stop)
    {
        await using var db = databases.System();
        var now = time.GetUtcNow();
        await db.Sessions.Where(s => s.ExpiresAt <= now || s.CookieIdleUntil <= now && s.AccessExpiresAt <= now).ExecuteDeleteAsync(stop);
        await db.Set<PasswordReset>().Where(r => r.ExpiresAt <= now).ExecuteDeleteAsync(stop);
        await db.Set<RateCount>().Where(c => c.Until <= now).ExecuteDeleteAsync(stop);
        await db.Set<PasskeyChallenge>().Where(c => c.ExpiresAt <= now).ExecuteDeleteAsync(stop);
    }
}
