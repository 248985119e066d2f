using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Agency;
using OCore.Features.Domains;
using OCore.Features.Servers;
using OCore.Features.Templates;
using OCore.Features.Topologies.Deployments;
using OCore.Platform.Operations;

namespace OCore.Features.Instances;

/// <summary>Starts what was stopped.</summary>
internal sealed class StartInstanceKind : OperationKind<InstanceInput>
{
    public override string Name => "instance.start";

    protected override void Define(StepList<InstanceInput> steps) => steps
        .Step("start Odoo", InstanceSteps.StartAsync, InstanceSteps.StopAgainAsync)
        .Step("route its address", ProvisionInstanceKind.RouteAsync)
        .Pivot("wait until Odoo answers", ProvisionInstanceKind.WaitAsync)
        .Step("finish", ProvisionInstanceKind.FinishAsync);
}

/// <summary>Applies changed settings and starts Odoo anew; of several, one after another, so that people go on with their work.</summary>
internal sealed class RestartInstanceKind : OperationKind<InstanceInput>
{
    public override string Name => "instance.restart";

    protected override void Define(StepList<InstanceInput> steps) => steps
        .Step("announce", InstanceSteps.AnnounceAsync, InstanceSteps.AsItIsAsync)
        .Pivot("stop Odoo", StopAsync)
        .Step("start Odoo", StartAsync)
        .Step("wait until Odoo answers", WaitAsync)
        .Step("finish", ProvisionInstanceKind.FinishAsync);

    private static async Task StopAsync(InstanceInput input, StepContext context)
    {
        if (!await RollingRestart.AppliesAsync(input.InstanceId, context))
            await InstanceSteps.StopContainerAsync(input, context);
    }

    private static async Task StartAsync(InstanceInput input, StepContext context)
    {
        if (await RollingRestart.AppliesAsync(input.InstanceId, context))
            await ProvisionInstanceKind.StartAsync(input, context, (db, on) => RollingRestart.RunAsync(db, on, context));
        else
            await ProvisionInstanceKind.StartAsync(input, context);
    }

    // Of several, each was waited for.
    private static async Task WaitAsync(InstanceInput input, StepContext context)
    {
        if (!await RollingRestart.AppliesAsync(input.InstanceId, context))
            await ProvisionInstanceKind.WaitAsync(input, context);
    }
}

/// <summary>Stops Odoo; its data stays and its address answers with a notice.</summary>
internal sealed class StopInstanceKind : OperationKind<InstanceInput>
{
    public override string Name => "instance.stop";

    protected override void Define(StepList<InstanceInput> steps) => steps
        .Pivot("route the notice", InstanceSteps.RouteNoticeAsync)
        .Step("stop Odoo", InstanceSteps.StopContainerAsync)
        .Step("finish", InstanceSteps.MarkStoppedAsync);
}

/// <summary>Removes everything of an instance from its server, then its row. Waits for a server that is away.</summary>
internal sealed class DeleteInstanceKind : OperationKind<InstanceInput>
{
    public override string Name => "instance.delete";
    public override bool IsPatient => true;

    protected override void Define(StepList<InstanceInput> steps) => steps
        .Pivot("take its address away", InstanceSteps.UnrouteForGoodAsync)
        .Step("remove container, database and files", InstanceSteps.RemoveEverythingAsync)
        .Step("finish", InstanceSteps.ForgetAsync);
}

/// <param name="Before">The state of the sources before, to return to.</param>
/// <param name="Ran">Whether it should run before, to return to that as well.</param>
internal sealed record ModulesInput(Guid InstanceId, IReadOnlyList<string> Install, IReadOnlyList<string> Update, IReadOnlyList<SourcePin>? Before = null, bool Ran = true);

/// <summary>Installs and updates modules, with a copy of the database to return to if Odoo fails.</summary>
internal sealed class ChangeModulesKind : OperationKind<ModulesInput>
{
    public override string Name => "instance.modules";

    protected override void Define(StepList<ModulesInput> steps) => steps
        .Step("stop Odoo", StopAsync, (i, c) => InstanceSteps.AsBeforeAsync(new(i.InstanceId), i.Ran, c))
        .Step("copy the database", SnapshotAsync, DropSnapshotAsync)
        .Step("fetch the sources", FetchAsync, FormerSourcesAsync)
        .Step("install and update", ChangeAsync, ReturnAsync)
        .Step("start Odoo", (i, c) => ProvisionInstanceKind.StartAsync(new(i.InstanceId), c), (i, c) => InstanceSteps.StopContainerAsync(new(i.InstanceId), c))
        .Step("wait until Odoo answers", (i, c) => ProvisionInstanceKind.WaitAsync(new(i.InstanceId), c))
        .Pivot("finish", FinishAsync);

    private static async Task StopAsync(ModulesInput input, StepContext context)
    {
        await InstanceSteps.AnnounceAsync(new(input.InstanceId), context);
        await InstanceSteps.StopContainerAsync(new(input.InstanceId), context);
    }

    private static async Task SnapshotAsync(ModulesInput input, StepContext context) => await SqlAsync(input, context, OdooSql.Snapshot);

    // The modules' own code comes up to date with them.
    private static async Task FetchAsync(ModulesInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var host = context.Get<InstanceHost>();
        await host.EnsureSourcesAsync(db, await host.OpenAsync(db, input.InstanceId, context.Stop), refresh: true, context.Log, context.Stop);
    }

    private static async Task FormerSourcesAsync(ModulesInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var instance = await db.Instances.SingleAsync(i => i.Id == input.InstanceId, context.Stop);
        instance.Sources = [.. input.Before ?? []];
        await db.SaveChangesAsync(context.Stop);
    }

    private static async Task ChangeAsync(ModulesInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var host = context.Get<InstanceHost>();
        var on = await host.OpenAsync(db, input.InstanceId, context.Stop);
        List<string> arguments = ["-d", on.Plan.Database];
        if (input.Install.Count > 0)
            arguments.AddRange(["-i", string.Join(',', input.Install)]);
        if (input.Update.Count > 0)
            arguments.AddRange(["-u", string.Join(',', input.Update)]);
        var result = await InstanceHost.RunOdooAsync(on, "modules", arguments, context.Log, context.Stop);
        if (!result.Ok)
            throw new StepRefusedException("modules_failed", $"Odoo ended with exit code {result.ExitCode}: {OdooOutput.Complaint(result.Tail)}", "The operation's log has Odoo's output. The database is as it was before.");
        var installed = System.Text.Json.JsonSerializer.Deserialize<HashSet<string>>(await on.SqlAsync(on.Plan.Database, OdooSql.ModulesInState, new Dictionary<string, string>(), context.Stop)) ?? [];
        var missing = input.Install.Where(m => !installed.Contains(m)).ToList();
        if (missing.Count > 0)
            throw new StepRefusedException("unknown_modules", $"This Odoo has no module {string.Join(", ", missing)}.", "GET /api/instances/{id}/modules lists what it has.");
    }

    private static Task ReturnAsync(ModulesInput input, StepContext context) => SqlAsync(input, context, OdooSql.ReturnToSnapshot);

    private static async Task FinishAsync(ModulesInput input, StepContext context)
    {
        await DropSnapshotAsync(input, context);
        await using (var db = context.OpenDb())
        {
            var instance = await db.Instances.SingleAsync(i => i.Id == input.InstanceId, context.Stop);
            instance.Modules = [.. instance.Modules.Union(input.Install)];
            await db.SaveChangesAsync(context.Stop);
        }
        await ProvisionInstanceKind.FinishAsync(new(input.InstanceId), context);
    }

    private static Task DropSnapshotAsync(ModulesInput input, StepContext context) => SqlAsync(input, context, OdooSql.DropSnapshot);

    private static async Task SqlAsync(ModulesInput input, StepContext context, [System.Diagnostics.CodeAnalysis.ConstantExpected] string script)
    {
        await using var db = context.OpenDb();
        var on = await context.Get<InstanceHost>().OpenAsync(db, input.InstanceId, context.Stop);
        await on.SqlAsync("postgres", script, new Dictionary<string, string> { ["db"] = on.Plan.Database, ["snapshot"] = Snapshot(context.OperationId) }, context.Stop, OdooSql.CopiedWithin);
    }

    // Of this operation alone: one that another left behind must never be returned to.
    private static string Snapshot(Guid operation) => "s_" + operation.ToString("N");
}

/// <summary>Steps that several operations share.</summary>
internal static class InstanceSteps
{
    /// <summary>Wanted from now on, and not with the request: that can be cancelled until this begins.</summary>
    public static async Task StartAsync(InstanceInput input, StepContext context)
    {
        await WantAsync(input, running: true, context);
        await ProvisionInstanceKind.StartAsync(input, context);
    }

    public static async Task RouteNoticeAsync(InstanceInput input, StepContext context)
    {
        await WantAsync(input, running: false, context);
        await ProvisionInstanceKind.RouteAsync(input, context);
    }

    private static async Task WantAsync(InstanceInput input, bool running, StepContext context)
    {
        await using var db = context.OpenDb();
        if (await db.Instances.SingleOrDefaultAsync(i => i.Id == input.InstanceId, context.Stop) is not { } instance)
            return;
        instance.WantRunning = running;
        await db.SaveChangesAsync(context.Stop);
    }

    /// <summary>Its address answers "in a moment" from now on; whoever announces ends with an Odoo that runs.</summary>
    public static async Task AnnounceAsync(InstanceInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var host = context.Get<InstanceHost>();
        var on = await host.OpenAsync(db, input.InstanceId, context.Stop);
        (on.Instance.WantRunning, on.Instance.Status) = (true, InstanceStatus.Restarting);
        await db.SaveChangesAsync(context.Stop);
        await host.EnsureEdgeAsync(db, on.Server, on.Connection, context.Stop);
    }

    /// <summary>The undo of a start.</summary>
    public static async Task StopAgainAsync(InstanceInput input, StepContext context)
    {
        await StopContainerAsync(input, context);
        await AsItIsAsync(input, context);
    }

    /// <summary>Wanted and shown from now on is what its container does.</summary>
    public static async Task AsItIsAsync(InstanceInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var host = context.Get<InstanceHost>();
        var on = await host.OpenAsync(db, input.InstanceId, context.Stop);
        var runs = await on.Connection.Docker.FindAsync(on.Container, context.Stop) is { IsRunning: true };
        // That its container stands still is the suspension's doing, and no wish.
        if (await db.IsSuspendedAsync(on.Instance.OrgId, context.Stop))
            on.Instance.Status = InstanceStatus.Suspended;
        else
            (on.Instance.WantRunning, on.Instance.Status, on.Instance.StatusMessage) = (runs, runs ? InstanceStatus.Running : InstanceStatus.Stopped, null);
        await db.SaveChangesAsync(context.Stop);
        await host.EnsureEdgeAsync(db, on.Server, on.Connection, context.Stop);
    }

    /// <summary>The undo of what stopped it and would have started it: running again where it ran, and stopped where it stood still.</summary>
    public static async Task AsBeforeAsync(InstanceInput input, bool ran, StepContext context)
    {
        if (!ran)
        {
            await WantAsync(input, running: false, context);
            await StopAgainAsync(input, context);
            return;
        }
        await ProvisionInstanceKind.StartAsync(input, context);
        await ProvisionInstanceKind.FinishAsync(input, context);
    }

    public static async Task StopContainerAsync(InstanceInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var on = await context.Get<InstanceHost>().OpenAsync(db, input.InstanceId, context.Stop);
        foreach (var (connection, container) in await context.Get<InstanceHost>().ContainersAsync(db, on, context.Stop))
            // Also one that fails and is started again and again.
            if (await connection.Docker.FindAsync(container, context.Stop) is not null)
                await connection.Docker.StopAsync(container, TimeSpan.FromSeconds(20), context.Stop);
    }

    public static async Task MarkStoppedAsync(InstanceInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var instance = await db.Instances.SingleAsync(i => i.Id == input.InstanceId, context.Stop);
        (instance.Status, instance.StatusMessage, instance.Health) = (InstanceStatus.Stopped, null, "unknown");
        await db.SaveChangesAsync(context.Stop);
    }

    public static async Task UnrouteForGoodAsync(InstanceInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var host = context.Get<InstanceHost>();
        if (await db.Instances.SingleOrDefaultAsync(i => i.Id == input.InstanceId, context.Stop) is not { } instance)
            return;
        if (instance.Status != InstanceStatus.Removing)
        {
            // Not with the request: that can be cancelled until this begins.
            (instance.Status, instance.WantRunning) = (InstanceStatus.Removing, false);
            await db.SaveChangesAsync(context.Stop);
        }
        if (instance.TopologyId is { } topology)
        {
            await context.Get<TopologyHost>().CloseAsync(db, topology, context.Stop);
            return;
        }
        if (!await HasServerAsync(db, instance, context))
            return;
        var on = await host.OpenAsync(db, input.InstanceId, context.Stop);
        await host.EnsureEdgeAsync(db, on.Server, on.Connection, context.Stop);
    }

    /// <summary>Whether there is somewhere to do something. Whoever gave its machine up has said that there is not.</summary>
    public static async Task<bool> HasServerAsync(Platform.Data.OCoreDb db, Instance instance, StepContext context)
    {
        if (await db.ServersOfAll().AnyAsync(s => s.Id == instance.ServerId && s.Facts != null, context.Stop))
            return true;
        context.Log($"The server of {instance.Name} is gone for good: nothing is done there");
        return false;
    }

    public static async Task RemoveEverythingAsync(InstanceInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        if (await db.Instances.AsNoTracking().SingleOrDefaultAsync(i => i.Id == input.InstanceId, context.Stop) is not { } instance)
            return;
        if (instance.TopologyId is { } topology)
        {
            await context.Get<TopologyHost>().RemoveNodesAsync(db, topology, context.Log, context.Stop);
            return;
        }
        if (!await HasServerAsync(db, instance, context))
            return;
        var on = await context.Get<InstanceHost>().OpenAsync(db, input.InstanceId, context.Stop);
        await on.Connection.Docker.RemoveContainerAsync(on.Container, context.Stop);
        await InstanceHost.DropDatabaseAsync(on.Connection, on.Plan.Database, context.Stop);
        await InstanceHost.RemoveFilesAsync(on.Connection, on.Instance.Id, on.Instance.Slug, context.Stop);
        // Whatever else carries its label, such as a one-off container that was cut off.
        await on.Connection.Docker.RemoveByLabelAsync(ServerLabels.Instance, on.Instance.Id.ToString(), context.Stop);
    }

    public static async Task ForgetAsync(InstanceInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        // All of it at once: a topology's deployment is found by its instance, and its instance by the deployment.
        await db.InTransactionAsync(async () =>
        {
            if (await db.Instances.SingleOrDefaultAsync(i => i.Id == input.InstanceId, context.Stop) is not { } instance)
                return 0;
            if (instance.TopologyId is { } topology)
                await TopologyHost.ForgetForGoodAsync(db, topology, context.Stop);
            await InstanceDomainQueries.ReleaseAllAsync(db, instance, context.Get<Platform.Settings>(), context.Get<TimeProvider>().GetUtcNow(), context.Stop);
            db.Remove(instance);
            return await db.SaveChangesAsync(context.Stop);
        }, context.Stop);
    }
}
