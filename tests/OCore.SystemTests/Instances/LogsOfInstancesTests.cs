using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Logs;
using OCore.SystemTests.Remote;
using OCore.Tests;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Instances;

/// <summary>The logs of a real Odoo: past and present, for many at once, resumed, filtered, and screened for clients.</summary>
[Collection(OdooLabCollection.Name)]
public sealed class LogsOfInstancesTests(OdooLab lab, ITestOutputHelper tell)
{
    private OdooScene Scene => lab.Scene;

    [LabFact]
    public async Task Fifty_look_at_one_log_and_the_server_is_read_once()
    {
        var instance = await Scene.ProvisionAsync(Scene.Client, Scene.First, "Logs");
        var readers = Scene.App.Services.GetRequiredService<LogReaders>();
        try
        {
            var path = $"/api/instances/{instance.Id}/logs";
            using var over = new CancellationTokenSource();
            var seen = new int[50];
            var late = new List<double>();
            var began = new SemaphoreSlim(0);
            var viewers = Enumerable.Range(0, 50).Select(i => Task.Run(async () =>
            {
                try
                {
                    await foreach (var item in Scene.Http.Events(path + "/stream?tail=1", null, over.Token))
                    {
                        if (seen[i] == 0)
                            began.Release();
                        seen[i]++;
                        if (item.Data.IndexOf("at=", StringComparison.Ordinal) is >= 0 and var at && double.TryParse(item.Data.AsSpan(at + 3), NumberStyles.Float, CultureInfo.InvariantCulture, out var sent))
                            lock (late)
                                late.Add(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - sent * 1000);
                    }
                }
                catch (OperationCanceledException)
                {
                    // It was looked at long enough.
                }
            })).ToList();
            for (var i = 0; i < 50; i++)
                Assert.True(await began.WaitAsync(TimeSpan.FromSeconds(30)));
            Assert.Equal(1, readers.Count);
            Assert.Equal(50, readers.ViewersOf(instance.Id, LogSource.Odoo));
            // Written by Odoo's own process, on its standard error.
            await WriteAsync(instance, "import time\nfor i in range(20):\n    open('/proc/1/fd/2','w').write(f'2026-01-01 00:00:00,000 1 INFO x test: at={time.time()}\\n'); time.sleep(0.1)\n");
            await Scene.UntilAsync(() => Task.FromResult(seen.All(count => count > 20)), "all have seen all lines", 20);
            await over.CancelAsync();
            await Task.WhenAll(viewers);
            late.Sort();
            tell.WriteLine($"{late.Count} lines, median {late[late.Count / 2]:0} ms, 95 % {late[late.Count * 95 / 100]:0} ms after they were written");
            await Scene.UntilAsync(() => Task.FromResult(readers.Count == 0), "nobody reads any more", 10);
            await PastAndFilters(instance, path);
            await WhoAsked(instance, path);
            await PastOfAContainer(instance, path);
            await Resumed(instance, path);
            await AsAClient(instance, path);
        }
        finally
        {
            await Scene.DeleteAsync(instance);
        }
    }

    private Task WriteAsync(InstanceView instance, string python) => RunAsync(instance, ["python3", "-c", python]);

    private async Task RunAsync(InstanceView instance, string[] command)
    {
        await using var hand = await OCore.Tests.Terminals.TerminalAtHand.OpenAsync(Scene.Http, $"/api/instances/{instance.Id}/terminal", new TerminalMessage { Type = "start", Command = command, Tty = false });
        await hand.EndAsync(60);
        Assert.Contains(hand.Messages, m => m is { Type: "exit", Code: 0 });
    }

    private async Task PastAndFilters(InstanceView instance, string path)
    {
        await WriteAsync(instance, "open('/proc/1/fd/2','w').write('2026-01-01 00:00:00,000 1 WARNING x test: careful\\n2026-01-01 00:00:00,000 1 ERROR x test: broken\\nTraceback (most recent call last):\\n  File here\\nValueError: Needle\\n2026-01-01 00:00:00,000 1 INFO x test: fine\\n')");
        var all = await Scene.Http.Get<LogLines>(path + "?tail=6");
        Assert.Equal(6, all.Lines.Count);
        Assert.True(all.HasMore);
        Assert.EndsWith("fine", all.Lines[^1], StringComparison.Ordinal);
        var errors = await Scene.Http.Get<LogLines>(path + "?level=error&tail=4");
        Assert.Equal(["broken", "Traceback (most recent call last):", "  File here", "ValueError: Needle"], errors.Lines.Select(l => l.Split("test: ")[^1]));
        Assert.Single((await Scene.Http.Get<LogLines>(path + "?q=needle")).Lines);
        var before = await Scene.Http.Get<LogLines>($"{path}?tail=2&before={all.First}");
        Assert.Equal(2, before.Lines.Count);
        Assert.DoesNotContain(before.Lines, l => l.Contains("careful", StringComparison.Ordinal));
        Assert.Empty((await Scene.Http.Get<LogLines>($"{path}?until=2020-01-01T00:00:00Z")).Lines);
        await Scene.Http.Get<LogLines>(path + "?level=loud").IsRefusedAsync(400, "validation_failed", "level");
        var file = new StringWriter();
        await Scene.Http.Download(path + "/download?level=warning", file, default);
        Assert.Contains("ValueError: Needle", file.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("fine", file.ToString(), StringComparison.Ordinal);
        await RunAsync(instance, ["sh", "-c", "python3 - <<'E'\nimport configparser, psycopg2\nc=configparser.ConfigParser(); c.read('/etc/odoo/odoo.conf'); o=c['options']\nd=psycopg2.connect(host=o['db_host'], user=o['db_user'], password=o['db_password'], dbname=o['db_name'])\ntry: d.cursor().execute('select needle_of_sql')\nexcept Exception: pass\nE"]);
        await Scene.UntilAsync(async () => (await Scene.Http.Get<LogLines>(path + "?source=postgres&level=error")).Lines.Any(l => l.Contains("needle_of_sql", StringComparison.Ordinal)), "PostgreSQL's error is there", 15);
        Assert.All((await Scene.Http.Get<LogLines>(path + "?source=postgres")).Lines.Where(l => !l.StartsWith('\t')), l => Assert.Contains(instance.Database, l, StringComparison.Ordinal));
    }

    private async Task WhoAsked(InstanceView instance, string path)
    {
        await Scene.AskAsync(instance, "/web/login?token=secret-of-a-link");
        await Scene.AskAsync(instance, "/web/database/manager");
        await Scene.UntilAsync(async () => (await Scene.Http.Get<LogLines>(path + "?source=access")).Lines.Any(l => l.Contains($" GET {instance.Domain} /web/login 200 ", StringComparison.Ordinal)), "the edge's log has the request", 15);
        var lines = (await Scene.Http.Get<LogLines>(path + "?source=access&tail=1000")).Lines;
        Assert.All(lines, l => Assert.Contains(instance.Domain, l, StringComparison.Ordinal));
        Assert.DoesNotContain(lines, l => l.Contains("secret-of-a-link", StringComparison.Ordinal));
        Assert.All((await Scene.Http.Get<LogLines>(path + "?source=access&level=warning")).Lines, l => Assert.Contains(" 404 ", l, StringComparison.Ordinal));
    }

    /// <summary>A container that is made anew takes its log along; what was in it is kept, and is read as if nothing had happened.</summary>
    private async Task PastOfAContainer(InstanceView instance, string path)
    {
        await WriteAsync(instance, "open('/proc/1/fd/2','w').write('2026-01-01 00:00:00,000 1 INFO x test: of the first container\\n')");
        await Scene.Http.Put<UpdateInstance, InstanceView>($"/api/instances/{instance.Id}", new UpdateInstance { Config = new Dictionary<string, string> { ["limit_time_cpu"] = "301" } });
        await Scene.DoAsync(instance, "restart");
        Assert.DoesNotContain("of the first container", await lab.First.ShellAsync($"docker logs ocore-i-{instance.Slug} 2>&1"), StringComparison.Ordinal);
        await WriteAsync(instance, "open('/proc/1/fd/2','w').write('2026-01-01 00:00:00,000 1 INFO x test: of the second container\\n')");
        await Scene.UntilAsync(async () => (await Scene.Http.Get<LogLines>(path + "?q=container&tail=2")).Lines.Count == 2, "both are there", 15);
        Assert.Equal(["of the first container", "of the second container"], (await Scene.Http.Get<LogLines>(path + "?q=of%20the&tail=2")).Lines.Select(l => l.Split("test: ")[^1]));
        // Page by page backwards, over the end of the container.
        var (seen, at, pages) = (new List<string>(), (string?)null, 0);
        do
        {
            var page = await Scene.Http.Get<LogLines>($"{path}?tail=50{(at is null ? "" : $"&before={at}")}");
            seen.InsertRange(0, page.Lines);
            at = page.HasMore ? page.First : null;
        }
        while (at is not null && ++pages < 200);
        Assert.Single(seen, l => l.EndsWith("of the first container", StringComparison.Ordinal));
        var file = new StringWriter();
        await Scene.Http.Download(path + "/download", file, default);
        Assert.Equal(seen.Count, file.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        // What two share is kept for each: by a look, and by the look after it once.
        await Scene.App.Services.GetRequiredService<LogKeeper>().RunAsync(default);
        await Scene.App.Services.GetRequiredService<LogKeeper>().RunAsync(default);
        var kept = Directory.GetFiles(Path.Combine(Scene.App.DataDirectory, "logs", instance.Id.ToString("N"))).Select(f => Path.GetFileName(f).Split('-', '.')[0]).Distinct().Order();
        Assert.Equal(["access", "odoo", "postgres"], kept);
        await lab.First.ShellAsync("docker logs ocore-edge >/dev/null 2>&1; : >\"$(docker inspect -f '{{.LogPath}}' ocore-edge)\"");
        Assert.Single((await Scene.Http.Get<LogLines>(path + "?source=access&q=/web/login%20200&tail=5000")).Lines, l => l.Contains("/web/login 200", StringComparison.Ordinal));
    }

    private async Task Resumed(InstanceView instance, string path)
    {
        var ids = new List<string>();
        using (var first = new CancellationTokenSource(TimeSpan.FromSeconds(20)))
            await foreach (var item in Scene.Http.Events(path + "/stream?tail=3", null, first.Token))
            {
                ids.Add(item.EventId!);
                if (ids.Count == 3)
                    break;
            }
        await WriteAsync(instance, "open('/proc/1/fd/2','w').write('one more\\n')");
        using var second = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await foreach (var item in Scene.Http.Events(path + "/stream", ids[0], second.Token))
        {
            Assert.NotEqual(ids[0], item.EventId);
            Assert.Equal(ids[1], item.EventId);
            break;
        }
    }

    private async Task AsAClient(InstanceView instance, string path)
    {
        var member = await Scene.App.MemberAsync(Scene.Client, "owner");
        var http = Scene.App.As(member, Scene.Client);
        await Scene.Http.Put<UpdatePortalConfig, PortalConfigView>($"/api/agency/clients/{Scene.Client.Id}/portal-config", new UpdatePortalConfig { InfrastructureVisibility = InfrastructureVisibility.None });
        await WriteAsync(instance, $"open('/proc/1/fd/2','w').write('host {lab.First.Host.Value} here\\n')");
        Assert.DoesNotContain((await http.Get<LogLines>(path)).Lines, l => l.Contains(lab.First.Host.Value, StringComparison.Ordinal));
        await Scene.Http.Put<UpdatePortalConfig, PortalConfigView>($"/api/agency/clients/{Scene.Client.Id}/portal-config", new UpdatePortalConfig { FeatureLogs = false });
        foreach (var way in (string[])["", "/stream", "/download"])
        {
            using var raw = Scene.App.HttpAs(member, Scene.Client.Slug);
            using var answer = await raw.GetAsync(path + way, HttpCompletionOption.ResponseHeadersRead);
            await answer.IsProblemAsync(403, "feature_disabled");
        }
        await Scene.Http.Put<UpdatePortalConfig, PortalConfigView>($"/api/agency/clients/{Scene.Client.Id}/portal-config", new UpdatePortalConfig { FeatureLogs = true });
    }
}
