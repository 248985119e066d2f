using OCore.Platform.Remote;
using Xunit;

namespace OCore.SystemTests.Remote;

[Collection(LabCollection.Name)]
public sealed class FirstContactTests(LabServers lab)
{
    private static readonly TimeProvider Clock = TimeProvider.System;

    [LabFact]
    public async Task The_offered_host_key_is_the_servers_best()
    {
        var offered = await HostKeyScanner.ScanAsync(lab.First.Host, lab.First.Port, Clock, default);
        Assert.Equal(lab.First.Pinned, offered);
        await Assert.ThrowsAsync<ServerUnreachableException>(() => HostKeyScanner.ScanAsync(lab.First.Host, 2, Clock, default));
    }

    [LabFact]
    public async Task A_password_once_leaves_a_key_that_works()
    {
        await lab.First.ShellAsync("rm -rf /home/asked/.ssh");
        var (server, user) = (lab.First, UnixUser.Parse("asked"));
        var pair = SshKeys.GenerateEd25519("ocore");
        var password = LoginSecret.OfPassword("right horse");
        for (var twice = 0; twice < 2; twice++)
            await FirstContact.InstallKeyAsync(server.Host, server.Port, user, password, server.Pinned, pair.PublicKeyLine, Clock, default);
        Assert.Equal("1\n", await server.ShellAsync("grep -c . /home/asked/.ssh/authorized_keys"));
        Assert.Equal("700 asked 600 asked\n", await server.ShellAsync("echo $(stat -c '%a %U' /home/asked/.ssh /home/asked/.ssh/authorized_keys)"));

        await using var all = new ServerConnections(Clock);
        var connection = await all.GetAsync(server.Target("asked", "right horse") with { PrivateKeyPem = pair.PrivateKeyPem }, default);
        Assert.Equal("asked\n", (await connection.RunAsync(RemoteCommand.Of("id", "-un"), default)).Out);

        // With a key of the customer's instead, after a file that does not end its last line.
        await server.ShellAsync("printf '# mine\\n%s' \"$(cat /root/.ssh/authorized_keys)\" > /home/asked/.ssh/authorized_keys");
        await FirstContact.InstallKeyAsync(
            server.Host, server.Port, user, LoginSecret.OfPrivateKey(server.Key), server.Pinned, pair.PublicKeyLine, Clock, default);
        Assert.Equal("3\n", await server.ShellAsync("grep -c . /home/asked/.ssh/authorized_keys"));
    }

    [LabFact]
    public async Task A_wrong_password_and_another_host_key_are_told_apart()
    {
        var (server, user, line) = (lab.First, UnixUser.Parse("unasked"), SshKeys.GenerateEd25519("x").PublicKeyLine);
        await Assert.ThrowsAsync<ServerAuthenticationException>(() => FirstContact.InstallKeyAsync(
            server.Host, server.Port, user, LoginSecret.OfPassword("wrong"), server.Pinned, line, Clock, default));
        await Assert.ThrowsAsync<ServerAuthenticationException>(() => FirstContact.InstallKeyAsync(
            server.Host, server.Port, user, LoginSecret.OfPrivateKey("not a key"), server.Pinned, line, Clock, default));

        var other = HostKey.Parse(SshKeys.GenerateEd25519("other host").PublicKeyLine);
        var logins = await server.ShellAsync("journalctl -q -u ssh --no-pager | grep -c -E 'Accepted|Failed' || true");
        var changed = await Assert.ThrowsAsync<HostKeyChangedException>(() => FirstContact.InstallKeyAsync(
            server.Host, server.Port, user, LoginSecret.OfPassword("other horse"), other, line, Clock, default));
        Assert.Equal(server.Pinned, changed.Offered);
        Assert.Equal(logins, await server.ShellAsync("journalctl -q -u ssh --no-pager | grep -c -E 'Accepted|Failed' || true"));
    }

    [LabFact]
    public async Task A_line_that_is_not_one_key_is_refused()
    {
        var line = SshKeys.GenerateEd25519("x").PublicKeyLine;
        foreach (var bad in new[] { "", "ssh-ed25519 x", line + "\nssh-ed25519 AAAA", "command=\"id\" " + line })
            await Assert.ThrowsAsync<ArgumentException>(() => FirstContact.InstallKeyAsync(
                lab.First.Host, 22, UnixUser.Parse("asked"), LoginSecret.OfPassword("right horse"), lab.First.Pinned, bad, Clock, default));
    }
}
