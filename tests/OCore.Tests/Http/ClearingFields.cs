using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using OCore.Client;
using OCore.Tests.Servers;
using OCore.Tests.Users;

namespace OCore.Tests.Http;

/// <summary>A PUT takes part of an object: what is absent stays, what is null is cleared, and what is needed cannot be.</summary>
public sealed class ClearingFields(TestApps apps) : IClassFixture<TestApps>
{
    [Theory, Sqlite, Postgres]
    public async Task Of_a_template(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Clears");
        using var http = app.As(agency.Owner, agency.Org);
        var template = await http.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate
        {
            Name = "Full", OdooVersion = "19.0", Description = "text", Image = "odoo:mine", MemoryMb = 2048, Cpus = 2, DefaultWorkers = 4, IsPublic = true, DemoData = true,
            ModuleList = ["sale"], Languages = ["fr_FR"], DefaultEnvVars = new Dictionary<string, string> { ["PROXY_MODE"] = "True" }, Config = new Dictionary<string, string> { ["limit_request"] = "4096" },
        });
        var path = $"/api/templates/{template.Id}";
        Assert.Equal(JsonSerializer.Serialize(template with { CreatedAt = default, UpdatedAt = default }), JsonSerializer.Serialize(await PutAsync<TemplateView>(app, agency, path, "{}") with { CreatedAt = default, UpdatedAt = default }));
        var bare = await PutAsync<TemplateView>(app, agency, path, """
            {"description":null,"image":null,"memoryMb":null,"cpus":null,"defaultWorkers":null,"odooEdition":null,"isPublic":null,"demoData":null,"moduleList":null,"languages":null,"defaultEnvVars":null,"config":null,"addonRepositories":null}
            """);
        Assert.Equal((null, null, null, null, 0, "ce", false, false), (bare.Description, bare.Image, bare.MemoryMb, bare.Cpus, bare.DefaultWorkers, bare.OdooEdition, bare.IsPublic, bare.DemoData));
        Assert.True(bare is { Name: "Full", OdooVersion: "19.0", ModuleList.Count: 0, Languages.Count: 0, DefaultEnvVars.Count: 0, Config.Count: 0, AddonRepositories.Count: 0 });
        await RefusedAsync(app, agency, path, """{"name":null}""", "name");
        await RefusedAsync(app, agency, path, """{"odooVersion":null}""", "odooVersion");
        // As the command line says it.
        var again = await http.Put<UpdateTemplate, TemplateView>(path, new UpdateTemplate { MemoryMb = 1024, Cpus = 1 });
        Assert.Equal((1024, 1d), (again.MemoryMb, again.Cpus));
        again = await http.Put<UpdateTemplate, TemplateView>(path, new UpdateTemplate { Clearing = ["memoryMb"] });
        Assert.Equal((null, 1d), (again.MemoryMb, again.Cpus));
    }

    [Theory, Sqlite, Postgres]
    public async Task Of_an_instance_and_its_server(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Instances");
        var (server, instance) = await ServersAndInstances.InsertAsync(app, agency, workers: 4, memoryMb: 5000);
        var path = $"/api/instances/{instance}";
        await PutAsync<InstanceView>(app, agency, path, """{"cpus":2,"envVars":{"LIMIT_TIME_REAL":"240"},"registrationCode":"M123"}""");
        var view = await PutAsync<InstanceView>(app, agency, path, """{"memoryMb":null,"cpus":null}""");
        Assert.Equal((OCore.Features.Templates.Provisioning.DefaultMemoryMb(4), null, "240", true), (view.MemoryMb, view.Cpus, view.EnvVars["LIMIT_TIME_REAL"], view.HasRegistrationCode));
        // Memory that follows from the workers goes on following them.
        view = await PutAsync<InstanceView>(app, agency, path, """{"workers":null,"envVars":null,"registrationCode":null}""");
        Assert.Equal((0, OCore.Features.Templates.Provisioning.DefaultMemoryMb(0), 0, false), (view.Workers, view.MemoryMb, view.EnvVars.Count, view.HasRegistrationCode));
        await RefusedAsync(app, agency, path, """{"name":null}""", "name");

        path = $"/api/servers/{server}";
        await PutAsync<ServerView>(app, agency, path, """{"baseDomain":"apps.example.com","edgeProxies":["10.0.0.5","10.1.0.0/16"],"edgeHttps":true}""");
        Assert.StartsWith("https://", (await app.As(agency.Owner, agency.Org).Get<InstanceView>($"/api/instances/{instance}")).Url, StringComparison.Ordinal);
        Assert.Equal(["10.0.0.5/32", "10.1.0.0/16"], (await PutAsync<ServerView>(app, agency, path, """{"name":"renamed"}""")).EdgeProxies);
        var bare = await PutAsync<ServerView>(app, agency, path, """{"baseDomain":null,"edgeProxies":null,"edgeHttps":null,"clients":null}""");
        Assert.True(bare is { BaseDomain: null, EdgeProxies.Count: 0, EdgeHttps: false, Name: "renamed" });
        await RefusedAsync(app, agency, path, """{"edgeProxies":["our proxy"]}""", "edgeProxies");
        await RefusedAsync(app, agency, path, """{"name":null}""", "name");
    }

    [Theory, Sqlite]
    public async Task Of_everything_else(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Rest");
        var client = await app.ClientOfAsync(agency, "Client");
        foreach (var path in (string[])["/api/organizations/current", $"/api/agency/clients/{client.Slug}"])
        {
            await PutAsync<JsonObject>(app, agency, path, """{"logoUrl":"https://cdn.example.com/logo.png"}""");
            var view = await PutAsync<JsonObject>(app, agency, path, """{"logoUrl":null}""");
            Assert.Null(view["logoUrl"]);
            await RefusedAsync(app, agency, path, """{"name":null}""", "name");
        }
        using var http = app.As(agency.Owner, agency.Org);
        var role = await http.Post<CreateRole, RoleView>("/api/roles", new CreateRole { Name = "Helpers", Slug = "helpers", Description = "text", Permissions = ["view:instances"] });
        var bare = await PutAsync<RoleView>(app, agency, $"/api/roles/{role.Id}", """{"description":null,"permissions":null}""");
        Assert.True(bare is { Name: "Helpers", Description: null, Permissions.Count: 0 });
        await RefusedAsync(app, agency, $"/api/roles/{role.Id}", """{"name":null}""", "name");
        await RefusedAsync(app, agency, "/api/user", """{"name":null}""", "name");
    }

    private static async Task<T> PutAsync<T>(TestApp app, TestAgency agency, string path, string body)
    {
        using var http = app.HttpAs(agency.Owner, agency.Slug);
        var answer = await http.PutAsync(path, new StringContent(body, null, "application/json")).IsAsync(HttpStatusCode.OK);
        return (T)JsonSerializer.Deserialize(await answer.Content.ReadAsStringAsync(), WireJson.Default.GetTypeInfo(typeof(T))!)!;
    }

    private static async Task RefusedAsync(TestApp app, TestAgency agency, string path, string body, string field)
    {
        using var http = app.HttpAs(agency.Owner, agency.Slug);
        await http.PutAsync(path, new StringContent(body, null, "application/json")).ProblemAsync(400, "validation_failed", field);
    }
}
