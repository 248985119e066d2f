using OCore.Client;
using OCore.SystemTests.Instances;
using OCore.SystemTests.Remote;
using OCore.Tests;
using OCore.Tests.Operations;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Agency;

/// <summary>Every operation on a client, with Odoo running for it: each step twice, a failure at each step, and undone twice.</summary>
[Collection(OdooLabCollection.Name)]
public sealed class ClientOperationsHold(OdooLab lab, ITestOutputHelper output)
{
    private OdooScene Scene => lab.Scene;
    private TestOrg _client = null!;
    private InstanceView _instance = null!;

    [LabFact]
    public async Task Suspending()
    {
        await BeginAsync();
        await Scene.ProveAsync(new OperationCase("client.suspend", async () => (await VerbAsync("suspend")).Id,
            (_, state) => state == OperationState.RolledBack ? IsOnlineAsync() : IsOfflineAsync(), DoneByTheRequest: 1,
            ArrangeAsync: async () => { if ((await ViewAsync()).Suspended) await Scene.EndOfAsync(await VerbAsync("resume")); }), output.WriteLine);
        await EndAsync();
    }

    [LabFact]
    public async Task Resuming()
    {
        await BeginAsync();
        await Scene.ProveAsync(new OperationCase("client.resume", async () => (await VerbAsync("resume")).Id,
            (_, state) => state == OperationState.RolledBack ? IsOfflineAsync() : IsOnlineAsync(), DoneByTheRequest: 1,
            ArrangeAsync: async () => { if (!(await ViewAsync()).Suspended) await Scene.EndOfAsync(await VerbAsync("suspend")); }), output.WriteLine);
        await EndAsync();
    }

    [LabFact]
    public async Task Deleting()
    {
        await Scene.ProveAsync(new OperationCase("client.delete", async () => (await Scene.Http.Delete<OperationView>($"/api/agency/clients/{_client.Slug}")).Id,
            async (id, state) =>
            {
                if (state == OperationState.Stuck)
                    await Scene.RetryAsync(id);
                await Scene.Http.Get<ClientView>($"/api/agency/clients/{_client.Id}").IsRefusedAsync(404, "not_found");
                await Scene.NothingIsLeftAsync();
            }, DoneByTheRequest: 1, ArrangeAsync: BeginAsync), output.WriteLine);
    }

    private async Task BeginAsync()
    {
        _client = await Scene.App.ClientOfAsync(Scene.Agency, "Held");
        await Scene.App.MemberAsync(_client, "owner");
        _instance = await Scene.ProvisionAsync(_client, Scene.First);
    }

    private async Task EndAsync()
    {
        await Scene.EndOfAsync(await Scene.Http.Delete<OperationView>($"/api/agency/clients/{_client.Slug}"));
        await Scene.NothingIsLeftAsync();
    }

    private Task<OperationView> VerbAsync(string verb) => Scene.Http.Post<OperationView>($"/api/agency/clients/{_client.Slug}/{verb}");

    private Task<ClientView> ViewAsync() => Scene.Http.Get<ClientView>($"/api/agency/clients/{_client.Slug}");

    private async Task IsOnlineAsync()
    {
        Assert.False((await ViewAsync()).Suspended);
        Assert.Equal(InstanceStatus.Running, (await Scene.InstanceAsync(_instance.Id)).Status);
        await Scene.AnswersAsync(_instance);
    }

    private async Task IsOfflineAsync()
    {
        Assert.True((await ViewAsync()).Suspended);
        Assert.Equal(InstanceStatus.Suspended, (await Scene.InstanceAsync(_instance.Id)).Status);
        await Scene.SaysAsync(_instance, "is suspended");
    }
}
