using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
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
    private readonly ConcurrentDictionary<string, SemaphoreSlim> _turns = new();
    private readonly ConcurrentDictionary<string, IReadOnlySet<string>> _draining = new();
    private static readonly TimeSpan ReloadWithin = TimeSpan.FromSeconds(20);

    /// <param name="instance">Whose names it has certificates for.</param>
    /// <param name="draining">Nodes that get nobody new; null for those that get nobody as it is, so that who watches takes none in again that an operation has just taken out.</param>
    public async Task EnsureAsync(IServerConnection connection, Guid topology, Guid? instance, Layout layout, LayoutNode node, IReadOnlySet<string>? draining, CancellationToken stop)
    {
        var name = DockerName.Parse(node.Container);
        // Who watches may come while an operation is at it: each would sweep away what the other has just put there.
        var turn = _turns.GetOrAdd(name.Value, _ => new SemaphoreSlim(1, 1));
        await turn.WaitAsync(stop);
        try
        {
            if (draining is null)
                draining = _draining.GetValueOrDefault(name.Value);
            else
                _draining[name.Value] = draining;
            var (type, folder, _, _) = ProgramOf(node);
            var (plan, certificates) = await SecuredAsync(layout.BalancerOf(node, draining), node, instance, folder, stop);
            if (plan.ChallengeUrl is not null)
                await connection.Docker.EnsureContainerAsync(BalancerChallenge.Spec(edge.Image, topology, node, plan.Thumbprint!), stop);
            await ApplyAsync(connection, name, node, plan.Render(type), certificates, stop);
        }
        finally
        {
            turn.Release();
        }
    }

    /// <summary>Gives a running load balancer other files to read. What its program refuses does not take their place, and what it does not take up does not keep it.</summary>
    internal async Task ApplyAsync(IServerConnection connection, DockerName name, LayoutNode node, IReadOnlyDictionary<string, string> files, IReadOnlyList<ContainerFile> certificates, CancellationToken stop)
    {
        var (type, folder, check, signal) = ProgramOf(node);
        var version = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(files.OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => $"{f.Key}\0{f.Value}\0")))))[..16];
        if (await RunsAsync(connection, name, folder, version, stop))
            return;
        var next = folder.Combine("next");
        // Certificates lie where they are read from: the new configuration is checked with them, and the old one names others.
        await connection.Docker.PutFilesAsync(name, [.. certificates, .. ProgramsOf(type), .. files.Select(f => ContainerFile.Text(next.Combine(f.Key), f.Value))], stop);
        await RunAsync(connection, name, "Checking the load balancer's new configuration", SwitchScript, stop, folder.Value, check);
        if (signal is not null)
            await ReloadAsync(connection, name, folder, check, signal, stop);
        await RunAsync(connection, name, "Sweeping up after the load balancer's new configuration", SweepScript, stop, [folder.Value, version, .. files.Keys]);
        // The workers before end in a moment; what is asked for through the balancer is waited for by those who need it.
        await Task.Delay(TimeSpan.FromMilliseconds(200), time, stop);
    }

    /// <summary>It is gone: another of its name begins anew.</summary>
    public void Forget(LayoutNode balancer) => _draining.TryRemove(balancer.Container, out _);

    /// <summary>What it should have been given to read, for whoever compares.</summary>
    public async Task<IReadOnlyList<ContainerFile>> FilesAsync(Guid? instance, Layout layout, LayoutNode node, CancellationToken stop)
    {
        var (type, folder, _, _) = ProgramOf(node);
        var (plan, certificates) = await SecuredAsync(layout.BalancerOf(node), node, instance, folder, stop);
        return [.. plan.Render(type).Select(f => ContainerFile.Text(folder.Combine(f.Key), f.Value)), .. ProgramsOf(type), .. certificates];
    }

    /// <summary>That it has its configuration is not believed any more: the next time it is given anew, and read.</summary>
    public static Task ForgetAsync(IServerConnection connection, DockerName name, LayoutNode node, CancellationToken stop) =>
        RunAsync(connection, name, "Forgetting the load balancer's configuration", "rm -f \"$1/" + Applied + "\"", stop, ProgramOf(node).Folder.Value);

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

    // Asked of the kernel, for no program tells of requests that its workers of before a reload still have. Odoo ends each connection
    // with its answer, and live connections go to a port of their own, unless a node is threaded.
    internal const string OpenScript = """cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | grep -cF -- " $1 01 " || true""";

    /// <summary>How many requests a node still answers for this load balancer. One that does not run has none.</summary>
    public static async Task<int> OpenRequestsAsync(IServerConnection connection, LayoutNode balancer, LayoutNode node, CancellationToken stop)
    {
        var name = DockerName.Parse(balancer.Container);
        if (await connection.Docker.FindAsync(name, stop) is not { IsRunning: true })
            return 0;
        var answer = await connection.Docker.ExecAsync(name, ["sh", "-c", OpenScript, "ocore", InTable(IPAddress.Parse(node.Address!), node.Port)], null, stop, new ExecOptions { Timeout = TimeSpan.FromSeconds(10) });
        return int.TryParse(answer.Out, NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var open) ? open : 0;
    }

    /// <summary>As the kernel writes an end of a connection in its table: words of four bytes in the order of the processor, which is little-endian on all that oCore runs on.</summary>
    internal static string InTable(IPAddress address, int port)
    {
        var bytes = address.GetAddressBytes();
        var text = new StringBuilder();
        for (var at = 0; at < bytes.Length; at += 4)
            text.Append(BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at, 4)).ToString("X8", CultureInfo.InvariantCulture));
        return text.Append(':').Append(port.ToString("X4", CultureInfo.InvariantCulture)).ToString();
    }

    private static (LoadBalancerType Type, RemotePath Folder, string Check, string? Signal) ProgramOf(LayoutNode node) => node.Text("program") switch
    {
        "nginx" => (LoadBalancerType.Nginx, NodeSpecs.Nginx, "nginx", "SIGHUP"),
        "traefik" => (LoadBalancerType.Traefik, NodeSpecs.Traefik, "traefik", null),
        _ => (LoadBalancerType.Haproxy, NodeSpecs.Haproxy, "haproxy", "SIGUSR2"),
    };

    // With its configuration, so that it is put back with it where somebody changed it.
    private static IReadOnlyList<ContainerFile> ProgramsOf(LoadBalancerType type) => type == LoadBalancerType.Nginx ? [BalancerChecks.Program] : [];

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

    // What is put back is what was applied, and not what a try before this one left behind.
    internal const string SwitchScript = """
        set -eu
        case $2 in
          # Its lists are still beside it; where they will be, those before are, or none.
          haproxy)
            sed "s#$1/\([a-z]*\.list\)#$1/next/\1#g" "$1/next/haproxy.cfg" >"$1/next/.checked"
            haproxy -c -f "$1/next/.checked" ;;
          nginx) nginx -t -q -c "$1/next/nginx.conf" ;;
        esac
        if [ -e "$1/ocore.applied" ]; then
          rm -f "$1"/*.previous
          for f in "$1"/next/* "$1"/*.list; do
            n=$1/${f##*/}
            if [ -e "$n" ]; then cp -f "$n" "$n.previous"; fi
          done
        fi
        rm -f "$1/ocore.applied"
        for f in "$1"/next/*; do
          n=$1/${f##*/}
          cp -f "$f" "$n.next"
          mv -f "$n.next" "$n"
        done
        # nginx reads what is made of it and of what fails.
        if [ -e "$1/ocore.looked" ]; then bash "$1/ocore.checker" make "$1"; fi
        """;

    internal const string BackScript = """
        set -eu
        for f in "$1"/*.previous; do
          [ -e "$f" ] || continue
          n=${f%.previous}
          cp -f "$f" "$n.next"
          mv -f "$n.next" "$n"
        done
        rm -rf "$1/next"
        if [ -e "$1/ocore.looked" ]; then bash "$1/ocore.checker" make "$1"; fi
        """;

    // Certificates that only the configuration before names are not kept with it: they may be nobody's any more.
    internal const string SweepScript = """
        set -eu
        folder=$1 version=$2
        shift 2
        # What this configuration does not name any more; who still serves with the one before has read it.
        for f in "$folder"/*.list; do
          case " $* " in *" ${f##*/} "*) ;; *) rm -f "$f" ;; esac
        done
        rm -rf "$folder/next"
        for f in "$folder"/*.pem; do
          [ -e "$f" ] || continue
          if ! grep -qsF "${f##*/}" "$folder"/*.list "$folder"/*.conf "$folder"/*.yml; then rm -f "$f"; fi
        done
        printf '%s' "$version" >"$folder/ocore.applied"
        """;

    // Programs of this kind refuse a configuration in silence and go on with the one before: they took it when they have a new worker, which
    // is a child of their own. What only tests a configuration is somebody else's.
    internal const string WorkersScript = """
        for f in $(grep -lsx "$1" /proc/[0-9]*/comm); do
          parent=$(sed -n 's/^PPid:[[:space:]]*//p' "${f%comm}status" 2>/dev/null || true)
          if grep -qsx "$1" "/proc/$parent/comm"; then echo "$f"; fi
        done
        """;

    private static async Task ReloadAsync(IServerConnection connection, DockerName name, RemotePath folder, string program, string signal, CancellationToken stop)
    {
        async Task<HashSet<string>> WorkersAsync() => [.. (await RunAsync(connection, name, "Looking at the load balancer's workers", WorkersScript, stop, program)).Split('\n', StringSplitOptions.RemoveEmptyEntries)];
        var before = await WorkersAsync();
        await connection.Docker.KillAsync(name, signal, stop);
        using var late = new CancellationTokenSource(ReloadWithin);
        while ((await WorkersAsync()).IsSubsetOf(before))
        {
            if (late.IsCancellationRequested)
            {
                await RunAsync(connection, name, "Putting back the load balancer's configuration", BackScript, stop, folder.Value);
                throw new ServerException($"The load balancer did not take its new configuration within {ReloadWithin.TotalSeconds:0} s; it goes on with the one before.");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(50), stop);
        }
    }

    private static async Task<string> RunAsync(IServerConnection connection, DockerName name, string what, string script, CancellationToken stop, params string[] arguments) =>
        (await connection.Docker.ExecAsync(name, ["sh", "-c", script, "ocore", .. arguments], null, stop, new ExecOptions { User = "0", Timeout = TimeSpan.FromMinutes(1) })).ThrowIfFailed(what).Out;
}
