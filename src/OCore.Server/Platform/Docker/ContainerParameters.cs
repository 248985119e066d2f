using Docker.DotNet.Models;

namespace OCore.Platform.Docker;

// The client library takes null for "as the image has it", but does not say so in its types: hence the '!'.

/// <summary>Translates a spec into Docker's words, adding what every container of oCore has.</summary>
internal static class ContainerParameters
{
    public static CreateContainerParameters From(ContainerSpec spec, string hash) => new()
    {
        Name = spec.Name.Value,
        Image = spec.Image.Value,
        Entrypoint = spec.Entrypoint?.ToList()!,
        Cmd = spec.Command?.ToList()!,
        Env = [.. spec.Env.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}")],
        Labels = new Dictionary<string, string>(spec.Labels) { [SpecHash.Label] = hash },
        User = spec.User!,
        WorkingDir = spec.WorkingFolder!,
        Hostname = spec.HostName!,
        StopSignal = spec.StopSignal!,
        StopTimeout = spec.StopTimeout,
        ExposedPorts = spec.Ports.Select(Port).Distinct().ToDictionary(port => port, _ => default(EmptyStruct)),
        Healthcheck = spec.Healthcheck is { } check ? Health(check) : null!,
        HostConfig = Host(spec),
        NetworkingConfig = spec.Networks is [var first, ..]
            ? new() { EndpointsConfig = new Dictionary<string, EndpointSettings> { [first.Name.Value] = Endpoint(first) } }
            : null!,
    };

    public static EndpointSettings Endpoint(ContainerNetwork network) => new() { Aliases = [.. network.Aliases] };

    // Older engines count name_to_handle_at among what only the administrator of a machine may do. Everything else that they refuse
    // and that needs no capability which the container does not have is refused here as well.
    private const string ByHandle = """
        {"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"action":"SCMP_ACT_ERRNO","names":["_sysctl","acct","add_key","bpf","clock_adjtime","clock_settime","create_module","delete_module","finit_module","fsconfig","fsmount","fsopen","fspick","get_kernel_syms","init_module","ioperm","iopl","kcmp","kexec_file_load","kexec_load","keyctl","lookup_dcookie","mount","mount_setattr","move_mount","move_pages","open_tree","perf_event_open","pivot_root","process_vm_readv","process_vm_writev","ptrace","query_module","quotactl","reboot","request_key","setns","settimeofday","stime","swapoff","swapon","sysfs","umount","umount2","unshare","uselib","userfaultfd","ustat","vm86","vm86old"]}]}
        """;

    private static HostConfig Host(ContainerSpec spec) => new()
    {
        SecurityOpt = spec.OpensByHandle ? ["no-new-privileges", "seccomp=" + ByHandle] : ["no-new-privileges"],
        // Without a limit one chatty program fills the server's disk.
        LogConfig = new() { Type = "json-file", Config = new Dictionary<string, string> { ["max-size"] = "10m", ["max-file"] = "3" } },
        NetworkMode = spec.HoldsAddresses ? "host" : spec.NoNetwork ? "none" : spec.Networks is [var first, ..] ? first.Name.Value : null!,
        RestartPolicy = new() { Name = Rule(spec.Restart) },
        Memory = spec.MemoryBytes,
        MemorySwap = spec.MemoryBytes,
        NanoCPUs = spec.NanoCpus,
        PidsLimit = spec.PidsLimit > 0 ? spec.PidsLimit : null,
        ShmSize = spec.ShmBytes,
        ReadonlyRootfs = spec.ReadOnly,
        CapDrop = [.. spec.DropCapabilities],
        CapAdd = spec.OpensByHandle ? ["DAC_READ_SEARCH"] : spec.HoldsAddresses ? ["NET_ADMIN", "NET_RAW", "SETGID", "SETUID"] : null!,
        Init = spec.Init ? true : null,
        Mounts = [.. spec.Mounts.Select(Mount)],
        Tmpfs = spec.Tmpfs.ToDictionary(t => t.Target.Value, t => $"rw,nosuid,nodev,size={t.Bytes},mode={Convert.ToString((int)t.Mode, 8)}"),
        PortBindings = spec.Ports.GroupBy(Port).ToDictionary(port => port.Key, port => (IList<PortBinding>)[.. port.Select(Binding)]),
    };

    private static Mount Mount(ContainerMount mount) => new()
    {
        Type = mount.IsVolume ? "volume" : "bind",
        Source = mount.Source,
        Target = mount.Target.Value,
        ReadOnly = mount.ReadOnly,
        // Nothing of the image is copied into a folder that others have too.
        VolumeOptions = mount.Options.Count == 0 ? null! : new VolumeOptions
        {
            NoCopy = true, Labels = new Dictionary<string, string>(mount.Labels), DriverConfig = new Driver { Name = "local", Options = new Dictionary<string, string>(mount.Options) },
        },
    };

    private static string Port(PublishedPort port) => $"{port.ContainerPort}/{port.Protocol}";

    private static PortBinding Binding(PublishedPort port) => new() { HostIP = port.HostAddress.ToString(), HostPort = port.HostPort.ToString() };

    private static HealthcheckConfig Health(ContainerHealthcheck check) => new()
    {
        Test = ["CMD", .. check.Command],
        Interval = check.Interval,
        Timeout = check.Timeout,
        Retries = check.Retries,
        StartPeriod = check.StartPeriod,
    };

    private static RestartPolicyKind Rule(RestartRule rule) => rule switch
    {
        RestartRule.OnFailure => RestartPolicyKind.OnFailure,
        RestartRule.UnlessStopped => RestartPolicyKind.UnlessStopped,
        RestartRule.Always => RestartPolicyKind.Always,
        _ => RestartPolicyKind.No,
    };
}
