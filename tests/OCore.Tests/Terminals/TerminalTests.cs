using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Remote;
using OCore.Tests.Servers;

namespace OCore.Tests.Terminals;

/// <summary>What goes through a terminal, on a real shell: that of this machine, which its operator may have.</summary>
/// <remarks>By themselves: how much memory the process has is measured, and what else runs in it would count.</remarks>
[Collection(TerminalsAlone.Name)]
public sealed class TerminalTests : IAsyncLifetime
{
    private TestApp _app = null!;
    private TestPerson _operator = null!;
    private TestOrg _org = null!;
    private Guid _server;

    public Task InitializeAsync() => Task.CompletedTask;

    private async Task StartAsync(Database database)
    {
        _app = await TestApp.StartAsync(database);
        _operator = await _app.OperatorAsync();
        var agency = await _app.AgencyAsync("Machine");
        _org = agency.Org;
        await _app.JoinAsync(_org, _operator, "admin");
        (_server, _) = await ServersAndInstances.InsertAsync(_app, agency, status: ServerStatus.Active, machine: _app.Services.GetRequiredService<ThisMachine>().Id);
    }

    public Task DisposeAsync() => _app.DisposeAsync();

    private Task<TerminalAtHand> OpenAsync(int columns = 80, int rows = 24) =>
        TerminalAtHand.OpenAsync(_app.As(_operator, _org), $"/api/servers/{_server}/terminal", new TerminalMessage { Type = "start", Columns = columns, Rows = rows });

    [Fact]
    public async Task It_is_a_terminal_with_a_size_and_every_script()
    {
        await StartAsync(Database.Sqlite);
        await using var hand = await OpenAsync(91, 31);
        await hand.TypeAsync("stty size; printf '%s\\n' 'a-Ω-漢字-🚀'-$((40+2))\n");
        await hand.UntilAsync("a-Ω-漢字-🚀-42");
        Assert.Contains("31 91", hand.Text, StringComparison.Ordinal);
        await hand.TellAsync(new TerminalMessage { Type = "resize", Columns = 133, Rows = 55 });
        await hand.TypeAsync("for i in 1 2 3 4 5 6 7 8 9; do stty size; sleep 0.3; done\n");
        await hand.UntilAsync("55 133");
        // The interrupt character interrupts.
        await hand.TypeAsync("\u0003");
        await hand.TypeAsync("exit 7\n");
        Assert.Equal("exit", await hand.EndAsync());
        Assert.Equal(WebSocketCloseStatus.NormalClosure, hand.Status);
        Assert.Contains(hand.Messages, m => m is { Type: "exit", Code: 7 });
    }

    [Theory, Sqlite, Postgres]
    public async Task Its_beginning_and_its_end_are_in_the_audit_log(Database database)
    {
        await StartAsync(database);
        await using (var hand = await OpenAsync())
        {
            await hand.TypeAsync("exit\n");
            await hand.EndAsync();
        }
        await using var db = _app.Databases.System();
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(20))
        {
            var entries = await db.AuditLog.AcrossTenants().AsNoTracking().Where(e => e.ObjectId == _server.ToString() && e.Action.StartsWith("terminal.")).OrderBy(e => e.Id).ToListAsync();
            if (entries.Count < 2 && clock.Elapsed < TimeSpan.FromSeconds(10))
                continue;
            Assert.Equal(["terminal.opened", "terminal.closed"], entries.Select(e => e.Action));
            Assert.All(entries, e => Assert.Equal(_operator.Id, e.ActorId));
            Assert.Equal("exit 0", entries[1].Changes["ended"].After);
            return;
        }
    }

    /// <summary>50 MB, to a viewer that takes everything, and to one that takes nothing: the program waits, and nothing piles up here.</summary>
    [Fact]
    public async Task Fifty_megabytes_pass_and_a_viewer_that_stands_still_stops_the_program()
    {
        await StartAsync(Database.Sqlite);
        await using (var slow = await OpenAsync())
        {
            slow.Acknowledges = false;
            await slow.TypeAsync("head -c 52428800 /dev/zero | tr '\\0' x; echo; echo whole=$((1+1))\n");
            using (var patience = new CancellationTokenSource(TimeSpan.FromSeconds(30)))
                while (slow.Received < TerminalProtocol.Window)
                    Assert.True(await slow.NextAsync(patience.Token));
            var before = slow.Received;
            // More does not come while what came is not acknowledged.
            using (var briefly = new CancellationTokenSource(TimeSpan.FromSeconds(2)))
                await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
                {
                    while (await slow.NextAsync(briefly.Token))
                    {
                    }
                });
            Assert.True(slow.Received <= TerminalProtocol.Window + (64 << 10), $"{slow.Received} after {before}");
        }
        GC.Collect();
        var heap = GC.GetTotalMemory(true);
        await using var hand = await OpenAsync();
        await hand.TypeAsync("stty -echo; head -c 52428800 /dev/zero | tr '\\0' x; echo; echo whole=$((1+1))\n");
        var most = 0L;
        using var end = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while (hand.Received < 52428800)
        {
            Assert.True(await hand.NextAsync(end.Token), $"{hand.Received} {hand.Reason}");
            most = Math.Max(most, GC.GetTotalMemory(false) - heap);
        }
        Assert.True(most < 40 << 20, $"{most >> 20} MB");
    }

    [Fact]
    public async Task Much_that_is_pasted_arrives_whole_and_too_much_at_once_is_refused()
    {
        await StartAsync(Database.Sqlite);
        await using var hand = await OpenAsync();
        await hand.TypeAsync("stty -echo -icanon; head -c 400000 | cksum; stty echo icanon; echo done=$((1+1))\n");
        await Task.Delay(500);
        var chunk = Encoding.ASCII.GetBytes(new string('z', 20_000));
        var reading = hand.UntilAsync("done=2", 30);
        for (var i = 0; i < 20; i++)
        {
            await hand.SendAsync(chunk);
            await Task.Delay(20);
        }
        var text = await reading;
        Assert.Contains("400000", text, StringComparison.Ordinal);
        // Nothing reads: what is sent without waiting for the acknowledgements ends it.
        await using var deaf = await OpenAsync();
        await deaf.TypeAsync("stty -echo -icanon; sleep 100\n");
        await Task.Delay(300);
        var end = deaf.EndAsync(30);
        try
        {
            for (var i = 0; i < 100; i++)
                await deaf.SendAsync(chunk);
        }
        catch (WebSocketException)
        {
            // It was closed in between, which is the point.
        }
        Assert.Equal("too_much_input", await end);
    }

    [Theory, InlineData(16, "idle", TerminalProtocol.Idle), InlineData(8 * 60 + 1, "time_limit", TerminalProtocol.TimeLimit)]
    public async Task It_ends_when_nothing_happens_and_after_its_time(int minutes, string reason, int status)
    {
        await StartAsync(Database.Sqlite);
        await using var hand = await OpenAsync();
        await hand.TypeAsync(reason == "idle" ? "echo ready=$((1+1)); exec sleep 1000\n" : "while :; do echo tick=$((1+1)); sleep 0.05; done\n");
        await hand.UntilAsync(reason == "idle" ? "ready=2\r\n" : "tick=2");
        if (reason == "idle")
            _app.Clock.Advance(TimeSpan.FromMinutes(minutes));
        else
            for (var passed = 0; passed < minutes; passed += 10)
            {
                var seen = hand.Received;
                while (hand.Received == seen && await hand.NextAsync(CancellationToken.None))
                {
                }
                _app.Clock.Advance(TimeSpan.FromMinutes(10));
            }
        Assert.Equal(reason, await hand.EndAsync());
        Assert.Equal(status, (int)hand.Status!);
    }

    [Theory, Sqlite, Postgres]
    public async Task It_ends_within_five_seconds_of_losing_the_right_to_it(Database database)
    {
        await StartAsync(database);
        await using var hand = await OpenAsync();
        await hand.TypeAsync("echo ready=$((1+1))\n");
        await hand.UntilAsync("ready=2");
        var watch = Stopwatch.StartNew();
        await using (var db = _app.Databases.System())
        {
            var member = await db.Members.AcrossTenants().SingleAsync(m => m.OrgId == _org.Id && m.UserId == _operator.Id);
            db.Remove(member);
            await db.SaveChangesAsync();
        }
        Assert.Equal("access_ended", await hand.EndAsync());
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"{watch.Elapsed}");
        Assert.Equal(WebSocketCloseStatus.PolicyViolation, hand.Status);
    }

    [Fact]
    public async Task What_it_ran_ends_with_it()
    {
        await StartAsync(Database.Sqlite);
        var mark = $"{Random.Shared.Next(100_000, 999_999)}";
        await using (var hand = await OpenAsync())
        {
            await hand.TypeAsync($"echo at=$((1+1)); exec sleep {mark}\n");
            await hand.UntilAsync("at=2");
            await RunningAsync(mark, true);
        }
        await RunningAsync(mark, false);
    }

    private static async Task RunningAsync(string mark, bool expected)
    {
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(50))
        {
            var found = Directory.EnumerateDirectories("/proc").Where(d => char.IsDigit(Path.GetFileName(d)[0])).Any(d => Words(d) == $"sleep\0{mark}\0");
            if (found == expected)
                return;
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"sleep {mark}: {found}");
        }
    }

    private static string Words(string process)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline"));
        }
        catch (IOException)
        {
            return "";
        }
    }

    [Theory, InlineData("""{"type":"nonsense"}"""), InlineData("no json"), InlineData("""{"type":"start","columns":0,"rows":-5}"""), InlineData("""{"type":"start","command":["id"]}""")]
    public async Task Who_does_not_speak_the_protocol_is_sent_away(string first)
    {
        await StartAsync(Database.Sqlite);
        var ticket = await _app.As(_operator, _org).Post<TerminalTicket>($"/api/servers/{_server}/terminal");
        using var socket = await _app.As(_operator, _org).OpenTerminal(ticket);
        await socket.SendAsync(Encoding.UTF8.GetBytes(first), WebSocketMessageType.Text, true, CancellationToken.None);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(15));
        var got = await socket.ReceiveAsync(new byte[1000], patience.Token);
        Assert.Equal(WebSocketMessageType.Close, got.MessageType);
        Assert.Equal("not_understood", socket.CloseStatusDescription);
    }

    [Theory, Sqlite, Postgres]
    public async Task There_is_an_end_to_how_many_one_person_has(Database database)
    {
        await StartAsync(database);
        var open = new List<TerminalAtHand>();
        try
        {
            for (var i = 0; i < 10; i++)
                open.Add(await OpenAsync());
            await Assert.ThrowsAsync<WebSocketException>(async () => open.Add(await OpenAsync()));
            await open[0].DisposeAsync();
            for (var clock = Stopwatch.StartNew(); ; await Task.Delay(100))
                try
                {
                    open[0] = await OpenAsync();
                    return;
                }
                catch (WebSocketException) when (clock.Elapsed < TimeSpan.FromSeconds(10))
                {
                    // The end of the first has not been noticed yet.
                }
        }
        finally
        {
            foreach (var hand in open)
                await hand.DisposeAsync();
        }
    }
}

[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TerminalsAlone : ICollectionFixture<BareHome>
{
    public const string Name = "terminals";
}

/// <summary>A home with nothing in it: what the people of this machine have their shells do at login is not what is tested.</summary>
public sealed class BareHome : IDisposable
{
    private readonly string? _before = Environment.GetEnvironmentVariable("HOME");
    private readonly string _home = Directory.CreateTempSubdirectory("ocore-home-").FullName;

    public BareHome() => Environment.SetEnvironmentVariable("HOME", _home);

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("HOME", _before);
        Directory.Delete(_home, true);
    }
}
