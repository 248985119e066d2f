using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Operations;

namespace OCore.Features.Backups;

/// <summary>What was never finished is no backup, whatever a person says; it can be deleted.</summary>
internal sealed class BackupSettlement : Settlement
{
    public override async Task SettleAsync(Resolution resolution, CancellationToken stop)
    {
        var ids = resolution.Of("backup");
        foreach (var backup in await resolution.Db.Backups.Where(b => ids.Contains(b.Id) && b.State == BackupState.Pending).ToListAsync(stop))
            (backup.State, backup.FaultCode, backup.Fault) = (BackupState.Failed, "failed", $"It was not finished. {Resolution.Sentence}");
    }
}
