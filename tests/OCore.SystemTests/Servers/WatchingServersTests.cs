using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Servers;
using OCore.SystemTests.Remote;
using OCore.Tests;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Servers;

/// <summary>What the reconciler notices and what it mends.</summary>
[Collection(ServerLabCollection.Name)]
public sealed class WatchingServersTests(ServerLab lab, ITestOutputHelper output)
{
    [LabFact]
    public async Task A_cut_link_is_noticed_within_15_seconds_and_so_is_its_return()
    {
        await using var scene = await ServerScene.StartAsync();
        var id = (await scene.AddAsync(new AddServer { Name = "cut", Host = lab.First.Host.Value, User = "deploy", PrivateKey = lab.First.Key })).ServerId!.Value;
        await Task.Delay(TimeSpan.FromSeconds(3)); // somewhere within the reconciler's round
        // What is known of the machine, as if it had been given other parts while it was away.
        var facts = (await scene.GetAsync(id)).Facts!;
        await using (var db = scene.App.Databases.System())
            await db.SaveFactsAsync(id, facts with { Cpus = facts.Cpus + 7, MemoryBytes = 1, DockerVersion = "0.9" }, default);
        await lab.First.DoAsync("cut");
        try
        {
            output.WriteLine($"unreachable after {(await scene.UntilAsync(id, ServerStatus.Unreachable, TimeSpan.FromSeconds(15))).TotalSeconds:0.0} s");
        }
        finally
        {
            await lab.First.DoAsync("heal");
        }
        output.WriteLine($"back after {(await scene.UntilAsync(id, ServerStatus.Active, TimeSpan.FromSeconds(20))).TotalSeconds:0.0} s");
        Assert.Null((await scene.GetAsync(id)).StatusMessage);
        var again = (await scene.GetAsync(id)).Facts!;
        Assert.Equal((facts.Cpus, facts.MemoryBytes, facts.DockerVersion), (again.Cpus, again.MemoryBytes, again.DockerVersion));
        await scene.RemoveAsync(id);
    }

    [LabFact]
    public async Task Another_host_key_stops_everything_until_a_person_pins_it()
    {
        await using var scene = await ServerScene.StartAsync();
        var id = (await scene.AddAsync(new AddServer { Name = "swapped", Host = lab.Second.Host.Value, User = "deploy", PrivateKey = lab.Second.Key })).ServerId!.Value;
        await lab.Second.ShellAsync("mkdir -p /root/keys && cp -a /etc/ssh/ssh_host_* /root/keys/");
        try
        {
            await lab.Second.ShellAsync("cd /etc/ssh && rm ssh_host_* && ssh-keygen -q -t ed25519 -N '' -f ssh_host_ed25519_key && systemctl restart ssh");
            scene.App.Services.GetRequiredService<ServerAccess>().Forget(id); // the open connection would go on under the old key
            var now = (await lab.Second.ShellAsync("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub")).Split(' ')[1];
            var logins = "journalctl -u ssh --since -1hour | grep -c Accepted || true";
            var took = await scene.UntilAsync(id, ServerStatus.HostKeyChanged, TimeSpan.FromSeconds(20));
            output.WriteLine($"noticed after {took.TotalSeconds:0.0} s");
            var before = await lab.Second.ShellAsync(logins);
            var server = await scene.GetAsync(id);
            Assert.Equal((lab.Second.Pinned.Fingerprint, now), (server.HostKey!.Fingerprint, server.OfferedHostKey!.Fingerprint));
            var refused = await scene.EndOfAsync(await scene.Http.Post<OperationView>($"/api/servers/{id}/validate"), succeeds: false);
            Assert.Equal("host_key_changed", refused.Error!.Code);
            await Task.Delay(TimeSpan.FromSeconds(6));
            Assert.Equal(ServerStatus.HostKeyChanged, (await scene.GetAsync(id)).Status);
            Assert.Equal(before, await lab.Second.ShellAsync(logins)); // nobody signed in
            await scene.Http.Delete<OperationView>($"/api/servers/{id}").IsRefusedAsync(409, "host_key_changed");

            await scene.Http.Post<PinHostKey, ServerView>($"/api/servers/{id}/host-key", new PinHostKey { Fingerprint = lab.First.Pinned.Fingerprint }).IsRefusedAsync(409, "host_key_mismatch");
            await scene.Http.Post<PinHostKey, ServerView>($"/api/servers/{id}/host-key", new PinHostKey { Fingerprint = now });
            output.WriteLine($"active again {(await scene.UntilAsync(id, ServerStatus.Active, TimeSpan.FromSeconds(15))).TotalSeconds:0.0} s after the pinning");
            await scene.RemoveAsync(id);
        }
        finally
        {
            await lab.Second.ShellAsync("cp -a /root/keys/ssh_host_* /etc/ssh/ && systemctl restart ssh");
        }
    }

    [LabFact]
    public async Task What_every_server_runs_is_started_again()
    {
        await using var scene = await ServerScene.StartAsync();
        var id = (await scene.AddAsync(new AddServer { Name = "mended", Host = lab.First.Host.Value, User = "deploy", PrivateKey = lab.First.Key })).ServerId!.Value;
        var connection = await scene.ConnectAsync(id);
        await connection.Docker.RemoveContainerAsync(Edge.Name, CancellationToken.None);
        await connection.Docker.StopAsync(PostgresContainer.Name, TimeSpan.FromSeconds(10), CancellationToken.None);
        var clock = Stopwatch.StartNew();
        while (await connection.Docker.FindAsync(Edge.Name, CancellationToken.None) is not { IsRunning: true } || await connection.Docker.FindAsync(PostgresContainer.Name, CancellationToken.None) is not { IsRunning: true })
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), scene.App.Log.ToString());
            await Task.Delay(200);
        }
        output.WriteLine($"running again after {clock.Elapsed.TotalSeconds:0.0} s");
        clock.Restart();
        while ((await scene.GetAsync(id)).Use is null)
        {
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), scene.App.Log.ToString());
            await Task.Delay(200);
        }
        var use = (await scene.GetAsync(id)).Use!;
        Assert.True(use is { MemoryUsedBytes: > 1 << 20, DiskUsedBytes: > 1 << 20 });
        await scene.RemoveAsync(id);
    }
}
