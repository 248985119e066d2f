using Microsoft.EntityFrameworkCore;
using OCore.Client;
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
        var address = await hosts.AddressOfAsync(brand.RootId, brand.OrgId, stop);
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

    /// <summary>For a mail about an account: a client's brand where the person is nothing but a client's.</summary>
    public async Task<MailLook> OfPersonAsync(OCoreDb db, Guid userId, CancellationToken stop)
    {
        var organizations = await db.Members.AcrossTenants().Where(m => m.UserId == userId).OrderBy(m => m.JoinedAt)
            .Join(db.Organizations.AcrossTenants(), m => m.OrgId, o => o.Id, (m, o) => new { o.Id, o.Kind }).ToListAsync(stop);
        return organizations.Count > 0 && organizations.TrueForAll(o => o.Kind == OrganizationKind.Client)
            ? await OfOrganizationAsync(organizations[0].Id, stop) : new MailLook(Brand.Product, settings.PublicUrl);
    }
}
