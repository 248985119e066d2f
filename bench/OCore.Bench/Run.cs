using System.Diagnostics;
using System.Globalization;

namespace OCore.Bench;

/// <summary>Other programs, by argument lists.</summary>
public static class Run
{
    public static string Output(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new BenchException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {output}{errors.Result}");
    }

    /// <summary>To a file, as what a script leaves running in the background would keep a pipe open for ever.</summary>
    public static void Script(string program, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var log = Path.GetTempFileName();
        var start = new ProcessStartInfo("sh", ["-c", "out=$1; shift; exec \"$@\" >\"$out\" 2>&1 </dev/null", "run", log, program, .. arguments]);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        process.WaitForExit();
        var said = File.ReadAllText(log);
        File.Delete(log);
        if (process.ExitCode != 0)
            throw new BenchException($"{Path.GetFileName(program)} {string.Join(' ', arguments)} ended with {process.ExitCode}: {said}");
    }
}

/// <summary>What processes used, from /proc.</summary>
public static class ProcessUse
{
    private const double TicksPerSecond = 100;

    /// <summary>Processor time of these processes and of the children of theirs that have ended.</summary>
    public static TimeSpan Cpu(IEnumerable<int> processes) => TimeSpan.FromSeconds(processes.Sum(Ticks) / TicksPerSecond);

    public static (long Resident, long Proportional) Memory(int process)
    {
        var rollup = File.ReadAllLines($"/proc/{process}/smaps_rollup");
        long Of(string name) => long.Parse(rollup.First(l => l.StartsWith(name, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
        return (Of("Rss:"), Of("Pss:"));
    }

    /// <summary>What the resident memory is: bytes by kind, the largest first.</summary>
    public static IReadOnlyList<(string Kind, long Bytes)> MemoryByKind(int process)
    {
        var (bytes, kind) = (new Dictionary<string, long>(), "");
        foreach (var line in File.ReadLines($"/proc/{process}/smaps"))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            // The first line of a mapping begins with its addresses and ends with what is mapped, of which the file may be deleted.
            if (fields[0].Contains('-', StringComparison.Ordinal) && !fields[0].EndsWith(':'))
                kind = KindOf(fields.Length > 5 ? fields[5] : "");
            else if (fields[0] == "Rss:")
                bytes[kind] = bytes.GetValueOrDefault(kind) + (long.Parse(fields[1], CultureInfo.InvariantCulture) * 1024);
        }
        return [.. bytes.OrderByDescending(b => b.Value).Select(b => (b.Key, b.Value))];
    }

    private static string KindOf(string mapped) => mapped switch
    {
        _ when mapped.Contains("doublemapper", StringComparison.Ordinal) => "code made at run time, and what the runtime keeps of types",
        _ when Path.GetFileName(mapped).StartsWith("OCore.", StringComparison.Ordinal) => "oCore's own assemblies",
        _ when mapped.EndsWith(".dll", StringComparison.Ordinal) => "assemblies of .NET and of libraries",
        _ when mapped.Contains(".so", StringComparison.Ordinal) => "native libraries",
        _ => "managed heap and other data",
    };

    public static List<int> ChildrenOf(int parent) => [.. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName).Where(n => int.TryParse(n, out _))
        .Select(n => int.Parse(n!, CultureInfo.InvariantCulture)).Where(p => Stat(p) is { } s && int.Parse(s[1], CultureInfo.InvariantCulture) == parent)];

    private static double Ticks(int process) => Stat(process) is { } s ? s[11..15].Sum(f => double.Parse(f, CultureInfo.InvariantCulture)) : 0;

    // Fields from the third on: the second is the name, which may contain anything.
    private static string[]? Stat(int process)
    {
        try
        {
            var text = File.ReadAllText($"/proc/{process}/stat");
            return text[(text.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }
}
