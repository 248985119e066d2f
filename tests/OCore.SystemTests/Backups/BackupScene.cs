using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Backups;
using OCore.Platform.Data;
using OCore.SystemTests.Instances;
using OCore.SystemTests.Remote;
using Xunit;

namespace OCore.SystemTests.Backups;

/// <summary>What a test of backups does again and again.</summary>
internal sealed class BackupScene(OdooScene scene)
{
    public async Task<BackupView> TakeAsync(InstanceView instance, string? target = null)
    {
        var known = (await OfAsync(instance)).Select(b => b.Id).ToHashSet();
        await scene.EndOfAsync(await scene.Http.Post<TakeBackup, OperationView>($"/api/instances/{instance.Id}/backups", new TakeBackup { Target = target }));
        var backup = Assert.Single(await OfAsync(instance), b => !known.Contains(b.Id));
        Assert.Equal(BackupState.Intact, backup.State);
        return backup;
    }

    public async Task<IReadOnlyList<BackupView>> OfAsync(InstanceView instance) => (await scene.Http.Get<Page<BackupView>>($"/api/backups?instance={instance.Slug}&limit=100")).Data;

    public Task<BackupView> GetAsync(Guid id) => scene.Http.Get<BackupView>($"/api/backups/{id}");

    public async Task<OperationView> VerifyAsync(BackupView backup, bool? succeeds = true) => await scene.EndOfAsync(await scene.Http.Post<OperationView>($"/api/backups/{backup.Id}/verify"), succeeds);

    public async Task DeleteAsync(BackupView backup) => await scene.EndOfAsync(await scene.Http.Delete<OperationView>($"/api/backups/{backup.Id}"));

    public async Task DeleteAllAsync(InstanceView instance, BackupView? except = null)
    {
        foreach (var backup in (await OfAsync(instance)).Where(b => b.Id != except?.Id))
            await DeleteAsync(backup);
    }

    public async Task<BackupManifest> ManifestAsync(BackupView backup)
    {
        await using var db = scene.App.Databases.System();
        return (await db.Backups.AcrossTenants().AsNoTracking().SingleAsync(b => b.Id == backup.Id)).Manifest!;
    }

    /// <summary>Where its objects lie in oCore's own directory.</summary>
    public string FolderOf(BackupView backup) => Path.Combine(scene.App.DataDirectory, "backups", scene.Agency.Org.RootId.ToString("N"), backup.Id.ToString("N"));

    public LabServer MachineOf(InstanceView instance) => scene.Machines[scene.Servers.FindIndex(s => s.Id == instance.Server.Id)];

    /// <summary>A statement in the instance's database, and what it prints.</summary>
    public async Task<string> SqlAsync(InstanceView instance, string statement) =>
        (await MachineOf(instance).ShellAsync("""docker exec -i -u postgres ocore-postgres psql -XAtq -v ON_ERROR_STOP=1 -d "$1" -c "$2" """, instance.Database, statement)).Trim();

    /// <summary>Python within Odoo, as a person at its shell would type it.</summary>
    public Task<string> PythonAsync(InstanceView instance, string code) =>
        MachineOf(instance).ShellAsync("""printf '%s\n' "$2" | docker exec -i "ocore-i-$1" odoo shell --no-http --log-level=error -c /etc/odoo/odoo.conf -d "$3" """, instance.Slug, code, instance.Database);

    /// <summary>Attachments with files of their own.</summary>
    public Task AttachAsync(InstanceView instance, int count, string word) => PythonAsync(instance, $"""
        for i in range({count}): env['ir.attachment'].create(dict(name='%s-%d' % ('{word}', i), raw=('{word} %d ' % i).encode() * 5000))

        env.cr.commit()
        """);

    /// <summary>Attachments of this word whose file is there with the content that its name says.</summary>
    public async Task<int> WholeAsync(InstanceView instance, string word) => int.Parse((await MachineOf(instance).ShellAsync(
        """
        docker exec -u postgres ocore-postgres psql -XAtq -d "$1" -c "SELECT store_fname FROM ir_attachment WHERE name LIKE '$2-%'" |
        docker exec -i "ocore-i-$3" sh -c 'cd "/var/lib/odoo/filestore/$0"; n=0; while read -r f; do [ "$(sha1sum "$f" | cut -d" " -f1)" = "${f#*/}" ] && n=$((n+1)); done; echo $n' "$1"
        """, instance.Database, word, instance.Slug)).Trim());
}
