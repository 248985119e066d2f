using System.Globalization;

namespace OCore.Bench;

/// <summary>How often a list asks the database, however many rows it has. The test that holds it to that counts, and writes down what it counted.</summary>
internal static class QueriesBench
{
    public static Task RunAsync(Bench bench)
    {
        var file = Path.GetTempFileName();
        try
        {
            Environment.SetEnvironmentVariable("OCORE_TEST_QUERIES_FILE", file);
            Run.Output("dotnet", "test", Path.Combine(Repository.Root, "tests", "OCore.Tests"), "--filter", "FullyQualifiedName~QueriesOfLists", "--nologo", "-v", "q");
            var counted = File.ReadLines(file).Select(l => l.Split('\t')).ToList();
            if (counted.Count == 0)
                throw new BenchException("The test QueriesOfLists counted nothing: dotnet test --filter QueriesOfLists says why.");
            var growing = counted.Where(c => c[2..].Select(n => n.Split(':')[1]).Distinct().Count() > 1).ToList();
            var most = counted.Max(c => c[2..].Max(n => int.Parse(n.Split(':')[1], CultureInfo.InvariantCulture)));
            bench.Aim("queries of each list constant in rows", growing.Count == 0 ? $"{counted.Count} counts, all constant" : string.Join(", ", growing.Select(g => g[0])), growing.Count == 0);
            bench.Aim("at most 8 queries for a list", $"{most}", most <= 8);
            bench.Table(["list", "database", "queries", "rows"], counted.OrderBy(c => c[0], StringComparer.Ordinal).ThenBy(c => c[1], StringComparer.Ordinal)
                .Select(c => (string[])[c[0], c[1], string.Join(", ", c[2..].Select(n => n.Split(':')[1]).Distinct()), string.Join(", ", c[2..].Select(n => n.Split(':')[0]))]));
            bench.Note("Counted by `tests/OCore.Tests/Data/QueriesOfLists.cs` with one row of everything, with ten and with fifty, by the trace of each request: the fewest of several, for what is read of the caller is remembered.");
            return Task.CompletedTask;
        }
        finally
        {
            Environment.SetEnvironmentVariable("OCORE_TEST_QUERIES_FILE", null);
            File.Delete(file);
        }
    }
}
