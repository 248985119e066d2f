using System.Diagnostics;
using System.Net;
using OCore.Client;
using OCore.Features.Servers;
using OCore.Platform.Remote;
using OCore.SystemTests.Remote;
using OCore.Tests;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Servers;

/// <summary>From an address to a server that takes instances, in each of the ways in.</summary>
[Collection(ServerLabCollection.Name)]
public sealed class ConnectingServersTests(ServerLab lab, ITestOutputHelper output)
{
    [LabFact]
    public async Task By_a_key_that_is_forgotten()
    {
        await using var scene = await ServerScene.StartAsync();
        var operation = await scene.AddAsync(new AddServer
        {
            Name = "web-1", Host = lab.First.Host.Value, User = "deploy", PrivateKey = lab.First.Key, HostKeyFingerprint = lab.First.Pinned.Fingerprint, BaseDomain = "Apps.Example.com",
        });
        Tell(operation);
        var id = operation.ServerId!.Value;
        var server = await scene.GetAsync(id);
        Assert.Equal(ServerStatus.Active, server.Status);
        Assert.Equal(lab.First.Pinned.Fingerprint, server.HostKey!.Fingerprint);
        Assert.Equal("apps.example.com", server.BaseDomain);
        Assert.Contains("Debian", server.Facts!.Os, StringComparison.Ordinal);
        Assert.True(server.Facts is { Cpus: > 0, MemoryBytes: > 1L << 30, DiskBytes: > 1L << 30, DockerVersion: not null });
        Assert.Contains(server.PublicKey!.Split(' ')[1], await lab.First.ShellAsync("cat /home/deploy/.ssh/authorized_keys"), StringComparison.Ordinal);
        var row = await scene.RowAsync(id);
        Assert.Null(row.FirstCredentialSealed);
        Assert.Null(row.SudoPasswordSealed);

        var connection = await scene.ConnectAsync(id);
        await Postgres_is_there(connection, scene, row);
        await Again_changes_nothing(scene, id, connection);
        await Removing_leaves_nothing(scene, server);
    }

    private static async Task Postgres_is_there(IServerConnection connection, ServerScene scene, Server row)
    {
        var password = scene.App.Services.GetService(typeof(ServerAccess)) is ServerAccess access ? access.Unseal(row.PostgresPasswordSealed!, ServerAccess.PostgresSecret, row.Id) : "";
        var inspect = await connection.RunAsync(RemoteCommand.Of("docker", "inspect", "ocore-postgres"), CancellationToken.None);
        Assert.Contains("POSTGRES_PASSWORD_FILE", inspect.Out, StringComparison.Ordinal);
        Assert.DoesNotContain(password, inspect.Out, StringComparison.Ordinal);
        Assert.Contains("\"PortBindings\": {}", inspect.Out, StringComparison.Ordinal);
        var hostile = new Dictionary<string, string> { ["value"] = "a'b\"c\\d\n\\! touch /tmp/owned\n:x `id` $1 ü", ["name"] = "odd \"name\"; --" };
        Assert.Equal(hostile["value"], (await PostgresContainer.SqlAsync(connection, "postgres", "SELECT :'value';", hostile, CancellationToken.None)).TrimEnd('\n'));
        Assert.Equal(hostile["name"], (await PostgresContainer.SqlAsync(connection, "postgres", "CREATE TEMP TABLE :\"name\" (a int); SELECT relname FROM pg_class WHERE relname = :'name';", hostile, CancellationToken.None)).TrimEnd('\n'));
        Assert.DoesNotContain("owned", (await connection.Docker.ExecAsync(PostgresContainer.Name, ["ls", "/tmp"], null, CancellationToken.None)).Out, StringComparison.Ordinal);
        var secret = new Dictionary<string, string> { ["password"] = "very-secret-word" };
        var failed = await Assert.ThrowsAsync<RemoteCommandException>(() => PostgresContainer.SqlAsync(connection, "postgres", "CREATE ROLE postgres PASSWORD :'password'; SELECT 1;", secret, CancellationToken.None));
        Assert.Contains("already exists", failed.Message, StringComparison.Ordinal);
        var logs = await connection.RunAsync(RemoteCommand.Of("docker", "logs", "ocore-postgres"), CancellationToken.None);
        Assert.DoesNotContain("very-secret-word", failed.Message + logs.Out + logs.Error, StringComparison.Ordinal);
        Assert.True((await PostgresContainer.DatabasesAsync(connection, CancellationToken.None))["postgres"].Bytes > 1 << 20);
        await Assert.ThrowsAsync<ArgumentException>(() => PostgresContainer.SqlAsync(connection, "host=evil", "SELECT 1;", secret, CancellationToken.None));
    }

    private static async Task Again_changes_nothing(ServerScene scene, Guid id, IServerConnection connection)
    {
        var before = await connection.Docker.ListAsync(CancellationToken.None);
        await scene.EndOfAsync(await scene.Http.Post<OperationView>($"/api/servers/{id}/validate"));
        Assert.Equal(before.Select(c => c.Id).Order(), (await connection.Docker.ListAsync(CancellationToken.None)).Select(c => c.Id).Order());
        Assert.Equal(ServerStatus.Active, (await scene.GetAsync(id)).Status);
    }

    private async Task Removing_leaves_nothing(ServerScene scene, ServerView server)
    {
        await scene.RemoveAsync(server.Id);
        await scene.Http.Get<ServerView>($"/api/servers/{server.Id}").IsRefusedAsync(404, "not_found");
        var left = await lab.First.ShellAsync("docker ps -aq; docker volume ls -q; docker network ls -q --filter name=ocore; ls -d /var/lib/ocore 2>/dev/null || true; cat /home/deploy/.ssh/authorized_keys");
        Assert.DoesNotContain(server.PublicKey!.Split(' ')[1], left, StringComparison.Ordinal);
        Assert.Single(left.Split('\n', StringSplitOptions.RemoveEmptyEntries)); // the customer's own key
    }

    [LabFact]
    public async Task By_a_password()
    {
        await using var scene = await ServerScene.StartAsync();
        var operation = await scene.AddAsync(new AddServer { Name = "by password", Host = lab.Second.Host.Value, User = "deploy", Password = ServerLab.PasswordOf(lab.Second) });
        Tell(operation);
        var row = await scene.RowAsync(operation.ServerId!.Value);
        Assert.Null(row.FirstCredentialSealed);
        // This user's sudo asks for none, so it is not kept.
        Assert.Null(row.SudoPasswordSealed);
        Assert.Equal(lab.Second.Pinned.Fingerprint, row.HostKeyFingerprint);
        await scene.RemoveAsync(row.Id);
    }

    [LabFact]
    public async Task With_sudo_that_asks_for_the_password()
    {
        await using var scene = await ServerScene.StartAsync();
        var operation = await scene.AddAsync(new AddServer { Name = "asks", Host = lab.First.Host.Value, User = "asked", Password = "right horse" });
        Tell(operation);
        var row = await scene.RowAsync(operation.ServerId!.Value);
        Assert.NotNull(row.SudoPasswordSealed);
        Assert.Equal(ServerStatus.Active, row.Status);
        await scene.RemoveAsync(row.Id);
    }

    [LabFact]
    public async Task A_wrong_password_is_said_and_nothing_is_left()
    {
        await using var scene = await ServerScene.StartAsync();
        var operation = await scene.AddAsync(new AddServer { Name = "wrong", Host = lab.First.Host.Value, User = "asked", Password = "wrong horse" }, succeeds: false);
        Assert.Equal("login_refused", operation.Error!.Code);
        var server = await scene.GetAsync(operation.ServerId!.Value);
        Assert.Equal(ServerStatus.Failed, server.Status);
        Assert.Contains("refuses asked", server.StatusMessage, StringComparison.Ordinal);
        await scene.RemoveAsync(server.Id);
    }

    [LabFact]
    public async Task An_unexpected_host_key_is_refused_before_anything_is_sent()
    {
        await using var scene = await ServerScene.StartAsync();
        var operation = await scene.AddAsync(new AddServer
        {
            Name = "elsewhere", Host = lab.First.Host.Value, User = "deploy", Password = "secret", HostKeyFingerprint = lab.Second.Pinned.Fingerprint,
        }, succeeds: false);
        Assert.Equal("host_key_mismatch", operation.Error!.Code);
        Assert.Equal(ServerStatus.Failed, (await scene.GetAsync(operation.ServerId!.Value)).Status);
    }

    [LabFact]
    public async Task A_machine_is_one_server()
    {
        await using var scene = await ServerScene.StartAsync();
        var first = await scene.AddAsync(new AddServer { Name = "one", Host = lab.Second.Host.Value, User = "deploy", PrivateKey = lab.Second.Key });
        var second = await scene.AddAsync(new AddServer { Name = "two", Host = lab.Second.Host.Value, User = "deploy", PrivateKey = lab.Second.Key }, succeeds: false);
        Assert.Equal("server_taken", second.Error!.Code);
        await scene.RemoveAsync(first.ServerId!.Value);
    }

    [LabFact]
    public async Task Another_oCore_that_is_alive_keeps_its_machine()
    {
        await using var first = await ServerScene.StartAsync();
        await using var second = await ServerScene.StartAsync();
        var request = new AddServer { Name = "shared", Host = lab.Second.Host.Value, User = "deploy", PrivateKey = lab.Second.Key };
        var id = (await first.AddAsync(request)).ServerId!.Value;
        Assert.Equal("server_taken", (await second.AddAsync(request, succeeds: false)).Error!.Code);
        Assert.Equal(ServerStatus.Active, (await first.GetAsync(id)).Status);
        await first.RemoveAsync(id);
    }

    [LabFact]
    public async Task What_an_oCore_that_is_gone_left_in_the_firewall_shuts_nobody_out()
    {
        await lab.Second.ShellAsync(
            """
            set -eu
            install -d /var/lib/ocore/firewall
            printf '%s' "$1" >"$2" && touch -d '10 minutes ago' "$2"
            echo '*raw' >/var/lib/ocore/firewall/OCORE-0123456789.v4
            echo '[Unit]' >/etc/systemd/system/ocore-firewall.service
            for tables in iptables ip6tables; do
              $tables -w -t raw -N OCORE-0123456789
              $tables -w -t raw -A OCORE-0123456789 -p tcp --dport 5432 -j DROP
              $tables -w -t raw -I PREROUTING -j OCORE-0123456789
            done
            """, Guid.CreateVersion7().ToString(), "/var/lib/ocore/server");
        await using var scene = await ServerScene.StartAsync();
        var operation = await scene.AddAsync(new AddServer { Name = "inherited", Host = lab.Second.Host.Value, User = "deploy", PrivateKey = lab.Second.Key });
        Assert.Equal("", (await lab.Second.ShellAsync("iptables -t raw -S | grep OCORE || true; ip6tables -t raw -S | grep OCORE || true; ls -d /var/lib/ocore/firewall /etc/systemd/system/ocore-firewall.service 2>/dev/null || true")).Trim());
        await scene.RemoveAsync(operation.ServerId!.Value);
    }

    [LabFact]
    public async Task A_bare_server_gets_Docker()
    {
        await lab.Bare.ShellAsync("systemctl disable --now docker docker.socket 2>/dev/null || true; DEBIAN_FRONTEND=noninteractive apt-get -y -q purge docker.io containerd runc 2>/dev/null >&2 || true");
        await using var scene = await ServerScene.StartAsync();
        var operation = await scene.AddAsync(new AddServer { Name = "bare", Host = lab.Bare.Host.Value, User = "deploy", PrivateKey = lab.Bare.Key });
        Tell(operation);
        var server = await scene.GetAsync(operation.ServerId!.Value);
        Assert.NotNull(server.Facts!.DockerVersion);
        var log = await scene.Http.Get<Page<OperationEventView>>($"/api/operations/{operation.Id}/log?limit=1000");
        Assert.Contains(log.Data, e => e.Message.StartsWith("Installing Docker on Debian", StringComparison.Ordinal));
        await scene.RemoveAsync(server.Id);
    }

    [ThisMachineFact]
    public async Task This_machine_too()
    {
        await using var scene = await ServerScene.StartAsync(asOperator: true);
        var operation = await scene.AddAsync(new AddServer { Name = "here", Host = "local", EdgePort = 18069 });
        Tell(operation);
        var server = await scene.GetAsync(operation.ServerId!.Value);
        Assert.True(server.IsLocal);
        Assert.Equal(("localhost", 18069), (server.BaseDomain, server.EdgePort));
        await KnowsNobodyAsync(new Uri("http://127.0.0.1:18069/"));
        await scene.Http.Post<AddServer, OperationView>("/api/servers", new AddServer { Name = "here too", Host = "local" }).IsRefusedAsync(409, "local_taken");
        await scene.RemoveAsync(server.Id);
    }

    /// <summary>Until the reconciler has looked once the edge may have no routes yet, and says that it starts.</summary>
    private static async Task KnowsNobodyAsync(Uri address)
    {
        using var http = new HttpClient();
        for (var clock = Stopwatch.StartNew(); ; await Task.Delay(100))
        {
            using var answer = await http.GetAsync(address);
            if (answer.StatusCode == HttpStatusCode.NotFound)
                return;
            Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
            Assert.True(clock.Elapsed < 30 * Lab.Patience * TimeSpan.FromSeconds(1), "The edge still says that it starts.");
        }
    }

    private void Tell(OperationView operation)
    {
        foreach (var step in operation.Steps)
            output.WriteLine($"{(step.FinishedAt - step.StartedAt)?.TotalSeconds,7:0.0} s  {step.Name}");
    }
}
