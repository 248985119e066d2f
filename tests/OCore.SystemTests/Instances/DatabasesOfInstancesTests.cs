using System.Diagnostics;
using OCore.Client;
using OCore.SystemTests.Remote;
using OCore.Tests;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Instances;

/// <summary>Databases of an instance with real Odoo and a real PostgreSQL: what is listed is there, and what is done has happened.</summary>
[Collection(OdooLabCollection.Name)]
public sealed class DatabasesOfInstancesTests(OdooLab lab, ITestOutputHelper output)
{
    private OdooScene Scene => lab.Scene;
    private DatabaseScene Bases => new(lab.Scene);

    [LabFact]
    public async Task Who_runs_long_and_who_blocks_whom_is_shown_and_ended()
    {
        var made = await Scene.ProvisionAsync(Scene.Client, Scene.First, "Looked into");
        var name = made.Database;
        await Scene.AnswersAsync(made);
        var listed = Assert.Single(await Bases.OfAsync(made));
        Assert.True(listed is { IsServed: true, Status: DatabaseStatus.Ready, Connections: > 0, Waiting: 0 } && listed.Bytes > 10_000_000 && listed.FilestoreBytes > 0, $"{listed}");

        // One holds a row and sleeps; another wants it.
        await Bases.RunBesideAsync(made, name, "BEGIN; UPDATE res_partner SET comment = 'held' WHERE id = 1; SELECT pg_sleep(240); COMMIT;");
        await Scene.UntilAsync(async () => (await Bases.ActivityAsync(made, name)).Connections.Any(c => c is { Application: "holder", State: "active" }), "the holder holds", 20);
        await Bases.RunBesideAsync(made, name, "UPDATE res_partner SET comment = 'wanted' WHERE id = 1");
        await Scene.UntilAsync(async () => (await Bases.ActivityAsync(made, name)).Waits.Count > 0, "somebody waits", 20);
        var seen = await Bases.ActivityAsync(made, name);
        var (holder, waiter) = (seen.Connections.Single(c => c.Application == "holder"), seen.Connections.Single(c => c.Application == "waiter"));
        Assert.Equal([holder.Id], waiter.BlockedBy);
        Assert.StartsWith("Lock: ", waiter.WaitsFor);
        Assert.Contains("pg_sleep(240)", holder.Query);
        Assert.True(holder.Seconds > 0 && holder.TransactionSeconds > 0 && holder.Locks > 0);
        var wait = Assert.Single(seen.Waits);
        Assert.Equal((waiter.Id, "res_partner", false), (wait.Connection, wait.Table, seen.Neutralized));
        Assert.Equal([holder.Id], wait.BlockedBy);
        var busy = Assert.Single(await Bases.OfAsync(made));
        Assert.True(busy is { Active: >= 2, Waiting: 1 } && busy.LongestSeconds > 0, $"{busy}");

        // Who may only look sees who blocks whom, and not what they write.
        using var viewer = Scene.App.As(await Scene.App.MemberAsync(Scene.Client, "viewer"), Scene.Client);
        var withoutText = await viewer.Get<DatabaseActivity>($"/api/instances/{made.Id}/databases/{name}/activity");
        Assert.All(withoutText.Connections, c => Assert.Null(c.Query));
        Assert.Single(withoutText.Waits);

        // Another database's connection cannot be named, nor one that has ended.
        await Scene.Http.Delete<OperationView>($"/api/instances/{made.Id}/databases/{name}/connections/1.1").IsRefusedAsync(404, "connection_gone");
        await Scene.Http.Send(HttpMethod.Post, $"/api/instances/{made.Id}/databases/{name}/connections/{waiter.Id}/cancel");
        await Scene.UntilAsync(async () => (await Bases.ActivityAsync(made, name)).Waits.Count == 0, "nobody waits", 10);
        await Scene.Http.Send(HttpMethod.Delete, $"/api/instances/{made.Id}/databases/{name}/connections/{holder.Id}");
        await Scene.UntilAsync(async () => (await Bases.ActivityAsync(made, name)).Connections.All(c => c.Application != "holder"), "the holder is gone", 10);
        await Scene.Http.Delete<OperationView>($"/api/instances/{made.Id}/databases/{name}/connections/{holder.Id}").IsRefusedAsync(404, "connection_gone");
        Assert.Equal("0", await Bases.SqlAsync(made, name, "SELECT count(*) FROM res_partner WHERE comment IN ('held', 'wanted')"));
        await Scene.DeleteAsync(made);
    }

    /// <summary>
    /// Whoever may run SQL in an Odoo can put a view or a trigger of his own where oCore reads and writes. On a PostgreSQL that is shared,
    /// what runs there must not be the superuser.
    /// </summary>
    [LabFact]
    public async Task What_looks_into_a_database_is_nobody_but_its_owner()
    {
        var made = await Scene.ProvisionAsync(Scene.Client, Scene.First, "Trapped");
        await Bases.SqlAsOwnerAsync(made,
            """
            CREATE TABLE sprung (who text, super text);
            CREATE FUNCTION spring(text) RETURNS text LANGUAGE plpgsql AS 'BEGIN INSERT INTO sprung VALUES (session_user, current_setting(''is_superuser'')); RETURN $1; END';
            CREATE FUNCTION sprung() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM spring(NULL); RETURN NEW; END';
            INSERT INTO ir_config_parameter (key, value) VALUES ('database.is_neutralized', 'no');
            ALTER TABLE ir_config_parameter RENAME TO parameters;
            CREATE VIEW ir_config_parameter AS SELECT id, key, spring(value) AS value FROM parameters;
            ALTER TABLE ir_module_module RENAME TO modules;
            CREATE VIEW ir_module_module AS SELECT id, spring(name) AS name, shortdesc, state, latest_version, application FROM modules;
            CREATE TRIGGER sprung BEFORE UPDATE ON res_users FOR EACH ROW EXECUTE FUNCTION sprung();
            """);
        await Bases.ActivityAsync(made, made.Database);
        var read = int.Parse(await Bases.SqlAsync(made, made.Database, "SELECT count(*) FROM sprung"));
        Assert.True(read > 0, "the view was not read");
        await Scene.Http.Get<Page<InstalledModule>>($"/api/instances/{made.Id}/modules");
        // The second changes nothing in the row, and is as much an act as the first.
        for (var times = 1; times <= 2; times++)
        {
            await Scene.Http.Post<AdminCredentials>($"/api/instances/{made.Id}/admin-password/reset");
            Assert.Equal(times, (await Scene.Http.Get<Page<AuditEntryView>>("/api/audit-logs?action=instance.admin_password_reset&limit=100")).Data.Count(a => a.ObjectId == made.Id.ToString()));
        }
        Assert.True(int.Parse(await Bases.SqlAsync(made, made.Database, "SELECT count(*) FROM sprung")) > read + 1);
        Assert.Equal($"{made.Database} off", await Bases.SqlAsync(made, made.Database, "SELECT DISTINCT who || ' ' || super FROM sprung"));
        await Scene.DeleteAsync(made);
    }

    [LabFact]
    public async Task A_duplicate_is_served_renamed_and_dropped_and_its_backup_restores()
    {
        var made = await Scene.ProvisionAsync(Scene.Client, Scene.First, "Many");
        var (main, copy, better) = (made.Database, $"{made.Database}_copy", $"{made.Database}_better");
        var clock = Stopwatch.StartNew();
        await Bases.Backups.AttachAsync(made, 3, "kept");
        await Bases.SqlAsync(made, main, "INSERT INTO ir_mail_server (name, smtp_host, smtp_port, smtp_encryption, smtp_authentication, active, sequence) VALUES ('Out', 'mail.example.com', 25, 'none', 'login', true, 1)");

        // While people work in it: it is not stopped for that.
        await Scene.EndOfAsync(await Bases.BeginDuplicatingAsync(made, main, copy));
        Say("duplicated");
        await Scene.AnswersAsync(made);
        Assert.Equal(["*" + main, copy], await Bases.NamesAsync(made));
        Assert.Equal(3, await Bases.WholeAsync(made, copy, "kept"));
        Assert.NotEqual(await Bases.UuidAsync(made, main), await Bases.UuidAsync(made, copy));
        Assert.True(await Bases.IsNeutralAsync(made, copy));
        Assert.False(await Bases.IsNeutralAsync(made, main));
        Assert.True((await Bases.ActivityAsync(made, copy)).Neutralized);
        foreach (var table in (string[])["res_partner", "ir_attachment", "ir_ui_view"])
            Assert.Equal(await Bases.SqlAsync(made, main, $"SELECT count(*) FROM {table}"), await Bases.SqlAsync(made, copy, $"SELECT count(*) FROM {table}"));
        // What is deleted in the original afterwards stays in the copy.
        await Bases.Backups.PythonAsync(made, "env['ir.attachment'].search([('name', 'like', 'kept-%')]).unlink()\nenv['ir.attachment']._gc_file_store()\nenv.cr.commit()");
        Assert.Equal(0, await Bases.WholeAsync(made, main, "kept"));
        Assert.Equal(3, await Bases.WholeAsync(made, copy, "kept"));
        Say("compared");

        // Served: people reach it, and the one before lies beside it.
        await Bases.SqlAsync(made, copy, "UPDATE res_company SET name = 'The copy itself' WHERE id = 1");
        await Scene.EndOfAsync(await Bases.BeginServingAsync(made, copy));
        made = await Scene.InstanceAsync(made.Id);
        Assert.Equal((copy, InstanceStatus.Running), (made.Database, made.Status));
        Assert.Equal(["*" + copy, main], await Bases.NamesAsync(made));
        await Scene.AnswersAsync(made);
        Assert.Contains("The copy itself", await Bases.Backups.PythonAsync(made, "print(env.company.name)"));
        Assert.Equal($"True {copy}", (await Bases.Backups.MachineOf(made).ShellAsync("""docker exec "$1" python3 -c "import configparser as c; p = c.ConfigParser(interpolation=None); p.read('/etc/odoo/odoo.conf'); o = p['options']; print(o['db_name'] == o['db_user'] and o['dbfilter'] == '^' + o['db_name'] + chr(36), o['db_name'])" """, $"ocore-i-{made.Slug}")).Trim());
        await Scene.Http.Delete<OperationView>($"/api/instances/{made.Id}/databases/{copy}").IsRefusedAsync(409, "database_is_served");
        Say("served");

        // Renamed, with its files and its role: the served one with a stop, the other without.
        await Scene.EndOfAsync(await Bases.BeginRenamingAsync(made, copy, better));
        made = await Scene.InstanceAsync(made.Id);
        await Scene.AnswersAsync(made);
        Assert.Equal(["*" + better, main], await Bases.NamesAsync(made));
        Assert.Equal(3, await Bases.WholeAsync(made, better, "kept"));
        Assert.Equal(new[] { better, main }.Order(StringComparer.Ordinal), await Bases.FoldersAsync(made));
        await Scene.EndOfAsync(await Bases.BeginRenamingAsync(made, main, $"{main}_former"));
        Assert.Equal(["*" + better, $"{main}_former"], await Bases.NamesAsync(made));
        await Scene.NothingIsLeftAsync();
        Say("renamed");

        // Dropped, and back from the backup that was taken first.
        var uuid = await Bases.UuidAsync(made, $"{main}_former");
        await Scene.EndOfAsync(await Bases.BeginDroppingAsync(made, $"{main}_former"));
        Assert.Equal(["*" + better], await Bases.NamesAsync(made));
        Assert.Equal([better], await Bases.FoldersAsync(made));
        await Scene.NothingIsLeftAsync();
        var backup = (await Bases.Backups.OfAsync(made)).Single(b => b.Database == $"{main}_former");
        Assert.Equal((BackupState.Intact, "safety"), (backup.State, backup.Reason));
        await Scene.Http.Post<RestoreBackup, OperationView>($"/api/backups/{backup.Id}/restore", new RestoreBackup { Confirm = made.Slug }).IsRefusedAsync(409, "backup_of_database");
        await Scene.EndOfAsync(await Bases.BeginCreatingAsync(made, $"{main}_back", backup.Id, neutralize: false));
        Assert.Equal("mail.example.com", await Bases.SqlAsync(made, $"{main}_back", "SELECT smtp_host FROM ir_mail_server WHERE active"));
        Assert.NotEqual(uuid, await Bases.UuidAsync(made, $"{main}_back"));
        Say("dropped and restored");

        // With the instance goes all of it.
        await Scene.EndOfAsync(await Bases.BeginCreatingAsync(made, $"{main}_empty"));
        Assert.Equal("base", await Bases.SqlAsync(made, $"{main}_empty", "SELECT name FROM ir_module_module WHERE state = 'installed' AND name = 'base'"));
        Assert.DoesNotContain("admin", await Bases.SqlAsync(made, $"{main}_empty", "SELECT password FROM res_users WHERE id = 2"), StringComparison.Ordinal);
        Say("created");
        await Scene.EndOfAsync(await Bases.BeginServingAsync(made, $"{main}_empty"));
        made = await Scene.InstanceAsync(made.Id);
        await Scene.AnswersAsync(made);
        Say("the empty one is served");
        await Bases.Backups.DeleteAllAsync(made);
        await Scene.DeleteAsync(made);
        await Scene.NothingIsLeftAsync();

        void Say(string what) => output.WriteLine($"{clock.Elapsed.TotalSeconds,6:0.0} s  {what}");
    }

    [LabFact]
    public async Task The_served_one_is_neutralized_after_a_backup()
    {
        var made = await Scene.ProvisionAsync(Scene.Client, Scene.First, "Calmed");
        await Bases.SqlAsync(made, made.Database, "INSERT INTO ir_mail_server (name, smtp_host, smtp_port, smtp_encryption, smtp_authentication, active, sequence) VALUES ('Out', 'mail.example.com', 25, 'none', 'login', true, 1)");
        var uuid = await Bases.UuidAsync(made, made.Database);
        await Scene.EndOfAsync(await Bases.BeginNeutralizingAsync(made, made.Database));
        await Scene.AnswersAsync(made);
        Assert.True(await Bases.IsNeutralAsync(made, made.Database));
        Assert.NotEqual(uuid, await Bases.UuidAsync(made, made.Database));
        await Scene.NothingIsLeftAsync();
        // The way back.
        var backup = Assert.Single(await Bases.Backups.OfAsync(made));
        await Scene.EndOfAsync(await Scene.Http.Post<RestoreBackup, OperationView>($"/api/backups/{backup.Id}/restore", new RestoreBackup { Confirm = made.Slug }));
        Assert.False(await Bases.IsNeutralAsync(made, made.Database));
        Assert.Equal(uuid, await Bases.UuidAsync(made, made.Database));
        await Bases.Backups.DeleteAllAsync(made);
        await Scene.DeleteAsync(made);
    }
}
