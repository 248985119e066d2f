namespace OCore.Features.Servers;

/// <summary>Wakes the reconciler of this process; those of other replicas find out by looking.</summary>
internal static class ServerSignals
{
    private static volatile TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>A server, or what should run on one, changed.</summary>
    public static void Changed() => Interlocked.Exchange(ref _next, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    public static Task Next => _next.Task;
}
