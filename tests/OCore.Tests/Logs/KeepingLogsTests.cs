using System.IO.Compression;
using Microsoft.Extensions.DependencyInjection;
using OCore.Features.Logs;
using OCore.Platform.Docker;

namespace OCore.Tests.Logs;

/// <summary>What is kept of logs: over days, added to again and again, cut off in the middle, and forgotten in time.</summary>
public sealed class KeepingLogsTests
{
    private static readonly Guid Instance = Guid.CreateVersion7();

    [Theory, Sqlite]
    public async Task Lines_of_several_days_are_read_in_their_order_and_once(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var archive = app.Services.GetRequiredService<LogArchive>();
        var start = new DateTimeOffset(2026, 3, 1, 22, 0, 0, TimeSpan.Zero);
        var lines = Enumerable.Range(0, 300).Select(i => Line(start.AddMinutes(i), $"line {i}")).ToList();
        await archive.AddAsync(Instance, LogSource.Odoo, lines[..100], lines[99].At, default);
        // Some of it comes again, as it does where the engine is asked from an instant.
        await archive.AddAsync(Instance, LogSource.Odoo, lines[90..200], lines[199].At, default);
        await archive.AddAsync(Instance, LogSource.Odoo, lines[199..], lines[299].At, default);
        Assert.Equal(lines[299].At, archive.LastOf(Instance, LogSource.Odoo));
        Assert.Equal(["2026-03-01", "2026-03-02"], archive.DaysOf(Instance, LogSource.Odoo));
        Assert.Equal(lines.Select(l => l.Text), await TextsAsync(archive, null, null));
        Assert.Equal(lines[150..160].Select(l => l.Text), await TextsAsync(archive, lines[150].At, lines[160].At));
        Assert.Empty(archive.DaysOf(Instance, LogSource.Postgres));
    }

    [Theory, Sqlite]
    public async Task A_piece_that_was_cut_off_is_written_again(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var archive = app.Services.GetRequiredService<LogArchive>();
        var start = new DateTimeOffset(2026, 3, 1, 10, 0, 0, TimeSpan.Zero);
        await archive.AddAsync(Instance, LogSource.Odoo, [Line(start, "before")], Line(start, "").At, default);
        var file = Path.Combine(app.DataDirectory, "logs", Instance.ToString("N"), "odoo-2026-03-01.gz");
        // As a process leaves it that dies while it writes.
        await using (var half = new FileStream(file, FileMode.Append))
        await using (var packed = new GZipStream(half, CompressionLevel.Fastest))
            await packed.WriteAsync(new byte[200]);
        using (var cut = new FileStream(file, FileMode.Open))
            cut.SetLength(cut.Length - 6);
        await archive.AddAsync(Instance, LogSource.Odoo, [Line(start.AddMinutes(1), "after")], Line(start.AddMinutes(1), "").At, default);
        Assert.Equal(["before", "after"], await TextsAsync(archive, null, null));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }

    [Theory, Sqlite]
    public async Task What_is_too_old_goes_and_so_does_an_instance_that_is_gone(Database database)
    {
        await using var app = await TestApp.StartAsync(database, arrange: a => a.Set("LOG_DAYS", "7"));
        var archive = app.Services.GetRequiredService<LogArchive>();
        var (now, gone) = (app.Clock.GetUtcNow(), Guid.CreateVersion7());
        foreach (var instance in (Guid[])[Instance, gone])
            for (var day = 10; day >= 0; day--)
                await archive.AddAsync(instance, LogSource.Access, [Line(now.AddDays(-day), $"day {day}")], Line(now.AddDays(-day), "").At, default);
        archive.Sweep(new HashSet<Guid> { Instance });
        Assert.Empty(archive.DaysOf(gone, LogSource.Access));
        Assert.Equal(8, archive.DaysOf(Instance, LogSource.Access).Count);
    }

    [Fact]
    public void A_line_of_a_shared_log_is_of_whom_its_program_says()
    {
        var edge = SharedLines.Of(LogSource.Access);
        Assert.Equal(("i-1", "2026-03-01T10:00:00Z 203.0.113.9 GET a.example /web/login 200 10 5"), edge.Read("access i-1 2026-03-01T10:00:00Z 203.0.113.9 GET a.example /web/login 200 10 5"));
        Assert.Equal("i-1", edge.Read("access i-1-live x").Owner);
        Assert.Equal("unknown", edge.Read("access unknown 2026-03-01T10:00:00Z 203.0.113.9 GET i-1 /access 404 10 5").Owner);
        Assert.Equal("", edge.Read("[WARNING] (1) : Server i-1/odoo is DOWN").Owner);
        var postgres = SharedLines.Of(LogSource.Postgres);
        Assert.Equal("shop", postgres.Read("2026-03-01 10:00:00.000 UTC [9] shop ERROR:  no such thing").Owner);
        Assert.Equal("shop", postgres.Read("\t2026-03-01 10:00:00.000 UTC [9] other ERROR:  made up in a statement").Owner);
    }

    [Theory, InlineData("200", "Info"), InlineData("302", "Info"), InlineData("404", "Warning"), InlineData("503", "Error")]
    public void An_answer_is_as_grave_as_its_status(string status, string gravity) =>
        Assert.Equal(gravity, new LogLevels().Of($"2026-03-01T10:00:00Z 2001:db8::1 GET shop.example /web/login {status} 5120 -1").ToString());

    private static LogEntry Line(DateTimeOffset at, string text) => new(LogStamp.Of(at), text, null);

    private static async Task<List<string>> TextsAsync(LogArchive archive, LogStamp? since, LogStamp? until)
    {
        var texts = new List<string>();
        await foreach (var entry in archive.ReadAsync(Instance, LogSource.Odoo, since, until, default))
            texts.Add(entry.Text);
        return texts;
    }
}
