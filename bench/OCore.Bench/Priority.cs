using System.Globalization;

namespace OCore.Bench;

/// <summary>
/// On a machine that does other work, a measurement of latency measures that work. As root this one goes first: Linux shares the
/// processors between sessions, so it is the session that is raised, and each that a measured program begins (PostgreSQL's do).
/// </summary>
public static class Priority
{
    public static bool Raised { get; private set; }

    public static void Raise() => Raised = Environment.IsPrivilegedProcess && Set(Environment.ProcessId, -20);

    public static void Raise(IEnumerable<int> processes)
    {
        if (!Raised)
            return;
        foreach (var process in processes)
            Set(process, -20);
    }

    public static void Restore()
    {
        if (Raised)
            Set(Environment.ProcessId, 0);
    }

    private static bool Set(int process, int nice)
    {
        try
        {
            File.WriteAllText($"/proc/{process}/autogroup", nice.ToString(CultureInfo.InvariantCulture));
            return true;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
