using System.Text;

namespace OCore.Features.Topologies.Balancers;

/// <summary>HAProxy 2.6 or later. Nodes are drained by weight 0: whoever is kept on one still comes to it, and nobody else.</summary>
internal static class HaproxyBalancer
{
    public static IReadOnlyDictionary<string, string> Render(BalancerPlan plan)
    {
        var text = new StringBuilder(Head.Replace("@NOTICE@", BalancerPlan.Notice, StringComparison.Ordinal));
        text.Append($"\nfrontend web\n    bind :{plan.HttpPort}\n");
        var files = new Dictionary<string, string>();
        if (plan.Tls && plan.Thumbprint is { } thumbprint)
            text.Append($"    http-request return status 200 content-type application/octet-stream lf-string \"%[path,field(4,/)].{thumbprint}\" if {{ path_beg /.well-known/acme-challenge/ }} {{ path,field(4,/) -m reg ^[A-Za-z0-9_-]{{16,200}}$ }}\n");
        if (plan.Certificates.Count > 0)
        {
            // Lists, for a line of HAProxy's has an end. By name alone: without one, no connection.
            files["certificates.list"] = string.Concat(plan.Certificates.Select(c => $"{c.File} {c.Host}\n"));
            files["https.list"] = string.Concat(plan.Certificates.Select(c => c.Host + "\n"));
            text.Append($"    bind :{plan.HttpsPort} ssl crt-list {plan.Folder}/certificates.list strict-sni alpn h2,http/1.1 ssl-min-ver TLSv1.2\n");
            text.Append($"    http-request redirect location https://%[req.hdr(host),field(1,:),lower]{(plan.OuterHttpsPort == 443 ? "" : $":{plan.OuterHttpsPort}")}%[pathq] code 308 if !{{ ssl_fc }} {{ req.hdr(host),field(1,:),lower -m str -f {plan.Folder}/https.list }}\n");
            text.Append("    http-response set-header Strict-Transport-Security max-age=31536000 if { ssl_fc }\n");
        }
        if (plan.Hosts.Count > 0)
            text.Append($"    http-request deny deny_status 404 unless {{ req.hdr(host),field(1,:),lower -m str {string.Join(' ', plan.Hosts)} }}\n");
        if (!plan.AllowDatabaseManager)
            text.Append("    http-request deny deny_status 404 if { path,url_dec -m reg -i ^/+web/+database(/|$) }\n");
        text.Append($$"""
                http-request deny deny_status 413 if { req.hdr(content-length) -m int gt {{plan.BodyMb * 1024L * 1024}} }
                stick-table type ipv6 size 100k expire 2m store http_req_rate(1m)
                acl signing_in path,url_dec -m reg -i ^/+web/+login/*$
                http-request track-sc0 src if METH_POST signing_in
                http-request deny deny_status 429 if METH_POST signing_in { sc_http_req_rate(0) gt {{BalancerPlan.LoginsPerMinute}} }
                http-request disable-l7-retry if METH_POST
                http-request del-header X-Forwarded- -m beg
                http-request del-header Forwarded
                http-request set-header X-Forwarded-For %[src]
                http-request set-header X-Forwarded-Host %[req.hdr(host)]
                http-request set-header X-Forwarded-Proto {{(plan.Certificates.Count > 0 ? "%[ssl_fc,iif(https,http)]" : "http")}}
                http-request set-header X-Real-IP %[src]
                use_backend live if { path_beg /websocket /longpolling }
                default_backend odoo

            """);
        Backend(text, plan, "odoo", BalancerPlan.HealthPath, n => n.Http, plan.Nodes);
        // A threaded node answers live connections on its one port, and knows the health page of that.
        Backend(text, plan, "live", BalancerPlan.LiveHealthPath, n => n.Live, plan.Nodes);
        files["haproxy.cfg"] = text.ToString();
        return files;
    }

    /// <summary>Of one that was told of nobody yet.</summary>
    public static string First(int port) => $"""
        global
            stats socket ipv4@127.0.0.1:8404 level admin
        defaults
            mode http
            timeout connect 5s
            timeout client 30s
            timeout server 30s
        frontend web
            bind :{port}
            http-request return status 503 content-type "text/html; charset=utf-8" string '{BalancerPlan.Notice}' hdr Cache-Control no-store hdr Retry-After 5

        """;

    private static void Backend(StringBuilder text, BalancerPlan plan, string name, string health, Func<BalancedNode, string> at, IReadOnlyList<BalancedNode> nodes)
    {
        text.Append($"""

            backend {name}
                balance leastconn
                option httpchk
                http-check send meth GET uri {health} ver HTTP/1.1 hdr Host {plan.HealthHost}
                http-check expect status 200

            """);
        if (plan.Sticky)
            text.Append($"    cookie {BalancerPlan.Cookie} insert indirect nocache httponly{(plan.AllSecured ? " secure" : "")} attr SameSite=Lax\n");
        foreach (var node in nodes)
            text.Append($"    server {node.Key} {at(node)} check{(plan.Sticky ? $" cookie {node.Key}" : "")}{(node.Draining ? " weight 0" : "")}\n");
    }

    // A request that has reached a node is not sent to another when it may change something. Nodes that go down keep what they are
    // answering: shutting sessions down with them would fail requests that a stopping node still finishes. The errors are HAProxy's own: what
    // Odoo answers with the same status is left as it is. 502 is for a request that a node was given, so it asks nobody to come again.
    private const string Head = """
        global
            log stdout format raw local0 notice
            maxconn 8192
            hard-stop-after 15m
            stats socket ipv4@127.0.0.1:8404 level admin

        defaults
            mode http
            log global
            option redispatch
            option http-server-close
            retries 3
            retry-on conn-failure empty-response response-timeout
            timeout connect 5s
            timeout client 720s
            timeout server 720s
            timeout queue 60s
            timeout tunnel 1h
            timeout check 5s
            timeout http-request 30s
            timeout http-keep-alive 30s
            default-server inter 3s fall 3 rise 2
            http-error status 502 content-type "text/html; charset=utf-8" string '@NOTICE@' hdr Cache-Control no-store
            http-error status 503 content-type "text/html; charset=utf-8" string '@NOTICE@' hdr Cache-Control no-store hdr Retry-After 5

        """;
}
