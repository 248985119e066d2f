using OCore.Features.Domains;
using OCore.Features.Organizations;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Mail;
using OCore.Platform.Security;

namespace OCore.Features.PortalDomains;

/// <summary>What the agency's people are told about their names without having asked.</summary>
internal static class PortalDomainMails
{
    private static readonly PermissionSet MayManage = Permissions.Of(["manage:agency"]);

    public static async Task AddAsync(OCoreDb db, Outbox outbox, Settings settings, PortalDomain domain, DomainLease.Event what, CancellationToken stop)
    {
        if (what is not (DomainLease.Event.Missing or DomainLease.Event.Lapsed or DomainLease.Event.Contested))
            return;
        foreach (var address in await PeopleAsync(db, domain.OrgId, stop))
            outbox.Add(db, address, Content(domain, what, settings), about: domain.Id);
    }

    /// <summary>Those of the agency who could do something about it.</summary>
    public static Task<IReadOnlyList<string>> PeopleAsync(OCoreDb db, Guid agencyId, CancellationToken stop) => db.EmailsOfThoseWhoMayAsync(agencyId, MayManage, stop);

    /// <summary>A name that was given up here still leads here.</summary>
    public static MailContent Dangling(string host, Settings settings) => new(Brand.Product, $"{host} still leads here",
    [
        $"{host} was given up here, but its DNS record still leads to us. Whoever proves the name next would speak under it.",
        "Remove the record of the name. It is looked at each night; this mail comes once.",
    ])
    {
        Action = ("Show what needs attention", new Uri(settings.PublicUrl, "/agency")),
        Footnote = "You get this because you may manage the agency's portals.",
    };

    private static MailContent Content(PortalDomain domain, DomainLease.Event what, Settings settings)
    {
        var (name, record) = (domain.CustomDisplay!, $"{domain.VerifyName}  TXT  {domain.Token}");
        var (subject, paragraphs) = what switch
        {
            DomainLease.Event.Missing => ($"The DNS record of {name} is gone", (string[])[
                $"The record that proves that {name} is yours is not in DNS any more. The portal works until {domain.GraceUntil:d MMMM yyyy}; then it is switched off.",
                $"Set the record again:\n{record}"]),
            DomainLease.Event.Contested => ($"Somebody else has proven {name}", [
                $"Another organization has set its own record for {name}. If the domain is yours, keep your record in DNS and nothing changes:\n{record}",
                "If your record is missing for three days from now, the domain goes to the other organization."]),
            _ => ($"The portal at {name} was switched off", [
                $"{name} is not proven to be yours any more, so the portal is not served there.",
                $"Set the record again and verify the domain to bring it back:\n{record}"]),
        };
        return new MailContent(Brand.Product, subject, paragraphs)
        {
            Action = ("Show the portal domains", new Uri(settings.PublicUrl, "/agency/portal-domains")),
            Footnote = "You get this because you may manage the agency's portals.",
        };
    }
}
