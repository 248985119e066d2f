using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using OCore.Features.Branding;
using SkiaSharp;

namespace OCore.Tests.Branding;

/// <summary>Files that are bombs, programs, or two things at once: none of them reaches anybody but as pixels or plain shapes.</summary>
public sealed class BrandImageTests
{
    [Theory]
    [InlineData(SKEncodedImageFormat.Png), InlineData(SKEncodedImageFormat.Jpeg), InlineData(SKEncodedImageFormat.Webp)]
    public void An_image_is_encoded_anew(SKEncodedImageFormat format)
    {
        // What is appended to an image, or hidden in it, is not in its pixels.
        byte[] given = [.. BrandingTests.Picture(300, 200, format), .. "<script>alert(1)</script><?php system($_GET[0]); ?>"u8];
        var made = BrandImages.Make(given, "logoUrl");
        Assert.Equal((300, 200), (made.Width, made.Height));
        Assert.DoesNotContain("script", Encoding.Latin1.GetString(made.Content), StringComparison.Ordinal);
        Assert.Equal(made.Content, BrandImages.Make(given, "logoUrl").Content);
    }

    [Fact]
    public void A_few_bytes_that_promise_gigabytes_are_refused_before_they_are_decoded()
    {
        foreach (var (width, height) in new[] { (30_000, 30_000), (100_000, 1), (9_999, 9_999), (0, 10) })
        {
            var before = GC.GetTotalAllocatedBytes();
            Assert.Throws<ImageRefusedException>(() => BrandImages.Make(PngOf(width, height), "logoUrl"));
            Assert.True(GC.GetTotalAllocatedBytes() - before < 50 << 20);
        }
    }

    [Fact]
    public void What_is_no_image_is_refused()
    {
        var picture = BrandingTests.Picture(300, 200, SKEncodedImageFormat.Png);
        foreach (var given in (byte[][])[[], [1, 2, 3], "GIF89a<script>"u8.ToArray(), "%PDF-1.7"u8.ToArray(), "MZ"u8.ToArray(), "\u0089PNG\r\n\u001a\n"u8.ToArray(), picture[..^80], new byte[BrandImages.MaxBytes + 1], Gzip(new byte[10 << 20])])
            Assert.Throws<ImageRefusedException>(() => BrandImages.Make(given, "logoUrl"));
    }

    [Fact]
    public void A_plain_drawing_stays_as_it_is()
    {
        var made = Svg("""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10"><defs><linearGradient id="a"><stop offset="0" stop-color="#fff"/></linearGradient></defs><g transform="translate(1,2)"><path d="M0 0L1 1" style="fill:url(#a);stroke:#000"/></g><text x="1">Acme</text></svg>""");
        foreach (var piece in (string[])["viewBox", "linearGradient", "url(#a)", "M0 0L1 1", "translate(1,2)", "stroke=\"#000\"", "Acme"])
            Assert.Contains(piece, made, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"><path d=\"M0 0\"/></svg>")]
    [InlineData("<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script><path d=\"M0 0\" onclick=\"alert(1)\"/></svg>")]
    [InlineData("<svg xmlns=\"http://www.w3.org/2000/svg\"><foreignObject><body xmlns=\"http://www.w3.org/1999/xhtml\"><iframe src=\"javascript:alert(1)\"/></body></foreignObject><path d=\"M0 0\"/></svg>")]
    [InlineData("<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\"><a xlink:href=\"javascript:alert(1)\"><path d=\"M0 0\"/></a><image href=\"https://evil.example/a.png\"/></svg>")]
    [InlineData("<svg xmlns=\"http://www.w3.org/2000/svg\"><style>@import url(//evil.example/a.css);*{fill:url(//evil.example)}</style><path d=\"M0 0\" style=\"fill:url(https://evil.example/#a)\"/></svg>")]
    [InlineData("<svg xmlns=\"http://www.w3.org/2000/svg\"><use href=\"https://evil.example/a.svg#x\"/><use href=\"data:image/svg+xml;base64,AAAA#x\"/><path fill=\"url(data:text/html,x)\" d=\"M0 0\"/></svg>")]
    [InlineData("<svg xmlns=\"http://www.w3.org/2000/svg\"><animate attributeName=\"href\" values=\"javascript:alert(1)\"/><set attributeName=\"onload\" to=\"alert(1)\"/><path d=\"M0 0\"/></svg>")]
    [InlineData("<svg xmlns=\"http://www.w3.org/2000/svg\"><filter id=\"f\"><feImage href=\"https://evil.example\"/></filter><path filter=\"url(#f)\" d=\"M0 0\"/></svg>")]
    [InlineData("<svg:svg xmlns:svg=\"http://www.w3.org/2000/svg\"><svg:script>alert(1)</svg:script><svg:path d=\"M0 0\"/></svg:svg>")]
    [InlineData("<svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\"M0 0\" fill=\"u\\72l(//evil.example)\"/><text>&lt;script&gt;alert(1)&lt;/script&gt;</text></svg>")]
    [InlineData("<?xml-stylesheet href=\"javascript:alert(1)\"?><svg xmlns=\"http://www.w3.org/2000/svg\"><path d=\"M0 0\"/></svg>")]
    public void What_a_drawing_could_do_is_left_out(string svg)
    {
        var made = Svg(svg);
        Assert.DoesNotMatch(new Regex(@"<script|on\w+\s*=|javascript|evil|foreignObject|<style|<use|<image|<a[ >]|animate|<set|data:|href|filter|stylesheet", RegexOptions.IgnoreCase), made);
    }

    [Theory]
    [InlineData("<!DOCTYPE svg [<!ENTITY a \"b\">]><svg xmlns=\"http://www.w3.org/2000/svg\">&a;</svg>")]
    [InlineData("<!DOCTYPE svg SYSTEM \"file:///etc/passwd\"><svg xmlns=\"http://www.w3.org/2000/svg\"/>")]
    [InlineData("<!DOCTYPE l [<!ENTITY a0 \"x\"><!ENTITY a1 \"&a0;&a0;&a0;&a0;\"><!ENTITY a2 \"&a1;&a1;&a1;&a1;\">]><svg xmlns=\"http://www.w3.org/2000/svg\">&a2;</svg>")]
    [InlineData("<html xmlns=\"http://www.w3.org/1999/xhtml\"><script>alert(1)</script></html>"), InlineData("<svg><path/></svg>"), InlineData("<svg xmlns=\"http://www.w3.org/2000/svg\">"), InlineData("<svg"), InlineData("<!--")]
    public void What_is_no_plain_drawing_is_refused(string svg) => Assert.Throws<ImageRefusedException>(() => Svg(svg));

    [Fact]
    public void Drawings_without_end_are_refused()
    {
        Assert.Throws<ImageRefusedException>(() => Svg($"<svg xmlns=\"http://www.w3.org/2000/svg\">{string.Concat(Enumerable.Repeat("<g>", 60))}{string.Concat(Enumerable.Repeat("</g>", 60))}</svg>"));
        Assert.Throws<ImageRefusedException>(() => Svg($"<svg xmlns=\"http://www.w3.org/2000/svg\">{string.Concat(Enumerable.Repeat("<path d=\"M0 0\"/>", 6000))}</svg>"));
        Assert.Throws<ImageRefusedException>(() => Svg($"<svg xmlns=\"http://www.w3.org/2000/svg\"><text>{new string('x', 1_100_000)}</text></svg>"));
    }

    private static string Svg(string svg) => Encoding.UTF8.GetString(BrandImages.Make(Encoding.UTF8.GetBytes(svg), "logoUrl").Content);

    private static byte[] Gzip(byte[] content)
    {
        using var made = new MemoryStream();
        using (var gzip = new GZipStream(made, CompressionLevel.Fastest))
            gzip.Write(content);
        return made.ToArray();
    }

    /// <summary>A PNG whose header says this size, with next to nothing in it.</summary>
    private static byte[] PngOf(int width, int height)
    {
        using var made = new MemoryStream();
        made.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        byte[] header = [.. Big(width), .. Big(height), 8, 6, 0, 0, 0];
        foreach (var (type, content) in ((string, byte[])[])[("IHDR", header), ("IDAT", [0x78, 0x9C, 0x03, 0x00, 0x00, 0x00, 0x00, 0x01]), ("IEND", [])])
        {
            made.Write(Big(content.Length));
            byte[] chunk = [.. Encoding.ASCII.GetBytes(type), .. content];
            made.Write(chunk);
            made.Write(Big((int)Crc(chunk)));
        }
        return made.ToArray();

        static byte[] Big(int value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];
    }

    private static uint Crc(byte[] bytes)
    {
        var crc = 0xFFFFFFFFu;
        foreach (var b in bytes)
        {
            crc ^= b;
            for (var i = 0; i < 8; i++)
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0xEDB88320u : crc >> 1;
        }
        return ~crc;
    }
}
