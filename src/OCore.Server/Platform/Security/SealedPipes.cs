using System.Security.Cryptography;

namespace OCore.Platform.Security;

/// <summary>Writes a sealed file (<see cref="SealedFile"/>) as its content comes, and measures both sides of it.</summary>
internal sealed class SealingStream(Stream target, byte[] key) : WriteOnlyStream
{
    private readonly AesGcm _aes = new(key, SealedFile.Tag);
    private readonly IncrementalHash _plainHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256), _sealedHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _block = new byte[SealedFile.Block], _box = new byte[SealedFile.Block + SealedFile.Tag];
    private int _filled;
    private long _index;

    public long PlainBytes { get; private set; }
    public long SealedBytes { get; private set; }
    public string PlainSha256 { get; private set; } = "";
    public string SealedSha256 { get; private set; } = "";

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (buffer.Length > 0)
        {
            // A full block waits until it is known whether it is the last.
            if (_filled == _block.Length)
                await WriteBlockAsync(last: false, cancellationToken);
            var take = Math.Min(buffer.Length, _block.Length - _filled);
            buffer[..take].CopyTo(_block.AsMemory(_filled));
            _filled += take;
            buffer = buffer[take..];
        }
    }

    /// <summary>The content is complete. Without this call what was written does not open.</summary>
    public async Task CompleteAsync(CancellationToken stop)
    {
        await WriteBlockAsync(last: true, stop);
        PlainSha256 = Convert.ToHexStringLower(_plainHash.GetHashAndReset());
        SealedSha256 = Convert.ToHexStringLower(_sealedHash.GetHashAndReset());
    }

    private async Task WriteBlockAsync(bool last, CancellationToken stop)
    {
        _plainHash.AppendData(_block, 0, _filled);
        _aes.Encrypt(SealedFile.Nonce(_index++), _block.AsSpan(0, _filled), _box.AsSpan(0, _filled), _box.AsSpan(_filled, SealedFile.Tag), [last ? (byte)1 : (byte)0]);
        _sealedHash.AppendData(_box, 0, _filled + SealedFile.Tag);
        await target.WriteAsync(_box.AsMemory(0, _filled + SealedFile.Tag), stop);
        PlainBytes += _filled;
        SealedBytes += _filled + SealedFile.Tag;
        _filled = 0;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _aes.Dispose();
            _plainHash.Dispose();
            _sealedHash.Dispose();
        }
        base.Dispose(disposing);
    }
}

/// <summary>
/// Opens a sealed file as it comes, from beginning to end, and measures both sides. Every read is authenticated before it is given
/// on, and the end is only reported where the last block says that it is the last.
/// </summary>
internal sealed class UnsealingStream(Stream source, byte[] key) : ReadOnlyStream
{
    private readonly AesGcm _aes = new(key, SealedFile.Tag);
    private readonly IncrementalHash _plainHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256), _sealedHash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _plain = new byte[SealedFile.Block];
    private byte[] _now = new byte[SealedFile.Block + SealedFile.Tag], _next = new byte[SealedFile.Block + SealedFile.Tag];
    private int _have = -1, _at, _filled;
    private long _index;
    private bool _ended;

    public long PlainBytes { get; private set; }
    public long SealedBytes { get; private set; }
    /// <summary>After the end was read.</summary>
    public string PlainSha256 { get; private set; } = "";
    public string SealedSha256 { get; private set; } = "";

    /// <exception cref="CryptographicException">Altered, cut off, or of another key.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_at == _filled && !_ended)
            await OpenBlockAsync(cancellationToken);
        var count = Math.Min(buffer.Length, _filled - _at);
        _plain.AsMemory(_at, count).CopyTo(buffer);
        _at += count;
        return count;
    }

    private async Task OpenBlockAsync(CancellationToken stop)
    {
        if (_have < 0)
            _have = await source.ReadAtLeastAsync(_now, _now.Length, throwOnEndOfStream: false, stop);
        var following = _have < _now.Length ? 0 : await source.ReadAtLeastAsync(_next, _next.Length, throwOnEndOfStream: false, stop);
        var length = _have - SealedFile.Tag;
        if (length < 0)
            throw new CryptographicException("The sealed file was cut off.");
        var last = following == 0;
        _sealedHash.AppendData(_now, 0, _have);
        SealedBytes += _have;
        _aes.Decrypt(SealedFile.Nonce(_index++), _now.AsSpan(0, length), _now.AsSpan(length, SealedFile.Tag), _plain.AsSpan(0, length), [last ? (byte)1 : (byte)0]);
        _plainHash.AppendData(_plain, 0, length);
        PlainBytes += length;
        (_at, _filled, _ended) = (0, length, last);
        (_now, _next, _have) = (_next, _now, following);
        if (!last)
            return;
        PlainSha256 = Convert.ToHexStringLower(_plainHash.GetHashAndReset());
        SealedSha256 = Convert.ToHexStringLower(_sealedHash.GetHashAndReset());
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _aes.Dispose();
            _plainHash.Dispose();
            _sealedHash.Dispose();
            source.Dispose();
        }
        base.Dispose(disposing);
    }
}
