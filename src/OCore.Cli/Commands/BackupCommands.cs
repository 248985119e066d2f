using System.CommandLine;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli.Commands;

/// <summary>Backups of instances.</summary>
internal static class BackupCommands
{
    public static Command Noun() => new("backup", "Backups of instances")
    {
        List(), Show(), Take(), Verify(), Restore(), Copy(), Download(), Import(), Delete(), RecoveryCommands.Keep(), RecoveryCommands.Sheet(), RecoveryCommands.Recover(), BackupPlaces.Schedule(),
    };

    internal static Argument<string> Backup() => Opt.Arg("BACKUP", "Id of a backup");

    internal static Argument<string> Instance() => Opt.Arg("INSTANCE", "Id or slug of an instance");

    private static Verb List()
    {
        var instance = Opt.Text("--instance", "INSTANCE", "Only those of this instance, by id or slug");
        var client = Opt.Text("--client", "ORG", "Only those of this client or organization, by id or slug");
        var state = Opt.Among("--state", "Only in this state", "pending", "taken", "stored", "intact", "verified", "damaged", "failed");
        return Lists.Verb("list", "List the backups, the newest first", "GET /backups", Views.Backup, call => Query.Add("/api/backups",
            ("instance", call.Get(instance)), ("organization", call.Get(client)), ("state", call.Get(state))), [instance, client, state]);
    }

    private static Verb Show()
    {
        var backup = Backup();
        return new Verb("show", "Show a backup") { backup }.Calls("GET /backups/{id}").Runs(call => call.Show($"/backups/{call.Get(backup)}", Views.Backup));
    }

    private static Verb Take()
    {
        var instance = Instance();
        var target = Opt.Text("--target", "TARGET", "Where to keep it: id or name of a target, or local; the default where not given");
        var note = Opt.Text("--note", "TEXT", "What it was taken for");
        var verify = Opt.Flag("--verify", "Also restore it to a scratch database and start Odoo on it");
        var database = Opt.Text("--database", "NAME", "A database that lies beside the one it serves");
        return new Verb("take", "Back an instance up now") { instance, target, note, database, verify }
            .Calls("POST /instances/{id}/backups")
            .StartsWork()
            .Example("ocore backup take acme-erp --note \"before the update\" --wait")
            .Runs(call => call.Start(HttpMethod.Post, $"/instances/{call.Get(instance)}/backups", new TakeBackup { Target = call.Get(target), Note = call.Get(note), Database = call.Get(database), Verify = call.Get(verify) }));
    }

    private static Verb Verify()
    {
        var backup = Backup();
        return new Verb("verify", "Restore a backup to a scratch database, compare it, and start Odoo on it") { backup }
            .Calls("POST /backups/{id}/verify")
            .StartsWork()
            .Runs(call => call.Start(HttpMethod.Post, $"/backups/{call.Get(backup)}/verify"));
    }

    private static Verb Restore()
    {
        var backup = Backup();
        var confirm = Opt.Need("--confirm", "SLUG", "The slug of the instance whose data is replaced");
        var dry = Opt.Flag("--dry-run", "Show what would be done and what speaks against it, and change nothing");
        return new Verb("restore", "Make an instance what it was; what is there now is backed up first") { backup, confirm, dry }
            .Calls("POST /backups/{id}/restore")
            .StartsWork()
            .Example("ocore backup restore 0199… --confirm acme-erp --wait")
            .Runs(call => BeginAsync(call, ((Route)$"/backups/{call.Get(backup)}/restore").ToString(), new RestoreBackup { Confirm = call.Need(confirm) }, call.Get(dry)));
    }

    private static Verb Copy()
    {
        var backup = Backup();
        var name = Opt.Need("--name", "NAME", "Name of the new instance");
        var slug = Opt.Text("--slug", "SLUG", "Its short name; made from the name where not given");
        var domain = Opt.Text("--domain", "HOST", "Its host name; under the server's own where not given");
        var server = Opt.Text("--server", "SERVER", "Another server than the original's, by id or name");
        var live = Opt.Flag("--live", "Not for staging: mail and scheduled actions go on, as for one that takes the original's place");
        var dry = Opt.Flag("--dry-run", "Show what would be done and what speaks against it, and change nothing");
        return new Verb("copy", "Make a new instance of a backup; a neutral one for staging unless told otherwise") { backup, name, slug, domain, server, live, dry }
            .Calls("POST /backups/{id}/copy")
            .StartsWork()
            .Example("ocore backup copy 0199… --name \"Acme staging\" --wait")
            .Runs(call => BeginAsync(call, ((Route)$"/backups/{call.Get(backup)}/copy").ToString(),
                new CopyBackup { Name = call.Need(name), Slug = call.Get(slug), Domain = call.Get(domain), ServerId = call.Get(server), Neutralize = !call.Get(live) }, call.Get(dry)));
    }

    private static async Task<int> BeginAsync<T>(Call call, string path, T request, bool dry)
    {
        if (!dry)
            return await call.Start(HttpMethod.Post, path, OCoreHttp.Body(request));
        var (plan, json) = await call.Fetch<RestorePlan>(HttpMethod.Post, path + "?dryRun=true", OCoreHttp.Body(request));
        call.Out.Item(json, plan, Views.RestorePlan);
        return ExitCode.Ok;
    }

    private static Verb Download()
    {
        var backup = Backup();
        var file = Opt.Arg("FILE", "Where to write the zip; it must not exist");
        return new Verb("download", "Download a backup as the zip that Odoo's own database manager restores") { backup, file }
            .Calls("GET /backups/{id}/download")
            .Example("ocore backup download 0199… acme-erp.zip")
            .Runs(async call =>
            {
                call.Api.Http.Timeout = Timeout.InfiniteTimeSpan;
                var part = call.Get(file) + ".part";
                if (File.Exists(call.Get(file)))
                    throw new CliException(ExitCode.Usage, $"{call.Get(file)} is there already.");
                await using (var target = new FileStream(part, FileMode.Create))
                    await call.Api.Download(((Route)$"/backups/{call.Get(backup)}/download").ToString(), target, call.Stop);
                File.Move(part, call.Get(file));
                call.Out.Note($"Written to {call.Get(file)}.");
                return ExitCode.Ok;
            });
    }

    private static Verb Import()
    {
        var file = Opt.Arg("FILE", "A zip that Odoo's database manager or Odoo.sh made");
        var instance = Opt.Text("--instance", "INSTANCE", "For this instance, which can then be restored from it; id or slug");
        var client = Opt.Text("--client", "ORG", "For this client, by id or slug");
        var name = Opt.Text("--name", "NAME", "What to call it where it is of no instance");
        var version = Opt.Text("--odoo-version", "VERSION", "The version of Odoo, where the zip has no manifest.json");
        return new Verb("import", "Upload a zip of Odoo, which becomes a backup like any other") { file, instance, client, name, version }
            .Calls("POST /backups/import")
            .Example("ocore backup import acme.zip --instance acme-erp")
            .Runs(async call =>
            {
                await using var content = Files.Open(call, call.Get(file));
                call.Api.Http.Timeout = Timeout.InfiniteTimeSpan;
                var path = Query.Add("/api/backups/import", ("instance", call.Get(instance)), ("organization", call.Get(client)), ("name", call.Get(name)), ("odooVersion", call.Get(version)));
                var (view, json) = await call.Fetch<BackupView>(HttpMethod.Post, path, new StreamContent(content) { Headers = { ContentType = new("application/zip") } });
                call.Out.Item(json, view, Views.Backup);
                return ExitCode.Ok;
            });
    }

    private static Verb Delete()
    {
        var backup = Backup();
        var confirm = Opt.Confirm("instance it is of");
        return new Verb("delete", "Delete a backup from where it is kept; cannot be undone") { backup, confirm }
            .Calls("DELETE /backups/{id}")
            .StartsWork()
            .Runs(async call =>
            {
                var path = ((Route)$"/backups/{call.Get(backup)}").ToString();
                var view = await call.Get<BackupView>(path);
                Confirming.Name(call, confirm, $"the backup of {view.InstanceName} of {view.CreatedAt:yyyy-MM-dd HH:mm}", view.InstanceName, view.Id.ToString());
                return await call.Start(HttpMethod.Delete, path, null);
            });
    }
}
