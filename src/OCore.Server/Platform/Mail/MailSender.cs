using Microsoft.EntityFrameworkCore;
using OCore.Platform.Data;

namespace OCore.Platform.Mail;

/// <summary>Sends what is due in the outbox. A claim is a conditional update, so several processes never send one mail at once.</summary>
internal sealed class MailSender(OCoreDbFactory databases, Outbox outbox, Mailer mailer, TimeProvider time, ILogger<MailSender> log) : BackgroundService
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    /// <summary>Longer than an attempt can take; another process takes over after it.</summary>
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan KeepFor = TimeSpan.FromDays(30);
    private static readonly TimeSpan[] Waits = [TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(20), TimeSpan.FromHours(1)];

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (mailer.IsConfigured)
                    await SendDueAsync(stoppingToken);
                await ForgetOldAsync(stoppingToken);
            }
            catch (Exception e) when (e.IsFault(stoppingToken))
            {
                log.LogError(e, "Looking for mail to send failed");
            }
            await Task.Delay(Tick, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task SendDueAsync(CancellationToken stop)
    {
        await using var db = databases.System();
        var now = time.GetUtcNow();
        foreach (var mail in await db.Set<OutgoingMail>().AsNoTracking().Where(m => m.NextAttemptAt <= now && m.ExpiresAt > now).OrderBy(m => m.Id).Take(20).ToListAsync(stop))
        {
            var claimed = await db.Set<OutgoingMail>().Where(m => m.Id == mail.Id && m.NextAttemptAt == mail.NextAttemptAt)
                .ExecuteUpdateAsync(s => s.SetProperty(m => m.NextAttemptAt, now + Lease).SetProperty(m => m.Attempts, m => m.Attempts + 1), stop);
            if (claimed == 1)
                await AttemptAsync(db, mail, stop);
        }
    }

    private async Task AttemptAsync(OCoreDb db, OutgoingMail mail, CancellationToken stop)
    {
        var rows = db.Set<OutgoingMail>().Where(m => m.Id == mail.Id);
        try
        {
            await mailer.SendAsync(mail.To, outbox.Open(mail), mail.Id, stop);
        }
        catch (MailRefusedException refused)
        {
            log.LogWarning("Mail {Id} did not go out: {Error}", mail.Id, refused.Message);
            DateTimeOffset? next = refused.IsFinal ? null : time.GetUtcNow() + Waits[Math.Min(mail.Attempts, Waits.Length - 1)];
            var error = refused.Message.Length > 500 ? refused.Message[..500] : refused.Message;
            await rows.ExecuteUpdateAsync(s => s.SetProperty(m => m.NextAttemptAt, next).SetProperty(m => m.Error, error), stop);
            return;
        }
        // It is out: whatever stops this process now, it must not go out again.
        await rows.ExecuteUpdateAsync(s => s.SetProperty(m => m.SentAt, time.GetUtcNow()).SetProperty(m => m.NextAttemptAt, (DateTimeOffset?)null)
            .SetProperty(m => m.Error, (string?)null).SetProperty(m => m.ContentSealed, (string?)null), CancellationToken.None);
    }

    private async Task ForgetOldAsync(CancellationToken stop)
    {
        await using var db = databases.System();
        var now = time.GetUtcNow();
        await db.Set<OutgoingMail>().Where(m => m.NextAttemptAt != null && m.ExpiresAt <= now)
            .ExecuteUpdateAsync(s => s.SetProperty(m => m.NextAttemptAt, (DateTimeOffset?)null).SetProperty(m => m.ContentSealed, (string?)null), stop);
        await db.Set<OutgoingMail>().Where(m => m.ExpiresAt < now - KeepFor).ExecuteDeleteAsync(stop);
    }
}
