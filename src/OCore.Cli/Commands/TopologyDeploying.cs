using System.CommandLine;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli.Commands;

/// <summary>What runs of a topology: plan it, deploy it, look at it, take it down.</summary>
internal static class TopologyDeploying
{
    public static IEnumerable<Verb> Verbs() => [Plan(), Plans(), Deploy(), Status(), Repair(), SwitchOver(), Destroy(), Credentials(), SetCredential(), ForgetCredential()];

    private sealed class PlanOptions
    {
        public Option<string?> Client { get; } = Opt.Text("--client", "CLIENT", "Whose Odoo it is: a client, by slug or id (the first deployment)");
        public Option<string?> Name { get; } = Opt.Text("--name", "NAME", "Of the instance; the topology's name when not given");
        public Option<string?> Domain { get; } = Opt.Text("--domain", "HOST", "The address people use");
        public Option<string?> Template { get; } = Opt.Text("--template", "TEMPLATE", "Use its Odoo version, modules and settings");
        public Option<string[]?> Lose { get; } = Opt.List("--agree-to-lose", "NODE", "The data of this node may be lost by the change");

        public async Task<PlanTopology> RequestAsync(Call call) => new()
        {
            Organization = call.Get(Client), Name = call.Get(Name), Domain = call.Get(Domain), AgreeToLose = call.List(Lose),
            TemplateId = call.Get(Template) is { } t ? Guid.Parse(await Lookup.Template(call, t)) : null,
        };

        public IEnumerable<Option> All => [Client, Name, Domain, Template, Lose];
    }

    private static Verb Plan()
    {
        var (topology, options) = (TopologyCommands.Topology(), new PlanOptions());
        var destroy = Opt.Flag("--destroy", "What taking everything down would do");
        var verb = new Verb("plan", "Show what a deployment would do to each node; nothing is changed on any server") { topology, destroy };
        foreach (var option in options.All)
            verb.Add(option);
        return verb.Calls("POST /topologies/{id}/plan")
            .Example("ocore topology plan \"HA Production Setup\" --client acme-corp --domain erp.acme.com")
            .Runs(async call =>
            {
                var request = await options.RequestAsync(call) with { Destroy = call.Get(destroy) ? true : null };
                var (plan, json) = await call.Fetch<TopologyPlanView>(HttpMethod.Post, ((Route)$"/topologies/{await Lookup.Topology(call, call.Get(topology))}/plan").ToString(), OCoreHttp.Body(request));
                Print(call, plan, json);
                return ExitCode.Ok;
            });
    }

    private static void Print(Call call, TopologyPlanView plan, System.Text.Json.JsonElement json)
    {
        if (call.Out.Format != OutputFormat.Table)
        {
            call.Out.Item(json, plan, Views.TopologyPlan);
            return;
        }
        call.Out.Items(json, plan.Actions, Views.PlanAction);
        call.Out.Note($"{plan.Instance.Name} at {plan.Instance.Url}, Odoo {plan.Instance.OdooVersion}, for {plan.Instance.Organization.Name}");
        foreach (var finding in plan.Findings)
            call.Out.Note($"{finding.Code} {finding.Message}");
        call.Out.Note($"To do it: ocore topology deploy TOPOLOGY --plan {plan.Hash}");
    }

    private static Verb Plans()
    {
        var topology = TopologyCommands.Topology();
        return new Verb("plans", "List the newest plans of a topology") { topology }
            .Calls("GET /topologies/{id}/plans")
            .Runs(async call =>
            {
                var id = await Lookup.Topology(call, call.Get(topology));
                var (page, json) = await call.Fetch<Page<TopologyPlanView>>(HttpMethod.Get, ((Route)$"/topologies/{id}/plans").ToString());
                call.Out.Items(json, page.Data, Views.TopologyPlan);
                return ExitCode.Ok;
            });
    }

    private static Verb Deploy()
    {
        var (topology, options) = (TopologyCommands.Topology(), new PlanOptions());
        var hash = Opt.Text("--plan", "HASH", "The plan to do; without it one is made now and done");
        var confirm = Opt.Confirm("topology");
        var verb = new Verb("deploy", "Do what a plan says: build it, or change what runs") { topology, hash, confirm };
        foreach (var option in options.All)
            verb.Add(option);
        return verb.Calls("POST /topologies/{id}/deploy", "POST /topologies/{id}/plan").StartsWork()
            .Example("ocore topology deploy \"HA Production Setup\" --client acme-corp --wait")
            .Runs(async call =>
            {
                var id = await Lookup.Topology(call, call.Get(topology));
                var plan = call.Get(hash) ?? (await call.Fetch<TopologyPlanView>(HttpMethod.Post, ((Route)$"/topologies/{id}/plan").ToString(), OCoreHttp.Body(await options.RequestAsync(call)))).Value.Hash;
                return await call.Start(HttpMethod.Post, ((Route)$"/topologies/{id}/deploy").ToString(), OCoreHttp.Body(new DeployTopology { PlanHash = plan, Confirm = call.Get(confirm) }));
            });
    }

    private static Verb Status()
    {
        var topology = TopologyCommands.Topology();
        var node = Opt.Text("--node", "NODE", "Ask this node now");
        return new Verb("status", "Show how the nodes of a topology do; exit code 5 where one does not run") { topology, node }
            .Calls("GET /topologies/{id}", "POST /topologies/{id}/nodes/{nodeId}/status")
            .Example("ocore topology status \"HA Production Setup\" --node postgres-1")
            .Runs(async call =>
            {
                var id = await Lookup.Topology(call, call.Get(topology));
                if (call.Get(node) is { } asked)
                {
                    var (seen, json) = await call.Fetch<TopologyNodeStatus>(HttpMethod.Post, ((Route)$"/topologies/{id}/nodes/{asked}/status").ToString());
                    call.Out.Item(json, seen, Views.TopologyNodeStatus);
                    return seen.State == TopologyNodeState.Running ? ExitCode.Ok : ExitCode.Refused;
                }
                var (view, whole) = await call.Fetch<TopologyView>(HttpMethod.Get, ((Route)$"/topologies/{id}").ToString());
                if (view.Deployment is not { } deployment)
                {
                    call.Out.Note($"{view.Name} does not run.");
                    return ExitCode.Refused;
                }
                call.Out.Items(whole, deployment.Nodes, Views.TopologyNodeStatus);
                if (call.Out.Format == OutputFormat.Table)
                    call.Out.Note($"{Words.Snake(deployment.Status)}, {Words.Snake(deployment.Health.ToString())}, generation {deployment.Generation}{(deployment.Changed ? "; the drawing has changed since" : "")}");
                return deployment.Nodes.All(n => n.State == TopologyNodeState.Running) ? ExitCode.Ok : ExitCode.Refused;
            });
    }

    private static Verb Repair()
    {
        var topology = TopologyCommands.Topology();
        var nodes = Opt.List("--node", "NODE", "Only this node");
        return new Verb("repair", "Put right what somebody changed on the servers by hand; what nodes keep stays") { topology, nodes }
            .Calls("POST /topologies/{id}/repair").StartsWork()
            .Example("ocore topology repair \"HA Production Setup\" --node odoo-2 --wait")
            .Runs(async call => await call.Start(HttpMethod.Post, ((Route)$"/topologies/{await Lookup.Topology(call, call.Get(topology))}/repair").ToString(), OCoreHttp.Body(new RepairTopology { NodeIds = call.List(nodes) })));
    }

    private static Verb SwitchOver()
    {
        var topology = TopologyCommands.Topology();
        var node = Opt.Arg("NODE", "The PostgreSQL node that is to lead");
        return new Verb("switchover", "Let another PostgreSQL of a topology lead; nothing that was written is lost") { topology, node }
            .Calls("POST /topologies/{id}/nodes/{nodeId}/switchover").StartsWork()
            .Example("ocore topology switchover \"HA Production Setup\" postgres-2 --wait")
            .Runs(async call => await call.Start(HttpMethod.Post, (Route)$"/topologies/{await Lookup.Topology(call, call.Get(topology))}/nodes/{call.Get(node)}/switchover"));
    }

    private static Verb Destroy()
    {
        var topology = TopologyCommands.Topology();
        var confirm = Opt.Confirm("topology");
        return new Verb("destroy", "Take down everything that runs of a topology, with its data; the drawing stays") { topology, confirm }
            .Calls("POST /topologies/{id}/plan", "POST /topologies/{id}/deploy").StartsWork()
            .Runs(async call =>
            {
                var id = await Lookup.Topology(call, call.Get(topology));
                var view = await call.Get<TopologyView>(((Route)$"/topologies/{id}").ToString());
                var plan = (await call.Fetch<TopologyPlanView>(HttpMethod.Post, ((Route)$"/topologies/{id}/plan").ToString(), OCoreHttp.Body(new PlanTopology { Destroy = true }))).Value;
                Confirming.Name(call, confirm, $"what runs of the topology {view.Name}, with its data", view.Name);
                return await call.Start(HttpMethod.Post, ((Route)$"/topologies/{id}/deploy").ToString(), OCoreHttp.Body(new DeployTopology { PlanHash = plan.Hash, Confirm = view.Name }));
            });
    }

    private static Verb Credentials()
    {
        var topology = TopologyCommands.Topology();
        return new Verb("credentials", "List the credentials of a topology's buckets, without their secrets") { topology }
            .Calls("GET /topologies/{id}/credentials")
            .Runs(async call =>
            {
                var id = await Lookup.Topology(call, call.Get(topology));
                var (page, json) = await call.Fetch<Page<TopologyCredentialView>>(HttpMethod.Get, ((Route)$"/topologies/{id}/credentials").ToString());
                call.Out.Items(json, page.Data, Views.TopologyCredential);
                return ExitCode.Ok;
            });
    }

    private static Verb SetCredential()
    {
        var (topology, name) = (TopologyCommands.Topology(), Opt.Arg("NAME", "As 'credential' of the S3 node says"));
        var access = Opt.Need("--access-key", "KEY", "The access key");
        var secret = Opt.Need("--secret-key-file", "FILE", "The secret key, as a file; - is standard input");
        return new Verb("set-credential", "Set the keys of a bucket; kept sealed, and never shown again") { topology, name, access, secret }
            .Calls("PUT /topologies/{id}/credentials/{name}")
            .Example("ocore topology set-credential \"HA Production Setup\" main --access-key AKIA… --secret-key-file key.txt")
            .Runs(async call => await call.Send(HttpMethod.Put, $"/topologies/{await Lookup.Topology(call, call.Get(topology))}/credentials/{call.Get(name)}",
                new SetTopologyCredential { AccessKey = call.Need(access), SecretKey = (await Files.Text(call, call.Need(secret))).Trim() }, Views.TopologyCredential));
    }

    private static Verb ForgetCredential()
    {
        var (topology, name) = (TopologyCommands.Topology(), Opt.Arg("NAME", "Name of the credential"));
        return new Verb("forget-credential", "Forget the keys of a bucket; what runs keeps those it was deployed with") { topology, name }
            .Calls("DELETE /topologies/{id}/credentials/{name}")
            .Runs(async call => await call.Do(HttpMethod.Delete, $"/topologies/{await Lookup.Topology(call, call.Get(topology))}/credentials/{call.Get(name)}", $"The credential {call.Get(name)} was forgotten."));
    }
}
