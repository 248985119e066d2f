using OCore.Platform.Remote;

namespace OCore.Tests.Remote;

public sealed class RemoteNamesTests
{
    private static readonly string[] NeverAllowed =
        ["", "-rf", "--privileged", "a\nb", "a\0b", "a b", "a;b", "$(id)", "`id`", "a'b", "a\"b", "a|b", "a&b", "\u202eab", "é", "a\rb", "a\n"];

    public static TheoryData<string, string[], string[]> Kinds => new()
    {
        { nameof(HostName), ["example.com", "10.0.0.1", "::1", "2001:db8::7", "server-1", "a"], ["-x.com", "a..b", "a-.b", "fe80::1%eth0", "[::1]", "a/b", "a:22"] },
        { nameof(UnixUser), ["root", "deploy", "_apt", "jane.doe", "Web"], ["1st", "a:b", "a/b", "a@b", new('a', 33)] },
        { nameof(DockerName), ["ab", "ocore-acme_1.db"], ["a", "_ab", ".ab", "a/b", new('a', 129)] },
        {
            nameof(ImageRef),
            ["odoo:19.0", "postgres", "ghcr.io/acme/odoo:1", "localhost:5000/a/b", $"redis@sha256:{new string('a', 64)}", "r.example.com/a:1@sha256:" + new string('0', 64)],
            ["Odoo", "odoo:", "odoo@sha256:abc", "/odoo", "odoo//x", "https://x/y", "odoo:19.0:1", ":19"]
        },
        { nameof(RemotePath), ["/", "/etc/odoo.conf", "/a b/c", "/var/lib/ocore/-x"], ["etc", "/a/../b", "/..", "/a/./b", "//a", "/a//b"] },
        {
            nameof(GitUrl),
            ["https://github.com/odoo/odoo", "https://git.example.com:8443/a/b.git", "ssh://git@example.com:22/a.git", "git@github.com:a/b.git"],
            ["http://x.com/a", "file:///etc", "https://user:pw@x.com/a", "ext::sh -c id", "ssh://-oProxyCommand=x/a", "git@-x:a", "https://x.com/-a", "https://x.com/../a", "https://x.com/a?b=c"]
        },
        { nameof(GitRef), ["main", "19.0", "feature/a-b", "v1.0+x", "0123abc"], ["a..b", "a/", "a.lock", "a//b", "a/.b", "a.", "/a", "a~1", "a^", "a:b", "a@{1}"] },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Good_names_pass_and_bad_ones_are_refused(string kind, string[] good, string[] bad)
    {
        foreach (var text in good) Assert.Equal(text, Parse(kind, text));
        // A path may hold what a name may not: it is one argument and never a word of a shell.
        var never = kind == nameof(RemotePath) ? ["", "-rf", "/a\nb", "/a\0b"] : NeverAllowed;
        foreach (var text in bad.Concat(never)) Assert.Throws<ArgumentException>(() => Parse(kind, text));
    }

    [Fact]
    public void No_random_text_passes_that_a_shell_or_a_program_could_misread()
    {
        var random = new Random(7);
        for (var i = 0; i < 20_000; i++)
        {
            var text = FuzzText.Next(random);
            foreach (var kind in Kinds.Select(row => (string)row[0]).Where(kind => kind != nameof(RemotePath)))
                if (Passes(kind, text))
                    Assert.Matches(@"\A[a-zA-Z0-9_][a-zA-Z0-9_.:/@+~-]*\z|\A[0-9a-fA-F:.]+\z", text);
            if (RemotePath.TryParse(text, out var path)) Assert.DoesNotContain("..", path.Value.Split('/'));
        }
    }

    [Fact]
    public void A_refusal_shows_the_text_without_its_control_characters()
    {
        var refused = Assert.Throws<ArgumentException>(() => DockerName.Parse("a\u001b[2Jb\n"));
        Assert.DoesNotContain(refused.Message, char.IsControl);
    }

    [Theory]
    [InlineData("odoo:19.0", "odoo", "19.0", "docker.io")]
    [InlineData("acme/odoo", "acme/odoo", null, "docker.io")]
    [InlineData("ghcr.io/acme/odoo:1", "ghcr.io/acme/odoo", "1", "ghcr.io")]
    [InlineData("localhost:5000/odoo:1", "localhost:5000/odoo", "1", "localhost:5000")]
    public void An_image_knows_its_parts(string text, string repository, string? tag, string registry)
    {
        var image = ImageRef.Parse(text);
        Assert.Equal((repository, tag, registry), (image.Repository, image.Tag, image.Registry));
    }

    [Fact]
    public void A_path_stays_below_the_one_it_is_combined_with()
    {
        var home = RemotePath.Parse("/var/lib/ocore/");
        Assert.Equal("/var/lib/ocore/a/b", home.Combine("a/b").Value);
        Assert.True(home.Combine("a").IsUnder(home));
        Assert.False(RemotePath.Parse("/var/lib/ocore-other").IsUnder(home));
        Assert.Throws<ArgumentException>(() => home.Combine("../x"));
        Assert.Throws<ArgumentException>(() => home.Combine("/etc"));
    }

    private static bool Passes(string kind, string text)
    {
        try
        {
            Parse(kind, text);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private static string Parse(string kind, string text) => kind switch
    {
        nameof(HostName) => HostName.Parse(text).Value,
        nameof(UnixUser) => UnixUser.Parse(text).Value,
        nameof(DockerName) => DockerName.Parse(text).Value,
        nameof(ImageRef) => ImageRef.Parse(text).Value,
        nameof(RemotePath) => RemotePath.Parse(text).Value,
        nameof(GitUrl) => GitUrl.Parse(text).Value,
        _ => GitRef.Parse(text).Value,
    };
}

/// <summary>Text made of what shells, terminals and parsers trip over.</summary>
internal static class FuzzText
{
    private static readonly string[] Pieces =
    [
        "'", "\"", "`", "$(id)", "${HOME}", "$HOME", "\\", "\n", "\r", "\t", " ", "-", "--", "-rf", ";", "&", "|", "<", ">", "*", "?", "[a]", "~", "!", "#",
        "%s", "\u001b[0m", "\u007f", "é", "漢字", "😀", "\u202e", "\ufeff", "\u0001", "a", "b", "Z", "0", "9", ".", "..", "/", ":", "@", "=", ",", "{a,b}", "(", ")", "'\\''",
    ];

    public static string Next(Random random) =>
        string.Concat(Enumerable.Range(0, random.Next(0, 12)).Select(_ => Pieces[random.Next(Pieces.Length)]));
}
