using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Tests.Users;

namespace OCore.Tests.Branding;

/// <summary>Mails to a client's people, as they arrive in a real mailbox: the agency's name and look, and its address once DNS lets us.</summary>
public sealed class BrandMailTests
{
    [Theory, Sqlite, Postgres]
    public async Task A_clients_people_get_their_agencys_mails(Database database)
    {
        await using var smtp = new SmtpPeer();
        await using var app = await TestApp.StartAsync(database, a => { a.Set("SMTP_URL", $"smtp://{smtp.Address}?starttls=none"); a.Set("MAIL_FROM", "oCore <no-reply@platform.example>"); });
        var agency = await app.AgencyAsync("Mailing");
        var client = await app.ClientOfAsync(agency, "Shop");
        await app.As(agency.Owner, agency.Org).Put<UpdateBranding, BrandingView>("/api/agency/branding", new UpdateBranding
        {
            ProductName = "Acme Cloud", PrimaryColor = "#0f766e", FromEmail = "support@acme-mails.example", FooterText = "Acme Inc. <b>", SupportUrl = "https://help.acme.example",
        });
        await app.As(agency.Owner, client).Post<InviteMember, InvitationView>("/api/invitations", new InviteMember { Email = "guest@people.example", Role = "viewer" });
        var mail = await smtp.MailAsync("guest@people.example", $"{agency.Owner.Name} invites you to {client.Name}");
        var from = mail.From.Mailboxes.Single();
        Assert.Equal(("Acme Cloud", "no-reply@platform.example"), (from.Name, from.Address));
        Assert.Equal("support@acme-mails.example", mail.ReplyTo.Mailboxes.Single().Address);
        foreach (var piece in (string[])["Acme Cloud", "#0f766e", "Acme Inc. &lt;b&gt;", "https://help.acme.example", $"http://{client.Slug}.localhost/invitations/accept#token="])
            Assert.Contains(piece, mail.HtmlBody, StringComparison.Ordinal);
        Assert.DoesNotContain("oCore", mail.HtmlBody + mail.TextBody + from, StringComparison.Ordinal);

        // The domain passes: from then on it is the agency's own address.
        await using (var db = app.Databases.System())
        {
            var row = await db.Brandings.AcrossTenants().SingleAsync(b => b.OrgId == agency.Org.Id);
            (row.Sender, row.SenderLookAt) = (new SenderView { FromEmail = row.FromEmail!, Verified = true, Ownership = "pass", Spf = "pass", Dmarc = "pass", Explanation = "", Records = [] }, app.Clock.GetUtcNow().AddDays(1));
            await db.SaveChangesAsync();
        }
        await app.As(agency.Owner, client).Post<InviteMember, InvitationView>("/api/invitations", new InviteMember { Email = "second@people.example", Role = "viewer" });
        var own = (await smtp.MailAsync("second@people.example", $"{agency.Owner.Name} invites you to {client.Name}")).From.Mailboxes.Single();
        Assert.Equal(("Acme Cloud", "support@acme-mails.example"), (own.Name, own.Address));

        // In the language that is asked for, and of those who have chosen one in theirs.
        await app.As(agency.Owner, client).Post<InviteMember, InvitationView>("/api/invitations", new InviteMember { Email = "lectrice@people.example", Role = "viewer", Language = "fr" });
        var french = await smtp.MailAsync("lectrice@people.example", $"{agency.Owner.Name} vous invite à rejoindre {client.Name}");
        foreach (var piece in (string[])["<html lang=\"fr\">", "72 heures", "Accepter l’invitation", "Acme Inc."])
            Assert.Contains(piece, System.Net.WebUtility.HtmlDecode(french.HtmlBody), StringComparison.Ordinal);
        var reader = await app.MemberAsync(client, "viewer");
        await using (var db = app.Databases.System())
            await db.Members.AcrossTenants().Where(m => m.UserId == reader.Id && m.OrgId != client.Id).ExecuteDeleteAsync();
        await app.As(reader, client).Put<UpdateMe, MeView>("/api/user", new UpdateMe { Language = "fr" });
        using var asked = await app.Anonymous.PostAsync("/api/auth/password-reset", new StringContent($"{{\"email\":\"{reader.Email}\"}}", System.Text.Encoding.UTF8, "application/json"));
        Assert.Equal("Acme Cloud", (await smtp.MailAsync(reader.Email, "Choisissez un nouveau mot de passe")).From.Mailboxes.Single().Name);

        // Mails about the account itself as well; the agency's own people get the platform's.
        var member = await app.MemberAsync(client, "viewer");
        await using (var db = app.Databases.System())
            await db.Members.AcrossTenants().Where(m => m.UserId == member.Id && m.OrgId != client.Id).ExecuteDeleteAsync();
        using var reset = await app.Anonymous.PostAsync("/api/auth/password-reset", new StringContent($"{{\"email\":\"{member.Email}\"}}", System.Text.Encoding.UTF8, "application/json"));
        Assert.True(reset.IsSuccessStatusCode);
        Assert.Equal("Acme Cloud", (await smtp.MailAsync(member.Email, "Choose a new password")).From.Mailboxes.Single().Name);
        using var ours = await app.Anonymous.PostAsync("/api/auth/password-reset", new StringContent($"{{\"email\":\"{agency.Owner.Email}\"}}", System.Text.Encoding.UTF8, "application/json"));
        Assert.Equal("oCore", (await smtp.MailAsync(agency.Owner.Email, "Choose a new password")).From.Mailboxes.Single().Name);
    }
}
