using System.Text.Json;
using System.Text.Json.Nodes;

namespace OCore.Features.Topologies.Balancers;

/// <summary>
/// Traefik 3. Its files are YAML, of which JSON is a part: written as JSON, no value can become another key. It replaces
/// X-Forwarded-* of visitors by itself, because no address is trusted. While no node answers, people get its own bare 503 or 502: it has
/// pages of errors only from a server beside it, and would put them over what Odoo itself answers with these statuses.
/// </summary>
internal static class TraefikBalancer
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static IReadOnlyDictionary<string, string> Render(BalancerPlan plan) =>
        new Dictionary<string, string> { ["traefik.yml"] = Static(plan).ToJsonString(Indented) + "\n", ["routes.yml"] = Dynamic(plan).ToJsonString(Indented) + "\n" };

    private static JsonObject Static(BalancerPlan plan)
    {
        JsonObject Entry(int port) => new()
        {
            ["address"] = $":{port}",
            ["transport"] = new JsonObject
            {
                ["lifeCycle"] = new JsonObject { ["requestAcceptGraceTimeout"] = "5s", ["graceTimeOut"] = "900s" },
                ["respondingTimeouts"] = new JsonObject { ["readTimeout"] = $"{BalancerPlan.RequestSeconds}s", ["writeTimeout"] = "0s", ["idleTimeout"] = "180s" },
            },
        };
        var entries = new JsonObject { ["web"] = Entry(plan.HttpPort) };
        if (plan.Tls)
            entries["secure"] = Entry(plan.HttpsPort);
        return new JsonObject
        {
            ["global"] = new JsonObject { ["checkNewVersion"] = false, ["sendAnonymousUsage"] = false },
            ["log"] = new JsonObject { ["level"] = "WARN" },
            ["entryPoints"] = entries,
            // Written beside and renamed over: Traefik takes it up without dropping a connection.
            ["providers"] = new JsonObject { ["file"] = new JsonObject { ["filename"] = "/etc/traefik/routes.yml", ["watch"] = true } },
            // No connection outlives its request, as Odoo's do not either: what is open to a node is somebody who waits, and is counted before it is removed.
            ["serversTransport"] = new JsonObject { ["maxIdleConnsPerHost"] = -1, ["forwardingTimeouts"] = new JsonObject { ["dialTimeout"] = "5s", ["responseHeaderTimeout"] = $"{BalancerPlan.RequestSeconds}s" } },
        };
    }

    private static JsonObject Dynamic(BalancerPlan plan)
    {
        var routers = new JsonObject();
        var secured = plan.Certificates.Select(c => c.Host).ToList();
        // A visitor of a host with a certificate is sent on to HTTPS; all others are served as they come.
        Site(routers, plan, "", plan.Hosts.Count > 0 ? plan.Hosts.Where(h => !secured.Contains(h)).ToList() : null);
        if (secured.Count > 0)
        {
            Site(routers, plan, "-secure", secured);
            Route(routers, "to-https", "web", Any(secured), "odoo", 50, false, "to-https");
        }
        if (plan is { Tls: true, ChallengeUrl: not null })
            Route(routers, "challenge", "web", "PathPrefix(`/.well-known/acme-challenge/`)", "challenge", 60, false);
        var middlewares = new JsonObject
        {
            ["login"] = new JsonObject { ["rateLimit"] = new JsonObject { ["average"] = BalancerPlan.LoginsPerMinute, ["period"] = "1m", ["burst"] = BalancerPlan.LoginsPerMinute } },
            // Only of whoever no node was given: it stops at the first byte that one gets. Somebody who is kept on a node waits until it is known to be gone.
            ["again"] = new JsonObject { ["retry"] = plan.Sticky ? new JsonObject { ["attempts"] = 6, ["initialInterval"] = "1s" } : new JsonObject { ["attempts"] = 4 } },
            // The one word of visitors about themselves that it would hand on: an empty value takes the header away.
            ["clean"] = new JsonObject { ["headers"] = new JsonObject { ["customRequestHeaders"] = new JsonObject { ["Forwarded"] = "" } } },
            // Nobody has this address, so nobody is let in.
            ["closed"] = new JsonObject { ["ipAllowList"] = new JsonObject { ["sourceRange"] = new JsonArray("255.255.255.255/32"), ["rejectStatusCode"] = 404 } },
        };
        var services = new JsonObject { ["odoo"] = Service(plan, BalancerPlan.HealthPath, n => n.Http), ["live"] = Service(plan, BalancerPlan.LiveHealthPath, n => n.Live) };
        if (plan is { Tls: true, ChallengeUrl: { } challenge })
            services["challenge"] = new JsonObject { ["loadBalancer"] = new JsonObject { ["servers"] = new JsonArray(new JsonObject { ["url"] = challenge }) } };
        var root = new JsonObject { ["http"] = new JsonObject { ["routers"] = routers, ["middlewares"] = middlewares, ["services"] = services } };
        if (secured.Count > 0)
        {
            middlewares["to-https"] = new JsonObject { ["redirectScheme"] = new JsonObject { ["scheme"] = "https", ["port"] = $"{plan.OuterHttpsPort}", ["permanent"] = true } };
            middlewares["headers"] = new JsonObject { ["headers"] = new JsonObject { ["stsSeconds"] = 31536000 } };
            root["tls"] = new JsonObject
            {
                ["certificates"] = new JsonArray([.. plan.Certificates.Select(c => (JsonNode)new JsonObject { ["certFile"] = c.File, ["keyFile"] = c.File })]),
                // By name alone: without one, no connection.
                ["options"] = new JsonObject { ["default"] = new JsonObject { ["minVersion"] = "VersionTLS12", ["sniStrict"] = true } },
            };
        }
        return root;
    }

    private static string Any(IEnumerable<string> hosts) => string.Join(" || ", hosts.Select(h => $"Host(`{h}`)"));

    /// <param name="hosts">Null is whatever host is asked for; none is no route at all.</param>
    private static void Site(JsonObject routers, BalancerPlan plan, string suffix, IReadOnlyList<string>? hosts)
    {
        if (hosts is { Count: 0 })
            return;
        var secure = suffix.Length > 0;
        void To(string name, string? rule, string service, int priority, params string[] middlewares) => Route(routers, name + suffix, secure ? "secure" : "web",
            (hosts is null ? null : Any(hosts), rule) switch { (null, null) => "PathPrefix(`/`)", (null, _) => rule!, ({ } host, null) => host, ({ } host, _) => $"({host}) && ({rule})" }, service, priority, secure, middlewares);
        To("odoo", null, "odoo", 10, "clean", "again");
        To("live", "PathPrefix(`/websocket`) || PathPrefix(`/longpolling`)", "live", 20, "clean", "again");
        To("login", "PathRegexp(`(?i)^/+web/+login/*$`) && Method(`POST`)", "odoo", 30, "login", "clean", "again");
        if (!plan.AllowDatabaseManager)
            To("database", "PathRegexp(`(?i)^/+web/+database(/|$)`)", "odoo", 40, "closed");
    }

    private static void Route(JsonObject routers, string name, string entry, string rule, string service, int priority, bool secure, params string[] middlewares)
    {
        routers[name] = new JsonObject
        {
            ["entryPoints"] = new JsonArray(entry), ["rule"] = rule, ["priority"] = priority, ["service"] = service,
            ["middlewares"] = new JsonArray([.. middlewares.Concat(secure ? ["headers"] : []).Select(m => (JsonNode)m)]),
        };
        if (secure)
            routers[name]!["tls"] = new JsonObject();
    }

    // It cannot keep those who are on a node and send it nobody else: a weight of 0 takes it away as not naming it does. What it has begun it ends.
    private static JsonObject Service(BalancerPlan plan, string health, Func<BalancedNode, string> at)
    {
        var staying = plan.Nodes.Where(n => !n.Draining).ToList();
        var balancer = new JsonObject
        {
            ["servers"] = new JsonArray([.. (staying.Count > 0 ? staying : plan.Nodes).Select(n => (JsonNode)new JsonObject { ["url"] = $"http://{at(n)}" })]),
            ["passHostHeader"] = true,
            // It wants more time between two questions than an answer may take.
            ["healthCheck"] = new JsonObject { ["path"] = health, ["interval"] = "4s", ["timeout"] = "3s", ["hostname"] = plan.HealthHost },
        };
        if (plan.Sticky)
            balancer["sticky"] = new JsonObject { ["cookie"] = new JsonObject { ["name"] = BalancerPlan.Cookie, ["secure"] = plan.AllSecured, ["httpOnly"] = true, ["sameSite"] = "lax" } };
        return new JsonObject { ["loadBalancer"] = balancer };
    }
}
