using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Features.Templates;
using OCore.Platform.Data;
using OCore.Platform.Security;
using OCore.Tests.Servers;

namespace OCore.Tests.Templates;

/// <summary>What an agency offers its clients, and what is saved from an instance, has no secret in it.</summary>
public sealed class TemplatesWithoutSecrets(TestApps apps) : IClassFixture<TestApps>
{
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Theory, Sqlite, Postgres]
    public async Task A_public_template_holds_no_secret(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Offers");
        using var http = app.As(agency.Owner, agency.Org);
        var (key, variable) = (Of(("smtp_password", "canary-1"), ("smtp_user", "mailer")), Of(("SMTP_PASSWORD", "canary-2")));
        await http.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = "Open", OdooVersion = "19.0", IsPublic = true, Config = key }).IsRefusedAsync(400, "public_template_secret", "config");
        await http.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = "Open", OdooVersion = "19.0", IsPublic = true, DefaultEnvVars = variable }).IsRefusedAsync(400, "public_template_secret", "defaultEnvVars");
        Assert.Empty((await http.Get<Page<TemplateView>>("/api/templates")).Data);

        var own = await http.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = "Own", OdooVersion = "19.0", Config = key });
        var path = $"/api/templates/{own.Id}";
        var refused = await http.Put<UpdateTemplate, TemplateView>(path, new UpdateTemplate { IsPublic = true }).IsRefusedAsync(400, "public_template_secret", "config");
        Assert.Contains("smtp_password", refused.Hint, StringComparison.Ordinal);
        Assert.False((await http.Get<TemplateView>(path)).IsPublic);

        Assert.True((await http.Put<UpdateTemplate, TemplateView>(path, new UpdateTemplate { IsPublic = true, Config = Of(("smtp_user", "mailer")) })).IsPublic);
        await http.Put<UpdateTemplate, TemplateView>(path, new UpdateTemplate { DefaultEnvVars = variable }).IsRefusedAsync(400, "public_template_secret", "defaultEnvVars");
        Assert.False((await http.Put<UpdateTemplate, TemplateView>(path, new UpdateTemplate { IsPublic = false, DefaultEnvVars = variable })).IsPublic);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_client_sees_and_uses_what_is_offered_and_nothing_that_is_its_agencys_alone(Database database)
    {
        var app = await apps.OnAsync(database);
        var (agency, server) = await ProvisioningRefusals.AgencyAsync(app);
        var client = await app.ClientOfAsync(agency, "Guest");
        using var http = app.As(agency.Owner, agency.Org);
        using var guest = app.As(await app.MemberAsync(client, "owner"), client);
        // Of its key oCore alone makes use, so that a public template may have one.
        var dressed = await http.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate
        {
            Name = "Dressed", OdooVersion = "19.0", IsPublic = true, ModuleList = ["sale"], Image = "registry.canary.example/odoo:19.0", DefaultEnvVars = Of(("SMTP_SERVER", "canary-mail")), Config = Of(("smtp_user", "canary-user")),
            AddonRepositories = [new AddonRepository { Url = "ssh://git@canary.example/a", DeployKey = "canary-key" }],
        });
        var offered = await http.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = "Offered", OdooVersion = "19.0", IsPublic = true, MemoryMb = 4096 });
        var hidden = await http.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = "Hidden", OdooVersion = "19.0" });

        Assert.Equal([dressed.Id, offered.Id], (await guest.Get<Page<TemplateView>>("/api/templates")).Data.Select(t => t.Id));
        using var raw = app.HttpAs(await app.MemberAsync(client, "admin"), client.Slug);
        Assert.DoesNotContain("canary", await raw.GetStringAsync("/api/templates"), StringComparison.Ordinal);
        Assert.DoesNotContain("canary", await raw.GetStringAsync($"/api/templates/{dressed.Id}"), StringComparison.Ordinal);
        Assert.Equal(["sale"], (await guest.Get<TemplateView>($"/api/templates/{dressed.Id}")).ModuleList);
        await guest.Get<TemplateView>($"/api/templates/{hidden.Id}").IsRefusedAsync(404, "not_found");
        await guest.Put<UpdateTemplate, TemplateView>($"/api/templates/{offered.Id}", new UpdateTemplate { Name = "Mine" }).IsRefusedAsync(403, "not_yours");
        await guest.Send(HttpMethod.Delete, $"/api/templates/{offered.Id}").IsRefusedAsync(403, "not_yours");
        await guest.Post<TemplateView>($"/api/templates/{offered.Id}/duplicate").IsRefusedAsync(403, "not_yours");

        // On a server that it was given: there it gets as far as the server's room.
        var wish = new ProvisionInstance { ServerId = server.ToString() };
        await guest.Post<ProvisionInstance, OperationView>($"/api/templates/{hidden.Id}/provision", wish).IsRefusedAsync(404, "not_found");
        await guest.Post<ProvisionInstance, OperationView>($"/api/templates/{offered.Id}/provision", wish).IsRefusedAsync(404, "server_not_found");
        await using (var db = app.Databases.System())
        {
            db.Add(new ServerGrant { OrgId = agency.Org.Id, ServerId = server, ClientId = client.Id });
            await db.SaveChangesAsync();
        }
        await guest.Post<ProvisionInstance, OperationView>($"/api/templates/{offered.Id}/provision", wish).IsRefusedAsync(409, "server_capacity");
    }

    [Theory, Sqlite, Postgres]
    public async Task What_is_saved_from_an_instance_has_no_secret_of_it_not_even_sealed(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Saves");
        var (server, _) = await ServersAndInstances.InsertAsync(app, agency, machine: "elsewhere");
        var id = (await ServersAndInstances.InsertInstanceAsync(app, agency, server)).Id;
        var box = app.Services.GetRequiredService<SecretBox>();
        Instance instance;
        await using (var db = app.Databases.System())
        {
            instance = await db.Instances.AcrossTenants().SingleAsync(i => i.Id == id);
            instance.EnvVars = box.Sealed(Of(("SMTP_PASSWORD", "canary-1"), ("LOG_LEVEL", "warn")), null, agency.Org.Id);
            instance.Config = box.Sealed(Of(("smtp_password", "canary-2"), ("limit_request", "4096")), null, agency.Org.Id);
            instance.Repositories = [new TemplateRepository("ssh://git@git.example.com/a", "main", box.Seal("canary-3", TemplateSecrets.DeployKey, agency.Org.Id), box.Seal("canary-4", TemplateSecrets.RepositoryToken, agency.Org.Id))];
            instance.RegistrationCodeSealed = box.Seal("canary-5", InstanceSecrets.Registration, id);
            await db.SaveChangesAsync();
        }
        using var http = app.As(agency.Owner, agency.Org);

        // By its slug, as by its id.
        var saved = await http.Post<TemplateView>($"/api/templates/from-instance/{instance.Slug}");

        await using var all = app.Databases.System();
        var row = await all.Templates.AcrossTenants().AsNoTracking().SingleAsync(t => t.Id == saved.Id);
        Assert.Equal(["LOG_LEVEL"], row.DefaultEnvVars.Keys);
        Assert.Equal(["limit_request"], row.Config.Keys);
        Assert.Equal(new TemplateRepository("ssh://git@git.example.com/a", "main", null), Assert.Single(row.Repositories));
        var text = JsonSerializer.Serialize(row, Plain);
        string[] secrets =
        [
            instance.EnvVars["SMTP_PASSWORD"], instance.Config["smtp_password"], instance.Repositories[0].DeployKeySealed!, instance.Repositories[0].TokenSealed!, instance.RegistrationCodeSealed!,
            instance.DatabasePasswordSealed, instance.MasterPasswordSealed, instance.ConnectKeySealed, "canary",
        ];
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
    }

    private static Dictionary<string, string> Of(params (string Key, string Value)[] settings) => settings.ToDictionary(s => s.Key, s => s.Value);
}
