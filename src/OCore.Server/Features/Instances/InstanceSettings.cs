using System.Security.Cryptography;
using System.Text;
using OCore.Client;
using OCore.Features.Templates;
using OCore.Platform.Security;

namespace OCore.Features.Instances;

/// <summary>What differs between two states of an instance's settings, for people.</summary>
internal static class InstanceSettings
{
    public static SettingsDiff Diff(OdooPlan before, OdooPlan after) => Diff(Values(before), Values(after));

    /// <summary>What to keep of what a container is made with: of secrets a mark only, by which another one is told.</summary>
    public static Dictionary<string, string> Keys(OdooPlan plan, SecretBox secrets)
    {
        // With a key: somebody who reads the database could try passwords against a bare hash.
        var key = secrets.Derive("instance.applied", plan.InstanceId, []);
        return Values(plan).ToDictionary(v => v.Key, v => !OdooSettings.IsSecret(v.Key) ? v.Value
            : $"{SealedSettings.Mask} {Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{v.Key} = {v.Value}")).AsSpan(0, 16))}");
    }

    /// <summary>Secrets are compared, and not shown: another one says that it is.</summary>
    public static SettingsDiff Diff(IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> after)
    {
        var changes = before.Keys.Union(after.Keys).Order(StringComparer.Ordinal)
            .Select(k => (Key: k, Before: before.GetValueOrDefault(k), After: after.GetValueOrDefault(k))).Where(c => !IsSame(c.Key, c.Before, c.After))
            .Select(c => !OdooSettings.IsSecret(c.Key) ? new SettingChange { Key = c.Key, Before = c.Before, After = c.After } : new SettingChange
            {
                Key = c.Key, Before = c.Before is null ? null : SealedSettings.Mask, After = c.After is null ? null : c.Before is null ? SealedSettings.Mask : $"{SealedSettings.Mask} (changed)",
            }).ToList();
        return new SettingsDiff { Changes = changes, RestartNeeded = changes.Count > 0 };
    }

    // An earlier oCore kept no mark of a secret; which one it was nobody knows until the next restart.
    private static bool IsSame(string key, string? before, string? after) =>
        before == after || before == SealedSettings.Mask && after is not null && OdooSettings.IsSecret(key);

    private static Dictionary<string, string> Values(OdooPlan plan)
    {
        var values = OdooConf.Render(plan).Split('\n').Select(l => l.Split(" = ", 2)).Where(p => p.Length == 2).ToDictionary(p => p[0], p => p[1]);
        values["memory (MB)"] = plan.MemoryMb.ToString();
        values["cpus"] = plan.Cpus?.ToString() ?? "unlimited";
        values["image"] = plan.Image;
        return values;
    }
}
