using OCore.Features.Templates;
using OCore.Platform.Operations;
using OCore.Platform.Remote;
using OCore.Tests;
using Xunit;

namespace OCore.SystemTests.Templates;

/// <summary>Repositories of real Git servers, by https with a token and by ssh with a deploy key.</summary>
public sealed class GitSourcesTests : IAsyncLifetime
{
    private static readonly CancellationToken Stop = CancellationToken.None;
    private readonly Guid _owner = Guid.CreateVersion7();
    private GitServer _server = null!;
    private TestApp _app = null!;
    private GitSources _git = null!;

    public async Task InitializeAsync()
    {
        if (Remote.Lab.WhyNot is not null) return; // each test says so
        _server = await GitServer.StartAsync();
        _app = await TestApp.StartAsync(arrange: a => a.Set("GIT_CA_FILE", _server.CaFile));
        _git = (GitSources)_app.Services.GetService(typeof(GitSources))!;
        await _server.CommitAsync("addons", "18.0", ("books/__manifest__.py", "{}"), ("books/models/book.py", "one"));
        await _server.CommitAsync("addons", "19.0", ("books/__manifest__.py", "{}"), ("books/models/book.py", "nineteen"));
    }

    public async Task DisposeAsync()
    {
        if (_app is null) return;
        await ((IAsyncDisposable)_app).DisposeAsync();
        await _server.DisposeAsync();
    }

    [Remote.LabFact]
    public async Task Both_ways_give_the_branch_that_was_asked_for_and_keep_to_its_commit()
    {
        foreach (var access in (GitAccess[])[Https(), Ssh()])
        {
            var commit = await _git.HeadAsync(access, GitRef.Parse("19.0"), Stop);
            Assert.Equal("nineteen", (await FilesAsync(access, "19.0", commit))["books/models/book.py"]);
        }
        var before = await _git.HeadAsync(Ssh(), GitRef.Parse("18.0"), Stop);
        Assert.Equal("one", (await FilesAsync(Ssh(), "18.0", before))["books/models/book.py"]);
        await _server.CommitAsync("addons", "18.0", ("books/models/book.py", "two"));
        var after = await _git.HeadAsync(Ssh(), GitRef.Parse("18.0"), Stop);
        Assert.NotEqual(before, after);
        Assert.Equal("two", (await FilesAsync(Ssh(), "18.0", after))["books/models/book.py"]);
        Assert.Equal("one", (await FilesAsync(Ssh(), "18.0", before))["books/models/book.py"]);
        // The branch has moved on, and a copy that never had the commit gets it nevertheless.
        _git.RemoveOld(DateTime.UtcNow.AddDays(1));
        Assert.Equal("one", (await FilesAsync(Https(), "18.0", before))["books/models/book.py"]);
    }

    [Remote.LabFact]
    public async Task Without_its_secret_nothing_is_read_and_no_secret_is_told()
    {
        var wrong = new GitAccess(GitUrl.Parse(_server.Https("addons")), null, "wrong-token-0815");
        var refused = await Assert.ThrowsAsync<StepRefusedException>(() => _git.HeadAsync(wrong, null, Stop));
        Assert.Equal("repository_not_accessible", refused.Code);
        Assert.DoesNotContain("0815", refused.Message, StringComparison.Ordinal);
        Assert.Equal("repository_not_accessible", (await Assert.ThrowsAsync<StepRefusedException>(() => _git.HeadAsync(wrong with { Token = null }, null, Stop))).Code);
        // The machine's own keys are not offered in place of a missing one.
        Assert.Equal("repository_not_accessible", (await Assert.ThrowsAsync<StepRefusedException>(() => _git.HeadAsync(Ssh() with { PrivateKey = null }, null, Stop))).Code);
        var branch = await Assert.ThrowsAsync<StepRefusedException>(() => _git.HeadAsync(Https(), GitRef.Parse("17.0"), Stop));
        Assert.Contains("has no branch 17.0", branch.Message, StringComparison.Ordinal);
        await FilesAsync(Ssh(), "18.0", await _git.HeadAsync(Ssh(), GitRef.Parse("18.0"), Stop));
        var onDisk = Directory.EnumerateFiles(_app.DataDirectory, "*", SearchOption.AllDirectories).Select(File.ReadAllBytes).Select(System.Text.Encoding.Latin1.GetString).ToList();
        Assert.DoesNotContain(onDisk, text => text.Contains(GitServer.Token, StringComparison.Ordinal) || text.Contains("OPENSSH PRIVATE", StringComparison.Ordinal));
    }

    [Remote.LabFact]
    public async Task A_host_key_is_pinned_at_the_first_contact_and_a_changed_one_refused()
    {
        await _git.HeadAsync(Ssh(), null, Stop);
        Assert.Contains("127.0.0.1", await File.ReadAllTextAsync(_git.KnownHosts()), StringComparison.Ordinal);
        await _server.ChangeHostKeyAsync();
        var refused = await Assert.ThrowsAsync<StepRefusedException>(() => _git.HeadAsync(Ssh(), null, Stop));
        Assert.Equal("git_host_key_changed", refused.Code);
        // The large hosts are known beforehand.
        Assert.Contains("github.com ssh-ed25519 ", await File.ReadAllTextAsync(_git.KnownHosts()), StringComparison.Ordinal);
    }

    [Remote.LabFact]
    public async Task Links_stay_within_the_tree_and_others_are_left_out()
    {
        _server.Link("addons", "18.0", "setup/books", "../books");
        _server.Link("addons", "18.0", "passwd", "/etc/passwd");
        _server.Link("addons", "18.0", "above", "../../secrets");
        await _server.CommitAsync("addons", "18.0");
        var files = await FilesAsync(Https(), "18.0", await _git.HeadAsync(Https(), GitRef.Parse("18.0"), Stop));
        Assert.Equal("→ ../books", files["setup/books"]);
        Assert.DoesNotContain("passwd", files.Keys);
        Assert.DoesNotContain("above", files.Keys);
    }

    [Theory]
    [InlineData("--upload-pack=touch /tmp/owned")]
    [InlineData("ext::sh -c touch% /tmp/owned")]
    [InlineData("file:///etc")]
    [InlineData("/etc")]
    [InlineData("http://git.example.com/a.git")]
    [InlineData("git://git.example.com/a.git")]
    [InlineData("ssh://-oProxyCommand=touch/a.git")]
    [InlineData("git@-oProxyCommand=x:a.git")]
    [InlineData("https://user:word@git.example.com/a.git")]
    [InlineData("https://git.example.com/../a.git")]
    [InlineData("https://git.example.com/a.git\nx")]
    public void Addresses_that_are_options_or_other_ways_are_refused(string address) => Assert.False(GitUrl.TryParse(address, out _));

    [Theory, InlineData("-u"), InlineData("--upload-pack=x"), InlineData("a..b"), InlineData("a b"), InlineData("a:b"), InlineData("+a"), InlineData("a\nb"), InlineData("@{1}"), InlineData("a.lock")]
    public void Branches_that_are_options_are_refused(string branch) => Assert.False(GitRef.TryParse(branch, out _));

    private GitAccess Https() => new(GitUrl.Parse(_server.Https("addons")), null, GitServer.Token);

    private GitAccess Ssh() => new(GitUrl.Parse(_server.Ssh("addons")), _server.DeployKey, null);

    private async Task<Dictionary<string, string>> FilesAsync(GitAccess access, string branch, string commit)
    {
        var files = new Dictionary<string, string>();
        await _git.ReadAsync(access, _owner, GitRef.Parse(branch), commit, async tar =>
        {
            await foreach (var file in SourceFiles.OfTarAsync(tar, strict: false, Stop))
                files[file.Path] = file.Link is { } link ? "→ " + link : await new StreamReader(file.Content).ReadToEndAsync();
        }, Stop);
        return files;
    }
}
