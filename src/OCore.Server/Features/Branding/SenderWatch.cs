using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.PortalDomains;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Mail;

namespace OCore.Features.Branding;

/// <summary>Looks at the DNS of senders again: soon while they do not pass, daily once they do. A proof is a lease, not an event.</summary>
internal sealed class SenderWatch(OCoreDbFactory databases, SenderCheck check, Outbox outbox, Settings settings, TimeProvider time, ILogger<SenderWatch> log) : BackgroundService
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception e) when (e.IsFault(stoppingToken))
            {
                log.LogError(e, "Looking at the senders' domains failed");
            }
            await Task.Delay(Tick, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    internal async Task LookAsync(CancellationToken stop)
    {
        await using var db = databases.System();
        var now = time.GetUtcNow();
        foreach (var due in await db.Brandings.AcrossTenants().Where(b => b.SenderLookAt <= now && b.FromEmail != null).OrderBy(b => b.SenderLookAt).Take(20).ToListAsync(stop))
        {
            // Of several replicas one looks, and tells.
            var (seen, next) = (due.SenderLookAt, now + SenderCheck.Soon);
            if (await db.Brandings.AcrossTenants().Where(b => b.Id == due.Id && b.SenderLookAt == seen).ExecuteUpdateAsync(s => s.SetProperty(b => b.SenderLookAt, next), stop) == 0)
                continue;
            var was = due.Sender is { Verified: true } before && before.FromEmail == due.FromEmail;
            due.Sender = await check.LookAsync(db, due, stop);
            due.SenderLookAt = time.GetUtcNow() + (due.Sender.Verified ? SenderCheck.Every : SenderCheck.Soon);
            if (was && !due.Sender.Verified)
                foreach (var address in await PortalDomainMails.PeopleAsync(db, due.RootId, stop))
                    outbox.Add(db, address, Lost(due.Sender), about: due.Id);
            await db.SaveChangesAsync(stop);
        }
    }

    private MailContent Lost(SenderView sender) => new(Brand.Product, $"Mail is no longer sent from {sender.FromEmail}",
    [
        $"The DNS of its domain no longer allows it, so mail to your clients is sent from the platform's address, with answers to {sender.FromEmail}.",
        sender.Explanation,
        string.Join('\n', sender.Records.Where(r => !r.Ok).Select(r => $"{r.Name}  {r.Type}  {r.Value}")),
    ])
    {
        Action = ("Show the records", new Uri(settings.PublicUrl, "/agency/branding?tab=mail")),
        Footnote = "You get this because you may manage the agency's branding.",
    };
}
