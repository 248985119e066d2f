using Microsoft.EntityFrameworkCore;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Features.Templates;
using OCore.Platform.Data;

namespace OCore.Features.Backups;

/// <summary>What speaks against restoring a backup, found before anything is touched.</summary>
internal sealed class BackupPreflight(OdooCatalog catalog, ModuleCatalog modules)
{
    /// <summary>Into an instance that is there.</summary>
    public async Task<List<string>> OfInstanceAsync(OCoreDb db, Backup backup, Instance instance, Server server, CancellationToken stop)
    {
        var findings = await BesideAsync(db, backup, instance, server, stop);
        if (backup.Manifest?.DatabaseName is { } name && name != instance.Database && await db.InstanceDatabases.AnyAsync(d => d.InstanceId == instance.Id && d.Name == name, stop))
            findings.Add($"The backup is of the database {name}, which now lies beside {instance.Database}, the one that {instance.Name} serves. Serve {name} first, or restore the backup as a database of its own.");
        return findings;
    }

    /// <summary>As a further database of an instance that is there.</summary>
    public async Task<List<string>> BesideAsync(OCoreDb db, Backup backup, Instance instance, Server server, CancellationToken stop)
    {
        var findings = new List<string>();
        if (backup.OdooVersion != instance.OdooVersion)
            findings.Add($"The backup is of Odoo {backup.OdooVersion}, and {instance.Name} runs {instance.OdooVersion}. A database moves to another version by an upgrade only.");
        if (backup.OdooEdition == "ee" && instance.OdooEdition != "ee")
            findings.Add($"The backup is of Enterprise, and {instance.Name} runs Community.");
        await AddModulesAsync(findings, db, backup, instance.Image, instance.OdooEdition, instance.Repositories.Count, instance.RootId, server, stop);
        return findings;
    }

    /// <summary>As a new instance on a server.</summary>
    public async Task<List<string>> OfCopyAsync(OCoreDb db, Backup backup, BackupSettings settings, Server server, bool neutralize, CancellationToken stop)
    {
        var findings = new List<string>();
        if (neutralize && int.TryParse(backup.OdooVersion[..2], out var major) && major < 16)
            findings.Add($"Odoo {major} has no way to neutralize a database; only a copy that takes the original's place can be made.");
        await AddModulesAsync(findings, db, backup, settings.Image, settings.OdooEdition, settings.Repositories.Count, backup.RootId, server, stop);
        return findings;
    }

    /// <summary>The image for a version; null where the catalogue has none.</summary>
    public string? ImageOf(string version) => catalog.Find(version) is null ? null : catalog.ImageOf(version, null).Value;

    public string Versions => catalog.Versions;

    // What comes from repositories is known only once they are fetched.
    private async Task AddModulesAsync(List<string> findings, OCoreDb db, Backup backup, string image, string edition, int repositories, Guid rootId, Server server, CancellationToken stop)
    {
        if (repositories > 0 || backup.Manifest is not { } manifest)
            return;
        var enterprise = edition == "ee" ? await OdooSources.FindAsync(db, rootId, backup.OdooVersion, stop) : null;
        // oCore's own is put beside Odoo's modules.
        var wanted = manifest.Modules.Keys.Where(m => m != "hosting_connect");
        if (await modules.UnknownAsync(image, server, wanted, edition, enterprise?.Archives.GetValueOrDefault(backup.OdooVersion)?.Modules, stop) is { Count: > 0 } unknown)
            findings.Add($"These modules of the backup are not in {image}: {string.Join(", ", unknown.Take(20))}{(unknown.Count > 20 ? " …" : "")}.");
    }
}
