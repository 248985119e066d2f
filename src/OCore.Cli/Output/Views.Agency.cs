using OCore.Client;

namespace OCore.Cli.Output;

/// <summary>Agency, clients, plans.</summary>
internal static partial class Views
{
    public static readonly View<AgencyView> Agency = new View<AgencyView>(a => a.OrganizationId.ToString())
        .Field("Agency", a => a.Name)
        .Field("Agency mode", a => a.Enabled ? new Cell("on", Tone.Good) : new Cell("off", Tone.Dim))
        .Field("Since", a => a.EnabledAt)
        .Field("Clients", a => $"{a.Totals.Clients} ({a.Totals.SuspendedClients} suspended)")
        .Field("Instances", a => $"{a.Totals.Instances} ({a.Totals.InstancesRunning} running)")
        .Field("Servers", a => $"{a.Totals.Servers} ({a.Totals.ServersActive} active)")
        .Field("Templates", a => a.Totals.Templates)
        .Field("Operations", a => $"{a.Totals.OperationsRunning} running")
        .Field("Attention", a => a.Attention.Count == 0 ? new Cell("nothing", Tone.Good) : new Cell(a.Attention.Count.ToString(), Tone.Warn));

    public static readonly View<ClientView> Client = new View<ClientView>(c => c.Id.ToString())
        .Column("slug", c => c.Slug)
        .Column("name", c => c.Name)
        .Column("health", c => Cell.Status(c.Health))
        .Column("instances", c => $"{c.InstancesRunning}/{c.InstanceCount}")
        .Column("members", c => c.MemberCount)
        .Column("odoo", c => Cell.Of(c.OdooVersions))
        .Column("created", c => c.CreatedAt)
        .Field("Id", c => c.Id)
        .Field("Name", c => c.Name)
        .Field("Slug", c => c.Slug)
        .Field("Health", c => Cell.Status(c.Health))
        .Field("Suspended", c => c.Suspended)
        .Field("Instances", c => $"{c.InstanceCount} ({c.InstancesRunning} running)")
        .Field("Members", c => c.MemberCount)
        .Field("Odoo", c => Cell.Of(c.OdooVersions))
        .Field("Logo", c => c.LogoUrl)
        .Field("Deleted by", c => c.DeleteOperationId)
        .Field("Created", c => c.CreatedAt);

    public static readonly View<PortalDomainView> PortalDomain = new View<PortalDomainView>(d => d.Id.ToString())
        .Column("name", d => d.CustomDomain ?? d.SubdomainHost ?? d.Subdomain)
        .Column("client", d => d.Client?.Name)
        .Column("active", d => d.IsActive)
        .Column("ownership", d => Cell.Status(d.Ownership.State))
        .Column("routing", d => Cell.Status(d.Routing.Status))
        .Column("certificate", d => Cell.Status(d.SslStatus))
        .Field("Id", d => d.Id)
        .Field("Custom domain", d => d.CustomDomain)
        .Field("Subdomain", d => d.SubdomainHost ?? d.Subdomain)
        .Field("Address", d => d.Url)
        .Field("Client", d => d.Client?.Name)
        .Field("Active", d => d.IsActive)
        .Field("Ownership", d => Cell.Status(d.Ownership.State))
        .Field("", d => d.Ownership.Message)
        .Field("Routing", d => Cell.Status(d.Routing.Status))
        .Field("", d => d.Routing.Message)
        .Field("Certificate", d => Cell.Status(d.SslStatus))
        .Field("", d => d.Certificate.Error ?? d.Certificate.Message)
        .Field("Valid until", d => d.Certificate.ValidUntil)
        .Field("Token", d => d.DnsVerificationToken)
        .Field("Last look", d => d.LastCheckedAt)
        .Field("Next look", d => d.NextCheckAt)
        .Field("Mind", d => d.Warnings.Count == 0 ? new Cell(null) : string.Join('\n', d.Warnings))
        .Field("Created", d => d.CreatedAt);

    public static readonly View<PlanView> Plan = new View<PlanView>(p => p.Id.ToString())
        .Column("slug", p => p.Slug)
        .Column("name", p => p.Name)
        .Column("default", p => p.IsDefault)
        .Column("organizations", p => p.Organizations)
        .Column("features", p => Cell.Of(p.Features))
        .Column("limits", p => string.Join(", ", Limits(p.Limits)))
        .Field("Id", p => p.Id)
        .Field("Name", p => p.Name)
        .Field("Slug", p => p.Slug)
        .Field("Default", p => p.IsDefault)
        .Field("Organizations", p => p.Organizations)
        .Field("Features", p => Cell.Of(p.Features))
        .Field("Limits", p => string.Join('\n', Limits(p.Limits)));

    public static readonly View<SubscriptionView> Subscription = new View<SubscriptionView>(s => s.Plan)
        .Field("Plan", s => s.Plan)
        .Field("Features", s => Cell.Of(s.Features))
        .Field("Used", s => string.Join('\n', s.Limits.Select(l => $"{l.Name}: {l.Used:0.#} of {l.Limit?.ToString() ?? "no limit"}")));

    public static readonly View<AccountView> Account = new View<AccountView>(a => a.Id.ToString())
        .Column("email", a => a.Email)
        .Column("name", a => a.Name)
        .Column("operator", a => a.IsOperator ? "yes" : null)
        .Column("state", a => a.DisabledAt is null ? new Cell("active", Tone.Good) : new Cell("disabled", Tone.Bad))
        .Column("organizations", a => Cell.Of(a.Organizations.Select(o => o.Slug ?? o.Name)))
        .Column("last seen", a => a.LastSeenAt)
        .Field("Id", a => a.Id)
        .Field("E-mail", a => a.Email)
        .Field("Name", a => a.Name)
        .Field("Operator", a => a.IsOperator ? "yes" : "no")
        .Field("Second factor", a => a.TotpEnabled ? "yes" : "no")
        .Field("Disabled", a => a.DisabledAt)
        .Field("Organizations", a => Cell.Of(a.Organizations.Select(o => o.Slug ?? o.Name)))
        .Field("Last seen", a => a.LastSeenAt)
        .Field("Made", a => a.CreatedAt);

    public static readonly View<AdminOrganizationView> AdminOrganization = new View<AdminOrganizationView>(o => o.Id.ToString())
        .Column("slug", o => o.Slug)
        .Column("name", o => o.Name)
        .Column("kind", o => Words.Snake(o.Kind.ToString()))
        .Column("plan", o => o.Plan)
        .Column("created", o => o.CreatedAt)
        .Field("Id", o => o.Id)
        .Field("Name", o => o.Name)
        .Field("Slug", o => o.Slug)
        .Field("Kind", o => Words.Snake(o.Kind.ToString()))
        .Field("Plan", o => o.Plan)
        .Field("Created", o => o.CreatedAt);

    private static IEnumerable<string> Limits(PlanLimits limits)
    {
        (string Name, int? Most)[] all = [("clients", limits.Clients), ("instances", limits.Instances), ("servers", limits.Servers), ("members", limits.Members), ("GB", limits.StorageGb)];
        return all.Where(l => l.Most is not null).Select(l => $"{l.Most} {l.Name}").DefaultIfEmpty("none");
    }
}
