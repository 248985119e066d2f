using System.Text;
using System.Text.RegularExpressions;

namespace OCore.Features.Topologies.Balancers;

/// <summary>
/// nginx without its paid parts. It asks no node how it does, so a program beside it does (<see cref="Deployments.BalancerChecks"/>): the
/// checks are a file of their own, each server says which of them it stands by, and what nginx reads is made of both. Until a lost node is
/// out, a request that it does not answer goes on to another, unless it may have changed something (<c>proxy_next_upstream</c>), and a node
/// that failed three times within ten seconds is left alone for ten (<c>max_fails</c>, <c>fail_timeout</c>). oCore marks <c>down</c> only what
/// it takes out itself. It has no sticky cookie either: maps make one.
/// </summary>
internal static class NginxBalancer
{
    /// <summary>What is asked of the nodes, one check a line: its name, an address, a port, a path, a host.</summary>
    public const string Checks = "ocore.checks";
    /// <summary>Ends the name of a check of a port for live connections; before it is the name of the node's own.</summary>
    public const string LiveCheck = ".live";

    public static IReadOnlyDictionary<string, string> Render(BalancerPlan plan)
    {
        var text = new StringBuilder(Head.Replace("@BODY@", $"{plan.BodyMb}m", StringComparison.Ordinal).Replace("@LOGINS@", $"{BalancerPlan.LoginsPerMinute}", StringComparison.Ordinal)
            .Replace("@NOTICE@", Notice, StringComparison.Ordinal));
        if (plan.Sticky)
            Keeping(text, plan);
        IEnumerable<BalancedNode?> pools = plan.Sticky ? [null, .. plan.Nodes] : [null];
        foreach (var first in pools)
        {
            Upstream(text, plan.Nodes, live: false, first);
            Upstream(text, plan.Nodes, live: true, first);
        }
        var secured = plan.Certificates.Select(c => c.Host).ToHashSet();
        var open = plan.Hosts.Where(h => !secured.Contains(h)).ToList();
        if (plan.Hosts.Count > 0)
            text.Append($$"""

                    server {
                        listen {{plan.HttpPort}} default_server;
                {{Challenge(plan)}}        location / {
                            return 404;
                        }
                    }

                """);
        if (secured.Count > 0)
            text.Append($$"""

                    server {
                        listen {{plan.HttpPort}};
                        server_name {{string.Join(' ', plan.Certificates.Select(c => c.Host))}};
                {{Challenge(plan)}}        location / {
                            return 308 https://$host{{(plan.OuterHttpsPort == 443 ? "" : $":{plan.OuterHttpsPort}")}}$request_uri;
                        }
                    }

                    server {
                        listen {{plan.HttpsPort}} ssl default_server;
                        ssl_reject_handshake on;
                    }

                """);
        foreach (var certificate in plan.Certificates)
            Site(text, plan, $"        listen {plan.HttpsPort} ssl http2;\n        server_name {certificate.Host};\n        ssl_certificate {certificate.File};\n        ssl_certificate_key {certificate.File};\n        ssl_protocols TLSv1.2 TLSv1.3;\n", secure: true);
        if (plan.Hosts.Count == 0 || open.Count > 0)
            Site(text, plan, $"        listen {plan.HttpPort}{(plan.Hosts.Count == 0 && secured.Count > 0 ? " default_server" : "")};\n        server_name {(open.Count > 0 ? string.Join(' ', open) : "_")};\n{Challenge(plan)}", secure: false);
        text.Append("}\n");
        return new Dictionary<string, string> { ["nginx.conf"] = text.ToString(), [Checks] = ChecksOf(plan) };
    }

    private static readonly string Notice = BalancerPlan.Notice.Replace("\\", "\\\\", StringComparison.Ordinal);

    /// <summary>Of one that was told of nobody yet.</summary>
    public static string First(int port) => $$"""
        events {}
        pid /tmp/nginx.pid;
        http {
            map "" $notice {
                default '{{Notice}}';
            }
            server {
                listen {{port}};
                types {
                }
                default_type "text/html; charset=utf-8";
                add_header Cache-Control no-store always;
                add_header Retry-After 5 always;
                return 503 $notice;
            }
        }

        """;

    // A node that oCore takes out itself is not judged: it is about to end, and comes back when oCore has found it well.
    private static string ChecksOf(BalancerPlan plan)
    {
        var text = new StringBuilder();
        foreach (var node in plan.Nodes.Where(n => !n.Draining))
        {
            text.Append($"{node.Key} {node.Address} {node.Port} {BalancerPlan.HealthPath} {plan.HealthHost}\n");
            if (node.LivePort is { } live)
                text.Append($"{node.Key}{LiveCheck} {node.Address} {live} {BalancerPlan.LiveHealthPath} {plan.HealthHost}\n");
        }
        return text.ToString();
    }

    // Any token is answered with the same signature of ours, which is of use to nobody but our own account.
    private static string Challenge(BalancerPlan plan) => plan is { Tls: true, Thumbprint: { } thumbprint }
        ? $"        location ~ \"^/\\.well-known/acme-challenge/([A-Za-z0-9_-]{{16,200}})$\" {{\n            default_type application/octet-stream;\n            return 200 \"$1.{thumbprint}\";\n        }}\n" : "";

    // nginx's own errors alone: what Odoo answers with the same status is not looked at. Without types, no path makes an image of the page.
    private static void Site(StringBuilder text, BalancerPlan plan, string head, bool secure)
    {
        text.Append("\n    server {\n").Append(head).Append($$"""
                    error_page 502 504 = @notice;
                    location @notice {
                        types {
                        }
                        default_type "text/html; charset=utf-8";
                        add_header Cache-Control no-store always;
                        add_header Retry-After $again always;
            {{Hsts(secure)}}            if ($again = "") {
                            return 502 $notice;
                        }
                        return 503 $notice;
                    }

            """);
        if (!plan.AllowDatabaseManager)
            text.Append("        location ~* ^/web/database(/|$) {\n            return 404;\n        }\n");
        Location(text, plan, "~ ^/(websocket|longpolling)", plan.Sticky ? "$live" : "live", secure, "            proxy_set_header Upgrade $http_upgrade;\n            proxy_set_header Connection $connection_upgrade;\n");
        Location(text, plan, "/", plan.Sticky ? "$odoo" : "odoo", secure, "            proxy_set_header Connection \"\";\n            limit_req zone=login burst=20 nodelay;\n");
        text.Append("    }\n");
    }

    // nginx inherits none of these where a location sets one of its own, so each says all.
    private static void Location(StringBuilder text, BalancerPlan plan, string match, string upstream, bool secure, string more) => text.Append($$"""
                location {{match}} {
                    proxy_pass http://{{upstream}};
                    proxy_set_header Host $http_host;
                    proxy_set_header X-Forwarded-For $remote_addr;
                    proxy_set_header X-Forwarded-Host $http_host;
                    proxy_set_header X-Forwarded-Proto {{(secure ? "https" : "http")}};
                    proxy_set_header X-Real-IP $remote_addr;
                    proxy_set_header Forwarded "";

        """).Append(more).Append(plan.Sticky ? "            add_header Set-Cookie $keep always;\n" : "").Append(Hsts(secure)).Append("        }\n");

    private static string Hsts(bool secure) => secure ? "            add_header Strict-Transport-Security max-age=31536000 always;\n" : "";

    // Whoever comes with a cookie goes to its node, and to the others only while that one does not answer.
    private static void Keeping(StringBuilder text, BalancerPlan plan)
    {
        foreach (var pool in new[] { "odoo", "live" })
        {
            text.Append($"\n    map $cookie_{BalancerPlan.Cookie} ${pool} {{\n        default {pool};\n");
            foreach (var node in plan.Nodes)
                text.Append($"        {node.Key} {pool}_{node.Key};\n");
            text.Append("    }\n");
        }
        text.Append("    map $upstream_addr $node {\n        default \"\";\n");
        foreach (var node in plan.Nodes)
            foreach (var at in new[] { node.Http, node.Live }.Distinct())
                text.Append($"        \"~(^|[ ,]){Regex.Escape(at).Replace("]", "\\]", StringComparison.Ordinal)}$\" {node.Key};\n");
        text.Append($"    }}\n    map \"$cookie_{BalancerPlan.Cookie}=$node\" $keep {{\n        default \"{BalancerPlan.Cookie}=$node; Path=/; HttpOnly; {(plan.AllSecured ? "Secure; " : "")}SameSite=Lax\";\n        \"~=$\" \"\";\n");
        foreach (var node in plan.Nodes)
            text.Append($"        \"{node.Key}={node.Key}\" \"\";\n");
        text.Append("    }\n");
    }

    // A server's last words are the checks it stands by: live connections are of no use without the rest of the node.
    private static void Upstream(StringBuilder text, IReadOnlyList<BalancedNode> nodes, bool live, BalancedNode? first)
    {
        var name = $"{(live ? "live" : "odoo")}{(first is null ? "" : $"_{first.Key}")}";
        text.Append($"\n    upstream {name} {{\n        zone {name} 64k;\n");
        if (first is null)
            text.Append("        least_conn;\n");
        // On its own node a draining one still answers whoever is on it.
        foreach (var node in nodes.OrderBy(n => n != first))
            text.Append($"        server {(live ? node.Live : node.Http)} max_fails=3 fail_timeout=10s{(first is not null && node != first ? " backup" : "")}{(node.Draining && node != first && nodes.Count > 1 ? " down" : "")}; # {node.Key}{(live && node.LivePort is not null ? $" {node.Key}{LiveCheck}" : "")}\n");
        text.Append("        keepalive 32;\n    }\n");
    }

    // Who was given nothing has done nothing, so it may be asked again; once a node was given the request, nobody knows.
    private const string Head = """
        worker_processes auto;
        worker_shutdown_timeout 15m;
        pid /tmp/nginx.pid;
        error_log /dev/stderr warn;

        events {
            worker_connections 4096;
        }

        http {
            access_log off;
            server_tokens off;
            client_max_body_size @BODY@;
            client_body_timeout 720s;
            client_body_temp_path /tmp/nginx-body;
            proxy_temp_path /tmp/nginx-proxy;
            fastcgi_temp_path /tmp/nginx-fastcgi;
            uwsgi_temp_path /tmp/nginx-uwsgi;
            scgi_temp_path /tmp/nginx-scgi;
            keepalive_timeout 30s;
            proxy_connect_timeout 5s;
            proxy_read_timeout 720s;
            proxy_send_timeout 720s;
            proxy_next_upstream error timeout;
            proxy_next_upstream_tries 3;
            proxy_http_version 1.1;

            map $http_upgrade $connection_upgrade {
                default upgrade;
                "" "";
            }
            map "$request_method:$uri" $signing_in {
                default "";
                "~*^POST:/web/login/*$" $binary_remote_addr;
            }
            limit_req_zone $signing_in zone=login:10m rate=@LOGINS@r/m;
            limit_req_status 429;

            map "" $notice {
                default '@NOTICE@';
            }
            map $upstream_bytes_sent $again {
                default "";
                "" 5;
                "~(^|[ ,])0$" 5;
            }

        """;
}
