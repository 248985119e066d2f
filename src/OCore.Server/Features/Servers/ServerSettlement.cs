using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Operations;

namespace OCore.Features.Servers;

/// <summary>A server that was prepared before is looked at again; any other waits for its validation, or its removal.</summary>
internal sealed class ServerSettlement : Settlement
{
    public override async Task SettleAsync(Resolution resolution, CancellationToken stop)
    {
        var ids = resolution.Of("server");
        foreach (var server in await resolution.Db.Servers.Where(s => ids.Contains(s.Id)).ToListAsync(stop))
            if (server.Status == ServerStatus.Validating && server.PostgresPasswordSealed is not null && server.Facts?.DockerVersion is not null)
                (server.Status, server.StatusMessage) = (ServerStatus.Unreachable, $"{Resolution.Sentence} Connecting.");
            else if (server.Status is ServerStatus.Pending or ServerStatus.Validating or ServerStatus.Removing)
                (server.Status, server.StatusMessage) = (ServerStatus.Failed, $"{Resolution.Sentence} Validate it to use it again.");
    }
}
