using System.Diagnostics;
using System.Security.Cryptography;
using OCore.Client;

namespace OCore.Bench;

internal static class ProvisionBench
{
    private static readonly string[] Modules = ["sale", "purchase", "stock", "account"];
    private const string Image = "odoo:19.0";

    public static async Task RunAsync(Bench bench)
    {
        using var lab = LabServer.Create();
        var data = ServerUnderTest.NewDirectory();
        try
        {
            await using var server = await ServerUnderTest.StartAsync(data);
            using var api = await server.SignInAsync();
            await SetUpAsync(api, lab);
            var template = await api.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = "Trade", OdooVersion = "19.0", ModuleList = Modules });

            var first = await ProvisionAsync(api, lab, template, "first");
            var installed = new List<double>();
            for (var n = 1; n <= (bench.Quick ? 1 : 3); n++)
                installed.Add(await PlainAsync(lab, $"plain_{n}"));
            var plain = new Sample(installed);
            var single = new List<double>();
            for (var n = 1; n <= (bench.Quick ? 1 : 5); n++)
                single.Add(await ProvisionAsync(api, lab, template, $"single-{n}"));
            var one = new Sample(single);
            var began = Stopwatch.GetTimestamp();
            var ten = new Sample(await Task.WhenAll(Enumerable.Range(1, bench.Quick ? 2 : 10).Select(n => ProvisionAsync(api, lab, template, $"together-{n}"))));
            var together = Stopwatch.GetElapsedTime(began).TotalSeconds;

            bench.Aim("at least 10 times faster than odoo -i", $"{Figure.Of(plain.Median / one.Median, "0.0")} times (medians of {plain.Count} and of {one.Count})", plain.Median / one.Median >= 10);
            bench.Table(["", "times", "median (s)", "fastest (s)", "slowest (s)"],
            [
                plain.Row("odoo -i, to the administrator signed in", "0.0"),
                one.Row("oCore, to the administrator signed in", "0.0"),
                ten.Row($"oCore, {ten.Count} at once, each", "0.0"),
                new Sample([together]).Row($"oCore, {ten.Count} at once, until the last is signed in", "0.0"),
                new Sample([first]).Row("oCore, the first of a template on a server, which makes its database", "0.0"),
            ]);
            bench.Note($"Odoo 19.0 with {string.Join(", ", Modules)}, from `POST /api/templates/…/provision` to an answer of `/web/session/authenticate` with the administrator's user id, through the server's edge. "
                + $"Beside it, on the same server and the same PostgreSQL: `docker run … odoo -d … -i {string.Join(',', Modules)}`, each time into a new database, until its administrator is signed in. The server is one of `bin/lab`'s, over SSH. "
                + $"Ten at once come to {Figure.Of(together / ten.Count, "0.0")} s for each.");
            await EndAsync(api, await api.Delete<OperationView>("/api/agency/clients/measured"));
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    /// <summary>An agency with one client, "measured", and the lab's server, "bench", which has the image.</summary>
    internal static async Task SetUpAsync(OCoreHttp api, LabServer lab)
    {
        await api.Post<AgencyView>("/api/agency/enable");
        await EndAsync(api, await api.Post<AddServer, OperationView>("/api/servers", new AddServer { Name = "bench", Host = lab.Host, Port = lab.Port, User = lab.User, PrivateKey = lab.Key }));
        await api.Post<CreateClient, ClientView>("/api/agency/clients", new CreateClient { Name = "Bench", Slug = "measured" });
        lab.Load(Image);
    }

    private static async Task<double> ProvisionAsync(OCoreHttp api, LabServer lab, TemplateView template, string slug)
    {
        var began = Stopwatch.GetTimestamp();
        var operation = await api.Post<ProvisionInstance, OperationView>($"/api/templates/{template.Id}/provision", new ProvisionInstance { ServerId = "bench", Organization = "measured", Name = slug, Slug = slug });
        operation = await EndAsync(api, operation);
        var instance = await api.Get<InstanceView>($"/api/instances/{operation.InstanceId}");
        var administrator = await api.Post<AdminCredentials>($"/api/instances/{instance.Id}/admin-password/reveal");
        using var odoo = new Odoo(lab.Host, new Uri(instance.Url).Port, instance.Domain, instance.Database);
        await odoo.SignInAsync(administrator.Login, administrator.Password, TimeSpan.FromMinutes(2));
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        Console.WriteLine($"  {slug} {seconds:0.0} s   " + string.Join("  ", operation.Steps.Where(s => s.FinishedAt is not null && s.StartedAt is not null).Select(s => $"{s.Name} {(s.FinishedAt!.Value - s.StartedAt!.Value).TotalSeconds:0.0}")));
        return seconds;
    }

    /// <summary>As one would without oCore: one container, which installs the modules and then serves.</summary>
    private static async Task<double> PlainAsync(LabServer lab, string name)
    {
        const int port = 8070;
        var password = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        lab.Exec("docker", "exec", "-u", "postgres", "ocore-postgres", "psql", "-U", "postgres", "-c", $"CREATE ROLE {name} LOGIN CREATEDB PASSWORD '{password}'");
        var began = Stopwatch.GetTimestamp();
        lab.Exec("docker", "run", "-d", "--name", name, "--network", "ocore", "-p", $"{port}:8069", "--entrypoint", "odoo", Image,
            "--db_host=ocore-postgres", $"--db_user={name}", $"--db_password={password}", "--data-dir=/tmp/odoo", "-d", name, "-i", string.Join(',', Modules));
        // It listens before it has installed anything, and a sign-in then would get in its way.
        for (var done = false; !done;)
        {
            if (Stopwatch.GetElapsedTime(began) > TimeSpan.FromMinutes(15))
                throw new BenchException("odoo -i did not end.");
            await Task.Delay(250);
            done = IsTrue(lab, $"docker logs {name} 2>&1 | grep -q 'odoo.registry: Registry loaded'");
        }
        using var odoo = new Odoo(lab.Host, port, lab.Host, name);
        await odoo.SignInAsync("admin", "admin", TimeSpan.FromMinutes(2));
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        Console.WriteLine($"  odoo -i {seconds:0.0} s");
        lab.Exec("docker", "rm", "-f", name);
        lab.Exec("docker", "exec", "-u", "postgres", "ocore-postgres", "psql", "-U", "postgres", "-c", $"DROP DATABASE {name} WITH (FORCE)", "-c", $"DROP ROLE {name}");
        return seconds;
    }

    private static bool IsTrue(LabServer lab, string script)
    {
        try
        {
            lab.Exec("sh", "-c", script);
            return true;
        }
        catch (BenchException)
        {
            return false;
        }
    }

    /// <summary>Waits for an operation, which has to succeed.</summary>
    internal static async Task<OperationView> EndAsync(OCoreHttp api, OperationView operation)
    {
        var began = Stopwatch.GetTimestamp();
        while (operation.State is OperationState.Pending or OperationState.Running or OperationState.Unwinding)
        {
            if (Stopwatch.GetElapsedTime(began) > TimeSpan.FromMinutes(20))
                throw new BenchException($"{operation.Title} does not end.");
            await Task.Delay(50);
            operation = await api.Get<OperationView>($"/api/operations/{operation.Id}");
        }
        return operation.State == OperationState.Succeeded ? operation
            : throw new BenchException($"{operation.Title}: {operation.State}, {operation.Error?.Code} {operation.Error?.Message} {operation.Error?.Hint}");
    }
}
