using System.Globalization;
using System.Text;

namespace OCore.Platform.Observability;

/// <summary>Figures as Prometheus reads them (text format 0.0.4).</summary>
internal sealed class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";
    private readonly StringBuilder _text = new();

    /// <param name="type">gauge, counter or histogram.</param>
    public PrometheusText Family(string name, string type, string help)
    {
        _text.Append("# HELP ").Append(name).Append(' ').Append(help.Replace("\\", "\\\\", StringComparison.Ordinal).ReplaceLineEndings(" ")).Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
        return this;
    }

    public PrometheusText Sample(string name, double value, params IEnumerable<(string Name, string Value)> labels)
    {
        _text.Append(name);
        var separator = '{';
        foreach (var (label, text) in labels)
        {
            _text.Append(separator).Append(label).Append("=\"").Append(Escaped(text)).Append('"');
            separator = ',';
        }
        if (separator == ',')
            _text.Append('}');
        _text.Append(' ').Append(Number(value)).Append('\n');
        return this;
    }

    public override string ToString() => _text.ToString();

    public static string Number(double value) => double.IsPositiveInfinity(value) ? "+Inf" : double.IsNegativeInfinity(value) ? "-Inf" : value.ToString("R", CultureInfo.InvariantCulture);

    private static string Escaped(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
