using System.Diagnostics;
using OCore.Platform.Remote;

namespace OCore.Features.Templates;

/// <summary>Git on oCore's own machine, by argument lists; keys and tokens come in files and variables, never in arguments.</summary>
internal static class GitClone
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <summary>A shallow checkout of the branch's head in <paramref name="folder"/>, made or brought up to date.</summary>
    /// <param name="sshKey">A private key for ssh addresses.</param>
    /// <param name="token">A token for https addresses.</param>
    public static async Task<CommandResult> EnsureAsync(GitUrl url, GitRef? branch, string? sshKey, string? token, string folder, CancellationToken stop)
    {
        var staging = folder + ".new";
        if (Directory.Exists(staging))
            Directory.Delete(staging, recursive: true);
        List<string> arguments = ["clone", "--quiet", "--depth", "1", "--single-branch", "--no-tags", "--config", "core.symlinks=false"];
        if (branch is not null)
            arguments.AddRange(["--branch", branch.Value]);
        arguments.AddRange(["--", url.Value, staging]);
        var result = await RunAsync(arguments, sshKey, token, Path.Combine(Path.GetDirectoryName(folder)!, "known_hosts"), stop);
        if (!result.Ok)
            return result;
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
        Directory.Move(staging, folder);
        return result;
    }

    private static async Task<CommandResult> RunAsync(IReadOnlyList<string> arguments, string? sshKey, string? token, string knownHosts, CancellationToken stop)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(stop);
        late.CancelAfter(Patience);
        using var keyFile = sshKey is null ? null : new PrivateFile(sshKey.TrimEnd() + "\n");
        var start = new ProcessStartInfo("git") { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        start.Environment["GIT_TERMINAL_PROMPT"] = "0";
        start.Environment["GIT_ALLOW_PROTOCOL"] = "https:ssh";
        // The host keys of Git servers are pinned at the first contact, in oCore's own file.
        start.Environment["GIT_SSH_COMMAND"] = RemoteCommand.Render(["ssh", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=accept-new", "-o", $"UserKnownHostsFile={knownHosts}",
            .. keyFile is null ? Array.Empty<string>() : ["-o", "IdentitiesOnly=yes", "-i", keyFile.Path]]);
        if (token is not null)
        {
            start.Environment["GIT_CONFIG_COUNT"] = "1";
            start.Environment["GIT_CONFIG_KEY_0"] = "http.extraHeader";
            start.Environment["GIT_CONFIG_VALUE_0"] = "Authorization: Basic " + Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes("x-access-token:" + token));
        }
        using var process = Process.Start(start) ?? throw new InvalidOperationException("git could not be started.");
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(late.Token);
        var error = process.StandardError.ReadToEndAsync(late.Token);
        try
        {
            await process.WaitForExitAsync(late.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            stop.ThrowIfCancellationRequested();
            return new CommandResult(124, "", "It took longer than five minutes.");
        }
        return new CommandResult(process.ExitCode, await output, await error);
    }

    /// <summary>A file only this user can read, gone when disposed.</summary>
    private sealed class PrivateFile : IDisposable
    {
        public PrivateFile(string content)
        {
            Path = System.IO.Path.GetTempFileName();
            File.SetUnixFileMode(Path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            File.WriteAllText(Path, content);
        }

        public string Path { get; }

        public void Dispose() => File.Delete(Path);
    }
}
