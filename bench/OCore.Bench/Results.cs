using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;

namespace OCore.Bench;

/// <summary>
/// bench/RESULTS.md: a section for each measurement, each written whole by the run that measured it and by nothing else.
/// </summary>
public sealed class Results(bool write)
{
    private static string PathOf => Path.Combine(Repository.Root, "bench", "RESULTS.md");

    private const string Head = """
        # Measured

        Written by `bin/bench --write`; not edited by hand. Each section is one run and says when, on what and of which commit it is.
        Figures of different machines do not compare. Everything runs on one machine: oCore, the database, and what asks.


        """;

    public void Keep(Bench bench)
    {
        if (!write || bench.Quick)
            return;
        var sections = File.Exists(PathOf) ? Sections(File.ReadAllText(PathOf)) : [];
        sections[bench.Name] = Section(bench);
        var order = new[] { "portals", "start", "api", "queries", "cli", "docker", "logs", "provision" };
        File.WriteAllText(PathOf, Head + string.Join("\n", sections.OrderBy(s => Array.IndexOf(order, s.Key)).Select(s => s.Value)));
        Console.WriteLine($"kept in {Path.GetRelativePath(Environment.CurrentDirectory, PathOf)}");
    }

    private static Dictionary<string, string> Sections(string text) => Regex.Matches(text, @"^## (?<name>\w+): .*?(?=^## \w+: |\z)", RegexOptions.Multiline | RegexOptions.Singleline)
        .ToDictionary(m => m.Groups["name"].Value, m => m.Value.TrimEnd() + "\n");

    private static string Section(Bench bench)
    {
        var text = new StringBuilder().AppendLine(CultureInfo.InvariantCulture, $"## {bench.Name}: {bench.What}").AppendLine();
        text.Append(bench.Markdown());
        text.AppendLine(CultureInfo.InvariantCulture, $"`bin/bench {bench.Name}` at {DateTime.UtcNow:yyyy-MM-dd HH:mm} UTC, commit {Commit()}, {Machine.Describe()}, load of the last minute {Machine.Load()}{(Priority.Raised ? ", which this had priority over" : "")}.");
        return text.ToString();
    }

    private static string Commit()
    {
        var commit = Run.Output("git", "-C", Repository.Root, "rev-parse", "--short", "HEAD").Trim();
        var changed = Run.Output("git", "-C", Repository.Root, "status", "--porcelain", "--untracked-files=no", "--", "src", "web/src").Trim();
        return changed.Length == 0 ? commit : commit + " with changes";
    }
}

public static class Machine
{
    public static string Describe()
    {
        var model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? RuntimeInformation.ProcessArchitecture.ToString();
        var memory = long.Parse(Regex.Match(File.ReadAllText("/proc/meminfo"), @"MemTotal:\s+(\d+)").Groups[1].Value, CultureInfo.InvariantCulture) / 1048576.0;
        return $"{Environment.ProcessorCount} cores of {model}, {Figure.Of(memory)} GB, Linux {Environment.OSVersion.Version.ToString(3)}, .NET {Environment.Version}";
    }

    public static string Load() => File.ReadAllText("/proc/loadavg").Split(' ')[0];
}

public static class Repository
{
    public static string Root { get; } = Find();

    /// <summary>What bin/up built and starts.</summary>
    public static string Server => Path.Combine(Root, ".ocore", "server", "OCore.Server.dll");
    public static string Cli => Path.Combine(Root, ".ocore", "cli", "ocore");

    private static string Find()
    {
        for (var directory = AppContext.BaseDirectory; directory is not null; directory = Path.GetDirectoryName(directory))
            if (File.Exists(Path.Combine(directory, "OCore.slnx")))
                return directory;
        throw new InvalidOperationException("The bench runs in a checkout.");
    }
}
