using System.CommandLine;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli.Commands;

internal static class ApiKeyCommands
{
    public static Command Noun() => new("api-key", "Keys for programs") { List(), Create(), Delete() };

    private static Verb List() => Lists.Verb("list", "List the API keys", "GET /api-keys", Views.ApiKey, _ => "/api/api-keys");

    private static Verb Create()
    {
        var name = Opt.Need("--name", "NAME", "What uses it");
        var scopes = Opt.List("--scopes", "LIST", "Permissions it is limited to; all of yours where not given");
        var days = Opt.Int("--expires-in-days", "N", "Days until it ends, 1 to 366; 90 where not given");
        return new Verb("create", "Create an API key; it is shown this once. With --quiet, the key alone is printed") { name, scopes, days }
            .Calls("POST /api-keys")
            .Example("ocore api-key create --name ci --scopes manage:instances,view:templates --expires-in-days 30")
            .Example("export OCORE_TOKEN=$(ocore api-key create --name ci --quiet)")
            .Runs(async call =>
            {
                var request = new CreateApiKey { Name = call.Need(name), Scopes = call.List(scopes), ExpiresInDays = call.Get(days) };
                var (created, json) = await call.Fetch<CreatedApiKey>(HttpMethod.Post, "/api/api-keys", Client.OCoreHttp.Body(request));
                call.Out.Item(json, created, Views.CreatedApiKey);
                call.Out.Note("Keep the key now: it cannot be shown again.");
                return ExitCode.Ok;
            });
    }

    private static Verb Delete()
    {
        var key = Opt.Arg("KEY", "Id or name");
        return new Verb("delete", "Delete an API key; what uses it stops") { key }
            .Calls("DELETE /api-keys/{id}")
            .Runs(async call => await call.Do(HttpMethod.Delete, $"/api-keys/{await Lookup.ApiKey(call, call.Get(key))}", "The key no longer works."));
    }
}
