using System.CommandLine;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli.Commands;

/// <summary>The organization's subscription, and the plans an operator of the installation makes.</summary>
internal static class PlanCommands
{
    public static Command Subscription() => new("subscription", "The organization's plan") { ShowSubscription() };

    public static Command Admin() => new("admin", "For operators of the installation")
    {
        new Command("plan", "Plans: features and limits") { List(), Show(), Create(), Update(), Delete() },
        new Command("org", "All organizations of the installation") { Organizations(), SetPlan() },
        AccountCommands.Noun(),
    };

    private static Verb ShowSubscription() => new Verb("show", "Show the plan and how much of it is used")
        .Calls("GET /subscription")
        .Runs(call => call.Show($"/subscription", Views.Subscription));

    private static Verb List() => Lists.Verb("list", "List the plans", "GET /admin/plans", Views.Plan, _ => "/api/admin/plans");

    private static Verb Show()
    {
        var plan = Opt.Arg("PLAN", "Id or slug");
        return new Verb("show", "Show a plan") { plan }.Calls("GET /admin/plans/{id}").Runs(call => call.Show($"/admin/plans/{call.Get(plan)}", Views.Plan));
    }

    private static Verb Create()
    {
        var name = Opt.Need("--name", "NAME", "Name shown to people");
        var slug = Opt.Need("--slug", "SLUG", "Short name for commands");
        var features = Opt.List("--features", "LIST", "Among agency, topologies, templates, white_label, backups");
        var isDefault = Opt.Switch("--default", "New organizations start on it");
        var limits = new Limits();
        return limits.AddTo(new Verb("create", "Create a plan") { name, slug, features, isDefault })
            .Calls("POST /admin/plans")
            .Example("ocore admin plan create --name Starter --slug starter --features templates,backups --max-instances 3")
            .Runs(call => call.Send(HttpMethod.Post, $"/admin/plans", new CreatePlan
            {
                Name = call.Need(name),
                Slug = call.Need(slug),
                Features = call.List(features) ?? [],
                Limits = limits.Read(call, new PlanLimits()),
                IsDefault = call.Get(isDefault),
            }, Views.Plan));
    }

    private static Verb Update()
    {
        var plan = Opt.Arg("PLAN", "Id or slug");
        var name = Opt.Text("--name", "NAME", "Name shown to people");
        var features = Opt.List("--features", "LIST", "All its features");
        var isDefault = Opt.Switch("--default", "New organizations start on it");
        var limits = new Limits();
        return limits.AddTo(new Verb("update", "Change a plan") { plan, name, features, isDefault })
            .Calls("PUT /admin/plans/{id}")
            .Example("ocore admin plan update starter --max-instances none")
            .Runs(async call => await call.Send(HttpMethod.Put, $"/admin/plans/{call.Get(plan)}", new UpdatePlan
            {
                Name = call.Get(name),
                Features = call.List(features),
                Limits = limits.Given(call) ? limits.Read(call, (await call.Get<PlanView>(((Route)$"/admin/plans/{call.Get(plan)}").ToString())).Limits) : null,
                IsDefault = call.Get(isDefault),
            }, Views.Plan));
    }

    private static Verb Delete()
    {
        var plan = Opt.Arg("PLAN", "Id or slug");
        return new Verb("delete", "Delete a plan that no organization is on") { plan }
            .Calls("DELETE /admin/plans/{id}")
            .Runs(call => call.Do(HttpMethod.Delete, $"/admin/plans/{call.Get(plan)}", $"The plan {call.Get(plan)} was deleted."));
    }

    private static Verb Organizations()
    {
        var search = Opt.Text("--search", "TEXT", "Only those whose name or slug holds it");
        return Lists.Verb("list", "List all organizations", "GET /admin/organizations", Views.AdminOrganization,
            call => Query.Add("/api/admin/organizations", ("q", call.Get(search))), [search]);
    }

    private static Verb SetPlan()
    {
        var organization = Opt.Arg("ORG", "Id or slug of the organization");
        var plan = Opt.Arg("PLAN", "Id or slug of the plan");
        return new Verb("set-plan", "Put an organization on a plan") { organization, plan }
            .Calls("PUT /admin/organizations/{id}/plan")
            .Example("ocore admin org set-plan north starter")
            .Runs(call => call.Send(HttpMethod.Put, $"/admin/organizations/{call.Get(organization)}/plan", new AssignPlan { Plan = call.Get(plan) }, Views.AdminOrganization));
    }

    /// <summary>A number, or <c>none</c> for no limit. What is not given stays as it was.</summary>
    private sealed class Limits
    {
        private readonly Option<string?> clients = Max("clients"), instances = Max("instances"), servers = Max("servers"), members = Max("members"), storage = Max("storage-gb");

        private Option<string?>[] All => [clients, instances, servers, members, storage];

        public Verb AddTo(Verb verb)
        {
            foreach (var option in All)
                verb.Add(option);
            return verb;
        }

        public bool Given(Call call) => All.Any(call.Has);

        public PlanLimits Read(Call call, PlanLimits old) => new()
        {
            Clients = One(call, clients, old.Clients),
            Instances = One(call, instances, old.Instances),
            Servers = One(call, servers, old.Servers),
            Members = One(call, members, old.Members),
            StorageGb = One(call, storage, old.StorageGb),
        };

        private static int? One(Call call, Option<string?> option, int? old) => call.Get(option) switch
        {
            null => old,
            "none" => null,
            var text => int.Parse(text),
        };

        private static Option<string?> Max(string what)
        {
            var option = Opt.Text($"--max-{what}", "N|none", $"Most {what.Replace("-gb", " in GB")}; none for no limit");
            option.Validators.Add(result =>
            {
                if (result.GetValueOrDefault<string?>() is { } text && text != "none" && !int.TryParse(text, out _))
                    result.AddError($"Option '--max-{what}' takes a number or 'none'.");
            });
            return option;
        }
    }
}
