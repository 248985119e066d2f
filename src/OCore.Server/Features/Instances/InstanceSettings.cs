using OCore.Client;
using OCore.Features.Templates;

namespace OCore.Features.Instances;

/// <summary>What differs between two states of an instance's settings, for people.</summary>
internal static class InstanceSettings
{
    public static SettingsDiff Diff(OdooPlan before, OdooPlan after)
    {
        var (old, wanted) = (Keys(before), Keys(after));
        var changes = old.Keys.Union(wanted.Keys).Order(StringComparer.Ordinal)
            .Where(k => old.GetValueOrDefault(k) != wanted.GetValueOrDefault(k))
            .Select(k => new SettingChange { Key = k, Before = Shown(k, old.GetValueOrDefault(k)), After = Shown(k, wanted.GetValueOrDefault(k)) }).ToList();
        return new SettingsDiff { Changes = changes, RestartNeeded = changes.Count > 0 };
    }

    /// <summary>Against what the container runs with; it keeps the settings it was made with.</summary>
    public static SettingsDiff Pending(Instance instance, OdooPlan wanted) => instance.AppliedKeys is { } applied
        ? Diff(Keys(wanted), applied) : new SettingsDiff { Changes = [], RestartNeeded = false };

    public static Dictionary<string, string> Keys(OdooPlan plan)
    {
        var keys = OdooConf.RenderMasked(plan).Split('\n').Select(l => l.Split(" = ", 2)).Where(p => p.Length == 2).ToDictionary(p => p[0], p => p[1]);
        keys["memory (MB)"] = plan.MemoryMb.ToString();
        keys["cpus"] = plan.Cpus?.ToString() ?? "unlimited";
        keys["image"] = plan.Image;
        return keys;
    }

    private static SettingsDiff Diff(Dictionary<string, string> wanted, Dictionary<string, string> applied)
    {
        var changes = applied.Keys.Union(wanted.Keys).Order(StringComparer.Ordinal).Where(k => applied.GetValueOrDefault(k) != wanted.GetValueOrDefault(k))
            .Select(k => new SettingChange { Key = k, Before = applied.GetValueOrDefault(k), After = wanted.GetValueOrDefault(k) }).ToList();
        return new SettingsDiff { Changes = changes, RestartNeeded = changes.Count > 0 };
    }

    private static string? Shown(string key, string? value) => value is null ? null : OdooSettings.IsSecret(key) ? "••••" : value;
}
