using System.Text.RegularExpressions;

namespace OCore.Features.Logs;

internal enum Gravity { Debug, Info, Warning, Error, Critical }

/// <summary>How grave each line is. What follows a message without a head of its own, as a traceback does, is as grave as it.</summary>
internal sealed partial class LogLevels
{
    private Gravity? _last;

    public Gravity? Of(string line)
    {
        var head = line.Length > 200 ? line[..200] : line;
        if (Odoo().Match(head) is { Success: true } odoo)
            return _last = Words[odoo.Groups[1].Value];
        if (Postgres().Match(head) is { Success: true } postgres)
            return _last = Words[postgres.Groups[1].Value];
        if (Access().Match(line) is { Success: true } access)
            return _last = access.Groups[1].Value[0] switch { '5' => Gravity.Error, '4' => Gravity.Warning, _ => Gravity.Info };
        return _last;
    }

    private static readonly Dictionary<string, Gravity> Words = new()
    {
        ["DEBUG"] = Gravity.Debug, ["DEBUG1"] = Gravity.Debug, ["DEBUG2"] = Gravity.Debug, ["TEST"] = Gravity.Info, ["RUNBOT"] = Gravity.Info, ["INFO"] = Gravity.Info, ["LOG"] = Gravity.Info, ["NOTICE"] = Gravity.Info,
        ["STATEMENT"] = Gravity.Error, ["DETAIL"] = Gravity.Error, ["HINT"] = Gravity.Error, ["CONTEXT"] = Gravity.Error,
        ["WARNING"] = Gravity.Warning, ["ERROR"] = Gravity.Error, ["CRITICAL"] = Gravity.Critical, ["FATAL"] = Gravity.Critical, ["PANIC"] = Gravity.Critical,
    };

    // 2026-11-24 03:19:43,123 17 WARNING acme odoo.http: …; colours may stand around the word.
    [GeneratedRegex(@"\A\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \d+ (?:\x1b\[[\d;]*m)*(DEBUG|TEST|RUNBOT|INFO|WARNING|ERROR|CRITICAL)\b", RegexOptions.CultureInvariant)]
    private static partial Regex Odoo();

    // 2026-11-24T03:19:43Z 203.0.113.9 GET shop.example.com /web/login 200 5120 34: the last three are status, bytes and milliseconds.
    [GeneratedRegex(@"\A\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ [0-9a-fA-F.:]+ \S+ \S+ .*? ?(\d)\d\d \d+ [-+]?\d+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Access();

    // 2026-11-24 03:19:43.123 UTC [17] acme ERROR:  …
    [GeneratedRegex(@"\A\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \S+ \[\d+\] (?:\S+ )?(DEBUG|DEBUG1|DEBUG2|INFO|NOTICE|LOG|WARNING|ERROR|FATAL|PANIC|STATEMENT|DETAIL|HINT|CONTEXT):", RegexOptions.CultureInvariant)]
    private static partial Regex Postgres();
}

/// <summary>What somebody wants to see of a log.</summary>
internal sealed record LogFilter(Gravity? AtLeast, string? Text)
{
    public bool IsAll => AtLeast is null && Text is null;

    public bool Takes(LogEntry entry) =>
        (AtLeast is not { } least || entry.Level >= least) && (Text is null || entry.Text.Contains(Text, StringComparison.OrdinalIgnoreCase));
}

internal sealed record LogEntry(Platform.Docker.LogStamp At, string Text, Gravity? Level);
