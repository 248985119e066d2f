using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using OCore.Cli;
using OCore.Client;
using OCore.SystemTests.Remote;
using OCore.Tests;
using OCore.Tests.Terminals;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Instances;

/// <summary>Terminals in a real container and on a real server, as the agency and as its client, by API and command line.</summary>
[Collection(OdooLabCollection.Name)]
public sealed class TerminalsOfInstancesTests(OdooLab lab, ITestOutputHelper tell)
{
    private OdooScene Scene => lab.Scene;

    [LabFact]
    public async Task Agency_and_client_work_in_the_container_and_nowhere_else()
    {
        var instance = await Scene.ProvisionAsync(Scene.Client, Scene.First, "Terminal");
        var member = await Scene.App.MemberAsync(Scene.Client, "owner");
        try
        {
            foreach (var (who, http) in new[] { ("agency", Scene.Http), ("client", Scene.App.As(member, Scene.Client)) })
            {
                await using var hand = await TerminalAtHand.OpenAsync(http, $"/api/instances/{instance.Id}/terminal", new TerminalMessage { Type = "start", Columns = 101, Rows = 33 });
                await hand.TypeAsync("id -un; stty size; pwd; printf '%s\\n' 'ä-漢-🚀'=$((1+1)); cat /proc/1/cmdline | tr '\\0' ' '; echo; touch /etc/x 2>&1; exit 3\n");
                Assert.Equal("exit", await hand.EndAsync());
                tell.WriteLine($"{who}: {hand.Text}");
                foreach (var word in (string[])["odoo", "33 101", "/var/lib/odoo", "ä-漢-🚀=2", "Permission denied"])
                    Assert.Contains(word, hand.Text, StringComparison.Ordinal);
                Assert.Contains(hand.Messages, m => m is { Type: "exit", Code: 3 });
            }
            await OdooShellSavesNothingUnasked(instance);
            await BytesPassAsTheyAre(instance);
            await FiftyMegabytes(instance);
            await RevokedWhileOpen(instance, member);
        }
        finally
        {
            await Scene.DeleteAsync(instance);
        }
        await Scene.NothingIsLeftAsync();
    }

    private async Task OdooShellSavesNothingUnasked(InstanceView instance)
    {
        await using (var hand = await TerminalAtHand.OpenAsync(Scene.Http, $"/api/instances/{instance.Id}/odoo-shell"))
        {
            Assert.True(await hand.NextAsync(new CancellationTokenSource(TimeSpan.FromSeconds(30)).Token));
            await hand.UntilAsync(">>> ", 90);
            Assert.Contains(hand.Messages, m => m.Type == "notice" && m.Message!.Contains("env.cr.commit()", StringComparison.Ordinal) && m.Message.Contains(instance.Database, StringComparison.Ordinal));
            await hand.TypeAsync("print('db='+env.cr.dbname); env['res.partner'].create({'name': 'Not kept'})\n");
            await hand.UntilAsync("db=" + instance.Database);
            await hand.TypeAsync("exit()\n");
            await hand.EndAsync(60);
        }
        var (code, output, error) = await CliAsync("print('partners', env['res.partner'].search_count([('name', 'like', 'Not kept')]))\n", "odoo-shell", instance.Slug);
        Assert.True(code == 0, error);
        Assert.Contains("partners 0", output, StringComparison.Ordinal);
        await CliAsync("env['res.partner'].create({'name': 'Kept'}); env.cr.commit()\n", "odoo-shell", instance.Slug);
        (_, output, _) = await CliAsync("print('partners', env['res.partner'].search_count([('name', '=', 'Kept')]))\n", "odoo-shell", instance.Slug);
        Assert.Contains("partners 1", output, StringComparison.Ordinal);
    }

    private async Task BytesPassAsTheyAre(InstanceView instance)
    {
        var bytes = new byte[3 << 20];
        new Random(7).NextBytes(bytes);
        var (code, output, error) = await CliBytesAsync(bytes, "exec", instance.Slug, "--", "sh", "-c", "cat; echo done >&2; exit 5");
        Assert.Equal(5, code);
        Assert.Equal("done\n", Encoding.UTF8.GetString(error));
        Assert.True(bytes.AsSpan().SequenceEqual(output), $"{output.Length}");
        // Words are words: nothing of them is read by a shell.
        var (_, said, _) = await CliAsync("", "exec", instance.Slug, "--", "printf", "%s\\n", "$(id)", "`id`", "a;b|c", "it's \"so\"");
        Assert.Equal("$(id)\n`id`\na;b|c\nit's \"so\"\n", said);
    }

    private async Task FiftyMegabytes(InstanceView instance)
    {
        var before = Process.GetCurrentProcess().WorkingSet64;
        await using var hand = await TerminalAtHand.OpenAsync(Scene.Http, $"/api/instances/{instance.Id}/terminal");
        await hand.TypeAsync("stty -echo; head -c 52428800 /dev/zero | tr '\\0' x > /tmp/big; cat /tmp/big; echo; exit\n");
        var watch = Stopwatch.StartNew();
        var most = 0L;
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        while (await hand.NextAsync(patience.Token))
            most = Math.Max(most, Environment.WorkingSet - before);
        tell.WriteLine($"50 MB catted in {watch.Elapsed.TotalSeconds:0.0} s, {most >> 20} MB more at most");
        Assert.True(hand.Received >= 52428800, $"{hand.Received}");
        Assert.True(most < 120 << 20, $"{most >> 20} MB");
    }

    private async Task RevokedWhileOpen(InstanceView instance, TestPerson member)
    {
        await using var ofClient = await TerminalAtHand.OpenAsync(Scene.App.As(member, Scene.Client), $"/api/instances/{instance.Id}/terminal");
        await ofClient.TypeAsync("echo at=$((1+1)); exec sleep 98765\n");
        await ofClient.UntilAsync("at=2");
        var watch = Stopwatch.StartNew();
        await Scene.Http.Put<UpdatePortalConfig, PortalConfigView>($"/api/agency/clients/{Scene.Client.Id}/portal-config", new UpdatePortalConfig { FeatureTerminal = false });
        Assert.Equal("access_ended", await ofClient.EndAsync());
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, ofClient.Status);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"{watch.Elapsed}");
        // And what it ran is gone from the container.
        await Scene.UntilAsync(async () => (await CliAsync("", "exec", instance.Slug, "--", "sh", "-c", "grep -l '9876[5]' /proc/[0-9]*/cmdline 2>/dev/null | wc -l")).Out.Trim() == "0", "the program has ended", 20);
        await Scene.Http.Put<UpdatePortalConfig, PortalConfigView>($"/api/agency/clients/{Scene.Client.Id}/portal-config", new UpdatePortalConfig { FeatureTerminal = true });
    }

    [LabFact]
    public async Task The_agency_has_a_terminal_on_its_server()
    {
        await using var hand = await TerminalAtHand.OpenAsync(Scene.Http, $"/api/servers/{Scene.First.Id}/terminal", new TerminalMessage { Type = "start", Columns = 91, Rows = 29 });
        await hand.TypeAsync("id -un; stty size; echo ready=$((1+1))\n");
        await hand.UntilAsync("ready=2");
        Assert.Contains("deploy", hand.Text, StringComparison.Ordinal);
        Assert.Contains("29 91", hand.Text, StringComparison.Ordinal);
        await hand.TellAsync(new TerminalMessage { Type = "resize", Columns = 140, Rows = 50 });
        await hand.TypeAsync("for i in 1 2 3 4 5 6 7 8 9 10; do stty size; sleep 0.3; done; exit 4\n");
        await hand.UntilAsync("50 140");
        Assert.Equal("exit", await hand.EndAsync(30));
        Assert.Contains(hand.Messages, m => m is { Type: "exit", Code: 4 });
    }

    private async Task<(int Code, string Out, string Error)> CliAsync(string input, params string[] args)
    {
        var (code, output, error) = await CliBytesAsync(Encoding.UTF8.GetBytes(input), args);
        return (code, Encoding.UTF8.GetString(output), Encoding.UTF8.GetString(error));
    }

    private async Task<(int Code, byte[] Out, byte[] Error)> CliBytesAsync(byte[] input, params string[] args)
    {
        using MemoryStream output = new(), error = new();
        using StringWriter words = new(), complaints = new();
        var io = new Io
        {
            In = TextReader.Null, Out = words, Err = complaints, BytesIn = () => new MemoryStream(input), BytesOut = () => output, BytesErr = () => error,
            Env = name => name switch { "OCORE_URL" => Scene.App.Url.ToString(), "OCORE_TOKEN" => Scene.Agency.Owner.Token, "OCORE_ORG" => Scene.Agency.Org.Slug, _ => null },
        };
        var code = await CommandLine.Run(args, io);
        return (code, output.ToArray(), [.. error.ToArray(), .. Encoding.UTF8.GetBytes(complaints.ToString())]);
    }
}
