using System.Text.Json;
using System.Xml.Linq;

namespace OCore.Tests.Rules;

/// <summary>Whoever gets oCore gets the licences of what it is made of.</summary>
public sealed class NoticesRules
{
    [Fact]
    public void What_is_shipped_is_in_the_notices()
    {
        var notices = File.ReadAllText(Repository.PathOf("THIRD-PARTY-NOTICES.txt"));
        var versions = XDocument.Load(Repository.PathOf("Directory.Packages.props")).Descendants("PackageVersion").ToDictionary(p => p.Attribute("Include")!.Value, p => p.Attribute("Version")!.Value);
        var shipped = ((string[])["OCore.Server", "OCore.Cli", "OCore.Client"]).SelectMany(project => XDocument.Load(Repository.PathOf("src", project, project + ".csproj")).Descendants("PackageReference"))
            .Where(p => p.Attribute("PrivateAssets")?.Value != "all" && p.Element("PrivateAssets")?.Value != "all").Select(p => p.Attribute("Include")!.Value).Where(versions.ContainsKey).Select(name => $"{name} {versions[name]}");
        using var web = JsonDocument.Parse(File.ReadAllText(Repository.PathOf("web", "package.json")));
        var bundled = web.RootElement.GetProperty("dependencies").EnumerateObject().Select(d => $"{d.Name} {d.Value.GetString()}");
        // A package without files of its own stands for those it brings.
        string[] bundles = ["Microsoft.EntityFrameworkCore.Sqlite"];
        var missing = shipped.Concat(bundled).Where(item => !notices.Contains(item, StringComparison.Ordinal) && !bundles.Contains(item.Split(' ')[0])).ToList();
        Assert.True(missing.Count == 0, $"Run bin/notices.mjs: {string.Join(", ", missing)} {(missing.Count == 1 ? "is" : "are")} shipped without a notice.");
        Assert.Contains("zxcvbn", notices, StringComparison.Ordinal);
    }
}
