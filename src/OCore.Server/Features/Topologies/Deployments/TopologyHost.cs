using System.Net;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Features.Monitoring;
using OCore.Features.Servers;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Data;
using OCore.Platform.Docker;
using OCore.Platform.Operations;
using OCore.Platform.Remote;
using OCore.Platform.Security;

namespace OCore.Features.Topologies.Deployments;

/// <summary>A deployment with what it takes to work on it.</summary>
internal sealed record TopologyWork(TopologyDeployment Deployment, Layout Layout, TopologySecrets Secrets, IReadOnlyDictionary<Guid, Server> Servers)
{
    public Guid TopologyId => Deployment.TopologyId;
    public Server ServerOf(LayoutNode node) => Servers[node.ServerId!.Value];
    /// <summary>False also where its server was forgotten.</summary>
    public bool HasServerOf(LayoutNode node) => node.ServerId is { } id && Servers.ContainsKey(id);
}

/// <summary>
/// What oCore does to the nodes of a topology on their servers. Each function looks before it acts and may run twice; the operations
/// and the watch call the same ones.
/// </summary>
internal sealed class TopologyHost(ServerAccess access, SecretBox secrets, InstanceHost instances, ServerPreparation preparation, BalancerHost balancers, NodeFirewall firewall, BackupNodes backups, ServerFiles files, TimeProvider time)
{
    public static readonly JsonSerializerOptions Json = Layout.Json;

    /// <exception cref="StepRefusedException">It was removed meanwhile.</exception>
    public async Task<TopologyWork> OpenAsync(OCoreDb db, Guid topologyId, CancellationToken stop) =>
        await FindAsync(db, topologyId, stop) ?? throw new StepRefusedException("topology_gone", "The topology is not deployed any more.");

    public async Task<TopologyWork?> FindAsync(OCoreDb db, Guid topologyId, CancellationToken stop)
    {
        if (await db.TopologyDeployments.SingleOrDefaultAsync(d => d.TopologyId == topologyId, stop) is not { } deployment)
            return null;
        var ids = deployment.Layout.Servers.Concat(deployment.Before?.Servers ?? []).Distinct().ToList();
        // The servers are the agency's where the topology is a client's.
        var servers = await db.ServersOfAll().Where(s => ids.Contains(s.Id)).ToDictionaryAsync(s => s.Id, stop);
        return new TopologyWork(deployment, deployment.Layout, Open(deployment), servers);
    }

    public TopologySecrets Open(TopologyDeployment deployment) => JsonSerializer.Deserialize<TopologySecrets>(secrets.Unseal(deployment.SecretsSealed, TopologySecrets.Kind, deployment.Id), Json)!;

    public string Seal(TopologySecrets values, Guid deployment) => secrets.Seal(JsonSerializer.Serialize(values, Json), TopologySecrets.Kind, deployment);

    public ValueTask<IServerConnection> ConnectAsync(TopologyWork work, LayoutNode node, CancellationToken stop) => access.ConnectAsync(work.ServerOf(node), stop);

    /// <summary>What the node runs, and what runs beside it.</summary>
    public async Task EnsureImagesAsync(TopologyWork work, LayoutNode node, Action<string> log, CancellationToken stop)
    {
        var docker = (await ConnectAsync(work, node, stop)).Docker;
        await docker.EnsureImageAsync(ImageRef.Parse(node.Image), access.LocalEngine, log, stop);
        if (SharedAddress.ImageOf(node) is { } holder)
            await docker.EnsureImageAsync(holder, access.LocalEngine, log, stop);
    }

    /// <summary>The container of a node that is no Odoo, running. A load balancer for people also does what it should.</summary>
    public async Task EnsureAsync(TopologyWork work, LayoutNode node, CancellationToken stop)
    {
        var connection = await ConnectAsync(work, node, stop);
        await TopologyNetwork.EnsureAsync(connection.Docker, work.TopologyId, node.ServerId!.Value, stop);
        var spec = NodeSpecs.Of(work.TopologyId, work.Layout, node, work.Secrets);
        if (NodeSpecs.HasVolume(node))
            await connection.Docker.EnsureVolumeAsync(DockerName.Parse(node.Container), spec.Labels, stop);
        try
        {
            await connection.Docker.EnsureContainerAsync(spec, stop);
        }
        catch (DockerCallException taken) when (taken.Message.Contains("already in use", StringComparison.Ordinal) || taken.Message.Contains("already allocated", StringComparison.Ordinal))
        {
            // What held it may be going: the edge that makes way, or the container before this one.
            throw new TryLaterException($"{node.Label}: a port it needs on {work.ServerOf(node).Name} is in use.", "Stop the program that uses it, or give the node another port.", taken);
        }
        if (!node.IsBalancer)
            return;
        await balancers.EnsureAsync(connection, work.TopologyId, work.Deployment.InstanceId, work.Layout, node, null, stop);
        await SharedAddress.EnsureAsync(connection, work.TopologyId, node, work.ServerOf(node).Name, stop);
    }

    /// <summary>With its volume: what it kept is gone.</summary>
    public async Task RemoveAsync(TopologyWork work, LayoutNode node, CancellationToken stop)
    {
        if (!work.HasServerOf(node))
            return;
        var connection = await ConnectAsync(work, node, stop);
        // First the address: the other load balancer has it before this one is gone.
        if (SharedAddress.Of(node) is not null)
            await SharedAddress.RemoveAsync(connection, node, stop);
        if (node.IsBalancer)
            balancers.Forget(node);
        await connection.Docker.RemoveContainerAsync(DockerName.Parse(node.Container), stop);
        if (BalancerChallenge.IsNeeded(node))
            await connection.Docker.RemoveContainerAsync(BalancerChallenge.NameOf(node), stop);
        if (NodeSpecs.HasVolume(node))
            await connection.Docker.RemoveVolumeAsync(DockerName.Parse(node.Container), stop);
        // The way to the files, and no file: those are the NFS server's.
        if (node.Type == NodeType.Odoo && NfsServer.Of(work.Layout) is { } nfs)
            await connection.Docker.RemoveVolumeAsync(OdooCluster.FilesOf(node.Container, nfs), stop);
    }

    /// <summary>The ports by which people come are the load balancer's from now on, where one of them is the edge's.</summary>
    public async Task TakeEdgeAsync(OCoreDb db, TopologyWork work, LayoutNode node, CancellationToken stop)
    {
        var server = work.ServerOf(node);
        if (EdgePortOf(node, server) is not { } port)
            return;
        if (server.EdgeTakenBy != work.TopologyId && !await db.TakeEdgeAsync(server.Id, work.TopologyId, stop))
            throw new StepRefusedException("edge_in_use", $"Port {port} of {server.Name} leads to instances, or to another topology.", "Let the load balancer use another port, or another server.");
        await (await ConnectAsync(work, node, stop)).Docker.RemoveContainerAsync(Edge.Name, stop);
    }

    /// <summary>The port of a load balancer that is the edge's of its server, or null.</summary>
    private static int? EdgePortOf(LayoutNode node, Server server) =>
        new[] { node.Port, node.SecondPort }.Where(p => p > 0 && (p == server.EdgePort || !server.EdgeHttps && p == server.EdgeTlsPort)).Select(p => (int?)p).FirstOrDefault();

    /// <summary>Gives it back where no load balancer that is drawn there wants a port of it any more.</summary>
    public async Task GiveUnusedEdgeBackAsync(OCoreDb db, TopologyWork work, LayoutNode node, CancellationToken stop)
    {
        var server = work.ServerOf(node);
        if (server.EdgeTakenBy == work.TopologyId && !work.Layout.Nodes.Any(n => n.IsBalancer && n.ServerId == server.Id && EdgePortOf(n, server) is not null))
            await GiveEdgeBackAsync(db, work, node, stop);
    }

    public async Task GiveEdgeBackAsync(OCoreDb db, TopologyWork work, LayoutNode node, CancellationToken stop)
    {
        if (node.ServerId is not { } id || !await db.GiveEdgeBackAsync(id, work.TopologyId, stop) || await db.ServersOfAll().SingleOrDefaultAsync(s => s.Id == id, stop) is not { } server)
            return;
        await preparation.EnsureEdgeAsync(db, await access.ConnectAsync(server, stop), server, stop);
    }

    /// <summary>A load balancer that runs, with the certificates that there are now.</summary>
    public async Task SecureAsync(TopologyWork work, LayoutNode balancer, CancellationToken stop)
    {
        var connection = await ConnectAsync(work, balancer, stop);
        if (await connection.Docker.FindAsync(DockerName.Parse(balancer.Container), stop) is { IsRunning: true })
            await balancers.EnsureAsync(connection, work.TopologyId, work.Deployment.InstanceId, work.Layout, balancer, null, stop);
    }

    /// <summary>Waits until a node that is no Odoo does its work. A monitor that misses somebody does it: it says so.</summary>
    public async Task<NodeMeasure> WaitAsync(TopologyWork work, LayoutNode node, TimeSpan within, CancellationToken stop)
    {
        var since = time.GetTimestamp();
        for (; ; )
        {
            var seen = await MeasureAsync(work, node, stop);
            if (seen.State == TopologyNodeState.Running || node.Type == NodeType.Monitor && seen.State == TopologyNodeState.Degraded)
                return seen;
            if (time.GetElapsedTime(since) > within)
                throw new TryLaterException($"{node.Label} is not ready: {seen.Message}", "Its server's page shows the container; its log says why.");
            await Task.Delay(TimeSpan.FromMilliseconds(500), stop);
        }
    }

    /// <summary>How a node does, asked now of the node itself.</summary>
    public async Task<NodeMeasure> MeasureAsync(TopologyWork work, LayoutNode node, CancellationToken stop)
    {
        if (node.Type == NodeType.Backup || node.IsForBackups)
            return await backups.AskAsync(work, node, stop);
        if (node.Type == NodeType.S3)
            return await BucketAsync(work, node, stop);
        if (!work.Servers.TryGetValue(node.ServerId!.Value, out var server))
            return new NodeMeasure(TopologyNodeState.Missing, "Its server is gone.");
        try
        {
            var seen = await NodeProbes.AskAsync(await access.ConnectAsync(server, stop), work, node, stop);
            return SharedAddress.Of(node) is not { } shared || seen.State is not (TopologyNodeState.Running or TopologyNodeState.Degraded) ? seen
                : SharedAddress.Judge(node, seen, await Task.WhenAll(work.Layout.Nodes.Where(n => SharedAddress.Of(n) == shared).Select(async n => (n, await HolderAsync(work, n, stop)))));
        }
        catch (Exception away) when (away is TryLaterException or StepRefusedException or ServerException or TimeoutException && !stop.IsCancellationRequested)
        {
            return new NodeMeasure(TopologyNodeState.Unknown, $"{server.Name} does not answer: {away.Message}");
        }
    }

    /// <returns>Null where it does not answer.</returns>
    private async Task<HolderState?> HolderAsync(TopologyWork work, LayoutNode node, CancellationToken stop)
    {
        if (!work.Servers.TryGetValue(node.ServerId!.Value, out var server))
            return null;
        try
        {
            return await SharedAddress.AskAsync(await access.ConnectAsync(server, stop), node, stop);
        }
        catch (Exception away) when (away is TryLaterException or StepRefusedException or ServerException or TimeoutException && !stop.IsCancellationRequested)
        {
            return null;
        }
    }

    // A bucket is asked by those who use it.
    private async Task<NodeMeasure> BucketAsync(TopologyWork work, LayoutNode node, CancellationToken stop)
    {
        var home = work.Layout.Home;
        if (!work.Servers.TryGetValue(home.ServerId!.Value, out var server))
            return new NodeMeasure(TopologyNodeState.Unknown, "Nobody can ask it.");
        try
        {
            return await NodeProbes.BucketAsync(await access.ConnectAsync(server, stop), DockerName.Parse(home.Container), stop);
        }
        catch (Exception away) when (away is TryLaterException or StepRefusedException or ServerException or TimeoutException && !stop.IsCancellationRequested)
        {
            return new NodeMeasure(TopologyNodeState.Unknown, $"{home.Label}, which would ask it, does not answer: {away.Message}");
        }
    }

    /// <summary>People come to it no more, and nobody watches or repairs it: it goes, with its instance.</summary>
    public async Task CloseAsync(OCoreDb db, Guid topologyId, CancellationToken stop)
    {
        if (await FindAsync(db, topologyId, stop) is not { } work)
            return;
        work.Deployment.Status = "destroying";
        if (await db.Instances.SingleOrDefaultAsync(i => i.Id == work.Deployment.InstanceId, stop) is { } instance)
            (instance.Status, instance.WantRunning) = (InstanceStatus.Removing, false);
        await db.SaveChangesAsync(stop);
        foreach (var node in work.Layout.Nodes.Where(n => n.IsBalancer))
            await RemoveAsync(work, node, stop);
    }

    /// <summary>Everything of it on all its servers. What is known of it stays until it is forgotten.</summary>
    public async Task RemoveNodesAsync(OCoreDb db, Guid topologyId, Action<string> log, CancellationToken stop)
    {
        if (await FindAsync(db, topologyId, stop) is not { } work)
            return;
        var nodes = work.Layout.Nodes.Concat(work.Deployment.Before?.Nodes.Where(b => work.Layout.Find(b.Id) is null) ?? []).Where(n => n.ServerId is not null).ToList();
        foreach (var node in Enumerable.Reverse(nodes))
        {
            await RemoveAsync(work, node, stop);
            if (node.IsBalancer)
                await GiveEdgeBackAsync(db, work, node, stop);
            log($"{node.Label} is removed");
        }
        if (work.Deployment.InstanceId is { } instance)
            foreach (var server in nodes.Where(n => n.Type == NodeType.Odoo).Select(n => n.ServerId!.Value).Distinct().Where(work.Servers.ContainsKey))
            {
                await ServerFiles.RemoveFolderAsync(await access.ConnectAsync(work.Servers[server], stop), OdooContainer.FolderOf(instance), stop);
                await ForgetNfsAsync(db, work, server, stop);
            }
        // Whatever else is on its network or carries its label, such as a backup's worker or a one-off container that was cut off.
        foreach (var server in work.Servers.Values)
        {
            var docker = (await access.ConnectAsync(server, stop)).Docker;
            if (work.Deployment.InstanceId is { } of)
                await docker.RemoveByLabelAsync(ServerLabels.Instance, of.ToString(), stop);
            try
            {
                await docker.RemoveByLabelAsync(NodeSpecs.TopologyLabel, work.TopologyId.ToString(), stop);
            }
            catch (DockerCallException used) when (used.Status == HttpStatusCode.Forbidden)
            {
                throw new TryLaterException($"The topology's network on {server.Name} is still in use: {used.Message}", "Something that oCore did not start is connected to it: remove that container.", used);
            }
        }
        await firewall.RemoveAsync(work, nodes.Select(n => n.ServerId!.Value), stop);
    }

    /// <summary>What the kernel's NFS client of a server was told is taken back with the last topology that mounts there.</summary>
    public async Task ForgetNfsAsync(OCoreDb db, TopologyWork work, Guid server, CancellationToken stop)
    {
        if (NfsServer.Of(work.Layout) is null || !work.Servers.TryGetValue(server, out var there))
            return;
        var others = await db.TopologyDeployments.AsNoTracking().Where(d => d.TopologyId != work.TopologyId && d.Status != "destroying").ToListAsync(stop);
        if (!others.Any(d => NfsServer.IsMountedOn(d.Layout, server) || NfsServer.IsMountedOn(d.Before, server)))
            await NfsServer.ForgetClientAsync(await access.ConnectAsync(there, stop), stop);
    }

    /// <summary>What is known of one that is gone for good: its plans too, which say whose it was, and the target that was made for its backups, where none are kept any more.</summary>
    public static async Task ForgetForGoodAsync(OCoreDb db, Guid topologyId, CancellationToken stop)
    {
        if (await db.TopologyDeployments.SingleOrDefaultAsync(d => d.TopologyId == topologyId, stop) is { } deployment)
            await BackupNodes.RemoveAsync(db, deployment, stop);
        await db.TopologyPlans.Where(p => p.TopologyId == topologyId).ExecuteDeleteAsync(stop);
        await ForgetAsync(db, topologyId, stop);
    }

    /// <summary>What is known of what ran. Its plans stay: what was undone may be tried again.</summary>
    public static async Task ForgetAsync(OCoreDb db, Guid topologyId, CancellationToken stop)
    {
        await db.DeployedNodes.Where(n => n.TopologyId == topologyId).ExecuteDeleteAsync(stop);
        if (await db.TopologyDeployments.SingleOrDefaultAsync(d => d.TopologyId == topologyId, stop) is { } deployment)
        {
            if (deployment.InstanceId is { } instance)
                await DefaultAlerts.RemoveAsync(db, instance, stop);
            db.Remove(deployment);
        }
        await db.SaveChangesAsync(stop);
    }

    /// <summary>What the instance's own tools have to know.</summary>
    public static OdooCluster ClusterOf(TopologyWork work, Guid instance, ClusterBucket? bucket)
    {
        var (hosts, port) = work.Layout.Database;
        var home = work.Layout.Home;
        return new OdooCluster
        {
            TopologyId = work.TopologyId,
            Nodes = [.. work.Layout.Of(NodeType.Odoo).OrderBy(n => n.Id != home.Id).ThenBy(n => n.Id, StringComparer.Ordinal).Select(n => new ClusterNode(n.Id, n.ServerId!.Value, n.Container, n.Address!, n.Port, n.SecondPort, n.Int("workers"), n.Int("cronThreads"), n.Int("dbMaxConn"), n.MemoryMb, n.Cpus))],
            Postgres = [.. work.Layout.Of(NodeType.Postgres).OrderBy(n => !n.Is("role", "primary")).ThenBy(n => n.Id, StringComparer.Ordinal).Select(n => new ClusterPostgres(n.ServerId!.Value, n.Container))],
            DatabaseHosts = hosts, DatabasePort = port,
            Redis = work.Layout.Redis && work.Layout.FirstRedis is { } redis ? RedisOf(work, redis, $"hosting:{instance:N}:") : null,
            Bucket = work.Layout.FilestoreType == FilestoreType.S3 ? bucket : null, Nfs = NfsServer.Of(work.Layout),
        };
    }

    private static ClusterRedis RedisOf(TopologyWork work, LayoutNode first, string prefix)
    {
        var sentinels = work.Layout.Sentinels.Select(s => new ClusterSentinel(s.Address!, s.Port)).ToList();
        var alone = new ClusterRedis(first.Address!, first.Port, work.Secrets.Redis, prefix);
        return sentinels.Count == 0 ? alone : alone with { Sentinels = sentinels, Service = RedisNodes.Watched, SentinelPassword = work.Secrets.Sentinel };
    }

    /// <summary>Ports of nodes are open to those who use them, and to nobody else.</summary>
    public NodeFirewall Firewall => firewall;

    public ServerFiles Files => files;

    /// <summary>Who Odoo is in the image of a node.</summary>
    public async Task<FileOwner> OwnerAsync(TopologyWork work, LayoutNode node, CancellationToken stop) => await files.OwnerAsync(await ConnectAsync(work, node, stop), node.ServerId!.Value, node.Image, stop);

    /// <summary>Instances of topologies are worked on by the same tools as all others.</summary>
    public InstanceHost Instances => instances;
}
