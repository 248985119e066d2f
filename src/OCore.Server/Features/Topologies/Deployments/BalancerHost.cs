using System.Security.Cryptography;
using System.Text;
using OCore.Client;
using OCore.Features.Domains;
using OCore.Features.Servers;
using OCore.Features.Topologies.Balancers;
using OCore.Platform.Data;
using OCore.Platform.Docker;
using OCore.Platform.Remote;
using OCore.Platform.Security;
using OCore.Platform.Tls;

namespace OCore.Features.Topologies.Deployments;

/// <summary>What a running load balancer does, replaced without a restart: the new configuration is checked before the old one gives way, and no open connection is cut.</summary>
internal sealed class BalancerHost(OCoreDbFactory databases, SecretBox secrets, AcmeAccounts accounts, Edge edge, TimeProvider time)
{
    private const int HaproxyUid = 99;
    private const string Applied = "ocore.applied";

    /// <param name="instance">Whose names it has certificates for.</param>
    /// <param name="draining">Nodes that get nobody new.</param>
    public async Task EnsureAsync(IServerConnection connection, Guid topology, Guid? instance, Layout layout, LayoutNode node, IReadOnlySet<string>? draining, CancellationToken stop)
    {
        var name = DockerName.Parse(node.Container);
        var (type, folder, check, signal) = ProgramOf(node);
        var (plan, certificates) = await SecuredAsync(layout.BalancerOf(node, draining), node, instance, folder, stop);
        if (plan.ChallengeUrl is not null)
            await connection.Docker.EnsureContainerAsync(BalancerChallenge.Spec(edge.Image, topology, node, plan.Thumbprint!), stop);
        var files = plan.Render(type);
        var version = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(files.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Key}\0{f.Value}\0")))))[..16];
        if (await RunsAsync(connection, name, folder, version, stop))
            return;
        var next = folder.Combine("next");
        // Certificates lie where they are read from: the new configuration is checked with them, and the old one names others.
        await connection.Docker.PutFilesAsync(name, [.. certificates, .. files.Select(f => ContainerFile.Text(next.Combine(f.Key), f.Value))], stop);
        await RunAsync(connection, name, SwitchScript, stop, folder.Value, check);
        if (signal is not null)
            await connection.Docker.KillAsync(name, signal, stop);
        await RunAsync(connection, name, "printf '%s' \"$2\" >\"$1/" + Applied + "\"", stop, folder.Value, version);
        // Workers are replaced in a moment; what is asked for through the balancer is waited for by those who need it.
        await Task.Delay(TimeSpan.FromMilliseconds(200), time, stop);
    }

    /// <summary>What it should have been given to read, for whoever compares.</summary>
    public async Task<IReadOnlyList<ContainerFile>> FilesAsync(Guid? instance, Layout layout, LayoutNode node, CancellationToken stop)
    {
        var (type, folder, _, _) = ProgramOf(node);
        var (plan, certificates) = await SecuredAsync(layout.BalancerOf(node), node, instance, folder, stop);
        return [.. plan.Render(type).Select(f => ContainerFile.Text(folder.Combine(f.Key), f.Value)), .. certificates];
    }

    /// <summary>That it has its configuration is not believed any more: the next time it is given anew, and read.</summary>
    public static Task ForgetAsync(IServerConnection connection, DockerName name, LayoutNode node, CancellationToken stop) =>
        RunAsync(connection, name, "rm -f \"$1/" + Applied + "\"", stop, ProgramOf(node).Folder.Value);

    /// <summary>With the names that are proven to be the instance's: those that have a certificate are secured.</summary>
    private async Task<(BalancerPlan, IReadOnlyList<ContainerFile>)> SecuredAsync(BalancerPlan plan, LayoutNode node, Guid? instance, RemotePath folder, CancellationToken stop)
    {
        if (instance is not { } id)
            return (plan, []);
        await using var db = databases.System();
        var names = await InstanceDomainQueries.RoutedOfAsync(db, id, stop);
        plan = plan with { Folder = folder.Value, Hosts = plan.Hosts.Count > 0 ? [.. plan.Hosts, .. names.Select(n => n.Host)] : [] };
        if (!plan.Tls)
            return (plan, []);
        var owned = names.Where(n => n.CertificateId is not null).ToList();
        var texts = await CertificateFiles.ReadAsync(db, secrets, [.. owned.Select(n => n.CertificateId!.Value)], stop);
        var there = owned.Where(n => texts.ContainsKey(n.CertificateId!.Value)).ToList();
        string FileOf(InstanceDomainQueries.Routed n) => $"{n.CertificateId:N}-{n.SerialNumber!.ToLowerInvariant()}.pem";
        var uid = node.Text("program") == "haproxy" ? HaproxyUid : 0;
        return (plan with
        {
            Certificates = [.. there.Select(n => new BalancedCertificate(n.Host, folder.Combine(FileOf(n)).Value))], Thumbprint = await accounts.ThumbprintAsync(stop),
            ChallengeUrl = node.Text("program") == "traefik" ? $"http://{BalancerChallenge.NameOf(node)}:{NodeSpecs.InnerHttpPort}" : null,
        }, [.. there.Select(n => ContainerFile.Text(folder.Combine(FileOf(n)), texts[n.CertificateId!.Value], UnixFileMode.UserRead | UnixFileMode.GroupRead, uid, 0))]);
    }

    // HAProxy counts by node; the others do not say, and what a stopping Odoo is answering it answers to its end.
    private const string SessionsScript = "exec 3<>/dev/tcp/127.0.0.1/8404; printf 'show stat -1 4 -1\\n' >&3; cat <&3";

    /// <summary>What a node still answers for this load balancer; 0 where it cannot be told.</summary>
    public static async Task<int> OpenRequestsAsync(IServerConnection connection, Layout layout, LayoutNode balancer, string nodeId, CancellationToken stop)
    {
        if (balancer.Text("program") != "haproxy" || layout.BalancerOf(balancer).Nodes.FirstOrDefault(n => n.Id == nodeId)?.Key is not { } key)
            return 0;
        var answer = await connection.Docker.ExecAsync(DockerName.Parse(balancer.Container), ["bash", "-c", SessionsScript], null, stop, new ExecOptions { Timeout = TimeSpan.FromSeconds(10) });
        if (!answer.Ok)
            return 0;
        var rows = answer.Out.Split('\n').Where(l => l.Length > 0).Select(l => l.TrimStart('#', ' ').Split(',')).ToList();
        var column = Array.IndexOf(rows[0], "scur");
        return rows.Where(r => r.Length > column && r[0] == "odoo" && r[1] == key).Sum(r => int.TryParse(r[column], out var n) ? n : 0);
    }

    private static (LoadBalancerType Type, RemotePath Folder, string Check, string? Signal) ProgramOf(LayoutNode node) => node.Text("program") switch
    {
        "nginx" => (LoadBalancerType.Nginx, NodeSpecs.Nginx, "nginx", "SIGHUP"),
        "traefik" => (LoadBalancerType.Traefik, NodeSpecs.Traefik, "traefik", null),
        _ => (LoadBalancerType.Haproxy, NodeSpecs.Haproxy, "haproxy", "SIGUSR2"),
    };

    // A container that was made anew has its first configuration and no word of another.
    private static async Task<bool> RunsAsync(IServerConnection connection, DockerName name, RemotePath folder, string version, CancellationToken stop)
    {
        try
        {
            return Encoding.ASCII.GetString(await connection.Docker.ReadFileAsync(name, folder.Combine(Applied), stop)) == version;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    private const string SwitchScript = """
        set -eu
        case $2 in
          # Its lists are still beside it; where they will be, those before are, or none.
          haproxy)
            sed "s#$1/\([a-z]*\.list\)#$1/next/\1#g" "$1/next/haproxy.cfg" >"$1/next/.checked"
            haproxy -c -f "$1/next/.checked" ;;
          nginx) nginx -t -q -c "$1/next/nginx.conf" ;;
        esac
        rm -f "$1/ocore.applied"
        for f in "$1"/next/*; do
          n=$1/${f##*/}
          cp -f "$f" "$n.next"
          mv -f "$n.next" "$n"
        done
        # What this configuration does not name any more; who still serves with the one before has read it.
        for f in "$1"/*.list; do
          [ -e "$1/next/${f##*/}" ] || rm -f "$f"
        done
        rm -rf "$1/next"
        for f in "$1"/*.pem; do
          [ -e "$f" ] || continue
          if ! grep -qsF "${f##*/}" "$1"/*.list "$1"/*.conf "$1"/*.yml; then rm -f "$f"; fi
        done
        """;

    private static async Task RunAsync(IServerConnection connection, DockerName name, string script, CancellationToken stop, params string[] arguments) =>
        (await connection.Docker.ExecAsync(name, ["sh", "-c", script, "ocore", .. arguments], null, stop, new ExecOptions { User = "0", Timeout = TimeSpan.FromMinutes(1) })).ThrowIfFailed("Checking the load balancer's new configuration");
}
