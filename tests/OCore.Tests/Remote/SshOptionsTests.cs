using OCore.Platform.Remote;

namespace OCore.Tests.Remote;

public sealed class SshOptionsTests
{
    private const string KeyLine = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGpCPV2Q3kJr1q1gq4mVvK4nVxkXk6m9T3kq0o0n9J1b";

    [Fact]
    public void The_master_trusts_the_pinned_key_and_nothing_else()
    {
        var words = SshMaster.Words("/run/x", HostName.Parse("example.com"), 2222, UnixUser.Parse("deploy"), HostKey.Parse(KeyLine));
        var line = string.Join(' ', words);
        foreach (var option in new[]
        {
            "StrictHostKeyChecking=yes", "UserKnownHostsFile=/run/x/hosts", "GlobalKnownHostsFile=/dev/null", "HostKeyAlgorithms=ssh-ed25519",
            "BatchMode=yes", "IdentitiesOnly=yes", "IdentityAgent=none", "ForwardAgent=no", "ForwardX11=no", "UpdateHostKeys=no",
            "ServerAliveInterval=2", "ServerAliveCountMax=3", "ExitOnForwardFailure=yes", "PasswordAuthentication=no",
        })
            Assert.Contains($"-o {option} ", line);
        Assert.StartsWith("ssh -F none -N -T -M -S /run/x/ctl -i /run/x/id -p 2222 -l deploy ", line);
        Assert.EndsWith(" -L /run/x/docker:/var/run/docker.sock -- example.com", line);
    }

    [Fact]
    public void A_pinned_rsa_key_is_proved_with_sha2_only()
    {
        Assert.Equal("rsa-sha2-512,rsa-sha2-256", new HostKey("ssh-rsa", "", "").Algorithms);
    }

    [Theory]
    [InlineData("Host key verification failed.", SshComplaint.HostKey)]
    [InlineData("Unable to negotiate with 10.0.0.1 port 22: no matching host key type found. Their offer: rsa-sha2-512", SshComplaint.HostKey)]
    [InlineData("root@10.0.0.1: Permission denied (publickey).", SshComplaint.Authentication)]
    [InlineData("ssh: connect to host 10.0.0.1 port 22: Connection refused", SshComplaint.Other)]
    [InlineData("", SshComplaint.Other)]
    public void What_ssh_says_is_told_apart(string said, string meaning) => Assert.Equal(meaning, SshComplaint.Read(said));

    [Fact]
    public void A_host_key_is_read_with_its_own_fingerprint()
    {
        var key = HostKey.Parse(KeyLine + " comment");
        Assert.Equal(KeyLine, key.Line);
        Assert.StartsWith("SHA256:", key.Fingerprint);
        Assert.False(HostKey.TryParse("ssh-rsa " + key.PublicKeyBase64, out _)); // says it is what it is not
        Assert.False(HostKey.TryParse("ssh-ed25519 !!!", out _));
        Assert.False(HostKey.TryParse("ssh-ed25519", out _));
        Assert.False(HostKey.TryParse(null, out _));
    }

    [Fact]
    public void A_target_shows_no_secret()
    {
        var target = new ServerTarget { Id = Guid.CreateVersion7(), IsLocal = false, Host = "h", PrivateKeyPem = "PEM", SudoPassword = "PW" };
        Assert.Equal("root@h:22", $"{target}");
    }

    [Fact]
    public async Task A_generated_key_is_one_that_openssh_reads()
    {
        var pair = SshKeys.GenerateEd25519("ocore server-1");
        using var runtime = new RuntimeFolder();
        var file = Path.Combine(runtime.Make(), "id");
        RuntimeFolder.WritePrivate(file, pair.PrivateKeyPem);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));

        await using var local = new LocalConnection(TimeProvider.System);
        var read = (await local.RunAsync(RemoteCommand.Of("ssh-keygen", "-y", "-f", file), default)).ThrowIfFailed("ssh-keygen -y");
        Assert.Equal(pair.PublicKeyLine, read.Out.Trim());
        var print = (await local.RunAsync(RemoteCommand.Of("ssh-keygen", "-l", "-f", file), default)).ThrowIfFailed("ssh-keygen -l");
        Assert.Equal(pair.Fingerprint, print.Out.Split(' ')[1]);
        Assert.NotEqual(pair.PublicKeyLine, SshKeys.GenerateEd25519("ocore server-1").PublicKeyLine);
    }

    [Fact]
    public void A_runtime_folder_is_private_and_goes_away()
    {
        var runtime = new RuntimeFolder();
        var folder = runtime.Make();
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder));
        Assert.True(folder.Length + "/ctl".Length + 17 < 108);
        runtime.Dispose();
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public void What_a_killed_ocore_left_is_swept_and_what_a_living_one_has_is_not()
    {
        using var living = new RuntimeFolder();
        var all = Path.GetDirectoryName(living.Root)!;
        var forsaken = Directory.CreateDirectory(Path.Combine(all, "4194305-abc", "x")).FullName; // no process has such a number
        File.WriteAllText(Path.Combine(forsaken, "id"), "key");
        using var next = new RuntimeFolder();
        Assert.False(Directory.Exists(forsaken));
        Assert.True(Directory.Exists(living.Root));
    }
}
