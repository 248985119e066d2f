using System.CommandLine;
using System.Globalization;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli.Commands;

/// <summary>What was measured, and who is told when it goes too far.</summary>
internal static class MonitoringCommands
{
    public static Command Alerts() => new("alert", "Alerts that were raised") { ListAlerts() };

    public static Command Rules() => new("alert-rule", "When somebody is told that a figure went too far") { ListRules(), Show(), Create(), Update(), Delete() };

    /// <summary>For the noun of a server or an instance.</summary>
    public static Verb Metrics(string noun, Func<Call, string, Task<string>> find)
    {
        var subject = Opt.Arg(noun.ToUpperInvariant(), noun == "server" ? "Id or name" : "Id or slug");
        var from = Opt.Text("--from", "TIME", "Since when: 24h, 7d, or 2026-01-31T12:00:00Z; the last hour where not given");
        var to = Opt.Text("--to", "TIME", "Until when; now where not given");
        return new Verb("metrics", $"Show what was measured of a {noun}: newest, lowest, average and highest") { subject, from, to }
            .Calls($"GET /{noun}s/{{id}}/metrics")
            .Example($"ocore {noun} metrics {(noun == "server" ? "web-1" : "erp")} --from 24h")
            .Runs(async call =>
            {
                var path = Query.Add(((Route)$"/{noun}s/{await find(call, call.Get(subject))}/metrics").ToString(), ("from", Times.Of(call, call.Get(from))), ("to", Times.Of(call, call.Get(to))));
                var (metrics, json) = await call.Fetch<MetricsView>(HttpMethod.Get, path);
                if (call.Out.Format != OutputFormat.Table || call.Out.Quiet)
                {
                    call.Out.Item(json, metrics, Views.Metrics);
                    return ExitCode.Ok;
                }
                call.Out.Rows(["metric", "now", "lowest", "average", "highest"], [.. metrics.Series.Select(Row)]);
                foreach (var mark in metrics.Marks)
                    call.Out.Line($"{mark.At.LocalDateTime:yyyy-MM-dd HH:mm}  {mark.Title} ({Words.Snake(mark.State.ToString())})");
                return ExitCode.Ok;
            });
    }

    public static Verb Prometheus() => new Verb("prometheus", "Print the newest figures of all instances as Prometheus reads them")
        .Calls("GET /monitoring/prometheus")
        .Runs(async call =>
        {
            await call.Api.Download("/api/monitoring/prometheus", call.Io.Out, call.Stop);
            return ExitCode.Ok;
        });

    private static Cell[] Row(MetricSeries series)
    {
        var values = series.Values.OfType<double>().ToList();
        return values.Count == 0 ? [series.Metric, "", "", "", ""]
            : [series.Metric, Text(values[^1], series.Unit), Text(values.Min(), series.Unit), Text(values.Average(), series.Unit), Text(values.Max(), series.Unit)];
    }

    internal static string Text(double value, string unit) => unit switch
    {
        "bytes" or "bytes_per_second" => Words.Bytes((long)value) + (unit == "bytes" ? "" : "/s"),
        "percent" => string.Create(CultureInfo.InvariantCulture, $"{value:0.#} %"),
        "milliseconds" => string.Create(CultureInfo.InvariantCulture, $"{value:0} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value:0.##}"),
    };

    private static Argument<string> Rule() => Opt.Arg("RULE", "Id or name");

    private static Verb ListAlerts()
    {
        var open = Opt.Flag("--open", "Only those that are not over");
        var search = Opt.Text("--search", "TEXT", "Only of servers and instances whose name holds it");
        return Lists.Verb("list", "List alerts, newest first", "GET /alerts", Views.Alert, call => Query.Add("/api/alerts", ("open", call.Get(open) ? "true" : null), ("q", call.Get(search))), [open, search], atMost: 50);
    }

    private static Verb ListRules()
    {
        var search = Opt.Text("--search", "TEXT", "Only those whose name holds it");
        return Lists.Verb("list", "List the alert rules", "GET /alert-rules", Views.AlertRule, call => Query.Add("/api/alert-rules", ("q", call.Get(search))), [search]);
    }

    private static Verb Show()
    {
        var rule = Rule();
        return new Verb("show", "Show an alert rule") { rule }
            .Calls("GET /alert-rules/{id}")
            .Runs(async call => await call.Show($"/alert-rules/{await Lookup.AlertRule(call, call.Get(rule))}", Views.AlertRule));
    }

    private static Verb Create()
    {
        var name = Opt.Need("--name", "NAME", "Name of the rule");
        var server = Opt.Text("--server", "SERVER", "Only of this server, by id or name; of all where neither is given");
        var instance = Opt.Text("--instance", "INSTANCE", "Only of this instance, by id or slug");
        var subject = Opt.Among("--of", "What it watches; what --server or --instance says otherwise", "server", "instance");
        var metric = Opt.Need("--metric", "METRIC", "cpu, memory_percent, disk_percent, health, latency …");
        var above = Opt.Number("--above", "N", "Told when it is above this");
        var below = Opt.Number("--below", "N", "Told when it is below this");
        var seconds = Opt.Int("--for", "SECONDS", "For how long it has to stay so; 300 where not given");
        var emails = Opt.List("--emails", "LIST", "Who gets a mail");
        return new Verb("create", "Be told when a figure stays too high or too low, by mail and by webhooks") { name, subject, server, instance, metric, above, below, seconds, emails }
            .Calls("POST /alert-rules")
            .Example("ocore alert-rule create --name \"Disk is filling up\" --of server --metric disk_percent --above 85 --emails ops@example.com")
            .Example("ocore alert-rule create --name \"ERP is down\" --instance erp --metric health --below 50 --for 60")
            .Runs(async call =>
            {
                if (call.Has(above) == call.Has(below))
                    throw new CliException(ExitCode.Usage, "Say either --above or --below.");
                var kind = call.Get(instance) is not null ? "instance" : call.Get(server) is not null ? "server" : call.Get(subject) ?? throw new CliException(ExitCode.Usage, "Say --of server or --of instance, or which with --server or --instance.");
                var id = call.Get(instance) is { } one ? await Lookup.Instance(call, one) : call.Get(server) is { } machine ? await Lookup.Server(call, machine) : null;
                return await call.Send(HttpMethod.Post, $"/alert-rules", new CreateAlertRule
                {
                    Name = call.Need(name), Subject = kind, SubjectId = id is null ? null : Guid.Parse(id), Metric = call.Need(metric), When = call.Has(above) ? "above" : "below",
                    Threshold = (call.Get(above) ?? call.Get(below))!.Value, ForSeconds = call.Get(seconds), Emails = call.List(emails),
                }, Views.AlertRule);
            });
    }

    private static Verb Update()
    {
        var rule = Rule();
        var name = Opt.Text("--name", "NAME", "Name of the rule");
        var threshold = Opt.Number("--threshold", "N", "The threshold");
        var seconds = Opt.Int("--for", "SECONDS", "For how long it has to stay so");
        var emails = Opt.List("--emails", "LIST", "Who gets a mail");
        var active = Opt.Switch("--active", "Whether it watches");
        var clear = new ClearOption(("emails", "emails"));
        return new Verb("update", "Change an alert rule, or switch it off and on") { rule, name, threshold, seconds, emails, active, clear.Option }
            .Calls("PUT /alert-rules/{id}")
            .Runs(async call => await call.Send(HttpMethod.Put, $"/alert-rules/{await Lookup.AlertRule(call, call.Get(rule))}", new UpdateAlertRule
            {
                Clearing = clear.Fields(call), Name = call.Get(name), Threshold = call.Get(threshold), ForSeconds = call.Get(seconds), Emails = call.List(emails), IsActive = call.Get(active),
            }, Views.AlertRule));
    }

    private static Verb Delete()
    {
        var rule = Rule();
        return new Verb("delete", "Delete an alert rule with its alerts") { rule }
            .Calls("DELETE /alert-rules/{id}")
            .Runs(async call => await call.Do(HttpMethod.Delete, $"/alert-rules/{await Lookup.AlertRule(call, call.Get(rule))}", $"The alert rule {call.Get(rule)} was deleted."));
    }
}
