using Microsoft.Extensions.DependencyInjection;
using OCore.Platform.Operations;

namespace OCore.Tests.Rules;

/// <summary>What holds for every kind of operation, also for the next one.</summary>
public sealed class OperationRules(TestApp app) : IClassFixture<TestApp>
{
    private IReadOnlyCollection<OperationKind> Kinds => app.Services.GetRequiredService<OperationKinds>().All;

    /// <summary>
    /// Real kinds act on real servers, so the harnesses run them in OCore.SystemTests. The list says of each kind by which test;
    /// a kind without a line, or whose test does not run it through them, fails here.
    /// </summary>
    [Fact]
    public void Every_kind_is_proven_by_the_harnesses()
    {
        var lines = Repository.List("operation-kinds.txt").Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToDictionary(l => l[0], l => l[1]);
        Assert.Equal(Kinds.Select(k => k.Name).Order(StringComparer.Ordinal), lines.Keys.Order(StringComparer.Ordinal));
        var tests = Repository.Sources("tests").ToLookup(f => Path.GetFileNameWithoutExtension(f.Path), f => f.Text);
        Assert.All(lines, line => Assert.True(tests[line.Value].Any(text => text.Contains("ProveAsync", StringComparison.Ordinal) && text.Contains($"\"{line.Key}\"", StringComparison.Ordinal)), $"{line.Key}: {line.Value} does not prove it"));
    }

    [Fact]
    public void Every_kind_is_named_noun_and_verb_and_has_steps()
    {
        Assert.All(Kinds, kind =>
        {
            Assert.Matches(@"^[a-z]+\.[a-z_]+$", kind.Name);
            Assert.NotEmpty(kind.Steps);
            Assert.Equal(kind.Steps.Count, kind.Steps.Select(s => s.Name).Distinct().Count());
        });
    }

    /// <summary>What a release changes of a list, those meet that run meanwhile: whoever reads this file's changes sees whether the version rose, and since which one operations go on.</summary>
    [Fact]
    public void A_change_of_the_steps_is_seen() => Repository.IsGolden("operation-versions.txt", string.Join('\n', Kinds.OrderBy(k => k.Name, StringComparer.Ordinal)
        .Select(k => $"{k.Name} {k.Version}, of those since {k.Since}: {string.Join(" > ", k.Steps.Select(s => s.IsPivot ? $"[{s.Name}]" : s.Name))}")) + "\n");

    /// <summary>By its whole name, or by its verb in the row of its noun.</summary>
    [Fact]
    public void Every_kind_is_in_the_documentation()
    {
        var rows = File.ReadAllLines(Repository.PathOf("docs", "operations.md")).Where(l => l.StartsWith("| `", StringComparison.Ordinal)).ToList();
        Assert.All(Kinds.Select(k => k.Name.Split('.')), name =>
            Assert.Contains(rows, row => row.Contains($"`{name[0]}.{name[1]}`", StringComparison.Ordinal)
                || row.StartsWith($"| `{name[0]}.", StringComparison.Ordinal) && row.Contains($"`.{name[1]}`", StringComparison.Ordinal)));
    }

    /// <summary>Before the pivot everything can be undone; where a step leaves nothing behind, its undo is left out on purpose and listed.</summary>
    [Fact]
    public void A_step_without_an_undo_is_agreed_to()
    {
        var without = Kinds.SelectMany(kind => kind.Steps.TakeWhile(s => !s.IsPivot).Where(s => s.Undo is null).Select(s => $"{kind.Name}: {s.Name}")).Order(StringComparer.Ordinal);
        Repository.IsGolden("steps-without-undo.txt", string.Join('\n', without) + "\n");
    }
}
