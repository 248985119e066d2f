using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Configuration;
using OCore.Platform;
using OCore.Platform.Http;
using SkiaSharp;

namespace OCore.Tests.Branding;

/// <summary>Addresses that lead inside, however they are written, and names that change their mind.</summary>
public sealed class GuardedFetchTests
{
    [Theory]
    [InlineData("http://127.0.0.1/"), InlineData("http://127.1/"), InlineData("http://2130706433/"), InlineData("http://0x7f.1/"), InlineData("http://0177.0.0.1/"), InlineData("http://0/"), InlineData("http://0.0.0.0/")]
    [InlineData("http://10.1.2.3/"), InlineData("http://172.16.0.1/"), InlineData("http://172.31.255.255/"), InlineData("http://192.168.1.1/"), InlineData("http://100.64.0.1/"), InlineData("http://169.254.169.254/latest/meta-data/")]
    [InlineData("http://168.63.129.16/"), InlineData("http://192.0.0.192/"), InlineData("http://198.18.0.1/"), InlineData("http://224.0.0.1/"), InlineData("http://255.255.255.255/"), InlineData("http://240.0.0.1/")]
    [InlineData("http://[::1]/"), InlineData("http://[::]/"), InlineData("http://[fe80::1]/"), InlineData("http://[fe80::1%25eth0]/"), InlineData("http://[fc00::1]/"), InlineData("http://[fd12:3456::1]/"), InlineData("http://[ff02::1]/"), InlineData("http://[fec0::1]/")]
    [InlineData("http://[::ffff:127.0.0.1]/"), InlineData("http://[::ffff:10.0.0.1]/"), InlineData("http://[::ffff:a9fe:a9fe]/"), InlineData("http://[::127.0.0.1]/"), InlineData("http://[64:ff9b::7f00:1]/"), InlineData("http://[64:ff9b::a9fe:a9fe]/"), InlineData("http://[64:ff9b:1::1]/")]
    [InlineData("http://[2002:7f00:1::]/"), InlineData("http://[2002:a00:1::1]/"), InlineData("http://[2001:0:1:2:3:4:5:6]/"), InlineData("http://[2001:db8::1]/"), InlineData("http://[100::1]/"), InlineData("http://[5f00::1]/")]
    public async Task An_address_within_is_not_fetched(string address)
    {
        if (!Uri.TryCreate(address, UriKind.Absolute, out var url))
            return;
        var refusal = await Assert.ThrowsAsync<FetchRefusedException>(() => Fetcher().GetAsync(url, 1000, "*/*", default));
        Assert.False(refusal.IsAway, refusal.Message);
    }

    [Theory]
    [InlineData("ftp://files.example/a.png"), InlineData("file:///etc/passwd"), InlineData("gopher://a.example/"), InlineData("data:image/png;base64,AA"), InlineData("http://user@a.example/"), InlineData("http://a@127.0.0.1/")]
    [InlineData("https://u:p@a.example/"), InlineData("http://a.example:22/"), InlineData("http://a.example:8080/"), InlineData("https://a.example:80/"), InlineData("http://a.example:443/")]
    public async Task Nothing_but_the_web_on_its_usual_ports(string address) =>
        await Assert.ThrowsAsync<FetchRefusedException>(() => Fetcher(Answers("93.184.215.14")).GetAsync(new Uri(address), 1000, "*/*", default));

    [Theory]
    [InlineData("127.0.0.1"), InlineData("93.184.215.14,127.0.0.1"), InlineData("10.0.0.1,93.184.215.14"), InlineData("::1"), InlineData("::ffff:169.254.169.254"), InlineData("93.184.215.14,fd00::1"), InlineData("64:ff9b::a00:1")]
    public async Task A_name_with_one_address_within_is_not_fetched(string addresses)
    {
        var refusal = await Assert.ThrowsAsync<FetchRefusedException>(() => Fetcher(Answers(addresses.Split(','))).GetAsync(new Uri("https://rebind.example/"), 1000, "*/*", default));
        Assert.Contains("public internet", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_name_is_asked_for_once_and_what_it_says_later_is_never_heard()
    {
        var asked = 0;
        // At first an address nobody answers at; whoever asks again learns of this machine.
        HostLookup lookup = (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse(Interlocked.Increment(ref asked) == 1 ? "198.51.99.1" : "127.0.0.1")]);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(8));
        await Assert.ThrowsAnyAsync<Exception>(() => Fetcher(lookup).GetAsync(new Uri("http://rebind.example/"), 1000, "*/*", patience.Token));
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task A_redirect_is_judged_like_the_first_address()
    {
        await using var peer = new HttpPeer(_ => "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
        var refusal = await Assert.ThrowsAsync<FetchRefusedException>(() => Fetcher(Answers("127.0.0.1"), peer.Allow).GetAsync(peer.Url, 1000, "*/*", default));
        Assert.Contains("public internet", refusal.Message, StringComparison.Ordinal);
        await using var loop = new HttpPeer(path => Encoding.ASCII.GetBytes($"HTTP/1.1 302 Found\r\nLocation: {path}x\r\nContent-Length: 0\r\n\r\n"));
        refusal = await Assert.ThrowsAsync<FetchRefusedException>(() => Fetcher(Answers("127.0.0.1"), loop.Allow).GetAsync(loop.Url, 1000, "*/*", default));
        Assert.Contains("redirects", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_larger_than_allowed_is_not_read_to_its_end()
    {
        await using var said = new HttpPeer(_ => "HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n"u8.ToArray());
        Assert.Contains("larger", (await Assert.ThrowsAsync<FetchRefusedException>(() => Fetcher(Answers("127.0.0.1"), said.Allow).GetAsync(said.Url, 1 << 20, "*/*", default))).Message, StringComparison.Ordinal);
        await using var silent = new HttpPeer(_ => [.. "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"u8, .. new byte[3 << 20]]);
        Assert.Contains("larger", (await Assert.ThrowsAsync<FetchRefusedException>(() => Fetcher(Answers("127.0.0.1"), silent.Allow).GetAsync(silent.Url, 1 << 20, "*/*", default))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_image_that_may_be_fetched_is()
    {
        var picture = BrandingTests.Picture(10, 10, SKEncodedImageFormat.Png);
        await using var peer = new HttpPeer(_ => [.. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: {picture.Length}\r\n\r\n"), .. picture]);
        Assert.Equal(picture, (await Fetcher(Answers("127.0.0.1"), peer.Allow).GetAsync(peer.Url, 1 << 20, "*/*", default)).Content);
    }

    private static HostLookup Answers(params string[] addresses) => (_, _) => Task.FromResult(addresses.Select(IPAddress.Parse).ToArray());

    private static GuardedFetcher Fetcher(HostLookup? lookup = null, string? allow = null)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["OCORE_FETCH_ALLOW"] = allow }).Build();
        return new GuardedFetcher(new GuardedConnections(lookup ?? ((_, _) => throw new SocketException()), Settings.Load(configuration, [])));
    }
}

/// <summary>Answers every request with the same bytes.</summary>
internal sealed class HttpPeer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<string, byte[]> _answer;
    private readonly Task _serving;

    public HttpPeer(Func<string, byte[]> answer)
    {
        _answer = answer;
        _listener.Start();
        _serving = ServeAsync();
    }

    private int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;
    public string Allow => $"peer.example:{Port}";
    public Uri Url => new($"http://peer.example:{Port}/logo");

    private async Task ServeAsync()
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await _listener.AcceptTcpClientAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }
            using (client)
            {
                try
                {
                    var stream = client.GetStream();
                    var buffer = new byte[4096];
                    var read = await stream.ReadAsync(buffer);
                    await stream.WriteAsync(_answer(Encoding.ASCII.GetString(buffer, 0, read).Split(' ')[1]));
                }
                catch (IOException)
                {
                    // The fetcher had enough.
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        await _serving;
    }
}
