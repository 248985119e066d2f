using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Operations;

namespace OCore.Features.Databases;

/// <summary>Who holds the instance holds its databases. A row of what is not there could not be dropped, for what is dropped is backed up first.</summary>
internal sealed class DatabaseSettlement : Settlement
{
    public override async Task SettleAsync(Resolution resolution, CancellationToken stop)
    {
        var ids = resolution.Of("instance");
        foreach (var row in await resolution.Db.InstanceDatabases.Where(d => ids.Contains(d.InstanceId) && d.Status != DatabaseStatus.Ready).ToListAsync(stop))
            if (row.Status == (resolution.Succeeded ? DatabaseStatus.Removing : DatabaseStatus.Creating))
                resolution.Db.Remove(row);
            else
                (row.Status, row.ReservedName) = (DatabaseStatus.Ready, null);
    }
}
