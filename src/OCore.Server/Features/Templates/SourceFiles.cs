using System.Formats.Tar;
using System.IO.Compression;
using System.Runtime.CompilerServices;
using OCore.Platform;
using OCore.Platform.Security;

namespace OCore.Features.Templates;

/// <summary>A file of a tree of sources, or a link within it. The content is read once, before the next is asked for.</summary>
internal sealed record SourceFile(string Path, string? Link, Stream Content);

/// <summary>The tree would do harm, or is larger than any tree of sources is.</summary>
internal sealed class UnsafeSourcesException(string message) : Exception(message);

/// <summary>
/// Trees of files that somebody else made. Names never leave the tree, nothing is written through a link, and what unpacks to more
/// than its limits is broken off there: no size that it claims is believed.
/// </summary>
internal static class SourceFiles
{
    public const long MaxBytes = 4L << 30, MaxFileBytes = 512L << 20;
    public const int MaxFiles = 300_000, MaxPath = 500;

    /// <param name="strict">A name or link that leaves the tree refuses the whole; otherwise it is left out, as with what comes from Git.</param>
    public static async IAsyncEnumerable<SourceFile> OfTarAsync(Stream tar, bool strict, [EnumeratorCancellation] CancellationToken stop)
    {
        // Headers count too: an archive of nothing but names is a bomb as well.
        await using var archive = new TarReader(new Limited(tar, 2 * MaxBytes, "The archive unpacks to too much."), leaveOpen: true);
        var guard = new Guard(strict);
        while (await NextAsync(archive, stop) is { } entry)
        {
            if (entry.EntryType is TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile)
            {
                if (guard.Take(entry.Name, null, entry.Length) is { } path)
                    yield return new SourceFile(path, null, new Sized(entry.DataStream ?? Stream.Null, entry.Length));
            }
            else if (entry.EntryType == TarEntryType.SymbolicLink)
            {
                if (guard.Take(entry.Name, entry.LinkName, 0) is { } path)
                    yield return new SourceFile(path, entry.LinkName, Stream.Null);
            }
            else if (strict && entry.EntryType is not (TarEntryType.Directory or TarEntryType.GlobalExtendedAttributes))
                throw new UnsafeSourcesException($"{Guard.Shown(entry.Name)} is neither a file nor a folder.");
        }
    }

    private static async Task<TarEntry?> NextAsync(TarReader archive, CancellationToken stop)
    {
        try
        {
            return await archive.GetNextEntryAsync(copyData: false, stop);
        }
        catch (Exception broken) when (broken is InvalidDataException or FormatException or EndOfStreamException or ArgumentException)
        {
            throw new UnsafeSourcesException("The archive is damaged or is no tar archive.");
        }
    }

    public static async IAsyncEnumerable<SourceFile> OfZipAsync(Stream zip, bool strict, [EnumeratorCancellation] CancellationToken stop)
    {
        using var archive = Opened(zip);
        var guard = new Guard(strict);
        foreach (var entry in archive.Entries)
        {
            stop.ThrowIfCancellationRequested();
            if (entry.FullName.EndsWith('/'))
                continue;
            if (entry.IsEncrypted)
                throw new UnsafeSourcesException("The archive has a password.");
            // The upper half is the mode that Unix programs write; a link's target is its content.
            var link = (entry.ExternalAttributes >> 16 & 0xF000) == 0xA000;
            await using var content = entry.Open();
            if (link)
            {
                using var reader = new StreamReader(new Sized(content, Math.Min(entry.Length, 4096)));
                var target = await reader.ReadToEndAsync(stop);
                if (guard.Take(entry.FullName, target, 0) is { } path)
                    yield return new SourceFile(path, target, Stream.Null);
            }
            else if (guard.Take(entry.FullName, null, entry.Length) is { } path)
                yield return new SourceFile(path, null, new Sized(content, entry.Length));
        }
    }

    // One with nothing in it. What is shorter the framework itself fails on.
    private const int ShortestZip = 22;

    private static ZipArchive Opened(Stream zip)
    {
        try
        {
            if (zip.Length < ShortestZip)
                throw new InvalidDataException();
            return ZipDirectory.HasAtMost(zip, MaxFiles) ? new ZipArchive(zip, ZipArchiveMode.Read, leaveOpen: true) : throw new UnsafeSourcesException($"The archive has more than {MaxFiles} files.");
        }
        catch (InvalidDataException)
        {
            throw new UnsafeSourcesException("The archive is damaged or is no zip archive.");
        }
    }

    /// <summary>Judges names one after another.</summary>
    private sealed class Guard(bool strict)
    {
        private readonly HashSet<string> _links = [];
        private int _count;
        private long _total;

        /// <returns>The clean name; null for what is left out.</returns>
        public string? Take(string name, string? link, long length)
        {
            if (++_count > MaxFiles)
                throw new UnsafeSourcesException($"There are more than {MaxFiles} files.");
            if (length > MaxFileBytes)
                throw new UnsafeSourcesException($"{Shown(name)} has more than {Sizes.Of(MaxFileBytes)}.");
            if ((_total += length) > MaxBytes)
                throw new UnsafeSourcesException($"The files have more than {Sizes.Of(MaxBytes)}.");
            var parts = name.StartsWith("./", StringComparison.Ordinal) ? name[2..].Split('/') : name.Split('/');
            var clean = name.Length <= MaxPath && !name.Any(char.IsControl) && !name.Contains('\\') && parts.All(p => p is not ("" or "." or ".."));
            if (clean && link is not null)
                clean = link.Length is > 0 and <= MaxPath && !link.Any(char.IsControl) && !link.StartsWith('/') && StaysWithin(parts, link);
            // Behind a link a name says nothing about where the file goes.
            for (var depth = 1; clean && depth < parts.Length; depth++)
                clean = !_links.Contains(string.Join('/', parts[..depth]));
            if (!clean)
                return strict ? throw new UnsafeSourcesException($"{Shown(name)}{(link is null ? "" : " → " + Shown(link))} leaves the folder it is in.") : null;
            var path = string.Join('/', parts);
            if (link is not null)
                _links.Add(path);
            return path;
        }

        private static bool StaysWithin(string[] parts, string link)
        {
            var depth = parts.Length - 1;
            foreach (var part in link.Split('/'))
                if (part == "..")
                {
                    if (--depth < 0)
                        return false;
                }
                else if (part is not ("" or "."))
                    depth++;
            return true;
        }

        public static string Shown(string name) => string.Concat(name.Take(80).Select(c => char.IsControl(c) ? '·' : c));
    }

    /// <summary>Ends with an error where more comes than is allowed.</summary>
    private sealed class Limited(Stream inner, long limit, string complaint) : ReadOnlyStream
    {
        private long _read;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = await inner.ReadAsync(buffer, cancellationToken);
            return (_read += count) <= limit ? count : throw new UnsafeSourcesException(complaint);
        }
    }

    /// <summary>A stream of a length that is known before; it refuses to be longer or shorter.</summary>
    private sealed class Sized(Stream inner, long length) : ReadOnlyStream
    {
        private long _read;

        // A tar says the length before the content, and takes it from a stream that can tell.
        public override bool CanSeek => true;
        public override long Length => length;
        public override long Position { get => _read; set => throw new NotSupportedException(); }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (buffer.Length == 0)
                return 0;
            if (_read == length)
                return await inner.ReadAsync(new byte[1], cancellationToken) == 0 ? 0 : throw new UnsafeSourcesException("A file is longer than the archive says.");
            var count = await inner.ReadAsync(buffer[..(int)Math.Min(buffer.Length, length - _read)], cancellationToken);
            _read += count;
            return count > 0 ? count : throw new UnsafeSourcesException("A file is shorter than the archive says.");
        }
    }
}
