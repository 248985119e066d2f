using System.Globalization;
using OCore.Client;
using OCore.SystemTests.Instances;
using OCore.SystemTests.Remote;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Monitoring;

/// <summary>A real Odoo on a real server, measured; and one that dies.</summary>
[Collection(OdooLabCollection.Name)]
public sealed class MeasuringTests(OdooLab lab, ITestOutputHelper output)
{
    private static readonly string[] OfServer = ["cpu", "memory", "memory_percent", "disk", "disk_percent", "load", "network_in", "network_out", "health", "uptime"];
    private static readonly string[] OfInstance = ["cpu", "memory", "memory_percent", "network_in", "network_out", "health", "latency", "connections", "database", "uptime"];

    [LabFact]
    public async Task What_runs_on_a_server_is_measured()
    {
        var scene = lab.Scene;
        var instance = await scene.ProvisionAsync(scene.Client, scene.First);
        await scene.AnswersAsync(instance);
        await scene.UntilAsync(async () => IsWhole(await scene.Http.Get<MetricsView>($"/api/servers/{scene.First.Id}/metrics"), OfServer), "every figure of the server is there", 60);
        await scene.UntilAsync(async () => IsWhole(await scene.Http.Get<MetricsView>($"/api/instances/{instance.Slug}/metrics"), OfInstance), "every figure of the instance is there", 150);
        var server = await scene.Http.Get<MetricsView>($"/api/servers/{scene.First.Id}/metrics");
        var seen = await scene.Http.Get<MetricsView>($"/api/instances/{instance.Slug}/metrics");
        foreach (var series in server.Series.Concat(seen.Series))
            output.WriteLine($"{series.Metric,-16} {series.Unit,-16} {string.Join(' ', series.Values.TakeLast(6).Select(v => v?.ToString(CultureInfo.InvariantCulture) ?? "–"))}");
        Assert.All(Of(server, "cpu").Concat(Of(server, "memory_percent")).Concat(Of(server, "disk_percent")).Concat(Of(seen, "memory_percent")), v => Assert.InRange(v, 0, 100));
        Assert.InRange(Of(seen, "memory").Max(), 30 << 20, 1024 << 20);
        Assert.InRange(Of(seen, "database").Max(), 5 << 20, 1L << 30);
        Assert.InRange(Of(seen, "connections").Max(), 1, 100);
        Assert.InRange(Of(seen, "latency").Max(), 1, 5000);
        Assert.Contains(seen.Marks, m => m.State == OperationState.Succeeded && m.Title.Contains(instance.Name, StringComparison.OrdinalIgnoreCase));

        // Killed from outside, and started again by Docker.
        await lab.First.ShellAsync($"kill -9 $(docker inspect -f '{{{{.State.Pid}}}}' ocore-i-{instance.Slug})");
        await scene.UntilAsync(async () => Of(await scene.Http.Get<MetricsView>($"/api/instances/{instance.Slug}/metrics"), "restarts").Sum() >= 1, "the restart is counted", 150);
        await scene.DeleteAsync(instance);
    }

    private static bool IsWhole(MetricsView view, string[] metrics) => metrics.All(m => Of(view, m).Count > 0);

    private static List<double> Of(MetricsView view, string metric) => [.. view.Series.Single(s => s.Metric == metric).Values.OfType<double>()];
}
