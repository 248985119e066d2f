using System.Text;
using System.Text.RegularExpressions;
using System.Xml;

namespace OCore.Features.Branding;

/// <summary>
/// SVG is a program as much as an image. It is read as XML without a document type, and written anew with the elements and attributes
/// that draw: no script, no style sheet, no reference but to what is in it, nothing that repeats itself without end.
/// </summary>
internal static partial class SafeSvg
{
    private const int MaxElements = 5_000, MaxDepth = 40, MaxCharacters = 1_000_000, MaxAttribute = 200_000;
    private const string Namespace = "http://www.w3.org/2000/svg";

    private static readonly HashSet<string> Elements =
        ["svg", "g", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon", "text", "tspan", "defs", "linearGradient", "radialGradient", "stop", "clipPath", "mask", "title", "desc"];

    private static readonly HashSet<string> Attributes =
    [
        "id", "viewBox", "width", "height", "x", "y", "x1", "y1", "x2", "y2", "cx", "cy", "r", "rx", "ry", "fx", "fy", "d", "points", "transform", "dx", "dy", "rotate",
        "fill", "fill-opacity", "fill-rule", "stroke", "stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "stroke-dasharray", "stroke-dashoffset", "stroke-opacity",
        "opacity", "color", "clip-path", "clip-rule", "mask", "offset", "stop-color", "stop-opacity", "gradientUnits", "gradientTransform", "spreadMethod", "clipPathUnits", "maskUnits",
        "maskContentUnits", "preserveAspectRatio", "font-family", "font-size", "font-weight", "font-style", "text-anchor", "dominant-baseline", "letter-spacing", "version", "display", "visibility",
    ];

    public static bool LooksLikeOne(ReadOnlySpan<byte> content) => content.Length > 4
        && ((content[0], content[1]) is (0xFE, 0xFF) or (0xFF, 0xFE) || Encoding.UTF8.GetString(content[..Math.Min(content.Length, 1000)]).TrimStart('\ufeff', ' ', '\t', '\r', '\n').StartsWith('<'));

    /// <exception cref="ImageRefusedException">It is no SVG that can be made safe.</exception>
    public static byte[] Make(byte[] given)
    {
        var settings = new XmlReaderSettings
        {
            DtdProcessing = DtdProcessing.Prohibit, XmlResolver = null, MaxCharactersInDocument = MaxCharacters, MaxCharactersFromEntities = 1, IgnoreComments = true,
            IgnoreProcessingInstructions = true, CloseInput = true,
        };
        using var made = new MemoryStream();
        try
        {
            using var reader = XmlReader.Create(new MemoryStream(given), settings);
            using (var writer = XmlWriter.Create(made, new XmlWriterSettings { Encoding = new UTF8Encoding(false), OmitXmlDeclaration = true, ConformanceLevel = ConformanceLevel.Document }))
                Copy(reader, writer);
        }
        catch (XmlException e)
        {
            throw new ImageRefusedException(e.Message.Contains("DTD", StringComparison.Ordinal) ? "An SVG with a document type is not taken: save it as plain SVG." : "This SVG is no well-formed XML.");
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            throw new ImageRefusedException("This SVG cannot be read.");
        }
        return made.ToArray();
    }

    private static void Copy(XmlReader reader, XmlWriter writer)
    {
        var (count, any) = (0, false);
        reader.MoveToContent();
        while (!reader.EOF)
        {
            if (reader.NodeType == XmlNodeType.Element)
            {
                if (++count > MaxElements || reader.Depth > MaxDepth)
                    throw new ImageRefusedException("This SVG is too complicated: simplify its paths, or save it as PNG.");
                if (!any && !(reader.LocalName == "svg" && reader.NamespaceURI == Namespace))
                    throw new ImageRefusedException("This is XML, but no SVG.");
                if (reader.NamespaceURI != Namespace || !Elements.Contains(reader.LocalName) || any && reader.LocalName == "svg")
                {
                    reader.Skip();
                    continue;
                }
                any = true;
                writer.WriteStartElement(reader.LocalName, Namespace);
                var isEmpty = reader.IsEmptyElement;
                CopyAttributes(reader, writer);
                if (isEmpty)
                    writer.WriteEndElement();
            }
            else if (reader.NodeType is XmlNodeType.Text or XmlNodeType.CDATA or XmlNodeType.SignificantWhitespace)
                writer.WriteString(reader.Value);
            else if (reader.NodeType == XmlNodeType.EndElement)
                writer.WriteEndElement();
            reader.Read();
        }
        if (!any)
            throw new ImageRefusedException("This SVG is empty.");
    }

    private static void CopyAttributes(XmlReader reader, XmlWriter writer)
    {
        var written = new HashSet<string>();
        var style = reader.GetAttribute("style");
        while (reader.MoveToNextAttribute())
            if (reader.NamespaceURI.Length == 0 && reader.Prefix.Length == 0 && reader.Name != "xmlns" && Attributes.Contains(reader.LocalName) && IsHarmless(reader.Value) && written.Add(reader.LocalName))
                writer.WriteAttributeString(reader.LocalName, reader.Value);
        reader.MoveToElement();
        // Drawing programs like to say in a style what an attribute says as well.
        foreach (var declaration in (style ?? "").Split(';'))
            if (declaration.Split(':', 2) is [var name, var value] && Attributes.Contains(name.Trim()) && IsHarmless(value) && written.Add(name.Trim()))
                writer.WriteAttributeString(name.Trim(), value.Trim());
    }

    // A reference is to what is in the image itself.
    private static bool IsHarmless(string value) => value.Length <= MaxAttribute && !value.Contains('\\', StringComparison.Ordinal) && !value.Contains("//", StringComparison.Ordinal)
        && !value.Contains("script:", StringComparison.OrdinalIgnoreCase) && !value.Contains("data:", StringComparison.OrdinalIgnoreCase)
        && (!value.Contains('(', StringComparison.Ordinal) || Functions().IsMatch(value));

    [GeneratedRegex(@"^\s*(?:url\(#[\w-]{1,80}\)|(?:(?:matrix|translate|scale|rotate|skewX|skewY|rgb|rgba|hsl|hsla)\([\d\s.,%eE+/-]*\)[\s,]*)+)\s*$", RegexOptions.NonBacktracking)]
    private static partial Regex Functions();
}
