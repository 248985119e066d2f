using System.Net.Http.Json;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Platform.Http;
using OCore.Tests.Terminals;

namespace OCore.Tests.Tenancy;

/// <summary>
/// Who may call what, made from the OpenAPI document and kept in git: a new endpoint changes the file, and a person reads the
/// change. Then every id in an address, a query or a body is swapped for one of another tenant.
/// </summary>
[Trait("Kind", "exhaustive")]
public sealed class TheMatrix(TestApps apps) : IClassFixture<TestApps>
{
    // Answers of the gate, as against those of a handler.
    private static readonly HashSet<string> OfTheGate =
        ["unauthenticated", "forbidden", "organization_not_found", "organization_suspended", "operator_only", "subscription_required", "agency_not_enabled", "cross_site", "api_key_refused", "not_with_api_key"];

    [Theory, Sqlite, Postgres]
    public async Task It_is_the_one_in_the_repository(Database database)
    {
        var world = await MatrixWorld.MakeAsync(await apps.OnAsync(database));
        var document = await ApiDocument.OfAsync(world.App);
        var lines = new StringBuilder("# Who passes the gate of each operation: yes, or the status of the refusal. Made by TheMatrix; read its changes.\n");
        lines.Append($"{"",-58}").AppendLine(string.Join("", world.Actors.Keys.Select(a => $" {a,-15}")).TrimEnd());
        foreach (var operation in document.Operations)
        {
            lines.Append($"{operation,-58}");
            var cells = new List<string>();
            foreach (var actor in world.Actors.Values)
                cells.Add($" {await CellAsync(world, document, operation, actor),-15}");
            lines.AppendLine(string.Join("", cells).TrimEnd());
        }
        foreach (var line in await SocketsAsync(world))
            lines.AppendLine(line);
        Assert.DoesNotContain(" 500", lines.ToString(), StringComparison.Ordinal);
        Repository.IsGolden("tenancy-matrix.txt", lines.ToString());
    }

    /// <summary>The WebSockets, which are no operations of the document: with the ticket that an actor gets, and with one that somebody else got.</summary>
    private static async Task<IEnumerable<string>> SocketsAsync(MatrixWorld world)
    {
        var sockets = world.App.Services.GetRequiredService<IEnumerable<EndpointDataSource>>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>()
            .Where(e => e.Metadata.GetMetadata<TakesTicket>() is not null).Select(e => e.RoutePattern.RawText!.Replace("{id:guid}", "{id}", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
        var lines = new List<string>();
        foreach (var socket in sockets)
        {
            string own = $"WS {socket,-55}", others = $"WS {socket + ", another's ticket",-55}";
            foreach (var actor in world.Actors.Values)
            {
                var possessions = actor.Slug == world.Client.Slug ? world.OfClient : world.OfOurs;
                var path = socket.Replace("{id}", possessions.After(socket.Split('/')[2]), StringComparison.Ordinal);
                // Some operations have ended the sessions that the actors began with.
                var token = await SignInAsync(actor);
                own += $" {await OpenAsync(world, token, actor.Slug, path, token),-15}";
                var other = world.Actors[actor.Slug == world.Client.Slug ? "delegated staff" : "owner"];
                others += $" {await OpenAsync(world, await SignInAsync(other), other.Slug, path, token),-15}";
            }
            lines.AddRange([own.TrimEnd(), others.TrimEnd()]);
        }
        return lines;

        async Task<string?> SignInAsync(MatrixWorld.Actor actor) => actor.Token ?? (actor.Person is null ? null : await world.App.SignInAsync(actor.Person.Id));
    }

    // The status with which the ticket is refused, or the socket.
    private static async Task<string> OpenAsync(MatrixWorld world, string? asking, string? slug, string socket, string? opening)
    {
        using var http = world.App.HttpWith(asking, slug);
        using var answer = await http.PostAsync(socket[..^"/socket".Length], null);
        if (!answer.IsSuccessStatusCode)
            return ((int)answer.StatusCode).ToString(System.Globalization.CultureInfo.InvariantCulture);
        var ticket = (await answer.Content.ReadFromJsonAsync(WireJson.Default.TerminalTicket))!;
        var (open, status) = await TerminalAtHand.ConnectAsync(world.App, ticket.Socket, ticket.Ticket, opening);
        open?.Abort();
        open?.Dispose();
        return open is null ? ((int)status).ToString(System.Globalization.CultureInfo.InvariantCulture) : "yes";
    }

    // An id that does not exist and a body that is not understood: who passes the gate learns of that, and nothing happens.
    private static async Task<string> CellAsync(MatrixWorld world, ApiDocument document, ApiOperation operation, MatrixWorld.Actor actor)
    {
        // What is for people only says so to a key after it has read the body.
        var isForPeople = actor.Name == "scoped key" && (operation.Path.StartsWith("/api/user", StringComparison.Ordinal) || operation.Path == "/api/organizations");
        using var http = await world.HttpAsync(actor, operation);
        using var request = new HttpRequestMessage(new HttpMethod(operation.Verb), operation.Url(MatrixWorld.Missing));
        if (operation.Body is not null)
            request.Content = JsonContent.Create(isForPeople ? document.Sample(operation.Body) : new JsonObject { ["nobodyKnowsThis"] = 1 });
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (response.IsSuccessStatusCode)
            return "yes";
        var status = (int)response.StatusCode;
        var code = (string?)JsonNode.Parse(await response.Content.ReadAsStringAsync())?["code"];
        return status >= 500 ? status.ToString(System.Globalization.CultureInfo.InvariantCulture)
            : OfTheGate.Contains(code ?? "") ? status.ToString(System.Globalization.CultureInfo.InvariantCulture) : "yes";
    }

    /// <summary>Not yours and not there are one answer, to the byte, and nothing changes.</summary>
    [Theory, Sqlite, Postgres]
    public async Task An_address_of_another_tenant_is_not_there(Database database)
    {
        var world = await MatrixWorld.MakeAsync(await apps.OnAsync(database));
        var document = await ApiDocument.OfAsync(world.App);
        var before = await MatrixWorld.RowsAsync(world.App);
        var wrong = new List<string>();
        foreach (var operation in document.Operations.Where(o => o.NamesAnObject && !o.Path.Contains("/admin/", StringComparison.Ordinal) && !o.Path.Contains("/catalog/", StringComparison.Ordinal)))
            foreach (var (actor, others) in Strangers(world))
            {
                var there = await AnswerAsync(world, document, operation, actor, others.After);
                var missing = await AnswerAsync(world, document, operation, actor, MatrixWorld.Missing);
                if (there != missing)
                    wrong.Add($"{operation} as {actor.Name} for {others.Org.Name}: {there} instead of {missing}");
            }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Equal(before, await MatrixWorld.RowsAsync(world.App));
    }

    private static IEnumerable<(MatrixWorld.Actor, Possessions)> Strangers(MatrixWorld world) =>
    [
        (world.Actors["owner"], world.OfTheirs),
        (world.Actors["client owner"], world.OfOurs), (world.Actors["client owner"], world.OfSibling), (world.Actors["client owner"], world.OfTheirs),
        (world.Actors["delegated staff"], world.OfSibling), (world.Actors["delegated staff"], world.OfTheirs),
        (new MatrixWorld.Actor("other agency at home", world.Theirs.Owner, world.Theirs.Slug), world.OfOurs),
        (new MatrixWorld.Actor("other agency at home", world.Theirs.Owner, world.Theirs.Slug), world.OfClient),
    ];

    /// <param name="named">The id that was asked for: a refusal may repeat it.</param>
    private static async Task<string> AnswerAsync(MatrixWorld world, ApiDocument document, ApiOperation operation, MatrixWorld.Actor actor, Func<string, string> ids, JsonObject? body = null, string query = "", string? named = null)
    {
        using var http = await world.HttpAsync(actor, operation);
        using var request = new HttpRequestMessage(new HttpMethod(operation.Verb), operation.Url(ids) + query);
        if (operation.Body is not null)
            request.Content = JsonContent.Create(body ?? document.Sample(operation.Body));
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        if (response.Content.Headers.ContentType?.MediaType == "text/event-stream")
            return "an event stream";
        var text = await response.Content.ReadAsStringAsync();
        if (text.StartsWith('{') && JsonNode.Parse(text) is JsonObject json)
        {
            // Of the moment, and of the request itself.
            foreach (var own in (string[])["traceId", "snapshot", "checkedAt"])
                json.Remove(own);
            text = json.ToJsonString();
        }
        return $"{(int)response.StatusCode} {(named is null ? text : text.Replace(named, "THIS", StringComparison.Ordinal))}".Truncate(600);
    }

    /// <summary>A filter by somebody else's id finds what a filter by nobody's id finds.</summary>
    [Theory, Sqlite, Postgres]
    public async Task A_query_by_the_id_of_another_tenant_finds_nothing(Database database)
    {
        var world = await MatrixWorld.MakeAsync(await apps.OnAsync(database));
        var document = await ApiDocument.OfAsync(world.App);
        var wrong = new List<string>();
        foreach (var operation in document.Operations.Where(o => o.Verb == "GET" && !o.Path.Contains("/admin/", StringComparison.Ordinal)))
            foreach (var parameter in operation.Parameters.Where(p => p.In == "query" && KindOf(p.Name, p.Schema) is not null))
                foreach (var (actor, others) in Strangers(world))
                {
                    var own = actor.Slug == world.Ours.Slug ? world.OfOurs : actor.Slug == world.Client.Slug ? world.OfClient : world.OfTheirs;
                    var there = await AnswerAsync(world, document, operation, actor, own.After, query: $"?{parameter.Name}={others.After(KindOf(parameter.Name, parameter.Schema)!)}");
                    var missing = await AnswerAsync(world, document, operation, actor, own.After, query: $"?{parameter.Name}={Guid.CreateVersion7()}");
                    if (there != missing)
                        wrong.Add($"{operation} ?{parameter.Name} as {actor.Name} for {others.Org.Name}: {there} instead of {missing}");
                }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    /// <summary>A body that names somebody else's object is refused as one that names nothing, and nothing is made.</summary>
    [Theory, Sqlite, Postgres]
    public async Task A_body_with_the_id_of_another_tenant_makes_nothing(Database database)
    {
        var world = await MatrixWorld.MakeAsync(await apps.OnAsync(database));
        var document = await ApiDocument.OfAsync(world.App);
        var before = await MatrixWorld.RowsAsync(world.App);
        var wrong = new List<string>();
        var (tried, deepest) = (0, 0);
        foreach (var operation in document.Operations.Where(o => o.Body is not null && !o.Path.Contains("/admin/", StringComparison.Ordinal)))
            foreach (var (way, schema) in IdsOf(document, operation.Body!))
                foreach (var (actor, others) in Strangers(world))
                {
                    var name = way[^1];
                    // The agency's people may use each server of the agency for any of its clients.
                    if (actor.Name == "delegated staff" && others == world.OfSibling && KindOf(name, schema) == "servers")
                        continue;
                    var own = actor.Name switch { "owner" => world.OfOurs, "other agency at home" => world.OfTheirs, _ => world.OfClient };
                    string there = await WithAsync(others.After(KindOf(name, schema)!)), missing = await WithAsync(Guid.CreateVersion7().ToString());
                    tried++;
                    // A validation makes nothing, and its finding says of both that they are not there.
                    if (there[0] != '4' && !operation.Path.EndsWith("/validate", StringComparison.Ordinal) || there != missing)
                        wrong.Add($"{operation} {string.Join('.', way)} as {actor.Name} of {others.Org.Name}: {there} instead of {missing}");
                    deepest = Math.Max(deepest, way.Count);

                    Task<string> WithAsync(string id)
                    {
                        var body = (JsonObject)Holding(document, operation.Body!, way, id);
                        return AnswerAsync(world, document, operation, actor, own.After, body, named: id);
                    }
                }
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.True(tried > 0 && deepest > 2, $"{tried} ids, the deepest {deepest} names down");
        Assert.Equal(before, await MatrixWorld.RowsAsync(world.App));
    }

    /// <summary>Every id in a body, however deep: the names that lead to it. Of a drawing's nodes those are in what oCore keeps as it is.</summary>
    private static IEnumerable<(IReadOnlyList<string> Way, JsonObject Schema)> IdsOf(ApiDocument document, JsonObject body)
    {
        var properties = document.Properties(body).ToList();
        bool Has(string name) => properties.Exists(p => p.Name == name);
        foreach (var (name, schema, _) in properties)
        {
            // Edges lead from node to node of the same drawing.
            if (KindOf(name, schema) is not null && !(name == "target" && Has("source")))
                yield return ([name], schema);
            else if (name == "data" && Has("type"))
                yield return ([name, "serverId"], []);
            else
                foreach (var (way, of) in ApiDocument.TypeOf(schema) switch { "object" => IdsOf(document, schema), "array" => IdsOf(document, document.Resolve(schema["items"])), _ => [] })
                    yield return ([name, .. way], of);
        }
    }

    /// <summary>A body, good but for the id at the end of this way.</summary>
    private static JsonNode Holding(ApiDocument document, JsonObject schema, IEnumerable<string> way, string id)
    {
        if (way.FirstOrDefault() is not { } name)
            return ApiDocument.TypeOf(schema) == "array" ? new JsonArray(id) : id;
        var body = document.Sample(schema);
        var inner = document.Properties(schema).Where(p => p.Name == name).Select(p => p.Schema).FirstOrDefault() ?? [];
        var items = document.Resolve(inner["items"]);
        body[name] = way.Skip(1).Any() && items.Count > 0 ? new JsonArray(Holding(document, items, way.Skip(1), id)) : Holding(document, inner, way.Skip(1), id);
        return body;
    }

    // What a field refers to, as the segment of its address; null where it refers to nothing.
    private static string? KindOf(string name, JsonObject schema) => name switch
    {
        "serverId" or "server" or "lbServerId" or "redisServerId" => "servers",
        "templateId" or "template" => "templates",
        "topologyId" or "topology" => "topologies",
        "instanceId" or "instance" or "subjectId" => "instances",
        "clientId" or "client" or "clients" or "organization" or "organizationId" => "clients",
        "role" or "roleId" => "roles",
        "target" => "backup-targets",
        "backup" => "backups",
        "operation" or "operationId" => "operations",
        "objectId" => "servers",
        _ when (string?)schema["format"] == "uuid" => throw new InvalidOperationException($"Say in TheMatrix what \"{name}\" refers to."),
        _ => null,
    };
}
