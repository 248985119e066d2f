namespace OCore.Client;

/// <summary>An account of the installation, as its operators see it.</summary>
public sealed record AccountView
{
    public required Guid Id { get; init; }
    public required string Email { get; init; }
    public required string Name { get; init; }
    public required bool IsOperator { get; init; }
    public required bool TotpEnabled { get; init; }
    /// <summary>Since when it cannot be used; none where it can.</summary>
    public DateTimeOffset? DisabledAt { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
    /// <summary>The last use of a session that has not ended.</summary>
    public DateTimeOffset? LastSeenAt { get; init; }
    /// <summary>Where it is a member.</summary>
    public required IReadOnlyList<Ref> Organizations { get; init; }
}

public sealed record UpdateAccount
{
    /// <summary>Whether the person runs this installation.</summary>
    public bool? IsOperator { get; init; }
}
