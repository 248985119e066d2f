using OCore.Platform.Docker;

namespace OCore.Platform.Remote;

/// <summary>The edge of the world: one server, this machine or one reached over ssh.</summary>
internal interface IServerConnection : IAsyncDisposable
{
    bool IsLocal { get; }

    /// <summary>The server's Docker engine. Takes no call until it is used.</summary>
    DockerHost Docker { get; }

    /// <summary>Ends when the connection is gone, for whatever reason. Never fails.</summary>
    Task Closed { get; }

    Task<CommandResult> RunAsync(RemoteCommand command, CancellationToken stop);

    /// <summary>The lines of stdout and stderr as they come; a failing exit code ends the stream with an exception.</summary>
    IAsyncEnumerable<string> StreamAsync(RemoteCommand command, CancellationToken stop);

    /// <summary>
    /// Whole or not at all: readers see the old file or the new one. Missing folders are made. Where the user may
    /// become root the file is root's, as everything oCore keeps on a server.
    /// </summary>
    Task WriteFileAsync(RemotePath path, ReadOnlyMemory<byte> content, UnixFileMode mode, CancellationToken stop);

    /// <exception cref="FileNotFoundException">There is no such file.</exception>
    Task<byte[]> ReadFileAsync(RemotePath path, CancellationToken stop);

    /// <summary>A login shell on a terminal, as the user that the connection is for.</summary>
    Task<ITerminalProgram> OpenShellAsync(int columns, int rows, CancellationToken stop);

    /// <summary>How long the server takes to answer a command that does nothing.</summary>
    Task<TimeSpan> PingAsync(CancellationToken stop);
}
