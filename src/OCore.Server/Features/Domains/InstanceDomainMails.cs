using OCore.Features.Organizations;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Mail;
using OCore.Platform.Security;

namespace OCore.Features.Domains;

/// <summary>What the people of the agency, or of an organization of its own, are told about the names of instances without having asked.</summary>
internal static class InstanceDomainMails
{
    private static readonly PermissionSet MayManage = Permissions.Of(["manage:domains"]);

    public static async Task AddAsync(OCoreDb db, Outbox outbox, Settings settings, InstanceDomain domain, DomainLease.Event what, CancellationToken stop)
    {
        if (what is not (DomainLease.Event.Missing or DomainLease.Event.Lapsed or DomainLease.Event.Contested))
            return;
        foreach (var address in await PeopleAsync(db, domain, stop))
            outbox.Add(db, address, Content(domain, what, settings), about: domain.Id);
    }

    public static Task<IReadOnlyList<string>> PeopleAsync(OCoreDb db, InstanceDomain domain, CancellationToken stop) => db.EmailsOfThoseWhoMayAsync(domain.RootId, MayManage, stop);

    public static Uri PageOf(InstanceDomain domain, Settings settings) => new(settings.PublicUrl, $"/instances/{domain.InstanceId}?tab=domains");

    private static MailContent Content(InstanceDomain domain, DomainLease.Event what, Settings settings)
    {
        var (name, record) = (domain.CustomDisplay!, $"{domain.VerifyName}  TXT  {domain.Token}");
        var (subject, paragraphs) = what switch
        {
            DomainLease.Event.Missing => ($"The DNS record of {name} is gone", (string[])[
                $"The record that proves whose {name} is, is not in DNS any more. The instance answers there until {domain.GraceUntil:d MMMM yyyy}, and then no more.",
                $"Set the record again:\n{record}"]),
            DomainLease.Event.Contested => ($"Somebody else has proven {name}", [
                $"Another organization has set its own record for {name}. If the domain is yours, keep your record in DNS and nothing changes:\n{record}",
                "If your record is missing for three days from now, the domain goes to the other organization."]),
            _ => ($"The instance does not answer at {name} any more", [
                $"{name} is not proven to be yours any more, so the instance does not answer there. Where people were sent there, they are sent to its generated address again.",
                $"Set the record again and verify the domain to bring it back:\n{record}"]),
        };
        return new MailContent(Brand.Product, subject, paragraphs)
        {
            Action = ("Show the domains", PageOf(domain, settings)),
            Footnote = "You get this because you may manage domains.",
        };
    }
}
