using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace OCore.Tests.Cli;

/// <summary>Answers with what a test says, to see what the command line sends and how it shows answers. The real server is met in the system tests.</summary>
internal sealed class FakeOCore : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentDictionary<string, RequestDelegate> answers = [];

    public List<Seen> Requests { get; } = [];
    public string Url { get; private set; } = "";

    private FakeOCore(WebApplication app) => this.app = app;

    public static async Task<FakeOCore> Start()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        var app = builder.Build();
        var fake = new FakeOCore(app);
        app.Run(fake.Answer);
        await app.StartAsync();
        fake.Url = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return fake;
    }

    public FakeOCore On(string route, RequestDelegate answer)
    {
        answers[route] = answer;
        return this;
    }

    public FakeOCore On(string route, int status, string body) => On(route, async http =>
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = status < 400 ? "application/json" : "application/problem+json";
        await http.Response.WriteAsync(body);
    });

    public FakeOCore On(string route, string body) => On(route, 200, body);

    public Seen Only(string route) => Requests.Single(r => r.Route == route);

    private async Task Answer(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        var seen = new Seen($"{http.Request.Method} {http.Request.Path}", http.Request.QueryString.Value ?? "", await reader.ReadToEndAsync(),
            http.Request.Headers.ToDictionary(h => h.Key, h => h.Value.ToString(), StringComparer.OrdinalIgnoreCase));
        lock (Requests)
            Requests.Add(seen);
        if (answers.TryGetValue(seen.Route, out var answer))
            await answer(http);
        else
        {
            http.Response.StatusCode = 404;
            await http.Response.WriteAsync("""{"code":"not_found","title":"There is no such thing."}""");
        }
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}

internal sealed record Seen(string Route, string Query, string Body, IReadOnlyDictionary<string, string> Headers)
{
    public string? Header(string name) => Headers.GetValueOrDefault(name);
}
