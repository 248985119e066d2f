using System.Text;

namespace OCore.Features.Portal;

/// <summary>
/// The body of an answer on its way to somebody who must not learn of the servers. What it is decides how: JSON is held until it is
/// whole, streams and exports pass line by line; what is no text passes as it is, and for everybody else it is the body itself.
/// </summary>
internal sealed class ScreenedBody(Stream inner, HttpContext http, Func<HttpContext, CancellationToken, ValueTask<ServerWords?>> choose) : Stream
{
    // Read as text they would be spoilt, and no word can be found in them.
    private static readonly string[] NoText = ["application/zip", "application/gzip", "application/octet-stream", "application/pdf", "image/png", "image/jpeg", "image/gif", "image/webp", "image/avif", "image/x-icon", "image/vnd.microsoft.icon", "font/"];

    private enum Way { Undecided, Through, Whole, Lines }

    private readonly MemoryStream _held = new();
    private Way _way;
    private ServerWords? _words;

    public bool IsUntouched => _way == Way.Undecided;

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_way == Way.Undecided)
            await DecideAsync(cancellationToken);
        if (_way == Way.Through)
        {
            await inner.WriteAsync(buffer, cancellationToken);
            return;
        }
        _held.Write(buffer.Span);
        if (_way == Way.Lines)
            await PassLinesAsync(last: false, cancellationToken);
    }

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (_way == Way.Lines)
            await PassLinesAsync(last: false, cancellationToken);
        if (_way != Way.Whole)
            await inner.FlushAsync(cancellationToken);
    }

    public async Task FinishAsync(CancellationToken stop)
    {
        if (_way == Way.Whole && _held.Length > 0)
            await inner.WriteAsync(_words!.ScreenJson(_held.GetBuffer().AsMemory(0, (int)_held.Length)), stop);
        else if (_way == Way.Lines)
            await PassLinesAsync(last: true, stop);
    }

    private async Task DecideAsync(CancellationToken stop)
    {
        _words = await choose(http, stop);
        var type = http.Response.ContentType ?? "";
        _way = _words is null || NoText.Any(t => type.StartsWith(t, StringComparison.OrdinalIgnoreCase)) ? Way.Through : type.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) || type.StartsWith("application/problem+json", StringComparison.OrdinalIgnoreCase) ? Way.Whole : Way.Lines;
    }

    private async Task PassLinesAsync(bool last, CancellationToken stop)
    {
        var bytes = _held.GetBuffer().AsMemory(0, (int)_held.Length);
        var end = last ? bytes.Length : bytes.Span.LastIndexOf((byte)'\n') + 1;
        if (end == 0)
            return;
        var screened = Encoding.UTF8.GetBytes(_words!.ScreenText(Encoding.UTF8.GetString(bytes.Span[..end])));
        var rest = bytes[end..].ToArray();
        _held.SetLength(0);
        _held.Write(rest);
        await inner.WriteAsync(screened, stop);
    }

    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Answers are written asynchronously.");
    public override void Flush() => throw new NotSupportedException("Answers are written asynchronously.");
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _held.Dispose();
        base.Dispose(disposing);
    }
}
