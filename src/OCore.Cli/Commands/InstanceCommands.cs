using System.CommandLine;
using System.Diagnostics;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli.Commands;

/// <summary>Odoo instances.</summary>
internal static class InstanceCommands
{
    public static Command Noun() => new("instance", "Odoo instances")
    {
        List(), Show(), Update(), Config(), Work("start", "Start an instance"), Work("stop", "Stop an instance"), Work("restart", "Restart an instance, taking up changed settings"), Delete(),
        LogCommands.Logs(), Open(), FileCommands.Noun(), MonitoringCommands.Metrics("instance", (_, typed) => Task.FromResult(typed)), MonitoringCommands.Prometheus(),
        InstanceDomainCommands.Noun(), Nodes(), Architecture(),
        new Command("modules", "Modules of an instance") { Modules(), Change("install", "Install modules"), Change("update", "Update modules") },
        new Command("password", "The administrator's password of an instance") { Reveal(), Reset() },
    };

    private static Argument<string> Instance() => Opt.Arg("INSTANCE", "Id or slug");

    private static Verb List()
    {
        var client = Opt.Text("--client", "ORG", "Only those of this client or organization, by id or slug");
        var server = Opt.Text("--server", "SERVER", "Only those on this server, by id or name");
        var status = Opt.Among("--status", "Only in this status", "creating", "running", "stopped", "restarting", "failed", "removing", "suspended");
        var search = Opt.Text("--search", "TEXT", "Only those whose name or domain holds it");
        return Lists.Verb("list", "List the instances", "GET /instances", Views.Instance, async call => Query.Add("/api/instances",
            ("organization", call.Get(client)),
            ("server", call.Get(server) is { } name ? await Lookup.Server(call, name) : null),
            ("status", call.Get(status)),
            ("q", call.Get(search))), [client, server, status, search]);
    }

    private static Verb Show()
    {
        var instance = Instance();
        return new Verb("show", "Show an instance") { instance }.Calls("GET /instances/{id}").Runs(call => call.Show($"/instances/{call.Get(instance)}", Views.Instance));
    }

    private static Verb Update()
    {
        var instance = Instance();
        var name = Opt.Text("--name", "NAME", "Name shown to people");
        var workers = Opt.Int("--workers", "N", "HTTP worker processes; 0 is threaded mode");
        var memory = Opt.Int("--memory", "MB", "Memory of the container in megabytes");
        var cpus = Opt.Number("--cpus", "N", "Processor cores of the container");
        var env = new MapOptions("env", "A setting of odoo.conf by its upper-case name, for example LIMIT_TIME_REAL=240; repeat for more");
        var config = new MapOptions("config", "A further key of odoo.conf by its own name; repeat for more");
        var code = Opt.Text("--registration-code-file", "FILE", "File with the code of an Enterprise subscription; - for standard input");
        var clear = new ClearOption(("memory", "memoryMb"), ("cpus", "cpus"), ("workers", "workers"), ("env", "envVars"), ("config", "config"), ("registration-code", "registrationCode"));
        var dry = Opt.Flag("--dry-run", "Show what would change, and change nothing");
        var verb = new Verb("update", "Change an instance's settings; they take effect with a restart") { instance, name, workers, memory, cpus, code, clear.Option, dry };
        foreach (var option in (Option[])[.. env.All, .. config.All])
            verb.Add(option);
        return verb.Calls("PUT /instances/{id}")
            .Example("ocore instance update acme-erp --workers 4 --set-env LIMIT_TIME_REAL=240 --dry-run")
            .Runs(async call =>
            {
                var path = ((Route)$"/instances/{call.Get(instance)}").ToString();
                var old = env.Given(call) || config.Given(call) ? await call.Get<InstanceView>(path) : null;
                var request = new UpdateInstance
                {
                    Clearing = clear.Fields(call),
                    Name = call.Get(name),
                    Workers = call.Get(workers),
                    MemoryMb = call.Get(memory),
                    Cpus = call.Get(cpus),
                    EnvVars = env.Given(call) ? env.Over(call, old!.EnvVars) : null,
                    Config = config.Given(call) ? config.Over(call, old!.Config) : null,
                    RegistrationCode = call.Get(code) is { } file ? (await Files.Text(call, file)).Trim() : null,
                };
                return call.Get(dry) ? await Preview(call, path, request) : await Save(call, path, request);
            });
    }

    private static async Task<int> Preview(Call call, string path, UpdateInstance request)
    {
        var (diff, json) = await call.Fetch<SettingsDiff>(HttpMethod.Put, path + "?dryRun=true", OCoreHttp.Body(request));
        if (call.Out.Format != OutputFormat.Table)
            call.Out.Json(json);
        else
            Print(call, diff);
        return ExitCode.Ok;
    }

    private static async Task<int> Save(Call call, string path, UpdateInstance request)
    {
        var (view, json) = await call.Fetch<InstanceView>(HttpMethod.Put, path, OCoreHttp.Body(request));
        call.Out.Item(json, view, Views.Instance);
        if (view.RestartNeeded)
            call.Out.Note($"The settings take effect with: ocore instance restart {view.Slug}");
        return ExitCode.Ok;
    }

    private static void Print(Call call, SettingsDiff diff)
    {
        foreach (var change in diff.Changes)
        {
            if (change.Before is not null)
                call.Out.Line($"- {change.Key} = {change.Before}");
            if (change.After is not null)
                call.Out.Line($"+ {change.Key} = {change.After}");
        }
        call.Out.Note(diff.Changes.Count == 0 ? "Nothing changes." : diff.RestartNeeded ? "A restart is needed." : "No restart is needed.");
    }

    private static Verb Config()
    {
        var instance = Instance();
        return new Verb("config", "Show the odoo.conf of an instance, and what waits for a restart") { instance }
            .Calls("GET /instances/{id}/config")
            .Runs(async call =>
            {
                var (config, json) = await call.Fetch<InstanceConfigView>(HttpMethod.Get, ((Route)$"/instances/{call.Get(instance)}/config").ToString());
                if (call.Out.Format != OutputFormat.Table)
                {
                    call.Out.Json(json);
                    return ExitCode.Ok;
                }
                call.Out.Line(config.OdooConf.TrimEnd('\n'));
                if (config.Pending.Changes.Count > 0)
                {
                    call.Out.Line("\nWaiting for a restart:");
                    Print(call, config.Pending);
                }
                return ExitCode.Ok;
            });
    }

    private static Verb Work(string verb, string description)
    {
        var instance = Instance();
        return new Verb(verb, description) { instance }
            .Calls($"POST /instances/{{id}}/{verb}")
            .StartsWork()
            .Runs(call => call.Start(HttpMethod.Post, ((Route)$"/instances/{call.Get(instance)}").ToString() + "/" + verb, null));
    }

    private static Verb Delete()
    {
        var instance = Instance();
        var confirm = Opt.Confirm("instance");
        return new Verb("delete", "Delete an instance with its database and files; cannot be undone") { instance, confirm }
            .Calls("DELETE /instances/{id}")
            .StartsWork()
            .Example("ocore instance delete acme-erp --confirm acme-erp --wait")
            .Runs(async call =>
            {
                var path = ((Route)$"/instances/{call.Get(instance)}").ToString();
                var view = await call.Get<InstanceView>(path);
                Confirming.Name(call, confirm, $"the instance {view.Name} of {view.Organization.Name} with its database and files", view.Slug, view.Name);
                return await call.Start(HttpMethod.Delete, path, null);
            });
    }

    private static Verb Open()
    {
        var instance = Instance();
        var browser = Opt.Flag("--browser", "Open it in the browser");
        return new Verb("open", "Print a link that signs you in to the instance, once") { instance, browser }
            .Calls("POST /instances/{id}/open")
            .Runs(async call =>
            {
                var (link, json) = await call.Fetch<OpenLink>(HttpMethod.Post, ((Route)$"/instances/{call.Get(instance)}/open").ToString());
                if (call.Out.Format == OutputFormat.Table)
                    call.Out.Line(link.Url);
                else
                    call.Out.Json(json);
                if (call.Get(browser))
                    Browse(link.Url);
                return ExitCode.Ok;
            });
    }

    private static void Browse(string url)
    {
        if (!Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            throw new CliException(ExitCode.Error, "The link is not an address a browser opens.");
        var start = OperatingSystem.IsWindows() ? new ProcessStartInfo(address.AbsoluteUri) { UseShellExecute = true } : new ProcessStartInfo(OperatingSystem.IsMacOS() ? "open" : "xdg-open");
        if (!OperatingSystem.IsWindows())
            start.ArgumentList.Add(address.AbsoluteUri);
        try
        {
            using var process = Process.Start(start);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            throw new CliException(ExitCode.Error, "No browser could be started.", "Open the link above yourself.");
        }
    }

    private static Verb Nodes()
    {
        var instance = Instance();
        return Lists.Verb("nodes", "List the nodes of an instance that runs on several servers", "GET /instances/{id}/nodes", Views.TopologyNodeStatus, call => ((Route)$"/instances/{call.Get(instance)}/nodes").ToString(), [instance]);
    }

    private static Verb Architecture()
    {
        var instance = Instance();
        return new Verb("topology", "Show the architecture of an instance that runs on several servers, as far as you may see it") { instance }
            .Calls("GET /instances/{id}/topology")
            .Example("ocore instance topology acme-erp")
            .Runs(async call =>
            {
                var (view, json) = await call.Fetch<InstanceTopologyView>(HttpMethod.Get, ((Route)$"/instances/{call.Get(instance)}/topology").ToString());
                call.Out.Item(json, view, Views.InstanceTopology);
                return ExitCode.Ok;
            });
    }

    private static Verb Modules()
    {
        var instance = Instance();
        var search = Opt.Text("--search", "TEXT", "Only those whose name or title holds it");
        return Lists.Verb("list", "List the modules and their state", "GET /instances/{id}/modules", Views.InstalledModule,
            call => Query.Add(((Route)$"/instances/{call.Get(instance)}/modules").ToString(), ("q", call.Get(search))), [instance, search]);
    }

    private static Verb Change(string verb, string description)
    {
        var instance = Instance();
        var modules = Opt.Args("MODULE", "Technical names, for example sale");
        return new Verb(verb, description) { instance, modules }
            .Calls("POST /instances/{id}/modules")
            .StartsWork()
            .Example($"ocore instance modules {verb} acme-erp sale stock --wait")
            .Runs(call => call.Start(HttpMethod.Post, $"/instances/{call.Get(instance)}/modules", verb == "install"
                ? new ChangeModules { Install = call.Get(modules) }
                : new ChangeModules { Update = call.Get(modules) }));
    }

    private static Verb Reveal()
    {
        var instance = Instance();
        return new Verb("reveal", "Show the administrator's first password; works once") { instance }
            .Calls("POST /instances/{id}/admin-password/reveal")
            .Runs(call => call.Post($"/instances/{call.Get(instance)}/admin-password/reveal", Views.AdminCredentials));
    }

    private static Verb Reset()
    {
        var instance = Instance();
        return new Verb("reset", "Make a new password for the administrator, and show it") { instance }
            .Calls("POST /instances/{id}/admin-password/reset")
            .Runs(call => call.Post($"/instances/{call.Get(instance)}/admin-password/reset", Views.AdminCredentials));
    }
}
