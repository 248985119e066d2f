using System.CommandLine;
using System.Text.Json;
using OCore.Cli.Contexts;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli;

/// <summary>One invocation: what was typed, the installation it goes to, and how the answer is shown.</summary>
internal sealed class Call : IDisposable
{
    private readonly ParseResult parsed;
    private OCoreHttp? api;
    private string address = "The server";

    public Call(ParseResult parsed, Io io, CancellationToken stop)
    {
        this.parsed = parsed;
        (Io, Stop) = (io, stop);
        var format = parsed.GetValue(CommandLine.Output) switch { "json" => OutputFormat.Json, "yaml" => OutputFormat.Yaml, _ => OutputFormat.Table };
        Out = new Printer(io, format, parsed.GetValue(CommandLine.Quiet));
    }

    public Io Io { get; }
    public CancellationToken Stop { get; }
    public Printer Out { get; }

    public T? Get<T>(Option<T> option) => parsed.GetValue(option);

    public T Get<T>(Argument<T> argument) => parsed.GetValue(argument)!;

    public string Need(Option<string?> option) => parsed.GetValue(option)!;

    public bool Has(Option option) => parsed.GetResult(option) is { Implicit: false };

    /// <summary>Values of a repeated option, those between commas one by one; null where it was not given.</summary>
    public string[]? List(Option<string[]?> option) =>
        Has(option) ? [.. parsed.GetValue(option)!.SelectMany(v => v.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))] : null;

    public ContextStore Contexts => field ??= ContextStore.For(Io);

    public Target Target => field ??= Target.Resolve(
        Io, HasHome ? Contexts : null, parsed.GetValue(CommandLine.Url), parsed.GetValue(CommandLine.Org), parsed.GetValue(CommandLine.ContextName));

    public string? GivenUrl => parsed.GetValue(CommandLine.Url);
    public string? GivenOrg => parsed.GetValue(CommandLine.Org);
    public string? GivenContext => parsed.GetValue(CommandLine.ContextName);

    public bool Waits => parsed.GetValue(CommandLine.Wait);

    private bool HasHome => Io.Env("XDG_CONFIG_HOME") is { Length: > 0 } || Io.Env("HOME") is { Length: > 0 } || Io.Env("APPDATA") is { Length: > 0 };

    public OCoreHttp Api => api ??= Connect(Target);

    public OCoreHttp Connect(Target target)
    {
        address = target.Url.GetLeftPart(UriPartial.Authority);
        var handler = new SessionHandler(target, target.Session is null ? null : Contexts, Io.Time);
        var http = new HttpClient(handler) { BaseAddress = target.Url, Timeout = TimeSpan.FromSeconds(100) };
        http.DefaultRequestHeaders.UserAgent.ParseAdd($"ocore-cli/{CommandLine.Version}");
        return new OCoreHttp(http);
    }

    public async Task<(T Value, JsonElement Json)> Fetch<T>(HttpMethod method, string path, HttpContent? body = null)
    {
        var json = await Api.SendForJson(method, path, body, Stop) ?? throw new JsonException("The server answered without a body.");
        return (OCoreHttp.Read<T>(json), json);
    }

    public async Task<T> Get<T>(string path) => (await Fetch<T>(HttpMethod.Get, path)).Value;

    public async Task<int> Show<T>(Route path, View<T> view)
    {
        var (value, json) = await Fetch<T>(HttpMethod.Get, path.ToString());
        Out.Item(json, value, view);
        return ExitCode.Ok;
    }

    /// <summary>Send a record and show the object that comes back.</summary>
    public async Task<int> Send<TIn, T>(HttpMethod method, Route path, TIn body, View<T> view)
    {
        var (value, json) = await Fetch<T>(method, path.ToString(), OCoreHttp.Body(body));
        Out.Item(json, value, view);
        return ExitCode.Ok;
    }

    public async Task<int> Post<T>(Route path, View<T> view)
    {
        var (value, json) = await Fetch<T>(HttpMethod.Post, path.ToString());
        Out.Item(json, value, view);
        return ExitCode.Ok;
    }

    /// <summary>Send what answers with no body, and say what was done.</summary>
    public async Task<int> Do(HttpMethod method, Route path, string done)
    {
        await Api.SendForJson(method, path.ToString(), null, Stop);
        Out.Note(done);
        return ExitCode.Ok;
    }

    public async Task<int> Do<TIn>(HttpMethod method, Route path, TIn body, string done)
    {
        await Api.SendForJson(method, path.ToString(), OCoreHttp.Body(body), Stop);
        Out.Note(done);
        return ExitCode.Ok;
    }

    /// <summary>Send what starts an operation; with <c>--wait</c>, follow it to its end.</summary>
    public Task<int> Start(HttpMethod method, Route path) => Start(method, path.ToString(), null);

    public Task<int> Start<TIn>(HttpMethod method, Route path, TIn body) => Start(method, path.ToString(), OCoreHttp.Body(body));

    public async Task<int> Start(HttpMethod method, string path, HttpContent? body, bool wantsCancelled = false, Action<OperationView>? started = null)
    {
        var (operation, json) = await Fetch<OperationView>(method, path, body);
        started?.Invoke(operation);
        if (Waits)
            return await Follower.Finish(this, operation, wantsCancelled);
        Out.Item(json, operation, Views.Operation);
        Out.Note($"Follow it with: ocore operation watch {operation.Id}");
        return ExitCode.Ok;
    }

    /// <summary>Run a command, and turn whatever went wrong into words and an exit code.</summary>
    public async Task<int> Guard(Func<Call, Task<int>> run)
    {
        try
        {
            return await run(this);
        }
        catch (OCoreException refusal)
        {
            var hint = refusal is { Status: System.Net.HttpStatusCode.Unauthorized, Problem.Code: null or "unauthenticated" } ? "Sign in with 'ocore login', or set OCORE_TOKEN." : refusal.Problem.Hint;
            Out.Problem(refusal.Problem with { Hint = hint }, refusal.Message);
            return ExitCode.Of(refusal.Status, refusal.Problem.Code);
        }
        catch (CliException failure)
        {
            Out.Failure(failure.Message, failure.Hint);
            return failure.ExitCode;
        }
        catch (OperationCanceledException) when (Stop.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (OperationCanceledException)
        {
            Out.Failure($"{address} did not answer in time.", null);
            return ExitCode.Unreachable;
        }
        catch (HttpRequestException lost)
        {
            Out.Failure($"{address} cannot be reached: {lost.Message}", "Check the address ('ocore context list', OCORE_URL) and that the server runs.");
            return ExitCode.Unreachable;
        }
        catch (JsonException)
        {
            Out.Failure($"What {address} answered is not what an oCore server says.", "Check the address, and that the CLI and the server are of one version.");
            return ExitCode.Error;
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException)
        {
            Out.Failure(broken.Message, null);
            return ExitCode.Error;
        }
        catch (Exception bug)
        {
            Out.Failure($"A fault of ocore {CommandLine.Version}: {bug.GetType().Name}: {bug.Message}", "Please report it, with what you typed.");
            return ExitCode.Error;
        }
    }

    public void Dispose() => api?.Dispose();
}
