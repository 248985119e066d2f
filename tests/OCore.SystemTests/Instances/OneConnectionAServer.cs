using OCore.Client;
using OCore.SystemTests.Remote;
using OCore.Tests.Terminals;
using Xunit;

namespace OCore.SystemTests.Instances;

/// <summary>What is done on a server and watched there shares one connection, counted by the server itself.</summary>
[Collection(OdooLabCollection.Name)]
public sealed class OneConnectionAServer(OdooLab lab)
{
    private OdooScene Scene => lab.Scene;

    [LabFact]
    public async Task However_many_instances_are_watched_and_used_their_server_has_one_connection()
    {
        var instances = await Task.WhenAll(((string[])["Seen", "Watched", "Used"]).Select(name => Scene.ProvisionAsync(Scene.Client, Scene.First, name)));
        // One that a test before this one cut may be on its way out.
        await Scene.UntilAsync(async () => await ConnectionsAsync() == 1, $"{lab.First.Name} has one connection", 30);
        using var over = new CancellationTokenSource();
        using var began = new SemaphoreSlim(0);
        var viewers = instances.Select(instance => WatchAsync(instance, began, over.Token)).ToList();
        for (var seen = 0; seen < viewers.Count; seen++)
            Assert.True(await began.WaitAsync(TimeSpan.FromSeconds(30)), $"{seen} of {viewers.Count} logs come");
        var (use, most) = (Task.WhenAll(instances.Select(UseAsync)), 0);
        do
            most = Math.Max(most, await ConnectionsAsync());
        while (!use.IsCompleted);
        await use;
        Assert.Equal(1, most);
        await over.CancelAsync();
        await Task.WhenAll(viewers);
        foreach (var instance in instances)
            await Scene.DeleteAsync(instance);
        await Scene.NothingIsLeftAsync();
    }

    private async Task WatchAsync(InstanceView instance, SemaphoreSlim began, CancellationToken stop)
    {
        var seen = 0;
        try
        {
            await foreach (var _ in Scene.Http.Events($"/api/instances/{instance.Id}/logs/stream?tail=1", null, stop))
                if (seen++ == 0)
                    began.Release();
        }
        catch (OperationCanceledException)
        {
            // It was looked at long enough.
        }
    }

    /// <summary>By all that takes a session of its own: the database, the edge's log, a terminal, and the server's shell.</summary>
    private async Task UseAsync(InstanceView instance)
    {
        var path = $"/api/instances/{instance.Id}";
        Assert.NotEmpty((await Scene.Http.Get<Page<InstalledModule>>($"{path}/modules?state=installed")).Data);
        await Scene.Http.Get<LogLines>($"{path}/logs?source=access");
        await using (var program = await TerminalAtHand.OpenAsync(Scene.Http, $"{path}/terminal", new TerminalMessage { Type = "start", Command = ["true"], Tty = false }))
            await program.EndAsync(60);
        await using var shell = await TerminalAtHand.OpenAsync(Scene.Http, $"/api/servers/{instance.Server.Id}/terminal");
        await shell.TypeAsync("echo at=$((1+1)); exit\n");
        await shell.UntilAsync("at=2");
        await shell.EndAsync(60);
    }

    private async Task<int> ConnectionsAsync() =>
        (await lab.First.ShellAsync("ss -Htn state established \"( sport = :$1 )\"", lab.First.Port.ToString())).Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
}
