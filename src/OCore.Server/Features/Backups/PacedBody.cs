using OCore.Platform.Security;

namespace OCore.Features.Backups;

/// <summary>
/// An upload that has to keep coming. Its line may stand still for a while, but nobody keeps room for one that does not come: neither at once,
/// nor drop by drop.
/// </summary>
internal sealed class PacedBody(Stream body, TimeProvider time) : ReadOnlyStream
{
    private const int BytesPerSecond = 4096;
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(2);

    private readonly long _began = time.GetTimestamp();
    private long _read;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var left = Grace + TimeSpan.FromSeconds(_read / BytesPerSecond) - time.GetElapsedTime(_began);
        if (left <= TimeSpan.Zero)
            throw Late();
        using var late = new CancellationTokenSource(left < Grace ? left : Grace, time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            var count = await body.ReadAsync(buffer, ended.Token);
            _read += count;
            return count;
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw Late();
        }
    }

    private static BadHttpRequestException Late() => new("The upload did not come for two minutes, or came too slowly.", StatusCodes.Status408RequestTimeout);
}
