using System.Text.RegularExpressions;

namespace OCore.Tests.Rules;

/// <summary>How the code is laid out. A list of exceptions may only shrink.</summary>
public sealed class StructureRules
{
    private static readonly string[] BannedEndings = ["Manager", "Helper", "Helpers", "Util", "Utils", "Service", "Impl", "Base", "Dto"];

    // The context names the rows of every feature, and these read or write some of them. Nothing may join this list.
    private static readonly string[] PlatformThatKnowsFeatures =
    [
        "src/OCore.Server/Platform/Data/Audit.cs", "src/OCore.Server/Platform/Data/OCoreDb.cs",
        "src/OCore.Server/Platform/Security/SignInReader.cs", "src/OCore.Server/Platform/Startup.cs",
    ];

    [Fact]
    public void The_platform_does_not_know_the_features()
    {
        var knowing = Repository.Sources("src/OCore.Server/Platform")
            .Where(f => Regex.IsMatch(Repository.Code(f.Text), @"\bOCore\.Features\b|(?<![\w.])Features\.[A-Z]\w*\.")).Select(f => f.Path).Order(StringComparer.Ordinal);
        Assert.Equal(PlatformThatKnowsFeatures, knowing);
    }

    [Fact]
    public void A_feature_does_not_use_the_endpoints_of_another()
    {
        var wrong = from file in Repository.Sources("src/OCore.Server/Features")
                    let folder = file.Path.Split('/')[3]
                    from Match use in Regex.Matches(Repository.Code(file.Text), @"\b(\w+Endpoints)\.")
                    let owner = Owner(use.Groups[1].Value)
                    where owner is not null && owner != folder
                    select $"{file.Path} uses {use.Groups[1].Value}";
        Assert.Empty(wrong);

        static string? Owner(string type) => Repository.Sources("src/OCore.Server/Features")
            .Where(f => Path.GetFileNameWithoutExtension(f.Path) == type).Select(f => f.Path.Split('/')[3]).FirstOrDefault();
    }

    [Fact]
    public void File_names_are_unique()
    {
        var twice = Repository.Sources("src").Concat(Repository.Sources("tests"))
            .Select(f => Path.GetFileName(f.Path)).Where(name => name is not ("Program.cs" or "AssemblyInfo.cs" or "GlobalUsings.cs"))
            .GroupBy(name => name, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1).Select(g => g.Key);
        Assert.Empty(twice);
    }

    [Fact]
    public void Files_are_short()
    {
        var sources = Repository.Sources("src").Concat(Repository.Sources("tests")).Select(f => (f.Path, Lines: f.Text.Count(c => c == '\n'))).ToList();
        Assert.Empty(sources.Where(f => f.Lines > 400).Select(f => $"{f.Path} has {f.Lines} lines"));
    }

    [Fact]
    public void Types_are_named_after_what_they_are()
    {
        var types = typeof(OCoreApp).Assembly.GetTypes().Concat(typeof(Client.OCoreHttp).Assembly.GetTypes())
            .Where(t => !t.Name.Contains('<', StringComparison.Ordinal) && t.Namespace?.StartsWith("OCore", StringComparison.Ordinal) == true);
        Assert.Empty(types.Where(t => BannedEndings.Any(ending => t.Name.Split('`')[0].EndsWith(ending, StringComparison.Ordinal))).Select(t => t.FullName));
    }

    [Fact]
    public void Types_of_the_server_are_internal_and_sealed()
    {
        var types = typeof(OCoreApp).Assembly.GetTypes().Where(t => t.Namespace?.StartsWith("OCore", StringComparison.Ordinal) == true
            && t.Namespace != "OCore.Migrations" && !t.Namespace.Contains(".Migrations", StringComparison.Ordinal)
            && !t.Name.Contains('<', StringComparison.Ordinal) && t.DeclaringType?.Name.Contains('<', StringComparison.Ordinal) != true
            && t.GetCustomAttributesData().All(a => a.AttributeType.Name != "CompilerGeneratedAttribute" && a.AttributeType.Name != "GeneratedCodeAttribute")).ToList();
        // Query values have to be public to be validated at all.
        var queryValues = Endpoints.Handlers().SelectMany(m => m.GetParameters()).Where(p => p.IsDefined(typeof(Microsoft.AspNetCore.Http.AsParametersAttribute), false)).Select(p => p.ParameterType).ToHashSet();
        Assert.Empty(types.Where(t => (t.IsPublic || t.IsNestedPublic) && !queryValues.Contains(t)).Select(t => $"{t.FullName} is public"));
        Assert.Empty(types.Where(t => t.IsClass && !t.IsSealed && !t.IsAbstract && t.Name != "Program" && !types.Any(other => other.BaseType == t
            || other.BaseType is { IsGenericType: true } generic && generic.GetGenericTypeDefinition() == t)).Select(t => $"{t.FullName} is not sealed"));
    }

    [Fact]
    public void No_statement_of_SQL_is_put_together_from_text()
    {
        var raw = from file in Repository.Sources("src/OCore.Server")
                  from Match use in Regex.Matches(Repository.Code(file.Text), @"\b(\w*SqlRaw\w*|SqlQueryRaw\w*)\s*[<(]")
                  select $"{file.Path}: {use.Groups[1].Value}";
        Assert.Empty(raw);
    }

    [Fact]
    public void Nothing_waits_by_blocking_a_thread()
    {
        var blocking = from file in Repository.Sources("src/OCore.Server")
                       from Match use in Regex.Matches(Repository.Code(file.Text), @"\.GetAwaiter\(\)\.GetResult\(\)|\.Wait\(\)|Thread\.Sleep")
                       select $"{file.Path}: {use.Value}";
        Assert.Empty(blocking);
    }

    [Fact]
    public void The_repository_holds_no_key()
    {
        var files = Repository.Kept();
        Assert.Contains("OCore.slnx", files);
        Assert.DoesNotContain(files, f => Path.GetExtension(f) is ".key" or ".pem" or ".pfx" or ".db" || Path.GetFileName(f).StartsWith("id_", StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_that_fails_ends_the_loop_of_a_service()
    {
        var services = Repository.Sources("src/OCore.Server").Where(f => Regex.IsMatch(Repository.Code(f.Text), @":\s*BackgroundService\b")).ToList();
        Assert.True(services.Count > 10);
        Assert.Empty(services.Where(f => !IsGuarded(Body(f.Text))).Select(f => f.Path));
        // A time-out of something within is a cancellation that nobody asked for: Faults.IsFault tells the two apart.
        Assert.Empty(Repository.Sources("src/OCore.Server").Where(f => Regex.IsMatch(Repository.Code(f.Text), @"when \(\w+ is not (OperationCanceledException|\([^)]*OperationCanceledException[^)]*\))\s*\)")).Select(f => f.Path));

        static string Body(string text) => Regex.Match(text, @"^    protected override async Task ExecuteAsync\(CancellationToken stoppingToken\)\n    \{\n(.*?)^    \}", RegexOptions.Multiline | RegexOptions.Singleline).Groups[1].Value;

        // Whatever is waited for outside of what is caught is only a pause, or what goes on by itself.
        static bool IsGuarded(string body) =>
            Regex.IsMatch(body, @"catch \(Exception \w+\)(?! when)|catch \(Exception (\w+)\) when \(\1\.IsFault\(stoppingToken\)\)")
            && Regex.Matches(Regex.Replace(body, @"^( +)try\n\1\{\n.*?^\1\}\n", "", RegexOptions.Multiline | RegexOptions.Singleline), @"\bawait (\S+?)\(").All(m => m.Groups[1].Value is "Task.Delay" or "Task.WhenAny" or "Task.WhenAll");
    }
}
