using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.PortalDomains;
using OCore.Platform.Data;
using OCore.Platform.Security;
using OCore.Platform.Tls;

namespace OCore.Bench;

/// <summary>What it costs to serve many names: the tenant by the host, the certificate by the name in the TLS greeting.</summary>
internal static class PortalBench
{
    private const int Names = 1000;
    // Refused for want of a sign-in, after the host has chosen the tenant and before anything of a tenant is read.
    private const string Path = "/api/user";

    public static async Task RunAsync(Bench bench)
    {
        var data = ServerUnderTest.NewDirectory();
        await using var postgres = await PostgresUnderTest.StartAsync();
        var database = await postgres.CreateAsync();
        var https = ServerUnderTest.FreePort();
        var listen = $"http://127.0.0.1:{ServerUnderTest.FreePort()}";
        try
        {
            // First to make the database, then with the names in it, as after an upgrade.
            await using (var first = await ServerUnderTest.StartAsync(data, database))
            using (var api = await first.SignInAsync())
                await api.Post<AgencyView>("/api/agency/enable");
            await FillAsync(data, database);
            await using var server = await ServerUnderTest.StartAsync(data, database, new Dictionary<string, string>
            {
                ["LISTEN"] = $"{listen};https://127.0.0.1:{https}", ["PUBLIC_URL"] = "https://panel.bench.example",
                // Nobody is there: whatever asked for a certificate would show.
                ["ACME_DIRECTORY"] = "https://127.0.0.1:1/dir", ["ACME_TERMS"] = "agreed",
            }, new Uri(listen));
            var memory = ProcessUse.Memory(server.Id).Resident;

            string Request(string host) => $"GET {Path} HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\nX-Forwarded-Proto: https\r\n\r\n";
            var own = Load(bench, server, [Request($"127.0.0.1:{server.Url.Port}")], "401");
            var portals = Load(bench, server, [.. Enumerable.Range(0, Names).Select(n => Request($"{Label(n)}.localhost"))], "401");

            var before = await TransactionsAsync(postgres, database);
            var began = Stopwatch.GetTimestamp();
            var counted = LoadGenerator.Ask(server.Url, [.. Enumerable.Range(0, Names).Select(n => Request($"{Label(n)}.localhost"))], "401", 2, TimeSpan.FromSeconds(5));
            var during = await TransactionsAsync(postgres, database) - before;
            var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
            before = await TransactionsAsync(postgres, database);
            await Task.Delay(TimeSpan.FromSeconds(seconds));
            var idle = await TransactionsAsync(postgres, database) - before;
            var each = Math.Max(0, during - idle) / (double)counted.Milliseconds.Count;

            var first1 = Handshakes(https, Names);
            var again = Handshakes(https, Names);
            var after = ProcessUse.Memory(server.Id).Resident;

            bench.Table(["10 connections", "requests/s", "p50 (ms)", "p99 (ms)", "oCore: CPU/request (ms)"],
            [
                Row("the platform's own address", own), Row($"{Names:#,0} portals by turns", portals),
            ]);
            bench.Table(["TLS connections, one after the other", "times", "median (ms)", "fastest (ms)", "slowest (ms)"], [first1.Row("first visit of each name", "0.0"), again.Row("second visit", "0.0")]);
            bench.Aim("database queries for a request of a known portal: 0", Figure.Of(each, "0.000"), each < 0.001);
            bench.Aim("a portal costs at most 0.02 ms more than the platform's own address", Figure.Of(portals.Cpu - own.Cpu, "0.000") + " ms", portals.Cpu - own.Cpu <= 0.02);
            bench.Note($"`GET {Path}` without a sign-in, which is refused with 401 as soon as the tenant is chosen. {Names:#,0} names with a certificate each, on PostgreSQL {postgres.Version.Split(' ')[0]}. "
                + $"Transactions of the database are counted by itself while {counted.Milliseconds.Count:#,0} requests were answered ({during}), less those of as long without any ({idle}). "
                + $"Memory: {Figure.Megabytes(memory)} resident after the start, {Figure.Megabytes(after)} after every certificate was used. That a burst of first visits is one order at the certificate authority is a system test.");
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    private static string[] Row(string name, (Load Load, double Cpu) found) =>
        [name, Figure.Thousands(found.Load.PerSecond), Figure.Of(found.Load.Milliseconds.Median, "0.00"), Figure.Of(found.Load.Milliseconds.At(0.99), "0.00"), Figure.Of(found.Cpu, "0.000")];

    private static (Load Load, double Cpu) Load(Bench bench, ServerUnderTest server, IReadOnlyList<string> requests, string status)
    {
        LoadGenerator.Ask(server.Url, requests, status, 10, TimeSpan.FromSeconds(bench.Quick ? 2 : 10));
        var cpu = ProcessUse.Cpu([server.Id]);
        var load = LoadGenerator.Ask(server.Url, requests, status, 10, TimeSpan.FromSeconds(bench.Quick ? 2 : 10));
        return (load, (ProcessUse.Cpu([server.Id]) - cpu).TotalMilliseconds / load.Milliseconds.Count);
    }

    private static string Label(int n) => $"portal-{n}";

    private static Sample Handshakes(int port, int names)
    {
        var times = new List<double>();
        for (var n = 0; n < names; n++)
        {
            var began = Stopwatch.GetTimestamp();
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(IPAddress.Loopback, port);
            using var tls = new SslStream(new NetworkStream(socket), false, (_, certificate, _, _) => certificate!.Subject == $"CN={Label(n)}.localhost");
            tls.AuthenticateAsClient($"{Label(n)}.localhost");
            times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
        }
        return new Sample(times);
    }

    private static async Task<long> TransactionsAsync(PostgresUnderTest postgres, string database)
    {
        // Sessions hand in their counts at most once a second.
        await Task.Delay(TimeSpan.FromSeconds(1.5));
        var name = new Npgsql.NpgsqlConnectionStringBuilder(database).Database;
        return long.Parse(await postgres.ExecuteAsync($"SELECT (xact_commit + xact_rollback)::text FROM pg_stat_database WHERE datname = '{name}'"), System.Globalization.CultureInfo.InvariantCulture);
    }

    private static async Task FillAsync(string data, string database)
    {
        var secrets = SecretBox.Open(System.IO.Path.Combine(data, "master.key"));
        await using var db = Seeding.Open(data, database);
        var agency = await db.Organizations.AcrossTenants().SingleAsync(o => o.AgencyEnabledAt != null);
        var now = TimeProvider.System.GetUtcNow();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        for (var n = 0; n < Names; n++)
        {
            var host = $"{Label(n)}.localhost";
            db.Add(new PortalDomain { OrgId = agency.Id, Subdomain = Label(n), SubdomainHost = host, Token = host, Warnings = [], ChangedAt = now, CreatedAt = now });
            using var certificate = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(-1), now.AddDays(89));
            var id = Guid.CreateVersion7();
            db.Add(new Certificate
            {
                Id = id, Host = host, Wanted = true, Chain = certificate.ExportCertificatePem(), KeySealed = secrets.Seal(key.ExportPkcs8PrivateKeyPem(), "certificate.key", id), Issuer = "Bench", SerialNumber = certificate.SerialNumber,
                ValidFrom = now.AddDays(-1), ValidUntil = now.AddDays(89), RenewAt = now.AddDays(60), ChangedAt = now, CreatedAt = now,
            });
        }
        await db.SaveChangesAsync();
    }
}
