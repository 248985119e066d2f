using Microsoft.EntityFrameworkCore;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Features.Topologies.Deployments;
using OCore.Platform.Data;

namespace OCore.Features.Domains;

/// <summary>Where the names of an instance lead to, and who ends HTTPS there: the edge of its server, or the load balancers of its topology.</summary>
internal sealed record NamePlace
{
    /// <summary>The first; addresses that are written down for people are made of it.</summary>
    public required Server Server { get; init; }
    /// <summary>Each load balancer's server, with the address that it shares with another one, to which names then lead; none where there are no load balancers.</summary>
    public IReadOnlyList<(Server Server, string? SharedAddress)> Entries { get; init; } = [];
    public bool IsBalanced => Entries.Count > 0;
    public int HttpPort { get; init; }
    /// <summary>Null where nothing of oCore's takes HTTPS.</summary>
    public int? TlsPort { get; init; }
    /// <summary>A proxy in front does.</summary>
    public bool ProxyHttps { get; init; }
    public bool EndsTls => TlsPort is not null;

    public string UrlOf(string host) => ProxyHttps ? $"https://{host}" : TlsPort is { } port ? port == 443 ? $"https://{host}" : $"https://{host}:{port}" : HttpPort == 80 ? $"http://{host}" : $"http://{host}:{HttpPort}";

    public static NamePlace Of(Server server) => new()
    {
        Server = server, HttpPort = server.EdgePort, TlsPort = server.EndsTls ? server.EdgeTlsPort : null, ProxyHttps = server.EdgeHttps,
    };

    /// <param name="server">The instance's own.</param>
    public static async Task<NamePlace> OfAsync(OCoreDb db, Instance instance, Server server, CancellationToken stop)
    {
        if (instance.TopologyId is not { } topology || await db.EntriesOfTopologyAsync(topology, stop) is not { Count: > 0 } entries)
            return Of(server);
        var ids = entries.Select(e => e.ServerId).ToList();
        var servers = await db.ServersOfAll().Where(s => ids.Contains(s.Id)).ToDictionaryAsync(s => s.Id, stop);
        var there = entries.Where(e => servers.ContainsKey(e.ServerId)).ToList();
        return there.Count == 0 ? Of(server) : new NamePlace
        {
            Server = servers[there[0].ServerId], Entries = [.. there.Select(e => (servers[e.ServerId], e.SharedAddress))], HttpPort = there[0].HttpPort,
            // A name leads to all of them: it has HTTPS where each has.
            TlsPort = there.All(e => e.TlsPort == there[0].TlsPort) ? there[0].TlsPort : null,
        };
    }
}
