using System.Net;
using System.Security.Cryptography;
using System.Text;
using OCore.Platform.Remote;

namespace OCore.Features.Servers;

/// <summary>What the edge does with a domain: hands it to the instance, or says why not.</summary>
internal enum EdgeRouteState { Serve, Stopped, Suspended, Starting }

/// <param name="Container">The name under which the network <c>ocore</c> knows the instance.</param>
/// <param name="HasGevent">With workers, live connections have a port of their own.</param>
internal sealed record EdgeRoute(Guid InstanceId, string Domain, string Container, bool HasGevent, EdgeRouteState State)
{
    /// <summary>Where there is one, visitors are sent to HTTPS.</summary>
    public EdgeCertificate? Certificate { get; init; }
    /// <summary>Whose instance it is.</summary>
    public Guid? OrgId { get; init; }
    /// <summary>How the pages look that stand in for the instance; neutral where there is none.</summary>
    public EdgeLook? Look { get; init; }
}

/// <summary>Which certificate; what it consists of is read when it is put on a server.</summary>
internal sealed record EdgeCertificate(Guid Id, string SerialNumber);

/// <param name="Port">Where visitors come by HTTPS; null where the edge takes none.</param>
/// <param name="Thumbprint">Of the account's key at the certificate authority: what its questions are answered with.</param>
internal sealed record EdgeTls(int? Port = null, string? Thumbprint = null);

/// <summary>The edge's configuration as files. Equal routes, in whatever order, give equal files and thereby an equal version.</summary>
/// <param name="Version">Also the folder of the files, and what a running HAProxy says of itself.</param>
/// <param name="Certificates">What has to lie beside the files, by the names that they use.</param>
internal sealed record EdgeConfig(string Version, IReadOnlyDictionary<string, string> Files, IReadOnlyDictionary<string, EdgeCertificate> Certificates)
{
    public const int Port = 8080, TlsPort = 8443, AdminPort = 8404;
    public const string Root = "/usr/local/etc/haproxy";

    /// <param name="proxies">Networks of the proxies in front of the edge, whose word counts for who came and how.</param>
    public static EdgeConfig Render(IEnumerable<EdgeRoute> routes, IEnumerable<string>? proxies = null, EdgeTls? tls = null)
    {
        tls ??= new EdgeTls();
        var trusted = (proxies ?? []).Select(IPNetwork.Parse).Select(n => n.ToString()).Order(StringComparer.Ordinal).ToList();
        // One name that is none is left out: the others of the server must not stand still for it.
        var ordered = routes.Where(IsSound).OrderBy(r => r.Domain, StringComparer.Ordinal).ToList();
        var secured = tls.Port is null ? [] : ordered.Where(r => r.Certificate is not null).ToList();
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["haproxy.cfg"] = Text(ordered, tls, secured.Count > 0),
            ["hosts.map"] = Map(ordered, Target),
            ["proxies.list"] = string.Concat(trusted.Select(t => t + "\n")),
            ["https.list"] = string.Concat(secured.Select(r => $"{r.Domain.ToLowerInvariant()}\n")),
            ["certificates.list"] = string.Concat(secured.Select(r => $"{Root}/@VERSION@/{FileOf(r.Certificate!)} {r.Domain.ToLowerInvariant()}\n")),
            ["live.map"] = Map(ordered.Where(r => r is { State: EdgeRouteState.Serve, HasGevent: true }), r => Target(r) + "-live"),
        };
        foreach (var (name, page) in EdgePages.All)
            files[name + ".html"] = page;
        foreach (var (page, look) in ordered.Where(r => r.Look is not null).Select(r => (Page: PageOf(r), Look: r.Look!)).DistinctBy(p => (p.Page, p.Look.Key)))
            files[$"{page}-{look.Key}.html"] = EdgePages.Make(page, look);
        var version = "ocore-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(files.Select(f => $"{f.Key}\0{f.Value}\0"))))).AsSpan(0, 16).ToString();
        return new EdgeConfig(version, files.ToDictionary(f => f.Key, f => f.Value.Replace("@VERSION@", version, StringComparison.Ordinal)),
            secured.Select(r => r.Certificate!).DistinctBy(FileOf).ToDictionary(FileOf));
    }

    private static string FileOf(EdgeCertificate certificate) => $"{certificate.Id:N}-{certificate.SerialNumber.ToLowerInvariant()}.pem";

    public static string BackendOf(Guid instance) => $"i-{instance:N}";

    public static Guid? InstanceOf(string backend) =>
        backend.StartsWith("i-", StringComparison.Ordinal) && Guid.TryParseExact(backend.AsSpan(2), "N", out var id) ? id : null;

    // The names come from checked fields; a space or a newline here would be another directive.
    private static bool IsSound(EdgeRoute route)
    {
        if (route.Certificate is { } certificate && !certificate.SerialNumber.All(char.IsAsciiHexDigit))
            throw new ArgumentException($"'{certificate.SerialNumber}' is not the serial number of a certificate.");
        return HostName.TryParse(route.Domain, out _) && !route.Domain.Contains(':') && DockerName.TryParse(route.Container, out _);
    }

    private static string Target(EdgeRoute route) => route.State switch
    {
        EdgeRouteState.Serve => BackendOf(route.InstanceId),
        _ => Named(PageOf(route), route.Look),
    };

    // What stands in for the instance now, or would where it does not answer.
    private static string PageOf(EdgeRoute route) => route.State switch
    {
        EdgeRouteState.Serve => "unavailable",
        EdgeRouteState.Stopped => "stopped",
        EdgeRouteState.Suspended => "suspended",
        _ => "starting",
    };

    private static string Named(string page, EdgeLook? look) => look is null ? page : $"{page}-{look.Key}";

    private static string Map(IEnumerable<EdgeRoute> routes, Func<EdgeRoute, string> target) =>
        string.Concat(routes.Select(r => $"{r.Domain.ToLowerInvariant()} {target(r)}\n"));

    private static string Text(List<EdgeRoute> routes, EdgeTls tls, bool secured)
    {
        var text = new StringBuilder(Head.Replace("@TLS@", tls.Port is { } port ? Tls(port, secured) : "", StringComparison.Ordinal)
            .Replace("@ACME@", tls.Thumbprint is { } thumbprint ? Acme(thumbprint) : "", StringComparison.Ordinal)
            .Replace("@REDIRECT@", secured ? Redirect(tls.Port!.Value) : "", StringComparison.Ordinal)
            .Replace("@FOLDER@", $"{Root}/@VERSION@", StringComparison.Ordinal));
        foreach (var page in EdgePages.All.Keys)
            text.Append(Page(page, page));
        foreach (var (page, look) in routes.Where(r => r is { State: not EdgeRouteState.Serve, Look: not null }).Select(r => (PageOf(r), r.Look)).Distinct().OrderBy(p => Named(p.Item1, p.Look), StringComparer.Ordinal))
            text.Append(Page(page, Named(page, look)));
        // However many names it has.
        foreach (var route in routes.Where(r => r.State == EdgeRouteState.Serve).DistinctBy(r => r.InstanceId))
        {
            text.Append($"""

                backend {BackendOf(route.InstanceId)}
                    option httpchk
                    http-check send meth GET uri /web/health?db_server_status=1 ver HTTP/1.1 hdr Host x
                    http-check expect status 200
                {Unavailable(route.Look)}    server odoo {route.Container}:8069 check

                """);
            if (route.HasGevent)
                text.Append($"""

                    backend {BackendOf(route.InstanceId)}-live
                        server odoo {route.Container}:8072 check

                    """);
        }
        return text.ToString();
    }

    // The port is part of the version even where no name has a certificate yet, so that it is published at once.
    private static string Tls(int port, bool secured) => $"    # HTTPS is published as port {port}.\n" + (secured
        ? $"    bind :{TlsPort} ssl crt-list @FOLDER@/certificates.list strict-sni alpn h2,http/1.1 ssl-min-ver TLSv1.2\n    http-response set-header Strict-Transport-Security max-age=31536000 if {{ ssl_fc }}\n" : "");

    // Any token is answered with the same signature of ours, which is of use to nobody but our own account: no question has to be
    // carried to the edge while the certificate authority waits.
    private static string Acme(string thumbprint) => thumbprint.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
        ? $"    http-request return status 200 content-type application/octet-stream lf-string \"%[path,field(4,/)].{thumbprint}\" if {{ path_beg /.well-known/acme-challenge/ }} {{ path,field(4,/) -m reg ^[A-Za-z0-9_-]{{16,200}}$ }}\n"
        : throw new ArgumentException($"'{thumbprint}' is not the thumbprint of a key.");

    private static string Redirect(int port) =>
        $"    http-request redirect location https://%[var(txn.host)]{(port == 443 ? "" : $":{port}")}%[pathq] code 308 if !{{ ssl_fc }} !behind_proxy {{ var(txn.host) -m str -f @FOLDER@/https.list }}\n";

    private static string Page(string page, string name) =>
        $"\nbackend {name}\n    http-request return status {(page == "unknown" ? 404 : 503)} content-type \"text/html; charset=utf-8\" file {Root}/@VERSION@/{name}.html hdr Cache-Control no-store{(page == "starting" ? " hdr Retry-After 5" : "")}\n";

    private static string Unavailable(EdgeLook? look) => look is null ? "" : string.Concat(((int[])[502, 503]).Select(status =>
        $"    http-error status {status} content-type \"text/html; charset=utf-8\" file {Root}/@VERSION@/unavailable-{look.Key}.html hdr Cache-Control no-store hdr Retry-After 5\n"));

    // 720 s is what Odoo's own deployment guide gives proxies. The resolver asks Docker's name server, so that a container
    // that comes back with another address is found; a name that is not there yet is no error. The health check needs a
    // Host header, without which Odoo answers 500. What a client claims in X-Forwarded-* is replaced, never appended to; what a
    // proxy in front says is taken over, the last address of its list being the one it saw itself.
    private const string Head = """
        global
            description @VERSION@
            log stdout format raw local0 info
            maxconn 8192
            hard-stop-after 15m
            stats socket ipv4@127.0.0.1:8404 level user

        defaults
            mode http
            log global
            option redispatch
            option http-server-close
            retries 3
            timeout connect 5s
            timeout client 720s
            timeout server 720s
            timeout queue 60s
            timeout tunnel 1h
            timeout check 5s
            timeout http-request 30s
            timeout http-keep-alive 30s
            default-server inter 2s fall 3 rise 2 resolvers docker resolve-prefer ipv4 init-addr last,libc,none
            http-error status 502 content-type "text/html; charset=utf-8" file @FOLDER@/unavailable.html hdr Cache-Control no-store hdr Retry-After 5
            http-error status 503 content-type "text/html; charset=utf-8" file @FOLDER@/unavailable.html hdr Cache-Control no-store hdr Retry-After 5

        resolvers docker
            nameserver engine 127.0.0.11:53
            accepted_payload_size 8192
            timeout resolve 1s
            timeout retry 1s
            hold valid 1s
            hold nx 3s
            hold obsolete 3s

        frontend edge
            bind :8080
            option dontlognull
            # Without the query, in which Odoo's links carry what lets people in.
            log-format "access %[var(txn.to)] %[date,utime(%Y-%m-%dT%H:%M:%SZ)] %[var(txn.for)] %HM %[var(txn.host)] %HP %ST %B %Ta"
        @TLS@    acl behind_proxy src -f @FOLDER@/proxies.list
            http-request set-var(txn.for) src
            http-request set-var(txn.for) req.hdr_ip(x-forwarded-for,-1) if behind_proxy { req.hdr_ip(x-forwarded-for,-1) -m found }
        @ACME@    http-request set-var(txn.host) req.hdr(host),field(1,:),lower
            http-request set-var(txn.to) var(txn.host),map(@FOLDER@/hosts.map,unknown)
            http-request set-var(txn.to) var(txn.host),map(@FOLDER@/live.map) if { path_beg /websocket /longpolling } { var(txn.host),map(@FOLDER@/live.map) -m found }
            http-request deny deny_status 404 if { path,url_dec -m reg -i ^/+web/+database(/|$) }
        @REDIRECT@    http-request set-var(txn.proto) str(http)
            http-request set-var(txn.proto) str(https) if { ssl_fc } or behind_proxy { req.hdr(x-forwarded-proto) -i https }
            http-request del-header X-Forwarded- -m beg
            http-request del-header Forwarded
            http-request set-header X-Forwarded-For %[var(txn.for)]
            http-request set-header X-Forwarded-Host %[req.hdr(host)]
            http-request set-header X-Forwarded-Proto %[var(txn.proto)]
            http-request set-header X-Real-IP %[var(txn.for)]
            use_backend %[var(txn.to)]

        """;
}
