using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace OCore.Platform.Mail;

/// <summary>
/// Hands a mail to the SMTP server of <c>OCORE_SMTP_URL</c>: <c>smtp://user:password@host:587</c> (STARTTLS is demanded),
/// <c>smtps://user:password@host</c> (TLS from the start), <c>smtp://host:25?starttls=none</c> for a relay on the same machine, or
/// <c>file:///folder</c>, where mails are put for another program to send or for a person to read.
/// </summary>
internal sealed class Mailer(Settings settings)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public bool IsConfigured => settings.SmtpUrl is not null;

    /// <exception cref="MailRefusedException">It did not go out; the message says why.</exception>
    public async Task SendAsync(string to, RenderedMail mail, Guid id, CancellationToken stop)
    {
        var server = settings.SmtpUrl ?? throw new MailRefusedException(Outbox.NotConfigured, final: false);
        if (server.IsFile)
        {
            await PutAsync(server.LocalPath, to, mail, id, stop);
            return;
        }
        using var smtp = new SmtpClient
        {
            Timeout = (int)Patience.TotalMilliseconds,
            // The chain and the name are checked. Asking for revocations would make mail depend on a third party's server.
            CheckCertificateRevocation = false,
        };
        try
        {
            using var message = Message(to, mail, id);
            await smtp.ConnectAsync(server.Host, Port(server), Encryption(server), stop);
            if (server.UserInfo.Split(':', 2) is [{ Length: > 0 } user, var password])
                await smtp.AuthenticateAsync(Uri.UnescapeDataString(user), Uri.UnescapeDataString(password), stop);
            await smtp.SendAsync(message, stop);
            await smtp.DisconnectAsync(quit: true, stop);
        }
        catch (SslHandshakeException)
        {
            throw new MailRefusedException($"{server.Host}: its certificate is not trusted, has expired, or is for another name", final: false);
        }
        catch (AuthenticationException)
        {
            throw new MailRefusedException($"{server.Host} refused the user name or password of OCORE_SMTP_URL", final: false);
        }
        catch (SmtpCommandException e)
        {
            // 5xx is the server's last word on this mail.
            throw new MailRefusedException($"{server.Host} answered {(int)e.StatusCode}: {e.Message}", final: (int)e.StatusCode is >= 500 and < 600);
        }
        catch (Exception e) when (e is ParseException or FormatException)
        {
            throw new MailRefusedException($"{to} is no mail address", final: true);
        }
        catch (Exception e) when (e.IsFault(stop))
        {
            throw new MailRefusedException($"{server.Host}:{Port(server)}: {e.Message}", final: false);
        }
    }

    // Links in mails sign people in: nobody else on the machine may read them.
    private async Task PutAsync(string folder, string to, RenderedMail mail, Guid id, CancellationToken stop)
    {
        try
        {
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            using var message = Message(to, mail, id);
            var path = Path.Combine(folder, $"{id:N}.eml");
            await using (var file = new FileStream(path + ".new", new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
                await message.WriteToAsync(file, stop);
            File.Move(path + ".new", path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new MailRefusedException($"{folder}: {e.Message}", final: false);
        }
    }

    private MimeMessage Message(string to, RenderedMail mail, Guid id)
    {
        var message = new MimeMessage();
        var from = MailboxAddress.Parse(settings.MailFrom);
        // The platform's own mails have the configured name, an agency's the agency's.
        var named = mail.From == Brand.Product && from.Name is { Length: > 0 } name ? name : mail.From;
        message.From.Add(new MailboxAddress(named, mail.FromAddress ?? from.Address));
        if (mail.ReplyTo is { } replyTo)
            message.ReplyTo.Add(new MailboxAddress(named, replyTo));
        message.To.Add(MailboxAddress.Parse(to));
        message.Subject = mail.Subject;
        // The same for every attempt, so that a repetition after a lost answer can be told from a second mail.
        message.MessageId = $"{id:N}@{(mail.FromAddress is { } own ? own[(own.LastIndexOf('@') + 1)..] : settings.PublicUrl.Host)}";
        message.Headers.Add("Auto-Submitted", "auto-generated");
        message.Body = new BodyBuilder { TextBody = mail.Text, HtmlBody = mail.Html }.ToMessageBody();
        return message;
    }

    private static int Port(Uri server) => server.Port > 0 ? server.Port : server.Scheme == "smtps" ? 465 : 587;

    private static SecureSocketOptions Encryption(Uri server) => server.Scheme == "smtps" ? SecureSocketOptions.SslOnConnect
        : server.Query == "?starttls=none" ? SecureSocketOptions.None
        : SecureSocketOptions.StartTls;
}

/// <param name="message">In words for whoever waits for the mail.</param>
/// <param name="final">Trying again is of no use.</param>
internal sealed class MailRefusedException(string message, bool final) : Exception(message)
{
    public bool IsFinal => final;
}
