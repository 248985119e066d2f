using OCore.Bench;

var all = new (string Name, string What, Func<Bench, Task> Run)[]
{
    ("start", "cold start to /readyz, and memory when idle", StartBench.RunAsync),
    ("api", "an authenticated list of 50 clients on SQLite and PostgreSQL, and memory after load", ApiBench.RunAsync),
    ("queries", "queries of the database that lists take", QueriesBench.RunAsync),
    ("portals", "a thousand portal domains: choosing tenant and certificate", PortalBench.RunAsync),
    ("cli", "the command line", CliBench.RunAsync),
    ("docker", "a call of a Docker engine on a warm connection", DockerBench.RunAsync),
    ("logs", "a line of a running Odoo's log to those who look at it", LogsBench.RunAsync),
    ("provision", "from a template to a signed-in Odoo, beside odoo -i", ProvisionBench.RunAsync),
};
if (args is ["serve", ..])
{
    await Serve.RunAsync(args.Contains("postgres"));
    return 0;
}
var wanted = args.Where(a => !a.StartsWith('-')).ToList();
if (wanted.Find(w => all.All(b => b.Name != w)) is { } unknown || args.Contains("--help"))
{
    Console.Error.WriteLine("usage: bin/bench [--write] [--quick] [start] [api] [queries] [portals] [cli] [docker] [logs] [provision]");
    foreach (var (name, what, _) in all)
        Console.Error.WriteLine($"  {name,-10} {what}");
    Console.Error.WriteLine("  --write    keep the figures in bench/RESULTS.md\n  --quick    fewer repetitions, to see that it works\n  bin/bench serve [postgres]    the server with the bench's data, for other tools");
    return 2;
}

Priority.Raise();
var results = new Results(args.Contains("--write"));
var failed = 0;
foreach (var (name, what, run) in all.Where(b => wanted.Count == 0 || wanted.Contains(b.Name)))
{
    Console.WriteLine($"\n== {name}: {what}");
    var bench = new Bench(name, what, args.Contains("--quick"));
    try
    {
        await run(bench);
        results.Keep(bench);
    }
    catch (Exception impossible) when (impossible is BenchException or OCore.Client.OCoreException)
    {
        failed++;
        Console.Error.WriteLine($"{name} was not measured: {impossible.Message}");
    }
}
Priority.Restore();
return failed == 0 ? 0 : 1;
