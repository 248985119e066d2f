using OCore.Platform;
using SkiaSharp;

namespace OCore.Features.Branding;

/// <summary>The image was not taken; the message says why.</summary>
internal sealed class ImageRefusedException(string message) : Exception(message);

internal sealed record MadeImage(byte[] Content, string MediaType, string Extension, int? Width, int? Height);

/// <summary>
/// Images as they are served: decoded within bounds, made no larger than a portal needs, and encoded anew, so that nothing of the
/// file that was given reaches anybody but its pixels.
/// </summary>
internal static class BrandImages
{
    public const int MaxBytes = 5 << 20;
    private const int MaxSide = 10_000;
    private const long MaxPixels = 40_000_000;
    // Each takes up to 160 MB while it is decoded.
    private static readonly SemaphoreSlim Turns = new(2, 2);

    /// <summary>The same in turn: never more than two are decoded at once, whoever uploads them.</summary>
    /// <exception cref="ImageRefusedException">It is no image, or too large a one.</exception>
    public static async Task<MadeImage> MakeAsync(byte[] given, string field, CancellationToken stop)
    {
        await Turns.WaitAsync(stop);
        try
        {
            return Make(given, field);
        }
        finally
        {
            Turns.Release();
        }
    }

    /// <exception cref="ImageRefusedException">It is no image, or too large a one.</exception>
    public static MadeImage Make(byte[] given, string field)
    {
        if (given.Length == 0)
            throw new ImageRefusedException("It is empty.");
        if (given.Length > MaxBytes)
            throw new ImageRefusedException($"It is larger than {Sizes.Of(MaxBytes)}.");
        if (SafeSvg.LooksLikeOne(given))
            return new MadeImage(SafeSvg.Make(given), "image/svg+xml", ".svg", null, null);
        using var data = SKData.CreateCopy(given);
        using var codec = SKCodec.Create(data) ?? throw new ImageRefusedException("It is no PNG, JPEG, WebP, GIF, ICO or SVG image.");
        var size = codec.Info;
        // Asked before anything is decoded: a few bytes can promise gigabytes.
        if (size.Width > MaxSide || size.Height > MaxSide || (long)size.Width * size.Height > MaxPixels || size.Width < 1 || size.Height < 1)
            throw new ImageRefusedException($"It has {size.Width} × {size.Height} pixels; at most {MaxSide} on a side and 40 million in all.");
        using var bitmap = Decode(codec);
        var (maxWidth, maxHeight) = Bounds(field);
        using var upright = Upright(bitmap, codec.EncodedOrigin);
        using var fitting = Fit(upright, maxWidth, maxHeight);
        using var image = SKImage.FromBitmap(fitting);
        // Photographs as WebP; what has edges and transparency without loss.
        var photo = field.StartsWith("loginBg", StringComparison.Ordinal);
        using var encoded = photo ? image.Encode(SKEncodedImageFormat.Webp, 82) : image.Encode(SKEncodedImageFormat.Png, 100);
        return new MadeImage(encoded.ToArray(), photo ? "image/webp" : "image/png", photo ? ".webp" : ".png", fitting.Width, fitting.Height);
    }

    private static (int Width, int Height) Bounds(string field) => field switch
    {
        "faviconUrl" => (256, 256),
        "loginBgUrl" or "loginBgDarkUrl" => (2560, 1600),
        _ => (1200, 600),
    };

    private static SKBitmap Decode(SKCodec codec)
    {
        var bitmap = new SKBitmap(new SKImageInfo(codec.Info.Width, codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Premul));
        // The first frame of what moves. Half an image is none: a cut file is more likely a mistake than a wish.
        if (codec.GetPixels(bitmap.Info, bitmap.GetPixels()) is SKCodecResult.Success)
            return bitmap;
        bitmap.Dispose();
        throw new ImageRefusedException("It is damaged: it could not be decoded to its end.");
    }

    private static SKBitmap Upright(SKBitmap bitmap, SKEncodedOrigin origin)
    {
        var turns = origin switch { SKEncodedOrigin.RightTop => 90, SKEncodedOrigin.BottomRight => 180, SKEncodedOrigin.LeftBottom => 270, _ => 0 };
        if (turns == 0)
            return bitmap; // disposing of it twice does nothing
        var turned = turns == 180 ? new SKBitmap(bitmap.Width, bitmap.Height) : new SKBitmap(bitmap.Height, bitmap.Width);
        using var canvas = new SKCanvas(turned);
        canvas.Translate(turned.Width / 2f, turned.Height / 2f);
        canvas.RotateDegrees(turns);
        canvas.Translate(-bitmap.Width / 2f, -bitmap.Height / 2f);
        canvas.DrawBitmap(bitmap, 0, 0);
        return turned;
    }

    private static SKBitmap Fit(SKBitmap bitmap, int maxWidth, int maxHeight)
    {
        var scale = Math.Min(1, Math.Min((double)maxWidth / bitmap.Width, (double)maxHeight / bitmap.Height));
        if (scale >= 1)
            return bitmap;
        var info = new SKImageInfo(Math.Max(1, (int)(bitmap.Width * scale)), Math.Max(1, (int)(bitmap.Height * scale)), bitmap.ColorType, bitmap.AlphaType);
        return bitmap.Resize(info, new SKSamplingOptions(SKCubicResampler.Mitchell)) ?? throw new ImageRefusedException("It could not be made smaller.");
    }
}
