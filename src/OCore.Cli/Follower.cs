using System.Threading.Channels;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli;

/// <summary>
/// Follows an operation to its end. Events come by SSE, and again from the last one seen when the line is lost; the state is
/// also asked for now and then, so that a stream that a proxy holds back delays the picture and not the end.
/// </summary>
internal sealed class Follower(Call call, Guid id)
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);
    private const int TicksBetweenLooks = 3;
    private const int MostFailures = 30;

    private readonly Channel<OperationEventView> events = Channel.CreateUnbounded<OperationEventView>();
    private int failures;

    public static bool Ended(OperationView operation) =>
        operation.State is OperationState.Succeeded or OperationState.RolledBack or OperationState.Cancelled or OperationState.Stuck;

    /// <summary>Follow, show the end, and give the exit code of the outcome.</summary>
    public static async Task<int> Finish(Call call, OperationView started, bool wantsCancelled = false)
    {
        OperationView ended;
        try
        {
            ended = await new Follower(call, started.Id).Follow(started);
        }
        catch (OperationCanceledException) when (call.Stop.IsCancellationRequested)
        {
            call.Out.Note($"The operation goes on. Follow it with: ocore operation watch {started.Id}");
            throw;
        }
        var (operation, json) = await call.Fetch<OperationView>(HttpMethod.Get, $"/api/operations/{ended.Id}");
        if (call.Out.Quiet || call.Out.Format != OutputFormat.Table)
            call.Out.Item(json, operation, Views.Operation);
        else
            call.Out.Line(Steps.Summary(operation));
        if (operation.State == OperationState.Succeeded || (wantsCancelled && operation.State is OperationState.Cancelled or OperationState.RolledBack))
            return ExitCode.Ok;
        if (operation.Error is { } error)
            call.Out.Problem(new ProblemBody { Code = error.Code, Hint = error.Hint }, error.Message);
        call.Out.Note($"All that happened: ocore operation log {operation.Id}");
        return ExitCode.OperationFailed;
    }

    public async Task<OperationView> Follow(OperationView operation)
    {
        using var done = CancellationTokenSource.CreateLinkedTokenSource(call.Stop);
        var pump = Pump(done.Token);
        try
        {
            return await Steps.Display(call.Io, call.Out.Quiet, operation, show => Loop(operation, show));
        }
        finally
        {
            await done.CancelAsync();
            await pump;
        }
    }

    private async Task<OperationView> Loop(OperationView operation, Action<OperationView, IReadOnlyList<OperationEventView>> show)
    {
        for (var tick = 0; ; tick++)
        {
            var news = await News(tick == 0 ? TimeSpan.Zero : Tick);
            if (news.Count > 0 || tick % TicksBetweenLooks == 0)
                operation = await Look() ?? operation;
            var ended = Ended(operation);
            if (ended)
                news = [.. news, .. await News(TimeSpan.FromMilliseconds(300))];
            show(operation, news);
            if (ended)
                return operation;
        }
    }

    /// <summary>What came since the last call; waits a while for the first.</summary>
    private async Task<List<OperationEventView>> News(TimeSpan patience)
    {
        List<OperationEventView> news = [];
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(call.Stop);
        limit.CancelAfter(patience);
        try
        {
            if (patience > TimeSpan.Zero)
                await events.Reader.WaitToReadAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!call.Stop.IsCancellationRequested)
        {
            // Nothing came in this time.
        }
        while (events.Reader.TryRead(out var item))
            news.Add(item);
        return news;
    }

    private async Task<OperationView?> Look()
    {
        try
        {
            var operation = await call.Get<OperationView>($"/api/operations/{id}");
            failures = 0;
            return operation;
        }
        catch (Exception lost) when (lost is HttpRequestException or IOException && ++failures < MostFailures)
        {
            return null;
        }
        catch (OCoreException busy) when ((int)busy.Status >= 500 && ++failures < MostFailures)
        {
            return null;
        }
    }

    private async Task Pump(CancellationToken stop)
    {
        string? last = null;
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await foreach (var item in call.Api.Events($"/api/operations/{id}/events", last, stop))
                {
                    last = item.EventId ?? last;
                    if (Parse(item.Data) is { } read)
                        await events.Writer.WriteAsync(read, stop);
                }
                await Task.Delay(Tick, stop);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (Exception lost) when (lost is HttpRequestException or IOException or OCoreException)
            {
                // The look at the operation itself says when the server is gone for good.
                await Task.Delay(Tick, stop).ContinueWith(static _ => { }, TaskScheduler.Default);
            }
        }
    }

    private static OperationEventView? Parse(string data)
    {
        try
        {
            return System.Text.Json.JsonSerializer.Deserialize(data, WireJson.Default.OperationEventView);
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }
}
