using System.Diagnostics;
using OCore.Platform.Remote;
using Xunit;

namespace OCore.SystemTests.Remote;

/// <summary>
/// Real servers for a collection of tests, made by <c>bin/lab</c>. They are kept between runs: making one that exists
/// takes no time, and <c>bin/lab destroy</c> removes them.
/// </summary>
public sealed class LabServers : IAsyncLifetime
{
    private const string Prefix = "remote";

    internal IReadOnlyList<LabServer> All { get; private set; } = [];
    internal LabServer First => All[0];
    internal LabServer Second => All[1];

    public async Task InitializeAsync()
    {
        if (Lab.WhyNot is not null) return; // each test says so
        await Lab.RunAsync(Path.Combine(Lab.Bin, "docker-engine"));
        await Lab.RunAsync("create", "2", "--prefix", Prefix);
        All = [new LabServer(Prefix + "1"), new LabServer(Prefix + "2")];
        await First.AddUserAsync("asked", "ALL", "right horse");
        await First.AddUserAsync("unasked", "NOPASSWD: ALL", "other horse");
        await First.ShellAsync("loginctl enable-linger asked && loginctl enable-linger unasked");
    }

    public Task DisposeAsync() => Task.CompletedTask;
}

[CollectionDefinition(Name)]
public sealed class LabCollection : ICollectionFixture<LabServers>
{
    public const string Name = "lab";
}

/// <summary>A test that needs real servers. Where they cannot be had it is skipped and says why.</summary>
public sealed class LabFactAttribute : FactAttribute
{
    public LabFactAttribute() => Skip = Lab.WhyNot!;
}

/// <summary>The same with an Odoo for which there is no recipe here: its image has to be in the engine already.</summary>
public sealed class OdooFactAttribute : FactAttribute
{
    public OdooFactAttribute(string version) => Skip = (Lab.WhyNot ?? (Lab.HasImage($"odoo:{version}") ? null : $"the image odoo:{version} is not in this machine's engine; where a registry gives it: docker pull odoo:{version}"))!;
}

/// <summary>The same for a test that makes this machine itself a server.</summary>
public sealed class ThisMachineFactAttribute : FactAttribute
{
    public ThisMachineFactAttribute() => Skip = (Lab.WhyNot ?? Lab.WhyNotThisMachine())!;
}

/// <summary>The same for a test with cases.</summary>
public sealed class LabTheoryAttribute : TheoryAttribute
{
    public LabTheoryAttribute() => Skip = Lab.WhyNot!;
}


internal static class Lab
{
    public static string Folder { get; } = Environment.GetEnvironmentVariable("OCORE_LAB") ?? "/var/lib/ocore-lab";
    public static string Bin { get; } = Path.Combine(Repository(), "bin");

    /// <summary>What is promised is for a machine that has nothing else to do; on a busy one OCORE_TEST_PATIENCE says how many times as long.</summary>
    public static double Patience { get; } = double.Parse(Environment.GetEnvironmentVariable("OCORE_TEST_PATIENCE") ?? "1");

    public static string? WhyNoEngine { get; } =
        !OperatingSystem.IsLinux() ? "the tests of servers run on Linux only"
        : !File.Exists("/var/run/docker.sock") && !File.Exists(Path.Combine(Bin, "docker-engine")) ? "no Docker engine runs here and bin/docker-engine is not in this checkout"
        : null;

    public static string? WhyNot { get; } =
        WhyNoEngine is { } why ? why
        : !Environment.IsPrivilegedProcess ? "test servers are name spaces and need root: run the tests with sudo"
        : !File.Exists(Path.Combine(Bin, "lab")) ? "bin/lab is not in this checkout"
        : null;

    /// <summary>Asked once for each, when tests are looked for.</summary>
    public static bool HasImage(string image) => DockerSays("image", "inspect", image) is not null;

    /// <summary>As oCore judges it: one that renews its mark is alive, and one that has instances keeps the machine. Asked when tests are looked for.</summary>
    public static string? WhyNotThisMachine()
    {
        var mark = new FileInfo("/var/lib/ocore/server");
        if (!mark.Exists)
            return null;
        var isAlive = TimeProvider.System.GetUtcNow() - mark.LastWriteTimeUtc < TimeSpan.FromMinutes(5);
        return isAlive || DockerSays("ps", "-aq", "--filter", $"label=ocore.server={File.ReadAllText(mark.FullName).Trim()}", "--filter", "label=ocore.instance") is { Length: > 0 }
            ? $"another oCore works on this machine and is left alone: see {mark.FullName}" : null;
    }

    // Null where it refuses, and where there is none.
    private static string? DockerSays(params string[] words)
    {
        try
        {
            using var asked = Process.Start(new ProcessStartInfo("docker", words) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var said = asked.StandardOutput.ReadToEnd();
            asked.WaitForExit();
            return asked.ExitCode == 0 ? said : null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    public static Task<string> RunAsync(string verb, params string[] args) => RunAsync([Path.Combine(Bin, "lab"), verb, .. args]);

    public static Task<string> RunAsync(string program) => RunAsync([program]);

    public static Task<string> RunProgramAsync(string program, params string[] args) => RunAsync([program, .. args]);

    private static async Task<string> RunAsync(string[] words)
    {
        // To a file: what a lab starts in the background would keep a pipe open for ever.
        var output = Path.GetTempFileName();
        try
        {
            using var run = Process.Start(new ProcessStartInfo("sh", ["-c", "out=$1; shift; exec \"$@\" >\"$out\" 2>&1 </dev/null", "lab", output, .. words]))!;
            await run.WaitForExitAsync(new CancellationTokenSource(TimeSpan.FromMinutes(10)).Token);
            var said = await File.ReadAllTextAsync(output);
            return run.ExitCode == 0 ? said : throw new InvalidOperationException($"{string.Join(' ', words)} ended with {run.ExitCode}:\n{said}");
        }
        finally
        {
            File.Delete(output);
        }
    }

    private static string Repository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "OCore.slnx")))
                return folder.FullName;
        throw new InvalidOperationException("The tests do not lie in the repository.");
    }
}

/// <summary>One test server, and targets for its users.</summary>
internal sealed class LabServer(string name)
{
    private string Read(string file) => File.ReadAllText(Path.Combine(Lab.Folder, name, file)).Trim();

    public string Name => name;
    public HostName Host => HostName.Parse(Read("host"));
    public int Port => int.Parse(Read("port"));
    public string Key => Read("key") + "\n";
    public HostKey Pinned => HostKey.Parse(
        Read("known_hosts").Split('\n').Select(line => line[(line.IndexOf(' ') + 1)..]).First(line => line.StartsWith("ssh-ed25519", StringComparison.Ordinal)));

    public ServerTarget Target(string user = "deploy", string? sudoPassword = null) => new()
    {
        Id = Guid.CreateVersion7(),
        IsLocal = false,
        Host = Host.Value,
        Port = Port,
        User = user,
        HostKeyType = Pinned.Type,
        HostKeyLine = Pinned.Line,
        PrivateKeyPem = Key,
        SudoPassword = sudoPassword,
    };

    /// <summary>Runs a script as root from within the server, whatever its network does.</summary>
    public Task<string> ShellAsync(string script, params string[] args) => Lab.RunAsync("exec", [name, "sh", "-c", script, "lab", .. args]);

    /// <summary>As it was before any oCore; images stay, for carrying them takes long.</summary>
    public Task ForgetOCoreAsync() => ShellAsync(
        """
        docker ps -aq | xargs -r docker rm -fv >/dev/null
        docker volume ls -q | xargs -r docker volume rm -f >/dev/null
        docker network ls -q --filter label=ocore.server | xargs -r docker network rm >/dev/null
        for chain in $(iptables -t raw -S | sed -n 's/^-N \(OCORE-.*\)/\1/p'); do
          while iptables -t raw -D PREROUTING -j "$chain" 2>/dev/null; do :; done
          iptables -t raw -F "$chain"; iptables -t raw -X "$chain"
        done
        systemctl disable --quiet ocore-firewall.service 2>/dev/null || true
        rm -rf /var/lib/ocore /etc/systemd/system/ocore-firewall.service /etc/modprobe.d/ocore-nfs.conf
        keys=/home/deploy/.ssh/authorized_keys
        if [ -e "$keys" ]; then sed -i '/ ocore-[0-9a-f]*$/d' "$keys"; fi
        """);

    public Task DoAsync(string verb) => Lab.RunAsync(verb, name);

    public Task AddUserAsync(string user, string sudo, string password) => ShellAsync(
        """
        set -eu
        id "$1" >/dev/null 2>&1 || useradd --create-home --shell /bin/bash "$1"
        printf '%s:%s\n' "$1" "$3" | chpasswd
        install -d -m 700 -o "$1" -g "$1" "/home/$1/.ssh"
        install -m 600 -o "$1" -g "$1" /root/.ssh/authorized_keys "/home/$1/.ssh/authorized_keys"
        printf '%s ALL=(ALL) %s\n' "$1" "$2" > "/etc/sudoers.d/$1"
        chmod 440 "/etc/sudoers.d/$1"
        """, user, sudo, password);
}
