using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Agency;
using OCore.Features.Servers;
using OCore.Platform.Data;
using OCore.Platform.Docker;
using OCore.Platform.Operations;
using OCore.Platform.Remote;

namespace OCore.Features.Instances;

/// <summary>A client's instances, taken offline, brought back and removed with the client.</summary>
internal sealed class ClientInstances(InstanceHost host, ServerAccess servers, TimeProvider time) : IClientResources
{
    public async Task SuspendAsync(Guid clientId, StepContext context)
    {
        await using var db = context.OpenDb();
        var instances = (await OfAsync(db, clientId, context.Stop)).FindAll(i => i.Status != InstanceStatus.Removing);
        instances.ForEach(i => i.Status = InstanceStatus.Suspended);
        await db.SaveChangesAsync(context.Stop);
        await EachAsync(instances, async instance =>
        {
            var on = await host.OpenAsync(db, instance, context.Stop);
            // First the notice at its address, then the container: nobody sees an error page in between.
            await host.EnsureEdgeAsync(db, on.Server, on.Connection, context.Stop);
            foreach (var (connection, container) in await host.ContainersAsync(db, on, context.Stop))
                if (await connection.Docker.FindAsync(container, context.Stop) is { IsRunning: true })
                    await connection.Docker.StopAsync(container, TimeSpan.FromSeconds(20), context.Stop);
            context.Log($"{instance.Name} is offline");
        });
    }

    public async Task ResumeAsync(Guid clientId, StepContext context)
    {
        await using var db = context.OpenDb();
        var instances = (await OfAsync(db, clientId, context.Stop)).FindAll(i => i.Status != InstanceStatus.Removing);
        await EachAsync(instances, async instance =>
        {
            var on = await host.OpenAsync(db, instance, context.Stop);
            if (instance.WantRunning)
            {
                await host.EnsureSourcesAsync(db, on, refresh: false, context.Log, context.Stop);
                await host.EnsureContainerAsync(db, on with { Plan = host.PlanOf(instance) }, context.Stop);
                await host.WaitUntilUpAsync(db, on, context.Log, context.Stop);
            }
            instance.Status = instance.WantRunning ? InstanceStatus.Running : InstanceStatus.Stopped;
            await db.SaveChangesAsync(context.Stop);
            await host.EnsureEdgeAsync(db, on.Server, on.Connection, context.Stop);
            context.Log($"{instance.Name} is back");
        });
    }

    public async Task RemoveAsync(Guid clientId, int? keepBackupDays, StepContext context)
    {
        await using var db = context.OpenDb();
        await EachAsync(await OfAsync(db, clientId, context.Stop), async instance =>
        {
            await InstanceSteps.UnrouteForGoodAsync(new(instance.Id), context);
            if (keepBackupDays is { } days && instance.TopologyId is null)
                await KeepAsync(db, instance, days, context);
            await InstanceSteps.RemoveEverythingAsync(new(instance.Id), context);
            await InstanceSteps.ForgetAsync(new(instance.Id), context);
            context.Log($"{instance.Name} is removed");
        });
        // Whatever carries the client's label on any server of the agency, whether a row speaks of it or not.
        // A server that never carried the client need not answer for that.
        foreach (var server in await db.Servers.AsNoTracking().Where(s => s.Status == ServerStatus.Active).ToListAsync(context.Stop))
        {
            var connection = await servers.ConnectAsync(server, context.Stop);
            await connection.Docker.RemoveByLabelAsync(OdooContainer.OrganizationLabel, clientId.ToString(), context.Stop);
        }
    }

    // A server that is away keeps nobody waiting on the others: what can be done is done, and then it is said what is left.
    private static async Task EachAsync(IEnumerable<Instance> instances, Func<Instance, Task> work)
    {
        var failures = new Dictionary<Guid, Exception>();
        foreach (var instance in instances)
            try
            {
                if (!failures.ContainsKey(instance.ServerId))
                    await work(instance);
            }
            catch (Exception failure) when (failure is TryLaterException or StepRefusedException or ServerException)
            {
                failures[instance.ServerId] = failure;
            }
        // What a person has to see to goes before what mends itself.
        if (failures.Values.OrderBy(f => f is StepRefusedException ? 0 : f is TryLaterException ? 2 : 1).FirstOrDefault() is { } first)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
    }

    /// <summary>A dump and the files in a folder of the server that no container sees, and a row that says until when.</summary>
    private async Task KeepAsync(OCoreDb db, Instance instance, int days, StepContext context)
    {
        if (await db.ClientDeletions.AnyAsync(d => d.Id == instance.Id, context.Stop))
            return;
        var on = await host.OpenAsync(db, instance, context.Stop);
        var folder = $"/ocore/kept/{instance.Id:N}";
        var dump = await on.Connection.Docker.RunOnceAsync(new ContainerSpec
        {
            Name = DockerName.Parse("ocore-keep-" + instance.Slug), Image = ImageRef.Parse(instance.Image), User = "root",
            // The role of the instance reads its own database; the password comes in a file.
            Entrypoint = ["/bin/sh", "-c", """mkdir -p "$1" && PGPASSFILE=/run/ocore-pgpass pg_dump -h ocore-postgres -U "$2" -d "$2" -Fc -f "$1/database.dump" && if [ -d "$3" ]; then cp -al "$3" "$1/files"; fi""", "sh"],
            Command = [folder, on.Plan.Database, $"/ocore/instances/{instance.Id:N}"],
            Networks = [new ContainerNetwork(ServerLabels.Network)],
            Mounts = [ContainerMount.Folder(ServerLabels.Folder, RemotePath.Parse("/ocore"))],
            Files = [ContainerFile.Text(RemotePath.Parse("/run/ocore-pgpass"), $"ocore-postgres:5432:*:{on.Plan.Database}:{on.Plan.DatabasePassword}\n", ContainerFile.OwnerOnly)],
        }, context.Stop, context.Log);
        if (!dump.Ok)
            throw new StepRefusedException("last_backup_failed", $"The last backup of {instance.Name} failed: {Last(dump.Tail)}", "Mend the cause and retry, or delete the client without keepBackupDays.");
        db.Add(new ClientDeletion { Id = instance.Id, OrgId = instance.RootId, ServerId = instance.ServerId, ClientName = instance.Name, Path = $"/var/lib/ocore/kept/{instance.Id:N}", KeepUntil = time.GetUtcNow().AddDays(days) });
        await db.SaveChangesAsync(context.Stop);
        context.Log($"The last backup of {instance.Name} is kept for {days} days");
    }

    private static string Last(IReadOnlyList<string> lines) => lines.Count == 0 ? "no output" : lines[^1];

    private static Task<List<Instance>> OfAsync(OCoreDb db, Guid clientId, CancellationToken stop) =>
        db.Instances.Where(i => i.OrgId == clientId).OrderBy(i => i.Id).ToListAsync(stop);
}
