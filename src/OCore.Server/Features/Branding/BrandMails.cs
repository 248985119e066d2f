using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Users;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Mail;

namespace OCore.Features.Branding;

/// <summary>Whose name a mail carries and where its links lead: the people of a client know the platform by their agency's brand only.</summary>
internal sealed class BrandMails(BrandBook book, PortalHosts hosts, Settings settings)
{
    /// <summary>For a mail about an organization: its brand where it is a client, and the installation's own otherwise.</summary>
    public async Task<MailLook> OfOrganizationAsync(Guid orgId, CancellationToken stop)
    {
        if (await book.FindAsync(orgId, stop) is not { IsClient: true } brand)
            return new MailLook(Brand.Product, settings.PublicUrl);
        return Of(brand, await hosts.AddressOfAsync(brand.RootId, brand.OrgId, stop));
    }

    private static MailLook Of(AppliedBrand brand, Uri address)
    {
        var from = brand.Values.FromEmail;
        return new MailLook(brand.ProductName, address)
        {
            // Programs for mail show no SVG.
            Logo = brand.Images.GetValueOrDefault("logoUrl") is { MediaType: not "image/svg+xml" } logo ? new Uri(address, logo.Url) : null,
            Color = brand.Values.PrimaryColor!, TextOnColor = Contrast.TextOn(brand.Values.PrimaryColor!), Footer = brand.Values.FooterText,
            Support = brand.Values.SupportUrl is { } support ? new Uri(support) : null,
            FromAddress = brand.SenderVerified ? from : null, ReplyTo = brand.SenderVerified ? null : from,
        };
    }

    /// <summary>
    /// For a mail about something of an organization, to an address that somebody named: the platform's own to those who run the
    /// agency, the brand to everybody else, and in their language where they have an account.
    /// </summary>
    public async Task<MailLook> OfRecipientAsync(OCoreDb db, string address, Guid orgId, CancellationToken stop)
    {
        var email = Emails.Normalize(address);
        var reader = await db.Users.AsNoTracking().Where(u => u.NormalizedEmail == email).Select(u => new { u.Id, u.Language }).SingleOrDefaultAsync(stop);
        var runsIt = reader is not null && await book.FindAsync(orgId, stop) is { } brand && await db.Members.AcrossTenants().AnyAsync(m => m.UserId == reader.Id && m.OrgId == brand.RootId, stop);
        return (runsIt ? new MailLook(Brand.Product, settings.PublicUrl) : await OfOrganizationAsync(orgId, stop)) with { Texts = MailTexts.In(reader?.Language) };
    }

    /// <summary>A mail as it would look: an invitation, by the same hands that write the real ones.</summary>
    public static BrandMailSample Sample(AppliedBrand brand, string platform)
    {
        // Under a name that is nobody's; the images are shown by their paths.
        var address = new Uri("https://erp.example.com/");
        var look = Of(brand, address);
        var (client, texts) = (brand.IsClient ? brand.OrgName : "Acme Corp", look.Texts);
        var mail = (MailContent.For(look, texts.InvitationSubject("Grace Hopper", client), [texts.Invitation.Greeting, texts.Invited("Grace Hopper", "grace@example.com", client, "Admin"), texts.Invitation.Once]) with
        {
            Action = (texts.Invitation.Label, new Uri(address, "/invitations/accept")), Footnote = texts.Invitation.Footnote,
        }).Render();
        return new BrandMailSample { From = mail.FromAddress ?? platform, Name = mail.From, ReplyTo = mail.ReplyTo, Subject = mail.Subject, Html = mail.Html.Replace("src=\"https://erp.example.com/", "src=\"/", StringComparison.Ordinal) };
    }

    /// <summary>For a mail about an account: a client's brand where the person is nothing but a client's.</summary>
    public async Task<MailLook> OfPersonAsync(OCoreDb db, Guid userId, CancellationToken stop)
    {
        var organizations = await db.Members.AcrossTenants().Where(m => m.UserId == userId).OrderBy(m => m.JoinedAt)
            .Join(db.Organizations.AcrossTenants(), m => m.OrgId, o => o.Id, (m, o) => new { o.Id, o.Kind }).ToListAsync(stop);
        return organizations.Count > 0 && organizations.TrueForAll(o => o.Kind == OrganizationKind.Client)
            ? await OfOrganizationAsync(organizations[0].Id, stop) : new MailLook(Brand.Product, settings.PublicUrl);
    }
}
