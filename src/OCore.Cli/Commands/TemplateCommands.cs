using System.CommandLine;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli.Commands;

internal static class TemplateCommands
{
    public static Command Noun() => new("template", "Standard settings from which instances are provisioned")
    {
        List(), Show(), Create(), Update(), Duplicate(), FromInstance(), TemplateProvisioning.Provision(), Delete(), Versions(), Modules(),
        EnterpriseCommands.Noun(),
    };

    public static Argument<string> Template() => Opt.Arg("TEMPLATE", "Id or name");

    private static Verb List()
    {
        var search = Opt.Text("--search", "TEXT", "Only those whose name holds it");
        return Lists.Verb("list", "List the templates", "GET /templates", Views.Template, call => Query.Add("/api/templates", ("q", call.Get(search))), [search]);
    }

    private static Verb Show()
    {
        var template = Template();
        return new Verb("show", "Show a template") { template }
            .Calls("GET /templates/{id}")
            .Runs(async call => await call.Show($"/templates/{await Lookup.Template(call, call.Get(template))}", Views.Template));
    }

    private static Verb Create()
    {
        var name = Opt.Need("--name", "NAME", "Name of the template");
        var version = Opt.Need("--odoo-version", "VERSION", "A version of the catalogue, for example 18.0");
        var settings = new TemplateOptions(isNew: true);
        return settings.AddTo(new Verb("create", "Create a template") { name, version })
            .Calls("POST /templates")
            .Example("ocore template create --name \"Standard Odoo 18 CE\" --odoo-version 18.0 --workers 4 --set-env PROXY_MODE=True --modules sale,purchase,stock,account")
            .Runs(async call => await call.Send(HttpMethod.Post, $"/templates", new CreateTemplate
            {
                Name = call.Need(name),
                OdooVersion = call.Need(version),
                Description = call.Get(settings.Description),
                OdooEdition = call.Get(settings.Edition),
                DefaultWorkers = call.Get(settings.Workers),
                DefaultEnvVars = settings.Env.Given(call) ? settings.Env.Over(call, new Dictionary<string, string>()) : null,
                ModuleList = call.List(settings.Modules),
                IsPublic = call.Get(settings.Public),
                Image = call.Get(settings.Image),
                AddonRepositories = await settings.Addons(call),
                MemoryMb = call.Get(settings.Memory),
                Cpus = call.Get(settings.Cpus),
                Languages = call.List(settings.Languages),
                DemoData = call.Get(settings.Demo),
                Config = settings.Config.Given(call) ? settings.Config.Over(call, new Dictionary<string, string>()) : null,
            }, Views.Template));
    }

    private static Verb Update()
    {
        var template = Template();
        var name = Opt.Text("--name", "NAME", "Name of the template");
        var version = Opt.Text("--odoo-version", "VERSION", "A version of the catalogue");
        var settings = new TemplateOptions(isNew: false);
        var clear = new ClearOption(("description", "description"), ("image", "image"), ("memory", "memoryMb"), ("cpus", "cpus"), ("workers", "defaultWorkers"), ("env", "defaultEnvVars"),
            ("modules", "moduleList"), ("addons", "addonRepositories"), ("languages", "languages"), ("config", "config"));
        return settings.AddTo(new Verb("update", "Change a template; instances already made stay as they are") { template, name, version, clear.Option })
            .Calls("PUT /templates/{id}")
            .Example("ocore template update \"Standard Odoo 18 CE\" --workers 6 --set-env LIMIT_TIME_REAL=240")
            .Runs(async call =>
            {
                var id = await Lookup.Template(call, call.Get(template));
                var old = settings.Env.Given(call) || settings.Config.Given(call) ? await call.Get<TemplateView>(((Route)$"/templates/{id}").ToString()) : null;
                return await call.Send(HttpMethod.Put, $"/templates/{id}", new UpdateTemplate
                {
                    Clearing = clear.Fields(call),
                    Name = call.Get(name),
                    OdooVersion = call.Get(version),
                    Description = call.Get(settings.Description),
                    OdooEdition = call.Get(settings.Edition),
                    DefaultWorkers = call.Get(settings.Workers),
                    DefaultEnvVars = settings.Env.Given(call) ? settings.Env.Over(call, old!.DefaultEnvVars) : null,
                    ModuleList = call.List(settings.Modules),
                    IsPublic = call.Get(settings.Public),
                    Image = call.Get(settings.Image),
                    AddonRepositories = await settings.Addons(call),
                    MemoryMb = call.Get(settings.Memory),
                    Cpus = call.Get(settings.Cpus),
                    Languages = call.List(settings.Languages),
                    DemoData = call.Get(settings.Demo),
                    Config = settings.Config.Given(call) ? settings.Config.Over(call, old!.Config) : null,
                }, Views.Template);
            });
    }

    private static Verb Duplicate()
    {
        var template = Template();
        return new Verb("duplicate", "Make a copy of a template") { template }
            .Calls("POST /templates/{id}/duplicate")
            .Runs(async call => await call.Post($"/templates/{await Lookup.Template(call, call.Get(template))}/duplicate", Views.Template));
    }

    private static Verb FromInstance()
    {
        var instance = Opt.Arg("INSTANCE", "Id or slug");
        var name = Opt.Text("--name", "NAME", "Name of the template");
        var description = Opt.Text("--description", "TEXT", "What the template is for");
        return new Verb("from-instance", "Save an instance's settings as a template") { instance, name, description }
            .Calls("POST /templates/from-instance/{instanceId}")
            .Runs(async call => await call.Send(HttpMethod.Post, $"/templates/from-instance/{await Lookup.Instance(call, call.Get(instance))}",
                new FromInstance { Name = call.Get(name), Description = call.Get(description) }, Views.Template));
    }

    private static Verb Delete()
    {
        var template = Template();
        var confirm = Opt.Confirm("template");
        return new Verb("delete", "Delete a template that no instance was made from") { template, confirm }
            .Calls("DELETE /templates/{id}")
            .Runs(async call =>
            {
                var id = await Lookup.Template(call, call.Get(template));
                var view = await call.Get<TemplateView>(((Route)$"/templates/{id}").ToString());
                Confirming.Name(call, confirm, $"the template {view.Name}", view.Name);
                return await call.Do(HttpMethod.Delete, $"/templates/{id}", $"The template {view.Name} was deleted.");
            });
    }

    private static Verb Versions() => Lists.Verb("versions", "List the Odoo versions of the catalogue", "GET /templates/catalog", Views.CatalogVersion, _ => "/api/templates/catalog");

    private static Verb Modules()
    {
        var version = Opt.Arg("VERSION", "A version of the catalogue, for example 18.0");
        var search = Opt.Text("--search", "TEXT", "Only those whose name or title holds it");
        return Lists.Verb("modules", "List the modules of an Odoo version", "GET /templates/catalog/{version}/modules", Views.CatalogModule,
            call => Query.Add(((Route)$"/templates/catalog/{call.Get(version)}/modules").ToString(), ("q", call.Get(search))), [version, search]);
    }
}
