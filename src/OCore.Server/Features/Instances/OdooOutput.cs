namespace OCore.Features.Instances;

/// <summary>What Odoo wrote, read for people.</summary>
internal static class OdooOutput
{
    /// <summary>The last line that speaks of an error, or the last line.</summary>
    public static string Complaint(IReadOnlyList<string> tail) =>
        tail.LastOrDefault(l => l.Contains("error", StringComparison.OrdinalIgnoreCase)) ?? (tail.Count == 0 ? "it wrote nothing" : tail[^1]);
}
