using System.Collections.Concurrent;
using System.Text;
using OCore.Tests;

namespace OCore.SystemTests.PortalDomains;

/// <summary>Knot, a real DNS server, with the zone <c>test.</c> that a test fills.</summary>
internal sealed class NameServer : IAsyncDisposable
{
    public const string Program = "/usr/sbin/knotd";
    private readonly string _folder = Directory.CreateTempSubdirectory("ocore-knot-").FullName;
    private readonly ConcurrentDictionary<string, string[]> _records = new();
    private readonly SemaphoreSlim _turn = new(1, 1);
    private Peer? _process;
    private int _serial = 1;

    public int Port { get; } = TestPorts.Free();
    public string Address => $"127.0.0.1:{Port}";

    public static async Task<NameServer> StartAsync()
    {
        var server = new NameServer();
        await File.WriteAllTextAsync(server.In("knot.conf"), $"""
            server:
                rundir: "{server._folder}"
                listen: 127.0.0.1@{server.Port}
            database:
                storage: "{server._folder}/db"
            log:
              - target: stdout
                any: warning
            zone:
              - domain: test.
                storage: "{server._folder}"
                file: test.zone
                zonefile-sync: -1
                journal-content: none

            """);
        await server.WriteZoneAsync();
        server._process = Peer.Start(Program, ["-c", server.In("knot.conf")], []);
        await Peer.UntilAsync(() => File.Exists(server.In("knot.sock")), "knot did not start");
        return server;
    }

    /// <summary>Records of a name, each as its type and value; none takes the name away. Answered with when this returns.</summary>
    public async Task SetAsync(string name, params string[] records)
    {
        await _turn.WaitAsync();
        try
        {
            if (records.Length == 0)
                _records.TryRemove(name, out _);
            else
                _records[name] = records;
            await WriteZoneAsync();
            await Peer.RunAsync("/usr/sbin/knotc", ["-c", In("knot.conf"), "-b", "zone-reload", "test."]);
        }
        finally
        {
            _turn.Release();
        }
    }

    private string In(string name) => Path.Combine(_folder, name);

    private Task WriteZoneAsync()
    {
        var zone = new StringBuilder($"$TTL 1\n@ IN SOA ns.test. hostmaster.test. {_serial++} 3600 600 86400 1\n@ IN NS ns.test.\nns IN A 127.0.0.1\n");
        foreach (var (name, records) in _records)
            foreach (var record in records)
                zone.Append(name).Append(". IN ").Append(record).Append('\n');
        return File.WriteAllTextAsync(In("test.zone"), zone.ToString());
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await _process.DisposeAsync();
        _turn.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
