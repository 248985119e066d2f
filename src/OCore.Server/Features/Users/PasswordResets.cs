using OCore.Features.Branding;
using OCore.Platform.Data;
using OCore.Platform.Mail;
using OCore.Platform.Security;

namespace OCore.Features.Users;

/// <summary>Looks the account up and writes the mail once the answer is out, so that neither shows in it, not even as time.</summary>
internal sealed class PasswordResets(OCoreDbFactory databases, UserMails mails, TimeProvider time, ILogger<PasswordResets> log)
{
    public void SendAfter(HttpContext http, string email) => http.Response.OnCompleted(async () =>
    {
        try
        {
            await SendAsync(email);
        }
        catch (Exception e)
        {
            log.LogError(e, "A link to choose a new password could not be written");
        }
    });

    private async Task SendAsync(string email)
    {
        await using var db = databases.System();
        if (await Accounts.FindAsync(db, email, CancellationToken.None) is not { DisabledAt: null } user)
            return;
        var token = Tokens.New();
        db.Add(new PasswordReset { UserId = user.Id, TokenHash = Tokens.Hash(token), ExpiresAt = time.GetUtcNow() + PasswordReset.ValidFor });
        await mails.ResetAsync(db, user, token, CancellationToken.None);
        await db.SaveChangesAsync(CancellationToken.None);
    }
}

/// <summary>The mails about an account. Links begin with the configured address, never with what a request says its host is.</summary>
internal sealed class UserMails(Outbox outbox, BrandMails brands, TimeProvider time)
{
    public async Task ResetAsync(OCoreDb db, User user, string token, CancellationToken stop)
    {
        var look = await LookAsync(db, user, stop);
        var texts = look.Texts;
        outbox.Add(db, user.Email!, MailContent.For(look, texts.Reset.Subject, [texts.Hello(user.Name), texts.Reset.Text]) with
        {
            // After the #, so that no server or proxy writes it down.
            Action = (texts.Reset.Label, new Uri(look.Address, $"/reset-password#token={token}")),
            Footnote = texts.Reset.Footnote,
        }, user.Id, PasswordReset.ValidFor);
    }

    /// <summary>Tells the owner of an account what was done to it, in case it was not them.</summary>
    /// <param name="name">Of what it was done to, where that has one.</param>
    public async Task NoticeAsync(OCoreDb db, User user, AccountNotice what, CancellationToken stop, string? name = null)
    {
        var look = await LookAsync(db, user, stop);
        var (subject, text) = look.Texts.Notice(what, name);
        outbox.Add(db, user.Email!, MailContent.For(look, subject, [look.Texts.Hello(user.Name), $"{text} {look.Texts.DoneAt(time.GetUtcNow())}"]) with
        {
            Action = (look.Texts.OpenAccount.Label, new Uri(look.Address, "/")),
            Footnote = look.Texts.OpenAccount.Footnote,
        }, user.Id);
    }

    private async Task<MailLook> LookAsync(OCoreDb db, User user, CancellationToken stop) => await brands.OfPersonAsync(db, user.Id, stop) with { Texts = MailTexts.In(user.Language) };
}
