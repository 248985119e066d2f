using System.Net;
using System.Security.Cryptography;
using System.Text;
using OCore.Client;
using OCore.Platform.Dns;

namespace OCore.Features.Domains;

/// <summary>What DNS said about ownership: "we could not ask" is not "it is gone".</summary>
internal enum ProofSeen { Yes, No, Unknown }

/// <summary>One look at DNS: facts, before anything is decided by them.</summary>
internal sealed record DomainEvidence(ProofSeen Proof, RoutingStatus Routing, DomainSight Sight);

/// <summary>Where a name should lead. Any of it would do.</summary>
/// <param name="Target">What an alias should name.</param>
/// <param name="Addresses">What addresses should be.</param>
/// <param name="Values">Both, for people.</param>
internal sealed record Expectation(string Target, IReadOnlyList<string> Addresses, IReadOnlyList<string> Values);

/// <summary>Gathers evidence about names. Asks DNS and touches no row.</summary>
internal sealed class DomainInspector(DnsLookup dns)
{
    /// <summary>Whether a claimed name is proven, and where it leads.</summary>
    public async Task<DomainEvidence> InspectAsync(NameClaim claim, Expectation expected, CancellationToken stop)
    {
        var (proof, routing) = (ProofOfAsync(claim, stop), RoutingOfAsync(claim.CustomHost!, expected, stop));
        await Task.WhenAll(proof, routing);
        return new DomainEvidence((await proof).Seen, (await routing).Status, new DomainSight((await proof).Message, (await proof).Texts, (await routing).Message, (await routing).Seen, expected.Values));
    }

    private async Task<(ProofSeen Seen, string Message, IReadOnlyList<string> Texts)> ProofOfAsync(NameClaim domain, CancellationToken stop)
    {
        var (atPrefix, atName) = (await dns.AskEachAsync(domain.VerifyName!, DnsRecord.Txt, stop), await dns.AskEachAsync(domain.CustomHost!, DnsRecord.Txt, stop));
        // A server that answers for one of the two places and not for the other has shown what it knows only in part.
        var servers = atPrefix.Zip(atName).Select(p => new { Texts = p.First.Values.Concat(p.Second.Values).ToList(), Has = Holds(p.First, domain.Token) | Holds(p.Second, domain.Token), Knows = p.First.IsDefinite && p.Second.IsDefinite }).ToList();
        var texts = servers.SelectMany(s => s.Texts).Distinct(StringComparer.Ordinal).Take(20).Select(t => t.Length > 300 ? t[..300] + "…" : t).ToList();
        var (having, lacking) = (servers.Count(s => s.Has), servers.Count(s => !s.Has && s.Knows));
        if (having > 0 && lacking == 0)
            return (ProofSeen.Yes, "The TXT record is there.", texts);
        if (having > 0)
            return (ProofSeen.Unknown, $"{having} of {having + lacking} DNS servers have the TXT record: the change is still spreading.", texts);
        var mute = atPrefix.Concat(atName).FirstOrDefault(a => !a.IsDefinite);
        if (lacking == 0)
            return (ProofSeen.Unknown, $"DNS could not be asked: {mute?.Detail ?? "there is no DNS server."}", texts);
        return (ProofSeen.No, atPrefix.All(a => a.Outcome == DnsOutcome.NoSuchName) && texts.Count == 0 ? $"There is no {domain.VerifyName} in DNS."
            : texts.Count == 0 ? $"{domain.VerifyName} has no TXT record." : "There are TXT records, but none of them is the expected one.", texts);
    }

    private static bool Holds(DnsAnswer answer, string token)
    {
        var (wanted, found) = (Encoding.UTF8.GetBytes(token), false);
        foreach (var text in answer.Values)
            found |= CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(text.Trim()), wanted);
        return found;
    }

    /// <summary>What the first of these names leads to, and the addresses of the others.</summary>
    public async Task<Expectation> ExpectAsync(CancellationToken stop, params IReadOnlyList<string> targets)
    {
        var (names, addresses) = (new List<string>(), new List<string>());
        foreach (var target in targets)
        {
            IReadOnlyList<string> found = IPAddress.TryParse(target, out var literal) ? [literal.ToString()] : target == "localhost" ? ["127.0.0.1", "::1"] : (await AddressesAsync(target, stop)).Values;
            addresses.AddRange(found);
            // An alias of a name that leads nowhere would lead nowhere too.
            if (literal is null && target != "localhost" && (found.Count > 0 || targets.Count == 1))
                names.Add(target);
        }
        addresses = [.. addresses.Distinct(StringComparer.Ordinal)];
        return new Expectation(names.FirstOrDefault() ?? targets[0], addresses, [.. names, .. addresses]);
    }

    public async Task<(RoutingStatus Status, string Message, IReadOnlyList<string> Seen)> RoutingOfAsync(string host, Expectation expected, CancellationToken stop)
    {
        if (DomainName.IsWithin(host, "localhost"))
            return (RoutingStatus.Ok, "Names under localhost lead to this machine, in every browser.", []);
        var found = await AddressesAsync(host, stop);
        IReadOnlyList<string> seen = [.. found.Aliases, .. found.Values];
        if (found.Aliases.Contains(expected.Target) || found.Values.Count > 0 && found.Values.All(expected.Addresses.Contains))
            return found.Values.Count == 0 ? (RoutingStatus.Pending, $"{host} is an alias of {expected.Target}, which has no address.", seen) : (RoutingStatus.Ok, "The name leads here.", seen);
        if (expected.Addresses.Count == 0 && found.Values.Count > 0)
            return (RoutingStatus.Unknown, $"{expected.Target} has no address in DNS, so nobody can say whether the name leads there.", seen);
        if (found.Values.Any(expected.Addresses.Contains))
            return (RoutingStatus.Elsewhere, "The name leads here and elsewhere: some visitors, and the certificate authority, would miss us. Remove the other addresses.", seen);
        if (found.Values.Count > 0)
            return (RoutingStatus.Elsewhere, "The name leads elsewhere.", seen);
        return found.IsDefinite ? (RoutingStatus.Pending, found.Aliases.Count > 0 ? $"{host} is an alias that leads to no address." : $"{host} has no address in DNS yet.", seen)
            : (RoutingStatus.Unknown, $"DNS could not be asked: {found.Detail}", seen);
    }

    private async Task<DnsAnswer> AddressesAsync(string host, CancellationToken stop)
    {
        var both = await Task.WhenAll(dns.AskAsync(host, DnsRecord.A, stop), dns.AskAsync(host, DnsRecord.Aaaa, stop));
        var values = both.SelectMany(a => a.Values).ToList();
        var worst = values.Count > 0 ? DnsOutcome.Found : both.Max(a => a.Outcome);
        return new DnsAnswer(worst, values, both.MaxBy(a => a.Outcome)!.Detail) { Aliases = [.. both.SelectMany(a => a.Aliases).Distinct(StringComparer.Ordinal)] };
    }
}
