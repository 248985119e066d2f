using System.Diagnostics;
using OCore.Platform.Docker;
using OCore.Platform.Remote;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Remote;

[Collection(LabCollection.Name)]
public sealed class DockerAccessTests(LabServers lab, ITestOutputHelper log) : IAsyncLifetime, IAsyncDisposable
{
    private readonly ServerConnections _all = new(TimeProvider.System);

    public Task InitializeAsync() => Task.CompletedTask;

    async Task IAsyncLifetime.DisposeAsync() => await DisposeAsync();

    public ValueTask DisposeAsync() => _all.DisposeAsync();

    [LabFact]
    public async Task Who_may_neither_use_docker_nor_sudo_is_told_so()
    {
        var server = await _all.GetAsync(lab.First.Target("asked"), default);
        var refused = await Assert.ThrowsAsync<DockerUnavailableException>(() => server.Docker.VersionAsync(default));
        Assert.Contains("group docker", refused.Message);
        var sudo = await _all.GetAsync(lab.First.Target("unasked"), default);
        Assert.NotEmpty((await sudo.Docker.VersionAsync(default)).Version);
    }

    [LabFact]
    public async Task An_image_is_carried_to_a_server_that_reaches_no_registry()
    {
        var image = ImageRef.Parse("haproxy:3.0");
        await lab.Second.ShellAsync("docker image rm -f \"$1\" >/dev/null 2>&1 || true", image.Value);
        var local = await _all.GetAsync(ServerTarget.Local(Guid.CreateVersion7()), default);
        var server = await _all.GetAsync(lab.Second.Target(), default);
        var watch = Stopwatch.StartNew();
        var alone = await Assert.ThrowsAsync<ImageNotAccessibleException>(() => server.Docker.EnsureImageAsync(image, null, log.WriteLine, default));
        log.WriteLine($"no registry: told after {watch.ElapsedMilliseconds} ms: {alone.Message}");
        watch.Restart();
        var callers = Enumerable.Range(0, 3).Select(_ => server.Docker.EnsureImageAsync(image, local.Docker, log.WriteLine, default));
        await Task.WhenAll(callers);
        log.WriteLine($"carried: {watch.ElapsedMilliseconds} ms");
        Assert.True(await server.Docker.HasImageAsync(image, default));
        watch.Restart();
        await server.Docker.EnsureImageAsync(image, local.Docker, log.WriteLine, default);
        Assert.InRange(watch.ElapsedMilliseconds, 0, 500);

        var nowhere = await Assert.ThrowsAsync<ImageNotAccessibleException>(() =>
            server.Docker.EnsureImageAsync(ImageRef.Parse("nobody/has-this:1"), local.Docker, null, default));
        Assert.Equal(2, nowhere.Tried.Count);
    }

    [LabFact]
    public async Task An_engine_that_was_killed_is_used_again()
    {
        var server = await _all.GetAsync(lab.First.Target(), default);
        await server.Docker.ListAsync(default);
        await lab.First.DoAsync("kill-dockerd");
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await server.Docker.ListAsync(default);
                break;
            }
            catch (DockerUnavailableException) when (watch.Elapsed < TimeSpan.FromSeconds(30))
            {
                await Task.Delay(200);
            }
        }
        log.WriteLine($"answers again after {watch.ElapsedMilliseconds} ms, on the same connection");
        Assert.False(server.Closed.IsCompleted);
    }

    [LabFact]
    public async Task A_log_that_is_followed_ends_with_the_link()
    {
        var target = lab.First.Target();
        var server = await _all.GetAsync(target, default);
        await using var source = new LocalConnection(TimeProvider.System);
        var image = ImageRef.Parse("redis:8");
        await server.Docker.EnsureImageAsync(image, source.Docker, null, default);
        var spec = new ContainerSpec
        {
            Name = DockerName.Parse("t-cut-log"),
            Image = image,
            Entrypoint = ["sh", "-c"],
            Command = ["while :; do echo tick; sleep 0.2; done"],
            Init = true,
        };
        await server.Docker.EnsureContainerAsync(spec, default);
        var lines = 0;
        var following = Task.Run(async () =>
        {
            await foreach (var _ in server.Docker.LogsAsync(spec.Name, 1, follow: true, default)) lines++;
        });
        await Task.Delay(1000);
        await lab.First.DoAsync("cut");
        var watch = Stopwatch.StartNew();
        try
        {
            await Assert.ThrowsAnyAsync<ServerException>(() => following).WaitAsync(TimeSpan.FromSeconds(12));
            log.WriteLine($"followed log ended {watch.Elapsed.TotalSeconds:F1} s after the cut, after {lines} lines");
            Assert.True(lines > 1);
        }
        finally
        {
            await lab.First.DoAsync("heal");
        }
        await (await _all.GetAsync(target, default)).Docker.RemoveContainerAsync(spec.Name, default);
    }
}
