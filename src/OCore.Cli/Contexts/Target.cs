using OCore.Client;

namespace OCore.Cli.Contexts;

/// <summary>Which installation a command speaks to, as whom and for which organization: options, then environment, then context.</summary>
internal sealed record Target
{
    public required Uri Url { get; init; }
    public string? Token { get; init; }
    public string? Organization { get; init; }
    /// <summary>The context whose session is used; null where the token comes from the environment.</summary>
    public Context? Session { get; init; }

    public static Target Resolve(Io io, ContextStore? store, string? url, string? organization, string? contextName)
    {
        var file = store?.Read() ?? new ContextFile();
        var context = Choose(file, contextName);
        url ??= Given(io, "OCORE_URL");
        var address = url is not null ? ParseUrl(url) : context is not null ? ParseUrl(context.Url) : null;
        if (address is null)
            throw new CliException(ExitCode.Forbidden, "No installation is chosen.", "Sign in with 'ocore login https://…', or set OCORE_URL and OCORE_TOKEN.");

        // A token never goes to an address other than the one that gave it.
        if (url is not null && (context is null || ParseUrl(context.Url) != address))
            context = contextName is null ? file.Contexts.FirstOrDefault(c => ParseUrl(c.Url) == address) : null;
        var token = Given(io, "OCORE_TOKEN");
        return new Target
        {
            Url = address,
            Token = token ?? context?.AccessToken,
            Session = token is null ? context : null,
            Organization = organization ?? Given(io, "OCORE_ORG") ?? (token is null ? context?.Organization : null),
        };
    }

    private static Context? Choose(ContextFile file, string? name)
    {
        if (name is null)
            return file.Find(file.Current);
        return file.Find(name) ?? throw new CliException(ExitCode.NotFound, $"There is no context '{name}'.", "'ocore context list' shows those there are.");
    }

    private static string? Given(Io io, string name) => io.Env(name) is { Length: > 0 } value ? value : null;

    /// <summary><c>ocore.example.com</c> is https; a name of this machine is http.</summary>
    public static Uri ParseUrl(string text)
    {
        var candidate = text.Contains("://", StringComparison.Ordinal) ? text : (IsLocal(text) ? "http://" : "https://") + text;
        if (!Uri.TryCreate(candidate, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https") || url.UserInfo.Length > 0)
            throw new CliException(ExitCode.Usage, $"'{text}' is not the address of an installation.", "Give it as https://ocore.example.com.");
        return new Uri(url.GetLeftPart(UriPartial.Authority));
    }

    private static bool IsLocal(string text)
    {
        var host = text.Split('/')[0].Split(':')[0];
        return host is "localhost" or "127.0.0.1" || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>Whether what is sent there can be read on the way.</summary>
    public static bool IsExposed(Uri url) => url.Scheme == "http" && !url.IsLoopback && !url.Host.EndsWith(".localhost", StringComparison.Ordinal);

    public static Context WithTokens(Context context, SessionTokens tokens) => context with
    {
        AccessToken = tokens.AccessToken,
        RefreshToken = tokens.RefreshToken,
        ExpiresAt = tokens.ExpiresAt,
    };
}
