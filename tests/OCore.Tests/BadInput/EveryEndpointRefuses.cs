using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OCore.Client;
using OCore.Tests.Tenancy;

namespace OCore.Tests.BadInput;

/// <summary>
/// Missing, unknown, oversized, wrong-typed and hostile values at every endpoint of the document: a problem that names the field,
/// and nothing made. The owner of an agency who runs the installation asks, whom no gate holds back.
/// </summary>
[Trait("Kind", "exhaustive")]
public sealed class EveryEndpointRefuses(TestApps apps) : IClassFixture<TestApps>
{
    private sealed record Probe(ApiOperation Operation, string What, HttpContent? Content, string Query, string? Field, Func<string, string?>? Ids = null, bool OnlyNoError = false, (string Name, string Value)? Header = null, (int Status, string Code)? Answer = null);

    [Theory, Sqlite, Postgres]
    public Task Wrong_bodies(Database database) => AllAsync(database, (document, operation) => operation.Body is null ? [] : OfBody(document, operation));

    [Theory, Sqlite, Postgres]
    public Task Wrong_queries(Database database) => AllAsync(database, (document, operation) => operation.Parameters.Where(p => p.In == "query").SelectMany(p => OfQuery(document, operation, p)));

    [Theory, Sqlite, Postgres]
    public Task Wrong_addresses(Database database) => AllAsync(database, (document, operation) => !operation.NamesAnObject ? [] : OfAddress(document, operation));

    [Theory, Sqlite, Postgres]
    public Task Wrong_headers(Database database) => AllAsync(database, (document, operation) => operation.Parameters.Where(p => p.In == "header").SelectMany(p => OfHeader(document, operation, p)));

    [Theory, Sqlite, Postgres]
    public Task Wrong_uploads(Database database) => AllAsync(database, (_, operation) => operation.RawBodies.Count == 0 ? [] : operation.RawBodies.Contains("multipart/form-data") ? OfForm(operation) : OfUpload(operation), least: 10);

    private async Task AllAsync(Database database, Func<ApiDocument, ApiOperation, IEnumerable<Probe>> probes, int least = 0)
    {
        var app = await apps.OnAsync(database);
        var world = await MatrixWorld.MakeAsync(app);
        var document = await ApiDocument.OfAsync(app);
        await app.JoinAsync(world.Ours.Org, (await app.OperatorAsync()), "owner");
        var person = await app.OperatorAsync();
        var before = await MatrixWorld.RowsAsync(app);
        var (wrong, count) = (new List<string>(), 0);
        foreach (var operation in document.Operations)
        {
            // Some of these end the session; each operation has its own.
            using var http = app.HttpWith(await app.SignInAsync(person.Id), world.Ours.Slug);
            foreach (var probe in probes(document, operation))
            {
                count++;
                using var request = new HttpRequestMessage(new HttpMethod(operation.Verb), operation.Url(segment => probe.Ids?.Invoke(segment) ?? world.OfOurs.After(segment)) + probe.Query) { Content = probe.Content };
                if (probe.Header is { } header && !request.Headers.TryAddWithoutValidation(header.Name, header.Value))
                    throw new InvalidOperationException($"{header.Name} cannot be sent as {header.Value}.");
                request.Headers.ExpectContinue = probe.Content?.Headers.ContentLength > 1 << 20;
                using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
                if (Fault(response, await TextAsync(response), probe) is { } fault)
                    wrong.Add($"{operation}, {Printable(probe.What)}: {Printable(fault)} {((int)response.StatusCode >= 500 ? app.Log.Lines.LastOrDefault()?.Truncate(900) : "")}");
            }
        }
        Assert.True(wrong.Count == 0, $"{wrong.Count} of {count}:\n{string.Join('\n', wrong.Take(80))}");
        // A document without its rules would make no probes.
        Assert.True(count > (least > 0 ? least : 4 * document.Operations.Count()), $"only {count} probes");
        Assert.Equal(before, await MatrixWorld.RowsAsync(app));
    }

    private static string Printable(string text) => string.Concat(text.Select(c => char.IsControl(c) ? $"\\x{(int)c:x2}" : c.ToString()));

    private static async Task<string> TextAsync(HttpResponseMessage response) =>
        response.Content.Headers.ContentType?.MediaType == "text/event-stream" ? "" : await response.Content.ReadAsStringAsync();

    private static string? Fault(HttpResponseMessage response, string text, Probe probe)
    {
        var status = (int)response.StatusCode;
        // A server was asked, at an address where nobody answers: right for what can be asked of one, and too late for what had to be refused by its name.
        if (status == 503 && probe is { Field: null, Ids: null, Answer: null } && text.Contains("\"server_unreachable\"", StringComparison.Ordinal))
            return null;
        if (status >= 500)
            return $"{status} {text}".Truncate(300);
        if (probe.OnlyNoError)
            return null;
        if (status is < 400)
            return $"was accepted with {status}";
        if (response.Content.Headers.ContentType?.MediaType != "application/problem+json")
            return $"{status} is no problem document but {response.Content.Headers.ContentType}: {text}".Truncate(300);
        var problem = JsonSerializer.Deserialize(text, WireJson.Default.ProblemBody)!;
        if (string.IsNullOrEmpty(problem.Code) || string.IsNullOrEmpty(problem.TraceId))
            return $"no code or trace id: {text}".Truncate(300);
        if (probe.Answer is { } answer)
            return (status, problem.Code) == answer ? null : $"{status} {problem.Code} instead of {answer.Status} {answer.Code}";
        if (probe.Field is null)
            return null;
        if (status != 400)
            return $"{status} instead of 400: {text}".Truncate(300);
        return problem.Errors?.Keys.Any(key => key == probe.Field || key.StartsWith(probe.Field + ".", StringComparison.Ordinal) || key.StartsWith(probe.Field + "[", StringComparison.Ordinal)) == true
            ? null : $"does not name {probe.Field}: {text}".Truncate(300);
    }

    private static IEnumerable<Probe> OfBody(ApiDocument document, ApiOperation operation)
    {
        var schema = operation.Body!;
        foreach (var (what, text, media) in new[]
                 {
                     ("no JSON", "{", "application/json"), ("an array", "[]", "application/json"), ("a number", "1", "application/json"), ("a text", "\"x\"", "application/json"),
                     ("deep nesting", new string('[', 200) + new string(']', 200), "application/json"), ("a form", "a=b", "application/x-www-form-urlencoded"), ("XML", "<a/>", "application/xml"),
                     ("two megabytes", $"{{\"a\":\"{new string('x', 2 << 20)}\"}}", "application/json"), ("a field twice as unknown", "{\"__proto__\":{},\"constructor\":1}", "application/json"),
                 })
            yield return new Probe(operation, what, new StringContent(text, new MediaTypeHeaderValue(media)), "", null);
        yield return Of("an unknown field", document.Sample(schema), body => body["nobodyKnowsThis"] = 1, "nobodyKnowsThis");
        foreach (var (name, property, required) in document.Properties(schema))
        {
            if (required)
                yield return Of($"without {name}", document.Sample(schema), body => body.Remove(name), name);
            foreach (var (what, value) in BadValues.Refused(document, name, property, required))
                yield return Of(what, document.Sample(schema), body => body[name] = value, name);
            foreach (var text in BadValues.Unsaid(operation, name))
                yield return Of($"{name} as {text}", document.Sample(schema), body => body[name] = text, name);
        }

        foreach (var (name, property, _) in document.Properties(schema))
            foreach (var (what, field, value) in BadValues.Within(document, name, property))
                yield return Of(what, document.Sample(schema), body => body[name] = value, field);

        // A text without a pattern takes whatever it likes, but never a NUL; the unknown field keeps the rest from happening.
        foreach (var (name, property, _) in document.Properties(schema).Where(p => BadValues.IsFreeText(p.Schema)))
            yield return Of($"{name} with a NUL", document.Sample(schema), body => body[name] = "a\0b", name);

        Probe Of(string what, JsonObject body, Action<JsonObject> spoil, string field)
        {
            spoil(body);
            return new Probe(operation, what, Json(body), "", field);
        }
    }

    private static IEnumerable<Probe> OfQuery(ApiDocument document, ApiOperation operation, ApiParameter parameter)
    {
        var schema = parameter.Schema;
        var type = ApiDocument.TypeOf(schema);
        Probe Refused(string value) => new(operation, $"?{parameter.Name}={value}".Truncate(80), operation.Body is null ? null : Json(document.Sample(operation.Body)), $"?{parameter.Name}={Uri.EscapeDataString(value)}", parameter.Name);
        if (type is "integer" or "number")
        {
            yield return Refused("x");
            yield return Refused("1e99");
            if ((double?)schema["minimum"] is { } least)
                yield return Refused(ApiDocument.Number(least - 1));
            if ((double?)schema["maximum"] is { } most && most < long.MaxValue)
                yield return Refused(ApiDocument.Number(most + 1));
        }
        else if (type == "boolean" || (string?)schema["format"] is "uuid" or "date-time")
            yield return Refused("x");
        else if ((int?)schema["maxLength"] is { } max)
            yield return Refused(new string('a', max + 1));
        foreach (var text in BadValues.Unsaid(operation, parameter.Name))
            yield return Refused(text);
        if (operation.Verb == "GET")
            foreach (var text in BadValues.Hostile)
                yield return new Probe(operation, $"?{parameter.Name}={text}", null, $"?{parameter.Name}={Uri.EscapeDataString(text)}", null, OnlyNoError: true);
    }

    private static IEnumerable<Probe> OfHeader(ApiDocument document, ApiOperation operation, ApiParameter header)
    {
        // The web server itself refuses a NUL or the end of a line in a header, without a body.
        string[] odd = ["\u001b[2J", "a\u0001b", "\u007f"];
        string[] wrong = header.Name switch
        {
            "X-Org-Slug" => ["nobody-knows-this", Guid.CreateVersion7().ToString(), new string('a', 65), "../..", "'; DROP TABLE \"Users\"; --", .. odd],
            "If-Match" => ["no tag", "\"half", new string('a', 4000), .. odd],
            "Idempotency-Key" => [new string('a', (int)header.Schema["maxLength"]! + 1), .. odd],
            "Last-Event-ID" => ["x", "-1", "1.5", "1e9", "0x10", new string('9', 4000), .. odd],
            _ => throw new InvalidOperationException($"Say here what a wrong {header.Name} is."),
        };
        (int, string)? answer = header.Name == "X-Org-Slug" ? (404, "organization_not_found") : null;
        foreach (var value in wrong)
            yield return new Probe(operation, $"{header.Name}: {value}".Truncate(80), operation.Body is null ? null : Json(document.Sample(operation.Body)), "", answer is null ? header.Name : null, Header: (header.Name, value), Answer: answer);
    }

    private static IEnumerable<Probe> OfUpload(ApiOperation operation)
    {
        var type = operation.RawBodies[0];
        foreach (var (what, content) in new (string, HttpContent)[]
                 {
                     ("nothing", Bytes([], type)), ("no such file", Bytes("This is no file of that kind."u8.ToArray(), type)), ("a zip cut short", Bytes("PK\u0003\u0004\u0014\0\0\0"u8.ToArray(), type)),
                     ("zeros", Bytes(new byte[100_000], type)), ("more than anything may have", new Endless(1L << 41, type)),
                     ("JSON", new StringContent("{}", Encoding.UTF8, "application/json")), ("a form", new StringContent("a=b", Encoding.UTF8, "application/x-www-form-urlencoded")), ("no type at all", Bytes("x"u8.ToArray(), null)),
                 })
            yield return new Probe(operation, what, content, "", null);
    }

    private static IEnumerable<Probe> OfForm(ApiOperation operation)
    {
        var broken = new StringContent("--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\ncut", Encoding.UTF8);
        broken.Headers.ContentType = MediaTypeHeaderValue.Parse("multipart/form-data; boundary=x");
        var unbounded = Bytes("x"u8.ToArray(), "multipart/form-data");
        var many = new MultipartFormDataContent();
        for (var i = 0; i < 2000; i++)
            many.Add(new StringContent("a"), $"part{i}");
        foreach (var (what, content) in new (string, HttpContent)[]
                 {
                     ("a form without parts", new MultipartFormDataContent()), ("another part", new MultipartFormDataContent { { new StringContent("a"), "other" } }), ("a text as the file", new MultipartFormDataContent { { new StringContent("a"), "file" } }),
                     ("an empty file", Form([])), ("a file cut short", broken), ("no boundary", unbounded), ("very many parts", many),
                     ("JSON", new StringContent("{}", Encoding.UTF8, "application/json")), ("nothing", Bytes([], null)), ("the file itself", Bytes("GIF89a"u8.ToArray(), "image/gif")),
                     ("no image and no font", Form("This is neither."u8.ToArray())), ("half a picture", Form([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13])), ("half a font", Form([.. "wOF2"u8, .. new byte[60]])), ("an SVG with an entity", Form("<!DOCTYPE svg [<!ENTITY a 'b'>]><svg>&a;</svg>"u8.ToArray())),
                 })
            yield return new Probe(operation, what, content, "", "file");
        foreach (var text in BadValues.Hostile.Append(new string('a', 5000)))
            if (operation.Path.EndsWith("/fonts", StringComparison.Ordinal))
                yield return new Probe(operation, $"the family {text}".Truncate(80), Form([.. "wOF2"u8, .. new byte[60]], text), "", text is "--help" ? "file" : "family");
        yield return new Probe(operation, "more than anything may have", new Endless(1L << 41, "multipart/form-data; boundary=x"), "", null);
    }

    private static MultipartFormDataContent Form(byte[] file, string family = "Sample") => new() { { new StringContent(family), "family" }, { new ByteArrayContent(file), "file", "sample" } };

    private static ByteArrayContent Bytes(byte[] content, string? type)
    {
        var made = new ByteArrayContent(content);
        made.Headers.ContentType = type is null ? null : MediaTypeHeaderValue.Parse(type);
        return made;
    }

    /// <summary>Says how long it is and sends nothing: it has to be refused by that.</summary>
    private sealed class Endless : HttpContent
    {
        private readonly long _length;

        public Endless(long length, string type) => (_length, Headers.ContentType) = (length, MediaTypeHeaderValue.Parse(type));

        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) => throw new InvalidOperationException("It was asked for, and not refused.");

        protected override bool TryComputeLength(out long length) => (length = _length) > 0;
    }

    private static IEnumerable<Probe> OfAddress(ApiDocument document, ApiOperation operation)
    {
        // The web server itself refuses an address of more than 8 KB, without a body; some name three objects.
        foreach (var text in BadValues.Hostile.Append(new string('a', 2000)))
            // The web server itself refuses an address with a NUL, without a body.
            yield return Of($"the address of {text}", _ => Uri.EscapeDataString(text), text);

        // What is within an object that is there is looked for further on. What a credential is called is up to who sets it.
        if (operation.Path.Split('{') is { Length: > 2 } parts && operation.Id != "setTopologyCredential")
            foreach (var text in BadValues.Hostile.Append(new string('a', 2000)))
                yield return Of($"the address of ours, and in it {text}", segment => parts[^2].EndsWith($"/{segment}/", StringComparison.Ordinal) ? Uri.EscapeDataString(text) : null, text);

        Probe Of(string what, Func<string, string?> ids, string text) =>
            new(operation, what.Truncate(80), operation.Body is null ? null : Json(document.Sample(operation.Body)), "", null, ids, OnlyNoError: text.Contains('\0'));
    }

    private static StringContent Json(JsonObject body) => new(body.ToJsonString(), Encoding.UTF8, "application/json");
}
