namespace OCore.Platform.Remote;

/// <summary>Ends a program with all it started: first politely, a second later for good.</summary>
internal static class ProcessGroup
{
    // With a container's id as "$2" nothing is touched unless the process belongs to that container: the number
    // comes from an engine, and an engine in a virtual machine counts processes of its own.
    private const string EndScript = """
        [ -z "$2" ] || grep -q -F -- "$2" "/proc/$1/cgroup" || exit 0
        group=$1
        if read -r stat 2>/dev/null < "/proc/$1/stat"; then
          rest=${stat##*) }
          set -- $rest
          group=$3
        fi
        kill -s TERM -- "-$group" 2>/dev/null || exit 0
        for _ in 1 2 3 4 5 6 7 8 9 10; do
          sleep 0.1
          kill -s 0 -- "-$group" 2>/dev/null || exit 0
        done
        kill -s KILL -- "-$group" 2>/dev/null
        exit 0
        """;

    public static RemoteCommand End(long member, string containerId = "") =>
        RemoteCommand.Script(EndScript, member.ToString(), containerId).WithTimeout(TimeSpan.FromSeconds(10));
}
