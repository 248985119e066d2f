using System.Collections.Concurrent;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Identity;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using OCore.Client;
using OCore.Platform.Data;

namespace OCore.Tests;

/// <summary>
/// The real program on a port of this machine, with a database of its own. As a class fixture it is on SQLite; where a rule has to
/// hold on both databases, take <see cref="TestApps"/>.
/// </summary>
public sealed partial class TestApp : IAsyncLifetime, IAsyncDisposable
{
    private readonly List<Action<WebApplicationBuilder>> _adjustments = [];
    private readonly List<Action<WebApplication>> _routes = [];
    private readonly Dictionary<string, string> _settings = [];
    private string? _connection;
    private bool _guest;
    private WebApplication? _app;
    // Of all that ask this app: a connection for each request would take longer than most answers.
    private SocketsHttpHandler _connections = null!;

    public Database Database { get; init; } = Database.Sqlite;
    public string DataDirectory { get; private init; } = TestDatabases.NewDirectory("app");
    /// <summary>The program's clock: the real one, until a test moves it on.</summary>
    public TestClock Clock { get; } = new();
    /// <summary>What the program logged as a warning or worse.</summary>
    public TestLog Log { get; } = new();

    /// <summary>Where the dashboard's files are; beside the program, where null.</summary>
    public string? WebRoot { get; set; }

    public Uri Url { get; private set; } = null!;
    /// <summary>Without sign-in.</summary>
    public HttpClient Anonymous { get; private set; } = null!;

    /// <summary>OCORE_DATABASE, for another process on the same data.</summary>
    internal string Connection => _connection!;

    /// <summary>The container, for what cannot be said over HTTP.</summary>
    internal IServiceProvider Services => _app!.Services;
    internal OCoreDbFactory Databases => Services.GetRequiredService<OCoreDbFactory>();

    public static async Task<TestApp> StartAsync(Database database = Database.Sqlite, Action<TestApp>? arrange = null)
    {
        var app = new TestApp { Database = database };
        arrange?.Invoke(app);
        await app.InitializeAsync();
        return app;
    }

    /// <summary>With an empty database, as a new installation begins.</summary>
    public static async Task<TestApp> StartOnNothingAsync(Database database)
    {
        var app = new TestApp { Database = database, _connection = await TestDatabases.CreateEmptyAsync(database) };
        await app.InitializeAsync();
        return app;
    }

    /// <summary>A second process on the same data, which ends without taking that away.</summary>
    public static TestApp Beside(TestApp first) => new() { Database = first.Database, DataDirectory = first.DataDirectory, _connection = first._connection, _guest = true };

    /// <summary>A setting, by its name without OCORE_.</summary>
    public void Set(string name, string value) => _settings[name] = value;

    public string? SettingOf(string name) => _settings.GetValueOrDefault(name);

    /// <summary>Replaces or adds services before the program starts.</summary>
    public void Adjust(Action<IServiceCollection> services) => _adjustments.Add(builder => services(builder.Services));

    /// <summary>Adds routes for the test, before the program's own.</summary>
    public void Route(Action<WebApplication> map) => _routes.Add(map);

    public async Task InitializeAsync()
    {
        _connection ??= await TestDatabases.CreateAsync(Database, DataDirectory);
        var settings = new Dictionary<string, string>
        {
            ["DATA"] = DataDirectory, ["DATABASE"] = _connection, ["LISTEN"] = "http://127.0.0.1:0", ["PUBLIC_URL"] = "http://localhost",
            // Nobody answers there: what a test wants to know of DNS it asks a server of its own.
            ["DNS_SERVERS"] = "127.0.0.1:9",
            ["ADMIN_EMAIL"] = OperatorEmail, ["ADMIN_PASSWORD"] = Password,
        };
        foreach (var (name, value) in _settings)
            settings[name] = value;
        var app = OCoreApp.Build([.. settings.Select(s => $"--OCORE_{s.Key}={s.Value}"), .. WebRoot is null ? (string[])[] : [$"--webroot={WebRoot}"], "--hostBuilder:reloadConfigOnChange=false"], builder =>
        {
            builder.Services.Replace(ServiceDescriptor.Singleton<TimeProvider>(Clock));
            builder.Logging.ClearProviders().AddProvider(Log).SetMinimumLevel(LogLevel.Warning)
                // The dashboard's files are built apart.
                .AddFilter("Microsoft.AspNetCore.StaticFiles", LogLevel.Error);
            // The real cost is a quarter of a second for each sign-in; a test of it has the real figure.
            builder.Services.Configure<PasswordHasherOptions>(o => o.IterationCount = 1000);
            // Rows that tests write stand for servers that are not there; looking at them would change what the test arranged.
            foreach (var reconciler in builder.Services.Where(d => d.ImplementationType == typeof(OCore.Features.Servers.ServerReconciler)).ToList())
                builder.Services.Remove(reconciler);
            foreach (var adjust in _adjustments)
                adjust(builder);
        });
        foreach (var map in _routes)
            map(app);
        OCoreApp.Map(app);
        await app.StartAsync();
        _app = app;
        Url = new Uri(app.Urls.First());
        _connections = new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false };
        Anonymous = NewHttp();
    }

    /// <summary>The same data under a new process, as after an upgrade.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await InitializeAsync();
    }

    public async Task StopAsync()
    {
        if (_app is null)
            return;
        Anonymous.Dispose();
        _connections.Dispose();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(3));
        await _app.StopAsync(patience.Token);
        await _app.DisposeAsync();
        _app = null;
    }

    public async Task DisposeAsync()
    {
        await StopAsync();
        SqliteConnection.ClearAllPools();
        if (_connection is not null && !_guest)
            await TestDatabases.DropAsync(_connection);
        if (_connection is not null && !_guest && Directory.Exists(DataDirectory))
            Directory.Delete(DataDirectory, recursive: true);
        _connection = null;
    }

    ValueTask IAsyncDisposable.DisposeAsync() => new(DisposeAsync());

    private HttpClient NewHttp() => new(_connections, disposeHandler: false) { BaseAddress = Url, Timeout = TimeSpan.FromSeconds(60) };

    /// <summary>Raw HTTP as somebody (nobody where null), in an organization.</summary>
    public HttpClient HttpAs(TestPerson? person, string? orgSlug = null) => HttpWith(person?.Token, orgSlug);

    public HttpClient HttpWith(string? token, string? orgSlug = null)
    {
        var http = NewHttp();
        if (token is not null)
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (orgSlug is not null)
            http.DefaultRequestHeaders.Add("X-Org-Slug", orgSlug);
        return http;
    }

    /// <summary>The typed client as somebody, in an organization; in their home where null.</summary>
    public OCoreHttp As(TestPerson person, string? orgSlug = null) => new(HttpAs(person, orgSlug));
    public OCoreHttp As(TestPerson person, TestOrg org) => As(person, org.Slug);
}

/// <summary>A class fixture with one app for each database, started when first asked for.</summary>
public class TestApps : IAsyncLifetime
{
    private readonly ConcurrentDictionary<Database, Lazy<Task<TestApp>>> _apps = new();

    public Task<TestApp> OnAsync(Database database) => _apps.GetOrAdd(database, d => new Lazy<Task<TestApp>>(() => TestApp.StartAsync(d, Arrange))).Value;

    /// <summary>What is set before one starts.</summary>
    protected virtual void Arrange(TestApp app)
    {
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var app in _apps.Values)
            await (await app.Value).DisposeAsync();
    }
}

/// <summary>Real time plus what a test added. Timers run in real time.</summary>
public sealed class TestClock : TimeProvider
{
    private long _ahead;

    public void Advance(TimeSpan by) => Interlocked.Add(ref _ahead, by.Ticks);

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddTicks(Volatile.Read(ref _ahead));

    public override long GetTimestamp() => System.GetTimestamp() + (long)(Volatile.Read(ref _ahead) * ((double)TimestampFrequency / TimeSpan.TicksPerSecond));
}

/// <summary>Keeps warnings and errors, so that a failing test can show them and a passing one can demand that there are none.</summary>
public sealed class TestLog : ILoggerProvider
{
    private readonly ConcurrentQueue<string> _lines = new();

    public IReadOnlyCollection<string> Lines => _lines;
    public override string ToString() => string.Join('\n', _lines);

    public ILogger CreateLogger(string categoryName) => new Category(categoryName, _lines);

    public void Dispose()
    {
        // Nothing is held.
    }

    private sealed class Category(string name, ConcurrentQueue<string> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;
        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;
        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue($"{logLevel} {name}: {formatter(state, exception)} {exception}");
    }
}
