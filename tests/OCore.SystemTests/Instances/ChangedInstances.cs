using System.Globalization;
using OCore.Client;
using OCore.Platform.Operations;
using OCore.SystemTests.Remote;
using OCore.SystemTests.Topologies;
using Xunit;

namespace OCore.SystemTests.Instances;

/// <summary>What somebody sets of an instance is what its Odoo runs with.</summary>
[Collection(OdooLabCollection.Name)]
public sealed class ChangedInstances(OdooLab lab)
{
    private OdooScene Scene => lab.Scene;

    [LabFact]
    public async Task A_password_that_is_reset_lets_in_and_the_one_before_does_not()
    {
        var instance = await Scene.ProvisionAsync(Scene.Client, Scene.First, "Forgotten");
        await Scene.AnswersAsync(instance);
        var path = $"/api/instances/{instance.Id}/admin-password";
        var first = await Scene.Http.Post<AdminCredentials>($"{path}/reveal");
        using (var visitor = Visitor(instance))
            await visitor.SignInAsync(first.Login, first.Password);
        var reset = await Scene.Http.Post<AdminCredentials>($"{path}/reset");
        Assert.NotEqual(first.Password, reset.Password);
        using (var visitor = Visitor(instance))
            await visitor.SignInAsync(reset.Login, reset.Password);
        using (var visitor = Visitor(instance))
            await Assert.ThrowsAnyAsync<Exception>(() => visitor.SignInAsync(first.Login, first.Password));
        await Scene.DeleteAsync(instance);
        await Scene.NothingIsLeftAsync();
    }

    [LabFact]
    public async Task Workers_limits_and_settings_are_those_of_its_container_after_a_restart_and_live_connections_find_it_before_and_after()
    {
        var instance = await Scene.ProvisionAsync(Scene.Client, Scene.First, "Growing");
        await Scene.AnswersAsync(instance);
        var admin = await Scene.Http.Post<AdminCredentials>($"/api/instances/{instance.Id}/admin-password/reveal");
        using var visitor = Visitor(instance);
        await visitor.SignInAsync(admin.Login, admin.Password);
        await visitor.LivesAsync();
        Assert.Equal((1024, 0, "workers = 0"), await RunsWithAsync(instance));
        var changed = await Scene.Http.Put<UpdateInstance, InstanceView>($"/api/instances/{instance.Id}", new UpdateInstance
        {
            Workers = 2, MemoryMb = 1500, Cpus = 1.5,
            // By a variable, by a key, and by both, of which the variable counts.
            EnvVars = new Dictionary<string, string> { ["LIMIT_TIME_REAL"] = "241", ["LOG_LEVEL"] = "warn" }, Config = new Dictionary<string, string> { ["limit_request"] = "4097", ["log_level"] = "error" },
        });
        Assert.True(changed.RestartNeeded);
        string[] set = ["limit_time_real = 241", "limit_request = 4097", "log_level = warn"];
        // What waits for a restart leads nobody astray when the server's edge is looked after next, and after that.
        for (var looks = 0; looks < 2; looks++)
        {
            var before = (await Scene.Http.Get<ServerView>($"/api/servers/{Scene.First.Id}")).LastSeenAt;
            await Scene.UntilAsync(async () => (await Scene.Http.Get<ServerView>($"/api/servers/{Scene.First.Id}")).LastSeenAt > before, "the server is looked at", 60);
            await visitor.LivesAsync();
        }
        Assert.Equal((1024, 0, "workers = 0"), await RunsWithAsync(instance));
        Assert.Empty((await ConfAsync(instance)).Intersect(set));
        await Scene.DoAsync(instance, "restart");
        await Scene.AnswersAsync(instance);
        Assert.Equal((1500, 1.5, "workers = 2"), await RunsWithAsync(instance));
        string[] wanted = [.. set, "proxy_mode = True", "list_db = False", $"db_name = {instance.Database}", $"dbfilter = ^{instance.Database}$"];
        Assert.Empty(wanted.Except(await ConfAsync(instance)));
        Assert.False((await Scene.InstanceAsync(instance.Id)).RestartNeeded);
        await Scene.UntilAsync(visitor.LivesByNowAsync, "live connections are taken up after the restart", 30);
        await Scene.DeleteAsync(instance);
        await Scene.NothingIsLeftAsync();
    }

    /// <summary>The lines of the file that its Odoo was started with.</summary>
    private async Task<string[]> ConfAsync(InstanceView instance) =>
        (await lab.First.ShellAsync("docker exec \"$1\" cat /etc/odoo/odoo.conf", $"ocore-i-{instance.Slug}")).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    [LabFact]
    public async Task Odoo_is_started_while_PostgreSQL_stands_still_and_waits_for_it()
    {
        var instance = await Scene.ProvisionAsync(Scene.Client, Scene.First, "Waiting");
        var ran = false;
        Scene.Probe.Reached = async (operation, step, point) =>
        {
            if (operation.Kind != "instance.restart" || step.Name != "start Odoo")
                return;
            if (point == StepPoint.BeforeEffect)
                await lab.First.ShellAsync("docker stop ocore-postgres");
            if (point != StepPoint.AfterEffect)
                return;
            ran = (await lab.First.ShellAsync("docker ps -q --filter label=ocore.instance=\"$1\"", instance.Id.ToString())).Trim().Length > 0;
            await StartPostgresAsync();
        };
        try
        {
            await Scene.DoAsync(instance, "restart");
        }
        finally
        {
            Scene.Probe.Reached = null;
            await StartPostgresAsync();
        }
        Assert.True(ran, "Odoo was started");
        await Scene.AnswersAsync(instance);
        await Scene.DeleteAsync(instance);
        await Scene.NothingIsLeftAsync();
    }

    private Task<string> StartPostgresAsync() => lab.First.ShellAsync("docker start ocore-postgres; until docker exec ocore-postgres pg_isready -q -h 127.0.0.1; do sleep 0.2; done");

    private OdooVisitor Visitor(InstanceView instance) => new($"http://{lab.First.Host.Value}", instance.Domain);

    private async Task<(int MemoryMb, double Cpus, string Workers)> RunsWithAsync(InstanceView instance)
    {
        var seen = await lab.First.ShellAsync(
            "name=$(docker ps -q --filter label=ocore.instance=\"$1\"); docker inspect -f '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}}' $name; docker exec $name grep '^workers' /etc/odoo/odoo.conf", instance.Id.ToString());
        var lines = seen.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var limits = lines[0].Split(' ').Select(n => long.Parse(n, CultureInfo.InvariantCulture)).ToList();
        return ((int)(limits[0] >> 20), limits[1] / 1e9, lines[1].Trim());
    }
}
