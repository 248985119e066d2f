using System.ComponentModel;
using System.Diagnostics;

namespace OCore.Platform.Remote;

/// <summary>A program on this machine, started with an argument list and never through a shell.</summary>
internal sealed class ChildProcess : IDisposable
{
    private readonly Process _process;

    private ChildProcess(Process process)
    {
        _process = process;
        Input = process.StandardInput.BaseStream;
        Out = process.StandardOutput.BaseStream;
        Error = process.StandardError.BaseStream;
    }

    public Stream Input { get; }
    public Stream Out { get; }
    public Stream Error { get; }
    public int ExitCode => _process.ExitCode;
    public bool HasExited => _process.HasExited;

    /// <exception cref="ServerException">There is no such program here.</exception>
    public static ChildProcess Start(IReadOnlyList<string> words)
    {
        var start = new ProcessStartInfo(words[0], words.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        // What programs say is read by oCore, so it must not depend on the administrator's language.
        start.Environment["LC_ALL"] = "C.UTF-8";
        try
        {
            return new ChildProcess(Process.Start(start)!);
        }
        catch (Win32Exception missing)
        {
            throw new ServerException($"{words[0]} cannot be started on oCore's own machine: {missing.Message}", missing);
        }
    }

    public bool WaitBriefly(TimeSpan atMost) => _process.WaitForExit(atMost);

    public Task WaitAsync(CancellationToken stop) => _process.WaitForExitAsync(stop);

    public void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception gone) when (gone is InvalidOperationException or Win32Exception or AggregateException or NotSupportedException)
        {
        }
    }

    /// <summary>Writes all of it and closes the input. A program that stops reading early is not an error.</summary>
    public async Task FeedAsync(IEnumerable<ReadOnlyMemory<byte>> parts, CancellationToken stop)
    {
        try
        {
            foreach (var part in parts) await Input.WriteAsync(part, stop);
            await Input.FlushAsync(stop);
        }
        catch (IOException)
        {
        }
        finally
        {
            CloseInput();
        }
    }

    public void CloseInput()
    {
        try
        {
            Input.Dispose();
        }
        catch (IOException)
        {
        }
    }

    public void Dispose()
    {
        CloseInput();
        _process.Dispose();
    }
}
