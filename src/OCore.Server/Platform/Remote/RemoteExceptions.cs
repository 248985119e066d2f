using System.Text.RegularExpressions;

namespace OCore.Platform.Remote;

/// <summary>The server, or the way to it, is the cause; the message is fit for a person.</summary>
internal class ServerException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>No connection, or it broke.</summary>
internal sealed class ServerUnreachableException(string message, Exception? inner = null) : ServerException(message, inner);

/// <summary>The server is there and refuses the key, the password or sudo.</summary>
internal sealed class ServerAuthenticationException(string message, Exception? inner = null) : ServerException(message, inner);

/// <summary>The server shows another host key than the pinned one. Nothing was sent to it.</summary>
internal sealed class HostKeyChangedException(string host, string pinnedFingerprint, HostKey? offered) : ServerException(
    offered is null
        ? $"{host} no longer shows its pinned host key {pinnedFingerprint}."
        : $"{host} shows the host key {offered.Type} {offered.Fingerprint} instead of the pinned {pinnedFingerprint}.")
{
    public string PinnedFingerprint { get; } = pinnedFingerprint;
    public HostKey? Offered { get; } = offered;
}

/// <summary>A command ran and failed, or was ended: over its time, or with more output than is ever wanted.</summary>
internal sealed class RemoteCommandException : ServerException
{
    public RemoteCommandException(string what, CommandResult result)
        : base($"{what} failed (exit {result.ExitCode}){Tail(result)}") => Result = result;

    public RemoteCommandException(string what, string why) : base($"{what}: {why}")
    {
    }

    public CommandResult? Result { get; }

    private static string Tail(CommandResult result)
    {
        var text = string.IsNullOrWhiteSpace(result.Error) ? result.Out : result.Error;
        var last = text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).TakeLast(3);
        var tail = Redaction.Of(string.Join(" / ", last));
        return tail.Length == 0 ? "." : ": " + (tail.Length > 600 ? tail[^600..] : tail);
    }
}

internal sealed class RemoteTimeoutException(string program, TimeSpan after)
    : ServerException($"{program} did not end within {after.TotalSeconds:0.#} s and was stopped.");

/// <summary>Takes what looks like a secret out of text that a program wrote, before it is shown or stored.</summary>
internal static partial class Redaction
{
    private const string Mark = "[redacted]";

    public static string Of(string text)
    {
        text = PrivateKeys().Replace(text, Mark);
        text = UrlPasswords().Replace(text, "$1" + Mark + "@");
        return Assignments().Replace(text, "$1" + Mark);
    }

    [GeneratedRegex(@"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|\z)", RegexOptions.Singleline)]
    private static partial Regex PrivateKeys();

    [GeneratedRegex(@"([a-zA-Z][a-zA-Z0-9+.-]*://[^\s:/@]*:)[^\s/@]+@")]
    private static partial Regex UrlPasswords();

    [GeneratedRegex(@"((?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key)[""']?\s*[=:]\s*)(?:""[^""]*""|'[^']*'|[^\s,;]+)", RegexOptions.IgnoreCase)]
    private static partial Regex Assignments();
}
