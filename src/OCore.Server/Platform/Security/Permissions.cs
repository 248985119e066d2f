namespace OCore.Platform.Security;

/// <summary>A set of permissions as bits, cheap to intersect on every request.</summary>
internal readonly record struct PermissionSet(ulong Bits)
{
    public static readonly PermissionSet None = new(0);
    public static PermissionSet operator |(PermissionSet a, PermissionSet b) => new(a.Bits | b.Bits);
    public static PermissionSet operator &(PermissionSet a, PermissionSet b) => new(a.Bits & b.Bits);
    public bool Has(PermissionSet wanted) => (Bits & wanted.Bits) == wanted.Bits;
    public IReadOnlyList<string> Names
    {
        get
        {
            var set = this;
            return [.. Permissions.All.Where(p => set.Has(p.Set)).Select(p => p.Name)];
        }
    }
}

/// <summary>The one table of permissions and of what the system roles have.</summary>
internal static class Permissions
{
    internal sealed record Permission(string Name, string Description, PermissionSet Set);

    private static readonly (string Noun, string View, string Manage)[] Nouns =
    [
        ("organization", "See the organization's settings and subscription", "Change the organization's settings"),
        ("members", "See members and invitations", "Invite, change and remove members"),
        ("roles", "See roles", "Make, change and delete custom roles"),
        ("api-keys", "See API keys", "Make and revoke API keys"),
        ("audit", "Read the audit log", "Export the audit log"),
        ("agency", "See the agency, its clients and their portals", "Enable agency mode and manage clients and portals"),
        ("topologies", "See topologies", "Design, deploy and destroy topologies"),
        ("templates", "See templates", "Make, change and delete templates"),
        ("servers", "See servers", "Connect, drain and remove servers"),
        ("instances", "See instances, their settings and logs", "Provision, run, change and delete instances"),
        ("domains", "See domains", "Add, verify and remove domains"),
        ("backups", "See backups", "Take, restore and delete backups"),
        ("databases", "See databases", "Work in databases"),
        ("operations", "See operations and their output", "Cancel, retry, skip and resolve operations"),
        ("monitoring", "See alerts and their rules", "Make, change and delete alert rules"),
        ("webhooks", "See webhooks and what they were sent", "Make, change and delete webhooks"),
        ("billing", "See billing", "Change the subscription"),
    ];

    /// <summary>Every permission; managing includes viewing.</summary>
    public static readonly IReadOnlyList<Permission> All = [.. Nouns.SelectMany((noun, i) => new Permission[]
    {
        new($"view:{noun.Noun}", noun.View, new PermissionSet(1UL << (2 * i))),
        new($"manage:{noun.Noun}", noun.Manage, new PermissionSet(0b11UL << (2 * i))),
    })];

    private static readonly Dictionary<string, PermissionSet> ByName = All.ToDictionary(p => p.Name, p => p.Set);

    public static bool TryParse(string name, out PermissionSet set) => ByName.TryGetValue(name, out set);

    /// <summary>Names that are no permissions any more are left out.</summary>
    public static PermissionSet Of(IEnumerable<string> names) =>
        names.Aggregate(PermissionSet.None, (set, name) => ByName.TryGetValue(name, out var one) ? set | one : set);

    public static readonly PermissionSet Everything = Of(All.Select(p => p.Name));
    public static readonly PermissionSet Viewing = Of(All.Where(p => p.Name.StartsWith("view:", StringComparison.Ordinal)).Select(p => p.Name));

    internal sealed record SystemRole(string Slug, string Name, string Description, PermissionSet Set);

    public static readonly IReadOnlyList<SystemRole> SystemRoles =
    [
        new("owner", "Owner", "Everything, and the only one who hands the organization over.", Everything),
        new("admin", "Admin", "Everything in the organization.", Everything),
        new("developer", "Developer", "Works on instances, templates, topologies, domains, backups, databases, monitoring and operations; sees servers, clients and the organization.",
            Of(["manage:instances", "manage:templates", "manage:topologies", "manage:operations", "manage:domains", "manage:backups", "manage:databases", "manage:monitoring", "view:servers", "view:agency", "view:organization"])),
        new("viewer", "Viewer", "Sees everything, changes nothing.", Viewing),
    ];
}
