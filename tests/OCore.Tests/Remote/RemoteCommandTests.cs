using System.Diagnostics;
using System.Text;
using OCore.Platform.Remote;

namespace OCore.Tests.Remote;

public sealed class RemoteCommandTests
{
    [Fact]
    public void Every_word_is_quoted()
    {
        Assert.Equal("'docker' 'ps' '-a'", RemoteCommand.Of("docker", "ps", "-a").Render());
        Assert.Equal("'true'", RemoteCommand.Of("true").Render());
        Assert.Equal("'printf' '' 'it'\\''s' '$(id)' 'a\nb' '-x'", RemoteCommand.Of("printf", "", "it's", "$(id)", "a\nb", "-x").Render());
        Assert.Equal("'sh' '-c' 'echo \"$1\"' 'ocore' ';id'", RemoteCommand.Script("echo \"$1\"", ";id").Render());
    }

    [Fact]
    public async Task Ten_thousand_strings_come_back_from_a_real_shell_as_they_were()
    {
        var random = new Random(1);
        for (var batch = 0; batch < 50; batch++)
        {
            var texts = Enumerable.Range(0, 200).Select(_ => FuzzText.Next(random)).ToArray();
            var line = RemoteCommand.Of("printf", ["%s\\0", .. texts]).Render();
            Assert.Equal(texts, await ThroughShellAsync(line));
        }
    }

    [Fact]
    public async Task A_script_gets_its_parameters_as_they_were()
    {
        var random = new Random(2);
        var texts = Enumerable.Range(0, 300).Select(_ => FuzzText.Next(random)).ToArray();
        Assert.Equal(texts, await ThroughShellAsync(RemoteCommand.Script("printf '%s\\0' \"$@\"", texts).Render()));
    }

    [Fact]
    public void What_cannot_arrive_as_it_is_is_refused()
    {
        Assert.Throws<ArgumentException>(() => RemoteCommand.Of("echo", "a\0b"));
        Assert.Throws<ArgumentException>(() => RemoteCommand.Script("true", "a\0"));
        Assert.Throws<ArgumentException>(() => RemoteCommand.Of("echo", "\ud800"));
        Assert.Throws<ArgumentNullException>(() => RemoteCommand.Of("echo", [null!]));
    }

    [Fact]
    public void A_program_is_a_plain_name_and_a_shell_takes_no_line()
    {
        Assert.Throws<ArgumentException>(() => RemoteCommand.Of("-x"));
        Assert.Throws<ArgumentException>(() => RemoteCommand.Of("docker ps"));
        Assert.Throws<ArgumentException>(() => RemoteCommand.Of("a;b"));
        Assert.Throws<ArgumentException>(() => RemoteCommand.Of("sh", "-c", "id"));
        Assert.Throws<ArgumentException>(() => RemoteCommand.Of("/bin/bash", "-e", "-c", "id"));
    }

    [Fact]
    public void Input_and_limits_are_part_of_the_value_but_never_of_the_line()
    {
        var command = RemoteCommand.Of("cat").WithInput("s3cret").AsRoot().WithTimeout(TimeSpan.FromSeconds(3));
        Assert.Equal("'cat'", command.ToString());
        Assert.Equal(command, RemoteCommand.Of("cat").WithInput("s3cret"u8.ToArray()).AsRoot().WithTimeout(TimeSpan.FromSeconds(3)));
        Assert.NotEqual(command, RemoteCommand.Of("cat").WithInput("other").AsRoot().WithTimeout(TimeSpan.FromSeconds(3)));
    }

    [Fact]
    public void A_failure_says_the_last_lines_without_their_secrets()
    {
        var result = new CommandResult(2, "", "one\ntwo\npassword=hunter2\npsql: postgres://odoo:hunter2@db/x refused\n");
        var failed = Assert.Throws<RemoteCommandException>(() => result.ThrowIfFailed("Creating the role"));
        Assert.Equal("Creating the role failed (exit 2): two / password=[redacted] / psql: postgres://odoo:[redacted]@db/x refused", failed.Message);
        Assert.Same(result, failed.Result);
    }

    [Theory]
    [InlineData("API_KEY: \"abc def\" x", "API_KEY: [redacted] x")]
    [InlineData("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\nrest", "[redacted]\nrest")]
    [InlineData("nothing to hide", "nothing to hide")]
    public void What_looks_like_a_secret_is_taken_out(string text, string expected) => Assert.Equal(expected, Redaction.Of(text));

    [Fact]
    public void Lines_are_cut_across_buffers_and_letters()
    {
        var splitter = new LineSplitter(limit: 8);
        var bytes = Encoding.UTF8.GetBytes("é\r\nlonger than eight\nend");
        var lines = bytes.SelectMany(b => splitter.Feed([b])).ToList();
        Assert.Equal(["é", "longer t", "han eigh", "t"], lines);
        Assert.Equal("end", splitter.Rest());
        Assert.Null(splitter.Rest());
    }

    [Fact]
    public void What_sudo_says_before_a_program_starts_is_not_the_programs()
    {
        var mark = new StartMark();
        var text = "We trust you have received the usual lecture.\nocore-started 4711\nreal error\n"u8.ToArray();
        mark.Look(text.AsSpan(0, 60));
        Assert.Null(mark.Pid);
        mark.Look(text);
        Assert.Equal(4711, mark.Pid);
        Assert.Equal("real error\n", Encoding.UTF8.GetString(mark.After(text)));
    }

    private static async Task<string[]> ThroughShellAsync(string line)
    {
        using var shell = Process.Start(new ProcessStartInfo("sh", ["-c", line]) { RedirectStandardOutput = true })!;
        using var output = new MemoryStream();
        await shell.StandardOutput.BaseStream.CopyToAsync(output);
        await shell.WaitForExitAsync();
        return Encoding.UTF8.GetString(output.ToArray()).Split('\0')[..^1];
    }
}
