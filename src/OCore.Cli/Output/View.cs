namespace OCore.Cli.Output;

internal enum Tone { Plain, Good, Warn, Bad, Dim }

/// <summary>A value in words, with a colour that only a terminal shows.</summary>
internal readonly record struct Cell(string? Text, Tone Tone = Tone.Plain, DateTimeOffset? At = null)
{
    public static implicit operator Cell(string? text) => new(text);
    public static implicit operator Cell(int number) => new(number.ToString());
    public static implicit operator Cell(bool yes) => new(yes ? "yes" : "no");
    public static implicit operator Cell(DateTimeOffset? at) => new(null, Tone.Plain, at);
    public static implicit operator Cell(DateTimeOffset at) => new(null, Tone.Plain, at);
    public static implicit operator Cell(Guid? id) => new(id?.ToString());
    public static implicit operator Cell(Guid id) => new(id.ToString());

    public static Cell Of(IEnumerable<string> words) => new(string.Join(", ", words));

    public static Cell Of(IReadOnlyDictionary<string, string> map) => new(string.Join('\n', map.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}={p.Value}")));

    /// <summary>The colour of a status is the same in every table.</summary>
    public static Cell Status(string word) => new(word, word switch
    {
        "running" or "active" or "healthy" or "succeeded" or "done" or "ready" or "present" or "installed" or "verified" or "ok" => Tone.Good,
        "failed" or "unreachable" or "host_key_changed" or "stuck" or "down" or "unhealthy" or "undo_failed" or "error" or "missing" or "lapsed" or "expired" or "elsewhere" => Tone.Bad,
        "stopped" or "suspended" or "skipped" or "none" or "unknown" or "cancelled" or "uninstalled" => Tone.Dim,
        _ => Tone.Warn,
    });

    public static Cell Status<T>(T value) where T : struct, Enum => Status(Words.Snake(value.ToString()));

    public static Cell Bytes(long? bytes) => new(bytes is { } b ? Words.Bytes(b) : null);
}

/// <summary>How a wire record is shown: as a row among others, and alone.</summary>
internal sealed class View<T>(Func<T, string> id)
{
    public Func<T, string> Id => id;
    public List<(string Head, Func<T, Cell> Value)> Columns { get; } = [];
    public List<(string Label, Func<T, Cell> Value)> Fields { get; } = [];

    public View<T> Column(string head, Func<T, Cell> value)
    {
        Columns.Add((head, value));
        return this;
    }

    /// <summary>Shown only when one object is shown.</summary>
    public View<T> Field(string label, Func<T, Cell> value)
    {
        Fields.Add((label, value));
        return this;
    }
}

internal static class Words
{
    public static string Snake(string pascal) =>
        string.Concat(pascal.Select((c, i) => char.IsUpper(c) ? (i > 0 ? "_" : "") + char.ToLowerInvariant(c) : c.ToString()));

    public static string Bytes(long bytes) => bytes switch
    {
        >= 1L << 40 => $"{bytes / (double)(1L << 40):0.#} TiB",
        >= 1L << 30 => $"{bytes / (double)(1L << 30):0.#} GiB",
        >= 1L << 20 => $"{bytes / (double)(1L << 20):0} MiB",
        _ => $"{bytes / 1024.0:0} KiB",
    };

    public static string Age(TimeSpan age)
    {
        var (span, ahead) = age < TimeSpan.Zero ? (-age, true) : (age, false);
        var text = span switch
        {
            { TotalSeconds: < 60 } => $"{(int)span.TotalSeconds} s",
            { TotalMinutes: < 60 } => $"{(int)span.TotalMinutes} min",
            { TotalHours: < 48 } => $"{(int)span.TotalHours} h",
            _ => $"{(int)span.TotalDays} d",
        };
        return ahead ? "in " + text : text + " ago";
    }

    public static string Duration(TimeSpan span) => span.TotalSeconds < 60 ? $"{span.TotalSeconds:0.0} s" : $"{(int)span.TotalMinutes} min {span.Seconds:00} s";

    /// <summary>Text from elsewhere must not steer the terminal.</summary>
    public static string Clean(string? text) => text is null ? "" : text.Any(IsControl) ? new string([.. text.Where(c => !IsControl(c))]) : text;

    private static bool IsControl(char c) => char.IsControl(c) && c is not ('\n' or '\t');
}
