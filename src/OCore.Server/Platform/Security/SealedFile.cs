using System.Buffers.Binary;
using System.Security.Cryptography;

namespace OCore.Platform.Security;

/// <summary>
/// A large file at rest: AES-256-GCM in blocks under a key of its own. Each block is authenticated with its place and with whether
/// it is the last, so that none can be moved, left out or cut off. Reading may begin anywhere.
/// </summary>
internal static class SealedFile
{
    internal const int Block = 64 << 10, Tag = 16;

    public static byte[] NewKey() => RandomNumberGenerator.GetBytes(32);

    /// <summary>Encrypts while it reads, and answers the length and the SHA-256 of what was read.</summary>
    public static async Task<(long Bytes, string Sha256)> WriteAsync(Stream plain, Stream target, byte[] key, CancellationToken stop)
    {
        using var aes = new AesGcm(key, Tag);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (now, next, box) = (new byte[Block], new byte[Block], new byte[Block + Tag]);
        var (length, total) = (await plain.ReadAtLeastAsync(now, Block, throwOnEndOfStream: false, stop), 0L);
        for (long index = 0; ; index++)
        {
            var following = length < Block ? 0 : await plain.ReadAtLeastAsync(next, Block, throwOnEndOfStream: false, stop);
            hash.AppendData(now, 0, length);
            total += length;
            var last = following == 0;
            aes.Encrypt(Nonce(index), now.AsSpan(0, length), box.AsSpan(0, length), box.AsSpan(length, Tag), [last ? (byte)1 : (byte)0]);
            await target.WriteAsync(box.AsMemory(0, length + Tag), stop);
            if (last)
                return (total, Convert.ToHexStringLower(hash.GetHashAndReset()));
            (now, next, length) = (next, now, following);
        }
    }

    /// <exception cref="CryptographicException">When read: the file was altered, or is of another key.</exception>
    public static Stream Open(string path, byte[] key) => new SealedStream(File.OpenRead(path), key);

    internal static byte[] Nonce(long index)
    {
        // The key is of this file alone, so the place is nonce enough.
        var nonce = new byte[12];
        BinaryPrimitives.WriteInt64BigEndian(nonce.AsSpan(4), index);
        return nonce;
    }
}

/// <summary>The content of a sealed file, block by block.</summary>
internal sealed class SealedStream : Stream
{
    private readonly FileStream _file;
    private readonly AesGcm _aes;
    private readonly byte[] _box = new byte[SealedFile.Block + SealedFile.Tag], _plain = new byte[SealedFile.Block];
    private readonly long _blocks;
    private long _open = -1;
    private int _filled;

    public SealedStream(FileStream file, byte[] key)
    {
        (_file, _aes) = (file, new AesGcm(key, SealedFile.Tag));
        _blocks = Math.Max(1, (file.Length + _box.Length - 1) / _box.Length);
        Length = Math.Max(0, file.Length - _blocks * SealedFile.Tag);
    }

    public override bool CanRead => true;
    public override bool CanSeek => true;
    public override bool CanWrite => false;
    public override long Length { get; }
    public override long Position { get; set; }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        if (Position >= Length || buffer.Length == 0)
            return 0;
        var index = Position / SealedFile.Block;
        if (index != _open)
            OpenBlock(index);
        var at = (int)(Position % SealedFile.Block);
        var count = Math.Min(buffer.Length, _filled - at);
        _plain.AsSpan(at, count).CopyTo(buffer);
        Position += count;
        return count;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => Task.FromResult(Read(buffer.AsSpan(offset, count)));

    private void OpenBlock(long index)
    {
        _file.Position = index * _box.Length;
        var length = _file.ReadAtLeast(_box, _box.Length, throwOnEndOfStream: false) - SealedFile.Tag;
        if (length < 0)
            throw new CryptographicException("The sealed file was cut off.");
        _aes.Decrypt(SealedFile.Nonce(index), _box.AsSpan(0, length), _box.AsSpan(length, SealedFile.Tag), _plain.AsSpan(0, length), [index == _blocks - 1 ? (byte)1 : (byte)0]);
        (_open, _filled) = (index, length);
    }

    public override long Seek(long offset, SeekOrigin origin) =>
        Position = origin switch { SeekOrigin.Begin => offset, SeekOrigin.Current => Position + offset, _ => Length + offset };

    public override void Flush()
    {
        // Nothing is written.
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _aes.Dispose();
            _file.Dispose();
        }
        base.Dispose(disposing);
    }
}
