using System.Diagnostics;
using OCore.Client;

namespace OCore.Bench;

internal static class CliBench
{
    public static async Task RunAsync(Bench bench)
    {
        if (!File.Exists(Repository.Cli))
            throw new BenchException("There is no published command line; bin/bench builds it.");
        var native = !File.Exists(Repository.Cli + ".dll");
        var data = ServerUnderTest.NewDirectory();
        try
        {
            await using var server = await ServerUnderTest.StartAsync(data);
            using var api = await server.SignInAsync();
            await Seeding.FillAsync(api, data, "sqlite");
            for (var n = 0; n < 200; n++)
                await api.Get<Page<ClientView>>("/api/agency/clients");
            var environment = new Dictionary<string, string> { ["OCORE_URL"] = server.Url.OriginalString, ["OCORE_TOKEN"] = api.Http.DefaultRequestHeaders.Authorization!.Parameter! };
            var nothing = Repeat(bench.Times(100), environment, "/bin/true");
            var version = Repeat(bench.Times(100), environment, Repository.Cli, "version");
            var list = Repeat(bench.Times(100), environment, Repository.Cli, "agency", "client", "list");
            bench.Aim("ocore version ≤ 20 ms", $"{Figure.Of(version.Median, "0.0")} ms", version.Median <= 20);
            bench.Table([.. Sample.Heads.Select((h, i) => i is > 1 ? h + " (ms)" : h)],
                [nothing.Row("/bin/true, started the same way", "0.0"), version.Row("ocore version", "0.0"), list.Row($"ocore agency client list ({Seeding.Clients} clients, warm server)", "0.0")]);
            bench.Note($"From the start of the process to its end, output thrown away. {(native ? "Native program" : "Not native: clang was missing when it was built, so it runs on the .NET runtime")}, {new FileInfo(Repository.Cli).Length / 1048576.0:0.0} MB.");
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static Sample Repeat(int times, Dictionary<string, string> environment, string program, params string[] arguments)
    {
        var all = new List<double>(times);
        for (var n = -3; n < times; n++)
        {
            var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
            foreach (var (name, value) in environment)
                start.Environment[name] = value;
            var before = Stopwatch.GetTimestamp();
            using var process = Process.Start(start)!;
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            if (process.ExitCode != 0)
                throw new BenchException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {process.StandardError.ReadToEnd()}");
            if (n >= 0)
                all.Add(Stopwatch.GetElapsedTime(before).TotalMilliseconds);
        }
        return new Sample(all);
    }
}
