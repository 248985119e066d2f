using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.RegularExpressions;
using OCore.Cli;

namespace OCore.Tests.Cli;

/// <summary>What the API can do, the command line can do. <c>no-cli.txt</c> names what only a browser can; it may only shrink.</summary>
[Collection("cli")]
public sealed partial class CoverageTests(TestApp app) : IClassFixture<TestApp>
{
    [Fact]
    public async Task Every_operation_of_the_api_has_a_verb()
    {
        var verbs = HelpTests.Verbs(CommandLine.Root(), []).SelectMany(v => v.Verb.Operations).Select(Shape).ToHashSet();
        using var spec = JsonDocument.Parse(await app.Anonymous.GetStringAsync("/openapi/v1.json"));
        var operations = spec.RootElement.GetProperty("paths").EnumerateObject()
            .SelectMany(path => path.Value.EnumerateObject().Select(verb => Shape($"{verb.Name.ToUpperInvariant()} {path.Name["/api".Length..].TrimEnd('/')}")))
            .ToList();
        var excused = (await File.ReadAllLinesAsync(Here("no-cli.txt"))).Where(l => l.Length > 0 && l[0] != '#').ToList();
        Assert.Empty(operations.Except(verbs).Except(excused.Select(Shape)));
        Assert.DoesNotContain(excused, e => verbs.Contains(Shape(e)));
    }

    private static string Shape(string operation) => Hole().Replace(operation, "{}");

    private static string Here(string file, [CallerFilePath] string here = "") => Path.Combine(Path.GetDirectoryName(here)!, file);

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Hole();
}
