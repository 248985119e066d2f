using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Topologies.Deployments;
using OCore.Platform.Remote;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Topologies;

/// <summary>A running load balancer is given what its program refuses, and what it would take and cannot do: it goes on as it was, and people with it.</summary>
internal static class RefusedConfigurations
{
    private const int Taken = 8899;

    public static async Task ChangeNothingAsync(TopologyLab lab, TopologyView topology, string domain, ITestOutputHelper output)
    {
        var work = await lab.OpenAsync(topology);
        var node = work.Layout.Nodes.Single(n => n.IsBalancer);
        var (name, balancers) = (DockerName.Parse(node.Container), lab.Scene.App.Services.GetRequiredService<BalancerHost>());
        var connection = await lab.Scene.App.Services.GetRequiredService<TopologyHost>().ConnectAsync(work, node, default);
        var haproxy = topology.HaConfig.LbType == LoadBalancerType.Haproxy;
        var (folder, file) = haproxy ? (NodeSpecs.Haproxy, "haproxy.cfg") : (NodeSpecs.Nginx, "nginx.conf");
        var (live, applied) = (await ReadAsync(file), await ReadAsync("ocore.applied"));
        Assert.NotEqual("", applied);

        await lab.UnderLoadAsync(domain, "given a configuration that it refuses", output, async () =>
        {
            var refused = await Assert.ThrowsAsync<RemoteCommandException>(() => ApplyAsync(live + "no_such_directive on;\n"));
            Assert.StartsWith("Checking the load balancer's new configuration failed", refused.Message, StringComparison.Ordinal);
        });
        Assert.Equal((live, applied), (await ReadAsync(file), await ReadAsync("ocore.applied")));

        // No check sees this: HAProxy is told of a socket in a folder that is not there, nginx of a port that somebody else has.
        if (!haproxy)
            await lab.MachineOf(node).ShellAsync(
                """
                docker exec -d "$1" perl -MSocket -e 'alarm 300; socket(my $s, PF_INET, SOCK_STREAM, 0) or die; bind($s, sockaddr_in($ARGV[0], INADDR_LOOPBACK)) or die; listen($s, 8) or die; while (accept(my $c, $s)) { close $c }' "$2"
                docker exec "$1" timeout 20 bash -c 'until (exec 3<>"/dev/tcp/127.0.0.1/$0") 2>/dev/null; do sleep 0.1; done' "$2"
                """, node.Container, $"{Taken}");
        var unbound = haproxy ? live + "\nfrontend nowhere\n    bind unix@/nowhere/at.sock\n    default_backend odoo\n"
            : live[..live.LastIndexOf('}')] + $"    server {{\n        listen 127.0.0.1:{Taken};\n        return 204;\n    }}\n}}\n";
        await lab.UnderLoadAsync(domain, "given a configuration that it cannot take up", output, async () =>
        {
            var late = await Assert.ThrowsAsync<ServerException>(() => ApplyAsync(unbound));
            Assert.Contains("goes on with the one before", late.Message, StringComparison.Ordinal);
        });
        Assert.Equal(live, await ReadAsync(file));
        // Nobody believes that it has its configuration before it was given that anew.
        await Assert.ThrowsAsync<FileNotFoundException>(() => ReadAsync("ocore.applied"));
        await lab.UnderLoadAsync(domain, "given its own configuration again", output, () => balancers.EnsureAsync(connection, work.TopologyId, work.Deployment.InstanceId, work.Layout, node, null, default));
        Assert.Equal((live, applied), (await ReadAsync(file), await ReadAsync("ocore.applied")));

        async Task<string> ReadAsync(string of) => Encoding.UTF8.GetString(await connection.Docker.ReadFileAsync(name, folder.Combine(of), default));

        Task ApplyAsync(string text) => balancers.ApplyAsync(connection, name, node, new Dictionary<string, string> { [file] = text }, [], default);
    }
}
