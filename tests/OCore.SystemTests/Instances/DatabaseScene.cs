using OCore.Client;
using OCore.SystemTests.Backups;

namespace OCore.SystemTests.Instances;

/// <summary>What a test of databases does again and again.</summary>
internal sealed class DatabaseScene(OdooScene scene)
{
    public BackupScene Backups => new(scene);

    public async Task<IReadOnlyList<InstanceDatabaseView>> OfAsync(InstanceView instance) => (await scene.Http.Get<Page<InstanceDatabaseView>>($"/api/instances/{instance.Id}/databases")).Data;

    public async Task<string[]> NamesAsync(InstanceView instance) => [.. (await OfAsync(instance)).Select(d => (d.IsServed ? "*" : "") + d.Name)];

    public Task<DatabaseActivity> ActivityAsync(InstanceView instance, string name) => scene.Http.Get<DatabaseActivity>($"/api/instances/{instance.Id}/databases/{name}/activity");

    public Task<OperationView> BeginCreatingAsync(InstanceView instance, string name, Guid? backup = null, bool neutralize = true) => scene.Http.Post<CreateInstanceDatabase, OperationView>($"/api/instances/{instance.Id}/databases",
        new CreateInstanceDatabase { Name = name, Backup = backup, Neutralize = neutralize });

    public Task<OperationView> BeginDuplicatingAsync(InstanceView instance, string from, string name, bool neutralize = true) =>
        scene.Http.Post<DuplicateInstanceDatabase, OperationView>($"/api/instances/{instance.Id}/databases/{from}/duplicate", new DuplicateInstanceDatabase { Name = name, Neutralize = neutralize });

    public Task<OperationView> BeginRenamingAsync(InstanceView instance, string from, string name) =>
        scene.Http.Post<RenameInstanceDatabase, OperationView>($"/api/instances/{instance.Id}/databases/{from}/rename", new RenameInstanceDatabase { Name = name });

    public Task<OperationView> BeginServingAsync(InstanceView instance, string name) => scene.Http.Post<OperationView>($"/api/instances/{instance.Id}/databases/{name}/serve");

    public Task<OperationView> BeginNeutralizingAsync(InstanceView instance, string name) =>
        scene.Http.Post<NeutralizeInstanceDatabase, OperationView>($"/api/instances/{instance.Id}/databases/{name}/neutralize", new NeutralizeInstanceDatabase { Confirm = name });

    public Task<OperationView> BeginDroppingAsync(InstanceView instance, string name) => scene.Http.Delete<OperationView>($"/api/instances/{instance.Id}/databases/{name}");

    public Task<string> SqlAsync(InstanceView instance, string name, string statement) => Backups.SqlAsync(instance with { Database = name }, statement);

    /// <summary>The same as the instance's own role, as a person at its Odoo shell would.</summary>
    public async Task<string> SqlAsOwnerAsync(InstanceView instance, string statement) => (await Backups.MachineOf(instance).ShellAsync(
        """docker exec -i -u postgres ocore-postgres psql -XAtq -v ON_ERROR_STOP=1 -U "$1" -d "$1" -c "$2" """, instance.Database, statement)).Trim();

    public Task<string> UuidAsync(InstanceView instance, string name) => SqlAsync(instance, name, "SELECT value FROM ir_config_parameter WHERE key = 'database.uuid'");

    /// <summary>Attachments of this word whose file is there, whole.</summary>
    public Task<int> WholeAsync(InstanceView instance, string name, string word) => Backups.WholeAsync(instance with { Database = name }, word);

    /// <summary>Whether it would send or run anything, as PostgreSQL says it.</summary>
    public async Task<bool> IsNeutralAsync(InstanceView instance, string name) => await SqlAsync(instance, name,
        """
        SELECT (SELECT count(*) FROM ir_mail_server WHERE active AND smtp_host <> 'invalid') || ' ' ||
          (SELECT count(*) FROM ir_cron WHERE active AND id NOT IN (SELECT res_id FROM ir_model_data WHERE model = 'ir.cron' AND name = 'autovacuum_job')) || ' ' ||
          (SELECT count(*) FROM ir_config_parameter WHERE key = 'database.is_neutralized')
        """) == "0 0 1";

    /// <summary>A statement that somebody runs beside, as the instance's role and without waiting for its end.</summary>
    public Task RunBesideAsync(InstanceView instance, string name, string statement) => Backups.MachineOf(instance).ShellAsync(
        """docker exec -d -u postgres -e PGAPPNAME="$4" ocore-postgres psql -Xq -U "$3" -d "$1" -c "$2" """, name, statement, instance.Database, statement.Contains("pg_sleep", StringComparison.Ordinal) ? "holder" : "waiter");

    /// <summary>The folders of its filestore on the machine.</summary>
    public async Task<string[]> FoldersAsync(InstanceView instance) => [.. (await Backups.MachineOf(instance).ShellAsync("""ls "/var/lib/ocore/instances/$1/filestore" """, instance.Id.ToString("N"))).Split('\n', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)];

    public async Task DropAllAsync(InstanceView instance, BackupView? except = null)
    {
        foreach (var beside in (await OfAsync(instance)).Where(d => !d.IsServed))
            await scene.EndOfAsync(await BeginDroppingAsync(instance, beside.Name));
        await Backups.DeleteAllAsync(instance, except);
    }
}
