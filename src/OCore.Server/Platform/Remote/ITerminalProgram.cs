namespace OCore.Platform.Remote;

/// <summary>The edge of the world: a program somewhere with a person at it. Whoever does not read it slows it down. Disposing it ends the program.</summary>
internal interface ITerminalProgram : IAsyncDisposable
{
    /// <returns>How much, and whether it is stderr; nothing is the end.</returns>
    ValueTask<(int Count, bool IsError)> ReadPartAsync(Memory<byte> buffer, CancellationToken stop);

    ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken stop);

    void CloseInput();

    Task ResizeAsync(int columns, int rows, CancellationToken stop);

    Task<int> ExitCodeAsync(CancellationToken stop);
}
