using System.Buffers;
using System.Text;
using OCore.Platform.Remote;

namespace OCore.Features.Backups;

/// <summary>What a program says of a tenant's database, line by line. One line may be as long as a value in it: what is longer than any of Odoo's is refused, not kept.</summary>
internal sealed class BoundedLines(Stream source, string program)
{
    public const int Longest = 4 << 20;
    private readonly byte[] _buffer = new byte[32 << 10];
    private readonly ArrayBufferWriter<byte> _line = new();
    private int _at, _have;

    /// <summary>The next without its end; null where there is none.</summary>
    /// <exception cref="RemoteCommandException">It is too long.</exception>
    public async ValueTask<string?> ReadLineAsync(CancellationToken stop)
    {
        while (true)
        {
            var rest = _buffer.AsMemory(_at, _have - _at);
            var end = rest.Span.IndexOf((byte)'\n');
            var part = end < 0 ? rest : rest[..end];
            if (_line.WrittenCount + part.Length > Longest)
                throw new RemoteCommandException(program, "it wrote a line that is longer than oCore reads.");
            _line.Write(part.Span);
            _at += end < 0 ? part.Length : end + 1;
            if (end >= 0)
                return Cut();
            (_at, _have) = (0, await source.ReadAsync(_buffer, stop));
            if (_have == 0)
                return _line.WrittenCount > 0 ? Cut() : null;
        }
    }

    private string Cut()
    {
        var text = Encoding.UTF8.GetString(_line.WrittenSpan);
        _line.ResetWrittenCount();
        return text;
    }
}
