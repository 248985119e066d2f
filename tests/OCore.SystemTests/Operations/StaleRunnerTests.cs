using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Operations;
using OCore.SystemTests.Remote;
using OCore.SystemTests.Servers;
using OCore.Tests;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Operations;

/// <summary>A process that stood still while its operation was taken over, and wakes up.</summary>
[Collection(ServerLabCollection.Name)]
public sealed class StaleRunnerTests(ServerLab lab, ITestOutputHelper output)
{
    private const int Stop = 19, Continue = 18;

    [LabFact]
    public async Task What_it_was_about_to_do_on_the_server_does_not_happen()
    {
        // Asks, and runs nothing itself.
        await using var app = await TestApp.StartAsync(Database.Postgres, a => a.Adjust(WithoutEngine));
        var agency = await app.AgencyAsync("Acme");
        using var http = app.As(agency.Owner, agency.Org);
        var said = new ConcurrentQueue<string>();
        using var stale = Start(app, said);
        try
        {
            var asked = await http.Post<AddServer, OperationView>("/api/servers", new AddServer { Name = "host", Host = lab.First.Host.Value, User = "deploy", PrivateKey = lab.First.Key });
            await UntilAsync(http, asked.Id, o => o.Steps[4].State == StepState.Started, "it prepares the server");
            Signal(stale, Stop);
            var life = (await OwnerAsync(app, asked.Id)).Split(':')[2];
            var connection = (await lab.First.ShellAsync($"cut -d' ' -f1 /run/ocore-lives/{life}")).Trim();
            Assert.Equal("there", await IsThereAsync(connection));

            await using var successor = TestApp.Beside(app);
            await successor.InitializeAsync();
            Assert.Equal(OperationState.Succeeded, (await UntilAsync(http, asked.Id, o => o.FinishedAt is not null, "the other process finishes")).State);
            // Its connection ended while it stood still, with the forwarded socket of Docker, and it is marked.
            Assert.Equal("gone", await IsThereAsync(connection));
            Assert.Equal("there", (await lab.First.ShellAsync($"[ -e /var/lib/ocore/fenced/{life} ] && echo there || echo gone")).Trim());
            var removed = await http.Delete<OperationView>($"/api/servers/{asked.ServerId}");
            Assert.Equal(OperationState.Succeeded, (await UntilAsync(http, removed.Id, o => o.FinishedAt is not null, "the server is removed")).State);
            Assert.Equal("", await ContainersAsync());

            // It was in the midst of the step, and goes on with it until it is told that it is nobody's business of its any more.
            var refused = new Regex($"Operation {asked.Id}(: taken over by another process|: the lease was lost| could not be run)");
            Assert.DoesNotContain(said, line => refused.IsMatch(line));
            Signal(stale, Continue);
            for (var clock = Stopwatch.StartNew(); !said.Any(line => refused.IsMatch(line)); await Task.Delay(50))
                Assert.True(clock.Elapsed < TimeSpan.FromMinutes(1) * Lab.Patience, "The process that woke up does not say that it was refused.");
            Assert.Equal("", await ContainersAsync());
            Assert.Equal("gone", (await lab.First.ShellAsync("[ -e /var/lib/ocore/server ] && echo there || echo gone")).Trim());
            await using var db = app.Databases.System();
            Assert.Equal(2, await db.Operations.AcrossTenants().Where(o => o.Id == asked.Id).Select(o => o.Fence).SingleAsync());
        }
        finally
        {
            stale.Kill();
            await stale.WaitForExitAsync();
            output.WriteLine(string.Join('\n', said));
        }
    }

    private async Task<string> IsThereAsync(string pid) => (await lab.First.ShellAsync($"kill -0 {pid} 2>/dev/null && echo there || echo gone")).Trim();

    private async Task<string> ContainersAsync() => (await lab.First.ShellAsync("docker ps -aq --filter label=ocore.server")).Trim();

    private static async Task<string> OwnerAsync(TestApp app, Guid id)
    {
        await using var db = app.Databases.System();
        return (await db.Operations.AcrossTenants().Where(o => o.Id == id).Select(o => o.Owner).SingleAsync())!;
    }

    private static async Task<OperationView> UntilAsync(OCoreHttp http, Guid id, Func<OperationView, bool> condition, string what)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var seen = await http.Get<OperationView>($"/api/operations/{id}");
            if (condition(seen))
                return seen;
            Assert.True(clock.Elapsed < TimeSpan.FromMinutes(4), $"Not within four minutes: {what}. {seen.State} {seen.Error?.Message} {string.Join(", ", seen.Steps.Select(s => $"{s.Name} {s.State}"))}");
            await Task.Delay(50);
        }
    }

    private static void WithoutEngine(IServiceCollection services)
    {
        foreach (var engine in services.Where(d => d.ImplementationType == typeof(OperationEngine)).ToList())
            services.Remove(engine);
    }

    /// <summary>The program as a process of its own, on the same data.</summary>
    private static Process Start(TestApp app, ConcurrentQueue<string> said)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "OCore.Server.dll")]) { RedirectStandardOutput = true };
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("OCORE_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        start.Environment["OCORE_DATA"] = app.DataDirectory;
        start.Environment["OCORE_DATABASE"] = app.Connection;
        start.Environment["OCORE_LISTEN"] = "http://127.0.0.1:0";
        start.Environment["OCORE_PUBLIC_URL"] = "http://localhost";
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => said.Enqueue(line.Data ?? "");
        process.BeginOutputReadLine();
        return process;
    }

    private static void Signal(Process process, int signal)
    {
        if (Kill(process.Id, signal) != 0)
            throw new InvalidOperationException($"The signal was not sent: {Marshal.GetLastPInvokeError()}");
    }

    [DllImport("libc", EntryPoint = "kill", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Kill(int process, int signal);
}
