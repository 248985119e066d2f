using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Mvc;
using OCore.Client;

namespace OCore.Platform.Http;

/// <summary>
/// What every list understands: <c>?limit=</c>, <c>?cursor=</c> and <c>?q=</c>. Public, as every class of query values has to be: the
/// framework's validation passes over internal ones. A property has the name it has in the address, so that a refusal names that.
/// </summary>
public sealed class PageQuery
{
    /// <summary>Items on a page: 1 to 200, 50 where not given.</summary>
    [FromQuery(Name = "limit"), Range(1, 200)] public int? Limit { get; init; }
    /// <summary>The <c>nextCursor</c> of the page before.</summary>
    [FromQuery(Name = "cursor"), MaxLength(100)] public string? Cursor { get; init; }
    /// <summary>Text to search in names.</summary>
    [FromQuery(Name = "q"), MaxLength(100)] public string? Q { get; init; }

    public string? Search => Q;
    public int Size => Limit ?? 50;

    /// <summary>Ids are UUIDv7, so the last id seen is a place in time.</summary>
    public Guid? After => Cursor is null ? null
        : Guid.TryParseExact(Cursor, "N", out var id) ? id
        : throw new ProblemException(Problem.Field("cursor", "This is no cursor of this list."));
}

internal static class Paging
{
    /// <summary>The page of <paramref name="rows"/>, which have to be ordered by id and already begin after the cursor, with one more than its size.</summary>
    public static Page<TView> ToPage<TRow, TView>(this List<TRow> rows, PageQuery page, Func<TRow, Guid> id, Func<TRow, TView> view)
    {
        var more = rows.Count > page.Size;
        var shown = more ? rows[..page.Size] : rows;
        return new Page<TView>
        {
            Data = [.. shown.Select(view)],
            HasMore = more,
            NextCursor = more ? id(shown[^1]).ToString("N") : null,
        };
    }

    /// <summary>A list that is short by nature, on one page.</summary>
    public static Page<T> Whole<T>(IEnumerable<T> items) => new() { Data = [.. items], HasMore = false };

    public static string Like(string search) => $"%{search.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("%", "\\%", StringComparison.Ordinal).Replace("_", "\\_", StringComparison.Ordinal)}%";
}
