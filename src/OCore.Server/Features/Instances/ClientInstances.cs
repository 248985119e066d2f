using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Agency;
using OCore.Features.Backups;
using OCore.Features.Monitoring;
using OCore.Features.Servers;
using OCore.Features.Topologies.Deployments;
using OCore.Platform.Data;
using OCore.Platform.Docker;
using OCore.Platform.Operations;
using OCore.Platform.Remote;

namespace OCore.Features.Instances;

/// <summary>A client's instances, taken offline, brought back and removed with the client.</summary>
internal sealed class ClientInstances(InstanceHost host, ServerAccess servers) : IClientResources
{
    public async Task SuspendAsync(Guid clientId, StepContext context)
    {
        await using var db = context.OpenDb();
        var held = await HoldAsync(db, clientId, context);
        held.Ours.ForEach(i => i.Status = InstanceStatus.Suspended);
        await db.SaveChangesAsync(context.Stop);
        // What is stuck is a person's to judge, and runs no more than the others.
        await EachAsync([.. held.Ours, .. held.Stuck], async instance =>
        {
            var on = await host.OpenAsync(db, instance, context.Stop);
            // First the notice at its address, then the container: nobody sees an error page in between.
            await host.EnsureEdgeAsync(db, on.Server, on.Connection, context.Stop);
            foreach (var (connection, container) in await host.ContainersAsync(db, on, context.Stop))
                // Also one that fails and is started again and again.
                if (await connection.Docker.FindAsync(container, context.Stop) is not null)
                    await connection.Docker.StopAsync(container, TimeSpan.FromSeconds(20), context.Stop);
            context.Log($"{instance.Name} is offline");
        });
        WaitFor(held.Others);
    }

    public async Task ResumeAsync(Guid clientId, StepContext context)
    {
        var (answers, others) = (new List<Task>(), new List<string>());
        await using var db = context.OpenDb();
        try
        {
            await EachAsync((await OfAsync(db, clientId, context.Stop)).FindAll(i => i.Status != InstanceStatus.Removing), instance => BringBackAsync(instance.Id, answers, others, context));
        }
        finally
        {
            await Task.WhenAll(answers);
        }
        WaitFor(others);
    }

    // Each is held only until it answers, or will not: a server that is away, and an Odoo that is broken, keep nobody from the others, and whoever
    // mends them need not end the resumption first.
    private async Task BringBackAsync(Guid id, List<Task> answers, List<string> others, StepContext context)
    {
        var holder = await context.TakeLockAsync(LockOf(id));
        var isDone = holder is null;
        try
        {
            await using var db = context.OpenDb();
            // As it is now that it is held.
            if (await db.Instances.SingleOrDefaultAsync(i => i.Id == id && i.Status != InstanceStatus.Removing, context.Stop) is not { } instance)
                return;
            if (instance.Status is InstanceStatus.Suspended or InstanceStatus.Running or InstanceStatus.Failed)
            {
                var containers = await StartAsync(db, instance, isOurs: holder is null, context);
                if (holder is null && containers.Count > 0)
                {
                    isDone = false;
                    answers.Add(AwaitAnswerAsync(instance, containers, context));
                }
            }
            else if (holder is { State: OperationState.Stuck })
                context.Log($"{instance.Name} is left as it is: an operation on it is stuck");
            else if (holder is not null)
                others.Add(holder.Title);
        }
        finally
        {
            if (isDone)
                await context.GiveLockAsync(LockOf(id));
        }
    }

    /// <returns>What is to answer now.</returns>
    private async Task<IReadOnlyList<(IServerConnection Connection, DockerName Container)>> StartAsync(OCoreDb db, Instance instance, bool isOurs, StepContext context)
    {
        var suspended = instance.Status == InstanceStatus.Suspended;
        if (!suspended && !instance.WantRunning)
            return [];
        try
        {
            var on = await host.OpenAsync(db, instance, context.Stop);
            if (instance.WantRunning && isOurs && suspended)
            {
                await host.EnsureSourcesAsync(db, on, refresh: false, context.Log, context.Stop);
                await host.EnsureContainerAsync(db, on with { Plan = host.PlanOf(instance) }, context.Stop);
            }
            else if (instance.WantRunning)
                await WakeAsync(db, on, context);
            if (suspended)
                (instance.Status, instance.StatusMessage) = (instance.WantRunning ? InstanceStatus.Running : InstanceStatus.Stopped, null);
            await db.SaveChangesAsync(context.Stop);
            await host.EnsureEdgeAsync(db, on.Server, on.Connection, context.Stop);
            return suspended && instance.WantRunning ? await host.ContainersAsync(db, on, context.Stop) : [];
        }
        catch (Exception failed) when (failed is StepRefusedException or (ServerException and not (ServerUnreachableException or DockerUnavailableException or RemoteTimeoutException)))
        {
            // Trying again would not help it, and undoing would suspend the others.
            context.Log($"{instance.Name} could not be brought back: {failed.Message}");
            if (suspended)
                (instance.Status, instance.StatusMessage) = (InstanceStatus.Failed, "It could not be started when its client was resumed; the log of that operation says why. Mend the cause and restart the instance.");
            await db.SaveChangesAsync(context.Stop);
            return [];
        }
    }

    // What the suspension stopped runs again as it was made. Whoever has the instance may be at work on it, and what waits for a restart waits on.
    private async Task WakeAsync(OCoreDb db, InstanceOnServer on, StepContext context)
    {
        foreach (var (connection, container) in await host.ContainersAsync(db, on, context.Stop))
            if (await connection.Docker.FindAsync(container, context.Stop) is { State: "exited" })
            {
                await connection.Docker.StartAsync(container, context.Stop);
                context.Log($"{on.Instance.Name} is started again");
            }
    }

    private static async Task AwaitAnswerAsync(Instance instance, IReadOnlyList<(IServerConnection Connection, DockerName Container)> containers, StepContext context)
    {
        try
        {
            foreach (var (connection, container) in containers)
                await InstanceHost.WaitUntilUpAsync(connection, container, context.Log, context.Stop);
            context.Log($"{instance.Name} is back");
        }
        catch (Exception silent) when (silent is TryLaterException or ServerException)
        {
            context.Log($"{instance.Name} is started and does not answer: {silent.Message}");
        }
        finally
        {
            await context.GiveLockAsync(LockOf(instance.Id));
        }
    }

    private static void WaitFor(List<string> others)
    {
        if (others.Count > 0)
            throw new TryLaterException($"{string.Join(", ", others)}: not ended yet.", "It goes on when that has ended. What can be cancelled need not be waited for.");
    }

    private static string LockOf(Guid instance) => $"instance:{instance}";

    /// <summary>The client's instances, by who has them: this operation alone from now on, one that is stuck, or one that is waited for.</summary>
    private sealed record Held(List<Instance> Ours, List<Instance> Stuck, List<string> Others);

    // One operation at a time works on an instance, and nothing new begins on these: what is under way ends, and then it is this one's turn.
    private static async Task<Held> HoldAsync(OCoreDb db, Guid clientId, StepContext context)
    {
        var (ours, stuck, others) = (new HashSet<Guid>(), new HashSet<Guid>(), new List<string>());
        foreach (var id in await db.Instances.Where(i => i.OrgId == clientId && i.Status != InstanceStatus.Removing).OrderBy(i => i.Id).Select(i => i.Id).ToListAsync(context.Stop))
            switch (await context.TakeLockAsync(LockOf(id)))
            {
                case null: ours.Add(id); break;
                case { State: OperationState.Stuck }: stuck.Add(id); break;
                case { } other: others.Add(other.Title); break;
            }
        // As they are now that they are held.
        var instances = (await OfAsync(db, clientId, context.Stop)).FindAll(i => i.Status != InstanceStatus.Removing);
        return new Held(instances.FindAll(i => ours.Contains(i.Id)), instances.FindAll(i => stuck.Contains(i.Id)), others);
    }

    public async Task RemoveAsync(Guid clientId, int? keepBackupDays, StepContext context)
    {
        await using var db = context.OpenDb();
        await EachAsync(await OfAsync(db, clientId, context.Stop), async instance =>
        {
            await TakeTurnAsync(instance, context);
            // Whoever had it before may have removed it.
            if (!await db.Instances.AnyAsync(i => i.Id == instance.Id, context.Stop))
                return;
            await InstanceSteps.UnrouteForGoodAsync(new(instance.Id), context);
            if (keepBackupDays is null or 0)
                await LastBackups.GiveUpAsync(db, instance, context);
            else if (await InstanceSteps.HasServerAsync(db, instance, context))
                await KeepAsync(db, instance, keepBackupDays.Value, context);
            await InstanceSteps.RemoveEverythingAsync(new(instance.Id), context);
            // What is kept in the target that its drawing made goes while that can still be found; the target then goes with the drawing's deployment.
            if (instance.TopologyId is { } topology)
            {
                await RemoveFromBucketAsync(db, instance, topology, context);
                await LastBackups.RemoveOthersOfAsync(instance, await db.BackupTargetOfTopologyAsync(topology, context.Stop), context);
            }
            await DefaultAlerts.RemoveToldAsync(db, instance.Id, context.Stop);
            await DefaultAlerts.RemoveAsync(db, instance.Id, context.Stop);
            await db.SaveChangesAsync(context.Stop);
            await InstanceSteps.ForgetAsync(new(instance.Id), context);
            context.Log($"{instance.Name} is removed");
        });
        await LastBackups.RemoveOthersAsync(clientId, context);
        // Whatever carries the client's label on any server of the agency, whether a row speaks of it or not.
        // A server that never carried the client need not answer for that.
        foreach (var server in await db.Servers.AsNoTracking().Where(s => s.Status == ServerStatus.Active || s.Status == ServerStatus.Draining).ToListAsync(context.Stop))
        {
            var connection = await servers.ConnectAsync(server, context.Stop);
            await connection.Docker.RemoveByLabelAsync(OdooContainer.OrganizationLabel, clientId.ToString(), context.Stop);
        }
    }

    // Whoever wrote there is gone by now.
    private async Task RemoveFromBucketAsync(OCoreDb db, Instance instance, Guid topology, StepContext context)
    {
        if (host.ClusterOf(instance)?.Bucket is not { } bucket || await db.TopologyDeployments.AsNoTracking().SingleOrDefaultAsync(d => d.TopologyId == topology, context.Stop) is not { } deployment)
            return;
        var beside = await db.InstanceDatabases.Where(d => d.InstanceId == instance.Id).Select(d => d.Name).ToListAsync(context.Stop);
        await context.Get<BucketMark>().RemoveFilesAsync(deployment.Id, bucket, instance.Database, beside, context.Attempt, context.Log, context.Stop);
    }

    // What began since all others had ended has its turn first, as when somebody destroys the same topology; nothing begins after this. What
    // is stuck works on nothing, and goes with its row.
    private static async Task TakeTurnAsync(Instance instance, StepContext context)
    {
        string[] keys = instance.TopologyId is { } topology ? [DeploymentViews.LockOf(topology), $"instance:{instance.Id}"] : [$"instance:{instance.Id}"];
        foreach (var key in keys)
            if (await context.TakeLockAsync(key) is { State: not OperationState.Stuck } other)
                throw new TryLaterException($"{instance.Name}: “{other.Title}” has not ended yet.", "It goes on when that has ended.");
    }

    // A server that is away keeps nobody waiting on the others: what can be done is done, and then it is said what is left. A topology is on
    // several: what fails with it says nothing of what else is on its first.
    private static async Task EachAsync(IEnumerable<Instance> instances, Func<Instance, Task> work)
    {
        var failures = new Dictionary<Guid, Exception>();
        foreach (var instance in instances)
            try
            {
                if (!failures.ContainsKey(instance.TopologyId ?? instance.ServerId))
                    await work(instance);
            }
            catch (Exception failure) when (failure is TryLaterException or StepRefusedException or ServerException)
            {
                failures[instance.TopologyId ?? instance.ServerId] = failure;
            }
        // What a person has to see to goes before what mends itself.
        if (failures.Values.OrderBy(f => f is StepRefusedException ? 0 : f is TryLaterException ? 2 : 1).FirstOrDefault() is { } first)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
    }

    /// <summary>A backup as any other, that the agency keeps for as long as it said.</summary>
    private static async Task KeepAsync(OCoreDb db, Instance instance, int days, StepContext context)
    {
        foreach (var database in await LastBackups.DatabasesAsync(db, instance, context.Stop))
        {
            var last = await LastBackups.FindOrAddAsync(db, instance, database, days, context);
            if (last.IsUsable)
                continue;
            var what = database is null ? instance.Name : $"{database} of {instance.Name}";
            try
            {
                await BackupSteps.TakeAsync(last.Id, context);
                await BackupSteps.ReadBackAsync(last.Id, context);
            }
            catch (Exception failed) when (failed is Platform.Remote.RemoteCommandException or StepRefusedException)
            {
                throw new StepRefusedException("last_backup_failed", $"The last backup of {what} failed: {failed.Message}", "Mend the cause and retry; or delete the client once more with keepBackupDays=0, and it goes without one.", failed);
            }
            context.Log($"The last backup of {what} is kept for {days} days");
        }
    }

    private static Task<List<Instance>> OfAsync(OCoreDb db, Guid clientId, CancellationToken stop) =>
        db.Instances.Where(i => i.OrgId == clientId).OrderBy(i => i.Id).ToListAsync(stop);
}
