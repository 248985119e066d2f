using System.Formats.Tar;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace OCore.Features.Backups;

/// <param name="Amiss">Files whose content is not what their name says.</param>
/// <param name="Left">Entries that were left behind.</param>
/// <param name="Names">What is there.</param>
internal sealed record FileCount(int Files, long Bytes, int Amiss, int Left, HashSet<FileName> Names);

/// <summary>The SHA-1 that names a file, in twenty bytes: a filestore may have millions of them.</summary>
internal readonly record struct FileName(ulong A, ulong B, uint C)
{
    public static FileName Of(string sha) => new(Part(sha, 0, 16), Part(sha, 16, 16), (uint)Part(sha, 32, 8));

    /// <summary>As Odoo names it in the database: <c>ab/ab01…</c>.</summary>
    public string Path => string.Create(CultureInfo.InvariantCulture, $"{A >> 56:x2}/{A:x16}{B:x16}{C:x8}");

    private static ulong Part(string sha, int at, int length) => ulong.Parse(sha.AsSpan(at, length), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
}

/// <summary>
/// A filestore as an archive. Only what Odoo itself keeps goes through: plain files named by the SHA-1 of their content. Whatever else
/// an archive could hold (links, devices, paths that lead out) is left behind, on the way in as on the way out.
/// </summary>
internal static partial class FileArchive
{
    /// <summary>Their names are kept while they are counted.</summary>
    public const int MostFiles = 10_000_000;
    private const int Record = 512;

    /// <summary>Copies an archive and measures each file. A name that comes twice is taken once.</summary>
    public static async Task<FileCount> CopyAsync(Stream source, Stream target, CancellationToken stop)
    {
        var (count, bytes, amiss, left) = (0, 0L, 0, 0);
        var seen = new HashSet<FileName>();
        await using var reader = new TarReader(source, leaveOpen: true);
        while (await reader.GetNextEntryAsync(copyData: false, stop) is { } entry)
        {
            if (entry.EntryType is TarEntryType.Directory)
                continue;
            var name = Name().Match(entry.Name);
            if (!name.Success || entry.EntryType is not (TarEntryType.RegularFile or TarEntryType.V7RegularFile) || !seen.Add(FileName.Of(name.Groups["sha"].Value)))
            {
                // Odoo's list of files to look at, which it makes anew.
                left += entry.Name.Contains("checklist/", StringComparison.Ordinal) ? 0 : 1;
                continue;
            }
            if (!await WriteAsync(target, name.Groups["name"].Value, entry.Length, entry.DataStream ?? Stream.Null, name.Groups["sha"].Value, stop))
                amiss++;
            if (++count > MostFiles)
                throw new InvalidDataException($"There are more than {MostFiles} files.");
            bytes += entry.Length;
        }
        return new FileCount(count, bytes, amiss, left, seen);
    }

    /// <summary>One file into an archive; false where its content is not what its name says.</summary>
    public static async Task<bool> WriteAsync(Stream target, string name, long length, Stream content, string sha1, CancellationToken stop)
    {
        await target.WriteAsync(Header(name, length), stop);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        var buffer = new byte[64 << 10];
        for (var todo = length; todo > 0;)
        {
            var read = await content.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, todo)), stop);
            if (read == 0)
                throw new EndOfStreamException($"{name} ended before its length.");
            hash.AppendData(buffer, 0, read);
            await target.WriteAsync(buffer.AsMemory(0, read), stop);
            todo -= read;
        }
        if (length % Record is not 0 and var rest)
            await target.WriteAsync(new byte[Record - rest], stop);
        return Convert.ToHexStringLower(hash.GetHashAndReset()) == sha1;
    }

    /// <summary>The end of an archive, without which it is cut off.</summary>
    public static ValueTask EndAsync(Stream target, CancellationToken stop) => target.WriteAsync(new byte[2 * Record], stop);

    /// <summary>The name of a file in a filestore: <c>ab/ab01…</c>. Null for anything else.</summary>
    public static string? ShaOf(string name) => Name().Match(name) is { Success: true } match ? match.Groups["sha"].Value : null;

    private static byte[] Header(string name, long length)
    {
        var head = new byte[Record];
        Put(0, name);
        Put(100, "0000644\0");
        Put(108, "0000000\0");
        Put(116, "0000000\0");
        if (length < 1L << 33)
            Put(124, Convert.ToString(length, 8).PadLeft(11, '0') + "\0");
        else
        {
            // What eleven octal digits cannot say is written in binary.
            head[124] = 0x80;
            System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(head.AsSpan(128), length);
        }
        Put(136, "00000000000\0");
        Put(148, "        ");
        Put(156, "0");
        Put(257, "ustar\0" + "00");
        Put(148, Convert.ToString(head.Sum(b => (int)b), 8).PadLeft(6, '0') + "\0 ");
        return head;

        void Put(int at, string text) => Encoding.ASCII.GetBytes(text, head.AsSpan(at));
    }

    [GeneratedRegex(@"\A(?:\./)?(?:filestore/)?(?<name>(?<two>[0-9a-f]{2})/(?<sha>\k<two>[0-9a-f]{38}))\z")]
    private static partial Regex Name();
}
