using System.CommandLine;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli.Commands;

/// <summary>Where backups go, and when they are taken by themselves.</summary>
internal static class BackupPlaces
{
    public static Command Noun() => new("backup-target", "Where backups are kept")
    {
        Lists.Verb("list", "List the targets", "GET /backup-targets", Views.BackupTarget, _ => "/api/backup-targets"),
        Show(), Save("create", "Add a bucket of an S3-compatible store", isNew: true), Save("update", "Replace a target's settings", isNew: false), Test(), Delete(),
    };

    private static Argument<string> Target() => Opt.Arg("TARGET", "Id or name of a target");

    private static Verb Show()
    {
        var target = Target();
        return new Verb("show", "Show a target") { target }.Calls("GET /backup-targets/{id}").Runs(async call => await call.Show($"/backup-targets/{await Lookup.BackupTarget(call, call.Get(target))}", Views.BackupTarget));
    }

    private static Verb Save(string verb, string description, bool isNew)
    {
        var target = Target();
        var name = Opt.Need("--name", "NAME", "Its name");
        var endpoint = Opt.Need("--endpoint", "URL", "Address of the store, for example https://s3.eu-central-1.amazonaws.com");
        var region = Opt.Text("--region", "REGION", "Region that requests are signed for; us-east-1 where not given");
        var bucket = Opt.Need("--bucket", "BUCKET", "The bucket, which has to be there");
        var prefix = Opt.Text("--prefix", "PATH", "Put before the name of everything that is kept");
        var access = Opt.Need("--access-key", "KEY", "The access key");
        var secret = Opt.Text("--secret-key-file", "FILE", isNew ? "File with its secret; - for standard input" : "File with its secret; the one before where not given");
        var isDefault = Opt.Flag("--default", "Backups go here unless told otherwise");
        var append = Opt.Flag("--append-only", "Delete nothing there, so that the key need not be allowed to: the store's own rules do");
        var made = new Verb(verb, description);
        if (!isNew)
            made.Add(target);
        foreach (var option in (Option[])[name, endpoint, region, bucket, prefix, access, secret, isDefault, append])
            made.Add(option);
        return made.Calls(isNew ? "POST /backup-targets" : "PUT /backup-targets/{id}")
            .Example(isNew ? "ocore backup-target create --name offsite --endpoint https://s3.example.com --bucket acme --access-key AK --secret-key-file key.txt --default"
                : "ocore backup-target update offsite --name offsite --endpoint https://s3.example.com --bucket acme --access-key AK --default")
            .Runs(async call =>
            {
                var request = new SaveBackupTarget
                {
                    Name = call.Need(name), Endpoint = call.Need(endpoint), Region = call.Get(region), Bucket = call.Need(bucket), Prefix = call.Get(prefix), AccessKey = call.Need(access),
                    SecretKey = call.Get(secret) is { } file ? (await Files.Text(call, file)).Trim() : null, IsDefault = call.Get(isDefault), AppendOnly = call.Get(append),
                };
                return isNew ? await call.Send(HttpMethod.Post, $"/backup-targets", request, Views.BackupTarget)
                    : await call.Send(HttpMethod.Put, $"/backup-targets/{await Lookup.BackupTarget(call, call.Get(target))}", request, Views.BackupTarget);
            });
    }

    private static Verb Test()
    {
        var target = Target();
        return new Verb("test", "Write something to a target, read it back, and remove it") { target }
            .Calls("POST /backup-targets/{id}/test")
            .Runs(async call =>
            {
                var (test, json) = await call.Fetch<BackupTargetTest>(HttpMethod.Post, ((Route)$"/backup-targets/{await Lookup.BackupTarget(call, call.Get(target))}/test").ToString());
                if (call.Out.Format != OutputFormat.Table)
                    call.Out.Json(json);
                else
                    call.Out.Line($"{test.Message} ({test.Milliseconds} ms)");
                return test.Ok ? ExitCode.Ok : ExitCode.Refused;
            });
    }

    private static Verb Delete()
    {
        var target = Target();
        return new Verb("delete", "Forget a target that holds no backups") { target }
            .Calls("DELETE /backup-targets/{id}")
            .Runs(async call => await call.Do(HttpMethod.Delete, $"/backup-targets/{await Lookup.BackupTarget(call, call.Get(target))}", "The target was forgotten."));
    }

    public static Command Schedule() => new("schedule", "Backups that are taken by themselves") { ShowSchedule(), SetSchedule(), DeleteSchedule() };

    private static Verb ShowSchedule()
    {
        var instance = BackupCommands.Instance();
        return new Verb("show", "Show when an instance is backed up, and whether its backups are fresh") { instance }
            .Calls("GET /instances/{id}/backup-schedule").Runs(call => call.Show($"/instances/{call.Get(instance)}/backup-schedule", Views.BackupSchedule));
    }

    private static Verb SetSchedule()
    {
        var instance = BackupCommands.Instance();
        var cron = Opt.Need("--cron", "CRON", "Minute, hour, day of the month, month, day of the week");
        var zone = Opt.Text("--time-zone", "ZONE", "For example Europe/Berlin; UTC where not given");
        var target = Opt.Text("--target", "TARGET", "Where to keep them: id or name of a target, or local");
        var copy = Opt.Text("--copy-to", "TARGET", "A second place, to which each is copied: id or name of a target, or local");
        var daily = Opt.Int("--keep-daily", "N", "Days of which the newest is kept; 7 where not given");
        var weekly = Opt.Int("--keep-weekly", "N", "Weeks, likewise; 4 where not given");
        var monthly = Opt.Int("--keep-monthly", "N", "Months, likewise; 3 where not given");
        var alarm = Opt.Int("--alarm-after", "HOURS", "Tell people where no verified backup is younger; 26 where not given");
        var every = Opt.Among("--report-every", "Report of the backups by mail", "day", "week", "month");
        var to = Opt.List("--report-to", "EMAILS", "Who gets the report, as one@example.com,two@example.com");
        var unverified = Opt.Flag("--no-verify", "Do not restore each to see that it can be");
        var off = Opt.Flag("--off", "Keep the schedule, and take none");
        return new Verb("set", "Back an instance up by a schedule") { instance, cron, zone, target, copy, daily, weekly, monthly, alarm, every, to, unverified, off }
            .Calls("PUT /instances/{id}/backup-schedule")
            .Example("ocore backup schedule set acme-erp --cron \"30 2 * * *\" --time-zone Europe/Berlin")
            .Runs(call => call.Send(HttpMethod.Put, $"/instances/{call.Get(instance)}/backup-schedule", new SaveBackupSchedule
            {
                Enabled = !call.Get(off), Cron = call.Need(cron), TimeZone = call.Get(zone), Target = call.Get(target), CopyTarget = call.Get(copy), KeepDaily = call.Get(daily) ?? 7, KeepWeekly = call.Get(weekly) ?? 4,
                KeepMonthly = call.Get(monthly) ?? 3, Verify = !call.Get(unverified), AlarmAfterHours = call.Get(alarm) ?? 26,
                ReportEvery = call.Get(every) is { } often ? Enum.Parse<BackupReportEvery>(often, ignoreCase: true) : null, ReportTo = call.List(to),
            }, Views.BackupSchedule));
    }

    private static Verb DeleteSchedule()
    {
        var instance = BackupCommands.Instance();
        return new Verb("delete", "Back an instance up by schedule no more; what was taken stays") { instance }
            .Calls("DELETE /instances/{id}/backup-schedule")
            .Runs(call => call.Do(HttpMethod.Delete, $"/instances/{call.Get(instance)}/backup-schedule", "The schedule was removed."));
    }
}
