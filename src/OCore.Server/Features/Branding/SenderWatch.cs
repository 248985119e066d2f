using Microsoft.EntityFrameworkCore;
using OCore.Platform.Data;

namespace OCore.Features.Branding;

/// <summary>Looks at the DNS of senders again: soon while they do not pass, daily once they do. A proof is a lease, not an event.</summary>
internal sealed class SenderWatch(OCoreDbFactory databases, SenderCheck check, TimeProvider time, ILogger<SenderWatch> log) : BackgroundService
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
            catch (Exception e) when (e is not OperationCanceledException)
            {
                log.LogError(e, "Looking at the senders' domains failed");
            }
            await Task.Delay(Tick, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LookAsync(CancellationToken stop)
    {
        await using var db = databases.System();
        var now = time.GetUtcNow();
        foreach (var due in await db.Brandings.AcrossTenants().Where(b => b.SenderLookAt <= now && b.FromEmail != null).OrderBy(b => b.SenderLookAt).Take(20).ToListAsync(stop))
        {
            due.Sender = await check.LookAsync(due.FromEmail!, due.Sender, stop);
            due.SenderLookAt = time.GetUtcNow() + (due.Sender.Verified ? SenderCheck.Every : SenderCheck.Soon);
            await db.SaveChangesAsync(stop);
        }
    }
}
