using OCore.Client;
using OCore.Platform.Operations;
using OCore.SystemTests.Instances;
using OCore.SystemTests.Remote;
using OCore.Tests;
using Xunit;

namespace OCore.SystemTests.Agency;

/// <summary>What is under way when a client is suspended or resumed, and what is broken: each instance comes back by itself.</summary>
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
            suspension = await SuspendAsync(client);
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
        await Scene.EndOfAsync(await ResumeAsync(client));
        foreach (var instance in (InstanceView[])[old, fresh])
            await Scene.AnswersAsync(instance);
        await GoesAsync(client);
    }

    [LabFact]
    public async Task An_Odoo_that_is_broken_keeps_no_other_offline_and_can_be_mended()
    {
        var client = await Scene.App.ClientOfAsync(Scene.Agency, "Mixed");
        var broken = await Scene.ProvisionAsync(client, Scene.First, "Broken");
        var sound = await Scene.ProvisionAsync(client, Scene.First, "Sound");
        await Scene.EndOfAsync(await SuspendAsync(client));
        // Odoo does not take this for settings, and ends as often as Docker starts it.
        await lab.First.ShellAsync("""set -eu; folder=$(mktemp -d); echo broken > "$folder/odoo.conf"; docker cp "$folder/odoo.conf" "ocore-i-$1:/etc/odoo/odoo.conf"; rm -r "$folder" """, broken.Slug);

        var resumption = await ResumeAsync(client);
        await Scene.AnswersAsync(sound);
        await Scene.EndOfAsync(resumption);
        Assert.Equal(InstanceStatus.Running, (await Scene.InstanceAsync(sound.Id)).Status);
        // Nothing holds it any more.
        await Scene.DeleteAsync(broken);
        await GoesAsync(client);
    }

    [LabFact]
    public async Task What_a_backup_is_at_work_on_comes_back_beside_it()
    {
        var client = await Scene.App.ClientOfAsync(Scene.Agency, "Copied");
        var instance = await Scene.ProvisionAsync(client, Scene.First, "Copied");
        await Scene.EndOfAsync(await SuspendAsync(client));
        var (there, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        Scene.Probe.Reached = (operation, _, point) =>
        {
            if (operation.Kind != "backup.take" || point != StepPoint.BeforeEffect)
                return Task.CompletedTask;
            there.TrySetResult();
            return go.Task;
        };
        OperationView backup;
        try
        {
            backup = await Scene.Http.Post<TakeBackup, OperationView>($"/api/instances/{instance.Id}/backups", new TakeBackup());
            await there.Task.WaitAsync(TimeSpan.FromSeconds(60) * Lab.Patience);
            await Scene.EndOfAsync(await ResumeAsync(client), seconds: 60);
            Assert.Equal(OperationState.Running, (await Scene.Http.Get<OperationView>($"/api/operations/{backup.Id}")).State);
            await Scene.AnswersAsync(instance);
        }
        finally
        {
            go.TrySetResult();
            Scene.Probe.Reached = null;
        }
        await Scene.EndOfAsync(backup);
        Assert.Equal(InstanceStatus.Running, (await Scene.InstanceAsync(instance.Id)).Status);
        await GoesAsync(client);
    }

    private Task<OperationView> SuspendAsync(TestOrg client) => Scene.Http.Post<SuspendClient, OperationView>($"/api/agency/clients/{client.Slug}/suspend", new SuspendClient { Reason = "Unpaid" });

    private Task<OperationView> ResumeAsync(TestOrg client) => Scene.Http.Post<OperationView>($"/api/agency/clients/{client.Slug}/resume");

    private async Task GoesAsync(TestOrg client)
    {
        await Scene.EndOfAsync(await Scene.Http.Delete<OperationView>($"/api/agency/clients/{client.Slug}"));
        await Scene.NothingIsLeftAsync();
    }
}
