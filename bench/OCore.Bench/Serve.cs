namespace OCore.Bench;

/// <summary>The server with the bench's data, until a line is typed: for looking into it with other tools.</summary>
internal static class Serve
{
    public static async Task RunAsync(bool onPostgres)
    {
        var data = ServerUnderTest.NewDirectory();
        var postgres = onPostgres ? await PostgresUnderTest.StartAsync() : null;
        try
        {
            var database = postgres is null ? "sqlite" : await postgres.CreateAsync();
            await using var server = await ServerUnderTest.StartAsync(data, database);
            using var api = await server.SignInAsync();
            await Seeding.FillAsync(api, data, database);
            Console.WriteLine($"url={server.Url} pid={server.Id} token={api.Http.DefaultRequestHeaders.Authorization!.Parameter}");
            await Console.In.ReadLineAsync();
        }
        finally
        {
            if (postgres is not null)
                await postgres.DisposeAsync();
            Directory.Delete(data, recursive: true);
        }
    }
}
