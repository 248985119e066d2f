using OCore.Client;
using OCore.SystemTests.Instances;
using OCore.Tests;
using OCore.Tests.Agency;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Seed;

/// <summary>Every command that the published page shows for agencies, clients and templates, typed as it stands there.</summary>
[Collection(OdooLabCollection.Name)]
public sealed class ThePublishedCommandsRun(OdooLab lab, ITestOutputHelper output)
{
    private OdooScene Scene => lab.Scene;
    private TestApp App => lab.Scene.App;

    [PublishedPageFact]
    public async Task Agency_and_clients()
    {
        var commands = PublishedPage.Commands("Enabling Agency Mode", "White-Label Configuration");
        Assert.Equal(5, commands.Count);
        var (enable, create, createByCli, list, delete) = (commands[0], commands[1], commands[2], commands[3], commands[4]);
        var person = await App.PersonAsync("Reader");
        var shell = new ReadersShell(App.Url, person.Token, output);
        var http = App.As(person);

        var early = await shell.AnswerAsync<ProblemBody>(create, 409);
        Assert.Equal("agency_not_enabled", early.Code);
        Assert.True((await shell.AnswerAsync<AgencyView>(enable, 200)).Enabled);
        var made = await shell.AnswerAsync<ClientView>(create, 201);
        Assert.Equal(("Acme Corp", "acme-corp", 0, 0), (made.Name, made.Slug, made.MemberCount, made.InstanceCount));
        Assert.Equal(made.Id, (await shell.AnswerAsync<Page<ClientView>>(list, 200)).Data.Single().Id);
        Assert.Equal("slug_taken", (await shell.AnswerAsync<ProblemBody>(create, 409)).Code);
        var deletion = await shell.AnswerAsync<OperationView>(delete, 202, ("{clientOrgId}", made.Id.ToString()));
        Assert.Equal(OperationState.Succeeded, (await http.EndOfAsync(deletion)).State);
        Assert.Empty((await shell.AnswerAsync<Page<ClientView>>(list, 200)).Data);

        await shell.DoesAsync(createByCli);
        Assert.Equal("acme-corp", (await shell.AnswerAsync<Page<ClientView>>(list, 200)).Data.Single().Slug);
        await http.EndOfAsync(await http.Delete<OperationView>("/api/agency/clients/acme-corp"));
    }

    [PublishedPageFact]
    public async Task Templates()
    {
        var commands = PublishedPage.Commands("Creating a Template", "Required Permissions");
        Assert.Equal(3, commands.Count);
        var (create, provision, save) = (commands[0], commands[1], commands[2]);
        var shell = new ReadersShell(App.Url, await App.ApiKeyAsync(Scene.Agency.Owner, Scene.Agency.Org), output);
        (string, string) server = ("SERVER_UUID", Scene.First.Id.ToString());

        var template = await shell.AnswerAsync<TemplateView>(create, 201);
        Assert.Equal(("Standard Odoo 18 CE", "18.0", "ce", 4, false), (template.Name, template.OdooVersion, template.OdooEdition, template.DefaultWorkers, template.IsPublic));
        Assert.Equal(["sale", "purchase", "stock", "account"], template.ModuleList);
        Assert.Equal("True", template.DefaultEnvVars["PROXY_MODE"]);
        var refused = await shell.AnswerAsync<ProblemBody>(provision, 422, ("{templateId}", template.Id.ToString()), ("TEMPLATE_UUID", template.Id.ToString()), server);
        Assert.Equal("image_not_accessible", refused.Code);
        Assert.Contains("odoo:18.0", refused.Detail, StringComparison.Ordinal);
        Assert.NotEmpty(refused.Hint!);
        Assert.Equal("server_not_found", (await shell.AnswerAsync<ProblemBody>(provision, 404, ("{templateId}", template.Id.ToString()), ("TEMPLATE_UUID", template.Id.ToString()))).Code);

        var newer = await shell.AnswerAsync<TemplateView>(create, 201, ("18.0", "19.0"), ("Odoo 18", "Odoo 19"));
        var operation = await shell.AnswerAsync<OperationView>(provision, 202, ("{templateId}", newer.Id.ToString()), ("TEMPLATE_UUID", newer.Id.ToString()), server);
        var ended = await Scene.EndOfAsync(operation, seconds: 400);
        foreach (var step in ended.Steps)
            output.WriteLine($"{(step.FinishedAt - step.StartedAt)?.TotalSeconds,7:0.0} s  {step.Name}");
        var instance = await Scene.InstanceAsync(ended.InstanceId!.Value);
        Assert.Equal((6, "19.0", InstanceStatus.Running), (instance.Workers, instance.OdooVersion, instance.Status));
        await Scene.AnswersAsync(instance);
        var installed = (await Scene.Http.Get<Page<InstalledModule>>($"/api/instances/{instance.Id}/modules?state=installed")).Data.Select(m => m.Name).ToHashSet();
        Assert.Superset(newer.ModuleList.ToHashSet(), installed);

        var saved = await shell.AnswerAsync<TemplateView>(save, 201, ("{instanceId}", instance.Id.ToString()));
        Assert.Equal((6, "19.0"), (saved.DefaultWorkers, saved.OdooVersion));
        Assert.Equal(newer.ModuleList, saved.ModuleList);
        await Scene.DeleteAsync(instance);
        await Scene.NothingIsLeftAsync();
    }
}

/// <summary>A test that types the page's commands; skipped aloud where there is nothing to type them with.</summary>
public sealed class PublishedPageFactAttribute : FactAttribute
{
    public PublishedPageFactAttribute() => Skip = ReadersShell.WhyNot!;
}
