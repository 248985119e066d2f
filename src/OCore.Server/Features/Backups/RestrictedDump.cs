using System.Buffers;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace OCore.Features.Backups;

/// <summary>
/// A dump in words as psql may read it: psql's own commands, which start programs and read files, are forbidden to it first
/// (<c>\restrict</c>). A dump of pg_dump forbids them itself, by a key that its maker knows and could lift again; that is left out.
/// </summary>
internal sealed partial class RestrictedDump
{
    private const int Longest = 256;
    private readonly string _key = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
    private readonly byte[] _line = new byte[Longest];
    private readonly ArrayBufferWriter<byte> _out = new();
    private int _have;
    private bool _inHead = true, _inLine;
    private string? _theirs;

    /// <summary>Whether a psql knows the command, by what it says of its version: it came with the releases of August 2025.</summary>
    public static bool IsKnownTo(string version) => Version().Match(version) is { Success: true } match && int.Parse(match.Groups[1].Value) is var major
        && (major >= 18 || int.Parse(match.Groups[2].Value) >= (major switch { 17 => 6, 16 => 10, 15 => 14, 14 => 19, 13 => 22, _ => int.MaxValue }));

    public async Task CopyAsync(Stream source, Stream target, CancellationToken stop)
    {
        Write(Encoding.ASCII.GetBytes($"\\restrict {_key}\n"));
        var buffer = new byte[128 << 10];
        int count;
        while ((count = await source.ReadAsync(buffer, stop)) > 0)
        {
            Take(buffer.AsSpan(0, count));
            await FlushAsync(target, stop);
        }
        EndLine();
        Write(Encoding.ASCII.GetBytes($"\n\\unrestrict {_key}\n"));
        await FlushAsync(target, stop);
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            var newline = bytes.IndexOf((byte)'\n');
            var part = newline < 0 ? bytes : bytes[..(newline + 1)];
            bytes = bytes[part.Length..];
            if (!_inLine && _have + part.Length <= Longest)
            {
                part.CopyTo(_line.AsSpan(_have));
                _have += part.Length;
                if (newline >= 0)
                    EndLine();
                continue;
            }
            // Too long for what is looked for.
            Write(_line.AsSpan(0, _have));
            Write(part);
            (_have, _inHead, _inLine) = (0, false, newline < 0);
        }
    }

    private void EndLine()
    {
        var line = _line.AsSpan(0, _have);
        _have = 0;
        var text = line.StartsWith("\\"u8) ? Encoding.UTF8.GetString(line).TrimEnd('\n', '\r') : "";
        if (_inHead && _theirs is null && Restrict().Match(text) is { Success: true } match)
        {
            _theirs = match.Groups[1].Value;
            return;
        }
        // With the key as its last word: no data has it.
        if (_theirs is not null && text == "\\unrestrict " + _theirs)
            return;
        _inHead &= line.StartsWith("--"u8) || line.Trim("\r\n"u8).IsEmpty;
        Write(line);
    }

    private void Write(ReadOnlySpan<byte> bytes) => _out.Write(bytes);

    private async Task FlushAsync(Stream target, CancellationToken stop)
    {
        await target.WriteAsync(_out.WrittenMemory, stop);
        _out.ResetWrittenCount();
    }

    [GeneratedRegex(@"\(PostgreSQL\) (\d{1,3})\.(\d{1,3})", RegexOptions.CultureInvariant)]
    private static partial Regex Version();

    [GeneratedRegex(@"\A\\restrict ([0-9A-Za-z]{1,200})\z", RegexOptions.CultureInvariant)]
    private static partial Regex Restrict();
}
