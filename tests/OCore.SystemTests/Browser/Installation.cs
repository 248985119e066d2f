using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;
using MimeKit;
using OCore.Client;
using OCore.Tests;
using Xunit;

namespace OCore.SystemTests.Browser;

/// <summary>
/// A process of the published server with a data directory of its own, as a class fixture. Anybody may sign up, so that each
/// test has people and organisations that no other test touches; mails are files.
/// </summary>
public class Installation : IAsyncLifetime
{
    public const string Password = "correct horse battery";
    internal const string OperatorEmail = "operator@ocore.test";

    private readonly string _data = TestDatabases.NewDirectory("browser");
    private readonly ConcurrentQueue<string> _log = new();
    private Process? _process;
    private int _people;

    /// <summary>On localhost, where browsers allow passkeys.</summary>
    internal Uri Url { get; } = new($"http://localhost:{TestPorts.Free()}");
    internal string Mails => Path.Combine(_data, "mail");
    internal string Log => string.Join('\n', _log);

    /// <summary>Settings beyond the usual, without OCORE_.</summary>
    protected virtual IEnumerable<(string Name, string Value)> Settings => [("ADMIN_EMAIL", OperatorEmail), ("ADMIN_PASSWORD", Password)];

    public virtual async Task InitializeAsync()
    {
        if (BrowserFactAttribute.WhyNot is not null)
            return; // each test says so
        var start = new ProcessStartInfo("dotnet", [Path.Combine(BrowserLab.ServerFolder, "OCore.Server.dll")])
        {
            RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _data,
        };
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("OCORE_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in ((string, string)[])[("DATA", _data), ("LISTEN", Url.ToString().TrimEnd('/')), ("SIGNUP", "open"), ("SMTP_URL", $"file://{Mails}"),
            ("SIGN_INS_PER_MINUTE", "1000"), .. Settings])
            start.Environment["OCORE_" + name] = value;
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        await ReadyAsync();
    }

    private void Keep(string? line)
    {
        if (line is not null)
            _log.Enqueue(line);
    }

    private async Task ReadyAsync()
    {
        using var http = new HttpClient { BaseAddress = Url };
        await Until(async () =>
        {
            Assert.False(_process!.HasExited, $"The server ended:\n{Log}");
            try
            {
                using var answer = await http.GetAsync(new Uri("/readyz", UriKind.Relative));
                return answer.IsSuccessStatusCode ? true : null;
            }
            catch (HttpRequestException)
            {
                return null; // it does not listen yet
            }
        }, () => $"The server does not become ready:\n{Log}");
    }

    public virtual async Task DisposeAsync()
    {
        if (_process is null)
            return;
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_data, recursive: true);
    }

    /// <summary>A new person with a personal organisation, signed in over the API.</summary>
    internal async Task<Somebody> PersonAsync(string name)
    {
        var number = Interlocked.Increment(ref _people);
        var email = $"{Regex.Replace(name.ToLowerInvariant(), "[^a-z]+", ".")}{number}@people.test";
        using var http = OCoreHttp.Connect(Url);
        var tokens = await http.Post<SignupRequest, SessionTokens>("/api/auth/signup", new SignupRequest { Name = name, Email = email, Password = Password });
        using var own = OCoreHttp.Connect(Url, tokens.AccessToken);
        var me = await own.Get<MeView>("/api/user");
        return new Somebody(this, name, email, tokens.AccessToken, me.Current.Slug);
    }

    /// <summary>A person whose organisation has agency mode, and clients of these names.</summary>
    internal async Task<Somebody> AgencyAsync(string name, params string[] clients)
    {
        var person = await PersonAsync(name);
        using var api = person.Api();
        await api.Post<AgencyView>("/api/agency/enable");
        foreach (var client in clients)
            await api.Post<CreateClient, ClientView>("/api/agency/clients", new CreateClient { Name = client, Slug = $"{Slug(client)}-{person.Slug}"[..Math.Min(40, Slug(client).Length + 1 + person.Slug.Length)].TrimEnd('-') });
        return person;
    }

    internal static string Slug(string name) => Regex.Replace(name.ToLowerInvariant(), "[^a-z0-9]+", "-").Trim('-');

    /// <summary>The first link in the newest mail to somebody, once it is there.</summary>
    internal Task<string> MailedLinkAsync(string to) => Until(() =>
    {
        if (!Directory.Exists(Mails))
            return Task.FromResult<string?>(null);
        foreach (var file in Directory.EnumerateFiles(Mails, "*.eml").OrderDescending())
        {
            var mail = MimeMessage.Load(file);
            if (mail.To.Mailboxes.Any(m => m.Address == to) && Regex.Match(mail.TextBody ?? "", @"https?://\S+") is { Success: true } link)
                return Task.FromResult<string?>(link.Value);
        }
        return Task.FromResult<string?>(null);
    }, () => $"No mail to {to} with a link in {Mails}.\n{Log}");

    /// <summary>Asks until there is an answer.</summary>
    internal static async Task<T> Until<T>(Func<Task<T?>> ask, Func<string> otherwise, double seconds = 20) where T : class
    {
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(50))
            if (await ask() is { } answer)
                return answer;
            else if (clock.Elapsed.TotalSeconds > seconds)
                Assert.Fail(otherwise());
    }

    private static async Task Until(Func<Task<bool?>> ask, Func<string> otherwise) =>
        await Until<object>(async () => await ask() is true ? new object() : null, otherwise);
}

/// <summary>A person with an account, and the organisation where they are at home.</summary>
internal sealed record Somebody(Installation At, string Name, string Email, string Token, string Slug)
{
    /// <summary>Their calls, in their own organisation or another.</summary>
    public OCoreHttp Api(string? organization = null) => OCoreHttp.Connect(At.Url, Token, organization);

    public string In(string page, string? organization = null) => $"/o/{organization ?? Slug}/{page}";
}
