using System.Buffers.Binary;
using System.Security.Cryptography;

namespace OCore.Platform.Data;

/// <summary>
/// Ids for rows: UUIDs of version 7 that always grow within a process, so that ordering by id is the order of making also within one
/// millisecond, which <see cref="Guid.CreateVersion7()"/> leaves to chance (RFC 9562, 6.2, method 1: twelve bits of counter after the time).
/// </summary>
internal static class RowId
{
    private const int CounterBits = 12;

    /// <summary>The time in milliseconds with the counter below it, of the newest id.</summary>
    private static long _newest;

    public static Guid New()
    {
        long newest, next;
        do
        {
            newest = Volatile.Read(ref _newest);
            // Where the counter is used up or the clock went back, the ids run ahead of the time for a while.
            next = Math.Max(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() << CounterBits, newest + 1);
        }
        while (Interlocked.CompareExchange(ref _newest, next, newest) != newest);

        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes[8..]);
        BinaryPrimitives.WriteInt64BigEndian(bytes, (next >> CounterBits << 16) | 0x7000 | (next & ((1 << CounterBits) - 1)));
        bytes[8] = (byte)(bytes[8] & 0x3F | 0x80);
        return new Guid(bytes, bigEndian: true);
    }
}
