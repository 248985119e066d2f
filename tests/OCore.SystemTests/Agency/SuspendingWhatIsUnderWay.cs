using OCore.Client;
using OCore.Platform.Operations;
using OCore.SystemTests.Instances;
using OCore.SystemTests.Remote;
using OCore.Tests;
using Xunit;

namespace OCore.SystemTests.Agency;

/// <summary>What is about to start Odoo when its client is suspended ends without it, and Odoo runs when the client is resumed.</summary>
[Collection(OdooLabCollection.Name)]
public sealed class SuspendingWhatIsUnderWay(OdooLab lab)
{
    private OdooScene Scene => lab.Scene;

    [LabFact]
    public async Task A_restart_and_a_provisioning_end_suspended()
    {
        var client = await Scene.App.ClientOfAsync(Scene.Agency, "Caught");
        var old = await Scene.ProvisionAsync(client, Scene.First, "Old");
        var (there, go) = (new SemaphoreSlim(0), new TaskCompletionSource());
        Scene.Probe.Reached = (operation, step, point) =>
        {
            if (step.Name != "start Odoo" || point != StepPoint.BeforeEffect || operation.Kind is not ("instance.restart" or "instance.provision"))
                return Task.CompletedTask;
            there.Release();
            return go.Task;
        };
        OperationView restart, provisioning, suspension;
        try
        {
            restart = await Scene.Http.Post<OperationView>($"/api/instances/{old.Id}/restart");
            provisioning = await Scene.BeginProvisioningAsync(client, Scene.First, "New");
            foreach (var _ in (OperationView[])[restart, provisioning])
                Assert.True(await there.WaitAsync(TimeSpan.FromSeconds(60) * Lab.Patience));
            suspension = await Scene.Http.Post<SuspendClient, OperationView>($"/api/agency/clients/{client.Slug}/suspend", new SuspendClient { Reason = "Unpaid" });
            await Scene.UntilAsync(async () => (await Scene.Http.Get<OperationView>($"/api/operations/{suspension.Id}")).RetryAt is not null, "the suspension waits for them", 60);
            await Scene.BeginProvisioningAsync(client, Scene.First, "Late").IsRefusedAsync(409, "client_suspended");
        }
        finally
        {
            go.TrySetResult();
            Scene.Probe.Reached = null;
        }
        foreach (var operation in (OperationView[])[restart, provisioning, suspension])
            await Scene.EndOfAsync(operation);

        var fresh = await Scene.InstanceAsync(provisioning.InstanceId!.Value);
        foreach (var instance in (InstanceView[])[old, fresh])
        {
            Assert.Equal(InstanceStatus.Suspended, (await Scene.InstanceAsync(instance.Id)).Status);
            await Scene.SaysAsync(instance, "is suspended");
            Assert.DoesNotContain("running", await lab.First.ShellAsync($"docker inspect -f '{{{{.State.Status}}}}' ocore-i-{instance.Slug}"), StringComparison.Ordinal);
        }
        await Scene.EndOfAsync(await Scene.Http.Post<OperationView>($"/api/agency/clients/{client.Slug}/resume"));
        foreach (var instance in (InstanceView[])[old, fresh])
            await Scene.AnswersAsync(instance);
        await Scene.EndOfAsync(await Scene.Http.Delete<OperationView>($"/api/agency/clients/{client.Slug}"));
        await Scene.NothingIsLeftAsync();
    }
}
