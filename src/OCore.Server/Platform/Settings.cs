using System.Net;

namespace OCore.Platform;

/// <summary>The configuration, from <c>OCORE_…</c> in the environment over <c>ocore.json</c> in the data directory. Checked at start.</summary>
internal sealed class Settings
{
    public required string DataDirectory { get; init; }
    /// <summary><c>sqlite</c> or a PostgreSQL connection string.</summary>
    public required string Database { get; init; }
    public required Uri PublicUrl { get; init; }
    public required string Listen { get; init; }
    public required string MasterKeyFile { get; init; }
    public required bool SignupOpen { get; init; }
    public Uri? SmtpUrl { get; init; }
    public required string MailFrom { get; init; }
    public required IReadOnlyList<IPAddress> TrustedProxies { get; init; }
    /// <summary>Attempts to sign in from one address.</summary>
    public required int SignInsPerMinute { get; init; }
    /// <summary>Certificates of the authorities that Git servers are trusted by, in place of the machine's own; PEM.</summary>
    public string? GitCaFile { get; init; }
    public required int OperationsPerServer { get; init; }
    public required int OperationsPerOrganization { get; init; }
    /// <summary>Images other than the catalogue's, by their upper-case name: <c>OCORE_IMAGE_ODOO</c>.</summary>
    public required IReadOnlyDictionary<string, string> Images { get; init; }
    public string? AdminEmail { get; init; }
    public string? AdminPassword { get; init; }

    public bool UsesSqlite => Database == "sqlite";
    public string SqlitePath => Path.Combine(DataDirectory, "ocore.db");

    private static readonly string[] Known =
    [
        "DATA", "DATABASE", "PUBLIC_URL", "LISTEN", "MASTER_KEY_FILE", "SIGNUP", "SMTP_URL", "MAIL_FROM", "TRUSTED_PROXIES", "SIGN_INS_PER_MINUTE",
        "OPERATIONS_PER_SERVER", "OPERATIONS_PER_ORGANIZATION", "ADMIN_EMAIL", "ADMIN_PASSWORD", "PORTAL_BASE_DOMAIN", "DNS_SERVERS",
        "ACME_DIRECTORY", "ACME_CA_FILE", "GIT_CA_FILE",
        // Of the command line and of bin/, which share the prefix.
        "URL", "TOKEN", "ORG", "LAB", "LAB_NET", "HOME",
    ];

    /// <summary>Reads and checks. Every wrong value is one sentence of <paramref name="errors"/>.</summary>
    public static Settings Load(IConfiguration configuration, List<string> errors)
    {
        string? Get(string name) => configuration["OCORE_" + name] is { Length: > 0 } value ? value : null;
        foreach (var key in configuration.AsEnumerable().Select(p => p.Key).Where(k => k.StartsWith("OCORE_", StringComparison.Ordinal)))
            if (!Known.Contains(key[6..]) && !key.StartsWith("OCORE_IMAGE_", StringComparison.Ordinal) && !key.StartsWith("OCORE_TEST_", StringComparison.Ordinal)
                && !key.StartsWith("OCORE_LAB_", StringComparison.Ordinal))
                errors.Add($"{key} is not a setting of oCore; see docs/installation.md for the list.");

        var data = Path.GetFullPath(Get("DATA") ?? "data");
        var listen = Get("LISTEN") ?? "http://localhost:8080";
        foreach (var address in listen.Split(';'))
            if (!Uri.TryCreate(address.Replace("*", "any", StringComparison.Ordinal).Replace("+", "any", StringComparison.Ordinal), UriKind.Absolute, out var parsed) || parsed.Scheme is not ("http" or "https"))
                errors.Add($"OCORE_LISTEN has to be addresses such as http://0.0.0.0:8080, separated by semicolons; it is \"{address}\".");
        var publicUrl = Url("PUBLIC_URL", Get("PUBLIC_URL") ?? listen.Split(';')[0].Replace("*", "localhost", StringComparison.Ordinal), ["http", "https"], errors) ?? new Uri("http://localhost:8080");
        var database = Get("DATABASE") ?? "sqlite";
        if (database != "sqlite" && !database.Contains('=', StringComparison.Ordinal))
            errors.Add("OCORE_DATABASE has to be sqlite or a PostgreSQL connection string such as Host=db;Database=ocore;Username=ocore;Password=….");
        var signup = Get("SIGNUP") ?? "closed";
        if (signup is not ("closed" or "open"))
            errors.Add($"OCORE_SIGNUP has to be closed or open; it is \"{signup}\".");
        var proxies = new List<IPAddress>();
        foreach (var text in (Get("TRUSTED_PROXIES") ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            if (IPAddress.TryParse(text, out var address))
                proxies.Add(address);
            else
                errors.Add($"OCORE_TRUSTED_PROXIES has to be IP addresses separated by commas; \"{text}\" is none.");
        }
        var smtp = Get("SMTP_URL") is { } smtpText ? Url("SMTP_URL", smtpText, ["smtp", "smtps", "file"], errors) : null;
        if (smtp is not null && smtp.Query is not ("" or "?starttls=required" or "?starttls=none"))
            errors.Add("OCORE_SMTP_URL may end in ?starttls=required (as without it) or ?starttls=none.");
        if (smtp is { Query: "?starttls=none", UserInfo.Length: > 0, IsLoopback: false })
            errors.Add("OCORE_SMTP_URL would send its password unencrypted; leave out ?starttls=none.");
        var gitCa = Get("GIT_CA_FILE");
        if (gitCa is not null && !File.Exists(gitCa))
            errors.Add($"OCORE_GIT_CA_FILE has to be a file; there is no {gitCa}.");
        if (Get("ADMIN_PASSWORD") is { Length: < 8 })
            errors.Add("OCORE_ADMIN_PASSWORD has to have at least 8 characters.");

        return new Settings
        {
            DataDirectory = data,
            Database = database,
            PublicUrl = publicUrl,
            Listen = listen,
            MasterKeyFile = Get("MASTER_KEY_FILE") ?? Path.Combine(data, "master.key"),
            SignupOpen = signup == "open",
            SmtpUrl = smtp,
            MailFrom = Get("MAIL_FROM") ?? $"no-reply@{publicUrl.Host}",
            TrustedProxies = proxies,
            SignInsPerMinute = Number("SIGN_INS_PER_MINUTE", Get("SIGN_INS_PER_MINUTE"), 10, errors),
            OperationsPerServer = Number("OPERATIONS_PER_SERVER", Get("OPERATIONS_PER_SERVER"), 4, errors),
            OperationsPerOrganization = Number("OPERATIONS_PER_ORGANIZATION", Get("OPERATIONS_PER_ORGANIZATION"), 8, errors),
            Images = configuration.AsEnumerable().Where(p => p.Key.StartsWith("OCORE_IMAGE_", StringComparison.Ordinal) && p.Value is { Length: > 0 })
                .ToDictionary(p => p.Key["OCORE_IMAGE_".Length..], p => p.Value!),
            GitCaFile = gitCa,
            AdminEmail = Get("ADMIN_EMAIL"),
            AdminPassword = Get("ADMIN_PASSWORD"),
        };
    }

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
