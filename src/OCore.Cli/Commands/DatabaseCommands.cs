using System.CommandLine;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli.Commands;

/// <summary>The databases of an instance.</summary>
internal static class DatabaseCommands
{
    public static Command Noun() => new("database", "Databases of an instance")
    {
        List(), Show(), Activity(), Create(), Duplicate(), Rename(), Serve(), Neutralize(), Drop(), Cancel(), End(),
    };

    private static Argument<string> Instance() => Opt.Arg("INSTANCE", "Id or slug of an instance");

    private static Argument<string> Database() => Opt.Arg("DATABASE", "Name of a database");

    private static Verb List()
    {
        var instance = Instance();
        return Lists.Verb("list", "List the databases of an instance, with their size and what happens in them", "GET /instances/{id}/databases", Views.InstanceDatabase,
            call => ((Route)$"/instances/{call.Get(instance)}/databases").ToString(), [instance]);
    }

    private static Verb Show()
    {
        var (instance, database) = (Instance(), Database());
        return new Verb("show", "Show a database") { instance, database }.Calls("GET /instances/{id}/databases/{database}")
            .Runs(call => call.Show($"/instances/{call.Get(instance)}/databases/{call.Get(database)}", Views.InstanceDatabase));
    }

    private static Verb Activity()
    {
        var (instance, database) = (Instance(), Database());
        return new Verb("activity", "Show what happens in a database now: connections, statements, and who waits for whose lock") { instance, database }
            .Calls("GET /instances/{id}/databases/{database}/activity")
            .Runs(async call =>
            {
                var (seen, json) = await call.Fetch<DatabaseActivity>(HttpMethod.Get, PathOf(call, instance, database) + "/activity");
                call.Out.Item(json, seen, Views.DatabaseActivity);
                if (call.Out is not { Quiet: false, Format: OutputFormat.Table })
                    return ExitCode.Ok;
                Section(call, ["connection", "state", "seconds", "transaction", "waits for", "blocked by", "locks", "statement"],
                    [.. seen.Connections.Select(c => new Cell[] { c.Id, c.State, Seconds(c.Seconds), Seconds(c.TransactionSeconds), c.WaitsFor, c.BlockedBy.Count > 0 ? new Cell(string.Join(' ', c.BlockedBy), Tone.Bad) : default, c.Locks, Line(c.Query) })]);
                Section(call, ["waits", "for", "lock", "table", "seconds"],
                    [.. seen.Waits.Select(w => new Cell[] { w.Connection, string.Join(' ', w.BlockedBy), $"{w.Mode} on {w.Kind}", w.Table, Seconds(w.Seconds) })]);
                return ExitCode.Ok;
            });
    }

    private static void Section(Call call, string[] heads, List<Cell[]> rows)
    {
        if (rows.Count == 0)
            return;
        call.Out.Line("");
        call.Out.Rows(heads, rows);
    }

    private static string? Seconds(double? seconds) => seconds is { } some ? $"{some:0.0}" : null;

    private static string? Line(string? statement) => statement is null ? null : string.Join(' ', statement.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)) is var line && line.Length > 80 ? line[..79] + "…" : line;

    private static Verb Create()
    {
        var (instance, name) = (Instance(), Opt.Arg("NAME", "Of the new database: lower case letters, digits and underscores"));
        var languages = Opt.Text("--languages", "CODES", "Languages with commas between, for example fr_FR,de_DE; the instance's where not given");
        var demo = Opt.Flag("--demo-data", "With Odoo's demonstration data");
        var backup = Opt.Text("--from-backup", "BACKUP", "What this backup of the instance holds, instead of an empty one");
        var live = Opt.Flag("--live", "Of a backup: mail and scheduled actions go on when it is served");
        return new Verb("create", "Make a further database: empty with Odoo's base, or of a backup") { instance, name, languages, demo, backup, live }
            .Calls("POST /instances/{id}/databases")
            .StartsWork()
            .Example("ocore database create acme-erp acme_training --wait")
            .Runs(call => call.Start(HttpMethod.Post, $"/instances/{call.Get(instance)}/databases", new CreateInstanceDatabase
            {
                Name = call.Get(name), Languages = call.Get(languages)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), DemoData = call.Get(demo),
                Backup = call.Get(backup) is { } id ? Guid.TryParse(id, out var parsed) ? parsed : throw new CliException(ExitCode.Usage, $"'{id}' is no id of a backup.", "ocore backup list shows them.") : null,
                Neutralize = !call.Get(live),
            }));
    }

    private static Verb Duplicate()
    {
        var (instance, database, name) = (Instance(), Database(), Opt.Arg("NAME", "Of the copy"));
        var live = Opt.Flag("--live", "Not neutral: mail and scheduled actions go on when it is served");
        return new Verb("duplicate", "Copy a database with its files while people work in it; neutral unless told otherwise") { instance, database, name, live }
            .Calls("POST /instances/{id}/databases/{database}/duplicate")
            .StartsWork()
            .Example("ocore database duplicate acme-erp acme_erp acme_test --wait")
            .Runs(call => call.Start(HttpMethod.Post, $"/instances/{call.Get(instance)}/databases/{call.Get(database)}/duplicate", new DuplicateInstanceDatabase { Name = call.Get(name), Neutralize = !call.Get(live) }));
    }

    private static Verb Rename()
    {
        var (instance, database, name) = (Instance(), Database(), Opt.Arg("NAME", "The new name"));
        return new Verb("rename", "Give a database another name, with its files; Odoo is stopped meanwhile where it serves it") { instance, database, name }
            .Calls("POST /instances/{id}/databases/{database}/rename")
            .StartsWork()
            .Runs(call => call.Start(HttpMethod.Post, $"/instances/{call.Get(instance)}/databases/{call.Get(database)}/rename", new RenameInstanceDatabase { Name = call.Get(name) }));
    }

    private static Verb Serve()
    {
        var (instance, database) = (Instance(), Database());
        return new Verb("serve", "Serve this database from now on; the one before lies beside it") { instance, database }
            .Calls("POST /instances/{id}/databases/{database}/serve")
            .StartsWork()
            .Example("ocore database serve acme-erp acme_test --wait")
            .Runs(call => call.Start(HttpMethod.Post, PathOf(call, instance, database) + "/serve", null));
    }

    private static Verb Neutralize()
    {
        var (instance, database) = (Instance(), Database());
        var confirm = Opt.Confirm("database");
        return new Verb("neutralize", "No mail leaves it and nothing runs by schedule any more; it is backed up first") { instance, database, confirm }
            .Calls("POST /instances/{id}/databases/{database}/neutralize")
            .StartsWork()
            .Runs(call =>
            {
                var name = call.Get(database);
                var typed = call.Get(confirm) ?? call.Io.Ask($"This makes {name} neutral. Type its name ({name}) to go on:", $"Give --confirm \"{name}\".");
                return call.Start(HttpMethod.Post, $"/instances/{call.Get(instance)}/databases/{name}/neutralize", new NeutralizeInstanceDatabase { Confirm = typed });
            });
    }

    private static Verb Drop()
    {
        var (instance, database) = (Instance(), Database());
        var confirm = Opt.Confirm("database");
        return new Verb("drop", "Drop a database with its files; it is backed up first") { instance, database, confirm }
            .Calls("DELETE /instances/{id}/databases/{database}")
            .StartsWork()
            .Runs(call =>
            {
                Confirming.Name(call, confirm, $"the database {call.Get(database)}", call.Get(database));
                return call.Start(HttpMethod.Delete, PathOf(call, instance, database), null);
            });
    }

    private static Verb Cancel()
    {
        var (instance, database, connection) = (Instance(), Database(), Connection());
        return new Verb("cancel", "Cancel the statement that a connection runs") { instance, database, connection }
            .Calls("POST /instances/{id}/databases/{database}/connections/{connection}/cancel")
            .Runs(call => call.Do(HttpMethod.Post, $"/instances/{call.Get(instance)}/databases/{call.Get(database)}/connections/{call.Get(connection)}/cancel", $"Cancelled what {call.Get(connection)} ran."));
    }

    private static Verb End()
    {
        var (instance, database, connection) = (Instance(), Database(), Connection());
        return new Verb("end", "End a connection; what it has not committed is undone") { instance, database, connection }
            .Calls("DELETE /instances/{id}/databases/{database}/connections/{connection}")
            .Runs(call => call.Do(HttpMethod.Delete, $"/instances/{call.Get(instance)}/databases/{call.Get(database)}/connections/{call.Get(connection)}", $"Ended {call.Get(connection)}."));
    }

    private static Argument<string> Connection() => Opt.Arg("CONNECTION", "Id of a connection, as activity shows it");

    private static string PathOf(Call call, Argument<string> instance, Argument<string> database) => ((Route)$"/instances/{call.Get(instance)}/databases/{call.Get(database)}").ToString();
}
