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
        var look = await brands.OfPersonAsync(db, user.Id, stop);
        outbox.Add(db, user.Email!, MailContent.For(look, "Choose a new password", [$"Hello {user.Name},", "somebody, probably you, asked for a new password for your account. The link works once, within an hour."]) with
        {
            // After the #, so that no server or proxy writes it down.
            Action = ("Choose a new password", new Uri(look.Address, $"/reset-password#token={token}")),
            Footnote = "If it was not you, ignore this mail: your password stays as it is.",
        }, user.Id, PasswordReset.ValidFor);
    }

    /// <summary>Tells the owner of an account what was done to it, in case it was not them.</summary>
    public async Task NoticeAsync(OCoreDb db, User user, string subject, string what, CancellationToken stop)
    {
        var look = await brands.OfPersonAsync(db, user.Id, stop);
        outbox.Add(db, user.Email!, MailContent.For(look, subject, [$"Hello {user.Name},", $"{what} This was on {time.GetUtcNow():yyyy-MM-dd} at {time.GetUtcNow():HH:mm} UTC."]) with
        {
            Action = ("Open your account", new Uri(look.Address, "/")),
            Footnote = "If it was not you, choose a new password at once and tell the people who run this installation.",
        }, user.Id);
    }
}
