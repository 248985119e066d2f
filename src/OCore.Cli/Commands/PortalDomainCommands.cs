using System.CommandLine;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli.Commands;

/// <summary>The names of an agency's portals.</summary>
internal static class PortalDomainCommands
{
    public static Command Noun() => new("portal-domain", "Names under which portals are reached")
    {
        Create(), List(), Show(), Verify(), Activate(), Deactivate(), Delete(),
    };

    private static Argument<string> Domain() => Opt.Arg("DOMAIN", "Id or name");

    private static Verb Create()
    {
        var subdomain = Opt.Text("--subdomain", "NAME", "One label under the agency's portal domain");
        var domain = Opt.Text("--domain", "DOMAIN", "A whole name of the client's own");
        var client = Opt.Text("--client", "CLIENT", "Id or slug of the client whose portal it is; the agency's own where not given");
        var isBase = Opt.Flag("--base", "Let the subdomains of the agency's portals live under --domain");
        return new Verb("create", "Claim a name for a portal, and show the DNS records to set") { subdomain, domain, client, isBase }
            .Calls("POST /agency/portal-domains")
            .Example("ocore agency portal-domain create --subdomain acme --domain erp.acme.com")
            .Runs(async call =>
            {
                var (made, json) = await call.Fetch<PortalDomainView>(HttpMethod.Post, "/api/agency/portal-domains", OCoreHttp.Body(new CreatePortalDomain
                {
                    Subdomain = call.Get(subdomain), CustomDomain = call.Get(domain), ClientId = call.Get(client), IsBase = call.Get(isBase) ? true : null,
                }));
                Print(call, made, json);
                return ExitCode.Ok;
            });
    }

    private static Verb List()
    {
        var search = Opt.Text("--search", "TEXT", "Only those whose name holds it");
        var client = Opt.Text("--client", "CLIENT", "Only those of this client");
        return Lists.Verb("list", "List the names of portals", "GET /agency/portal-domains", Views.PortalDomain,
            call => Query.Add("/api/agency/portal-domains", ("q", call.Get(search)), ("client", call.Get(client))), [search, client]);
    }

    private static Verb Show() => One("show", "Show a name: its states, and the DNS records to set", "GET /agency/portal-domains/{id}", HttpMethod.Get, "");

    private static Verb Verify() => One("verify", "Look at DNS now", "POST /agency/portal-domains/{id}/verify", HttpMethod.Post, "/verify");

    private static Verb Activate() => One("activate", "Serve the portal under this name", "POST /agency/portal-domains/{id}/activate", HttpMethod.Post, "/activate");

    private static Verb Deactivate() => One("deactivate", "Stop serving the portal under this name, at once", "POST /agency/portal-domains/{id}/deactivate", HttpMethod.Post, "/deactivate");

    private static Verb One(string verb, string description, string calls, HttpMethod method, string suffix)
    {
        var domain = Domain();
        return new Verb(verb, description) { domain }.Calls(calls).Runs(async call =>
        {
            var path = ((Route)$"/agency/portal-domains/{call.Get(domain)}").ToString() + suffix;
            var (found, json) = await call.Fetch<PortalDomainView>(method, path);
            Print(call, found, json);
            return ExitCode.Ok;
        });
    }

    private static Verb Delete()
    {
        var domain = Domain();
        var confirm = Opt.Confirm("portal domain");
        return new Verb("delete", "Give a name up; remove its DNS records first") { domain, confirm }
            .Calls("DELETE /agency/portal-domains/{id}")
            .Example("ocore agency portal-domain delete erp.acme.com --confirm erp.acme.com")
            .Runs(async call =>
            {
                var view = await call.Get<PortalDomainView>(((Route)$"/agency/portal-domains/{call.Get(domain)}").ToString());
                var name = view.CustomDomain ?? view.SubdomainHost ?? view.Subdomain;
                Confirming.Name(call, confirm, $"the portal domain {name}", name, view.Host, view.SubdomainHost);
                return await call.Do(HttpMethod.Delete, $"/agency/portal-domains/{view.Id}", $"Deleted {name}.");
            });
    }

    private static void Print(Call call, PortalDomainView domain, System.Text.Json.JsonElement json)
    {
        call.Out.Item(json, domain, Views.PortalDomain);
        if (call.Out is not { Quiet: false, Format: OutputFormat.Table } || domain.Records.Count == 0)
            return;
        call.Out.Line("");
        call.Out.Rows(["set", "name", "value", "for", "there"],
            [.. domain.Records.Select(r => new Cell[] { (r.IsAlternative ? "or " : "") + r.Type, r.Name, r.Value, r.Purpose, r.Found ? new Cell("yes", Tone.Good) : new Cell("no", Tone.Warn) })]);
    }
}
