using System.CommandLine;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli.Commands;

/// <summary>The names under which an instance answers.</summary>
internal static class InstanceDomainCommands
{
    public static Command Noun() => new("domain", "Domains of an instance") { Add(), List(), Show(), Verify(), Primary(), Delete() };

    private static Argument<string> Instance() => Opt.Arg("INSTANCE", "Id or slug");

    private static Argument<string> Domain() => Opt.Arg("DOMAIN", "Id or name");

    private static Verb Add()
    {
        var (instance, domain) = (Instance(), Opt.Arg("DOMAIN", "A whole name such as erp.acme.com"));
        return new Verb("add", "Let an instance answer under a domain, and show the DNS records to set") { instance, domain }
            .Calls("POST /instances/{id}/domains")
            .Example("ocore instance domain add acme-erp erp.acme.com")
            .Runs(async call =>
            {
                var (made, json) = await call.Fetch<InstanceDomainView>(HttpMethod.Post, ((Route)$"/instances/{call.Get(instance)}/domains").ToString(), OCoreHttp.Body(new AddInstanceDomain { Domain = call.Get(domain) }));
                Print(call, made, json);
                return ExitCode.Ok;
            });
    }

    private static Verb List()
    {
        var instance = Instance();
        return Lists.Verb("list", "List the domains of an instance", "GET /instances/{id}/domains", Views.InstanceDomain, call => ((Route)$"/instances/{call.Get(instance)}/domains").ToString(), [instance]);
    }

    private static Verb Show() => One("show", "Show a domain: its states, and the DNS records to set", "GET /instances/{id}/domains/{domain}", HttpMethod.Get, "");

    private static Verb Verify() => One("verify", "Look at DNS now", "POST /instances/{id}/domains/{domain}/verify", HttpMethod.Post, "/verify");

    private static Verb One(string verb, string description, string calls, HttpMethod method, string suffix)
    {
        var (instance, domain) = (Instance(), Domain());
        return new Verb(verb, description) { instance, domain }.Calls(calls).Runs(async call =>
        {
            var (found, json) = await call.Fetch<InstanceDomainView>(method, PathOf(call, instance, domain) + suffix);
            Print(call, found, json);
            return ExitCode.Ok;
        });
    }

    private static Verb Primary()
    {
        var (instance, domain) = (Instance(), Domain());
        return new Verb("primary", "Send people to this domain; web.base.url follows") { instance, domain }
            .Calls("POST /instances/{id}/domains/{domain}/primary")
            .StartsWork()
            .Example("ocore instance domain primary acme-erp erp.acme.com --wait")
            .Runs(call => call.Start(HttpMethod.Post, PathOf(call, instance, domain) + "/primary", null));
    }

    private static Verb Delete()
    {
        var (instance, domain) = (Instance(), Domain());
        return new Verb("delete", "Give a domain up; remove its DNS records first") { instance, domain }
            .Calls("DELETE /instances/{id}/domains/{domain}")
            .Runs(call => call.Do(HttpMethod.Delete, $"/instances/{call.Get(instance)}/domains/{call.Get(domain)}", $"Deleted {call.Get(domain)}."));
    }

    private static string PathOf(Call call, Argument<string> instance, Argument<string> domain) => ((Route)$"/instances/{call.Get(instance)}/domains/{call.Get(domain)}").ToString();

    private static void Print(Call call, InstanceDomainView domain, System.Text.Json.JsonElement json)
    {
        call.Out.Item(json, domain, Views.InstanceDomain);
        if (call.Out is not { Quiet: false, Format: OutputFormat.Table } || domain.Records.Count == 0)
            return;
        call.Out.Line("");
        call.Out.Rows(["set", "name", "value", "for", "there"],
            [.. domain.Records.Select(r => new Cell[] { (r.IsAlternative ? "or " : "") + r.Type, r.Name, r.Value, r.Purpose, r.Found ? new Cell("yes", Tone.Good) : new Cell("no", Tone.Warn) })]);
    }
}
