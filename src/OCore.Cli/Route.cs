using System.Runtime.CompilerServices;
using System.Text;

namespace OCore.Cli;

/// <summary>A path under <c>/api</c> whose holes are escaped: what is typed stays one segment.</summary>
[InterpolatedStringHandler]
internal readonly struct Route(int literalLength, int formattedCount)
{
    private readonly StringBuilder path = new("/api", 4 + literalLength + (formattedCount * 36));

    public void AppendLiteral(string text) => path.Append(text);

    public void AppendFormatted(string segment)
    {
        if (string.IsNullOrWhiteSpace(segment) || segment is "." or "..")
            throw new CliException(ExitCode.Usage, $"'{segment}' names nothing.");
        path.Append(Uri.EscapeDataString(segment));
    }

    public void AppendFormatted(Guid id) => path.Append(id);

    public override string ToString() => path.ToString();
}

/// <summary>The part after the question mark, without what was not given.</summary>
internal static class Query
{
    public static string Add(string path, params (string Name, string? Value)[] filters)
    {
        var given = filters.Where(f => !string.IsNullOrEmpty(f.Value)).Select(f => $"{f.Name}={Uri.EscapeDataString(f.Value!)}");
        var query = string.Join('&', given);
        return query.Length == 0 ? path : $"{path}{(path.Contains('?', StringComparison.Ordinal) ? '&' : '?')}{query}";
    }
}
