using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli.Commands;

/// <summary>An instance from a template.</summary>
internal static class TemplateProvisioning
{
    public static Verb Provision()
    {
        var template = TemplateCommands.Template();
        var server = Opt.Need("--server", "SERVER", "Id or name of an active server");
        var client = Opt.Text("--client", "CLIENT", "Client that gets it, id or slug; your own organization where not given");
        var name = Opt.Text("--name", "NAME", "Name of the instance; from the template's where not given");
        var slug = Opt.Text("--slug", "SLUG", "Short name for addresses and commands");
        var domain = Opt.Text("--domain", "DOMAIN", "Host name; under the server's base domain where not given");
        var database = Opt.Text("--database", "NAME", "Name of the database");
        var set = Opt.Settings("--set", "KEY=VALUE", "A setting of the template changed for this instance, for example WORKERS=6; repeat for more");
        var code = Opt.Text("--registration-code-file", "FILE", "File with the code of an Enterprise subscription; - for standard input");
        var dry = Opt.Flag("--dry-run", "Show what would be done, and do nothing");
        return new Verb("provision", "Make an instance from a template") { template, server, client, name, slug, domain, database, set, code, dry }
            .Calls("POST /templates/{id}/provision")
            .StartsWork()
            .Example("ocore template provision \"Standard Odoo 18 CE\" --server web-1 --client acme-corp --name \"Acme ERP\" --set WORKERS=6 --wait")
            .Runs(async call =>
            {
                var id = await Lookup.Template(call, call.Get(template));
                var request = new ProvisionInstance
                {
                    ServerId = call.Need(server),
                    Organization = call.Get(client),
                    Name = call.Get(name),
                    Slug = call.Get(slug),
                    Domain = call.Get(domain),
                    Database = call.Get(database),
                    Overrides = call.Get(set) is { Length: > 0 } pairs ? Opt.Pairs(pairs) : null,
                    RegistrationCode = call.Get(code) is { } file ? (await Files.Text(call, file)).Trim() : null,
                };
                var path = ((Route)$"/templates/{id}/provision").ToString();
                return call.Get(dry) ? await Plan(call, path, request) : await Start(call, path, request);
            });
    }

    private static async Task<int> Plan(Call call, string path, ProvisionInstance request)
    {
        var (plan, json) = await call.Fetch<ProvisionPlan>(HttpMethod.Post, path + "?dryRun=true", OCoreHttp.Body(request));
        call.Out.Item(json, plan, Views.ProvisionPlan);
        return ExitCode.Ok;
    }

    private static async Task<int> Start(Call call, string path, ProvisionInstance request)
    {
        Guid? made = null;
        var exitCode = await call.Start(HttpMethod.Post, path, OCoreHttp.Body(request), started: operation => made = operation.InstanceId);
        if (exitCode == ExitCode.Ok && made is { } instance && call.Waits)
        {
            var view = await call.Get<InstanceView>($"/api/instances/{instance}");
            call.Out.Note($"{view.Name} runs at {view.Url}\nIts administrator's password, once: ocore instance password reveal {view.Slug}");
        }
        return exitCode;
    }
}
