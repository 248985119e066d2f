using System.Globalization;
using System.Text;

namespace OCore.Bench;

/// <summary>It cannot be measured here; the message says what is missing.</summary>
public sealed class BenchException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>One measurement on its way: what it finds is shown at once and kept for the results.</summary>
public sealed class Bench(string name, string what, bool quick)
{
    private readonly StringBuilder _text = new();
    private readonly List<(string Aim, string Found, bool Met)> _aims = [];

    public string Name => name;
    public string What => what;
    public bool Quick => quick;
    public bool AllMet => _aims.All(a => a.Met);

    /// <summary>So many times; fewer where only the working of it is of interest.</summary>
    public int Times(int times) => quick ? Math.Max(2, times / 10) : times;

    /// <summary>A paragraph of the results.</summary>
    public void Note(string text)
    {
        Console.WriteLine(text);
        _text.AppendLine(text).AppendLine();
    }

    public void Table(string[] heads, IEnumerable<string[]> rows)
    {
        _text.AppendLine($"| {string.Join(" | ", heads)} |").AppendLine($"|{string.Concat(heads.Select((_, i) => i == 0 ? " --- |" : " ---: |"))}");
        Console.WriteLine(string.Join("  ", heads));
        foreach (var row in rows)
        {
            _text.AppendLine($"| {string.Join(" | ", row)} |");
            Console.WriteLine(string.Join("  ", row));
        }
        _text.AppendLine();
    }

    /// <summary>Compares with what was set out for.</summary>
    public void Aim(string aim, string found, bool met)
    {
        _aims.Add((aim, found, met));
        Console.WriteLine($"{(met ? "met   " : "MISSED")} {aim}: {found}");
    }

    public string Markdown()
    {
        var text = new StringBuilder();
        if (_aims.Count > 0)
        {
            text.AppendLine("| aim | measured | |").AppendLine("| --- | ---: | --- |");
            foreach (var (aim, found, met) in _aims)
                text.AppendLine($"| {aim} | {found} | {(met ? "met" : "**missed**")} |");
            text.AppendLine();
        }
        return text.Append(_text).ToString();
    }
}

/// <summary>Repeated measurements of one thing.</summary>
public sealed class Sample(IEnumerable<double> values)
{
    private readonly double[] _sorted = [.. values.Order()];

    public int Count => _sorted.Length;
    public double Min => _sorted[0];
    public double Max => _sorted[^1];
    public double Median => At(0.5);
    public double Mean => _sorted.Average();

    public double At(double part) => _sorted[(int)Math.Round(part * (_sorted.Length - 1))];

    /// <summary>One row: median, fastest, slowest.</summary>
    public string[] Row(string name, string format = "0") => [name, $"{Count}", Figure.Of(Median, format), Figure.Of(Min, format), Figure.Of(Max, format)];

    public static readonly string[] Heads = ["", "times", "median", "fastest", "slowest"];
}

public static class Figure
{
    public static string Of(double value, string format = "0") => value.ToString(format, CultureInfo.InvariantCulture);
    public static string Thousands(double value) => value.ToString("#,0", CultureInfo.InvariantCulture);
    public static string Megabytes(long bytes) => Of(bytes / 1048576.0) + " MB";
}
