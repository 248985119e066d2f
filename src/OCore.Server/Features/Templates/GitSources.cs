using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using OCore.Platform;
using OCore.Platform.Operations;
using OCore.Platform.Remote;

namespace OCore.Features.Templates;

/// <summary>A repository, and what opens it: a private key for ssh, a token for https.</summary>
internal sealed record GitAccess(GitUrl Url, string? PrivateKey, string? Token);

/// <summary>
/// Git on oCore's own machine, by argument lists. Keys lie in a private folder in memory while they are in use, tokens in a variable
/// of the one process; neither is ever an argument, and the machine's own keys and configuration are never offered to anybody's address.
/// </summary>
internal sealed partial class GitSources(Settings settings, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);
    private const int OutputLimit = 1 << 20;
    private static readonly ConcurrentDictionary<string, SemaphoreSlim> Turns = new();

    private readonly Lazy<RuntimeFolder> _private = new(() => new RuntimeFolder(settings.DataDirectory));

    private string Folder => Path.Combine(settings.DataDirectory, "repositories");

    /// <summary>The commit that the branch (or tag) is at now; of the default branch where none is named.</summary>
    /// <exception cref="StepRefusedException">It cannot be read, or has no such branch.</exception>
    public async Task<string> HeadAsync(GitAccess access, GitRef? branch, CancellationToken stop)
    {
        if (branch is not null && Commit().IsMatch(branch.Value))
            return branch.Value;
        string[] wanted = branch is null ? ["HEAD"] : [$"refs/heads/{branch}", $"refs/tags/{branch}^{{}}", $"refs/tags/{branch}"];
        var answer = await RunAsync(["ls-remote", "--quiet", "--", access.Url.Value, .. wanted], access, stop);
        var refs = answer.Split('\n').Select(l => l.Split('\t')).Where(l => l.Length == 2 && Commit().IsMatch(l[0])).GroupBy(l => l[1]).ToDictionary(g => g.Key, g => g.First()[0]);
        return wanted.Select(refs.GetValueOrDefault).FirstOrDefault(c => c is not null)
            ?? throw new StepRefusedException("repository_not_accessible", $"{access.Url} has no branch {branch?.Value ?? "at all"}.", "Correct the branch, or push it.");
    }

    /// <summary>Has <paramref name="read"/> read the commit's files as a tar. What was fetched before is not fetched again.</summary>
    public async Task ReadAsync(GitAccess access, Guid owner, GitRef? branch, string commit, Func<Stream, Task> read, CancellationToken stop)
    {
        var repository = Path.Combine(Folder, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{owner}\n{access.Url}")))[..32] + ".git");
        var turn = Turns.GetOrAdd(repository, _ => new SemaphoreSlim(1, 1));
        await turn.WaitAsync(stop);
        try
        {
            await EnsureCommitAsync(repository, access, branch, commit, stop);
            Directory.SetLastWriteTimeUtc(repository, time.GetUtcNow().UtcDateTime);
        }
        finally
        {
            turn.Release();
        }
        using var git = Start(["-C", repository, "archive", "--format=tar", commit], null, null);
        try
        {
            var complaints = git.StandardError.ReadToEndAsync(stop);
            await read(git.StandardOutput.BaseStream);
            await git.StandardOutput.BaseStream.CopyToAsync(Stream.Null, stop);
            await git.WaitForExitAsync(stop);
            if (git.ExitCode != 0)
                throw new IOException($"git archive: {await complaints}");
        }
        finally
        {
            Kill(git);
        }
    }

    /// <summary>Copies that nothing was read from for a week are removed; they can be fetched again.</summary>
    public void RemoveOld(DateTime before)
    {
        if (Directory.Exists(Folder))
            foreach (var repository in Directory.EnumerateDirectories(Folder).Where(d => Directory.GetLastWriteTimeUtc(d) < before).ToList())
                Directory.Delete(repository, recursive: true);
    }

    private async Task EnsureCommitAsync(string repository, GitAccess access, GitRef? branch, string commit, CancellationToken stop)
    {
        if (!File.Exists(Path.Combine(repository, "HEAD")))
        {
            Directory.CreateDirectory(repository, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            await RunAsync(["init", "--quiet", "--bare", "--template=", "--", repository], null, stop);
        }
        if (await HasAsync(repository, commit, stop))
            return;
        // Most servers give a commit by its id; those that do not, give the branch, which may have moved on.
        foreach (var wanted in (string[])[commit, branch is null ? "HEAD" : branch.Value])
        {
            try
            {
                await RunAsync(["-C", repository, "-c", "gc.auto=0", "-c", "fetch.recurseSubmodules=no", "fetch", "--quiet", "--no-tags", "--depth", "1", "--no-write-fetch-head", "--",
                    access.Url.Value, $"+{wanted}:refs/ocore/{commit}"], access, stop);
            }
            catch (StepRefusedException) when (wanted == commit && branch?.Value != commit)
            {
                continue;
            }
            if (await HasAsync(repository, commit, stop))
                return;
        }
        throw new TryLaterException($"{access.Url} no longer gives the commit {commit[..12]}: its branch has moved on meanwhile.");
    }

    private async Task<bool> HasAsync(string repository, string commit, CancellationToken stop)
    {
        using var git = Start(["-C", repository, "cat-file", "-e", commit + "^{commit}"], null, null);
        git.StandardError.Close();
        await git.WaitForExitAsync(stop);
        return git.ExitCode == 0;
    }

    private async Task<string> RunAsync(IReadOnlyList<string> arguments, GitAccess? access, CancellationToken stop)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(stop);
        late.CancelAfter(Patience);
        var keyFolder = access?.PrivateKey is null ? null : _private.Value.Make();
        try
        {
            if (keyFolder is not null)
                RuntimeFolder.WritePrivate(Path.Combine(keyFolder, "key"), access!.PrivateKey!.ReplaceLineEndings("\n").TrimEnd());
            using var git = Start(arguments, access, keyFolder);
            try
            {
                var (output, error) = (TextAsync(git.StandardOutput.BaseStream, late.Token), TextAsync(git.StandardError.BaseStream, late.Token));
                await git.WaitForExitAsync(late.Token);
                return git.ExitCode == 0 ? await output : throw Refusal(access, await error);
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                throw new TryLaterException($"{access?.Url} took longer than {Patience.TotalMinutes:0} minutes.");
            }
            finally
            {
                Kill(git);
            }
        }
        finally
        {
            if (keyFolder is not null)
                RuntimeFolder.Remove(keyFolder);
        }
    }

    private Process Start(IReadOnlyList<string> arguments, GitAccess? access, string? keyFolder)
    {
        var start = new ProcessStartInfo("git", arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var name in start.Environment.Keys.Where(n => !Passed.Contains(n)).ToList())
            start.Environment.Remove(name);
        start.Environment["LC_ALL"] = "C.UTF-8";
        start.Environment["GIT_TERMINAL_PROMPT"] = "0";
        start.Environment["GIT_ALLOW_PROTOCOL"] = "https:ssh";
        start.Environment["GIT_CONFIG_NOSYSTEM"] = "1";
        start.Environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        if (settings.GitCaFile is { } authority)
            start.Environment["GIT_SSL_CAINFO"] = authority;
        if (access?.Url.IsSsh == true)
            // What is known is pinned, by us or by the first contact; a key that changed is refused.
            start.Environment["GIT_SSH_COMMAND"] = RemoteCommand.Render(["ssh", "-F", "none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=accept-new", "-o", "HashKnownHosts=no",
                "-o", $"UserKnownHostsFile={KnownHosts()}", "-o", "GlobalKnownHostsFile=/dev/null", "-o", "ConnectTimeout=20", "-o", "ServerAliveInterval=15", "-o", "IdentityAgent=none",
                "-o", "IdentitiesOnly=yes", "-i", keyFolder is null ? "/dev/null" : Path.Combine(keyFolder, "key")]);
        else if (access?.Token is { } token)
        {
            // A helper for this one host: whoever redirects to another gets nothing.
            var host = new Uri(access.Url.Value).GetLeftPart(UriPartial.Authority);
            start.Environment["GIT_CONFIG_COUNT"] = "1";
            start.Environment["GIT_CONFIG_KEY_0"] = $"credential.{host}.helper";
            start.Environment["GIT_CONFIG_VALUE_0"] = """!f() { test "$1" = get && printf 'username=x-access-token\npassword=%s\n' "$OCORE_GIT_TOKEN"; }; f""";
            start.Environment["OCORE_GIT_TOKEN"] = token;
        }
        var git = Process.Start(start) ?? throw new InvalidOperationException("git could not be started.");
        git.StandardInput.Close();
        return git;
    }

    private static readonly HashSet<string> Passed =
        ["PATH", "TMPDIR", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"];

    /// <summary>The host keys of Git servers: the large ones as they publish them, others as their first contact showed them.</summary>
    internal string KnownHosts()
    {
        var file = Path.Combine(settings.DataDirectory, "git_known_hosts");
        if (!File.Exists(file))
            File.WriteAllText(file, """
                github.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl
                gitlab.com ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAfuCHKVTjquxvt6CM6tdG4SLp1Btn/nOeHHE5UOzRdf
                bitbucket.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIazEu89wgQZ4bqs3d63QSMzYVa0MuJ2e2gKTKqu+UUO

                """);
        return file;
    }

    private static Exception Refusal(GitAccess? access, string error)
    {
        var said = error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(l => !l.StartsWith("warning: Permanently added", StringComparison.OrdinalIgnoreCase)).ToList();
        var line = said.FirstOrDefault(l => l.StartsWith("fatal:", StringComparison.Ordinal) && !l.Contains("Could not read from remote", StringComparison.Ordinal)) ?? said.FirstOrDefault() ?? "git failed";
        if (access?.Token is { } token)
            line = line.Replace(token, "••••", StringComparison.Ordinal);
        if (error.Contains("HOST IDENTIFICATION HAS CHANGED", StringComparison.Ordinal) || error.Contains("Host key verification failed", StringComparison.Ordinal))
            return new StepRefusedException("git_host_key_changed", $"The Git server of {access?.Url} showed another host key than the one that is known.", "Compare it with what the server publishes, then take its old line out of git_known_hosts in oCore's data directory.");
        return Passing().IsMatch(error) ? new TryLaterException($"{access?.Url} cannot be reached: {line}")
            : new StepRefusedException("repository_not_accessible", $"{access?.Url} cannot be read: {line}", "Check the address, the branch, and the key or token.");
    }

    private static async Task<string> TextAsync(Stream stream, CancellationToken stop)
    {
        using var all = new MemoryStream();
        var buffer = new byte[16 << 10];
        for (int count; (count = await stream.ReadAsync(buffer, stop)) > 0;)
            if (all.Length < OutputLimit)
                all.Write(buffer, 0, count);
        return Encoding.UTF8.GetString(all.GetBuffer(), 0, (int)all.Length);
    }

    private static void Kill(Process git)
    {
        if (!git.HasExited)
            git.Kill(entireProcessTree: true);
    }

    public void Dispose()
    {
        if (_private.IsValueCreated)
            _private.Value.Dispose();
    }

    [GeneratedRegex(@"\A[0-9a-f]{40}\z")]
    private static partial Regex Commit();

    [GeneratedRegex("Connection timed out|Operation timed out|Connection reset|Connection refused|Failed to connect|early EOF|No route to host|Network is unreachable|returned error: 5\\d\\d")]
    private static partial Regex Passing();
}
