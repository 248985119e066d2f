using System.Globalization;

namespace OCore.Cli;

/// <summary>Times as people type them.</summary>
internal static class Times
{
    /// <summary>As the API takes it: from <c>24h</c>, <c>7d</c> or a date.</summary>
    public static string? Of(Call call, string? text)
    {
        if (text is null)
            return null;
        var now = call.Io.Time.GetUtcNow();
        DateTimeOffset? time = text.Length == 0 ? null : text[^1] switch
        {
            'h' when int.TryParse(text[..^1], out var hours) => now.AddHours(-hours),
            'd' when int.TryParse(text[..^1], out var days) => now.AddDays(-days),
            _ when DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) => at,
            _ => null,
        };
        return time is { } known ? known.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ") : throw new CliException(ExitCode.Usage, $"'{text}' is not a time.", "Write 2026-01-31, 2026-01-31T12:00:00Z, 24h or 7d.");
    }
}
