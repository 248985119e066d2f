using OCore.Client;

namespace OCore.Bench;

internal static class ApiBench
{
    private const string Path = "/api/agency/clients";

    public static async Task RunAsync(Bench bench)
    {
        var rows = new List<string[]>();
        await OnAsync(bench, "SQLite", "sqlite", null, rows);
        await using (var postgres = await PostgresUnderTest.StartAsync())
            await OnAsync(bench, "PostgreSQL " + postgres.Version.Split(' ')[0], await postgres.CreateAsync(), postgres, rows);
        bench.Table(["database", "connections", "requests/s", "p50 (ms)", "p95 (ms)", "p99 (ms)", "slowest (ms)", "oCore: CPU/request (ms)", "database: CPU/request (ms)", "generator: CPU/request (ms)"], rows);
        bench.Note($"`GET {Path}` with a bearer token, {Seeding.Clients} clients with {Seeding.InstancesOfEach} instances and a member each, {_bytes:0} bytes of JSON, after warming up. "
            + "The generator is the bench itself: one thread a connection, each waiting for its answer, no think time, on the same cores and not pinned, so what it takes is not there for oCore. "
            + "Processor time is that of the processes, from `/proc`.");
    }

    private static int _bytes;

    private static async Task OnAsync(Bench bench, string name, string database, PostgresUnderTest? postgres, List<string[]> rows)
    {
        var data = ServerUnderTest.NewDirectory();
        try
        {
            await using var server = await ServerUnderTest.StartAsync(data, database);
            using var api = await server.SignInAsync();
            await Seeding.FillAsync(api, data, database);
            _bytes = (await api.Http.GetByteArrayAsync(Path)).Length;
            var page = await api.Get<Page<ClientView>>(Path);
            if (page.Data.Count != Seeding.Clients || page.Data.Any(c => c.InstanceCount != Seeding.InstancesOfEach || c.MemberCount != 1))
                throw new BenchException("The list is not what was written.");
            var token = api.Http.DefaultRequestHeaders.Authorization!.Parameter!;
            // The runtime compiles what is used often anew, in the background, and again.
            LoadGenerator.Ask(server.Url, Path, token, 10, TimeSpan.FromSeconds(bench.Quick ? 3 : 20));
            var alone = Measure(bench, server, postgres, token, 1);
            var many = Measure(bench, server, postgres, token, 10);
            foreach (var (load, own, theirs) in new[] { alone, many })
                rows.Add([name, $"{load.Connections}", Figure.Thousands(load.PerSecond), Figure.Of(load.Milliseconds.Median, "0.00"), Figure.Of(load.Milliseconds.At(0.95), "0.00"), Figure.Of(load.Milliseconds.At(0.99), "0.00"),
                    Figure.Of(load.Milliseconds.Max), Figure.Of(own, "0.000"), postgres is null ? "in oCore's" : Figure.Of(theirs, "0.000"), Figure.Of(load.OwnCpu.TotalMilliseconds / load.Milliseconds.Count, "0.000")]);
            var slowest = alone.Load.Milliseconds.At(0.99);
            var missed = many.Own > 0.8 || many.Load.PerSecond < 2500 || slowest > 0.8;
            bench.Aim($"{name}: CPU of a list of 50 clients ≤ 0.8 ms", $"{Figure.Of(many.Own, "0.00")} ms", many.Own <= 0.8);
            bench.Aim($"{name}: ≥ 2,500 requests/s at 10 connections", $"{Figure.Thousands(many.Load.PerSecond)}/s", many.Load.PerSecond >= 2500);
            // Ten at once on two cores wait for each other: a request then takes five times what it costs a core.
            bench.Aim($"{name}: p99 of a list of 50 clients, asked for one after the other ≤ 0.8 ms", $"{Figure.Of(slowest, "0.00")} ms", slowest <= 0.8);
            var after = ProcessUse.Memory(server.Id);
            await Task.Delay(TimeSpan.FromSeconds(bench.Quick ? 3 : 60));
            var later = ProcessUse.Memory(server.Id);
            if (missed)
                Profile.Note(bench, server, $"a list of {Seeding.Clients} clients on {name}", () => LoadGenerator.Ask(server.Url, Path, token, 10, TimeSpan.FromSeconds(8)));
            bench.Note($"Memory on {name}: {Figure.Megabytes(after.Resident)} resident right after the load, {Figure.Megabytes(later.Resident)} a minute later ({Figure.Megabytes(later.Proportional)} proportional).");
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static (Load Load, double Own, double Theirs) Measure(Bench bench, ServerUnderTest server, PostgresUnderTest? postgres, string token, int connections)
    {
        var others = postgres?.Processes().ToList() ?? [];
        Priority.Raise(others);
        var (own, theirs) = (ProcessUse.Cpu([server.Id]), ProcessUse.Cpu(others));
        var load = LoadGenerator.Ask(server.Url, Path, token, connections, TimeSpan.FromSeconds(bench.Quick ? 3 : 15));
        var each = (TimeSpan used) => used.TotalMilliseconds / load.Milliseconds.Count;
        return (load, each(ProcessUse.Cpu([server.Id]) - own), each(ProcessUse.Cpu(others) - theirs));
    }
}
