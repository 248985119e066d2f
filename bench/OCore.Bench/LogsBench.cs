using System.Globalization;
using OCore.Client;

namespace OCore.Bench;

/// <summary>How long a line of a running Odoo's log takes to somebody who looks at it, and what fifty who look cost the server.</summary>
internal static class LogsBench
{
    private const int Viewers = 50, AimMilliseconds = 200;
    private const string Mark = "bench-at=";

    public static async Task RunAsync(Bench bench)
    {
        using var lab = LabServer.Create();
        var data = ServerUnderTest.NewDirectory();
        try
        {
            await using var server = await ServerUnderTest.StartAsync(data);
            using var api = await server.SignInAsync();
            await ProvisionBench.SetUpAsync(api, lab);
            var template = await api.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = "Plain", OdooVersion = "19.0" });
            var made = await ProvisionBench.EndAsync(api, await api.Post<ProvisionInstance, OperationView>($"/api/templates/{template.Id}/provision",
                new ProvisionInstance { ServerId = "bench", Organization = "measured", Name = "Logs", Slug = "logs" }));
            var (container, lines) = ("ocore-i-logs", bench.Times(400));

            var (alone, connectionsOfOne) = await LookAsync(api, lab, made.InstanceId!.Value, container, 1, lines);
            var (many, connectionsOfMany) = await LookAsync(api, lab, made.InstanceId!.Value, container, Viewers, lines);
            bench.Aim($"a line is with who looks within {AimMilliseconds} ms (99 of 100)", $"{Figure.Of(alone.At(0.99))} ms", alone.At(0.99) <= AimMilliseconds);
            bench.Aim($"with each of {Viewers} who look likewise", $"{Figure.Of(many.At(0.99))} ms", many.At(0.99) <= AimMilliseconds);
            bench.Aim($"{Viewers} who look are one reader on the server", $"{Math.Max(0, connectionsOfMany - connectionsOfOne)} further connections to its Docker engine", connectionsOfMany <= connectionsOfOne);
            bench.Table(["", "arrivals", "50 % (ms)", "95 % (ms)", "99 % (ms)", "slowest (ms)"], new[] { ("one who looks", alone), ($"{Viewers} who look", many) }
                .Select(s => (string[])[s.Item1, $"{s.Item2.Count}", Figure.Of(s.Item2.Median), Figure.Of(s.Item2.At(0.95)), Figure.Of(s.Item2.At(0.99)), Figure.Of(s.Item2.Max)]));
            bench.Note("From the moment before Odoo's process wrote the line on its standard error, in its container on one of `bin/lab`'s servers, to the event of `GET /api/instances/…/logs/stream` read by the client: Docker's log, "
                + $"SSH, oCore and the stream are in it, drawing it in a browser is not. {lines} lines, one each 25 ms. That a browser scrolls through 100,000 lines is a test (`InstanceTools.LogsScrollAsync`).");
            await ProvisionBench.EndAsync(api, await api.Delete<OperationView>("/api/agency/clients/measured"));
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    /// <summary>The milliseconds of each line to each viewer, and how many connections the server's engine had meanwhile.</summary>
    private static async Task<(Sample Late, int Connections)> LookAsync(OCoreHttp api, LabServer lab, Guid instance, string container, int viewers, int lines)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        using var open = new CountdownEvent(viewers);
        var looking = Enumerable.Range(0, viewers).Select(_ => Task.Run(() => ViewAsync(api, instance, lines, open, patience.Token))).ToList();
        if (!open.Wait(TimeSpan.FromMinutes(1)))
            throw new BenchException("Not all streams open.");
        var connections = int.Parse(lab.Ask("sh", "-c", "grep -c docker.sock /proc/net/unix").Trim(), CultureInfo.InvariantCulture);
        lab.Exec("docker", "exec", container, "python3", "-c",
            $"import time\nf=open('/proc/1/fd/2','w')\nfor i in range({lines}):\n    f.write(f'2026-01-01 00:00:00,000 1 INFO x bench: {Mark}{{time.time()}}\\n'); f.flush(); time.sleep(0.025)\n");
        try
        {
            return (new Sample((await Task.WhenAll(looking)).SelectMany(l => l)), connections);
        }
        catch (OperationCanceledException late)
        {
            throw new BenchException("Not every line came to everybody.", late);
        }
    }

    private static async Task<List<double>> ViewAsync(OCoreHttp api, Guid instance, int lines, CountdownEvent open, CancellationToken stop)
    {
        var late = new List<double>();
        var began = false;
        await foreach (var item in api.Events($"/api/instances/{instance}/logs/stream?tail=1", null, stop))
        {
            var now = (DateTime.UtcNow - DateTime.UnixEpoch).TotalMilliseconds;
            if (!began)
            {
                // What was there before says that the stream is open.
                began = true;
                open.Signal();
                continue;
            }
            if (item.Data.IndexOf(Mark, StringComparison.Ordinal) is not (>= 0 and var at))
                continue;
            late.Add(now - double.Parse(item.Data.AsSpan(at + Mark.Length), CultureInfo.InvariantCulture) * 1000);
            if (late.Count == lines)
                break;
        }
        return late;
    }
}
