using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Playwright;
using OCore.SystemTests.PortalDomains;
using OCore.Tests;
using Xunit;

namespace OCore.SystemTests.Browser;

/// <summary>Debian's Chromium, and the program as <c>bin/up</c> builds it: the dashboard's files and the published server.</summary>
public sealed class BrowserLab : IAsyncLifetime
{
    private IPlaywright? _playwright;

    internal IBrowser Browser { get; private set; } = null!;
    internal static string ServerFolder { get; } = Repository.PathOf(".ocore", "server");

    /// <summary>The source of axe-core, as npm installed it for the dashboard.</summary>
    internal static Lazy<string> Axe { get; } = new(() => File.ReadAllText(Repository.PathOf("web", "node_modules", "axe-core", "axe.min.js")));

    public async Task InitializeAsync()
    {
        if (BrowserFactAttribute.WhyNot is not null)
            return; // each test says so
        await BuildAsync();
        // For a machine that does other things as well; where all is well nothing waits.
        Assertions.SetDefaultExpectTimeout(15_000);
        _playwright = await Playwright.CreateAsync();
        Browser = await LaunchAsync(new BrowserTypeLaunchOptions());
    }

    private Task<IBrowser> LaunchAsync(BrowserTypeLaunchOptions options)
    {
        options.ExecutablePath = BrowserFactAttribute.Chromium;
        // Chromium's own sandbox does not work for root, which test servers need.
        options.ChromiumSandbox = false;
        options.Args = [.. options.Args ?? [], "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--font-render-hinting=none"];
        return _playwright!.Chromium.LaunchAsync(options);
    }

    /// <summary>A browser that finds every name under <c>.test</c> on this machine, and trusts this authority as if its owner had imported it.</summary>
    internal async Task<IBrowser> TrustingAsync(X509Certificate2 root)
    {
        var home = Directory.CreateTempSubdirectory("ocore-browser-home-").FullName;
        var (store, file) = ($"sql:{Directory.CreateDirectory(Path.Combine(home, ".pki", "nssdb")).FullName}", Path.Combine(home, "root.pem"));
        await File.WriteAllTextAsync(file, root.ExportCertificatePem());
        await Peer.RunAsync("/usr/bin/certutil", ["-d", store, "-N", "--empty-password"]);
        await Peer.RunAsync("/usr/bin/certutil", ["-d", store, "-A", "-t", "C,,", "-n", "test", "-i", file]);
        var environment = Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().ToDictionary(e => (string)e.Key, e => (string)e.Value!);
        environment["HOME"] = home;
        return await LaunchAsync(new BrowserTypeLaunchOptions { Env = environment, Args = ["--host-resolver-rules=MAP *.test 127.0.0.1"] });
    }

    /// <summary>Takes no time where nothing changed.</summary>
    private static async Task BuildAsync()
    {
        using var build = Process.Start(new ProcessStartInfo(Repository.PathOf("bin", "up"), ["--build"]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var said = build.StandardOutput.ReadToEndAsync();
        var complained = build.StandardError.ReadToEndAsync();
        await build.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromMinutes(10)).Token);
        if (build.ExitCode != 0)
            throw new InvalidOperationException($"bin/up --build ended with {build.ExitCode}:\n{await said}{await complained}");
    }

    public async Task DisposeAsync()
    {
        if (Browser is not null)
            await Browser.DisposeAsync();
        _playwright?.Dispose();
    }
}

[CollectionDefinition(Name)]
public sealed class BrowserGroup : ICollectionFixture<BrowserLab>
{
    public const string Name = "browser";
}

/// <summary>A test in a browser. Where there is none it is skipped and says so.</summary>
public sealed class BrowserFactAttribute : FactAttribute
{
    internal const string Chromium = "/usr/bin/chromium";

    internal static string? WhyNot { get; } = File.Exists(Chromium) ? null : $"there is no {Chromium}: apt-get install chromium";

    public BrowserFactAttribute() => Skip = WhyNot!;
}

/// <inheritdoc cref="BrowserFactAttribute"/>
public sealed class BrowserTheoryAttribute : TheoryAttribute
{
    public BrowserTheoryAttribute() => Skip = BrowserFactAttribute.WhyNot!;
}
