using OCore.Client;

namespace OCore.Cli.Output;

/// <summary>How each wire record is shown: people and organizations.</summary>
internal static partial class Views
{
    public static readonly View<MeView> Me = new View<MeView>(m => m.Id.ToString())
        .Field("Email", m => m.Email)
        .Field("Name", m => m.Name)
        .Field("Language", m => m.Language)
        .Field("Organization", m => $"{m.Current.Name} ({m.Current.Slug}, {Words.Snake(m.Current.Kind.ToString())})")
        .Field("Agency mode", m => m.Current.AgencyEnabled ? "on" : m.Current.AgencyAvailable ? "off" : "not in the subscription")
        .Field("For the agency", m => m.Current.Delegated)
        .Field("Operator", m => m.IsOperator)
        .Field("Second factor", m => m.TotpEnabled ? $"on, {m.RecoveryCodesLeft} recovery codes left" : "off")
        .Field("Change password", m => m.MustChangePassword ? "yes: it was made by oCore" : null)
        .Field("May manage", m => Nouns(m, "manage:"))
        .Field("May view", m => Nouns(m, "view:"));

    public static readonly View<SessionView> Session = new View<SessionView>(s => s.Id.ToString())
        .Column("id", s => s.Id)
        .Column("this", s => s.Current ? "*" : "")
        .Column("last seen", s => s.LastSeenAt)
        .Column("signed in", s => s.CreatedAt)
        .Column("ip", s => s.Ip)
        .Column("with", s => s.UserAgent);

    public static readonly View<PasskeyView> Passkey = new View<PasskeyView>(p => p.Id)
        .Column("id", p => p.Id)
        .Column("name", p => p.Name)
        .Column("added", p => p.CreatedAt);

    public static readonly View<MembershipView> Membership = new View<MembershipView>(o => o.Id.ToString())
        .Column("slug", o => o.Slug)
        .Column("name", o => o.Name)
        .Column("kind", o => Words.Snake(o.Kind.ToString()))
        .Column("role", o => o.Delegated ? new Cell("(agency)", Tone.Dim) : o.Role)
        .Column("agency", o => o.AgencyEnabled)
        .Column("status", o => Cell.Status(o.Suspended ? "suspended" : "active"));

    public static readonly View<OrganizationView> Organization = new View<OrganizationView>(o => o.Id.ToString())
        .Field("Id", o => o.Id)
        .Field("Name", o => o.Name)
        .Field("Slug", o => o.Slug)
        .Field("Kind", o => Words.Snake(o.Kind.ToString()))
        .Field("Agency mode", o => o.AgencyEnabled ? "on" : "off")
        .Field("Client of", o => o.Agency?.Name)
        .Field("Logo", o => o.LogoUrl)
        .Field("Suspended", o => o.Suspended)
        .Field("Created", o => o.CreatedAt);

    public static readonly View<MemberView> Member = new View<MemberView>(m => m.Id.ToString())
        .Column("email", m => m.Email)
        .Column("name", m => m.Name)
        .Column("role", m => m.Role.Slug ?? m.Role.Name)
        .Column("2fa", m => m.TotpEnabled)
        .Column("last seen", m => m.LastSeenAt)
        .Column("joined", m => m.JoinedAt)
        .Field("Id", m => m.Id)
        .Field("Email", m => m.Email)
        .Field("Name", m => m.Name)
        .Field("Role", m => m.Role.Name)
        .Field("Second factor", m => m.TotpEnabled)
        .Field("Last seen", m => m.LastSeenAt)
        .Field("Joined", m => m.JoinedAt);

    public static readonly View<InvitationView> Invitation = new View<InvitationView>(i => i.Id.ToString())
        .Column("email", i => i.Email)
        .Column("role", i => i.Role.Slug ?? i.Role.Name)
        .Column("invited by", i => i.InvitedBy)
        .Column("ends", i => i.ExpiresAt)
        .Column("mail", i => Mail(i))
        .Field("Id", i => i.Id)
        .Field("Email", i => i.Email)
        .Field("Role", i => i.Role.Name)
        .Field("Invited by", i => i.InvitedBy)
        .Field("Ends", i => i.ExpiresAt)
        .Field("Mail", i => Mail(i));

    public static readonly View<RoleView> Role = new View<RoleView>(r => r.Id.ToString())
        .Column("slug", r => r.Slug)
        .Column("name", r => r.Name)
        .Column("members", r => r.Members)
        .Column("kind", r => r.IsSystem ? "system" : "custom")
        .Column("description", r => r.Description)
        .Field("Id", r => r.Id)
        .Field("Name", r => r.Name)
        .Field("Slug", r => r.Slug)
        .Field("Description", r => r.Description)
        .Field("Kind", r => r.IsSystem ? "system: cannot be changed" : "custom")
        .Field("Members", r => r.Members)
        .Field("Permissions", r => string.Join('\n', r.Permissions));

    public static readonly View<PermissionView> Permission = new View<PermissionView>(p => p.Name)
        .Column("permission", p => p.Name)
        .Column("allows", p => p.Description);

    public static readonly View<ApiKeyView> ApiKey = new View<ApiKeyView>(k => k.Id.ToString())
        .Column("id", k => k.Id)
        .Column("name", k => k.Name)
        .Column("prefix", k => k.Prefix)
        .Column("scopes", k => k.Scopes.Count == 0 ? "all" : Cell.Of(k.Scopes))
        .Column("made by", k => k.CreatedBy)
        .Column("last used", k => k.LastUsedAt)
        .Column("ends", k => k.ExpiresAt);

    /// <summary>Quiet gives the key itself: nothing else of it can be had later.</summary>
    public static readonly View<CreatedApiKey> CreatedApiKey = new View<CreatedApiKey>(k => k.Key)
        .Field("Id", k => k.ApiKey.Id)
        .Field("Name", k => k.ApiKey.Name)
        .Field("Scopes", k => k.ApiKey.Scopes.Count == 0 ? "all" : Cell.Of(k.ApiKey.Scopes))
        .Field("Ends", k => k.ApiKey.ExpiresAt)
        .Field("Key", k => k.Key);

    public static readonly View<AuditEntryView> Audit = new View<AuditEntryView>(a => a.Id.ToString())
        .Column("when", a => a.At)
        .Column("who", a => a.OnBehalfOf is { } other ? $"{a.Actor} (for {other})" : a.Actor)
        .Column("action", a => a.Action)
        .Column("object", a => a.ObjectName ?? a.ObjectId)
        .Column("from", a => a.Ip)
        .Column("changes", a => a.Changes is null ? null : string.Join(", ", a.Changes.Where(c => c.Value.Before is not null && c.Value.After is not null).Select(c => $"{c.Key}: {c.Value.Before} → {c.Value.After}")
            // What somebody said about an operation is no value that another one came after.
            .Concat(a.Changes.Where(c => a.ObjectType == "operation" && c.Value is { Before: null, After: not null }).Select(c => $"{c.Key}: {c.Value.After}"))));

    /// <summary>Manage includes view.</summary>
    private static Cell Nouns(MeView me, string right)
    {
        var managed = me.Current.Permissions.Where(p => p.StartsWith("manage:", StringComparison.Ordinal)).Select(p => p[7..]).ToHashSet();
        var nouns = me.Current.Permissions.Where(p => p.StartsWith(right, StringComparison.Ordinal)).Select(p => p[right.Length..]);
        return Cell.Of(right == "manage:" ? nouns : nouns.Except(managed));
    }

    private static Cell Mail(InvitationView invitation) => invitation.MailSent ? new Cell("sent", Tone.Good) : new Cell(invitation.MailError ?? "not sent", Tone.Bad);
}
