namespace OCore.Bench;

internal static class StartBench
{
    public static async Task RunAsync(Bench bench)
    {
        var rows = new List<string[]>();
        var data = ServerUnderTest.NewDirectory();
        try
        {
            var first = await StartsAsync(bench.Times(5), "sqlite", ServerUnderTest.NewDirectory, removed: true);
            rows.Add(first.Ready.Row("first start, SQLite, with migrations"));
            await StartsAsync(1, "sqlite", () => data);
            var existing = await StartsAsync(bench.Times(20), "sqlite", () => data);
            rows.Add(existing.Ready.Row("existing database, SQLite"));
            rows.Add(existing.Cpu.Row("the same, processor time"));
            if (await OnPostgresAsync(bench) is { } postgres)
                rows.AddRange(postgres);
            bench.Aim("cold start to /readyz with an existing database ≤ 1.5 s", $"{Figure.Of(existing.Ready.Median / 1000, "0.00")} s", existing.Ready.Median <= 1500);
            await IdleAsync(bench, data);
            bench.Table([.. Sample.Heads.Select((h, i) => i is > 1 ? h + " (ms)" : h)], rows);
            bench.Note("From the start of the process, as `bin/up` starts it, to the first 200 of `/readyz`, asked every 5 ms. Existing databases are in the page cache, as after a restart of oCore.");
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static async Task IdleAsync(Bench bench, string data)
    {
        await using var server = await ServerUnderTest.StartAsync(data);
        var wait = TimeSpan.FromSeconds(bench.Quick ? 3 : 60);
        var before = ProcessUse.Cpu([server.Id]);
        await Task.Delay(wait);
        var (resident, proportional) = ProcessUse.Memory(server.Id);
        var cpu = ProcessUse.Cpu([server.Id]) - before;
        var kinds = ProcessUse.MemoryByKind(server.Id);
        bench.Aim("memory when idle ≤ 150 MB", Figure.Megabytes(resident), resident <= 150 << 20);
        bench.Note($"Idle is {wait.TotalSeconds:0} s after a start without a request: {Figure.Megabytes(resident)} resident, of which {Figure.Megabytes(proportional)} proportional (shared pages of libraries divided by their users); {cpu.TotalMilliseconds:0} ms of processor time in that while.");
        if (resident > 150 << 20)
            bench.Table(["what the memory is", "resident"], kinds.Select(k => new[] { k.Kind, Figure.Megabytes(k.Bytes) }));
    }

    private static async Task<List<string[]>?> OnPostgresAsync(Bench bench)
    {
        try
        {
            await using var postgres = await PostgresUnderTest.StartAsync();
            var database = await postgres.CreateAsync();
            var data = ServerUnderTest.NewDirectory();
            var first = await StartsAsync(1, database, () => data);
            var existing = await StartsAsync(bench.Times(10), database, () => data);
            Directory.Delete(data, recursive: true);
            return [first.Ready.Row($"first start, PostgreSQL {postgres.Version.Split(' ')[0]}, with migrations"), existing.Ready.Row("existing database, PostgreSQL")];
        }
        catch (BenchException absent)
        {
            bench.Note(absent.Message);
            return null;
        }
    }

    private static async Task<(Sample Ready, Sample Cpu)> StartsAsync(int times, string database, Func<string> directory, bool removed = false)
    {
        var (ready, cpu) = (new List<double>(), new List<double>());
        for (var n = 0; n < times; n++)
        {
            var data = directory();
            await using (var server = await ServerUnderTest.StartAsync(data, database))
            {
                ready.Add(server.ReadyAfter.TotalMilliseconds);
                cpu.Add(server.CpuWhenReady.TotalMilliseconds);
            }
            if (removed)
                Directory.Delete(data, recursive: true);
        }
        return (new Sample(ready), new Sample(cpu));
    }
}
