using System.Collections.Concurrent;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Features.Servers;
using OCore.Platform.Data;
using OCore.Platform.Docker;
using OCore.Platform.Remote;

namespace OCore.Features.Templates;

/// <summary>A tree of modules that lies on a server, once for all instances and template databases that use it.</summary>
internal sealed class ServerSource : IAgencyShared
{
    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public Guid RootId { get; set; }
    public Guid ServerId { get; init; }
    public required string Key { get; init; }
    public required string Origin { get; init; }
    public required string Commit { get; init; }
    public DateTimeOffset LastUsedAt { get; set; }
    /// <summary>Since when nobody needs it; removed when that is long enough ago.</summary>
    public DateTimeOffset? UnusedSince { get; set; }
}

internal sealed class ServerSourceMapping : IEntityTypeConfiguration<ServerSource>
{
    public void Configure(EntityTypeBuilder<ServerSource> entity)
    {
        entity.ToTable("ServerSources");
        entity.HasIndex(s => new { s.ServerId, s.Key }).IsUnique();
        entity.HasOne<Server>().WithMany().HasForeignKey(s => new { s.RootId, s.ServerId }).HasPrincipalKey(s => new { s.RootId, s.Id }).OnDelete(DeleteBehavior.Cascade);
    }
}

/// <summary>Who wants trees on a server: an instance, or a template database.</summary>
internal sealed record SourceUse(Guid RootId, string Version, IReadOnlyList<TemplateRepository> Repositories, IReadOnlyList<SourcePin> Pins);

/// <summary>
/// Trees of modules on the servers, as folders that are there whole or not at all, owned by root, and mounted read-only. What is
/// there already is not asked for again, so an instance starts although its Git server is away.
/// </summary>
internal sealed class ServerSources(OdooSources sources, ServerFiles files, TimeProvider time)
{
    private static readonly RemotePath Folder = ServerLabels.Folder.Combine("sources");
    private static readonly ConcurrentDictionary<(Guid, string), SemaphoreSlim> Turns = new();

    public static IEnumerable<ContainerMount> Mounts(IEnumerable<SourcePin> pins) =>
        pins.Select(p => ContainerMount.Folder(Folder.Combine(p.Key), RemotePath.Parse(p.Mount), readOnly: true));

    public async Task EnsureAsync(OCoreDb db, IServerConnection connection, Server server, SourceUse use, Action<string> log, CancellationToken stop)
    {
        if (use.Pins.Count == 0)
            return;
        foreach (var pin in await MissingAsync(connection, use.Pins, stop))
        {
            var turn = Turns.GetOrAdd((server.Id, pin.Key), _ => new SemaphoreSlim(1, 1));
            await turn.WaitAsync(stop);
            try
            {
                if ((await MissingAsync(connection, [pin], stop)).Count > 0)
                    await BringAsync(db, connection, use, pin, log, stop);
            }
            finally
            {
                turn.Release();
            }
        }
        await RecordAsync(db, server, use.Pins, stop);
    }

    private static async Task<IReadOnlyList<SourcePin>> MissingAsync(IServerConnection connection, IReadOnlyList<SourcePin> pins, CancellationToken stop)
    {
        var answer = await connection.RunAsync(RemoteCommand.Script("""for path in "$@"; do [ -d "$path" ] || echo "$path"; done""", [.. pins.Select(p => Folder.Combine(p.Key).Value)]), stop);
        var missing = answer.ThrowIfFailed("Looking for sources").Out.Split('\n').ToHashSet();
        return [.. pins.Where(p => missing.Contains(Folder.Combine(p.Key).Value)).DistinctBy(p => p.Key)];
    }

    private async Task BringAsync(OCoreDb db, IServerConnection connection, SourceUse use, SourcePin pin, Action<string> log, CancellationToken stop)
    {
        log($"Bringing the sources of {pin.Origin} at {pin.Commit[..12]} to the server. This is done once for each server.");
        var part = $"{pin.Key}.{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
        await ServerFiles.MakeFoldersAsync(connection, [Folder], stop);
        var spec = await files.SpecAsync(connection, DockerName.Parse("ocore-sources-" + pin.Key), "root", [ContainerMount.Folder(Folder, RemotePath.Parse("/ocore/sources"))], stop);
        var result = await connection.Docker.RunOnceAsync(spec with
        {
            Entrypoint = ["/bin/sh", "-c", Settle, "sh"], Command = [part, pin.Key],
            Archives = [await sources.ArchiveAsync(db, pin, use.RootId, use.Version, use.Repositories, $"ocore/sources/{part}", stop)],
        }, stop);
        if (!result.Ok)
            throw new RemoteCommandException("Keeping sources", string.Join(' ', result.Tail));
    }

    // What an upload before this one left half done goes with it.
    private const string Settle =
        """
        set -eu
        cd /ocore/sources
        mkdir -p "$1"
        if [ ! -d "$2" ]; then chown -R 0:0 -- "$1"; chmod -R u+rwX,go+rX,go-w -- "$1"; mv -T -- "$1" "$2"; fi
        rm -rf -- "$2".*
        chmod 755 /ocore/sources
        """;

    private async Task RecordAsync(OCoreDb db, Server server, IReadOnlyList<SourcePin> pins, CancellationToken stop)
    {
        var (keys, now) = (pins.Select(p => p.Key).ToList(), time.GetUtcNow());
        var known = await db.ServerSources.Where(s => s.ServerId == server.Id && keys.Contains(s.Key)).Select(s => s.Key).ToListAsync(stop);
        foreach (var pin in pins.DistinctBy(p => p.Key).Where(p => !known.Contains(p.Key)))
            db.Add(new ServerSource { OrgId = server.OrgId, RootId = server.RootId, ServerId = server.Id, Key = pin.Key, Origin = pin.Origin, Commit = pin.Commit, LastUsedAt = now });
        try
        {
            await db.SaveChangesAsync(stop);
        }
        catch (DbUpdateException) when (known.Count < keys.Count)
        {
            // Another operation brought the same and was faster.
            foreach (var added in db.ChangeTracker.Entries<ServerSource>().ToList())
                added.State = EntityState.Detached;
            await db.SaveChangesAsync(stop);
        }
        await db.ServerSources.Where(s => s.ServerId == server.Id && keys.Contains(s.Key)).ExecuteUpdateAsync(s => s.SetProperty(x => x.LastUsedAt, now).SetProperty(x => x.UnusedSince, (DateTimeOffset?)null), stop);
    }

    /// <summary>Removes a tree from its server. The caller has seen to it that nobody uses it.</summary>
    public static async Task RemoveAsync(IServerConnection connection, string key, CancellationToken stop) =>
        await ServerFiles.RemoveFolderAsync(connection, Folder.Combine(key), stop);
}
