using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http.HttpResults;

namespace OCore.Platform.Http;

/// <summary>
/// Server-Sent Events that are open from the first moment, and show from time to time that they live: whoever waits for something
/// rare would see no answer at all, and what stands between ends a connection on which nothing comes.
/// </summary>
internal static class EventStreams
{
    /// <summary>Half of what proxies wait at least.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(15);
    /// <summary>A comment, which no reader of events takes for one.</summary>
    private static readonly byte[] Sign = ":\n\n"u8.ToArray();

    public const string LastEventId = "Last-Event-ID";

    /// <summary>Whoever cannot say where they were would be given all of it again, or too little.</summary>
    public static Problem UnknownId(string what) => Problem.Field(LastEventId, what);

    public static ServerSentEventsResult<T> Of<T>(HttpContext http, IAsyncEnumerable<SseItem<T>> items, TimeProvider time)
    {
        http.Response.Headers["X-Accel-Buffering"] = "no";
        return TypedResults.ServerSentEvents(AliveAsync(http.Response.Body, items, time));
    }

    // The writer of events waits here for the next one, so that nobody else writes meanwhile.
    private static async IAsyncEnumerable<SseItem<T>> AliveAsync<T>(Stream body, IAsyncEnumerable<SseItem<T>> items, TimeProvider time, [EnumeratorCancellation] CancellationToken stop = default)
    {
        await body.FlushAsync(stop);
        await using var each = items.GetAsyncEnumerator(stop);
        while (await NextAsync(each, body, time))
            yield return each.Current;
    }

    private static async Task<bool> NextAsync<T>(IAsyncEnumerator<T> each, Stream body, TimeProvider time)
    {
        var next = each.MoveNextAsync().AsTask();
        while (true)
            try
            {
                return await next.WaitAsync(Silence, time);
            }
            catch (TimeoutException) when (!next.IsCompleted)
            {
                try
                {
                    await body.WriteAsync(Sign);
                    await body.FlushAsync();
                }
                catch (Exception gone) when (gone is IOException or OperationCanceledException or ObjectDisposedException)
                {
                    // The reader has left, which ends what is waited for as well.
                }
            }
    }
}
