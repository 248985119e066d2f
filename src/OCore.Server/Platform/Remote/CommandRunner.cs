using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;

namespace OCore.Platform.Remote;

/// <summary>One way to bring a command to a server: as words for a program on this machine.</summary>
internal interface ICommandCarrier
{
    /// <summary>The words to start, and what its input must begin with (a password for sudo).</summary>
    ValueTask<(IReadOnlyList<string> Words, ReadOnlyMemory<byte> Prelude)> CarryAsync(RemoteCommand command, CancellationToken stop);

    /// <summary>Ends the command and all it started. <paramref name="pid"/> is the number it printed, if it came so far.</summary>
    Task EndAsync(ChildProcess process, RemoteCommand command, int? pid);

    /// <summary>Throws where an exit code was not the program's own but the carrier's.</summary>
    ValueTask CheckAsync(RemoteCommand command, int exitCode, bool started, string error);
}

/// <summary>Runs commands with a time limit and a limit to their output; whatever ends early is stopped where it runs.</summary>
internal sealed class CommandRunner(ICommandCarrier carrier, TimeProvider clock)
{
    public const int OutputLimit = 4 << 20;
    public static readonly TimeSpan DefaultTimeout = TimeSpan.FromMinutes(1);
    private const int LineLimit = 64 << 10;

    public async Task<CommandBytes> RunAsync(RemoteCommand command, int outputLimit, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        var timeout = command.Timeout ?? DefaultTimeout;
        using var late = new CancellationTokenSource(timeout, clock);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
        var (words, prelude) = await carrier.CarryAsync(command, stop);
        using var process = ChildProcess.Start(words);
        var error = new StartMark();
        try
        {
            var feeding = process.FeedAsync([prelude, command.Input], ended.Token);
            var reading = ReadAsync(process.Out, outputLimit, null, ended.Token);
            var complaints = ReadAsync(process.Error, OutputLimit, error, ended.Token);
            await FirstFailureAsync(reading, complaints);
            await feeding;
            await process.WaitAsync(ended.Token);
            var said = error.After(await complaints);
            await carrier.CheckAsync(command, process.ExitCode, error.Pid is not null, Encoding.UTF8.GetString(said));
            return new CommandBytes(process.ExitCode, await reading, said);
        }
        catch (OutputTooLargeException)
        {
            await carrier.EndAsync(process, command, error.Pid);
            throw new RemoteCommandException(command.Program, "it wrote more than oCore reads of a command and was stopped.");
        }
        catch (OperationCanceledException)
        {
            await carrier.EndAsync(process, command, error.Pid);
            stop.ThrowIfCancellationRequested();
            throw new RemoteTimeoutException(command.Program, timeout);
        }
    }

    public async IAsyncEnumerable<string> StreamAsync(RemoteCommand command, [EnumeratorCancellation] CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        using var late = new CancellationTokenSource(command.Timeout ?? Timeout.InfiniteTimeSpan, clock);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop, late.Token);
        var (words, prelude) = await carrier.CarryAsync(command, stop);
        using var process = ChildProcess.Start(words);
        // Bounded: a slow reader must slow the program down, not fill oCore's memory.
        var lines = Channel.CreateBounded<string>(256);
        var mark = new StartMark();
        var pumping = PumpAsync(process, lines.Writer, mark, ended.Token);
        var feeding = process.FeedAsync([prelude, command.Input], ended.Token);
        var last = new Queue<string>();
        try
        {
            while (await NextAsync(lines.Reader, command, late.Token, stop, ended.Token) is { } line)
            {
                if (last.Count == 3) last.Dequeue();
                last.Enqueue(line);
                yield return line;
            }
            await process.WaitAsync(ended.Token);
            var tail = string.Join('\n', last);
            await carrier.CheckAsync(command, process.ExitCode, mark.Pid is not null, tail);
            if (process.ExitCode != 0) throw new RemoteCommandException(command.Program, new CommandResult(process.ExitCode, "", tail));
        }
        finally
        {
            if (!process.HasExited) await carrier.EndAsync(process, command, mark.Pid);
            await ended.CancelAsync();
            await Task.WhenAll(pumping, feeding).ContinueWith(_ => { }, TaskScheduler.Default);
        }
    }

    private static async Task<string?> NextAsync(
        ChannelReader<string> lines, RemoteCommand command, CancellationToken late, CancellationToken stop, CancellationToken ended)
    {
        try
        {
            while (await lines.WaitToReadAsync(ended))
                if (lines.TryRead(out var line))
                    return line;
            return null;
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            throw new RemoteTimeoutException(command.Program, command.Timeout ?? TimeSpan.Zero);
        }
    }

    private static async Task PumpAsync(ChildProcess process, ChannelWriter<string> lines, StartMark mark, CancellationToken stop)
    {
        Exception? failure = null;
        try
        {
            await Task.WhenAll(LinesAsync(process.Out, null), LinesAsync(process.Error, mark));
        }
        catch (Exception broken) when (broken is IOException or OperationCanceledException)
        {
            failure = broken;
        }
        lines.TryComplete(failure as OperationCanceledException);

        async Task LinesAsync(Stream stream, StartMark? expect)
        {
            var buffer = new byte[16 << 10];
            var splitter = new LineSplitter(LineLimit);
            int count;
            while ((count = await stream.ReadAsync(buffer, stop)) > 0)
                foreach (var line in splitter.Feed(buffer.AsSpan(0, count)))
                    if (expect is null || !expect.Take(line))
                        await lines.WriteAsync(line, stop);
            if (splitter.Rest() is { } rest) await lines.WriteAsync(rest, stop);
        }
    }

    private static async Task<byte[]> ReadAsync(Stream stream, int limit, StartMark? mark, CancellationToken stop)
    {
        using var all = new MemoryStream();
        var buffer = new byte[32 << 10];
        int count;
        while ((count = await stream.ReadAsync(buffer, stop)) > 0)
        {
            all.Write(buffer, 0, count);
            mark?.Look(all.GetBuffer().AsSpan(0, (int)all.Length));
            if (all.Length > limit) throw new OutputTooLargeException();
        }
        return all.ToArray();
    }

    // A flood on one stream must end the command although the other stream stays open.
    private static async Task FirstFailureAsync(params Task[] tasks)
    {
        var open = tasks.ToList();
        while (open.Count > 0)
        {
            var done = await Task.WhenAny(open);
            await done;
            open.Remove(done);
        }
    }

    private sealed class OutputTooLargeException : Exception;
}

/// <summary>
/// A carried command prints its process number as the first line of stderr, so that it can be stopped, and so that a
/// program's own exit code can be told from one of ssh or sudo. What comes before that line is sudo's, not the program's.
/// </summary>
internal sealed class StartMark
{
    public const string Word = "ocore-started";
    private static readonly byte[] Prefix = Encoding.ASCII.GetBytes(Word + " ");
    private int _end;

    public int? Pid { get; private set; }

    public void Look(ReadOnlySpan<byte> text)
    {
        if (Pid is not null) return;
        var at = text.IndexOf(Prefix);
        if (at < 0) return;
        var rest = text[(at + Prefix.Length)..];
        var newline = rest.IndexOf((byte)'\n');
        if (newline < 0 || !int.TryParse(rest[..newline], out var pid)) return;
        Pid = pid;
        _end = at + Prefix.Length + newline + 1;
    }

    /// <summary>True for the line that is the mark itself.</summary>
    public bool Take(string line)
    {
        if (Pid is not null || !line.StartsWith(Word + " ", StringComparison.Ordinal)) return false;
        if (!int.TryParse(line.AsSpan(Word.Length + 1), out var pid)) return false;
        Pid = pid;
        return true;
    }

    public byte[] After(byte[] text) => text[_end..];
}

/// <summary>Cuts bytes into lines of text, across the borders of buffers and of letters.</summary>
internal sealed class LineSplitter(int limit)
{
    private readonly ArrayBufferWriter<byte> _line = new();

    public List<string> Feed(ReadOnlySpan<byte> bytes)
    {
        var lines = new List<string>();
        while (bytes.Length > 0)
        {
            var newline = bytes.IndexOf((byte)'\n');
            var room = limit - _line.WrittenCount;
            var whole = newline >= 0 && newline <= room;
            var take = whole ? newline : Math.Min(bytes.Length, room);
            _line.Write(bytes[..take]);
            bytes = bytes[(whole ? take + 1 : take)..];
            if (whole || _line.WrittenCount >= limit) lines.Add(Cut());
        }
        return lines;
    }

    public string? Rest() => _line.WrittenCount == 0 ? null : Cut();

    private string Cut()
    {
        var text = Encoding.UTF8.GetString(_line.WrittenSpan);
        _line.ResetWrittenCount();
        return text.TrimEnd('\r');
    }
}
