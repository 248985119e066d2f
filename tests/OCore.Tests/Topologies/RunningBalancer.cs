using System.Diagnostics;
using OCore.Client;
using OCore.Features.Topologies.Balancers;
using OCore.Features.Topologies.Deployments;

namespace OCore.Tests.Topologies;

/// <summary>A load balancer's real program on this machine, as it is in its container: a main process, which takes up another configuration when it is told to.</summary>
internal sealed class RunningBalancer(Process process, LoadBalancerType type, string folder) : IAsyncDisposable
{
    public int Id => process.Id;

    /// <param name="pace">For the checks beside nginx: how often they ask and how long they wait, in seconds, where that is not as on a server.</param>
    public static RunningBalancer Start(string program, string folder, BalancerPlan plan, params string[] pace)
    {
        var type = Enum.Parse<LoadBalancerType>(program, true);
        var file = Write(type, folder, plan);
        return new RunningBalancer(Process.Start(type switch
        {
            LoadBalancerType.Haproxy => new ProcessStartInfo(InstalledAttribute.Find(program)!, ["-W", "-db", "-f", file]),
            LoadBalancerType.Traefik => new ProcessStartInfo(InstalledAttribute.Find(program)!, [$"--configfile={file}"]),
            _ => new ProcessStartInfo("bash", [CheckerIn(folder), "run", folder, .. pace]),
        })!, type, folder);
    }

    /// <summary>As its container starts it, before it is told of anybody.</summary>
    public static RunningBalancer StartFirst(string program, string folder, int port)
    {
        var (type, file) = (Enum.Parse<LoadBalancerType>(program, true), Path.Combine(folder, "first"));
        // Beside others on this machine, its own files and socket are its own.
        var own = string.Concat(((string[])["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]).Select(t => $"{t}_temp_path {folder}/{t};\n"));
        File.WriteAllText(file, type == LoadBalancerType.Haproxy ? HaproxyBalancer.First(port).Replace("127.0.0.1:8404", $"127.0.0.1:{TestPorts.Free()}", StringComparison.Ordinal)
            : NginxBalancer.First(port).Replace("/tmp/nginx", folder + "/nginx", StringComparison.Ordinal).Replace("http {\n", "http {\n" + own, StringComparison.Ordinal));
        return new RunningBalancer(Process.Start(InstalledAttribute.Find(program)!, type == LoadBalancerType.Haproxy ? ["-W", "-db", "-f", file] : (string[])["-p", folder, "-e", "stderr", "-c", file, "-g", "daemon off;"]), type, folder);
    }

    /// <summary>As the server lets it: the file is replaced, what nginx reads is made of it, and the main process gets the signal. Traefik sees by itself that its file is another.</summary>
    public async Task ReloadAsync(BalancerPlan plan)
    {
        Write(type, folder, plan);
        if (type == LoadBalancerType.Nginx)
            await RunAsync("bash", CheckerIn(folder), "make", folder);
        if (type != LoadBalancerType.Traefik)
            await RunAsync("kill", "-s", type == LoadBalancerType.Haproxy ? "USR2" : "HUP", $"{process.Id}");
    }

    /// <summary>What nginx reads while these checks fail.</summary>
    public static async Task<string> MadeAsync(string folder, BalancerPlan plan, params string[] failed)
    {
        Write(LoadBalancerType.Nginx, folder, plan);
        await File.WriteAllTextAsync(Path.Combine(folder, "ocore.failed"), string.Concat(failed.Select(f => f + "\n")));
        await RunAsync("bash", CheckerIn(folder), "make", folder);
        return await File.ReadAllTextAsync(Path.Combine(folder, "ocore.effective"));
    }

    /// <returns>What the program has to say against a configuration; null where that is nothing. Traefik has no such question: it is seen whether it does what it is told.</returns>
    public static async Task<string?> CheckAsync(string program, string folder, BalancerPlan plan)
    {
        var type = Enum.Parse<LoadBalancerType>(program, true);
        var file = Write(type, folder, plan);
        if (type == LoadBalancerType.Traefik)
            return null;
        using var check = Process.Start(new ProcessStartInfo(InstalledAttribute.Find(program)!, type == LoadBalancerType.Haproxy ? ["-c", "-f", file] : ["-t", "-p", folder, "-c", file]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var said = await check.StandardError.ReadToEndAsync() + await check.StandardOutput.ReadToEndAsync();
        await check.WaitForExitAsync();
        // Later ones would have HTTP/2 written another way, which earlier ones do not know.
        var heard = string.Join('\n', said.Split('\n').Where(l => !l.Contains("\"listen ... http2\" directive is deprecated", StringComparison.Ordinal)));
        return check.ExitCode == 0 && !heard.Contains("WARNING", StringComparison.Ordinal) && !heard.Contains("[warn]", StringComparison.Ordinal) ? null : said;
    }

    private static string Write(LoadBalancerType type, string folder, BalancerPlan plan)
    {
        // Beside others on this machine, its own files and socket are its own.
        foreach (var (name, text) in plan.Render(type))
        {
            var next = Path.Combine(folder, name + ".next");
            File.WriteAllText(next, text.Replace("/tmp/nginx", folder + "/nginx", StringComparison.Ordinal).Replace("/etc/traefik", folder, StringComparison.Ordinal).Replace("127.0.0.1:8404", $"127.0.0.1:{TestPorts.Free()}", StringComparison.Ordinal));
            File.Move(next, Path.Combine(folder, name), overwrite: true);
        }
        // Bash reads its script as it goes: who runs it keeps what he began with.
        if (type == LoadBalancerType.Nginx && !File.Exists(CheckerIn(folder)))
            File.WriteAllBytes(CheckerIn(folder), BalancerChecks.Program.Content.ToArray());
        return Path.Combine(folder, type switch { LoadBalancerType.Haproxy => "haproxy.cfg", LoadBalancerType.Traefik => "traefik.yml", _ => "nginx.conf" });
    }

    private static string CheckerIn(string folder) => Path.Combine(folder, "ocore.checker");

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var run = Process.Start(new ProcessStartInfo(program, arguments))!;
        await run.WaitForExitAsync();
        Assert.Equal(0, run.ExitCode);
    }

    /// <summary>What a script of the server's says, run with these arguments.</summary>
    public static async Task<string> ScriptAsync(string script, params string[] arguments)
    {
        var (code, said, wrong) = await EndAsync(script, arguments);
        Assert.True(code == 0, wrong);
        return said;
    }

    /// <summary>What it says when it gives up.</summary>
    public static async Task<string> RefusalAsync(string script, params string[] arguments)
    {
        var (code, said, wrong) = await EndAsync(script, arguments);
        Assert.NotEqual(0, code);
        return said + wrong;
    }

    private static async Task<(int Code, string Said, string Wrong)> EndAsync(string script, string[] arguments)
    {
        var start = new ProcessStartInfo("sh", ["-c", script, "ocore", .. arguments]) { RedirectStandardError = true, RedirectStandardOutput = true };
        // Where the programs are on this machine; in their containers they are found as it is.
        start.Environment["PATH"] = $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin";
        using var shell = Process.Start(start)!;
        var (said, wrong) = (await shell.StandardOutput.ReadToEndAsync(), await shell.StandardError.ReadToEndAsync());
        await shell.WaitForExitAsync();
        return (shell.ExitCode, said, wrong);
    }

    public static async Task UntilAsync(Func<Task<bool>> done, string what)
    {
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromSeconds(30);)
        {
            try
            {
                if (await done())
                    return;
            }
            catch (HttpRequestException)
            {
                // It does not listen yet.
            }
            await Task.Delay(50);
        }
        Assert.Fail($"It did not come to this: {what}");
    }

    public async ValueTask DisposeAsync()
    {
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
    }
}
