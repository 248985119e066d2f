using System.Text.Json;
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
        var shell = new ReadersShell(App.Url, person.Token);
        var http = App.As(person);

        var early = Problem(await RunAsync(shell, create), 409);
        Assert.Equal("agency_not_enabled", early.Code);
        Assert.True((await AnswerAsync<AgencyView>(shell, enable, 200)).Enabled);
        var made = await AnswerAsync<ClientView>(shell, create, 201);
        Assert.Equal(("Acme Corp", "acme-corp", 0, 0), (made.Name, made.Slug, made.MemberCount, made.InstanceCount));
        Assert.Equal(made.Id, (await AnswerAsync<Page<ClientView>>(shell, list, 200)).Data.Single().Id);
        Assert.Equal("slug_taken", Problem(await RunAsync(shell, create), 409).Code);
        var deletion = await AnswerAsync<OperationView>(shell, delete, 202, ("{clientOrgId}", made.Id.ToString()));
        Assert.Equal(OperationState.Succeeded, (await http.EndOfAsync(deletion)).State);
        Assert.Empty((await AnswerAsync<Page<ClientView>>(shell, list, 200)).Data);

        var (code, said, complained) = await RunAsync(shell, createByCli);
        Assert.True(code == 0, said + complained);
        Assert.Equal("acme-corp", (await AnswerAsync<Page<ClientView>>(shell, list, 200)).Data.Single().Slug);
        await http.EndOfAsync(await http.Delete<OperationView>("/api/agency/clients/acme-corp"));
    }

    [PublishedPageFact]
    public async Task Templates()
    {
        var commands = PublishedPage.Commands("Creating a Template", "Required Permissions");
        Assert.Equal(3, commands.Count);
        var (create, provision, save) = (commands[0], commands[1], commands[2]);
        var shell = new ReadersShell(App.Url, await App.ApiKeyAsync(Scene.Agency.Owner, Scene.Agency.Org));
        (string, string) server = ("SERVER_UUID", Scene.First.Id.ToString());

        var template = await AnswerAsync<TemplateView>(shell, create, 201);
        Assert.Equal(("Standard Odoo 18 CE", "18.0", "ce", 4, false), (template.Name, template.OdooVersion, template.OdooEdition, template.DefaultWorkers, template.IsPublic));
        Assert.Equal(["sale", "purchase", "stock", "account"], template.ModuleList);
        Assert.Equal("True", template.DefaultEnvVars["PROXY_MODE"]);
        var refused = Problem(await RunAsync(shell, provision, ("{templateId}", template.Id.ToString()), ("TEMPLATE_UUID", template.Id.ToString()), server), 422);
        Assert.Equal("image_not_accessible", refused.Code);
        Assert.Contains("odoo:18.0", refused.Detail, StringComparison.Ordinal);
        Assert.NotEmpty(refused.Hint!);
        Assert.Equal("server_not_found", Problem(await RunAsync(shell, provision, ("{templateId}", template.Id.ToString()), ("TEMPLATE_UUID", template.Id.ToString())), 404).Code);

        var newer = await AnswerAsync<TemplateView>(shell, create, 201, ("18.0", "19.0"), ("Odoo 18", "Odoo 19"));
        var operation = await AnswerAsync<OperationView>(shell, provision, 202, ("{templateId}", newer.Id.ToString()), ("TEMPLATE_UUID", newer.Id.ToString()), server);
        var ended = await Scene.EndOfAsync(operation, seconds: 400);
        foreach (var step in ended.Steps)
            output.WriteLine($"{(step.FinishedAt - step.StartedAt)?.TotalSeconds,7:0.0} s  {step.Name}");
        var instance = await Scene.InstanceAsync(ended.InstanceId!.Value);
        Assert.Equal((6, "19.0", InstanceStatus.Running), (instance.Workers, instance.OdooVersion, instance.Status));
        await Scene.AnswersAsync(instance);
        var installed = (await Scene.Http.Get<Page<InstalledModule>>($"/api/instances/{instance.Id}/modules?state=installed")).Data.Select(m => m.Name).ToHashSet();
        Assert.Superset(newer.ModuleList.ToHashSet(), installed);

        var saved = await AnswerAsync<TemplateView>(shell, save, 201, ("{instanceId}", instance.Id.ToString()));
        Assert.Equal((6, "19.0"), (saved.DefaultWorkers, saved.OdooVersion));
        Assert.Equal(newer.ModuleList, saved.ModuleList);
        await Scene.DeleteAsync(instance);
        await Scene.NothingIsLeftAsync();
    }

    private async Task<(int ExitCode, string Out, string Error)> RunAsync(ReadersShell shell, string command, params (string, string)[] ids)
    {
        var result = await shell.RunAsync(command, ids);
        output.WriteLine($"$ {command}\n{result.Out}{result.Error}\n");
        return result;
    }

    private async Task<T> AnswerAsync<T>(ReadersShell shell, string command, int status, params (string, string)[] ids) =>
        Read<T>(await RunAsync(shell, command, ids), status);

    private static ProblemBody Problem((int, string, string) result, params int[] statuses) => Read<ProblemBody>(result, statuses);

    private static T Read<T>((int ExitCode, string Out, string Error) result, params int[] statuses)
    {
        var body = result.Out.TrimEnd();
        var end = body.LastIndexOf('\n');
        Assert.True(result.ExitCode == 0 && statuses.Contains(int.Parse(body[(end + 1)..])), result.Out + result.Error);
        return (T)JsonSerializer.Deserialize(body[..end], WireJson.Default.GetTypeInfo(typeof(T))!)!;
    }
}

/// <summary>A test that types the page's commands; skipped aloud where there is nothing to type them with.</summary>
public sealed class PublishedPageFactAttribute : FactAttribute
{
    public PublishedPageFactAttribute() => Skip = ReadersShell.WhyNot!;
}
