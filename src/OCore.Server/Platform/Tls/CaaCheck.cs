using OCore.Platform.Dns;

namespace OCore.Platform.Tls;

/// <summary>
/// Whether the owner of a name lets a certificate authority issue for it (RFC 8659): asked before an order is made, for one that has to
/// fail would be counted. What cannot be asked is left to the authority, which looks itself.
/// </summary>
internal sealed class CaaCheck(DnsLookup dns)
{
    /// <param name="host">The name a certificate is for.</param>
    /// <param name="identities">How CAA records name the authority.</param>
    /// <returns>Why it may not, and what would let it; null where it may.</returns>
    public async Task<string?> RefusalAsync(string host, IReadOnlyList<string> identities, CancellationToken stop)
    {
        // The records of the nearest name that has any count for everything below it.
        for (var name = host; identities.Count > 0; name = name[(name.IndexOf('.', StringComparison.Ordinal) + 1)..])
        {
            var answer = await dns.AskAsync(name, DnsRecord.Caa, stop);
            if (!answer.IsDefinite)
                return null;
            var allowed = answer.Values.Select(v => v.Split(' ', 3)).Where(p => p is [_, var tag, _] && tag.Equals("issue", StringComparison.OrdinalIgnoreCase)).Select(p => p[2].Split(';')[0].Trim()).ToList();
            if (allowed.Count > 0)
                return allowed.Any(a => identities.Contains(a, StringComparer.OrdinalIgnoreCase)) ? null
                    : $"The CAA record of {name} lets {(allowed.Exists(a => a.Length > 0) ? "only " + string.Join(", ", allowed.Where(a => a.Length > 0)) : "nobody")} issue certificates. Add the record {name} CAA 0 issue \"{identities[0]}\".";
            if (answer.Values.Count > 0 || !name.Contains('.', StringComparison.Ordinal))
                return null;
        }
        return null;
    }
}
