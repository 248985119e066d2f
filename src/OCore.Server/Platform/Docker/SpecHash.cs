using System.Security.Cryptography;
using System.Text.Json;

namespace OCore.Platform.Docker;

/// <summary>
/// Whether a container is the one a spec asks for is read off one label. The canonical form is written member by
/// member and sorted where order means nothing, so equal specs have equal hashes in every version of .NET.
/// </summary>
internal static class SpecHash
{
    public const string Label = "ocore.spec";

    public static string Of(ContainerSpec spec)
    {
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes)) Write(json, spec);
        return Convert.ToHexStringLower(SHA256.HashData(bytes.GetBuffer().AsSpan(0, (int)bytes.Length)));
    }

    private static void Write(Utf8JsonWriter json, ContainerSpec spec)
    {
        json.WriteStartObject();
        json.WriteNumber("form", 1);
        json.WriteString("name", spec.Name.Value);
        json.WriteString("image", spec.Image.Value);
        Texts(json, "entrypoint", spec.Entrypoint);
        Texts(json, "command", spec.Command);
        Map(json, "env", spec.Env);
        Map(json, "labels", spec.Labels);
        Limits(json, spec);
        json.WriteString("user", spec.User);
        json.WriteString("folder", spec.WorkingFolder);
        json.WriteString("hostname", spec.HostName);
        json.WriteBoolean("readOnly", spec.ReadOnly);
        json.WriteBoolean("noNetwork", spec.NoNetwork);
        json.WriteBoolean("init", spec.Init);
        json.WriteString("stopSignal", spec.StopSignal);
        json.WriteNumber("stopTimeout", spec.StopTimeout?.Ticks ?? -1);
        // The first network is where the way out is: their order counts, that of aliases does not.
        Texts(json, "networks", [.. spec.Networks.Select(net => $"{net.Name} {string.Join(' ', net.Aliases.Order(StringComparer.Ordinal))}")]);
        Texts(json, "mounts", Sorted(spec.Mounts.Select(m => $"{m.Target}|{m.Source}|{m.IsVolume}|{m.ReadOnly}")));
        Texts(json, "ports", Sorted(spec.Ports.Select(p => $"{p.HostAddress}|{p.HostPort}|{p.ContainerPort}|{p.Protocol}")));
        Texts(json, "tmpfs", Sorted(spec.Tmpfs.Select(t => $"{t.Target}|{t.Bytes}|{(int)t.Mode}")));
        Texts(json, "drop", Sorted(spec.DropCapabilities));
        Texts(json, "files", Sorted(spec.Files.Select(File)));
        // Only where there are any: what was made before them keeps its hash.
        if (spec.HoldsAddresses) json.WriteBoolean("addresses", true);
        if (spec.OpensByHandle) json.WriteBoolean("handles", true);
        if (spec.Mounts.Any(m => m.Options.Count > 0)) Texts(json, "volumes", Sorted(spec.Mounts.SelectMany(m => m.Options.Select(o => $"{m.Source}|{o.Key}|{o.Value}"))));
        if (spec.Archives.Count > 0) Texts(json, "archives", Sorted(spec.Archives.Select(a => a.Id)));
        Health(json, spec.Healthcheck);
        json.WriteEndObject();
    }

    private static void Limits(Utf8JsonWriter json, ContainerSpec spec)
    {
        json.WriteNumber("memory", spec.MemoryBytes);
        json.WriteNumber("cpus", spec.NanoCpus);
        json.WriteNumber("pids", spec.PidsLimit);
        json.WriteNumber("shm", spec.ShmBytes);
        json.WriteString("restart", spec.Restart.ToString());
    }

    private static void Health(Utf8JsonWriter json, ContainerHealthcheck? check)
    {
        if (check is null) return;
        Texts(json, "healthcheck", check.Command);
        json.WriteString("healthTimes", $"{check.Interval.Ticks}|{check.Timeout.Ticks}|{check.Retries}|{check.StartPeriod.Ticks}");
    }

    private static string File(ContainerFile file) =>
        $"{file.Path}|{(int)file.Mode}|{file.Uid}|{file.Gid}|{Convert.ToHexStringLower(SHA256.HashData(file.Content.Span))}";

    private static string[] Sorted(IEnumerable<string> texts) => [.. texts.Order(StringComparer.Ordinal)];

    private static void Texts(Utf8JsonWriter json, string name, IReadOnlyList<string>? texts)
    {
        if (texts is null)
        {
            json.WriteNull(name);
            return;
        }
        json.WriteStartArray(name);
        foreach (var text in texts) json.WriteStringValue(text);
        json.WriteEndArray();
    }

    private static void Map(Utf8JsonWriter json, string name, IReadOnlyDictionary<string, string> map)
    {
        json.WriteStartObject(name);
        foreach (var (key, value) in map.OrderBy(pair => pair.Key, StringComparer.Ordinal)) json.WriteString(key, value);
        json.WriteEndObject();
    }
}
