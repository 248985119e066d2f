using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Dns;

namespace OCore.Features.Branding;

/// <summary>
/// Whether mails may go out from an address: its domain has to be the agency's, for a relay that many use lets all of their domains
/// send; its SPF record (RFC 7208) has to let our relay send, and its DMARC record (RFC 7489) has to be there. Until all are seen,
/// mails go out from the platform's address. What could not be asked changes nothing.
/// </summary>
internal sealed class SenderCheck(DnsLookup dns, Settings settings, TimeProvider time)
{
    public static readonly TimeSpan Every = TimeSpan.FromDays(1), Soon = TimeSpan.FromMinutes(5);
    private const int MaxLookups = 10;

    private static readonly HashSet<string> FreeMail = new(StringComparer.OrdinalIgnoreCase)
    {
        "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "yahoo.fr", "ymail.com", "icloud.com", "me.com", "mac.com", "aol.com", "gmx.com", "gmx.de", "gmx.net",
        "web.de", "proton.me", "protonmail.com", "mail.ru", "yandex.ru", "yandex.com", "orange.fr", "free.fr", "laposte.net", "wanadoo.fr", "t-online.de", "zoho.com", "qq.com", "163.com", "126.com",
    };

    public static bool IsFreeMail(string address) => FreeMail.Contains(address[(address.LastIndexOf('@') + 1)..]);

    /// <summary>Before the first look: what to set is known already.</summary>
    public static SenderView Pending(Settings settings, Guid rootId, string from) => new()
    {
        FromEmail = from, Verified = false, Ownership = "pending", Spf = "pending", Dmarc = "pending", Explanation = "It has not been looked at yet.",
        Records = IsFreeMail(from) ? [] : [ProofOf(rootId, DomainOf(from)), SpfRecord(settings, DomainOf(from), []), DmarcRecord(from, [])],
    };

    public async Task<SenderView> LookAsync(OCoreDb db, Branding brand, CancellationToken stop)
    {
        var (from, before) = (brand.FromEmail!, brand.Sender);
        var domain = DomainOf(from);
        if (IsFreeMail(from))
            return new SenderView { FromEmail = from, Verified = false, Ownership = "fail", Spf = "fail", Dmarc = "fail", Records = [], CheckedAt = time.GetUtcNow(),
                Explanation = $"{domain} belongs to a provider of mailboxes, which lets nobody else send for it. Mails go out from the platform's address, and answers go to {from}." };
        var own = await OwnershipAsync(db, brand.RootId, domain, stop);
        var (spf, spfWords, spfSeen) = await SpfAsync(domain, stop);
        var (dmarc, dmarcWords, dmarcSeen) = await DmarcAsync(domain, stop);
        string[] states = [own.State, spf, dmarc];
        List<DnsRecordView> records = [SpfRecord(settings, domain, spfSeen) with { Ok = spf == "pass" }, DmarcRecord(from, dmarcSeen) with { Ok = dmarc == "pass" }];
        if (own.Record is not null)
            records.Insert(0, own.Record);
        return new SenderView
        {
            FromEmail = from, Ownership = own.State, Spf = spf, Dmarc = dmarc, CheckedAt = time.GetUtcNow(), Explanation = $"{own.Words} {spfWords} {dmarcWords}", Records = records,
            // Nobody loses their sender because a resolver had a bad minute; and nobody gains one by it.
            Verified = states.Contains("fail") ? false : states.Contains("unknown") ? before is { Verified: true } && before.FromEmail == from : true,
        };
    }

    /// <summary>The record that only who has the domain can set; of this agency and this domain alone, and the same at every look.</summary>
    public static DnsRecordView ProofOf(Guid rootId, string domain) => new()
    {
        Name = $"_mail-verify.{domain}", Type = "TXT", Ok = false,
        Value = $"mail-verify={Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"sender {rootId:N} {domain}")).AsSpan(0, 20))}",
    };

    private async Task<(string State, string Words, DnsRecordView? Record)> OwnershipAsync(OCoreDb db, Guid rootId, string domain, CancellationToken stop)
    {
        // The portal domain of the same name, or the one above it, is proof already.
        var above = domain[(domain.IndexOf('.', StringComparison.Ordinal) + 1)..];
        if (await db.PortalDomains.AcrossTenants().AnyAsync(d => d.OrgId == rootId && (d.CustomHost == domain || d.CustomHost == above) && d.Proof == Domains.DomainProof.Verified, stop))
            return ("pass", $"You have proven {domain} by a portal domain.", null);
        var proof = ProofOf(rootId, domain);
        var answer = await dns.AskAsync(proof.Name, DnsRecord.Txt, stop);
        if (!answer.IsDefinite)
            return ("unknown", $"The record that proves the domain could not be asked for: {answer.Detail}", proof);
        var seen = answer.Values.Where(v => v.StartsWith("mail-verify=", StringComparison.Ordinal)).ToList();
        return seen.Contains(proof.Value) ? ("pass", $"{domain} is proven to be yours.", proof with { Ok = true, Seen = seen })
            : ("fail", $"{domain} is not proven to be yours: {proof.Name} has no such record.", proof with { Seen = seen });
    }

    private static string DomainOf(string address) => address[(address.LastIndexOf('@') + 1)..].ToLowerInvariant();

    /// <summary>What lets our relay send.</summary>
    private static string Mechanism(Settings settings) => settings.MailSpf ?? $"a:{Relay(settings)}";
    private static string Relay(Settings settings) => settings.SmtpUrl is { IsFile: false } smtp && Uri.CheckHostName(smtp.Host) == UriHostNameType.Dns ? smtp.IdnHost : settings.PublicUrl.IdnHost;

    // Two records of SPF are as good as none, so ours goes into the one that is there.
    private static DnsRecordView SpfRecord(Settings settings, string domain, IReadOnlyList<string> seen)
    {
        var ours = Mechanism(settings);
        return new()
        {
            Name = domain, Type = "TXT", Seen = seen, Ok = false,
            Value = seen is not [var one] ? $"v=spf1 {ours} ~all" : one.Contains(ours, StringComparison.OrdinalIgnoreCase) ? one : one.Insert("v=spf1".Length, $" {ours}"),
        };
    }

    private static DnsRecordView DmarcRecord(string from, IReadOnlyList<string> seen) => new()
    {
        Name = $"_dmarc.{DomainOf(from)}", Type = "TXT", Seen = seen, Ok = false, Value = seen is [var record] ? record : $"v=DMARC1; p=quarantine; rua=mailto:{from}",
    };

    private async Task<(string State, string Words, IReadOnlyList<string> Seen)> SpfAsync(string domain, CancellationToken stop)
    {
        var answer = await dns.AskAsync(domain, DnsRecord.Txt, stop);
        if (!answer.IsDefinite)
            return ("unknown", $"The SPF record could not be asked for: {answer.Detail}", []);
        var records = answer.Values.Where(IsSpf).ToList();
        if (records.Count != 1)
            return ("fail", records.Count == 0 ? $"{domain} has no SPF record." : $"{domain} has {records.Count} SPF records; receivers accept none of them then.", records);
        var (ours, relay) = (Mechanism(settings), Relay(settings));
        if (records[0].Split(' ').Any(m => m.TrimStart('+').Equals(ours, StringComparison.OrdinalIgnoreCase)))
            return ("pass", $"The SPF record of {domain} names {ours}.", records);
        var relays = await AddressesAsync(relay, stop);
        var budget = new Budget { Left = MaxLookups };
        return relays.Count > 0 && await AllowsAsync(records[0], domain, relays, budget, stop)
            ? ("pass", $"The SPF record of {domain} lets {relay} send.", records) : ("fail", $"The SPF record of {domain} does not let {relay} send.", records);
    }

    private sealed class Budget { public int Left { get; set; } }

    private async Task<bool> AllowsAsync(string record, string domain, IReadOnlyList<IPAddress> relays, Budget budget, CancellationToken stop)
    {
        foreach (var term in record.Split(' ', StringSplitOptions.RemoveEmptyEntries).Skip(1))
        {
            var mechanism = term.TrimStart('+').ToLowerInvariant();
            if (mechanism.Length == 0 || mechanism[0] is '-' or '~' or '?' || mechanism.Contains('%', StringComparison.Ordinal))
                continue;
            var (name, value) = mechanism.IndexOfAny([':', '=']) is > 0 and var at ? (mechanism[..at], mechanism[(at + 1)..]) : (mechanism.Split('/')[0], domain);
            if (name is "ip4" or "ip6")
            {
                if (IPNetwork.TryParse(value.Contains('/', StringComparison.Ordinal) ? value : value + (name == "ip4" ? "/32" : "/128"), out var network) && relays.All(network.Contains))
                    return true;
                continue;
            }
            if (name is not ("a" or "mx" or "include" or "redirect") || budget.Left-- <= 0)
                continue;
            var target = value.Split('/')[0];
            if (name is "a" && await CoversAsync([target], relays, stop) || name is "mx" && await CoversAsync((await dns.AskAsync(target, DnsRecord.Mx, stop)).Values.Take(10), relays, stop))
                return true;
            if (name is "include" or "redirect" && (await dns.AskAsync(target, DnsRecord.Txt, stop)).Values.Where(IsSpf).ToList() is [var inner] && await AllowsAsync(inner, target, relays, budget, stop))
                return true;
        }
        return false;
    }

    private async Task<bool> CoversAsync(IEnumerable<string> hosts, IReadOnlyList<IPAddress> relays, CancellationToken stop)
    {
        var addresses = new HashSet<IPAddress>();
        foreach (var host in hosts)
            addresses.UnionWith(await AddressesAsync(host, stop));
        return relays.All(addresses.Contains);
    }

    private async Task<IReadOnlyList<IPAddress>> AddressesAsync(string host, CancellationToken stop) =>
        [.. (await dns.AskAsync(host, DnsRecord.A, stop)).Values.Concat((await dns.AskAsync(host, DnsRecord.Aaaa, stop)).Values).Select(IPAddress.Parse).Where(a => a.AddressFamily is AddressFamily.InterNetwork or AddressFamily.InterNetworkV6)];

    private async Task<(string State, string Words, IReadOnlyList<string> Seen)> DmarcAsync(string domain, CancellationToken stop)
    {
        // Of a subdomain the record of the domain above counts where it has none itself.
        for (var name = domain; name.Contains('.', StringComparison.Ordinal); name = name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..])
        {
            var answer = await dns.AskAsync($"_dmarc.{name}", DnsRecord.Txt, stop);
            if (!answer.IsDefinite)
                return ("unknown", $"The DMARC record could not be asked for: {answer.Detail}", []);
            var records = answer.Values.Where(v => v.StartsWith("v=DMARC1", StringComparison.OrdinalIgnoreCase)).ToList();
            if (records.Count == 1)
                return ("pass", $"{name} has a DMARC record{(records[0].Replace(" ", "", StringComparison.Ordinal).Contains("p=none", StringComparison.OrdinalIgnoreCase) ? ", which only watches (p=none)" : "")}.", records);
            if (records.Count > 1)
                return ("fail", $"{name} has {records.Count} DMARC records; receivers accept none of them then.", records);
        }
        return ("fail", $"{domain} has no DMARC record.", []);
    }

    private static bool IsSpf(string text) => text.Equals("v=spf1", StringComparison.OrdinalIgnoreCase) || text.StartsWith("v=spf1 ", StringComparison.OrdinalIgnoreCase);
}
