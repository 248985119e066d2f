using OCore.Platform.Data;

namespace OCore.Platform.Operations;

/// <summary>A stuck operation that a person ends by hand, in the transaction that ends it.</summary>
/// <param name="Held">The keys of its locks, which are gone by then.</param>
/// <param name="Succeeded">What was asked for is there, as the person says; otherwise what was there before.</param>
internal sealed record Resolution(OCoreDb Db, Operation Operation, IReadOnlyList<string> Held, bool Succeeded)
{
    public const string Sentence = "Its operation was resolved by hand.";

    /// <summary>Ids of the things of one noun that it held: <c>instance</c> of <c>instance:{id}</c>.</summary>
    public IReadOnlyList<Guid> Of(string noun) =>
        [.. Held.Where(k => k.StartsWith(noun + ":", StringComparison.Ordinal)).Select(k => Guid.TryParse(k.AsSpan(noun.Length + 1), out var id) ? id : Guid.Empty).Where(id => id != Guid.Empty)];
}

/// <summary>
/// Leaves nothing that a resolved operation held between two states, in which only that operation could have moved it: it becomes
/// what whoever looks after it measures, or what can be removed. It works by what was held and not by the kind, for it may be the
/// kind that nobody knows any more. No server is reached. Every settlement is found by itself.
/// </summary>
internal abstract class Settlement
{
    public abstract Task SettleAsync(Resolution resolution, CancellationToken stop);
}
