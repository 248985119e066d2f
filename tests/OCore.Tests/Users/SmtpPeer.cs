using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MimeKit;

namespace OCore.Tests.Users;

/// <summary>A mail server on a port of this machine that speaks as much SMTP (RFC 5321, with STARTTLS and AUTH PLAIN) as a sender needs.</summary>
public sealed class SmtpPeer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<MimeMessage> _mails = new();
    private readonly ConcurrentQueue<string> _signIns = new();
    private readonly Task _accepting;

    public SmtpPeer()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Offered with STARTTLS.</summary>
    public X509Certificate2? Certificate { get; init; }
    /// <summary>What it answers to RCPT TO.</summary>
    public string Recipient { get; set; } = "250 Ok";
    public int Connections { get; private set; }
    public string Address => $"localhost:{((IPEndPoint)_listener.LocalEndpoint).Port}";
    public IReadOnlyCollection<MimeMessage> Mails => _mails;
    public IReadOnlyCollection<string> SignIns => _signIns;

    /// <summary>One that no authority has signed.</summary>
    public static X509Certificate2 NewCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>The next mail to this address with this subject, within ten seconds.</summary>
    public async Task<MimeMessage> MailAsync(string to, string subject)
    {
        for (var i = 0; i < 400; i++)
        {
            if (_mails.LastOrDefault(m => m.To.Mailboxes.Any(t => t.Address == to) && m.Subject == subject) is { } mail)
                return mail;
            await Task.Delay(50);
        }
        throw new TimeoutException($"No mail \"{subject}\" came to {to}; there are: {string.Join(", ", _mails.Select(m => $"{m.Subject} to {m.To}"))}");
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                Connections++;
                _ = TalkAsync(client);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Stopped.
        }
    }

    private async Task TalkAsync(TcpClient client)
    {
        using var _ = client;
        Stream stream = client.GetStream();
        try
        {
            var reader = new StreamReader(stream, Encoding.Latin1);
            await SayAsync("220 peer.example ESMTP");
            while (await reader.ReadLineAsync(_stop.Token) is { } line)
            {
                switch (line.Split(' ', ':')[0].ToUpperInvariant())
                {
                    case "EHLO":
                        await SayAsync($"250-peer.example\r\n{(Certificate is not null && stream is not SslStream ? "250-STARTTLS\r\n" : "")}250-AUTH PLAIN\r\n250 8BITMIME");
                        break;
                    case "STARTTLS":
                        await SayAsync("220 Go ahead");
                        var tls = new SslStream(stream);
                        await tls.AuthenticateAsServerAsync(Certificate!);
                        stream = tls;
                        reader = new StreamReader(stream, Encoding.Latin1);
                        break;
                    case "AUTH":
                        _signIns.Enqueue(Encoding.UTF8.GetString(Convert.FromBase64String(line.Split(' ')[2])).Replace('\0', ' ').Trim());
                        await SayAsync("235 Welcome");
                        break;
                    case "RCPT":
                        await SayAsync(Recipient);
                        break;
                    case "DATA":
                        await SayAsync("354 Go on");
                        var text = new StringBuilder();
                        while (await reader.ReadLineAsync(_stop.Token) is { } part && part != ".")
                            text.Append(part.StartsWith('.') ? part[1..] : part).Append("\r\n");
                        using (var bytes = new MemoryStream(Encoding.Latin1.GetBytes(text.ToString())))
                            _mails.Enqueue(await MimeMessage.LoadAsync(bytes));
                        await SayAsync("250 Taken");
                        break;
                    case "QUIT":
                        await SayAsync("221 Bye");
                        return;
                    default:
                        await SayAsync("250 Ok");
                        break;
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or System.Security.Authentication.AuthenticationException)
        {
            // The sender went away, which some tests are about.
        }

        async Task SayAsync(string text) => await stream.WriteAsync(Encoding.Latin1.GetBytes(text + "\r\n"), _stop.Token);
    }
}
