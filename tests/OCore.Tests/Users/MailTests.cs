using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Platform.Mail;

namespace OCore.Tests.Users;

public sealed class MailTests
{
    private static readonly MailContent Hello = new("Acme Hosting", "Hello\r\nBcc: everybody@people.example", ["A <b>bold</b> & new world."])
    {
        Action = ("Open it", new Uri("https://ocore.example/x?a=1&b=2#token=abc")), Footnote = "In small print.",
    };

    private static async Task<Guid> AddAsync(TestApp app, string to = "ada@people.example", TimeSpan? validFor = null)
    {
        await using var db = app.Databases.System();
        var mail = app.Services.GetRequiredService<Outbox>().Add(db, to, Hello, validFor: validFor);
        await db.SaveChangesAsync();
        return mail.Id;
    }

    private static async Task<OutgoingMail> UntilAsync(TestApp app, Guid id, Func<OutgoingMail, bool> holds)
    {
        for (var i = 0; ; i++)
        {
            await using var db = app.Databases.System();
            var mail = await db.Set<OutgoingMail>().AsNoTracking().SingleAsync(m => m.Id == id);
            if (holds(mail))
                return mail;
            Assert.True(i < 400, $"Not in 20 seconds: attempts {mail.Attempts}, error {mail.Error}, next {mail.NextAttemptAt}. {app.Log}");
            await Task.Delay(50);
        }
    }

    [Theory, Sqlite, Postgres]
    public async Task A_mail_goes_out_as_text_and_as_HTML_and_is_then_forgotten(Database database)
    {
        await using var peer = new SmtpPeer();
        await using var app = await TestApp.StartAsync(database, a => { a.Set("SMTP_URL", $"smtp://{peer.Address}?starttls=none"); a.Set("MAIL_FROM", "no-reply@ocore.example"); });
        var id = await AddAsync(app);
        var sent = await UntilAsync(app, id, m => m.SentAt is not null);
        Assert.Equal((1, (string?)null, (string?)null, (DateTimeOffset?)null), (sent.Attempts, sent.Error, sent.ContentSealed, sent.NextAttemptAt));

        var mail = Assert.Single(peer.Mails);
        Assert.Equal("\"Acme Hosting\" <no-reply@ocore.example>", mail.From.ToString());
        Assert.Equal("ada@people.example", mail.To.ToString());
        // The line break made no header.
        Assert.Equal("Hello  Bcc: everybody@people.example", mail.Subject);
        Assert.Empty(mail.Bcc);
        Assert.Contains("A <b>bold</b> & new world.", mail.TextBody);
        Assert.Contains("https://ocore.example/x?a=1&b=2#token=abc", mail.TextBody);
        Assert.Contains("A &lt;b&gt;bold&lt;/b&gt; &amp; new world.", mail.HtmlBody);
        Assert.Contains("href=\"https://ocore.example/x?a=1&amp;b=2#token=abc\"", mail.HtmlBody);
        Assert.DoesNotContain("oCore", mail.ToString().Replace("ocore.example", "", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_mail_server_the_mail_waits_and_says_why()
    {
        await using var app = await TestApp.StartAsync();
        var id = await AddAsync(app);
        var mail = await UntilAsync(app, id, _ => true);
        Assert.Equal("mail is not configured (OCORE_SMTP_URL)", mail.Error);
        Assert.NotNull(mail.NextAttemptAt);
        await using var peer = new SmtpPeer();
        await app.StopAsync();
        app.Set("SMTP_URL", $"smtp://{peer.Address}?starttls=none");
        await app.InitializeAsync();
        await UntilAsync(app, id, m => m.SentAt is not null && m.Error is null);
    }

    [Fact]
    public async Task What_is_not_sent_is_sealed()
    {
        await using var app = await TestApp.StartAsync();
        var mail = await UntilAsync(app, await AddAsync(app), _ => true);
        Assert.StartsWith("v1.", mail.ContentSealed, StringComparison.Ordinal);
        Assert.DoesNotContain("token", mail.ContentSealed);
    }

    [Fact]
    public async Task A_mail_whose_cause_is_rolled_back_never_was()
    {
        await using var peer = new SmtpPeer();
        await using var app = await TestApp.StartAsync(arrange: a => a.Set("SMTP_URL", $"smtp://{peer.Address}?starttls=none"));
        await using (var db = app.Databases.System())
            await Assert.ThrowsAsync<InvalidOperationException>(() => db.InTransactionAsync<int>(async () =>
            {
                app.Services.GetRequiredService<Outbox>().Add(db, "ada@people.example", Hello);
                await db.SaveChangesAsync();
                throw new InvalidOperationException("the cause fails");
            }, CancellationToken.None));
        var id = await AddAsync(app, "bob@people.example");
        await UntilAsync(app, id, m => m.SentAt is not null);
        Assert.Equal("bob@people.example", Assert.Single(peer.Mails).To.ToString());
    }

    [Fact]
    public async Task A_refusal_for_now_is_tried_again_and_a_refusal_for_good_is_not()
    {
        await using var peer = new SmtpPeer { Recipient = "450 Mailbox busy" };
        await using var app = await TestApp.StartAsync(arrange: a => a.Set("SMTP_URL", $"smtp://{peer.Address}?starttls=none"));
        var id = await AddAsync(app);
        var waiting = await UntilAsync(app, id, m => m.Error is not null);
        Assert.Contains("450", waiting.Error);
        peer.Recipient = "250 Ok";
        app.Clock.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(2, (await UntilAsync(app, id, m => m.SentAt is not null)).Attempts);

        peer.Recipient = "550 No such mailbox";
        var lost = await UntilAsync(app, await AddAsync(app), m => m.Error is not null);
        Assert.Contains("550 No such mailbox", lost.Error!.Replace(":", "", StringComparison.Ordinal));
        Assert.Null(lost.NextAttemptAt);
    }

    [Fact]
    public async Task What_has_lost_its_use_is_given_up()
    {
        await using var app = await TestApp.StartAsync();
        var id = await AddAsync(app, validFor: TimeSpan.FromHours(1));
        app.Clock.Advance(TimeSpan.FromHours(2));
        Assert.Null((await UntilAsync(app, id, m => m.NextAttemptAt is null)).ContentSealed);
    }

    [Fact]
    public async Task Encryption_is_demanded_unless_it_is_turned_off()
    {
        await using var peer = new SmtpPeer();
        await using var app = await TestApp.StartAsync(arrange: a => a.Set("SMTP_URL", $"smtp://user:secret@{peer.Address}"));
        Assert.NotNull((await UntilAsync(app, await AddAsync(app), m => m.Error is not null)).Error);
        Assert.Empty(peer.Mails);
        Assert.Empty(peer.SignIns);
    }

    [Fact]
    public async Task A_certificate_that_nobody_signed_is_refused_before_the_password_is_sent()
    {
        using var certificate = SmtpPeer.NewCertificate();
        await using var peer = new SmtpPeer { Certificate = certificate };
        await using var app = await TestApp.StartAsync(arrange: a => a.Set("SMTP_URL", $"smtp://user:secret@{peer.Address}?starttls=required"));
        Assert.Contains("certificate", (await UntilAsync(app, await AddAsync(app), m => m.Error is not null)).Error);
        Assert.Empty(peer.Mails);
        Assert.Empty(peer.SignIns);
    }

    [Fact]
    public async Task User_name_and_password_of_the_address_are_used()
    {
        await using var peer = new SmtpPeer();
        await using var app = await TestApp.StartAsync(arrange: a => a.Set("SMTP_URL", $"smtp://mail%40ocore.example:p%3Aw@{peer.Address}?starttls=none"));
        await UntilAsync(app, await AddAsync(app), m => m.SentAt is not null);
        Assert.Equal("mail@ocore.example p:w", Assert.Single(peer.SignIns));
    }

    [Theory]
    [InlineData("http://mail.example")]
    [InlineData("smtp://mail.example?starttls=maybe")]
    [InlineData("smtp://user:secret@mail.example?starttls=none")]
    public async Task A_wrong_address_of_the_mail_server_stops_the_start(string url)
    {
        var refused = await Assert.ThrowsAsync<WrongConfigurationException>(() => TestApp.StartAsync(arrange: a => a.Set("SMTP_URL", url)));
        Assert.Contains("OCORE_SMTP_URL", refused.Message);
    }
}
