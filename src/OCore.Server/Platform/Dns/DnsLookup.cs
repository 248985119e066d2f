using System.Net;
using System.Net.Sockets;
using DnsClient;
using DnsClient.Protocol;

namespace OCore.Platform.Dns;

/// <summary>
/// Asks real DNS: the servers of <c>OCORE_DNS_SERVERS</c>, or the system's. Nothing is kept between questions, for what people wait
/// for here is a change. It knows nothing of what the records are for.
/// </summary>
internal sealed class DnsLookup(Settings settings)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);
    private const int MaxServers = 3;

    private readonly Lazy<IReadOnlyList<LookupClient>> _servers = new(() => [.. Servers(settings).Select(ClientOf)]);

    /// <summary>The first definite answer of the servers, asked one after the other. Never throws for what DNS does.</summary>
    public async Task<DnsAnswer> AskAsync(string name, DnsRecord kind, CancellationToken stop)
    {
        var last = new DnsAnswer(DnsOutcome.Failed, [], "There is no DNS server to ask.");
        foreach (var server in _servers.Value)
            if ((last = await AskAsync(server, name, kind, stop)).IsDefinite)
                return last;
        return last;
    }

    /// <summary>Each server's own answer, asked at the same time: what only one of them says may be old, or forged.</summary>
    public async Task<IReadOnlyList<DnsAnswer>> AskEachAsync(string name, DnsRecord kind, CancellationToken stop) =>
        await Task.WhenAll(_servers.Value.Select(server => AskAsync(server, name, kind, stop)));

    private static async Task<DnsAnswer> AskAsync(LookupClient server, string name, DnsRecord kind, CancellationToken stop)
    {
        try
        {
            var response = await server.QueryAsync(name.TrimEnd('.') + ".", TypeOf(kind), cancellationToken: stop);
            return Read(response, name, kind);
        }
        catch (DnsResponseException e) when (e.Code == DnsResponseCode.ConnectionTimeout || e.InnerException is OperationCanceledException or TimeoutException or SocketException)
        {
            stop.ThrowIfCancellationRequested();
            return new DnsAnswer(DnsOutcome.TimedOut, [], $"No DNS server answered the question for {name} in time.");
        }
        catch (Exception e) when (e is DnsResponseException or SocketException or IOException or ArgumentException or InvalidOperationException or IndexOutOfRangeException)
        {
            // A broken answer is no answer.
            return new DnsAnswer(DnsOutcome.Failed, [], $"The answer to the question for {name} could not be used: {e.Message}");
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return new DnsAnswer(DnsOutcome.TimedOut, [], $"No DNS server answered the question for {name} in time.");
        }
    }

    private static DnsAnswer Read(IDnsQueryResponse response, string name, DnsRecord kind)
    {
        switch (response.Header.ResponseCode)
        {
            case DnsHeaderResponseCode.NoError:
                break;
            case DnsHeaderResponseCode.NotExistentDomain:
                return new DnsAnswer(DnsOutcome.NoSuchName, [], $"{name} does not exist in DNS.");
            case var code:
                return new DnsAnswer(DnsOutcome.Failed, [], $"The DNS server could not answer for {name} ({Word(code)}).");
        }
        var aliases = response.Answers.OfType<CNameRecord>().Select(r => Trimmed(r.CanonicalName)).ToList();
        var values = response.Answers.Select(r => ValueOf(r, kind)).OfType<string>().Distinct(StringComparer.Ordinal).ToList();
        return values.Count > 0
            ? new DnsAnswer(DnsOutcome.Found, values, $"{name} has {values.Count} {kind.ToString().ToUpperInvariant()} records.") { Aliases = aliases }
            : new DnsAnswer(DnsOutcome.NoRecords, [], $"{name} has no {kind.ToString().ToUpperInvariant()} record.") { Aliases = aliases };
    }

    private static string? ValueOf(DnsResourceRecord record, DnsRecord kind) => (kind, record) switch
    {
        (DnsRecord.A, ARecord a) => a.Address.ToString(),
        (DnsRecord.Aaaa, AaaaRecord aaaa) => aaaa.Address.ToString(),
        (DnsRecord.Cname, CNameRecord cname) => Trimmed(cname.CanonicalName),
        // A text longer than 255 bytes comes as several strings, which belong together without anything between.
        (DnsRecord.Txt, TxtRecord txt) => string.Concat(txt.Text),
        (DnsRecord.Mx, MxRecord mx) => Trimmed(mx.Exchange),
        (DnsRecord.Ns, NsRecord ns) => Trimmed(ns.NSDName),
        (DnsRecord.Caa, CaaRecord caa) => $"{caa.Flags} {caa.Tag} {caa.Value}",
        _ => null,
    };

    private static string Trimmed(DnsString name) => name.Value.TrimEnd('.').ToLowerInvariant();

    private static QueryType TypeOf(DnsRecord kind) => kind switch
    {
        DnsRecord.A => QueryType.A,
        DnsRecord.Aaaa => QueryType.AAAA,
        DnsRecord.Cname => QueryType.CNAME,
        DnsRecord.Txt => QueryType.TXT,
        DnsRecord.Mx => QueryType.MX,
        DnsRecord.Ns => QueryType.NS,
        _ => QueryType.CAA,
    };

    private static string Word(DnsHeaderResponseCode code) => code switch
    {
        DnsHeaderResponseCode.ServerFailure => "SERVFAIL",
        DnsHeaderResponseCode.Refused => "REFUSED",
        DnsHeaderResponseCode.FormatError => "FORMERR",
        DnsHeaderResponseCode.NotImplemented => "NOTIMP",
        _ => code.ToString(),
    };

    private static IEnumerable<IPEndPoint> Servers(Settings settings) =>
        (settings.DnsServers.Count > 0 ? settings.DnsServers : [.. NameServer.ResolveNameServers().Where(s => IPAddress.TryParse(s.Address, out _)).Select(s => new IPEndPoint(IPAddress.Parse(s.Address!), s.Port))])
        .Take(MaxServers);

    private static LookupClient ClientOf(IPEndPoint server) => new(new LookupClientOptions(server)
    {
        UseCache = false,
        ThrowDnsErrors = false,
        ContinueOnDnsError = false,
        Timeout = Patience,
        Retries = 1,
        UseTcpFallback = true,
        UseRandomNameServer = false,
    });
}
