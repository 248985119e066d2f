using System.Globalization;
using OCore.Client;
using OCore.SystemTests.Instances;
using OCore.SystemTests.PortalDomains;
using OCore.SystemTests.Remote;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Backups;

/// <summary>An Odoo that sends mail by schedule, and its staging copy that does not: counted at a real SMTP server.</summary>
[Collection(OdooLabCollection.Name)]
public sealed class StagingCopies(OdooLab lab, ITestOutputHelper output)
{
    private OdooScene Scene => lab.Scene;
    private BackupScene Backups => new(lab.Scene);

    [LabFact]
    public async Task A_staging_copy_sends_no_mail_and_runs_no_cron()
    {
        // The first address of the lab's network is this machine's.
        var network = lab.First.Host.Value;
        await using var smtp = await MailServer.StartAsync(network[..network.LastIndexOf('.')] + ".1");
        var plain = Scene.Template;
        Scene.Template = await Scene.TemplateAsync("Mailing", "mail");
        InstanceView made;
        try
        {
            made = await Scene.InstanceAsync((await Scene.EndOfAsync(await Scene.BeginProvisioningAsync(Scene.Client, Scene.First, "Mailing"), seconds: 420)).InstanceId!.Value);
        }
        finally
        {
            Scene.Template = plain;
        }
        await Backups.SqlAsync(made, $"INSERT INTO ir_mail_server (name, smtp_host, smtp_port, smtp_encryption, smtp_authentication, active, sequence) VALUES ('Out', '{smtp.Address}', {smtp.Port}, 'none', 'login', true, 1)");
        // The original sends what is queued, by its own schedule.
        await QueueAsync(made, "first");
        await DueAsync(made, seconds: 0);
        await Scene.UntilAsync(() => Task.FromResult(smtp.Count == 1), "the original sent its mail", 180);

        // Mail is queued and the schedule is about to run: both are in the backup.
        await QueueAsync(made, "second");
        await DueAsync(made, seconds: 150);
        var backup = await Backups.TakeAsync(made);
        var operation = await Scene.EndOfAsync(await Scene.Http.Post<CopyBackup, OperationView>($"/api/backups/{backup.Id}/copy", new CopyBackup { Name = "Mailing staging" }), seconds: 420);
        var copy = await Scene.InstanceAsync(operation.InstanceId!.Value);
        await Scene.AnswersAsync(copy);
        var started = await Backups.SqlAsync(copy, "SELECT now() AT TIME ZONE 'utc'");
        Assert.Equal("1", await Backups.SqlAsync(copy, "SELECT count(*) FROM mail_mail WHERE state = 'outgoing'"));
        await Scene.UntilAsync(() => Task.FromResult(smtp.Count == 2), "the original sent what was queued", 300);
        // And on request it sends none either.
        await Backups.PythonAsync(copy, "env['mail.mail'].create(dict(subject='third', email_from='a@staging.example', email_to='somebody@example.com', body_html='x')).send(); env.cr.commit()");
        // As long again as the original took for its schedule.
        await DueAsync(copy, seconds: 0);
        await Scene.UntilAsync(async () => await Backups.SqlAsync(copy, $"SELECT now() AT TIME ZONE 'utc' > '{started}'::timestamp + interval '100 seconds'") == "t", "time has passed", 200);
        Assert.Equal(2, smtp.Count);
        Assert.Equal("0", await Backups.SqlAsync(copy, $"SELECT count(*) FROM ir_cron WHERE lastcall > '{started}' AND id NOT IN (SELECT res_id FROM ir_model_data WHERE model = 'ir.cron' AND name = 'autovacuum_job')"));
        output.WriteLine($"the original sent {smtp.Count} mails, its staging copy none");
        await Scene.DeleteAsync(copy);
        await Backups.DeleteAllAsync(made);
        await Scene.DeleteAsync(made);
        await Scene.NothingIsLeftAsync();
    }

    private Task<string> QueueAsync(InstanceView instance, string subject) =>
        Backups.PythonAsync(instance, $"env['mail.mail'].create(dict(subject='{subject}', email_from='a@shop.example', email_to='somebody@example.com', body_html='x')); env.cr.commit()");

    // The queue of mails, every hour, next in so many seconds.
    private Task<string> DueAsync(InstanceView instance, int seconds) => Backups.SqlAsync(instance, string.Create(CultureInfo.InvariantCulture,
        $"UPDATE ir_cron SET nextcall = (now() AT TIME ZONE 'utc') + interval '{seconds} seconds' WHERE id = (SELECT res_id FROM ir_model_data WHERE model = 'ir.cron' AND name = 'ir_cron_mail_scheduler_action')"));
}
