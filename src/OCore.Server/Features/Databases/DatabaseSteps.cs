using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Backups;
using OCore.Features.Instances;
using OCore.Platform.Data;
using OCore.Platform.Operations;

namespace OCore.Features.Databases;

/// <summary>Steps that several operations on databases share.</summary>
internal static class DatabaseSteps
{
    public static async Task<InstanceDatabase> FindAsync(OCoreDb db, Guid id, CancellationToken stop) =>
        await db.InstanceDatabases.SingleOrDefaultAsync(d => d.Id == id, stop) ?? throw new StepRefusedException("database_gone", "The database was removed.");

    public static async Task OnAsync(Guid instance, StepContext context, Func<OCoreDb, InstanceOnServer, Task> work)
    {
        await using var db = context.OpenDb();
        await work(db, await context.Get<InstanceHost>().OpenAsync(db, instance, context.Stop));
    }

    public static async Task OnAsync(Guid instance, Guid database, StepContext context, Func<OCoreDb, InstanceOnServer, InstanceDatabase, Task> work) =>
        await OnAsync(instance, context, async (db, on) => await work(db, on, await FindAsync(db, database, context.Stop)));

    /// <summary>An identity of its own. Run again, it stays.</summary>
    /// <param name="mark">What the identity is for.</param>
    /// <param name="newPassword">The administrator gets one that nobody knows.</param>
    public static Task IdentifyAsync(InstanceOnServer on, string name, Guid mark, bool newPassword, CancellationToken stop) =>
        on.SqlAsync(name, DatabaseSql.Identify, new Dictionary<string, string>
        {
            ["mark"] = mark.ToString(), ["instance"] = on.Instance.Id.ToString(), ["url"] = InstanceViews.UrlOf(on.Instance, on.Server), ["hash"] = newPassword ? OdooPassword.Hash(OdooPassword.New()) : "",
        }, stop);

    /// <summary>The undo of whatever makes a database: nothing of it is on the server.</summary>
    public static async Task RemoveAsync(Guid instance, Guid database, StepContext context)
    {
        await using var db = context.OpenDb();
        if (await db.InstanceDatabases.SingleOrDefaultAsync(d => d.Id == database, context.Stop) is not { } row)
            return;
        var on = await context.Get<InstanceHost>().OpenAsync(db, instance, context.Stop);
        if (on.Plan.Database == row.Name)
            throw new StepRefusedException("database_is_served", "The instance serves this database.", "Serve another one first.");
        await on.SqlAsync("postgres", BackupSql.Drop, new Dictionary<string, string> { ["db"] = row.Name }, context.Stop);
        await context.Get<DatabaseCopier>().RemoveFilesAsync(on, row.Name, context.Stop);
        context.Log(on.Plan.Cluster?.Bucket is null ? $"{row.Name} and its files are gone" : $"{row.Name} is gone; its files stay in the bucket, as what is deleted in Odoo does");
    }

    public static async Task ForgetAsync(Guid database, StepContext context)
    {
        await using var db = context.OpenDb();
        if (await db.InstanceDatabases.SingleOrDefaultAsync(d => d.Id == database, context.Stop) is not { } row)
            return;
        db.Remove(row);
        await db.SaveChangesAsync(context.Stop);
    }

    public static async Task ReadyAsync(Guid database, StepContext context)
    {
        await using var db = context.OpenDb();
        if (await db.InstanceDatabases.SingleOrDefaultAsync(d => d.Id == database, context.Stop) is not { } row)
            return;
        (row.Status, row.ReservedName) = (DatabaseStatus.Ready, null);
        await db.SaveChangesAsync(context.Stop);
    }

    /// <summary>Neutral, as a staging copy of a backup is.</summary>
    public static Task NeutralizeAsync(Guid instance, Guid database, StepContext context) => OnAsync(instance, database, context, (_, on, row) =>
        BackupRestorer.NeutralizeAsync(on.Of(row.Name), context.Log, context.Stop));

    public static async Task SafetyAsync(Guid backup, StepContext context)
    {
        await BackupSteps.TakeAsync(backup, context);
        await BackupSteps.ReadBackAsync(backup, context);
    }

    /// <summary>Only where it ran: what stood still stays so.</summary>
    public static async Task StopAsync(Guid instance, bool runs, StepContext context)
    {
        if (!runs)
            return;
        await InstanceSteps.AnnounceAsync(new(instance), context);
        await InstanceSteps.StopContainerAsync(new(instance), context);
    }

    public static async Task StartAgainAsync(Guid instance, bool runs, StepContext context)
    {
        if (!runs)
            return;
        await ProvisionInstanceKind.StartAsync(new(instance), context);
        await ProvisionInstanceKind.FinishAsync(new(instance), context);
    }

    public static Task StartAsync(Guid instance, bool runs, StepContext context) => runs ? ProvisionInstanceKind.StartAsync(new(instance), context) : Task.CompletedTask;

    public static Task StopContainerAsync(Guid instance, bool runs, StepContext context) => runs ? InstanceSteps.StopContainerAsync(new(instance), context) : Task.CompletedTask;

    public static Task WaitAsync(Guid instance, bool runs, StepContext context) => runs ? ProvisionInstanceKind.WaitAsync(new(instance), context) : Task.CompletedTask;

    public static Task FinishAsync(Guid instance, bool runs, StepContext context) => runs ? ProvisionInstanceKind.FinishAsync(new(instance), context) : Task.CompletedTask;
}
