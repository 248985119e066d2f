using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using OCore.Tests;

namespace OCore.SystemTests.Templates;

/// <summary>
/// Git's own server, reached in both ways: <c>git http-backend</c> by https behind a token, and <c>sshd</c> with a deploy key. Each
/// request and each login is noted.
/// </summary>
internal sealed class GitServer : IAsyncDisposable
{
    public const string Token = "token-of-the-agency-4711";
    private readonly string _folder = Directory.CreateTempSubdirectory("ocore-git-").FullName;
    private WebApplication? _web;
    private Process? _ssh;
    private int _sshPort;

    /// <summary>What was asked for by https, as method and path.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();
    public string CaFile => Path.Combine(_folder, "ca.pem");
    public string DeployKey => File.ReadAllText(Path.Combine(_folder, "deploy"));

    public string Https(string repository) => $"{_web!.Urls.First()}/{repository}.git".Replace("127.0.0.1", "localhost", StringComparison.Ordinal);
    public string Ssh(string repository) => $"ssh://root@127.0.0.1:{_sshPort}{_folder}/{repository}.git";

    public static async Task<GitServer> StartAsync()
    {
        var server = new GitServer();
        await server.StartHttpsAsync();
        await server.StartSshAsync();
        return server;
    }

    /// <summary>Commits these files on a branch, which is made where it is missing.</summary>
    public async Task CommitAsync(string repository, string branch, params (string Path, string Text)[] files)
    {
        var (bare, work) = (Path.Combine(_folder, repository + ".git"), Path.Combine(_folder, "work", repository, branch));
        if (!Directory.Exists(bare))
            await RunAsync("git", "init", "--quiet", "--bare", "--initial-branch", branch, bare);
        if (!Directory.Exists(work))
            await RunAsync("git", "init", "--quiet", "--initial-branch", branch, work);
        foreach (var (path, text) in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(work, path))!);
            await File.WriteAllTextAsync(Path.Combine(work, path), text);
        }
        await RunAsync("git", "-C", work, "add", "-A");
        await RunAsync("git", "-C", work, "-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "-m", "change");
        await RunAsync("git", "-C", work, "push", "--quiet", bare, branch);
    }

    /// <summary>Links as repositories have them: one within, one out of the tree.</summary>
    public void Link(string repository, string branch, string path, string target)
    {
        var link = Path.Combine(_folder, "work", repository, branch, path);
        Directory.CreateDirectory(Path.GetDirectoryName(link)!);
        File.CreateSymbolicLink(link, target);
    }

    /// <summary>The same address with another host key, as when somebody stands in between.</summary>
    public async Task ChangeHostKeyAsync()
    {
        await StopSshAsync();
        foreach (var key in (string[])["host", "host.pub"])
            File.Delete(Path.Combine(_folder, key));
        await StartSshAsync();
    }

    private async Task StartHttpsAsync()
    {
        using var key = RSA.Create(2048);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(2));
        await File.WriteAllTextAsync(CaFile, made.ExportCertificatePem());
        var certificate = X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().UseKestrel(o => o.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate)));
        _web = builder.Build();
        _web.Run(ServeAsync);
        await _web.StartAsync();
    }

    private async Task ServeAsync(HttpContext http)
    {
        Requests.Enqueue($"{http.Request.Method} {http.Request.Path}{http.Request.QueryString}");
        var wanted = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"x-access-token:{Token}"));
        if (!http.Request.Path.StartsWithSegments("/public.git") && http.Request.Headers.Authorization != wanted)
        {
            http.Response.StatusCode = 401;
            http.Response.Headers.WWWAuthenticate = "Basic realm=\"git\"";
            return;
        }
        var start = new ProcessStartInfo("git", ["http-backend"]) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var (name, value) in new Dictionary<string, string?>
                 {
                     ["GIT_PROJECT_ROOT"] = _folder, ["GIT_HTTP_EXPORT_ALL"] = "1", ["PATH_INFO"] = http.Request.Path, ["REQUEST_METHOD"] = http.Request.Method,
                     ["QUERY_STRING"] = http.Request.QueryString.Value?.TrimStart('?'), ["CONTENT_TYPE"] = http.Request.ContentType, ["GIT_PROTOCOL"] = http.Request.Headers["Git-Protocol"],
                     ["HTTP_CONTENT_ENCODING"] = http.Request.Headers.ContentEncoding, ["REMOTE_USER"] = "agency", ["REMOTE_ADDR"] = "127.0.0.1",
                 })
            start.Environment[name] = value ?? "";
        using var git = Process.Start(start)!;
        var feeding = Task.Run(async () =>
        {
            await http.Request.Body.CopyToAsync(git.StandardInput.BaseStream);
            git.StandardInput.Close();
        });
        var output = git.StandardOutput.BaseStream;
        while (await LineAsync(output) is { Length: > 0 } line)
        {
            var colon = line.IndexOf(':');
            if (line.StartsWith("Status:", StringComparison.OrdinalIgnoreCase))
                http.Response.StatusCode = int.Parse(line[7..].Trim().Split(' ')[0]);
            else
                http.Response.Headers[line[..colon]] = line[(colon + 1)..].Trim();
        }
        await output.CopyToAsync(http.Response.Body);
        await feeding;
    }

    private static async Task<string> LineAsync(Stream stream)
    {
        var line = new StringBuilder();
        var one = new byte[1];
        while (await stream.ReadAsync(one) == 1 && one[0] != '\n')
            line.Append((char)one[0]);
        return line.ToString().TrimEnd('\r');
    }

    private async Task StartSshAsync()
    {
        if (!File.Exists(Path.Combine(_folder, "deploy")))
            await RunAsync("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", Path.Combine(_folder, "deploy"));
        await RunAsync("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", Path.Combine(_folder, "host"));
        // A deploy key reads one kind of thing: no shell, no terminal, no tunnels.
        await File.WriteAllTextAsync(Path.Combine(_folder, "authorized_keys"),
            "restrict,command=\"git-shell -c \\\"$SSH_ORIGINAL_COMMAND\\\"\" " + await File.ReadAllTextAsync(Path.Combine(_folder, "deploy.pub")));
        if (_sshPort == 0)
            _sshPort = TestPorts.Free();
        Directory.CreateDirectory("/run/sshd");
        _ssh = Process.Start(new ProcessStartInfo("/usr/sbin/sshd",
        [
            "-D", "-e", "-f", "/dev/null", "-p", _sshPort.ToString(), "-o", "ListenAddress=127.0.0.1", "-h", Path.Combine(_folder, "host"), "-o", $"AuthorizedKeysFile={_folder}/authorized_keys",
            "-o", "PidFile=none", "-o", "StrictModes=no", "-o", "UsePAM=no", "-o", "PasswordAuthentication=no", "-o", "PermitRootLogin=prohibit-password", "-o", "LogLevel=VERBOSE", "-E", Path.Combine(_folder, "sshd.log"),
        ]))!;
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(50))
            try
            {
                using var probe = new TcpClient();
                await probe.ConnectAsync(IPAddress.Loopback, _sshPort);
                return;
            }
            catch (SocketException) when (clock.Elapsed < TimeSpan.FromSeconds(10) && !_ssh.HasExited)
            {
                // Not listening yet.
            }
    }

    private async Task StopSshAsync()
    {
        if (_ssh is null)
            return;
        _ssh.Kill(entireProcessTree: true);
        await _ssh.WaitForExitAsync();
        _ssh.Dispose();
        _ssh = null;
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        using var run = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var said = await run.StandardError.ReadToEndAsync();
        await run.WaitForExitAsync();
        if (run.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {said}");
    }

    public async ValueTask DisposeAsync()
    {
        await StopSshAsync();
        if (_web is not null)
            await _web.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}
