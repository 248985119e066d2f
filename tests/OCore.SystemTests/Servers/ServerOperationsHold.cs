using OCore.Client;
using OCore.SystemTests.Instances;
using OCore.SystemTests.Remote;
using OCore.Tests;
using OCore.Tests.Operations;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Servers;

/// <summary>Connecting and removing a real server: each step twice, a failure at each step, and undone twice.</summary>
[Collection(OdooLabCollection.Name)]
public sealed class ServerOperationsHold(OdooLab lab, ITestOutputHelper output)
{
    private OdooScene Scene => lab.Scene;
    private Guid? _server;

    /// <summary>The first time it is a new server; later ones are validated again after they failed.</summary>
    [LabFact]
    public async Task Validating()
    {
        await Scene.ProveAsync(new OperationCase("server.validate", BeginAsync, async (_, state) =>
        {
            var server = await Scene.Http.Get<ServerView>($"/api/servers/{_server}");
            Assert.Equal(state == OperationState.RolledBack ? ServerStatus.Failed : ServerStatus.Active, server.Status);
            if (state == OperationState.RolledBack)
                Assert.Contains("failed at", server.StatusMessage, StringComparison.Ordinal);
        }), output.WriteLine);
        await Scene.EndOfAsync(await Scene.Http.Delete<OperationView>($"/api/servers/{_server}"));
        await ServerScan.IsBareAsync(lab.Spare);
    }

    [LabFact]
    public async Task Removing()
    {
        await Scene.ProveAsync(new OperationCase("server.remove", async () => (await Scene.Http.Delete<OperationView>($"/api/servers/{_server}")).Id, async (id, state) =>
        {
            if (state == OperationState.RolledBack)
            {
                Assert.Equal(ServerStatus.Failed, (await Scene.Http.Get<ServerView>($"/api/servers/{_server}")).Status);
                return;
            }
            if (state == OperationState.Stuck)
                await Scene.RetryAsync(id);
            await Scene.Http.Get<ServerView>($"/api/servers/{_server}").IsRefusedAsync(404, "not_found");
            await ServerScan.IsBareAsync(lab.Spare);
            Assert.Single((await lab.Spare.ShellAsync("cat /home/deploy/.ssh/authorized_keys")).Split('\n', StringSplitOptions.RemoveEmptyEntries)); // the customer's own key
            _server = null;
        }, ArrangeAsync: async () => await Scene.EndedAsync(await BeginAsync())), output.WriteLine);
    }

    [LabFact]
    public async Task A_server_is_not_removed_under_its_instances_and_takes_no_more_while_it_drains()
    {
        var instance = await Scene.ProvisionAsync(Scene.Client, Scene.First);
        await Scene.Http.Delete<OperationView>($"/api/servers/{Scene.First.Id}").IsRefusedAsync(409, "server_in_use");
        await Scene.Http.Delete<OperationView>($"/api/servers/{Scene.First.Id}?forget=true").IsRefusedAsync(409, "server_in_use");
        await Scene.Http.Post<ServerView>($"/api/servers/{Scene.First.Id}/drain");
        await Scene.BeginProvisioningAsync(Scene.Client, Scene.First).IsRefusedAsync(409, "server_not_active");
        await Scene.AnswersAsync(instance);
        await Scene.Http.Post<ServerView>($"/api/servers/{Scene.First.Id}/undrain");
        await Scene.DeleteAsync(instance);
        await Scene.NothingIsLeftAsync();
    }

    private async Task<Guid> BeginAsync()
    {
        var operation = _server is { } id ? await Scene.Http.Post<OperationView>($"/api/servers/{id}/validate") : await Scene.AddServerAsync(lab.Spare);
        _server = operation.ServerId;
        return operation.Id;
    }
}
