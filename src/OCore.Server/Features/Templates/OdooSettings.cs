using System.Globalization;
using OCore.Platform.Data;
using OCore.Platform.Http;

namespace OCore.Features.Templates;

/// <summary>Settings of odoo.conf by their names, in either case: passwords among them are masked.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SettingsWithSecretsAttribute : SecretValuesAttribute
{
    public override bool IsSecret(string key) => OdooSettings.IsSecret(key);
}

/// <summary>
/// The keys of odoo.conf that people may set, with what each accepts. Everything else is oCore's own (addresses, passwords, paths) or
/// unknown, and refused: the file decides what an instance may reach.
/// </summary>
internal static class OdooSettings
{
    private enum Kind { Number, Flag, Text }

    private sealed record Setting(Kind Kind, long Min = 0, long Max = long.MaxValue);

    private static readonly Dictionary<string, Setting> Allowed = new()
    {
        ["workers"] = new(Kind.Number, 0, 64),
        ["max_cron_threads"] = new(Kind.Number, 0, 16),
        ["limit_memory_soft"] = new(Kind.Number, 67108864, 1L << 40),
        ["limit_memory_hard"] = new(Kind.Number, 67108864, 1L << 40),
        ["limit_request"] = new(Kind.Number, 1, 10_000_000),
        ["limit_time_cpu"] = new(Kind.Number, 1, 86400),
        ["limit_time_real"] = new(Kind.Number, 1, 86400),
        ["limit_time_real_cron"] = new(Kind.Number, -1, 86400),
        ["limit_time_worker_cron"] = new(Kind.Number, 0, 86400),
        ["db_maxconn"] = new(Kind.Number, 4, 512),
        ["proxy_mode"] = new(Kind.Flag),
        ["unaccent"] = new(Kind.Flag),
        ["log_level"] = new(Kind.Text),
        ["log_handler"] = new(Kind.Text),
        ["email_from"] = new(Kind.Text),
        ["from_filter"] = new(Kind.Text),
        ["smtp_server"] = new(Kind.Text),
        ["smtp_port"] = new(Kind.Number, 1, 65535),
        ["smtp_user"] = new(Kind.Text),
        ["smtp_password"] = new(Kind.Text),
        ["smtp_ssl"] = new(Kind.Flag),
        ["transient_age_limit"] = new(Kind.Text),
        ["osv_memory_count_limit"] = new(Kind.Number, 0, 1_000_000),
    };

    // Named so that the refusal can say why.
    private static readonly HashSet<string> OwnedByOCore =
    [
        "admin_passwd", "db_host", "db_port", "db_user", "db_password", "db_name", "db_template", "db_sslmode", "dbfilter", "list_db", "data_dir", "addons_path",
        "http_port", "http_interface", "http_enable", "gevent_port", "longpolling_port", "xmlrpc_port", "server_wide_modules", "logfile", "pidfile", "syslog",
        "init", "update", "without_demo", "with_demo", "pg_path", "upgrade_path", "bin_path", "shell_interface", "dev_mode", "test_enable",
    ];

    private static readonly string[] LogLevels = ["info", "debug_rpc", "warn", "test", "critical", "runbot", "debug_sql", "error", "debug", "debug_rpc_answer", "notset"];

    /// <summary>Checks names and values, by their upper-case names (<c>WORKERS</c>) or their own (<c>workers</c>).</summary>
    /// <param name="field">The request's field, for the refusal.</param>
    public static Problem? Check(string field, IReadOnlyDictionary<string, string>? settings, bool upperCase)
    {
        var errors = new Dictionary<string, string[]>();
        foreach (var (name, value) in settings ?? new Dictionary<string, string>())
            if (Refusal(name, value, upperCase) is { } message)
                errors[$"{field}.{name}"] = [message];
        if (settings?.Count > 100)
            errors[field] = ["At most 100 settings."];
        return errors.Count == 0 ? null : new Problem(400, "invalid_setting", string.Join(" ", errors.Select(e => $"{e.Key}: {e.Value[0]}")),
            $"Settings that can be given: {string.Join(", ", Allowed.Keys.Select(k => upperCase ? k.ToUpperInvariant() : k))}.") { Errors = errors };
    }

    /// <summary>Why a key of odoo.conf, by its own name, cannot have this value; null where it can.</summary>
    internal static string? Refusal(string key, string value) => Refusal(key, value, upperCase: false);

    public static bool IsAllowed(string key) => Allowed.ContainsKey(key);

    private static string? Refusal(string name, string value, bool upperCase)
    {
        var key = name.ToLowerInvariant();
        if (name != (upperCase ? name.ToUpperInvariant() : key))
            return upperCase ? "Names of variables are upper case, for example WORKERS." : "Keys of odoo.conf are lower case, for example workers.";
        if (OwnedByOCore.Contains(key) || key.StartsWith("db_", StringComparison.Ordinal) && !Allowed.ContainsKey(key))
            return "oCore sets this itself, so that instances stay apart.";
        if (!Allowed.TryGetValue(key, out var setting))
            return "This is no setting of odoo.conf that oCore knows.";
        return setting.Kind switch
        {
            Kind.Number => long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= setting.Min && number <= setting.Max
                ? null : $"A whole number from {setting.Min} to {setting.Max}.",
            Kind.Flag => Flag(value) is null ? "True or False." : null,
            _ when value.Length > 500 || value.Any(char.IsControl) => "At most 500 characters on one line.",
            _ when key == "log_level" && !LogLevels.Contains(value) => $"One of {string.Join(", ", LogLevels)}.",
            _ => null,
        };
    }

    /// <summary>The keys of odoo.conf that the layers give, later ones over earlier ones.</summary>
    public static SortedDictionary<string, string> Merge(params IReadOnlyDictionary<string, string>?[] layers)
    {
        var merged = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var layer in layers)
            foreach (var (name, value) in layer ?? new Dictionary<string, string>())
            {
                var key = name.ToLowerInvariant();
                merged[key] = Allowed.TryGetValue(key, out var setting) && setting.Kind == Kind.Flag ? Flag(value)! : value;
            }
        return merged;
    }

    public static bool IsSecret(string key) => key.Contains("passw", StringComparison.OrdinalIgnoreCase) || key.Contains("secret", StringComparison.OrdinalIgnoreCase)
        || key.Contains("token", StringComparison.OrdinalIgnoreCase) || key.EndsWith("_key", StringComparison.OrdinalIgnoreCase);

    private static string? Flag(string value) => value.ToLowerInvariant() switch
    {
        "true" or "1" or "yes" or "on" => "True",
        "false" or "0" or "no" or "off" => "False",
        _ => null,
    };
}
