using System.Diagnostics;
using System.Text;
using System.Text.Json;
using OCore.Client;
using OCore.Tests;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Seed;

/// <summary>The published page of the agency features, as it is read: its headings, and the commands under them.</summary>
internal static class PublishedPage
{
    public static string Text { get; } = File.ReadAllText(Repository.PathOf("tests", "OCore.SystemTests", "Seed", "agency-features.txt"));

    /// <summary>The commands between two headings, each as it stands there, with its line breaks.</summary>
    public static IReadOnlyList<string> Commands(string from, string to)
    {
        var lines = Text.ReplaceLineEndings("\n").Split('\n');
        var commands = new List<string>();
        var begin = Array.IndexOf(lines, from);
        for (var at = begin; at < Array.IndexOf(lines, to, begin); at++)
        {
            if (!lines[at].StartsWith("curl ", StringComparison.Ordinal) && !lines[at].StartsWith("ocore ", StringComparison.Ordinal))
                continue;
            var command = new StringBuilder(lines[at]);
            while (command[^1] == '\\' || command.ToString().Count(c => c == '\'') % 2 == 1)
                command.Append('\n').Append(lines[++at]);
            commands.Add(command.ToString());
        }
        return commands;
    }
}

/// <summary>A shell as a reader of the page has it: with curl, <c>ocore</c>, and a token.</summary>
internal sealed class ReadersShell(Uri server, string token, ITestOutputHelper output)
{
    private static readonly string Cli = Repository.PathOf("artifacts", "cli");

    public static string? NoCommandLine { get; } = File.Exists(Path.Combine(Cli, "ocore")) ? null : "the native command line is not in artifacts/cli; bin/test system builds it";
    public static string? WhyNot { get; } = Remote.Lab.WhyNot ?? NoCommandLine;

    /// <summary>What a command answers with this status.</summary>
    public async Task<T> AnswerAsync<T>(string command, int status, params (string Placeholder, string Value)[] ids) =>
        (T)JsonSerializer.Deserialize(await AnswerAsync(command, status, ids), WireJson.Default.GetTypeInfo(typeof(T))!)!;

    /// <returns>The body.</returns>
    public async Task<string> AnswerAsync(string command, int status, params (string Placeholder, string Value)[] ids)
    {
        var (code, said, complained) = await RunAsync(command, ids);
        var body = said.TrimEnd();
        var end = body.LastIndexOf('\n');
        Assert.True(code == 0 && int.Parse(body[(end + 1)..]) == status, said + complained);
        return end < 0 ? "" : body[..end];
    }

    /// <summary>A command of <c>ocore</c>, which succeeds.</summary>
    public async Task DoesAsync(string command)
    {
        var (code, said, complained) = await RunAsync(command);
        Assert.True(code == 0, said + complained);
    }

    /// <summary>Runs a command of the page. Only the host and the ids in it are filled in; the token is the environment's.</summary>
    /// <returns>Its output; for curl with the status as the last line.</returns>
    private async Task<(int ExitCode, string Out, string Error)> RunAsync(string command, params (string Placeholder, string Value)[] ids)
    {
        foreach (var (placeholder, value) in ids.Prepend(("https://ocore.example.com", server.ToString().TrimEnd('/'))))
            command = command.Replace(placeholder, value, StringComparison.Ordinal);
        var home = Directory.CreateTempSubdirectory("ocore-reader-");
        try
        {
            // The status is asked for in curl's own settings, so that the command stays as it is.
            await File.WriteAllTextAsync(Path.Combine(home.FullName, ".curlrc"), "silent\nshow-error\nwrite-out = \"\\n%{http_code}\"\n");
            var start = new ProcessStartInfo("bash", ["-c", command]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
            start.Environment["HOME"] = home.FullName;
            start.Environment["PATH"] = $"{Cli}:{Environment.GetEnvironmentVariable("PATH")}";
            start.Environment["TOKEN"] = start.Environment["OCORE_TOKEN"] = token;
            start.Environment["OCORE_URL"] = server.ToString();
            start.Environment["NO_PROXY"] = "*";
            using var process = Process.Start(start)!;
            process.StandardInput.Close();
            var (said, complained) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            await process.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromMinutes(5)).Token);
            var result = (process.ExitCode, Out: await said, Error: await complained);
            output.WriteLine($"$ {command}\n{result.Out}{result.Error}\n");
            return result;
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }
}
