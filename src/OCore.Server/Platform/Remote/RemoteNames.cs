using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace OCore.Platform.Remote;

// Everything that reaches a server as a name is one of these, checked where it is made: a value that exists is
// safe to put on a command line, in a path or in a Docker call. None begins with '-', none holds a control character.

/// <summary>A DNS name, an IPv4 or an IPv6 address.</summary>
internal sealed partial record HostName
{
    private HostName(string value) => Value = value;

    public string Value { get; }

    public static HostName Parse(string text) =>
        TryParse(text, out var name) ? name : throw Refused.Name(text, "a host name or address");

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out HostName? name)
    {
        var valid = text is { Length: > 0 and <= 253 } && (Dns().IsMatch(text) || IsIPv6(text));
        name = valid ? new HostName(text!) : null;
        return valid;
    }

    public override string ToString() => Value;

    // A scope ("%eth0") means something on one machine only, and '%' is an escape in OpenSSH's options.
    private static bool IsIPv6(string text) =>
        !text.Contains('%') && !text.Contains('[')
        && IPAddress.TryParse(text, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6;

    [GeneratedRegex(@"\A[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(\.[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9])?)*\z")]
    private static partial Regex Dns();
}

/// <summary>A login name on a server.</summary>
internal sealed partial record UnixUser
{
    private UnixUser(string value) => Value = value;

    public string Value { get; }
    public bool IsRoot => Value == "root";

    public static UnixUser Parse(string text) =>
        TryParse(text, out var user) ? user : throw Refused.Name(text, "a user name");

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out UnixUser? user)
    {
        user = text is not null && Pattern().IsMatch(text) ? new UnixUser(text) : null;
        return user is not null;
    }

    public override string ToString() => Value;

    [GeneratedRegex(@"\A[a-zA-Z_][a-zA-Z0-9_.-]{0,31}\z")]
    private static partial Regex Pattern();
}

/// <summary>The name of a container, volume or network. Docker refuses names of one letter.</summary>
internal sealed partial record DockerName
{
    private DockerName(string value) => Value = value;

    public string Value { get; }

    public static DockerName Parse(string text) =>
        TryParse(text, out var name) ? name : throw Refused.Name(text, "a Docker name of at least two letters");

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out DockerName? name)
    {
        name = text is not null && Pattern().IsMatch(text) ? new DockerName(text) : null;
        return name is not null;
    }

    public override string ToString() => Value;

    [GeneratedRegex(@"\A[a-zA-Z0-9][a-zA-Z0-9_.-]{1,127}\z")]
    private static partial Regex Pattern();
}

/// <summary>An image: <c>[registry/]repository[:tag][@sha256:digest]</c>.</summary>
internal sealed partial record ImageRef
{
    private ImageRef(string value, Match parts)
    {
        Value = value;
        Repository = parts.Groups["name"].Value;
        Tag = parts.Groups["tag"] is { Success: true } tag ? tag.Value : null;
        Digest = parts.Groups["digest"] is { Success: true } digest ? digest.Value : null;
    }

    public string Value { get; }
    public string Repository { get; }
    public string? Tag { get; }
    public string? Digest { get; }

    /// <summary>The registry asked for it, by Docker's own rule for names without one.</summary>
    public string Registry
    {
        get
        {
            var first = Repository.Split('/', 2) is [var head, _] ? head : "";
            return first.Contains('.') || first.Contains(':') || first == "localhost" ? first : "docker.io";
        }
    }

    public static ImageRef Parse(string text) =>
        TryParse(text, out var image) ? image : throw Refused.Name(text, "an image reference");

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out ImageRef? image)
    {
        image = text is { Length: <= 400 } && Pattern().Match(text) is { Success: true } parts ? new ImageRef(text, parts) : null;
        return image is not null;
    }

    public override string ToString() => Value;

    [GeneratedRegex(@"\A(?<name>([a-zA-Z0-9]([a-zA-Z0-9.-]{0,252}[a-zA-Z0-9])?(:[0-9]{1,5})?/)?[a-z0-9]+((\.|_{1,2}|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_{1,2}|-+)[a-z0-9]+)*)*)(:(?<tag>[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}))?(@(?<digest>sha256:[0-9a-f]{64}))?\z")]
    private static partial Regex Pattern();
}

/// <summary>An absolute path on a server, without <c>.</c> or <c>..</c>.</summary>
internal sealed record RemotePath
{
    private RemotePath(string value) => Value = value;

    public string Value { get; }

    public static RemotePath Parse(string text) =>
        TryParse(text, out var path) ? path : throw Refused.Name(text, "an absolute path without '..'");

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out RemotePath? path)
    {
        path = null;
        if (text is not { Length: > 0 and <= 4096 } || text[0] != '/' || text.Any(char.IsControl)) return false;
        if (text.Length > 1) text = text.TrimEnd('/') is { Length: > 0 } trimmed ? trimmed : "/";
        if (text != "/" && text[1..].Split('/').Any(part => part is "" or "." or "..")) return false;
        path = new RemotePath(text);
        return true;
    }

    /// <summary>A path below this one; what would leave it is refused.</summary>
    public RemotePath Combine(string relative) =>
        relative.StartsWith('/') ? throw Refused.Name(relative, "a relative path") : Parse($"{Value.TrimEnd('/')}/{relative}");

    public bool IsUnder(RemotePath folder) =>
        folder.Value == "/" || Value == folder.Value || Value.StartsWith(folder.Value + "/", StringComparison.Ordinal);

    public override string ToString() => Value;
}

/// <summary>Where a Git repository lives: https or ssh, never with a password inside.</summary>
internal sealed partial record GitUrl
{
    private GitUrl(string value) => Value = value;

    public string Value { get; }
    public bool IsSsh => !Value.StartsWith("https://", StringComparison.Ordinal);

    public static GitUrl Parse(string text) =>
        TryParse(text, out var url) ? url : throw Refused.Name(text, "a Git URL by https or ssh, without a password");

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out GitUrl? url)
    {
        var valid = text is { Length: <= 2000 } && !text.Contains("..")
            && (Https().IsMatch(text) || Ssh().IsMatch(text) || ScpLike().IsMatch(text));
        url = valid ? new GitUrl(text!) : null;
        return valid;
    }

    public override string ToString() => Value;

    [GeneratedRegex(@"\Ahttps://[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?(:[0-9]{1,5})?/[a-zA-Z0-9_~][a-zA-Z0-9_.~/+-]*\z")]
    private static partial Regex Https();

    [GeneratedRegex(@"\Assh://([a-zA-Z_][a-zA-Z0-9_.-]*@)?[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?(:[0-9]{1,5})?/[a-zA-Z0-9_~][a-zA-Z0-9_.~/+-]*\z")]
    private static partial Regex Ssh();

    [GeneratedRegex(@"\A[a-zA-Z_][a-zA-Z0-9_.-]*@[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?:[a-zA-Z0-9_~][a-zA-Z0-9_.~/+-]*\z")]
    private static partial Regex ScpLike();
}

/// <summary>A branch, a tag or a commit, by the rules of git-check-ref-format.</summary>
internal sealed partial record GitRef
{
    private GitRef(string value) => Value = value;

    public string Value { get; }

    public static GitRef Parse(string text) =>
        TryParse(text, out var reference) ? reference : throw Refused.Name(text, "a branch, tag or commit");

    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out GitRef? reference)
    {
        var valid = text is not null && Pattern().IsMatch(text) && !text.Contains("..") && !text.Contains("//")
            && !text.Contains("/.") && !text.EndsWith('/') && !text.EndsWith('.')
            && !text.Split('/').Any(part => part.EndsWith(".lock", StringComparison.Ordinal));
        reference = valid ? new GitRef(text!) : null;
        return valid;
    }

    public override string ToString() => Value;

    [GeneratedRegex(@"\A[a-zA-Z0-9_][a-zA-Z0-9_./+-]{0,249}\z")]
    private static partial Regex Pattern();
}

internal static class Refused
{
    // The text comes from a person: it is cut and made printable before it goes into a message or a log.
    public static ArgumentException Name(string? text, string expected)
    {
        var shown = new string((text ?? "").Take(60).Select(c => char.IsControl(c) ? '?' : c).ToArray());
        return new ArgumentException($"'{shown}' is not {expected}.");
    }
}
