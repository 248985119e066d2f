using System.Net;
using System.Text.RegularExpressions;

namespace OCore.Platform;

/// <summary>The configuration, from <c>OCORE_…</c> in the environment over <c>ocore.json</c> in the data directory. Checked at start.</summary>
internal sealed partial class Settings
{
    public required string DataDirectory { get; init; }
    /// <summary><c>sqlite</c> or a PostgreSQL connection string.</summary>
    public required string Database { get; init; }
    public required Uri PublicUrl { get; init; }
    public required string Listen { get; init; }
    public required string MasterKeyFile { get; init; }
    /// <summary>Where backups are kept that go to no bucket.</summary>
    public required string BackupDirectory { get; init; }
    /// <summary>Days for which the logs of instances are kept.</summary>
    public required int LogDays { get; init; }
    public required bool SignupOpen { get; init; }
    public Uri? SmtpUrl { get; init; }
    public required string MailFrom { get; init; }
    /// <summary>Proxies whose word is taken for where a request came from, as networks; a single address is the smallest one.</summary>
    public required IReadOnlyList<IPNetwork> TrustedProxies { get; init; }
    /// <summary>Hosts besides that of the public address under which the platform itself answers.</summary>
    public required IReadOnlyList<string> AllowedHosts { get; init; }
    /// <summary>Under which the subdomains of portals live; null where there is none.</summary>
    public string? PortalBaseDomain { get; init; }
    /// <summary>Where portal hosts have to point; empty: to the host of the public address.</summary>
    public required IReadOnlyList<IPAddress> PortalAddresses { get; init; }
    /// <summary>Whom to ask; empty: the system's servers.</summary>
    public required IReadOnlyList<IPEndPoint> DnsServers { get; init; }
    /// <summary>The certificate authority; null where oCore gets no certificates.</summary>
    public Uri? AcmeDirectory { get; init; }
    /// <summary>Roots to trust when speaking to the certificate authority, beside the system's.</summary>
    public string? AcmeCaFile { get; init; }
    public string? AcmeContact { get; init; }
    /// <summary>The operator has read the certificate authority's terms and agrees.</summary>
    public required bool AcmeTermsAgreed { get; init; }
    /// <summary>Attempts to sign in from one address.</summary>
    public required int SignInsPerMinute { get; init; }
    /// <summary>Certificates of the authorities that Git servers are trusted by, in place of the machine's own; PEM.</summary>
    public string? GitCaFile { get; init; }
    public required int OperationsPerServer { get; init; }
    public required int OperationsPerOrganization { get; init; }
    /// <summary>Images other than the catalogue's, by their upper-case name: <c>OCORE_IMAGE_ODOO</c>.</summary>
    public required IReadOnlyDictionary<string, string> Images { get; init; }
    /// <summary>Hosts (<c>name</c>, <c>name:port</c>) that images may be fetched from although their address is not a public one.</summary>
    public required IReadOnlyList<string> FetchAllow { get; init; }
    /// <summary>What a domain's SPF record has to name for mails of ours to pass: <c>include:_spf.example.com</c>.</summary>
    public string? MailSpf { get; init; }
    /// <summary>Agencies may write CSS for their portals.</summary>
    public required bool CustomCss { get; init; }
    /// <summary>Opens /metrics; without it only operators read them.</summary>
    public string? MetricsToken { get; init; }
    public string? AdminEmail { get; init; }
    public string? AdminPassword { get; init; }

    public bool UsesSqlite => Database == "sqlite";
    /// <summary>oCore ends TLS itself.</summary>
    public bool ListensHttps => Listen.Split(';').Any(a => a.StartsWith("https://", StringComparison.OrdinalIgnoreCase));
    public string SqlitePath => Path.Combine(DataDirectory, "ocore.db");

    private static readonly string[] Known =
    [
        "DATA", "DATABASE", "PUBLIC_URL", "LISTEN", "MASTER_KEY_FILE", "SIGNUP", "SMTP_URL", "MAIL_FROM", "TRUSTED_PROXIES", "SIGN_INS_PER_MINUTE",
        "OPERATIONS_PER_SERVER", "OPERATIONS_PER_ORGANIZATION", "METRICS_TOKEN", "ADMIN_EMAIL", "ADMIN_PASSWORD", "PORTAL_BASE_DOMAIN", "DNS_SERVERS",
        "ACME_DIRECTORY", "ACME_CA_FILE", "ACME_CONTACT", "ACME_TERMS", "ALLOWED_HOSTS", "PORTAL_ADDRESSES", "GIT_CA_FILE", "FETCH_ALLOW", "MAIL_SPF", "CUSTOM_CSS", "BACKUP_DIR", "LOG_DAYS",
        // Of the command line, bin/, images/ and web/, which share the prefix.
        "URL", "TOKEN", "ORG", "LAB", "LAB_NET", "DEBIAN_MIRROR", "DOCKERD_LOG", "DEV_SERVER", "WEIGH",
    ];

    /// <summary>Reads and checks. Every wrong value is one sentence of <paramref name="errors"/>.</summary>
    public static Settings Load(IConfiguration configuration, List<string> errors)
    {
        string? Get(string name) => configuration["OCORE_" + name] is { Length: > 0 } value ? value : null;
        foreach (var key in configuration.AsEnumerable().Select(p => p.Key).Where(k => k.StartsWith("OCORE_", StringComparison.Ordinal)))
            if (!Known.Contains(key[6..]) && !key.StartsWith("OCORE_IMAGE_", StringComparison.Ordinal) && !key.StartsWith("OCORE_TEST_", StringComparison.Ordinal))
                errors.Add($"{key} is not a setting of oCore; see docs/installation.md for the list.");

        var data = Path.GetFullPath(Get("DATA") ?? "data");
        var listen = Get("LISTEN") ?? "http://localhost:8080";
        foreach (var address in listen.Split(';'))
            if (!Uri.TryCreate(address.Replace("*", "any", StringComparison.Ordinal).Replace("+", "any", StringComparison.Ordinal), UriKind.Absolute, out var parsed) || parsed.Scheme is not ("http" or "https"))
                errors.Add($"OCORE_LISTEN has to be addresses such as http://0.0.0.0:8080, separated by semicolons; it is \"{address}\".");
        var publicUrl = Url("PUBLIC_URL", Get("PUBLIC_URL") ?? OnThisMachine(listen.Split(';')[0]), ["http", "https"], errors) ?? new Uri("http://localhost:8080");
        var database = Get("DATABASE") ?? "sqlite";
        if (database != "sqlite" && !database.Contains('=', StringComparison.Ordinal))
            errors.Add("OCORE_DATABASE has to be sqlite or a PostgreSQL connection string such as Host=db;Database=ocore;Username=ocore;Password=….");
        var signup = Get("SIGNUP") ?? "closed";
        if (signup is not ("closed" or "open"))
            errors.Add($"OCORE_SIGNUP has to be closed or open; it is \"{signup}\".");
        var proxies = new List<IPNetwork>();
        foreach (var text in List(Get("TRUSTED_PROXIES")))
        {
            if (IPNetwork.TryParse(text, out var network))
                proxies.Add(network);
            else if (IPAddress.TryParse(text, out var address))
                proxies.Add(new IPNetwork(address, address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? 32 : 128));
            else
                errors.Add($"OCORE_TRUSTED_PROXIES has to be IP addresses or networks such as 10.0.0.0/8, separated by commas; \"{text}\" is not one.");
        }
        var smtp = Get("SMTP_URL") is { } smtpText ? Url("SMTP_URL", smtpText, ["smtp", "smtps", "file"], errors) : null;
        if (smtp is not null && smtp.Query is not ("" or "?starttls=required" or "?starttls=none"))
            errors.Add("OCORE_SMTP_URL may end in ?starttls=required (as without it) or ?starttls=none.");
        if (smtp is { Query: "?starttls=none", UserInfo.Length: > 0, IsLoopback: false })
            errors.Add("OCORE_SMTP_URL would send its password unencrypted; leave out ?starttls=none.");
        var gitCa = Get("GIT_CA_FILE");
        if (gitCa is not null && !File.Exists(gitCa))
            errors.Add($"OCORE_GIT_CA_FILE has to be a file; there is no {gitCa}.");
        var servers = new List<IPEndPoint>();
        foreach (var text in List(Get("DNS_SERVERS")))
        {
            if (IPEndPoint.TryParse(text, out var server))
                servers.Add(server.Port == 0 ? new IPEndPoint(server.Address, 53) : server);
            else
                errors.Add($"OCORE_DNS_SERVERS has to be IP addresses separated by commas, with a port where it is not 53; \"{text}\" is not one.");
        }
        var addresses = new List<IPAddress>();
        foreach (var text in List(Get("PORTAL_ADDRESSES")))
        {
            if (IPAddress.TryParse(text, out var address))
                addresses.Add(address);
            else
                errors.Add($"OCORE_PORTAL_ADDRESSES has to be IP addresses separated by commas; \"{text}\" is not one.");
        }
        var directory = Get("ACME_DIRECTORY") is { } directoryText ? Url("ACME_DIRECTORY", directoryText, ["https"], errors) : null;
        if (Get("ACME_CA_FILE") is { } caFile && !File.Exists(caFile))
            errors.Add($"OCORE_ACME_CA_FILE names a file that is not there: {caFile}.");
        if (Get("ACME_CONTACT") is { } contact && !System.Net.Mail.MailAddress.TryCreate(contact, out _))
            errors.Add($"OCORE_ACME_CONTACT has to be an e-mail address; it is \"{contact}\".");
        if (Get("ACME_TERMS") is not (null or "agreed"))
            errors.Add("OCORE_ACME_TERMS has to be agreed, once you have read the terms of the certificate authority, or left out.");
        // *.localhost is this machine in every browser: portals can be tried before there is a domain.
        var portals = Get("PORTAL_BASE_DOMAIN")?.Trim('.').ToLowerInvariant() ?? (publicUrl.Host == "localhost" ? "localhost" : null);
        if (portals is not null && Uri.CheckHostName(portals) != UriHostNameType.Dns)
            errors.Add($"OCORE_PORTAL_BASE_DOMAIN has to be a domain such as portals.example.com; it is \"{portals}\".");

        if (Get("METRICS_TOKEN") is { Length: < 20 })
            errors.Add("OCORE_METRICS_TOKEN has to have at least 20 characters; openssl rand -base64 30 makes one.");

        var css = Get("CUSTOM_CSS") ?? "on";
        if (css is not ("on" or "off"))
            errors.Add($"OCORE_CUSTOM_CSS has to be on or off; it is \"{css}\".");

        return new Settings
        {
            FetchAllow = [.. List(Get("FETCH_ALLOW")).Select(h => h.ToLowerInvariant())],
            MailSpf = Get("MAIL_SPF"),
            CustomCss = css == "on",
            DataDirectory = data,
            Database = database,
            PublicUrl = publicUrl,
            Listen = listen,
            MasterKeyFile = Get("MASTER_KEY_FILE") ?? Path.Combine(data, "master.key"),
            BackupDirectory = Path.GetFullPath(Get("BACKUP_DIR") ?? Path.Combine(data, "backups")),
            LogDays = Number("LOG_DAYS", Get("LOG_DAYS"), 30, errors),
            SignupOpen = signup == "open",
            SmtpUrl = smtp,
            MailFrom = Get("MAIL_FROM") ?? $"no-reply@{publicUrl.Host}",
            TrustedProxies = proxies,
            AllowedHosts = [.. List(Get("ALLOWED_HOSTS")).Select(h => h.Trim('.').ToLowerInvariant())],
            PortalBaseDomain = portals,
            PortalAddresses = addresses,
            DnsServers = servers,
            AcmeDirectory = directory,
            AcmeCaFile = Get("ACME_CA_FILE"),
            AcmeContact = Get("ACME_CONTACT"),
            AcmeTermsAgreed = Get("ACME_TERMS") == "agreed",
            SignInsPerMinute = Number("SIGN_INS_PER_MINUTE", Get("SIGN_INS_PER_MINUTE"), 10, errors),
            OperationsPerServer = Number("OPERATIONS_PER_SERVER", Get("OPERATIONS_PER_SERVER"), 4, errors),
            OperationsPerOrganization = Number("OPERATIONS_PER_ORGANIZATION", Get("OPERATIONS_PER_ORGANIZATION"), 8, errors),
            Images = configuration.AsEnumerable().Where(p => p.Key.StartsWith("OCORE_IMAGE_", StringComparison.Ordinal) && p.Value is { Length: > 0 })
                .ToDictionary(p => p.Key["OCORE_IMAGE_".Length..], p => p.Value!),
            GitCaFile = gitCa,
            MetricsToken = Get("METRICS_TOKEN"),
            AdminEmail = Get("ADMIN_EMAIL"),
            AdminPassword = Get("ADMIN_PASSWORD"),
        };
    }

    // "All addresses" is where to listen and no address to go to.
    private static string OnThisMachine(string listen) => AnyHost().Replace(listen, "$1localhost");

    [GeneratedRegex(@"^(https?://)(?:\*|\+|0\.0\.0\.0|\[::\])(?=[:/]|$)", RegexOptions.IgnoreCase)]
    private static partial Regex AnyHost();

    private static string[] List(string? value) => (value ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static Uri? Url(string name, string value, string[] schemes, List<string> errors)
    {
        if (Uri.TryCreate(value, UriKind.Absolute, out var url) && schemes.Contains(url.Scheme))
            return url;
        errors.Add($"OCORE_{name} has to be an address beginning with {string.Join(" or ", schemes.Select(s => s + "://"))}; it is \"{value}\".");
        return null;
    }

    private static int Number(string name, string? value, int fallback, List<string> errors)
    {
        if (value is null)
            return fallback;
        if (int.TryParse(value, out var number) && number is > 0 and <= 1000)
            return number;
        errors.Add($"OCORE_{name} has to be a number from 1 to 1000; it is \"{value}\".");
        return fallback;
    }
}
