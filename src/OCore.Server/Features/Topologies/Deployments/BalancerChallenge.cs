using OCore.Platform.Docker;
using OCore.Platform.Remote;

namespace OCore.Features.Topologies.Deployments;

/// <summary>Answers the certificate authority beside a load balancer that cannot say a word of its own: Traefik only leads on.</summary>
internal static class BalancerChallenge
{
    private static readonly RemotePath Config = RemotePath.Parse("/usr/local/etc/haproxy/haproxy.cfg");

    public static DockerName NameOf(LayoutNode balancer) => DockerName.Parse(balancer.Container + "-acme");

    public static bool IsNeeded(LayoutNode node) => node.IsBalancer && node.Is("program", "traefik") && node.Is("tls", "true");

    public static ContainerSpec Spec(ImageRef image, Guid topology, LayoutNode balancer, string thumbprint) => new()
    {
        Name = NameOf(balancer), Image = image, Labels = NodeSpecs.Labels(topology, balancer), Networks = [new ContainerNetwork(TopologyNetwork.NameOf(topology))],
        Files = [ContainerFile.Text(Config, $$"""
            defaults
                mode http
                timeout connect 5s
                timeout client 10s
                timeout server 10s
            frontend challenge
                bind :{{NodeSpecs.InnerHttpPort}}
                http-request return status 200 content-type application/octet-stream lf-string "%[path,field(4,/)].{{Checked(thumbprint)}}" if { path_beg /.well-known/acme-challenge/ } { path,field(4,/) -m reg ^[A-Za-z0-9_-]{16,200}$ }
                http-request return status 404

            """)],
        MemoryBytes = 64L << 20, DropCapabilities = ["ALL"], StopTimeout = TimeSpan.FromSeconds(2),
    };

    private static string Checked(string thumbprint) =>
        thumbprint.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_') ? thumbprint : throw new ArgumentException($"'{thumbprint}' is not the thumbprint of a key.");
}
