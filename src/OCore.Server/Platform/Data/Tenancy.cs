namespace OCore.Platform.Data;

/// <summary>
/// A row that belongs to one organization. It is read, written and deleted only in that organization's scope: the query filter,
/// the concurrency token on <see cref="OrgId"/> and <see cref="TenantGuard"/> each see to it.
/// </summary>
internal interface IOrgOwned
{
    Guid OrgId { get; set; }
}

/// <summary>
/// A row of an organization that its agency works with too: its own instances, servers, operations.
/// <see cref="RootId"/> is the agency of a client, and the organization itself where it is nobody's client. Delegation has one
/// level, so a client's id is never a root and one comparison decides both cases.
/// </summary>
internal interface IAgencyShared : IOrgOwned
{
    Guid RootId { get; set; }
}

/// <summary>An organization itself: changed within it, by its agency, or by the installation.</summary>
internal interface ITenantRow
{
    Guid Id { get; }
    Guid RootId { get; }
}

/// <summary>A row of the installation, of a user, or of several organizations by design. Each type says why.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class GlobalEntityAttribute(string reason) : Attribute
{
    public string Reason => reason;
}

/// <summary>For whom a <see cref="OCoreDb"/> reads and writes.</summary>
/// <param name="OrgId">The organization acted in.</param>
/// <param name="RootId">Its agency, or itself.</param>
/// <param name="IsSystem">Reconcilers and sign-in, which are nobody's: writes are not confined; reads still have to lift the filter by name.</param>
internal readonly record struct Tenant(Guid OrgId, Guid RootId, bool IsSystem)
{
    public static readonly Tenant System = new(Guid.Empty, Guid.Empty, true);
}

/// <summary>A write left its organization. Always a bug: handlers find objects through the filter.</summary>
internal sealed class TenantViolationException(string message) : InvalidOperationException(message);
