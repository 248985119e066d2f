using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.RegularExpressions;

namespace OCore.Platform.Remote;

/// <summary>
/// The only thing a server can be asked to run: a program and its arguments, as a value. There is no way to make one
/// from a command line, so nothing a person typed can become a second command. Secrets never are arguments (any user
/// of the server can list those): they go by <see cref="WithInput(string)"/>.
/// </summary>
internal sealed partial record RemoteCommand
{
    private RemoteCommand(string program, string[] arguments)
    {
        Program = program;
        Arguments = arguments;
    }

    public string Program { get; }
    public IReadOnlyList<string> Arguments { get; }
    public ReadOnlyMemory<byte> Input { get; private init; }

    /// <summary>How long it may take; without one, <c>RunAsync</c> allows a minute and a stream has no end.</summary>
    public TimeSpan? Timeout { get; private init; }

    public bool NeedsRoot { get; private init; }

    public static RemoteCommand Of([ConstantExpected] string program, params ReadOnlySpan<string> args)
    {
        if (!ProgramName().IsMatch(program)) throw Refused.Name(program, "the name of a program");
        if (Shells.Contains(Path.GetFileName(program)) && args.Contains("-c"))
            throw new ArgumentException("A shell takes constant scripts only: use RemoteCommand.Script.");
        return new RemoteCommand(program, Checked(args));
    }

    /// <summary>A POSIX sh script that is a constant of oCore's; what varies comes as "$1", "$2"… or by stdin.</summary>
    public static RemoteCommand Script([ConstantExpected] string script, params ReadOnlySpan<string> args) =>
        new("sh", ["-c", Checked([script])[0], "ocore", .. Checked(args)]);

    public RemoteCommand WithInput(string text) => this with { Input = Encoding.UTF8.GetBytes(text) };

    public RemoteCommand WithInput(ReadOnlyMemory<byte> bytes) => this with { Input = bytes };

    public RemoteCommand WithTimeout(TimeSpan timeout) =>
        timeout > TimeSpan.Zero ? this with { Timeout = timeout } : throw new ArgumentOutOfRangeException(nameof(timeout));

    public RemoteCommand AsRoot() => this with { NeedsRoot = true };

    /// <summary>The line a POSIX shell reads back as exactly these arguments.</summary>
    public string Render() => Render([Program, .. Arguments]);

    public override string ToString() => Render();

    public bool Equals(RemoteCommand? other) =>
        other is not null && Render() == other.Render() && NeedsRoot == other.NeedsRoot
        && Timeout == other.Timeout && Input.Span.SequenceEqual(other.Input.Span);

    public override int GetHashCode() => Render().GetHashCode(StringComparison.Ordinal);

    /// <summary>The one encoder: within single quotes a shell reads nothing but the closing quote.</summary>
    internal static string Render(IEnumerable<string> words) =>
        string.Join(' ', words.Select(word => "'" + Checked([word])[0].Replace("'", "'\\''") + "'"));

    private static string[] Checked(ReadOnlySpan<string> words)
    {
        foreach (var word in words)
        {
            ArgumentNullException.ThrowIfNull(word, "argument");
            // The kernel ends an argument at NUL, so what runs would not be what was checked. A lone half of a
            // surrogate pair has no bytes in UTF-8 and would arrive as a question mark.
            if (word.Contains('\0')) throw new ArgumentException("An argument holds NUL.");
            if (!IsWellFormed(word)) throw new ArgumentException("An argument is not well-formed Unicode.");
        }
        return words.ToArray();
    }

    private static bool IsWellFormed(string word)
    {
        for (var i = 0; i < word.Length; i++)
        {
            if (!char.IsSurrogate(word[i])) continue;
            if (i + 1 >= word.Length || !char.IsSurrogatePair(word[i], word[i + 1])) return false;
            i++;
        }
        return true;
    }

    private static readonly HashSet<string> Shells = ["sh", "bash", "dash", "ash", "zsh", "ksh", "busybox", "su", "eval"];

    [GeneratedRegex(@"\A[a-zA-Z0-9_/][a-zA-Z0-9_./+-]{0,199}\z")]
    private static partial Regex ProgramName();
}

/// <summary>What a command answered.</summary>
internal sealed record CommandResult(int ExitCode, string Out, string Error)
{
    public bool Ok => ExitCode == 0;

    /// <param name="what">What was tried, in words that fit "… failed".</param>
    public CommandResult ThrowIfFailed(string what) => Ok ? this : throw new RemoteCommandException(what, this);
}

/// <summary>An answer before it is taken for text: file contents go through here.</summary>
internal sealed record CommandBytes(int ExitCode, byte[] Out, byte[] Error)
{
    public CommandResult ToText() => new(ExitCode, Encoding.UTF8.GetString(Out), Encoding.UTF8.GetString(Error));
}
