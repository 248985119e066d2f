using System.Collections.Concurrent;

namespace OCore.Platform.Operations;

/// <summary>Wakes the engine and the event streams of this process at once; other replicas find out by looking.</summary>
internal static class OperationSignals
{
    private static volatile TaskCompletionSource _work = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private static readonly ConcurrentDictionary<Guid, TaskCompletionSource> Events = new();

    public static void WorkQueued() => Interlocked.Exchange(ref _work, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    public static Task NextWork => _work.Task;

    public static void EventWritten(Guid operation)
    {
        if (Events.TryRemove(operation, out var waiting))
            waiting.TrySetResult();
    }

    /// <summary>Whether anything is kept for somebody who waits for its next event.</summary>
    internal static bool IsFollowed(Guid operation) => Events.ContainsKey(operation);

    /// <summary>Completes with the next event of this operation. Take it before looking, so that nothing falls between.</summary>
    public static Task NextEvent(Guid operation) =>
        Events.GetOrAdd(operation, _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
}
