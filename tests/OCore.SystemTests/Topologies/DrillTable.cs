using System.Globalization;
using System.Text;
using OCore.SystemTests.Remote;
using OCore.Tests;

namespace OCore.SystemTests.Topologies;

/// <summary>One harm and what it cost.</summary>
internal sealed record Drill(string Name, TimeSpan Gap, int Requests, int Rows, int Lost, int Sessions, TimeSpan Healed);

/// <summary>What the drills of a run cost, as bench/DRILLS.md has it, in the file that OCORE_TEST_DRILLS_FILE names.</summary>
internal static class DrillTable
{
    // Of all scenes: they follow one another.
    private static readonly List<Drill> Drills = [];
    private static string? _measured;

    /// <summary>Written after each, so that a run that is broken off has told what it saw.</summary>
    public static async Task TellAsync(Drill drill)
    {
        Drills.Add(drill);
        if (Environment.GetEnvironmentVariable("OCORE_TEST_DRILLS_FILE") is not { Length: > 0 } file)
            return;
        _measured ??= await CommitAsync() + DateTimeOffset.UtcNow.ToString(", yyyy-MM-dd", CultureInfo.InvariantCulture);
        await File.WriteAllTextAsync(file, Table(_measured));
    }

    /// <summary>The worst of each harm; rows and sessions that were lost, requests and acknowledged rows of all times together.</summary>
    private static string Table(string measured)
    {
        var table = new StringBuilder("| harm | times | longest gap | longest gap, median | requests lost | rows acknowledged | rows lost | sessions lost | healthy after | measured |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | --- |\n");
        foreach (var harm in Drills.GroupBy(d => d.Name))
        {
            var gaps = harm.Select(d => d.Gap.TotalSeconds).Order().ToList();
            table.Append(string.Create(CultureInfo.InvariantCulture,
                $"| {harm.Key} | {gaps.Count} | {gaps[^1]:0.0} s | {gaps[gaps.Count / 2]:0.0} s | {harm.Sum(d => d.Requests)} | {harm.Sum(d => d.Rows)} | {harm.Sum(d => d.Lost)} | {harm.Sum(d => d.Sessions)} | {harm.Max(d => d.Healed).TotalSeconds:0.0} s | {measured} |\n"));
        }
        return table.ToString();
    }

    private static async Task<string> CommitAsync()
    {
        try
        {
            var commit = (await Lab.RunProgramAsync("git", "-C", Repository.Root, "rev-parse", "--short", "HEAD")).Trim();
            var changed = (await Lab.RunProgramAsync("git", "-C", Repository.Root, "status", "--porcelain", "--untracked-files=no", "--", "src", "images")).Trim();
            return changed.Length == 0 ? commit : commit + " with changes";
        }
        catch (InvalidOperationException)
        {
            // No drill fails because Git tells nothing, as of a copy without its history.
            return "commit unknown";
        }
    }
}
