using System.CommandLine;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli.Commands;

/// <summary>Work that takes time.</summary>
internal static class OperationCommands
{
    public static Command Noun() => new("operation", "Work that takes time: provisioning, restarts, deletions") { List(), Show(), Watch(), Log(), Cancel(), Retry(), Skip(), Resolve() };

    private static Verb List()
    {
        var instance = Opt.Text("--instance", "INSTANCE", "Only on this instance, by id or slug");
        var server = Opt.Text("--server", "SERVER", "Only on this server, by id or name");
        var client = Opt.Text("--client", "CLIENT", "Only for this client, by id or slug");
        var topology = Opt.Text("--topology", "TOPOLOGY", "Only on this topology, by id or name");
        var state = Opt.Among("--state", "Only in this state; active is pending, running or unwinding",
            "active", "pending", "running", "unwinding", "succeeded", "rolled_back", "cancelled", "stuck");
        var kind = Opt.Text("--kind", "KIND", "Only of this kind, for example instance.provision");
        return Lists.Verb("list", "List the operations, newest first", "GET /operations", Views.Operation, async call => Query.Add("/api/operations",
            ("instance", call.Get(instance) is { } on ? await Lookup.Instance(call, on) : null),
            ("server", call.Get(server) is { } name ? await Lookup.Server(call, name) : null),
            ("client", call.Get(client) is { } of ? await Lookup.Client(call, of) : null),
            ("topology", call.Get(topology) is { } drawn ? await Lookup.Topology(call, drawn) : null),
            ("state", call.Get(state)),
            ("kind", call.Get(kind))), [instance, server, client, topology, state, kind], atMost: 50);
    }

    private static Argument<string> Operation() => Opt.Arg("OPERATION", "Id");

    private static Verb Show()
    {
        var id = Operation();
        return new Verb("show", "Show an operation and its steps") { id }.Calls("GET /operations/{id}").Runs(async call =>
        {
            var (operation, json) = await call.Fetch<OperationView>(HttpMethod.Get, ((Route)$"/operations/{call.Get(id)}").ToString());
            call.Out.Item(json, operation, Views.Operation);
            if (call.Out is { Quiet: false, Format: OutputFormat.Table } && operation.Steps.Count > 0)
            {
                call.Out.Line("");
                call.Out.Rows(["step", "state", "attempt", "took", "error"], [.. operation.Steps.Select(s => new Cell[]
                {
                    s.Name, Cell.Status(s.State), s.Attempt, s.FinishedAt - s.StartedAt is { } took ? Words.Duration(took) : null, s.SkipReason is { } reason ? $"skipped: {reason}" : s.Error,
                })]);
            }
            return ExitCode.Ok;
        });
    }

    private static Verb Watch()
    {
        var id = Operation();
        return new Verb("watch", "Follow an operation to its end; the exit code tells the outcome") { id }
            .Calls("GET /operations/{id}/events")
            .Runs(async call => await Follower.Finish(call, await call.Get<OperationView>(((Route)$"/operations/{call.Get(id)}").ToString())));
    }

    private static Verb Log()
    {
        var id = Operation();
        return new Verb("log", "Print the history of an operation") { id }.Calls("GET /operations/{id}/log").Runs(async call =>
        {
            var path = ((Route)$"/operations/{call.Get(id)}").ToString();
            var operation = await call.Get<OperationView>(path);
            string? after = null;
            do
            {
                var (page, json) = await call.Fetch<Page<OperationEventView>>(HttpMethod.Get, Query.Add(path + "/log", ("after", after)));
                if (call.Out.Format != OutputFormat.Table)
                    call.Out.Json(json);
                else
                    foreach (var item in page.Data)
                        call.Out.Line($"{item.At.UtcDateTime:yyyy-MM-dd HH:mm:ss}  {Steps.NameOf(operation, item)}{item.Message}");
                after = page.NextCursor;
            }
            while (after is not null);
            return ExitCode.Ok;
        });
    }

    private static Verb Cancel()
    {
        var id = Operation();
        return new Verb("cancel", "Ask an operation to stop and undo what it did") { id }
            .Calls("POST /operations/{id}/cancel")
            .StartsWork()
            .Runs(call => call.Start(HttpMethod.Post, ((Route)$"/operations/{call.Get(id)}/cancel").ToString(), null, wantsCancelled: true));
    }

    private static Verb Retry()
    {
        var id = Operation();
        return new Verb("retry", "Try again what is stuck or waiting, from where it stopped") { id }
            .Calls("POST /operations/{id}/retry")
            .StartsWork()
            .Runs(call => call.Start(HttpMethod.Post, $"/operations/{call.Get(id)}/retry"));
    }

    private static Verb Skip()
    {
        var id = Operation();
        var step = Opt.Need("--step", "STEP", "The step at which it stopped, by number or name");
        var reason = Opt.Need("--reason", "TEXT", "Why; it is kept with the step and in the audit log");
        return new Verb("skip", "Go on with a stuck operation, without the step at which it stopped") { id, step, reason }
            .Calls("POST /operations/{id}/skip")
            .StartsWork()
            .Example("ocore operation skip 019af0c2-… --step \"start Odoo\" --reason \"its server is gone\"")
            .Runs(async call =>
            {
                var typed = call.Need(step);
                if (!int.TryParse(typed, out var seq))
                {
                    var operation = await call.Get<OperationView>(((Route)$"/operations/{call.Get(id)}").ToString());
                    seq = operation.Steps.FirstOrDefault(s => string.Equals(s.Name, typed, StringComparison.OrdinalIgnoreCase))?.Seq
                        ?? throw new CliException(ExitCode.NotFound, $"It has no step '{typed}'.", $"Those it has: {string.Join(", ", operation.Steps.Select(s => s.Name))}.");
                }
                return await call.Start(HttpMethod.Post, (Route)$"/operations/{call.Get(id)}/skip", new SkipOperationStep { Step = seq, Reason = call.Need(reason) });
            });
    }

    private static Verb Resolve()
    {
        var id = Operation();
        var reason = Opt.Need("--reason", "TEXT", "What was done by hand; it is kept with the operation and in the audit log");
        var outcome = Opt.Among("--outcome", "What is there now: nothing of what it was to do (the default), or all of it", "rolled_back", "succeeded");
        var confirm = Opt.Text("--confirm", "TITLE", "The title of the operation, in place of typing it when asked");
        return new Verb("resolve", "End a stuck operation by hand: nothing more is done or undone, and its locks are free") { id, reason, outcome, confirm }
            .Calls("POST /operations/{id}/resolve")
            .Runs(async call =>
            {
                var path = ((Route)$"/operations/{call.Get(id)}").ToString();
                var operation = await call.Get<OperationView>(path);
                Confirming.Typed(call, confirm, $"This ends “{operation.Title}” for good: oCore neither finishes nor undoes it. Type its title", "nothing was ended", operation.Title, operation.Id.ToString());
                var request = new ResolveOperation { Reason = call.Need(reason), Outcome = call.Get(outcome) == "succeeded" ? ResolvedOutcome.Succeeded : ResolvedOutcome.RolledBack };
                return await call.Send(HttpMethod.Post, (Route)$"/operations/{call.Get(id)}/resolve", request, Views.Operation);
            });
    }
}
