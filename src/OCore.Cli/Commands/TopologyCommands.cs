using System.CommandLine;
using System.Text.Json;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli.Commands;

internal static class TopologyCommands
{
    public static Command Noun()
    {
        var noun = new Command("topology", "Architectures over several servers: draw, check, plan, deploy and watch") { List(), Show(), Blueprints(), Create(), Edit(), Ha(), Validate() };
        foreach (var verb in TopologyDeploying.Verbs())
            noun.Add(verb);
        foreach (var verb in (Verb[])[Export(), Import(), Duplicate(), Delete()])
            noun.Add(verb);
        return noun;
    }

    internal static Argument<string> Topology() => Opt.Arg("TOPOLOGY", "Id or name");

    private static Verb List()
    {
        var search = Opt.Text("--search", "TEXT", "Only those whose name holds it");
        return Lists.Verb("list", "List the topologies", "GET /topologies", Views.TopologyRow, call => Query.Add("/api/topologies", ("q", call.Get(search))), [search]);
    }

    private static Verb Show()
    {
        var topology = Topology();
        return new Verb("show", "Show a topology: its nodes, who uses whom, and its settings") { topology }
            .Calls("GET /topologies/{id}")
            .Runs(async call => await call.Show($"/topologies/{await Lookup.Topology(call, call.Get(topology))}", Views.Topology));
    }

    private static Verb Blueprints() =>
        Lists.Verb("blueprints", "List the drawings to start from", "GET /topologies/blueprints", Views.TopologyBlueprint, _ => "/api/topologies/blueprints");

    private static Verb Create()
    {
        var name = Opt.Need("--name", "NAME", "Name of the topology");
        var description = Opt.Text("--description", "TEXT", "What it is for");
        var blueprint = Opt.Text("--blueprint", "KEY", "Start from a blueprint: single, shared, failover or ha");
        var file = Opt.Text("--file", "FILE", "Start from a drawing (topologyData) or an export; - is standard input");
        var places = Places();
        return new Verb("create", "Draw a topology: empty, from a blueprint, or from a file") { name, description, blueprint, file, places }
            .Calls("POST /topologies")
            .Example("ocore topology create --name \"HA Production Setup\"")
            .Example("ocore topology create --name \"HA Production Setup\" --blueprint shared --place edge=lb-1 --place app-1=web-1 --place app-2=web-2 --place files=store-1 --place db=db-1")
            .Runs(async call =>
            {
                if (call.Has(blueprint) && call.Has(file))
                    throw new CliException(ExitCode.Usage, "--blueprint and --file exclude each other.");
                var given = call.Get(file) is { } path ? Drawings.Read(await Files.Text(call, path)) : null;
                var request = new CreateTopology { Name = call.Need(name), Description = call.Get(description) ?? given?.Description, TopologyData = given?.TopologyData, HaConfig = given?.HaConfig, Blueprint = call.Get(blueprint) };
                if (call.Has(places))
                    request = await Placed(call, request, places);
                return await call.Send(HttpMethod.Post, $"/topologies", request, Views.Topology);
            });
    }

    private static Verb Edit()
    {
        var topology = Topology();
        var name = Opt.Text("--name", "NAME", "Name of the topology");
        var description = Opt.Text("--description", "TEXT", "What it is for");
        var file = Opt.Text("--file", "FILE", "The whole drawing anew, as 'export' writes it; - is standard input");
        var set = Opt.Settings("--set", "NODE.MEMBER=VALUE", "Set a member of a node's data; a value that is no JSON is text; an empty one takes it out");
        var places = Places();
        var repair = Opt.Switch("--repair-drift", "Put right without asking what somebody changed by hand on nodes that keep nothing");
        return new Verb("edit", "Change a topology's name, drawing or nodes") { topology, name, description, file, set, places, repair }
            .Calls("PUT /topologies/{id}", "GET /topologies/{id}")
            .Example("ocore topology edit \"HA Production Setup\" --set odoo-1.workers=6 --place app-1=web-1")
            .Runs(async call =>
            {
                var id = await Lookup.Topology(call, call.Get(topology));
                var given = call.Get(file) is { } path ? Drawings.Read(await Files.Text(call, path)) : null;
                var changes = (call.Get(set) ?? []).Select(Drawings.Change).ToList();
                if (call.Has(places))
                {
                    var drawing = given?.TopologyData ?? (await call.Get<TopologyView>(((Route)$"/topologies/{id}").ToString())).TopologyData;
                    changes.AddRange(await Placing(call, drawing, places));
                }
                return await call.Send(HttpMethod.Put, $"/topologies/{id}", new UpdateTopology
                {
                    Name = call.Get(name), Description = call.Get(description), TopologyData = given?.TopologyData, Changes = changes.Count == 0 ? null : changes, RepairDrift = call.Get(repair),
                }, Views.Topology);
            });
    }

    private static Verb Ha()
    {
        var topology = Topology();
        var lb = Opt.Among("--lb", "Load balancer", "traefik", "haproxy", "nginx", "none");
        var lbServer = Opt.Text("--lb-server", "SERVER", "Server hosting the load balancer");
        var filestore = Opt.Among("--filestore", "Where attachments are kept", "shared_nfs", "s3", "local");
        var redis = Opt.Switch("--redis", "Redis for session storage");
        var redisServer = Opt.Text("--redis-server", "SERVER", "Server hosting Redis");
        var failover = Opt.Switch("--pg-failover", "PostgreSQL fails over by itself");
        var draw = Opt.Flag("--draw", "Also draw what the settings name and the drawing lacks");
        return new Verb("ha", "Show or set how high availability is reached") { topology, lb, lbServer, filestore, redis, redisServer, failover, draw }
            .Calls("GET /topologies/{id}/ha-config", "PUT /topologies/{id}/ha-config", "PUT /topologies/{id}")
            .Example("ocore topology ha \"HA Production Setup\" --lb traefik --lb-server lb-1 --filestore shared_nfs --redis --redis-server cache-1 --pg-failover")
            .Runs(async call =>
            {
                var id = await Lookup.Topology(call, call.Get(topology));
                var change = new UpdateHaConfig
                {
                    LbType = call.Get(lb) is { } type ? Enum.Parse<LoadBalancerType>(type, ignoreCase: true) : null,
                    LbServerId = call.Get(lbServer) is { } s ? Guid.Parse(await Lookup.Server(call, s)) : null,
                    FilestoreType = call.Get(filestore) switch { "shared_nfs" => FilestoreType.SharedNfs, "s3" => FilestoreType.S3, "local" => FilestoreType.Local, _ => null },
                    RedisEnabled = call.Get(redis), RedisServerId = call.Get(redisServer) is { } r ? Guid.Parse(await Lookup.Server(call, r)) : null,
                    PgFailoverEnabled = call.Get(failover),
                };
                var path = ((Route)$"/topologies/{id}/ha-config").ToString();
                var (view, json) = change == new UpdateHaConfig() ? await call.Fetch<HaConfigView>(HttpMethod.Get, path) : await call.Fetch<HaConfigView>(HttpMethod.Put, path, OCoreHttp.Body(change));
                if (call.Get(draw) && view.Proposal.Changes.Count > 0)
                    return await call.Send(HttpMethod.Put, $"/topologies/{id}", new UpdateTopology { Changes = view.Proposal.Changes }, Views.Topology);
                call.Out.Item(json, view, Views.HaConfig);
                return ExitCode.Ok;
            });
    }

    private static Verb Validate()
    {
        var topology = Topology();
        var fix = Opt.List("--fix", "CODE", "Apply the fix of the findings of this code, for example TP-L04");
        var probe = Opt.Flag("--probe", "Also look at the servers themselves: ports, ways, clocks, disks, images");
        return new Verb("validate", "Check a topology against all rules; exit code 5 where there are errors") { topology, fix, probe }
            .Calls("POST /topologies/{id}/validate", "PUT /topologies/{id}")
            .Example("ocore topology validate \"HA Production Setup\" --probe")
            .Runs(async call =>
            {
                var id = await Lookup.Topology(call, call.Get(topology));
                var path = ((Route)$"/topologies/{id}/validate").ToString();
                foreach (var code in call.List(fix) ?? [])
                {
                    var found = (await call.Fetch<TopologyValidation>(HttpMethod.Post, path)).Value.Findings.Where(f => string.Equals(f.Code, code, StringComparison.OrdinalIgnoreCase)).ToList();
                    if (found.Find(f => f.Fix.Changes.Count > 0) is not { } finding)
                        throw new CliException(ExitCode.Refused, found.Count == 0 ? $"There is no finding {code}." : $"{code} has to be mended by a person: {found[0].Fix.Title}");
                    await call.Fetch<TopologyView>(HttpMethod.Put, ((Route)$"/topologies/{id}").ToString(), OCoreHttp.Body(new UpdateTopology { Changes = finding.Fix.Changes }));
                    call.Out.Note($"{finding.Code}: {finding.Fix.Title}");
                }
                var (result, json) = call.Get(probe) ? await call.Fetch<TopologyValidation>(HttpMethod.Post, path, OCoreHttp.Body(new ValidateTopology { Probe = true })) : await call.Fetch<TopologyValidation>(HttpMethod.Post, path);
                if (call.Out.Format == OutputFormat.Table && result.Findings.Count == 0)
                    call.Out.Note("No rule has anything to say.");
                else
                    call.Out.Items(json, result.Findings, Views.TopologyFinding);
                if (call.Out.Format == OutputFormat.Table)
                    foreach (var hint in result.Findings.Where(f => f.Severity == FindingSeverity.Error).Select(f => f.Hint).OfType<string>().Distinct())
                        call.Out.Note(hint);
                return result.Valid ? ExitCode.Ok : ExitCode.Refused;
            });
    }

    private static Verb Export()
    {
        var topology = Topology();
        return new Verb("export", "Write a topology as JSON, for 'import', 'edit --file' or a repository") { topology }
            .Calls("GET /topologies/{id}")
            .Example("ocore topology export \"HA Production Setup\" > ha.json")
            .Runs(async call =>
            {
                var view = await call.Get<TopologyView>(((Route)$"/topologies/{await Lookup.Topology(call, call.Get(topology))}").ToString());
                call.Out.Line(JsonSerializer.Serialize(Drawings.Exported(view), WireJson.Default.CreateTopology));
                return ExitCode.Ok;
            });
    }

    private static Verb Import()
    {
        var file = Opt.Arg("FILE", "An export; - is standard input");
        var name = Opt.Text("--name", "NAME", "Another name than that of the file");
        var bare = Opt.Flag("--without-servers", "Leave the servers out, as when the file is from another installation");
        var places = Places();
        return new Verb("import", "Make a topology of an export") { file, name, bare, places }
            .Calls("POST /topologies")
            .Runs(async call =>
            {
                var given = Drawings.Read(await Files.Text(call, call.Get(file)));
                var request = new CreateTopology
                {
                    Name = call.Get(name) ?? given.Name, Description = given.Description, TopologyData = call.Get(bare) ? Drawings.WithoutServers(given.TopologyData) : given.TopologyData,
                    HaConfig = call.Get(bare) && given.HaConfig is { } ha ? new UpdateHaConfig { LbType = ha.LbType, FilestoreType = ha.FilestoreType, RedisEnabled = ha.RedisEnabled, PgFailoverEnabled = ha.PgFailoverEnabled } : given.HaConfig,
                };
                if (request.Name.Length == 0)
                    throw new CliException(ExitCode.Usage, "The file has no name.", "Give --name.");
                return await call.Send(HttpMethod.Post, $"/topologies", call.Has(places) ? await Placed(call, request, places) : request, Views.Topology);
            });
    }

    private static Verb Duplicate()
    {
        var topology = Topology();
        return new Verb("duplicate", "Make a copy of a topology") { topology }
            .Calls("POST /topologies/{id}/duplicate")
            .Runs(async call => await call.Post($"/topologies/{await Lookup.Topology(call, call.Get(topology))}/duplicate", Views.Topology));
    }

    private static Verb Delete()
    {
        var topology = Topology();
        var confirm = Opt.Confirm("topology");
        return new Verb("delete", "Delete a topology that does not run; servers stay as they are") { topology, confirm }
            .Calls("DELETE /topologies/{id}")
            .Runs(async call =>
            {
                var id = await Lookup.Topology(call, call.Get(topology));
                var view = await call.Get<TopologyView>(((Route)$"/topologies/{id}").ToString());
                Confirming.Name(call, confirm, $"the topology {view.Name}", view.Name);
                return await call.Do(HttpMethod.Delete, $"/topologies/{id}", $"The topology {view.Name} was deleted.");
            });
    }

    private static Option<string[]?> Places() => Opt.Settings("--place", "PLACE=SERVER", "Put every node of this place of the drawing on a server");

    private static async Task<CreateTopology> Placed(Call call, CreateTopology request, Option<string[]?> places)
    {
        if (request.Blueprint is { } key)
        {
            var all = await Lists.All<TopologyBlueprint>(call, "/api/topologies/blueprints");
            var found = all.FirstOrDefault(b => b.Key == key) ?? throw new CliException(ExitCode.NotFound, $"There is no blueprint '{key}'.", $"There are {string.Join(", ", all.Select(b => b.Key))}.");
            var ha = found.HaConfig;
            request = request with { Blueprint = null, TopologyData = found.TopologyData, HaConfig = new UpdateHaConfig { LbType = ha.LbType, FilestoreType = ha.FilestoreType, RedisEnabled = ha.RedisEnabled, PgFailoverEnabled = ha.PgFailoverEnabled } };
        }
        if (request.TopologyData is not { } drawing)
            throw new CliException(ExitCode.Usage, "--place goes with --blueprint or --file.");
        return request with { TopologyData = Drawings.With(drawing, await Placing(call, drawing, places)) };
    }

    private static async Task<List<TopologyChange>> Placing(Call call, TopologyData drawing, Option<string[]?> places)
    {
        List<TopologyChange> changes = [];
        foreach (var (place, typed) in Opt.Pairs(call.Get(places) ?? []))
        {
            var nodes = drawing.Nodes.Where(n => Drawings.Member(n, "place") == place).ToList();
            if (nodes.Count == 0)
                throw new CliException(ExitCode.Usage, $"The drawing has no place '{place}'.", $"It has {string.Join(", ", drawing.Nodes.Select(n => Drawings.Member(n, "place")).OfType<string>().Distinct().Order())}.");
            var server = await Lookup.Server(call, typed);
            changes.AddRange(nodes.Select(n => new TopologyChange { Op = TopologyChangeKind.SetNode, Id = n.Id, Member = "serverId", Value = Drawings.Text(server) }));
        }
        return changes;
    }
}
