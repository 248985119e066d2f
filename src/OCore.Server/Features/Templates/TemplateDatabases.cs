using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Platform.Data;
using OCore.Platform.Docker;
using OCore.Platform.Operations;
using OCore.Platform.Remote;

namespace OCore.Features.Templates;

/// <summary>Everything that decides what is in a freshly initialised database.</summary>
internal sealed record TemplateContent(
    string Image, string Version, string Edition, IReadOnlyList<string> Modules, IReadOnlyList<string> Languages, bool Demo, IReadOnlyList<TemplateRepository> Repositories, IReadOnlyList<SourcePin> Sources)
{
    /// <summary>What is asked for. Where sources come from Git, one wish has many contents over time.</summary>
    public string Wish => Hash(new
    {
        Image, Version, Edition, Modules = Modules.Order(StringComparer.Ordinal), Languages = Languages.Order(StringComparer.Ordinal), Demo,
        Repositories = Repositories.Select(r => new { r.Url, r.Branch }),
    });

    /// <summary>Equal contents share one database on a server, whichever templates ask for it.</summary>
    public string Key => Sources.Count == 0 ? Wish : Hash(new { Wish, Sources = Sources.Select(s => s.Key) });

    public string Database => "tpl_" + Key;

    public static TemplateContent Of(Instance instance) =>
        new(instance.Image, instance.OdooVersion, instance.OdooEdition, instance.Modules, instance.Languages, instance.DemoData, instance.Repositories, instance.Sources);

    private static string Hash<T>(T value) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(value))))[..24];
}

/// <summary>
/// Pre-initialised databases on the servers. Building one takes as long as Odoo takes to install the modules; every instance after
/// that is a clone, which takes less than a second.
/// </summary>
internal sealed class TemplateDatabases(ServerSources sources, ServerAccess access, ServerFiles files, TimeProvider time)
{
    private static readonly RemotePath Folder = ServerLabels.Folder.Combine("templates");
    private static readonly ConcurrentDictionary<(Guid, string), SemaphoreSlim> Turns = new();

    /// <summary>Where the files of one are on its server. They are Odoo's while it is built; after that nothing but copies is made of them.</summary>
    public static RemotePath FolderOf(string database) => Folder.Combine(database);

    /// <summary>The database for this content on this server, built where it is missing.</summary>
    public async Task<TemplateCache> EnsureAsync(OCoreDb db, IServerConnection connection, Server server, TemplateContent content, Action<string> log, CancellationToken stop)
    {
        var turn = Turns.GetOrAdd((server.Id, content.Key), _ => new SemaphoreSlim(1, 1));
        await turn.WaitAsync(stop);
        try
        {
            var cache = await RowAsync(db, server, content, stop);
            if (cache.Status == "removing")
                throw new TryLaterException("The template database is being removed; it is made again.");
            var state = await PostgresContainer.SqlAsync(connection, "postgres", OdooSql.TemplateState, new Dictionary<string, string> { ["db"] = content.Database }, stop);
            if (state.Trim() != "ready")
                await BuildAsync(db, connection, server, content, cache, log, stop);
            cache.Status = "ready";
            cache.Error = null;
            cache.ReadyAt ??= time.GetUtcNow();
            cache.LastUsedAt = time.GetUtcNow();
            cache.UnusedSince = null;
            await db.SaveChangesAsync(stop);
            return cache;
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task<TemplateCache> RowAsync(OCoreDb db, Server server, TemplateContent content, CancellationToken stop)
    {
        var cache = await db.TemplateCaches.SingleOrDefaultAsync(c => c.ServerId == server.Id && c.Key == content.Key, stop);
        if (cache is null)
        {
            cache = new TemplateCache { OrgId = server.OrgId, RootId = server.RootId, ServerId = server.Id, Key = content.Key, Wish = content.Wish, Database = content.Database, Image = content.Image, Sources = [.. content.Sources], Status = "building", LastUsedAt = time.GetUtcNow() };
            db.Add(cache);
        }
        else if (cache.Status != "removing")
            (cache.LastUsedAt, cache.UnusedSince) = (time.GetUtcNow(), null);
        await db.SaveChangesAsync(stop);
        return cache;
    }

    private async Task BuildAsync(OCoreDb db, IServerConnection connection, Server server, TemplateContent content, TemplateCache cache, Action<string> log, CancellationToken stop)
    {
        await sources.EnsureAsync(db, connection, server, new SourceUse(server.RootId, content.Version, content.Repositories, content.Sources), log, stop);
        log($"Initialising Odoo {content.Version} with {string.Join(", ", content.Modules.DefaultIfEmpty("base"))}. This is done once for each server.");
        var name = DockerName.Parse("ocore-template-" + content.Key);
        // A build that a process before this one began goes on; what is half built and abandoned is begun again.
        if (await connection.Docker.FindAsync(name, stop) is not { IsRunning: true })
        {
            await connection.Docker.RemoveContainerAsync(name, stop);
            await PostgresContainer.SqlAsync(connection, "postgres", OdooSql.DropTemplate, new Dictionary<string, string> { ["db"] = content.Database }, stop);
        }
        var password = access.TemplateRolePassword(server, content.Database);
        await PostgresContainer.SqlAsync(connection, "postgres", OdooSql.BeginTemplate, new Dictionary<string, string> { ["db"] = content.Database, ["password"] = password }, stop);
        await PostgresContainer.SqlAsync(connection, content.Database, OdooSql.OpenSchema, new Dictionary<string, string> { ["db"] = content.Database }, stop);
        await ServerFiles.MakeFoldersAsync(connection, [FolderOf(content.Database)], stop, await files.OwnerAsync(connection, server.Id, content.Image, stop));
        var result = await connection.Docker.RunOnceAsync(Spec(name, content, password, server.Id), stop, log, keepOnCancel: true);
        if (!result.Ok)
        {
            cache.Status = "failed";
            cache.Error = OdooOutput.Complaint(result.Tail);
            await db.SaveChangesAsync(stop);
            throw new StepRefusedException("initialisation_failed", $"Odoo could not initialise the database (exit code {result.ExitCode}): {cache.Error}", "The operation's log has Odoo's own output. A module that does not exist in this version is the usual cause.");
        }
        await RefuseMissingModulesAsync(connection, content, stop);
        if (content.Demo)
            await PostgresContainer.SqlAsync(connection, content.Database, OdooSql.CloseDemoAccounts, new Dictionary<string, string>(), stop, role: content.Database);
        var size = await PostgresContainer.SqlAsync(connection, "postgres", OdooSql.FinishTemplate, new Dictionary<string, string> { ["db"] = content.Database }, stop);
        cache.SizeBytes = long.TryParse(size.Trim().Split('\n')[^1], out var bytes) ? bytes : null;
        cache.ReadyAt = time.GetUtcNow();
    }

    // Odoo only warns about names it does not know, and goes on.
    private static async Task RefuseMissingModulesAsync(IServerConnection connection, TemplateContent content, CancellationToken stop)
    {
        var installed = JsonSerializer.Deserialize<HashSet<string>>(await PostgresContainer.SqlAsync(connection, content.Database, OdooSql.ModulesInState, new Dictionary<string, string>(), stop, role: content.Database)) ?? [];
        var missing = content.Modules.Concat(content.Edition == "ee" ? [EnterpriseArchives.Mark] : Array.Empty<string>()).Where(m => !installed.Contains(m)).ToList();
        if (missing.Count > 0)
            throw new StepRefusedException("unknown_modules", $"Odoo {content.Version} of this image has no module {string.Join(", ", missing)}.", "Correct the template's module list, or add the repository that has them.");
    }

    private static ContainerSpec Spec(DockerName name, TemplateContent content, string password, Guid server)
    {
        var paths = OdooSources.PathsFor(content.Edition, content.Repositories.Count).Append("/mnt/extra-addons");
        var configuration = $"[options]\naddons_path = {string.Join(',', paths)}\ndata_dir = /var/lib/odoo\ndb_host = {PostgresContainer.Host}\ndb_port = 5432\ndb_user = {content.Database}\ndb_password = {password}\nlist_db = False\n";
        List<string> command = ["-d", content.Database, "-i", string.Join(',', (string[])["base", .. content.Edition == "ee" ? [EnterpriseArchives.Mark] : Array.Empty<string>(), .. content.Modules]), "--stop-after-init", "--no-http", "--max-cron-threads=0"];
        if (content.Languages.Count > 0)
            command.Add("--load-language=" + string.Join(',', content.Languages));
        // Demo data is asked for from 19 on, and refused before.
        if (int.Parse(content.Version[..2]) >= 19)
            command.AddRange(content.Demo ? ["--with-demo"] : []);
        else if (!content.Demo)
            command.Add("--without-demo=all");
        return new ContainerSpec
        {
            Name = name, Image = ImageRef.Parse(content.Image), Entrypoint = OdooContainer.Program, Command = command,
            Networks = [new ContainerNetwork(DockerName.Parse("ocore"))],
            Mounts = [ContainerMount.Folder(FolderOf(content.Database), RemotePath.Parse("/var/lib/odoo")), .. ServerSources.Mounts(content.Sources)],
            Labels = new Dictionary<string, string>(ServerLabels.Of(server)) { ["ocore.template"] = content.Key },
            MemoryBytes = 2L << 30,
            Files = [ContainerFile.Text(RemotePath.Parse("/etc/odoo/odoo.conf"), configuration)],
        };
    }

    /// <summary>Removes one from its server.</summary>
    public static async Task RemoveAsync(IServerConnection connection, TemplateCache cache, CancellationToken stop)
    {
        await PostgresContainer.SqlAsync(connection, "postgres", OdooSql.DropTemplate, new Dictionary<string, string> { ["db"] = cache.Database }, stop);
        await ServerFiles.RemoveFolderAsync(connection, FolderOf(cache.Database), stop);
    }
}
