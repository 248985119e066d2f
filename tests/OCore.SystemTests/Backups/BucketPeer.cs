using System.Net;
using OCore.SystemTests.PortalDomains;
using OCore.Tests;

namespace OCore.SystemTests.Backups;

/// <summary>s3rver: a store that speaks S3, from npm, beside the test.</summary>
internal sealed class BucketPeer : IAsyncDisposable
{
    public const string Bucket = "backups", Key = "S3RVER";
    private const string Version = "3.7.1";
    private static readonly string Home = Path.Combine(Path.GetTempPath(), "ocore-s3rver-" + Version);

    public required string Folder { get; init; }
    public required int Port { get; init; }
    public Uri Url => new($"http://127.0.0.1:{Port}");
    private Peer? _process;

    public static async Task<BucketPeer> StartAsync(string folder)
    {
        var program = Path.Combine(Home, "node_modules/s3rver/bin/s3rver.js");
        if (!File.Exists(program))
            await Peer.RunAsync("npm", ["install", "--no-audit", "--no-fund", "--prefix", Home, "s3rver@" + Version]);
        var peer = new BucketPeer { Folder = folder, Port = TestPorts.Free() };
        Directory.CreateDirectory(folder);
        await peer.StartAgainAsync();
        return peer;
    }

    public async Task StartAgainAsync()
    {
        _process = Peer.Start("node", [Path.Combine(Home, "node_modules/s3rver/bin/s3rver.js"), "-d", Folder, "-a", "127.0.0.1", "-p", $"{Port}", "--configure-bucket", Bucket], []);
        using var http = new HttpClient { BaseAddress = Url };
        await Peer.UntilAsync(async () =>
        {
            try
            {
                return (await http.GetAsync("/")).StatusCode != HttpStatusCode.BadGateway;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }, "s3rver does not answer");
    }

    public Task StopAsync() => _process!.KillAsync();

    /// <summary>What lies in the bucket, as files.</summary>
    public IReadOnlyList<string> Objects() => [.. Directory.EnumerateFiles(Path.Combine(Folder, Bucket), "*_object", SearchOption.AllDirectories).Where(f => f.Contains("._S3rver_object", StringComparison.Ordinal)).Order()];

    public async ValueTask DisposeAsync()
    {
        if (_process is { } process)
            await process.DisposeAsync();
    }
}
