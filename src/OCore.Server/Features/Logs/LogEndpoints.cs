using System.ComponentModel.DataAnnotations;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Platform.Data;
using OCore.Platform.Docker;
using OCore.Platform.Http;
using OCore.Platform.Remote;
using OCore.Platform.Security;

namespace OCore.Features.Logs;

/// <summary>The instance's own logs: their end, their past with filters, as they are written, and as a file.</summary>
internal static class LogEndpoints
{
    private const int Usual = 200;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static void Map(IEndpointRouteBuilder api)
    {
        var instances = api.MapGroup("/instances").WithTags("Instances").Require("view:instances").PortalFeature(PortalFeatures.Logs);
        instances.MapGet("/{id}/logs", Logs).WithName("getInstanceLogs");
        instances.MapGet("/{id}/logs/stream", Stream).WithName("streamInstanceLogs").Lasting().Produces<string>(200, "text/event-stream");
        instances.MapGet("/{id}/logs/download", Download).WithName("downloadInstanceLogs").Lasting().Produces<string>(200, "text/plain");
    }

    public sealed class Wanted
    {
        /// <summary><c>odoo</c>, as without it; <c>postgres</c>: what PostgreSQL says of the instance's database; or <c>access</c>: who asked for what at the server's edge, with status, bytes and milliseconds.</summary>
        [FromQuery(Name = "source"), MaxLength(20)] public string? Source { get; init; }
        /// <summary>Only lines at least as grave: <c>debug</c>, <c>info</c>, <c>warning</c>, <c>error</c> or <c>critical</c>. What continues a message goes with it.</summary>
        [FromQuery(Name = "level"), MaxLength(20)] public string? Level { get; init; }
        /// <summary>Only lines that hold this, in capitals or not.</summary>
        [FromQuery(Name = "q"), MaxLength(200)] public string? Q { get; init; }
        /// <summary>Only what was written from then on.</summary>
        [FromQuery(Name = "since")] public DateTimeOffset? Since { get; init; }
        /// <summary>Only what was written until then.</summary>
        [FromQuery(Name = "until")] public DateTimeOffset? Until { get; init; }
    }

    private sealed record Reading(InstanceOnServer On, LogSource Source, LogFilter Filter, LogWindow Window);

    /// <summary>The last lines of its log that pass the filters, oldest first. What came before them: <c>?before=</c> with <c>first</c>.</summary>
    internal static async Task<Results<Ok<LogLines>, Problem>> Logs(
        string id, [FromQuery, Range(1, 5000)] int? tail, [FromQuery, MaxLength(40)] string? before, [AsParameters] Wanted wanted, OCoreDb db, InstanceHost host, LogHistory history, LogSeats seats, Caller caller, TimeProvider time, CancellationToken stop)
    {
        LogStamp end = default;
        if (before is not null && !LogStamp.TryParse(before, out end))
            return Problem.Field("before", "The first or last of an answer before.");
        var (reading, problem) = await ReadingAsync(db, host, id, wanted, stop);
        if (problem is not null)
            return problem;
        using var seat = seats.TryTake(caller.UserId, caller.OrgId);
        if (seat is null)
            return TooMany;
        var most = tail ?? Usual;
        var window = before is null ? reading!.Window : reading!.Window with { Until = end };
        // The engine counts lines, not those that pass a filter.
        if (reading.Filter.IsAll && window is { Since: null, Until: null } && reading.Source == LogSource.Odoo)
            window = window with { Tail = most };
        using var late = new CancellationTokenSource(Patience, time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
        try
        {
            var (lines, more) = await history.LastAsync(reading.On, reading.Source, window, reading.Filter, most, ended.Token);
            return TypedResults.Ok(new LogLines
            {
                Lines = [.. lines.Select(e => e.Text)], First = lines.Count > 0 ? lines[0].At.ToString() : null, Last = lines.Count > 0 ? lines[^1].At.ToString() : null, HasMore = more && lines.Count > 0,
            });
        }
        catch (ServerException e)
        {
            return InstanceProblems.ServerAway(e.Message);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return TooSlow;
        }
    }

    /// <summary>
    /// Its log as it is written (Server-Sent Events of kind <c>line</c>), after the last lines; each has an id, and with <c>Last-Event-ID</c> it
    /// goes on after that one. An event <c>missed</c> stands where lines went by faster than they were taken.
    /// </summary>
    internal static async Task<Results<ServerSentEventsResult<string>, Problem>> Stream(
        string id, [FromQuery, Range(0, 5000)] int? tail, [AsParameters] Wanted wanted, [FromHeader(Name = EventStreams.LastEventId)] string? lastEventId, OCoreDb db, InstanceHost host, LogReaders readers, LogHistory history, Caller caller, HttpContext http, TimeProvider time, CancellationToken stop)
    {
        LogStamp? after = null;
        if (lastEventId is { Length: > 0 })
        {
            if (!LogStamp.TryParse(lastEventId, out var stamp))
                return EventStreams.UnknownId("The id of the last line that you have.");
            after = stamp;
        }
        var (reading, problem) = await ReadingAsync(db, host, id, wanted, stop);
        if (problem is not null)
            return problem;
        try
        {
            if (readers.Join(reading!.On, reading.Source, caller, await AtServerAsync(reading.On, stop)) is not { } viewer)
                return TooMany;
            http.Response.RegisterForDispose(viewer);
            return EventStreams.Of(http, FollowAsync(reading, viewer, history, tail ?? Usual, after, stop), time);
        }
        catch (ServerException e)
        {
            return InstanceProblems.ServerAway(e.Message);
        }
    }

    // One is left for oCore's own keeping of logs.
    private static async Task<int> AtServerAsync(InstanceOnServer on, CancellationToken stop) => await on.Connection.Docker.MostReadersAsync(stop) - 1;

    private static async IAsyncEnumerable<SseItem<string>> FollowAsync(Reading reading, LogViewer viewer, LogHistory history, int tail, LogStamp? after, [EnumeratorCancellation] CancellationToken stop)
    {
        await viewer.Reader.Ready.WaitAsync(stop);
        var (kept, place) = viewer.Reader.Snapshot();
        if (after is { } from)
        {
            // What is older than what is kept is read for this one viewer, once.
            if (kept.Count == 0 || kept[0].At > from)
                await foreach (var entry in history.ReadAsync(reading.On, reading.Source, new LogWindow { Since = from, Until = kept.Count == 0 ? null : kept[0].At }, stop))
                    if (entry.At > from && (kept.Count == 0 || entry.At < kept[0].At) && reading.Filter.Takes(entry))
                        yield return Line(entry);
            kept = [.. kept.Where(e => e.At > from)];
        }
        foreach (var entry in after is null ? kept.Where(reading.Filter.Takes).TakeLast(tail) : kept.Where(reading.Filter.Takes))
            yield return Line(entry);
        while (true)
        {
            var (entries, next, missed) = await viewer.Reader.AfterAsync(place, stop);
            place = next;
            if (missed)
                yield return new SseItem<string>("", "missed");
            foreach (var entry in entries)
                if (reading.Filter.Takes(entry))
                    yield return Line(entry);
        }
    }

    private static SseItem<string> Line(LogEntry entry) => new(entry.Text, "line") { EventId = entry.At.ToString() };

    /// <summary>All that is kept of its log and passes the filters, as a text file.</summary>
    internal static async Task<Results<PushStreamHttpResult, Problem>> Download(string id, [AsParameters] Wanted wanted, OCoreDb db, InstanceHost host, LogHistory history, LogSeats seats, Caller caller, HttpContext http, CancellationToken stop)
    {
        var (reading, problem) = await ReadingAsync(db, host, id, wanted, stop);
        if (problem is not null)
            return problem;
        try
        {
            if (seats.TryTake(caller.UserId, caller.OrgId, (reading!.On.Server.Id, await AtServerAsync(reading.On, stop))) is not { } seat)
                return TooMany;
            http.Response.RegisterForDispose(seat);
        }
        catch (ServerException e)
        {
            return InstanceProblems.ServerAway(e.Message);
        }
        return TypedResults.Stream(async body =>
        {
            var text = new StringBuilder();
            await foreach (var entry in history.ReadAsync(reading!.On, reading.Source, reading.Window, stop))
            {
                if (!reading.Filter.Takes(entry))
                    continue;
                text.Append(entry.Text).Append('\n');
                if (text.Length < 32 << 10)
                    continue;
                await body.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), stop);
                text.Clear();
            }
            await body.WriteAsync(Encoding.UTF8.GetBytes(text.ToString()), stop);
        }, "text/plain; charset=utf-8", $"{reading!.On.Instance.Slug}-{reading.Source.ToString().ToLowerInvariant()}.log");
    }

    private static async Task<(Reading?, Problem?)> ReadingAsync(OCoreDb db, InstanceHost host, string id, Wanted wanted, CancellationToken stop)
    {
        if (!WireWord.TryRead<LogSource>(wanted.Source ?? "odoo", out var source))
            return (null, Problem.Field("source", "One of odoo, postgres, access."));
        Gravity level = default;
        if (wanted.Level is { } word && !WireWord.TryRead(word, out level))
            return (null, Problem.Field("level", "One of debug, info, warning, error, critical."));
        if (await InstanceQueries.FindAsync(db, id, stop) is not { } instance)
            return (null, Problem.NotFound);
        if (source == LogSource.Access && instance.TopologyId is not null)
            return (null, NotAtEdge);
        var (on, problem) = await InstanceQueries.OpenAsync(db, host, instance, stop);
        return problem is not null ? (null, problem) : (new Reading(on!, source, new LogFilter(wanted.Level is null ? null : level, wanted.Q is { Length: > 0 } text ? text : null), new LogWindow
        {
            Since = wanted.Since is { } since ? LogStamp.Of(since) : null, Until = wanted.Until is { } until ? LogStamp.Of(until) : null,
        }), null);
    }

    private static readonly Problem NotAtEdge = Problem.Field("source", "People come to it by its topology's load balancer, which keeps a log of its own.", "log_elsewhere");

    private static readonly Problem TooMany = new(429, "too_many_logs", "As many logs are read now as one person, one organization or one server may read at once.", "Close one of them, or wait until a download has ended.");

    private static readonly Problem TooSlow = new(504, "log_too_slow", "The log was not read in time.", "Ask for less of it: give since and until, or download it.");
}
