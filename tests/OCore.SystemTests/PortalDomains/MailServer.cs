using MimeKit;
using OCore.Tests;

namespace OCore.SystemTests.PortalDomains;

/// <summary>aiosmtpd of Debian: a real SMTP server that puts what arrives into a mailbox folder.</summary>
internal sealed class MailServer : IAsyncDisposable
{
    public const string Program = "/usr/bin/aiosmtpd";
    private readonly string _folder = Directory.CreateTempSubdirectory("ocore-smtp-").FullName;
    private Peer? _process;

    public int Port { get; } = TestPorts.Free();
    public string Address { get; private init; } = "127.0.0.1";
    /// <summary>All that arrived, whoever it was for.</summary>
    public int Count => Mails().Count();
    private string Box => Path.Combine(_folder, "box");

    public static async Task<MailServer> StartAsync(string address = "127.0.0.1")
    {
        var server = new MailServer { Address = address };
        server._process = Peer.Start(Program, ["-n", "-l", $"{address}:{server.Port}", "-c", "aiosmtpd.handlers.Mailbox", server.Box], []);
        await Peer.UntilAsync(async () =>
        {
            using var socket = new System.Net.Sockets.TcpClient();
            try
            {
                await socket.ConnectAsync(address, server.Port);
                return true;
            }
            catch (System.Net.Sockets.SocketException)
            {
                return false;
            }
        }, "aiosmtpd did not start");
        return server;
    }

    /// <summary>The newest mail to this address, once there is one.</summary>
    public async Task<MimeMessage> MailAsync(string to)
    {
        MimeMessage? mail = null;
        await Peer.UntilAsync(() => (mail = Mails().LastOrDefault(m => m.To.Mailboxes.Any(t => t.Address == to))) is not null, $"no mail came to {to}");
        return mail!;
    }

    private IEnumerable<MimeMessage> Mails()
    {
        var arrived = Path.Combine(Box, "new");
        return Directory.Exists(arrived) ? Directory.EnumerateFiles(arrived).Order(StringComparer.Ordinal).Select(file => MimeMessage.Load(file)) : [];
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
