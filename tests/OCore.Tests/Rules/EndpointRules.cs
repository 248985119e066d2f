using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Validation;
using OCore.Platform.Http;

namespace OCore.Tests.Rules;

/// <summary>What holds for every endpoint, also for the next one.</summary>
public sealed class EndpointRules(TestApp app) : IClassFixture<TestApp>
{
    // Answer everybody and say nothing about anybody.
    private static readonly string[] OutsideTheApi = ["/healthz", "/readyz", "/metrics", "/openapi/{documentName}.json", "/docs/api", "/docs/api/{documentName?}", "/brand/", "{*path:nonfile}"];

    private IEnumerable<RouteEndpoint> All => app.Services.GetRequiredService<IEnumerable<EndpointDataSource>>().SelectMany(s => s.Endpoints).OfType<RouteEndpoint>();
    private IEnumerable<RouteEndpoint> Api => All.Where(e => e.RoutePattern.RawText!.StartsWith("/api/", StringComparison.Ordinal));

    [Fact]
    public void Every_endpoint_says_who_may_call_it()
    {
        Assert.NotEmpty(Api);
        Assert.DoesNotContain(Api, e => e.Metadata.GetMetadata<AccessRule>() is null);
        Assert.DoesNotContain(All.Except(Api), e => !OutsideTheApi.Any(known => e.RoutePattern.RawText!.StartsWith(known, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task The_program_does_not_start_with_an_endpoint_that_does_not_say_so()
    {
        await using var rogue = new TestApp();
        rogue.Route(web => web.MapGet("/api/rogue", () => "hello"));
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(rogue.InitializeAsync);
        Assert.Contains("/api/rogue", refusal.Message, StringComparison.Ordinal);
    }

    /// <summary>An internal type, or one the validation's generator did not see, is silently not validated.</summary>
    [Fact]
    public void Every_value_with_rules_is_validated()
    {
        var options = app.Services.GetRequiredService<IOptions<ValidationOptions>>().Value;
        var unchecked_ = from endpoint in Api
                         from parameter in endpoint.Metadata.GetMetadata<System.Reflection.MethodInfo>()?.GetParameters() ?? []
                         where parameter.ParameterType.GetProperties().Any(p => p.IsDefined(typeof(ValidationAttribute), true))
                         where !options.TryGetValidatableTypeInfo(parameter.ParameterType, out _)
                         select $"{endpoint.RoutePattern.RawText}: {parameter.ParameterType.Name}";
        Assert.Empty(unchecked_.Distinct());
    }

    [Fact]
    public void Answers_are_wire_records_not_rows()
    {
        using var db = DataRules.Design(Database.Sqlite);
        var rows = db.Model.GetEntityTypes().Select(t => t.ClrType).ToHashSet();
        var wrong = from endpoint in Api
                    from produces in endpoint.Metadata.OfType<IProducesResponseTypeMetadata>()
                    where produces.Type is not null
                    from type in Reach(produces.Type!, [])
                    where rows.Contains(type) || type.Assembly == typeof(OCoreApp).Assembly
                    select $"{endpoint.RoutePattern.RawText} shows {type.Name}";
        Assert.Empty(wrong.Distinct());
    }

    private static HashSet<Type> Reach(Type type, HashSet<Type> seen)
    {
        foreach (var argument in type.IsArray ? [type.GetElementType()!] : type.GetGenericArguments())
            Reach(argument, seen);
        if (type.Namespace?.StartsWith("OCore", StringComparison.Ordinal) == true && seen.Add(type))
            foreach (var property in type.GetProperties())
                Reach(property.PropertyType, seen);
        return seen;
    }

    [Fact]
    public async Task Every_operation_of_the_document_has_a_name_a_summary_and_a_tag()
    {
        var document = await DocumentAsync();
        var lacking = from path in document["paths"]!.AsObject()
                      from verb in path.Value!.AsObject()
                      where verb.Key is "get" or "post" or "put" or "delete" or "patch"
                      from member in (string[])["operationId", "summary", "tags"]
                      where verb.Value![member] is null
                      select $"{verb.Key} {path.Key} has no {member}";
        Assert.Empty(lacking);
        var names = document["paths"]!.AsObject().SelectMany(p => p.Value!.AsObject()).Select(v => (string?)v.Value?["operationId"]).Where(n => n is not null).ToList();
        Assert.Equal(names.Distinct().Count(), names.Count);
    }

    [Fact]
    public async Task The_document_in_the_repository_is_the_one_that_is_served()
    {
        var served = await DocumentAsync();
        var kept = JsonNode.Parse(await File.ReadAllTextAsync(Repository.PathOf("openapi", "ocore.json")))!;
        served.AsObject().Remove("servers");
        kept.AsObject().Remove("servers");
        Assert.True(JsonNode.DeepEquals(served, kept), "openapi/ocore.json is not what the server serves: run bin/gen. " + FirstDifference("", kept, served));
    }

    /// <summary>But a file, which is saved over the hash it was read with, and lists.</summary>
    [Fact]
    public async Task What_can_be_read_and_changed_has_a_tag_for_its_changes()
    {
        var lacking = from path in (await DocumentAsync())["paths"]!.AsObject()
                      where path.Value!["get"] is not null && path.Value["put"] is not null
                      where path.Value["get"]!["responses"]!["200"]!["headers"]?["ETag"] is null || path.Value["put"]!["responses"]!["412"] is null
                      select path.Key;
        Assert.Equal(["/api/instances/{id}/files/content"], lacking);
    }

    private async Task<JsonNode> DocumentAsync() => JsonNode.Parse(await app.Anonymous.GetStringAsync("/openapi/v1.json"))!;

    private static string? FirstDifference(string path, JsonNode? kept, JsonNode? served)
    {
        if (JsonNode.DeepEquals(kept, served))
            return null;
        if (kept is JsonObject before && served is JsonObject after)
            return before.Select(p => p.Key).Union(after.Select(p => p.Key)).Select(key => FirstDifference($"{path}/{key}", before[key], after[key])).FirstOrDefault(d => d is not null);
        return $"{path}: kept {Shorten(kept)}, served {Shorten(served)}";

        static string Shorten(JsonNode? node) => (node?.ToJsonString(JsonSerializerOptions.Web) ?? "nothing").Truncate(200);
    }
}
