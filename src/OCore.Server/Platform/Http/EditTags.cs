using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Platform.Http;

/// <summary>What of an answer its <c>ETag</c> stands for: the fields with these names.</summary>
internal sealed record EditTagged(IReadOnlySet<string> Fields);

/// <summary>
/// <c>ETag</c> and <c>If-Match</c>: a change that was thought out over what is no longer there is refused with 412. The tag stands for
/// what a change can change, and not for what is measured, so a server that is busy spoils nobody's form.
/// </summary>
internal static class EditTags
{
    private static readonly object TagOnly = new(), Found = new();

    /// <summary>The answer carries a tag of the fields that <typeparamref name="TUpdate"/> changes; PUT and DELETE of its address take it as If-Match.</summary>
    /// <param name="more">Fields of the answer that say the same under another name.</param>
    public static RouteHandlerBuilder EditTag<TUpdate>(this RouteHandlerBuilder route, params string[] more)
    {
        var fields = typeof(TUpdate).GetProperties().Select(p => JsonNamingPolicy.CamelCase.ConvertName(p.Name)).Concat(more).ToHashSet();
        return route.WithMetadata(new EditTagged(fields)).AddEndpointFilter(async (context, next) =>
        {
            var result = await next(context);
            var http = context.HttpContext;
            var tag = ((result as INestedHttpResult)?.Result ?? result) is IValueHttpResult { Value: { } view } ? TagOf(view, fields, http.RequestServices) : null;
            if (http.Items.ContainsKey(TagOnly))
            {
                http.Items[Found] = tag;
                return Results.Empty;
            }
            if (tag is not null)
                http.Response.Headers.ETag = tag;
            return result;
        });
    }

    private static string TagOf(object view, IReadOnlySet<string> fields, IServiceProvider services)
    {
        var json = services.GetRequiredService<IOptions<Microsoft.AspNetCore.Http.Json.JsonOptions>>().Value.SerializerOptions;
        var whole = JsonSerializer.SerializeToNode(view, json.GetTypeInfo(view.GetType()))!.AsObject();
        // An id, so that what was deleted and made anew under the same name is another object.
        var part = new JsonObject(whole.Where(f => f.Key == "id" || fields.Contains(f.Key)).OrderBy(f => f.Key, StringComparer.Ordinal).Select(f => KeyValuePair.Create(f.Key, f.Value?.DeepClone())));
        return $"\"{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(part.ToJsonString())).AsSpan(0, 16))}\"";
    }

    /// <summary>After the gate: changes of one object come one after the other, and one with If-Match only where the tag is still the object's.</summary>
    public static async Task CheckAsync(HttpContext http, RequestDelegate next)
    {
        if (!HttpMethods.IsPut(http.Request.Method) && !HttpMethods.IsDelete(http.Request.Method) || http.GetEndpoint() is not RouteEndpoint { } change)
        {
            await next(http);
            return;
        }
        var shown = http.RequestServices.GetRequiredService<EditTagRoutes>().ShownAt(change.RoutePattern);
        var wanted = http.Request.Headers.IfMatch;
        if (shown is null)
        {
            await (wanted.Count > 0 ? NothingToMatch.WriteAsync(http) : next(http));
            return;
        }
        if (wanted.Count > 0 && !EntityTagHeaderValue.TryParseList(wanted, out _))
        {
            await Problem.Field("If-Match", "This is no entity tag. Send one as a GET of this address gave it, with its quotation marks.").WriteAsync(http);
            return;
        }
        await using var turn = await EditTurns.TakeAsync(http);
        if (wanted.Count > 0 && !await MatchesAsync(http, shown, EntityTagHeaderValue.ParseList(wanted)))
            await ChangedMeanwhile.WriteAsync(http);
        else
            await next(http);
    }

    // The address's own GET says what is there, as this caller sees it.
    private static async Task<bool> MatchesAsync(HttpContext http, RouteEndpoint shown, IList<EntityTagHeaderValue> wanted)
    {
        http.Items[TagOnly] = true;
        await shown.RequestDelegate!(http);
        http.Items.Remove(TagOnly);
        // What is not there is for the change itself to refuse.
        return http.Items[Found] is not string tag || wanted.Any(w => w.Equals(EntityTagHeaderValue.Any) || w.Compare(new EntityTagHeaderValue(tag), useStrongComparison: true));
    }

    private static readonly Problem ChangedMeanwhile = new(412, "precondition_failed", "Somebody changed this object since you read it.", "Load it again, and repeat the change with the ETag of that answer as If-Match.");
    private static readonly Problem NothingToMatch = new(412, "precondition_failed", "What is at this address has no ETag that If-Match could name.", "Send the request without If-Match.");

    /// <summary>The document says so too.</summary>
    public static void Describe(OpenApiDocument document, IServiceProvider services)
    {
        var routes = services.GetRequiredService<EditTagRoutes>();
        foreach (var (path, item) in document.Paths)
        {
            if (!routes.Shows(path) || item.Operations is not { } operations)
                continue;
            foreach (var (verb, operation) in operations)
                if (verb == HttpMethod.Get && operation.Responses?["200"] is OpenApiResponse shown)
                    (shown.Headers ??= new Dictionary<string, IOpenApiHeader>())["ETag"] = new OpenApiHeader { Description = "For If-Match of a change.", Schema = new OpenApiSchema { Type = JsonSchemaType.String } };
                else if (verb == HttpMethod.Put || verb == HttpMethod.Delete)
                {
                    (operation.Parameters ??= []).Add(new OpenApiParameter { Name = "If-Match", In = ParameterLocation.Header, Description = "The ETag that was read: 412 precondition_failed where the object was changed since.", Schema = new OpenApiSchema { Type = JsonSchemaType.String } });
                    (operation.Responses ??= [])["412"] = new OpenApiResponse { Description = "Precondition Failed" };
                }
        }
    }
}

/// <summary>Which addresses show a tag.</summary>
internal sealed class EditTagRoutes(EndpointDataSource endpoints)
{
    private readonly Lazy<Dictionary<string, RouteEndpoint>> _shown = new(() => endpoints.Endpoints.OfType<RouteEndpoint>()
        .Where(e => e.Metadata.GetMetadata<EditTagged>() is not null).ToDictionary(e => Key(e.RoutePattern), e => e));

    public RouteEndpoint? ShownAt(RoutePattern pattern) => _shown.Value.GetValueOrDefault(Key(pattern));

    /// <param name="path">As the document writes it.</param>
    public bool Shows(string path) => _shown.Value.ContainsKey(path.TrimEnd('/'));

    // Without what a parameter has to look like.
    private static string Key(RoutePattern pattern) => "/" + string.Join('/', pattern.PathSegments.Select(s => string.Concat(s.Parts.Select(p => p switch
    {
        RoutePatternParameterPart parameter => $"{{{parameter.Name}}}",
        RoutePatternLiteralPart literal => literal.Content,
        _ => "",
    }))));
}

/// <summary>Changes of one object, one after the other: between looking at a tag and changing what it stands for nobody else does.</summary>
internal sealed class EditTurns : IAsyncDisposable
{
    private static readonly ConcurrentDictionary<string, Turn> Turns = new();
    // Each holds a connection of the pool while its change needs another: if all were held, none could go on.
    private static readonly SemaphoreSlim Held = new(8, 8);

    private readonly string _key;
    private readonly Turn _turn;
    private bool _holds;
    private OCoreDb? _db;
    private IDbContextTransaction? _transaction;

    private EditTurns(string key, Turn turn) => (_key, _turn) = (key, turn);

    public static async Task<EditTurns> TakeAsync(HttpContext http)
    {
        var key = $"{http.RequestServices.GetRequiredService<Caller>().Tenant.OrgId} {http.Request.Path}";
        Turn turn;
        do
            turn = Turns.GetOrAdd(key, _ => new Turn());
        while (!turn.Enter());
        var mine = new EditTurns(key, turn);
        try
        {
            await turn.Gate.WaitAsync(http.RequestAborted);
        }
        catch (OperationCanceledException)
        {
            mine.Leave();
            throw;
        }
        try
        {
            await mine.HoldAcrossReplicasAsync(http);
            return mine;
        }
        catch
        {
            await mine.DisposeAsync();
            throw;
        }
    }

    private async Task HoldAcrossReplicasAsync(HttpContext http)
    {
        if (http.RequestServices.GetRequiredService<Settings>().UsesSqlite || http.Request.Headers.IfMatch.Count == 0)
            return;
        await Held.WaitAsync(http.RequestAborted);
        _holds = true;
        _db = http.RequestServices.GetRequiredService<OCoreDbFactory>().System();
        _transaction = await _db.Database.BeginTransactionAsync(http.RequestAborted);
        await _db.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({_key}, 0))", http.RequestAborted);
    }

    public async ValueTask DisposeAsync()
    {
        if (_transaction is not null)
            await _transaction.DisposeAsync();
        if (_db is not null)
            await _db.DisposeAsync();
        if (_holds)
            Held.Release();
        _turn.Gate.Release();
        Leave();
    }

    private void Leave()
    {
        if (_turn.Exit())
            Turns.TryRemove(KeyValuePair.Create(_key, _turn));
    }

    private sealed class Turn
    {
        private int _users;

        public SemaphoreSlim Gate { get; } = new(1, 1);

        /// <summary>False where the last one has just left: then there is another.</summary>
        public bool Enter()
        {
            lock (Gate)
                return _users >= 0 && ++_users > 0;
        }

        public bool Exit()
        {
            lock (Gate)
            {
                if (--_users > 0)
                    return false;
                _users = -1;
                return true;
            }
        }
    }
}
