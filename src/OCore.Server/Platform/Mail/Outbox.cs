using System.Text.Json;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Platform.Mail;

/// <summary>
/// Where a feature leaves a mail: it goes out after the caller's save is committed, and not if that fails.
/// <code>outbox.Add(db, invitation.Email, mail, about: invitation.Id, validFor: TimeSpan.FromHours(72));</code>
/// Whether it went out is on the row: <c>db.Set&lt;OutgoingMail&gt;().Where(m => m.AboutId == invitation.Id)</c> with SentAt and Error.
/// </summary>
internal sealed class Outbox(SecretBox secrets, Settings settings, TimeProvider time)
{
    public const string NotConfigured = "mail is not configured (OCORE_SMTP_URL)";

    /// <param name="db">The context whose next save writes the mail too.</param>
    /// <param name="to">One address.</param>
    /// <param name="content">What it says.</param>
    /// <param name="about">The row it speaks of.</param>
    /// <param name="validFor">How long it is worth sending: as long as its link works. Three days where not given.</param>
    public OutgoingMail Add(OCoreDb db, string to, MailContent content, Guid? about = null, TimeSpan? validFor = null)
    {
        var (id, now) = (RowId.New(), time.GetUtcNow());
        var mail = new OutgoingMail
        {
            Id = id,
            To = to,
            AboutId = about,
            ContentSealed = secrets.Seal(JsonSerializer.Serialize(content.Render()), "mail", id),
            CreatedAt = now,
            ExpiresAt = now + (validFor ?? TimeSpan.FromDays(3)),
            // Kept due: it goes out when mail is configured in time.
            NextAttemptAt = now,
            Error = settings.SmtpUrl is null ? NotConfigured : null,
        };
        db.Add(mail);
        return mail;
    }

    internal RenderedMail Open(OutgoingMail mail) =>
        JsonSerializer.Deserialize<RenderedMail>(secrets.Unseal(mail.ContentSealed!, "mail", mail.Id))!;
}
