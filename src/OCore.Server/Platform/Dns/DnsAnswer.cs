namespace OCore.Platform.Dns;

internal enum DnsRecord { A, Aaaa, Cname, Txt, Mx, Ns, Caa }

/// <summary>
/// What became of a question. "There is none" and "nobody could say" must never be confused: the first takes a domain away from
/// somebody, the second must not.
/// </summary>
internal enum DnsOutcome
{
    /// <summary>There are such records.</summary>
    Found,
    /// <summary>The name exists, and has none of this type.</summary>
    NoRecords,
    /// <summary>The name does not exist (NXDOMAIN).</summary>
    NoSuchName,
    /// <summary>The server could not or would not say (SERVFAIL, REFUSED and the like); also what a resolver that validates says of forged answers.</summary>
    Failed,
    /// <summary>No server answered in time.</summary>
    TimedOut,
}

/// <summary>The answer of one server.</summary>
/// <param name="Outcome">What became of the question.</param>
/// <param name="Values">Each record's value: addresses, names without the last dot, texts with their strings joined.</param>
/// <param name="Detail">Words for people.</param>
internal sealed record DnsAnswer(DnsOutcome Outcome, IReadOnlyList<string> Values, string Detail)
{
    /// <summary>The server knows, whether it has records or not.</summary>
    public bool IsDefinite => Outcome is DnsOutcome.Found or DnsOutcome.NoRecords or DnsOutcome.NoSuchName;

    /// <summary>The names that aliases led through, where there were any; in order.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];
}
