using Microsoft.EntityFrameworkCore;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Platform;
using OCore.Platform.Data;

namespace OCore.Features.Agency;

/// <summary>Removes the last backups of deleted clients when their time is over. A server that is away is asked again later.</summary>
internal sealed class KeptBackups(OCoreDbFactory databases, ServerAccess servers, Settings settings, TimeProvider time, ILogger<KeptBackups> log) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await RemoveExpiredAsync(stoppingToken);
            await Task.Delay(Interval, time, stoppingToken);
        }
    }

    internal async Task RemoveExpiredAsync(CancellationToken stop)
    {
        await using var db = databases.System();
        var now = time.GetUtcNow();
        foreach (var kept in await db.ClientDeletions.AcrossTenants().Where(d => d.KeepUntil < now).ToListAsync(stop))
        {
            try
            {
                await RemoveAsync(db, kept, stop);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                log.LogWarning(e, "The kept backup {Path} could not be removed; it is tried again", kept.Path);
            }
        }
    }

    private async Task RemoveAsync(OCoreDb db, ClientDeletion kept, CancellationToken stop)
    {
        if (await db.ServerByIdAsync(kept.ServerId, stop) is { } server)
        {
            var connection = await servers.ConnectAsync(server, stop);
            await InstanceHost.OnFilesAsync(connection, PostgresContainer.Image(settings).Value, "rmkept-" + kept.Id.ToString("N")[20..], """rm -rf -- "$1" """, stop, $"/ocore/kept/{kept.Id:N}");
        }
        db.Remove(kept);
        await db.SaveChangesAsync(stop);
    }
}
