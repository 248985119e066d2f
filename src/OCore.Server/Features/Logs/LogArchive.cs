using System.Globalization;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text;
using OCore.Platform;
using OCore.Platform.Docker;

namespace OCore.Features.Logs;

/// <summary>
/// What was written to the logs of instances, a file for each day, in oCore's own folder: an engine forgets a log with its container and
/// beyond some megabytes. Each time lines are added they are a whole piece of gzip; one that was cut off is taken back by the next.
/// </summary>
internal sealed class LogArchive(Settings settings, TimeProvider time) : IDisposable
{
    /// <summary>Of one instance, packed.</summary>
    private const long MostBytes = 512L << 20;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly SemaphoreSlim _writing = new(1);

    private string Root => Path.Combine(settings.DataDirectory, "logs");

    private string FolderOf(Guid instance) => Path.Combine(Root, instance.ToString("N"));

    public void Dispose() => _writing.Dispose();

    /// <summary>Up to where it is kept already.</summary>
    public LogStamp? LastOf(Guid instance, LogSource source) => MarkOf(instance, source)?.At;

    /// <summary>Adds lines, in their order, and says that everything up to <paramref name="upTo"/> is kept now. What was kept before is left out.</summary>
    public async Task AddAsync(Guid instance, LogSource source, IReadOnlyList<LogEntry> entries, LogStamp upTo, CancellationToken stop)
    {
        await _writing.WaitAsync(stop);
        try
        {
            var mark = MarkOf(instance, source);
            if (mark?.At >= upTo)
                return;
            Directory.CreateDirectory(FolderOf(instance), OwnerOnly | UnixFileMode.UserExecute);
            foreach (var day in entries.Where(e => mark is null || e.At > mark.At).GroupBy(e => DayOf(e.At)))
            {
                var path = Path.Combine(FolderOf(instance), $"{WordOf(source)}-{day.Key}.gz");
                await using var file = new FileStream(path, new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.Read, UnixCreateMode = OwnerOnly });
                if (mark is not null && mark.File == Path.GetFileName(path) && file.Length > mark.Length)
                    file.SetLength(mark.Length);
                file.Seek(0, SeekOrigin.End);
                await using (var packed = new GZipStream(file, CompressionLevel.Optimal, leaveOpen: true))
                await using (var text = new StreamWriter(packed, new UTF8Encoding(false)) { NewLine = "\n" })
                    foreach (var entry in day)
                        await text.WriteLineAsync($"{entry.At} {entry.Text.Replace('\n', ' ')}");
                await file.FlushAsync(stop);
                mark = new Mark(day.Last().At, Path.GetFileName(path), file.Length);
                await SaveAsync(instance, source, mark, stop);
            }
            await SaveAsync(instance, source, (mark ?? new Mark(upTo, "", 0)) with { At = upTo }, stop);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>What is kept of it from <paramref name="since"/> on and before <paramref name="until"/>, oldest first.</summary>
    public async IAsyncEnumerable<LogEntry> ReadAsync(Guid instance, LogSource source, LogStamp? since, LogStamp? until, [EnumeratorCancellation] CancellationToken stop)
    {
        foreach (var day in DaysOf(instance, source))
            if ((since is not { } from || string.CompareOrdinal(day, DayOf(from)) >= 0) && (until is not { } end || string.CompareOrdinal(day, DayOf(end)) <= 0))
                await foreach (var entry in DayAsync(instance, source, day, stop))
                    if ((since is null || entry.At >= since) && (until is null || entry.At < until))
                        yield return entry;
    }

    /// <summary>The days of which something is kept, oldest first.</summary>
    public IReadOnlyList<string> DaysOf(Guid instance, LogSource source)
    {
        var prefix = WordOf(source) + "-";
        return !Directory.Exists(FolderOf(instance)) ? [] : [.. Directory.EnumerateFiles(FolderOf(instance), prefix + "*.gz").Select(f => Path.GetFileNameWithoutExtension(f)[prefix.Length..]).Order(StringComparer.Ordinal)];
    }

    public async IAsyncEnumerable<LogEntry> DayAsync(Guid instance, LogSource source, string day, [EnumeratorCancellation] CancellationToken stop)
    {
        var levels = new LogLevels();
        await using var file = new FileStream(Path.Combine(FolderOf(instance), $"{WordOf(source)}-{day}.gz"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        await using var packed = new GZipStream(file, CompressionMode.Decompress);
        using var text = new StreamReader(packed, Encoding.UTF8);
        while (await LineAsync(text, stop) is { } line)
            if (line.IndexOf(' ', StringComparison.Ordinal) is > 0 and var space && LogStamp.TryParse(line[..space], out var at))
                yield return new LogEntry(at, line[(space + 1)..], levels.Of(line[(space + 1)..]));
    }

    /// <summary>Forgets what is too old or too much, and instances that are gone.</summary>
    public void Sweep(IReadOnlySet<Guid> instances)
    {
        if (!Directory.Exists(Root))
            return;
        var oldest = time.GetUtcNow().UtcDateTime.AddDays(-settings.LogDays).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        foreach (var folder in Directory.GetDirectories(Root))
        {
            if (!Guid.TryParseExact(Path.GetFileName(folder), "N", out var instance) || !instances.Contains(instance))
            {
                Directory.Delete(folder, recursive: true);
                continue;
            }
            var room = MostBytes;
            foreach (var file in new DirectoryInfo(folder).GetFiles("*.gz").OrderByDescending(f => f.Name[^13..], StringComparer.Ordinal))
                if ((room -= file.Length) < 0 || string.CompareOrdinal(file.Name[^13..^3], oldest) < 0)
                    file.Delete();
        }
    }

    private static string WordOf(LogSource source) => source.ToString().ToLowerInvariant();

    private static string DayOf(LogStamp at) => DateTimeOffset.FromUnixTimeSeconds(at.Seconds).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    // A piece that is being written, or was cut off, ends what can be read.
    private static async Task<string?> LineAsync(StreamReader text, CancellationToken stop)
    {
        try
        {
            return await text.ReadLineAsync(stop);
        }
        catch (InvalidDataException)
        {
            return null;
        }
    }

    /// <param name="Length">Of the file, with its last whole piece.</param>
    private sealed record Mark(LogStamp At, string File, long Length);

    private string MarkPath(Guid instance, LogSource source) => Path.Combine(FolderOf(instance), WordOf(source) + ".mark");

    private Mark? MarkOf(Guid instance, LogSource source) =>
        File.Exists(MarkPath(instance, source)) && File.ReadAllText(MarkPath(instance, source)).Split(' ') is [var stamp, var file, var length]
            && LogStamp.TryParse(stamp, out var at) && long.TryParse(length, out var bytes) ? new Mark(at, file, bytes) : null;

    private async Task SaveAsync(Guid instance, LogSource source, Mark mark, CancellationToken stop)
    {
        var path = MarkPath(instance, source);
        await File.WriteAllTextAsync(path + ".new", $"{mark.At} {mark.File} {mark.Length}", stop);
        File.Move(path + ".new", path, overwrite: true);
    }
}
