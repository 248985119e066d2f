using System.CommandLine;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli.Commands;

/// <summary>Agency mode and the agency's clients.</summary>
internal static class AgencyCommands
{
    public static Command Noun() => new("agency", "Agency mode and the agency's clients")
    {
        Enable(),
        ShowAgency(),
        new Command("client", "Client organizations") { List(), Create(), Show(), Update(), Suspend(), Resume(), Delete(), PortalCommands.ViewAs() },
        BrandingCommands.Noun(),
        PortalCommands.Config(),
        PortalCommands.Portal(),
        PortalDomainCommands.Noun(),
    };

    private static Verb Enable() => new Verb("enable", "Turn agency mode on for the organization")
        .Calls("POST /agency/enable")
        .Runs(call => call.Post($"/agency/enable", Views.Agency));

    private static Verb ShowAgency() => new Verb("show", "Show the agency at a glance, and what needs attention")
        .Calls("GET /agency")
        .Runs(async call =>
        {
            var (agency, json) = await call.Fetch<AgencyView>(HttpMethod.Get, "/api/agency");
            call.Out.Item(json, agency, Views.Agency);
            if (call.Out is { Quiet: false, Format: OutputFormat.Table } && agency.Attention.Count > 0)
            {
                call.Out.Line("");
                call.Out.Rows(["severity", "what", "client", "message", "hint"],
                    [.. agency.Attention.Select(a => new Cell[] { Cell.Status(a.Severity), $"{a.ObjectType} {a.ObjectName}", a.Client, a.Message, a.Hint })]);
            }
            return ExitCode.Ok;
        });

    private static Argument<string> Client() => Opt.Arg("CLIENT", "Id or slug");

    private static Verb List()
    {
        var search = Opt.Text("--search", "TEXT", "Only those whose name or slug holds it");
        var health = Opt.Among("--health", "Only those in this health", "healthy", "degraded", "down", "none", "suspended", "deleting");
        return Lists.Verb("list", "List the clients", "GET /agency/clients", Views.Client,
            call => Query.Add("/api/agency/clients", ("q", call.Get(search)), ("health", call.Get(health))), [search, health]);
    }

    private static Verb Create()
    {
        var name = Opt.Need("--name", "NAME", "Name shown to people");
        var slug = Opt.Need("--slug", "SLUG", "Short name for addresses and commands");
        var logo = Opt.Text("--logo-url", "URL", "Logo of the client: an https:// address, or that of an uploaded image");
        return new Verb("create", "Create a client organization that the agency manages") { name, slug, logo }
            .Calls("POST /agency/clients")
            .Example("ocore agency client create --name \"Acme Corp\" --slug acme-corp")
            .Runs(call => call.Send(HttpMethod.Post, $"/agency/clients", new CreateClient { Name = call.Need(name), Slug = call.Need(slug), LogoUrl = call.Get(logo) }, Views.Client));
    }

    private static Verb Show()
    {
        var client = Client();
        return new Verb("show", "Show a client") { client }.Calls("GET /agency/clients/{id}").Runs(call => call.Show($"/agency/clients/{call.Get(client)}", Views.Client));
    }

    private static Verb Update()
    {
        var client = Client();
        var name = Opt.Text("--name", "NAME", "Name shown to people");
        var logo = Opt.Text("--logo-url", "URL", "Logo of the client: an https:// address, or that of an uploaded image");
        return new Verb("update", "Change a client") { client, name, logo }
            .Calls("PUT /agency/clients/{id}")
            .Runs(call => call.Send(HttpMethod.Put, $"/agency/clients/{call.Get(client)}", new UpdateClient { Name = call.Get(name), LogoUrl = call.Get(logo) }, Views.Client));
    }

    private static Verb Suspend()
    {
        var client = Client();
        var reason = Opt.Text("--reason", "TEXT", "Shown to the client's people");
        return new Verb("suspend", "Stop a client's instances and lock its people out, keeping everything") { client, reason }
            .Calls("POST /agency/clients/{id}/suspend")
            .StartsWork()
            .Example("ocore agency client suspend acme-corp --reason \"Invoice overdue\" --wait")
            .Runs(call => call.Start(HttpMethod.Post, $"/agency/clients/{call.Get(client)}/suspend", new SuspendClient { Reason = call.Get(reason) }));
    }

    private static Verb Resume()
    {
        var client = Client();
        return new Verb("resume", "Let a suspended client work again") { client }
            .Calls("POST /agency/clients/{id}/resume")
            .StartsWork()
            .Runs(call => call.Start(HttpMethod.Post, $"/agency/clients/{call.Get(client)}/resume"));
    }

    private static Verb Delete()
    {
        var client = Client();
        var confirm = Opt.Confirm("client");
        var days = Opt.Int("--keep-backup-days", "N", "Keep the last backups so many days");
        return new Verb("delete", "Delete a client with all its instances, members and data; cannot be undone") { client, confirm, days }
            .Calls("DELETE /agency/clients/{id}")
            .StartsWork()
            .Example("ocore agency client delete acme-corp --confirm acme-corp --keep-backup-days 30 --wait")
            .Runs(async call =>
            {
                var path = ((Route)$"/agency/clients/{call.Get(client)}").ToString();
                var found = await call.Get<ClientView>(path);
                Confirming.Name(call, confirm, $"{found.Name}, its {found.InstanceCount} instances, {found.MemberCount} members and all data", found.Slug, found.Name);
                return await call.Start(HttpMethod.Delete, Query.Add(path, ("keepBackupDays", call.Get(days)?.ToString())), null);
            });
    }
}
