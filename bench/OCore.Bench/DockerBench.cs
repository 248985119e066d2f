using System.Diagnostics;
using OCore.Platform.Remote;

namespace OCore.Bench;

internal static class DockerBench
{
    private const string Container = "ocore-bench-container";

    public static async Task RunAsync(Bench bench)
    {
        var rows = new List<string[]>();
        Run.Script(Path.Combine(Repository.Root, "bin", "docker-engine"), new Dictionary<string, string>());
        Run.Script(Path.Combine(Repository.Root, "bin", "images"), new Dictionary<string, string>(), "haproxy");
        Run.Output("docker", "create", "--name", Container, "haproxy:3.0");
        try
        {
            await using var local = new LocalConnection(TimeProvider.System);
            await OnAsync(bench, "this machine's engine, its socket", local, rows);
        }
        finally
        {
            Run.Output("docker", "rm", Container);
        }
        using (var server = LabServer.Create())
        {
            server.Load("haproxy:3.0");
            server.Exec("docker", "create", "--name", Container, "haproxy:3.0");
            var key = server.HostKeys.Select(HostKey.Parse).First(k => k.Type == "ssh-ed25519");
            await using var connections = new ServerConnections(TimeProvider.System);
            var target = new ServerTarget
            {
                Id = Guid.CreateVersion7(), IsLocal = false, Host = server.Host, Port = server.Port, User = server.User, HostKeyType = key.Type, HostKeyLine = key.Line, PrivateKeyPem = server.Key,
            };
            await OnAsync(bench, "a server over SSH, forwarded socket", await connections.GetAsync(target, CancellationToken.None), rows);
        }
        bench.Table([.. Sample.Heads.Select((h, i) => i is > 1 ? h + " (ms)" : h), "p95 (ms)"], rows);
        bench.Note("One call after another on the connection that the calls before have opened, through oCore's own client, with a container to look at. The server is one of `bin/lab`'s, reached by OpenSSH on this machine. "
            + "The first call of a connection opens it.");
    }

    private static async Task OnAsync(Bench bench, string name, IServerConnection connection, List<string[]> rows)
    {
        var began = Stopwatch.GetTimestamp();
        var looked = DockerName.Parse(Container);
        if (await connection.Docker.FindAsync(looked, CancellationToken.None) is null)
            throw new BenchException($"{Container} is not there.");
        rows.Add([.. new Sample([Stopwatch.GetElapsedTime(began).TotalMilliseconds]).Row($"{name}: first call", "0.0"), ""]);
        var look = await RepeatAsync(bench.Times(1000), () => connection.Docker.FindAsync(looked, CancellationToken.None));
        rows.Add([.. look.Row($"{name}: look at a container", "0.00"), Figure.Of(look.At(0.95), "0.00")]);
        var command = await RepeatAsync(bench.Times(50), () => connection.PingAsync(CancellationToken.None));
        rows.Add([.. command.Row($"{name}: a command (true)", "0.00"), Figure.Of(command.At(0.95), "0.00")]);
        bench.Aim($"a Docker call on a warm connection ≤ 2 ms: {name}", $"{Figure.Of(look.Median, "0.00")} ms", look.Median <= 2);
    }

    private static async Task<Sample> RepeatAsync(int times, Func<Task> call)
    {
        for (var n = 0; n < Math.Min(100, times); n++)
            await call();
        var all = new List<double>(times);
        for (var n = 0; n < times; n++)
        {
            var before = Stopwatch.GetTimestamp();
            await call();
            all.Add(Stopwatch.GetElapsedTime(before).TotalMilliseconds);
        }
        return new Sample(all);
    }
}
