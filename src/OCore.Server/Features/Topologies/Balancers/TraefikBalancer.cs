using System.Text.Json;
using System.Text.Json.Nodes;

namespace OCore.Features.Topologies.Balancers;

/// <summary>
/// Traefik 3. Its files are YAML, of which JSON is a part: written as JSON, no value can become another key. It replaces
/// X-Forwarded-* of visitors by itself, because no address is trusted.
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
        var web = Entry(plan.HttpPort);
        var entries = new JsonObject { ["web"] = web };
        if (plan.Tls)
        {
            web["http"] = new JsonObject { ["redirections"] = new JsonObject { ["entryPoint"] = new JsonObject { ["to"] = "secure", ["scheme"] = "https", ["permanent"] = true } } };
            entries["secure"] = Entry(plan.HttpsPort);
        }
        return new JsonObject
        {
            ["global"] = new JsonObject { ["checkNewVersion"] = false, ["sendAnonymousUsage"] = false },
            ["log"] = new JsonObject { ["level"] = "WARN" },
            ["entryPoints"] = entries,
            // Written beside and renamed over: Traefik takes it up without dropping a connection.
            ["providers"] = new JsonObject { ["file"] = new JsonObject { ["filename"] = "/etc/traefik/routes.yml", ["watch"] = true } },
            ["serversTransport"] = new JsonObject { ["forwardingTimeouts"] = new JsonObject { ["dialTimeout"] = "5s", ["responseHeaderTimeout"] = $"{BalancerPlan.RequestSeconds}s" } },
        };
    }

    private static JsonObject Dynamic(BalancerPlan plan)
    {
        var host = plan.Hosts.Count > 0 ? string.Join(" || ", plan.Hosts.Select(h => $"Host(`{h}`)")) : null;
        var routers = new JsonObject();
        void Route(string name, string? rule, string service, int priority, params string[] middlewares) => routers[name] = new JsonObject
        {
            ["entryPoints"] = new JsonArray(plan.Tls ? "secure" : "web"),
            ["rule"] = (host, rule) switch { (null, null) => "PathPrefix(`/`)", (null, _) => rule, (_, null) => host, _ => $"({host}) && ({rule})" },
            ["priority"] = priority, ["service"] = service,
            ["middlewares"] = new JsonArray([.. middlewares.Concat(plan.Tls ? ["headers"] : []).Select(m => (JsonNode)m)]),
            ["tls"] = plan.Tls ? new JsonObject() : null,
        };
        Route("odoo", null, "odoo", 10);
        Route("live", "PathPrefix(`/websocket`) || PathPrefix(`/longpolling`)", "live", 20);
        Route("login", "Path(`/web/login`) && Method(`POST`)", "odoo", 30, "login");
        if (!plan.AllowDatabaseManager)
            Route("database", "PathRegexp(`(?i)^/+web/+database(/|$)`)", "odoo", 40, "closed");
        foreach (var router in routers.ToList())
            if (router.Value!["tls"] is null)
                router.Value.AsObject().Remove("tls");
        var middlewares = new JsonObject
        {
            ["login"] = new JsonObject { ["rateLimit"] = new JsonObject { ["average"] = BalancerPlan.LoginsPerMinute, ["period"] = "1m", ["burst"] = BalancerPlan.LoginsPerMinute } },
            // Nobody has this address, so nobody is let in.
            ["closed"] = new JsonObject { ["ipAllowList"] = new JsonObject { ["sourceRange"] = new JsonArray("255.255.255.255/32"), ["rejectStatusCode"] = 404 } },
        };
        var root = new JsonObject
        {
            ["http"] = new JsonObject
            {
                ["routers"] = routers, ["middlewares"] = middlewares,
                ["services"] = new JsonObject { ["odoo"] = Service(plan, BalancerPlan.HealthPath, n => n.Http), ["live"] = Service(plan, BalancerPlan.LiveHealthPath, n => n.Live) },
            },
        };
        if (plan.Tls)
        {
            middlewares["headers"] = new JsonObject { ["headers"] = new JsonObject { ["stsSeconds"] = 31536000 } };
            root["tls"] = new JsonObject
            {
                ["certificates"] = new JsonArray(new JsonObject { ["certFile"] = plan.CertificateFile, ["keyFile"] = plan.CertificateFile }),
                ["options"] = new JsonObject { ["default"] = new JsonObject { ["minVersion"] = "VersionTLS12" } },
            };
        }
        return root;
    }

    // It spreads by weight and not by connections, and drains by weight 0, which keeps those whose cookie names the node.
    private static JsonObject Service(BalancerPlan plan, string health, Func<BalancedNode, string> at)
    {
        var balancer = new JsonObject
        {
            ["servers"] = new JsonArray([.. plan.Nodes.Select(n =>
            {
                var server = new JsonObject { ["url"] = $"http://{at(n)}" };
                if (n.Draining)
                    server["weight"] = 0;
                return (JsonNode)server;
            })]),
            ["passHostHeader"] = true,
            ["healthCheck"] = new JsonObject { ["path"] = health, ["interval"] = "3s", ["timeout"] = "3s", ["hostname"] = plan.HealthHost },
        };
        if (plan.Sticky)
            balancer["sticky"] = new JsonObject { ["cookie"] = new JsonObject { ["name"] = BalancerPlan.Cookie, ["secure"] = plan.Tls, ["httpOnly"] = true, ["sameSite"] = "lax" } };
        return new JsonObject { ["loadBalancer"] = balancer };
    }
}
