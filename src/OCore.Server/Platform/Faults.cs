namespace OCore.Platform;

internal static class Faults
{
    /// <summary>
    /// Something failed, and it was not oCore being stopped. A cancellation that nobody asked for is a time-out of something within, and
    /// a loop that lets it through ends, and the program with it.
    /// </summary>
    public static bool IsFault(this Exception e, CancellationToken stop) => e is not OperationCanceledException || !stop.IsCancellationRequested;
}
