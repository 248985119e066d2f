using OCore.Client;
using OCore.Platform.Operations;
using OCore.SystemTests.Remote;
using OCore.Tests;
using OCore.Tests.Operations;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Instances;

/// <summary>Every operation on an instance, with real Odoo: each step twice, a failure at each step, and undone twice.</summary>
[Collection(OdooLabCollection.Name)]
public sealed class InstanceOperationsHold(OdooLab lab, ITestOutputHelper output)
{
    private OdooScene Scene => lab.Scene;

    [LabFact]
    public Task Provisioning() => ProveAsync(new OperationCase("instance.provision",
        async () => (await Scene.BeginProvisioningAsync(Scene.Client, Scene.First)).Id,
        async (id, state) =>
        {
            if (state == OperationState.RolledBack)
            {
                await Scene.Http.Get<InstanceView>($"/api/instances/{(await Scene.EndedAsync(id)).InstanceId}").IsRefusedAsync(404, "not_found");
                await Scene.NothingIsLeftAsync();
                return;
            }
            var instance = await OfAsync(id);
            Assert.Equal(InstanceStatus.Running, instance.Status);
            await Scene.AnswersAsync(instance);
            await Scene.NothingIsLeftAsync();
            await Scene.DeleteAsync(instance);
        }));

    [LabFact]
    public Task Stopping() => WithInstanceAsync(made => ProveAsync(new OperationCase("instance.stop",
        async () => (await Scene.Http.Post<OperationView>($"/api/instances/{made.Id}/stop")).Id,
        async (id, state) =>
        {
            if (state == OperationState.Stuck)
                await Scene.RetryAsync(id);
            await IsStoppedAsync(made);
        },
        ArrangeAsync: () => RunsAsync(made))));

    [LabFact]
    public Task Starting() => WithInstanceAsync(made => ProveAsync(new OperationCase("instance.start",
        async () => (await Scene.Http.Post<OperationView>($"/api/instances/{made.Id}/start")).Id,
        async (id, state) =>
        {
            if (state == OperationState.RolledBack)
            {
                await IsStoppedAsync(made);
                return;
            }
            if (state == OperationState.Stuck)
                await Scene.RetryAsync(id);
            await IsRunningAsync(made);
        },
        ArrangeAsync: async () =>
        {
            if ((await Scene.InstanceAsync(made.Id)).Status != InstanceStatus.Stopped)
                await Scene.DoAsync(made, "stop");
        })));

    [LabFact]
    public Task Restarting() => WithInstanceAsync(made => ProveAsync(new OperationCase("instance.restart",
        async () => (await Scene.Http.Post<OperationView>($"/api/instances/{made.Id}/restart")).Id,
        async (id, state) =>
        {
            if (state == OperationState.Stuck)
                await Scene.RetryAsync(id);
            await IsRunningAsync(made);
        },
        ArrangeAsync: () => RunsAsync(made))));

    [LabFact]
    public Task Changing_modules()
    {
        var small = new Queue<string>(["uom", "utm", "resource", "http_routing", "sms", "phone_validation"]);
        return WithInstanceAsync(made => ProveAsync(new OperationCase("instance.modules",
            async () => (await Scene.Http.Post<ChangeModules, OperationView>($"/api/instances/{made.Id}/modules", new ChangeModules { Install = [small.Peek()] })).Id,
            async (id, state) =>
            {
                if (state == OperationState.Stuck)
                    await Scene.RetryAsync(id);
                await IsRunningAsync(made);
                var modules = await Scene.Http.Get<Page<InstalledModule>>($"/api/instances/{made.Id}/modules?q={small.Peek()}");
                var installed = modules.Data.Any(m => m.Name == small.Peek() && m.State == "installed");
                Assert.Equal(state != OperationState.RolledBack, installed);
                if (installed)
                    small.Dequeue();
            },
            ArrangeAsync: () => RunsAsync(made))));
    }

    [LabFact]
    public Task A_change_of_modules_that_fails_leaves_stopped_what_was() => WithInstanceAsync(async made =>
    {
        await Scene.DoAsync(made, "stop");
        Scene.Probe.Reached = (_, step, point) => step.Name == "start Odoo" && point == StepPoint.AfterEffect ? throw new StepRefusedException("injected", "failed at start Odoo") : Task.CompletedTask;
        try
        {
            var ended = await Scene.EndOfAsync(await Scene.Http.Post<ChangeModules, OperationView>($"/api/instances/{made.Id}/modules", new ChangeModules { Install = ["uom"] }), succeeds: false);
            Assert.Equal(OperationState.RolledBack, ended.State);
        }
        finally
        {
            Scene.Probe.Reached = null;
        }
        await IsStoppedAsync(made);
    });

    [LabFact]
    public async Task Deleting()
    {
        var made = await Scene.ProvisionAsync(Scene.Client, Scene.First);
        await ProveAsync(new OperationCase("instance.delete",
            async () => (await Scene.Http.Delete<OperationView>($"/api/instances/{made.Id}")).Id,
            async (id, state) =>
            {
                if (state == OperationState.Stuck)
                    await Scene.RetryAsync(id);
                await Scene.Http.Get<InstanceView>($"/api/instances/{made.Id}").IsRefusedAsync(404, "not_found");
                await Scene.NothingIsLeftAsync();
            },
            ArrangeAsync: async () =>
            {
                await using var db = Scene.App.Databases.System();
                if (await db.Instances.FindAsync(made.Id) is null)
                    made = await Scene.ProvisionAsync(Scene.Client, Scene.First);
            }));
    }

    private Task ProveAsync(OperationCase subject) => Scene.ProveAsync(subject, output.WriteLine);

    private async Task WithInstanceAsync(Func<InstanceView, Task> prove)
    {
        var made = await Scene.ProvisionAsync(Scene.Client, Scene.First);
        await prove(made);
        await Scene.DeleteAsync(made);
        await Scene.NothingIsLeftAsync();
    }

    private async Task<InstanceView> OfAsync(Guid operation) => await Scene.InstanceAsync((await Scene.EndedAsync(operation)).InstanceId!.Value);

    private async Task RunsAsync(InstanceView made)
    {
        if ((await Scene.InstanceAsync(made.Id)).Status != InstanceStatus.Running)
            await Scene.DoAsync(made, "start");
    }

    private async Task IsRunningAsync(InstanceView made)
    {
        Assert.Equal(InstanceStatus.Running, (await Scene.InstanceAsync(made.Id)).Status);
        await Scene.AnswersAsync(made);
        await Scene.NothingIsLeftAsync();
    }

    private async Task IsStoppedAsync(InstanceView made)
    {
        Assert.Equal(InstanceStatus.Stopped, (await Scene.InstanceAsync(made.Id)).Status);
        await Scene.SaysAsync(made, "switched off");
        await Scene.NothingIsLeftAsync();
        Assert.Equal("exited", (await lab.First.ShellAsync($"docker inspect -f '{{{{.State.Status}}}}' ocore-i-{made.Slug}")).Trim());
    }
}
