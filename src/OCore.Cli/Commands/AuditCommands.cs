using System.CommandLine;
using OCore.Cli.Output;

namespace OCore.Cli.Commands;

internal static class AuditCommands
{
    public static Command Noun() => new("audit", "Who did what") { List(), Export() };

    private static Verb List()
    {
        var filter = new Filter();
        return Lists.Verb("list", "List the audit log, newest first", "GET /audit-logs", Views.Audit, call => filter.On(call, "/api/audit-logs"), filter.Options, atMost: 50)
            .Example("ocore audit list --from 7d --action client.created");
    }

    private static Verb Export()
    {
        var filter = new Filter();
        var format = Opt.Among("--format", "Form of the file; csv where not given", "csv", "jsonl");
        var verb = new Verb("export", "Write the whole audit log as a file; that it was taken is in the log too") { format };
        foreach (var option in filter.Options)
            verb.Add(option);
        return verb.Calls("GET /audit-logs/export")
            .Example("ocore audit export --from 2026-01-01 > audit.csv")
            .Runs(async call =>
            {
                await call.Api.Download(Query.Add(filter.On(call, "/api/audit-logs/export"), ("format", call.Get(format))), call.Io.Out, call.Stop);
                return ExitCode.Ok;
            });
    }

    private sealed class Filter
    {
        private readonly Option<string?> action = Opt.Text("--action", "ACTION", "Only this action, for example client.created; 'client.' for all of a noun");
        private readonly Option<string?> actor = Opt.Text("--actor", "WHO", "Only what this person did, by e-mail address or id");
        private readonly Option<string?> type = Opt.Text("--object-type", "TYPE", "Only objects of this kind, for example instance");
        private readonly Option<string?> id = Opt.Text("--object-id", "ID", "Only this object");
        private readonly Option<string?> from = Opt.Text("--from", "TIME", "Not before: 2026-01-31, 2026-01-31T12:00:00Z, or 24h, 7d for the last hours or days");
        private readonly Option<string?> to = Opt.Text("--to", "TIME", "Before this time");
        private readonly Option<string?> search = Opt.Text("--search", "TEXT", "Only entries that hold it");

        public Option[] Options => [action, actor, type, id, from, to, search];

        public string On(Call call, string path) => Query.Add(path,
            ("action", call.Get(action)),
            ("actor", call.Get(actor)),
            ("objectType", call.Get(type)),
            ("objectId", call.Get(id)),
            ("from", Times.Of(call, call.Get(from))),
            ("to", Times.Of(call, call.Get(to))),
            ("q", call.Get(search)));
    }
}
