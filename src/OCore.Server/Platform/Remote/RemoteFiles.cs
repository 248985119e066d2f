namespace OCore.Platform.Remote;

/// <summary>Files on a server by constant scripts: contents go by stdin, names as arguments.</summary>
internal static class RemoteFiles
{
    public const int ReadLimit = 64 << 20;
    private const int Missing = 66;

    // The size is checked because a cut connection looks like the end of the input. The sync before the rename keeps
    // a power cut from leaving an empty file under the final name.
    private const string WriteScript = """
        set -eu
        umask 022
        mkdir -p -- "${1%/*}/"
        umask 077
        t=$(mktemp -- "${1%/*}/.ocore.XXXXXXXX")
        trap 'rm -f -- "$t"' EXIT
        cat > "$t"
        [ "$(wc -c < "$t")" -eq "$3" ] || { echo 'the content was cut short' >&2; exit 65; }
        chmod -- "$2" "$t"
        sync -- "$t" 2>/dev/null || sync
        mv -f -T -- "$t" "$1"
        trap - EXIT
        """;

    private const string ReadScript = """
        [ -e "$1" ] || exit 66
        exec cat -- "$1"
        """;

    public static RemoteCommand Write(RemotePath path, ReadOnlyMemory<byte> content, UnixFileMode mode) =>
        RemoteCommand.Script(WriteScript, path.Value, Octal(mode), content.Length.ToString())
            .WithInput(content).WithTimeout(TimeFor(content.Length));

    public static RemoteCommand Read(RemotePath path) =>
        RemoteCommand.Script(ReadScript, path.Value).WithTimeout(TimeFor(ReadLimit));

    public static byte[] Content(RemotePath path, CommandBytes answer) => answer.ExitCode switch
    {
        0 => answer.Out,
        Missing => throw new FileNotFoundException($"There is no {path} on the server.", path.Value),
        _ => throw new RemoteCommandException($"Reading {path}", answer.ToText()),
    };

    // A minute, and the rest at the pace of a slow line (1 MiB/s).
    private static TimeSpan TimeFor(int bytes) => TimeSpan.FromSeconds(60 + (bytes >> 20));

    private static string Octal(UnixFileMode mode) => Convert.ToString((int)mode, 8).PadLeft(4, '0');
}
