using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Servers;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Features.Portal;

/// <summary>
/// What an agency's servers are recognised by in any text: addresses, users, kernels, paths, and where clients see no server at all
/// their ids and names. The views leave them out where they are fields; this is the second wall, for messages, logs and errors.
/// </summary>
internal sealed class ServerWords
{
    private const string Mask = "•••";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);
    private static readonly string[] Paths = [@"/(?:var/lib/ocore|var/lib/docker|etc/ssh|home/[\w.-]+)(?:/[\w./-]*)?", @"/dev/(?:sd|vd|nvme|xvd|mapper/)[\w/-]*"];
    private static readonly Regex Nothing = new("(?!)", RegexOptions.None, Patience);
    private readonly Regex _everywhere;
    private readonly Regex? _names;
    private readonly bool _none, _withoutUse;

    public ServerWords(IReadOnlyCollection<Server> servers, InfrastructureVisibility visibility, bool withoutUse)
    {
        _none = visibility == InfrastructureVisibility.None;
        _withoutUse = withoutUse;
        var words = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var server in servers)
        {
            if (!server.IsLocal)
                words.Add(server.Host);
            foreach (var word in (string?[])[server.HostKeyFingerprint, server.HostKey, server.OfferedHostKeyFingerprint, server.OfferedHostKey, server.PublicKey, server.Facts?.Kernel, server.Facts?.Os, server.Facts?.DockerVersion])
                if (word is { Length: >= 5 })
                    words.Add(word);
            if (_none)
            {
                words.Add(server.Id.ToString());
                words.Add(server.Id.ToString("N"));
            }
        }
        var alternatives = words.OrderByDescending(w => w.Length).Select(Regex.Escape).ToList();
        // A word of its own: acme.erp.example.com is the client's address, also where erp.example.com is a server's.
        alternatives = alternatives.Count == 0 ? [] : [$@"(?<![\w.-])(?:{string.Join('|', alternatives)})(?![\w-])"];
        foreach (var user in servers.Select(s => s.User).Distinct())
            alternatives.Add($@"(?<![\w.-]){Regex.Escape(user)}@[\w.:-]+");
        // With everything shown, only what is measured is left out.
        if (visibility != InfrastructureVisibility.Full)
            alternatives.AddRange(Paths);
        _everywhere = alternatives.Count == 0 ? Nothing : new Regex(string.Join('|', alternatives), RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, Patience);
        var names = servers.Select(s => s.Name).Distinct(StringComparer.OrdinalIgnoreCase).OrderByDescending(n => n.Length).Select(Regex.Escape).ToList();
        _names = _none && names.Count > 0 ? new Regex($@"(?<![\w-])(?:{string.Join('|', names)})(?![\w-])", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, Patience) : null;
    }

    public static async Task<ServerWords> OfAsync(OCoreDb db, Guid agency, PortalSwitches portal, CancellationToken stop)
    {
        List<Server> servers = portal.Infrastructure == InfrastructureVisibility.Full ? [] : await db.ServersOfAll().Where(s => s.RootId == agency).ToListAsync(stop);
        return new ServerWords(servers, portal.Infrastructure, withoutUse: !portal.Allows(PortalFeatures.Monitoring));
    }

    public string ScreenText(string text)
    {
        text = _everywhere.Replace(text, Mask);
        return _names is null ? text : _names.Replace(text, Mask);
    }

    public byte[] ScreenJson(ReadOnlyMemory<byte> json)
    {
        JsonNode? node;
        try
        {
            node = JsonNode.Parse(json.Span);
        }
        catch (JsonException)
        {
            return Encoding.UTF8.GetBytes(ScreenText(Encoding.UTF8.GetString(json.Span)));
        }
        return JsonSerializer.SerializeToUtf8Bytes(Screen(node));
    }

    private JsonNode? Screen(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject found:
                if (_none)
                    WithoutServer(found);
                if (_withoutUse)
                    found.Remove("use");
                foreach (var (key, value) in found.ToList())
                    if (Screen(value) is var screened && !ReferenceEquals(screened, value))
                        found[key] = screened;
                return found;
            case JsonArray items:
                for (var i = 0; i < items.Count; i++)
                    if (Screen(items[i]) is var screened && !ReferenceEquals(screened, items[i]))
                        items[i] = screened;
                return items;
            case JsonValue value when value.TryGetValue<string>(out var text):
                // A name may be a common word: in what is a word by itself it is left, unless it is the field's whole value.
                var clean = _everywhere.Replace(text, Mask);
                if (_names is not null && text.Contains(' ', StringComparison.Ordinal))
                    clean = _names.Replace(clean, Mask);
                return clean == text ? value : JsonValue.Create(clean);
            default:
                return node;
        }
    }

    private static void WithoutServer(JsonObject found)
    {
        found.Remove("serverId");
        found.Remove("serverName");
        if (found["server"] is JsonObject)
            found["server"] = new JsonObject { ["id"] = Guid.Empty, ["name"] = "" };
        else if (found["server"] is JsonValue)
            found.Remove("server");
        // Of a template: on which servers its database is ready.
        if (found["cache"] is JsonArray)
            found["cache"] = new JsonArray();
    }
}
