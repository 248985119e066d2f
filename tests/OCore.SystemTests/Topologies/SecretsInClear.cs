using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Features.Topologies.Deployments;
using OCore.Platform.Data;
using OCore.Platform.Security;
using Xunit;

namespace OCore.SystemTests.Topologies;

/// <summary>What the nodes of a topology keep to themselves lies in clear in the nodes that need it, and nowhere else.</summary>
internal static class SecretsInClear
{
    // What a container's program is given for a moment, runc has in a file for that moment.
    private const string FindScript =
        """
        for s; do set -- "$@" -e "$s"; shift; done
        grep -rlsF -D skip --exclude='runc-process*' "$@" /etc /home /opt /root /run /srv /tmp /usr/local /var/log /var/tmp /var/lib/ocore /var/lib/docker/containers || true
        """;

    public static async Task AreNowhereAsync(TopologyLab lab, TopologyView topology)
    {
        string[] secrets = [.. await OfAsync(lab, topology), Bucket.SecretKey];
        foreach (var machine in lab.Machines)
        {
            // Not in what Docker tells, nor in a file of the server's outside of the node that needs it: what containers said is among those.
            var told = await machine.ShellAsync("docker ps -aq | xargs -r docker inspect");
            Assert.All(secrets, secret => Assert.DoesNotContain(secret, told, StringComparison.Ordinal));
            Assert.Equal("", (await machine.ShellAsync(FindScript, secrets)).Trim());
        }
        // Nor with oCore itself.
        foreach (var file in Directory.EnumerateFiles(lab.Scene.App.DataDirectory, "*", SearchOption.AllDirectories))
        {
            var kept = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(file));
            Assert.All(secrets, secret => Assert.False(kept.Contains(secret, StringComparison.Ordinal), $"{Path.GetFileName(file)} has a secret"));
        }
    }

    /// <summary>Those that the nodes have between them, and the instance's own.</summary>
    private static async Task<IReadOnlyList<string>> OfAsync(TopologyLab lab, TopologyView topology)
    {
        await using var db = lab.Scene.App.Databases.System();
        var deployment = await db.TopologyDeployments.AcrossTenants().AsNoTracking().SingleAsync(d => d.TopologyId == topology.Id);
        var (between, box) = (lab.Scene.App.Services.GetRequiredService<TopologyHost>().Open(deployment), lab.Scene.App.Services.GetRequiredService<SecretBox>());
        var instance = await db.Instances.AcrossTenants().AsNoTracking().SingleAsync(i => i.Id == deployment.InstanceId);
        string[] all = [between.Postgres, between.Replication, between.Rest, between.Redis, between.Sentinel, box.Unseal(instance.DatabasePasswordSealed, InstanceSecrets.Database, instance.Id), box.Unseal(instance.ConnectKeySealed, InstanceSecrets.Connect, instance.Id)];
        Assert.All(all, s => Assert.True(s.Length >= 20, "A secret is short."));
        return all;
    }
}
