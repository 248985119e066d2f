using System.Text.RegularExpressions;

namespace OCore.Platform.Remote;

/// <summary>
/// Shuts a process of oCore out of a server, on the server: a database can keep it from writing there, but a process that stood
/// still and wakes up would first go on with what it was about to send. Each life enters itself with its connection; to shut it out is
/// to end that connection with all that runs in it, and to leave a mark that refuses the next.
/// </summary>
internal static partial class Fencing
{
    public const string Marks = "/var/lib/ocore/fenced", Lives = "/run/ocore-lives";
    private const int ShutOut = 75;

    // Born: a number that is used again belongs to another process. The parts after the name's closing bracket begin with field 3.
    private const string Common = """
        set -eu
        umask 022
        mkdir -p /run/ocore-lives /var/lib/ocore/fenced
        born() { s=$(cat "/proc/$1/stat" 2>/dev/null) || return 1; set -- ${s##*) }; echo "${20}"; }
        if command -v flock >/dev/null 2>&1; then exec 9>/run/ocore-lives/lock; flock -w 10 9; fi
        """;

    // Up from this shell through sudo to the sshd of this connection, whose end is the end of all its sessions.
    private const string EnterScript = Common + "\n" + """
        [ ! -e "/var/lib/ocore/fenced/$1" ] || exit 75
        p=$$ found=
        while [ "$p" -gt 1 ]; do
          case $(cat "/proc/$p/comm") in sshd*) found=$p; break ;; esac
          p=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$p/status")
        done
        [ -n "$found" ] || exit 0
        printf '%s %s\n' "$found" "$(born "$found")" >"/run/ocore-lives/$1"
        for f in /run/ocore-lives/????????????????????????????????; do
          [ -f "$f" ] && read -r p at <"$f" && [ "$(born "$p" || true)" = "$at" ] || rm -f "$f"
        done
        """;

    private const string ShutOutScript = Common + "\n" + """
        : >"/var/lib/ocore/fenced/$1"
        below() { for c in $(cat /proc/"$1"/task/*/children 2>/dev/null); do echo "$c"; below "$c"; done; }
        if [ -f "/run/ocore-lives/$1" ] && read -r p at <"/run/ocore-lives/$1" && [ "$(born "$p" || true)" = "$at" ]; then
          # It must not begin anything while those it began are counted.
          kill -s STOP "$p" 2>/dev/null || true
          all=$(below "$p")
          kill -s KILL "$p" $all 2>/dev/null || true
        fi
        rm -f "/run/ocore-lives/$1"
        find /var/lib/ocore/fenced -type f -mtime +30 -delete 2>/dev/null || true
        """;

    /// <summary>Enters this life with the connection that runs the command.</summary>
    /// <exception cref="FencedException">It was shut out.</exception>
    public static async Task EnterAsync(Func<RemoteCommand, Task<CommandResult>> run, string life, string where)
    {
        var answer = await run(RemoteCommand.Script(EnterScript, Checked(life)).AsRoot().WithTimeout(TimeSpan.FromSeconds(20)));
        if (answer.ExitCode == ShutOut)
            throw new FencedException(where);
        answer.ThrowIfFailed($"Entering {where}");
    }

    /// <summary>From here on nothing that this life sent, or sends, changes the server.</summary>
    public static async Task ShutOutAsync(IServerConnection connection, string life, CancellationToken stop) =>
        (await connection.RunAsync(RemoteCommand.Script(ShutOutScript, Checked(life)).AsRoot().WithTimeout(TimeSpan.FromSeconds(30)), stop)).ThrowIfFailed("Shutting out the process that was overtaken");

    private static string Checked(string life) => Life().IsMatch(life) ? life : throw Refused.Name(life, "the name of a process");

    [GeneratedRegex(@"\A[0-9a-f]{32}\z")]
    private static partial Regex Life();
}
