using System.Text.Json;
using System.Text.RegularExpressions;

namespace OCore.Bench;

/// <summary>
/// Where a server's time goes, for results that missed their aim: dotnet-trace's samples of its threads while it is under load, counted by
/// the innermost frame and by assembly. Threads that wait are not counted.
/// </summary>
public static partial class Profile
{
    private const int Shown = 15;

    public static void Note(Bench bench, ServerUnderTest server, string what, Action underLoad)
    {
        var folder = ServerUnderTest.NewDirectory();
        try
        {
            var trace = Path.Combine(folder, "trace");
            Run.Output("dotnet", "tool", "restore");
            var load = Task.Run(underLoad);
            Run.Output("dotnet", "tool", "run", "dotnet-trace", "--", "collect", "--profile", "dotnet-sampled-thread-time", "--format", "Speedscope", "--duration", "00:00:05", "-p", $"{server.Id}", "-o", trace + ".nettrace");
            load.Wait();
            var (frames, assemblies) = Count(trace + ".speedscope.json");
            bench.Note($"Where the time of {what} goes, by sampled stacks; first by assembly, then by the innermost frame:");
            bench.Table(["assembly", "share"], Rows(assemblies, 10));
            bench.Table(["frame", "share"], Rows(frames, Shown));
        }
        catch (BenchException impossible)
        {
            bench.Note($"No profile of {what}: {impossible.Message.Split('\n')[0]}");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<string[]> Rows(Dictionary<string, double> counted, int most)
    {
        var all = counted.Values.Sum();
        return counted.OrderByDescending(c => c.Value).Take(most).Select(c => (string[])[c.Key.Replace("|", "\\|", StringComparison.Ordinal), Figure.Of(100 * c.Value / all, "0.0") + " %"]);
    }

    private static (Dictionary<string, double> Frames, Dictionary<string, double> Assemblies) Count(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllText(path));
        var names = document.RootElement.GetProperty("shared").GetProperty("frames").EnumerateArray().Select(f => f.GetProperty("name").GetString()!).ToArray();
        var (frames, assemblies) = (new Dictionary<string, double>(), new Dictionary<string, double>());
        foreach (var thread in document.RootElement.GetProperty("profiles").EnumerateArray())
        {
            var (stack, last) = (new Stack<int>(), double.NaN);
            foreach (var change in thread.GetProperty("events").EnumerateArray())
            {
                var at = change.GetProperty("at").GetDouble();
                if (stack.Count > 1 && names[stack.Peek()] == "CPU_TIME")
                {
                    var frame = names[stack.ElementAt(1)];
                    Add(frames, Arguments().Replace(frame, ""), at - last);
                    Add(assemblies, frame.Split('!')[0] is { Length: > 0 } assembly and not "?" ? assembly : "not known", at - last);
                }
                last = at;
                if (change.GetProperty("type").GetString() == "O")
                    stack.Push(change.GetProperty("frame").GetInt32());
                else
                    stack.Pop();
            }
        }
        return (frames, assemblies);
    }

    private static void Add(Dictionary<string, double> counted, string name, double time) => counted[name] = counted.GetValueOrDefault(name) + time;

    [GeneratedRegex(@"\(.*$")]
    private static partial Regex Arguments();
}
