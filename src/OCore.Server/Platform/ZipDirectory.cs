using System.Buffers.Binary;

namespace OCore.Platform;

/// <summary>
/// Counts the entries of a zip before anything is made of it: the framework reads the whole directory into memory, and a directory can
/// have many millions of entries. What the end of the file claims is not believed; each entry is counted.
/// </summary>
internal static class ZipDirectory
{
    private const int End = 22, End64 = 56, Locator = 20, Entry = 46, LongestComment = ushort.MaxValue;
    private const uint EndMark = 0x06054b50, End64Mark = 0x06064b50, LocatorMark = 0x07064b50, EntryMark = 0x02014b50;
    // What the names and comments of an entry take, on average.
    private const int BytesEach = 512;

    /// <summary>False where there are more, or their names take more than names do. What is no zip has none.</summary>
    public static bool HasAtMost(Stream zip, int entries)
    {
        var tail = new byte[(int)Math.Min(zip.Length, End + LongestComment + Locator)];
        zip.Position = zip.Length - tail.Length;
        zip.ReadExactly(tail);
        // The last mark is what the framework takes for the end. Of the two starts that it can give, both have to be within bounds.
        for (var at = tail.Length - End; at >= 0; at--)
        {
            if (BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at)) != EndMark)
                continue;
            if (!IsWithin(zip, BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at + 16)), entries))
                return false;
            if (at >= Locator && BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at - Locator)) == LocatorMark
                && StartOf(zip, BinaryPrimitives.ReadUInt64LittleEndian(tail.AsSpan(at - Locator + 8))) is { } start && !IsWithin(zip, start, entries))
                return false;
            break;
        }
        zip.Position = 0;
        return true;
    }

    private static ulong? StartOf(Stream zip, ulong end)
    {
        if (end > long.MaxValue || (long)end > zip.Length - End64)
            return null;
        var record = new byte[End64];
        zip.Position = (long)end;
        zip.ReadExactly(record);
        return BinaryPrimitives.ReadUInt32LittleEndian(record) == End64Mark ? BinaryPrimitives.ReadUInt64LittleEndian(record.AsSpan(48)) : null;
    }

    private static bool IsWithin(Stream zip, ulong start, int entries)
    {
        if (start >= (ulong)zip.Length)
            return true;
        zip.Position = (long)start;
        var (head, names, bytes, count) = (new byte[Entry], new byte[3 * ushort.MaxValue], 0L, 0);
        var reading = new BufferedStream(zip, 128 << 10); // not disposed of: the zip is not ours
        while (reading.ReadAtLeast(head, Entry, throwOnEndOfStream: false) == Entry && BinaryPrimitives.ReadUInt32LittleEndian(head) == EntryMark)
        {
            var length = BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(28)) + BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(30)) + BinaryPrimitives.ReadUInt16LittleEndian(head.AsSpan(32));
            if (++count > entries || (bytes += length) > (long)entries * BytesEach)
                return false;
            if (reading.ReadAtLeast(names.AsSpan(0, length), length, throwOnEndOfStream: false) < length)
                return true;
        }
        return true;
    }
}
