using OCore.Platform.Docker;
using OCore.Platform.Operations;
using OCore.Platform.Remote;

namespace OCore.Features.Servers;

/// <summary>Docker on a server that has none: the distribution's own package, so that its updates go on coming.</summary>
internal static class DockerInstall
{
    private static readonly Version Oldest = new(20, 10);
    private static readonly TimeSpan Within = TimeSpan.FromMinutes(20), AnswersWithin = TimeSpan.FromSeconds(60);

    // Newer releases of Debian have the client in a package of its own. Where there is no systemd, the engine is started by init's own
    // script, or as bin/docker-engine does: without the files of one that was killed, which keep another from starting where their number
    // has been given away since, and with the MTU of the machine's way out.
    private const string Script = """
        set -eu
        export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
        apt='apt-get -q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0'
        if ! command -v dockerd >/dev/null 2>&1; then
          $apt update
          $apt install --no-install-recommends docker.io iptables ca-certificates
        fi
        command -v docker >/dev/null 2>&1 || $apt install --no-install-recommends docker-cli
        runs() { [ -e "$1" ] && p=$(cat "$1") && case $(readlink "/proc/$p/exe") in */"$2") ;; *) false ;; esac; }
        init=$(cat /proc/1/comm)
        if [ "$init" = systemd ]; then
          systemctl enable --now docker
        elif ! runs /run/docker.pid dockerd; then
          rm -f /run/docker.pid
          runs /run/docker/containerd/containerd.pid containerd || rm -f /run/docker/containerd/containerd.pid
          if [ "$init" != init ] || [ ! -x /etc/init.d/docker ] || ! service docker start; then
            device=$(awk '$2 == "00000000" { print $1; exit }' /proc/net/route)
            mtu=$(cat "/sys/class/net/$device/mtu" 2>/dev/null || echo 1500)
            set --
            if [ "$mtu" -lt 1500 ] && ! grep -qs '"mtu"' /etc/docker/daemon.json; then set -- "--mtu=$mtu"; fi
            echo "Starting dockerd; its log is /var/log/ocore-dockerd.log"
            (ulimit -n 1048576 2>/dev/null || true; exec setsid nohup dockerd "$@" >>/var/log/ocore-dockerd.log 2>&1 </dev/null) &
          fi
        fi
        """;

    public static async Task EnsureAsync(IServerConnection connection, Server server, Action<string> log, CancellationToken stop)
    {
        if (await VersionAsync(connection, stop) is { } present)
        {
            log($"Docker {present} is there");
            Check(server, present);
            return;
        }
        var system = await ServerFactsReader.IdentifyAsync(connection, stop);
        if (!system.HasKnownPackages)
            throw new StepRefusedException("unsupported_os", $"{server.Name} has no Docker Engine, and oCore cannot install it on {system.Name}.",
                "oCore installs Docker on Debian 11 and later and on Ubuntu 20.04 and later. On other systems install Docker Engine 20.10 or later yourself and validate the server again.");
        log($"Installing Docker on {system.Name}");
        await foreach (var line in connection.StreamAsync(RemoteCommand.Script(Script).AsRoot().WithTimeout(Within), stop))
            log(line);
        log($"Docker {await WaitAsync(connection, server, stop)} runs");
    }

    private static async Task<string> WaitAsync(IServerConnection connection, Server server, CancellationToken stop)
    {
        using var late = new CancellationTokenSource(AnswersWithin);
        while (true)
        {
            if (await VersionAsync(connection, stop) is { } version)
            {
                Check(server, version);
                return version;
            }
            if (late.IsCancellationRequested)
                throw new StepRefusedException("docker_failed", $"Docker was installed on {server.Name} but does not run.", "Look at it on the server: journalctl -u docker, or /var/log/ocore-dockerd.log where systemd does not run.");
            await Task.Delay(TimeSpan.FromMilliseconds(500), stop);
        }
    }

    private static async Task<string?> VersionAsync(IServerConnection connection, CancellationToken stop)
    {
        try
        {
            return (await connection.Docker.VersionAsync(stop)).Version;
        }
        catch (DockerUnavailableException)
        {
            return null;
        }
    }

    private static void Check(Server server, string version)
    {
        if (Version.TryParse(new string([.. version.TakeWhile(c => char.IsDigit(c) || c == '.')]), out var seen) && seen < Oldest)
            throw new StepRefusedException("docker_too_old", $"{server.Name} has Docker {version}.", $"oCore needs {Oldest} or later.");
    }
}
