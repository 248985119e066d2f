using System.Security.Cryptography;
using System.Text;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Features.Templates;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Files;

/// <summary>
/// odoo.conf among the files. It is not a file that somebody wrote: oCore writes it from the settings, secrets are masked in what is shown,
/// and what is saved becomes settings again. Only keys that may be set can be changed, added or taken out.
/// </summary>
internal static class ConfigurationFile
{
    public const string Root = "configuration", Name = "odoo.conf";
    private const string Head = "# Written by oCore from the settings. What may be set can be changed, added and taken out here;\n# it takes effect with a restart. Addresses, passwords and paths are oCore's own.\n";
    public static readonly FileRoot AsRoot = new() { Name = Root, Path = "/etc/odoo", Writable = true };

    public static FolderView Folder(OdooPlan plan, Instance instance) => new()
    {
        Root = AsRoot, Path = "", HasMore = false, Roots = FilesInContainer.RootsOf(plan),
        Entries = [new FileEntry { Name = Name, Kind = "file", Size = Encoding.UTF8.GetByteCount(TextOf(plan)), ModifiedAt = ChangedAt(instance) }],
    };

    public static FileView View(OdooPlan plan, Instance instance)
    {
        var bytes = Encoding.UTF8.GetBytes(TextOf(plan));
        return new FileView
        {
            Root = AsRoot, Path = Name, Size = bytes.Length, ModifiedAt = ChangedAt(instance), Hash = Convert.ToHexStringLower(SHA256.HashData(bytes)), IsBinary = false, IsLarge = false, Text = Encoding.UTF8.GetString(bytes),
        };
    }

    public static string TextOf(OdooPlan plan) => Head + OdooConf.RenderMasked(plan);

    /// <summary>What is wrong with a text as a new odoo.conf of this instance.</summary>
    public static IReadOnlyList<FileFault> Check(OdooPlan plan, string text) => Read(plan, text).Faults;

    /// <summary>Makes the text the instance's settings; the caller saves.</summary>
    public static Problem? Apply(Instance instance, OdooPlan plan, string text, SecretBox secrets)
    {
        var (changes, faults) = Read(plan, text);
        if (faults.Count > 0)
            return new Problem(400, "invalid_setting", $"Line {faults[0].Line}: {faults[0].Message}", "POST …/files/check names all that is wrong.");
        var (config, env) = (new Dictionary<string, string>(instance.Config), new Dictionary<string, string>(instance.EnvVars));
        foreach (var (key, value) in changes)
        {
            if (key == "workers")
            {
                var follows = instance.MemoryMb == Provisioning.DefaultMemoryMb(instance.Workers);
                instance.Workers = int.Parse(value!);
                instance.MemoryMb = follows ? Provisioning.DefaultMemoryMb(instance.Workers) : instance.MemoryMb;
                continue;
            }
            env.Remove(key.ToUpperInvariant());
            config.Remove(key);
            if (value is not null)
                config[key] = value;
        }
        (instance.Config, instance.EnvVars) = (secrets.Sealed(config, instance.Config, instance.RootId), env);
        return null;
    }

    /// <returns>Keys with their new values, null for those that were taken out.</returns>
    private static (Dictionary<string, string?> Changes, List<FileFault> Faults) Read(OdooPlan plan, string text)
    {
        var now = OdooConf.RenderMasked(plan).Split('\n').Select(l => l.Split(" = ", 2)).Where(p => p.Length == 2).ToDictionary(p => p[0], p => p[1]);
        var (changes, faults, seen, number) = (new Dictionary<string, string?>(), new List<FileFault>(), new HashSet<string>(), 0);
        foreach (var raw in text.Split('\n'))
        {
            number++;
            var line = raw.Trim();
            if (line.Length == 0 || line[0] is '#' or ';' || line == "[options]")
                continue;
            var parts = line.Split('=', 2, StringSplitOptions.TrimEntries);
            if (parts.Length < 2)
                Say("A line is a key, an equals sign and a value; or a comment after #.");
            else if (!seen.Add(parts[0]))
                Say($"{parts[0]} is here twice.");
            else if (now.GetValueOrDefault(parts[0]) != parts[1])
            {
                if ((plan.Cluster is not null && parts[0] is "workers" or "db_maxconn" or "max_cron_threads" ? "The drawing of its topology says that." : parts[1] == SealedSettings.Mask ? "This is no value but how oCore hides one." : OdooSettings.Refusal(parts[0], parts[1])) is { } refusal)
                    Say($"{parts[0]}: {refusal}");
                else
                    changes[parts[0]] = parts[1];
            }
        }
        number = 1;
        foreach (var gone in now.Keys.Where(k => !seen.Contains(k)))
            if (!OdooSettings.IsAllowed(gone) || gone == "workers")
                Say($"{gone} is missing; oCore sets it itself.");
            else
                changes[gone] = null;
        return (changes, faults);

        void Say(string message) => faults.Add(new FileFault { Line = number, Column = 1, Message = message });
    }

    private static DateTimeOffset ChangedAt(Instance instance) => instance.StartedAt ?? instance.CreatedAt;
}
