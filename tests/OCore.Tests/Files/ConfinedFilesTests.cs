using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OCore.Features.Files;

namespace OCore.Tests.Files;

/// <summary>The helper that works on an instance's files, as it is sent into containers, on real files with a hostile neighbour.</summary>
public sealed class ConfinedFilesTests : IDisposable
{
    private readonly string _base = Directory.CreateTempSubdirectory("ocore-files-").FullName;
    private readonly string _outside = Directory.CreateTempSubdirectory("ocore-outside-").FullName;

    public ConfinedFilesTests()
    {
        File.WriteAllText(Path.Combine(_outside, "secret"), "SECRET");
        Directory.CreateDirectory(Root);
    }

    private string Root => Path.Combine(_base, "addons", "19.0");

    public void Dispose()
    {
        Directory.Delete(_base, recursive: true);
        Directory.Delete(_outside, recursive: true);
    }

    private async Task<JsonElement> RunAsync(string verb, string path, byte[]? input = null, Action<JsonObject>? more = null, bool writable = true)
    {
        var request = new JsonObject { ["verb"] = verb, ["path"] = path, ["base"] = _base, ["inside"] = new JsonArray("addons", "19.0"), ["writable"] = writable };
        more?.Invoke(request);
        var start = new ProcessStartInfo("python3", ["-I", "-c", FilesInContainer.Helper, request.ToJsonString()]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(input ?? []);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It refused before it read.
        }
        var output = await process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, error);
        return JsonSerializer.Deserialize<JsonElement>(output);
    }

    private Task<JsonElement> SaveAsync(string path, string text, string? hash = null, bool replace = false)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return RunAsync("write", path, bytes, r => (r["hash"], r["replace"], r["size"]) = (hash, replace, bytes.Length));
    }

    private static string? ErrorOf(JsonElement answer) => answer.TryGetProperty("error", out var code) ? code.GetString() : null;

    [Theory, InlineData(".."), InlineData("../.."), InlineData("mod/../../x"), InlineData("/etc/passwd"), InlineData("a//b"), InlineData("a/./b"), InlineData(""), InlineData("."), InlineData("a/\0"), InlineData(".ocore-1234")]
    public async Task Names_that_lead_elsewhere_are_refused(string path)
    {
        Assert.Equal("path_refused", ErrorOf(await RunAsync("read", path)));
        Assert.Equal("path_refused", ErrorOf(await SaveAsync(path, "bad", replace: true)));
        Assert.Equal("path_refused", ErrorOf(await RunAsync("delete", path, more: r => r["recursive"] = true)));
        Assert.Equal("path_refused", ErrorOf(await RunAsync("make", path)));
        // Who asks is told before the helper is.
        Assert.False(FilesInContainer.IsPath(path));
    }

    [Theory, InlineData("a"), InlineData("mod/__manifest__.py"), InlineData("..."), InlineData(".hidden/é 漢"), InlineData("-oProxyCommand=id"), InlineData("a\\b")]
    public async Task Names_that_lead_into_it_are_taken_by_both(string path)
    {
        Assert.True(FilesInContainer.IsPath(path));
        Assert.NotEqual("path_refused", ErrorOf(await RunAsync("read", path)));
    }

    [Fact]
    public async Task Links_are_not_followed_neither_to_read_nor_to_write()
    {
        File.CreateSymbolicLink(Path.Combine(Root, "link"), Path.Combine(_outside, "secret"));
        Directory.CreateSymbolicLink(Path.Combine(Root, "folder"), _outside);
        Directory.CreateSymbolicLink(Path.Combine(Root, "proc"), "/proc/self/root");
        using (var ln = Process.Start(new ProcessStartInfo("ln", [Path.Combine(_outside, "secret"), Path.Combine(Root, "hard")]))!)
            await ln.WaitForExitAsync();
        foreach (var (path, code) in new[] { ("link", "linked"), ("folder/secret", "not_a_folder"), ("proc/etc/passwd", "not_a_folder"), ("hard", "linked") })
        {
            Assert.Equal(code, ErrorOf(await RunAsync("read", path)));
            Assert.Equal(code, ErrorOf(await SaveAsync(path, "bad", replace: true)));
            Assert.Equal(code, ErrorOf(await RunAsync("download", path)));
        }
        await RunAsync("make", "mod");
        Assert.Equal("not_a_folder", ErrorOf(await RunAsync("move", "mod", more: r => r["to"] = "folder/mod")));
        // Deleting a link deletes the link.
        await RunAsync("delete", "folder", more: r => r["recursive"] = true);
        Assert.Equal("SECRET", await File.ReadAllTextAsync(Path.Combine(_outside, "secret")));
        Assert.Equal("secret", Path.GetFileName(Assert.Single(Directory.EnumerateFileSystemEntries(_outside))));
    }

    [Fact, Trait("Kind", "exhaustive")]
    public async Task A_folder_that_is_swapped_for_a_link_meanwhile_leads_nowhere()
    {
        var (inside, aside) = (Path.Combine(Root, "race"), Path.Combine(Root, "aside"));
        Directory.CreateDirectory(inside);
        await File.WriteAllTextAsync(Path.Combine(inside, "secret"), "mine");
        using var over = new CancellationTokenSource();
        var swapping = Task.Run(() =>
        {
            while (!over.IsCancellationRequested)
            {
                Directory.Move(inside, aside);
                Directory.CreateSymbolicLink(inside, _outside);
                File.Delete(inside);
                Directory.Move(aside, inside);
            }
        });
        for (var i = 0; i < 60; i++)
        {
            var read = await RunAsync("read", "race/secret");
            Assert.True(ErrorOf(read) is not null || read.GetProperty("text").GetString() == "mine", read.ToString());
            await SaveAsync("race/secret", "mine", replace: true);
        }
        await over.CancelAsync();
        await swapping;
        Assert.Equal("SECRET", await File.ReadAllTextAsync(Path.Combine(_outside, "secret")));
        Assert.Single(Directory.EnumerateFileSystemEntries(_outside));
    }

    [Fact]
    public async Task Nobody_overwrites_what_somebody_else_saved()
    {
        var first = (await SaveAsync("a.py", "x = 1\n")).GetProperty("hash").GetString();
        Assert.Equal("file_exists", ErrorOf(await SaveAsync("a.py", "x = 2\n")));
        // Of eight who save at once from the same state, one does.
        var saves = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => SaveAsync("a.py", $"x = {i + 10}\n", first)));
        Assert.Single(saves, s => ErrorOf(s) is null);
        Assert.Equal(7, saves.Count(s => ErrorOf(s) == "file_changed"));
        // And of eight who make a file.
        var makes = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => SaveAsync("new.py", $"{i}")));
        Assert.Single(makes, s => ErrorOf(s) is null);
        Assert.DoesNotContain(Directory.EnumerateFiles(Root), f => Path.GetFileName(f).StartsWith(".ocore-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_upload_that_ends_early_changes_nothing()
    {
        await SaveAsync("a.txt", "whole");
        var cut = await RunAsync("write", "a.txt", "par"u8.ToArray(), r => (r["hash"], r["replace"], r["size"]) = (null, true, 100));
        Assert.Equal("incomplete", ErrorOf(cut));
        Assert.Equal("whole", await File.ReadAllTextAsync(Path.Combine(Root, "a.txt")));
        Assert.Single(Directory.EnumerateFiles(Root));
    }

    [Fact]
    public async Task Sources_are_read_only_and_what_is_no_text_is_said_to_be_none()
    {
        Assert.Equal("read_only", ErrorOf(await RunAsync("make", "mod", writable: false)));
        await File.WriteAllBytesAsync(Path.Combine(Root, "picture"), [1, 0, 2, 255]);
        await File.WriteAllBytesAsync(Path.Combine(Root, "latin"), [.. "caf"u8, 0xE9]);
        await File.WriteAllTextAsync(Path.Combine(Root, "large"), new string('x', 2 << 20));
        Assert.True((await RunAsync("read", "picture")).GetProperty("binary").GetBoolean());
        Assert.True((await RunAsync("read", "latin")).GetProperty("binary").GetBoolean());
        var large = await RunAsync("read", "large");
        Assert.True(large.GetProperty("large").GetBoolean());
        Assert.False(large.TryGetProperty("text", out _));
    }

    [Theory]
    [InlineData("a.py", "def f(:\n  pass\n", 1), InlineData("b.xml", "<odoo>\n<a></odoo>", 2), InlineData("__manifest__.py", "[1]", 1), InlineData("c.json", "{\n,}", 2)]
    [InlineData("ok.py", "import os\nos.system('touch /tmp/never')\n", 0), InlineData("ok.xml", "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>", 0), InlineData("style.css", "a { b", 0)]
    public async Task What_is_wrong_with_a_text_is_said_with_its_line(string name, string text, int line)
    {
        var errors = (await RunAsync("check", name, Encoding.UTF8.GetBytes(text))).GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("line").GetInt32());
        Assert.Equal(line == 0 ? [] : [line], errors);
    }
}
