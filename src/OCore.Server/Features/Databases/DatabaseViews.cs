using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Platform.Data;
using OCore.Platform.Docker;
using OCore.Platform.Operations;
using OCore.Platform.Remote;

namespace OCore.Features.Databases;

/// <summary>Databases as callers see them: the rows, and what is measured of them in this moment.</summary>
internal static class DatabaseViews
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private sealed record Measured(string Name, long Bytes, int Connections, int Active, int Waiting, double? LongestSeconds);

    private sealed record Seen(bool? Neutralized, IReadOnlyList<DatabaseConnection> Connections, IReadOnlyList<LockWait> Waits);

    public static async Task<List<InstanceDatabaseView>> OfAsync(OCoreDb db, InstanceHost host, Instance instance, CancellationToken stop)
    {
        var rows = await db.InstanceDatabases.AsNoTracking().Where(d => d.InstanceId == instance.Id).OrderBy(d => d.Name).ToListAsync(stop);
        var working = await db.ResourceLocks.AsNoTracking().Where(l => l.Key == $"instance:{instance.Id}").Select(l => (Guid?)l.OperationId).FirstOrDefaultAsync(stop);
        var (measured, files) = await MeasureAsync(db, host, instance, stop);
        InstanceDatabaseView View(string name, bool served, DatabaseStatus status, DateTimeOffset created)
        {
            var found = measured.GetValueOrDefault(name);
            return new InstanceDatabaseView
            {
                Name = name, IsServed = served, Status = status, CreatedAt = created, OperationId = working,
                Bytes = found?.Bytes, Connections = found?.Connections, Active = found?.Active, Waiting = found?.Waiting, LongestSeconds = found?.LongestSeconds,
                FilestoreBytes = files is null || found is null ? null : files.GetValueOrDefault(name),
            };
        }
        return [View(instance.Database, true, instance.ReservedDatabase is null ? DatabaseStatus.Ready : DatabaseStatus.Renaming, instance.CreatedAt), .. rows.Select(d => View(d.Name, false, d.Status, d.CreatedAt))];
    }

    /// <summary>Nothing, where the server does not answer: what was not measured is not said.</summary>
    private static async Task<(IReadOnlyDictionary<string, Measured>, IReadOnlyDictionary<string, long>? Files)> MeasureAsync(OCoreDb db, InstanceHost host, Instance instance, CancellationToken stop)
    {
        var nothing = new Dictionary<string, Measured>();
        var (on, problem) = await InstanceQueries.OpenAsync(db, host, instance, stop);
        if (problem is not null)
            return (nothing, null);
        try
        {
            var json = on!.SqlAsync("postgres", DatabaseSql.List, new Dictionary<string, string> { ["role"] = on.Plan.Role }, stop);
            var files = FilesAsync(on, stop);
            var measured = JsonSerializer.Deserialize<List<Measured>>(await json, JsonSerializerOptions.Web) ?? [];
            return (measured.ToDictionary(m => m.Name), await files);
        }
        catch (Exception e) when (e is ServerException or TryLaterException)
        {
            return (nothing, null);
        }
    }

    private static async Task<IReadOnlyDictionary<string, long>?> FilesAsync(InstanceOnServer on, CancellationToken stop)
    {
        // A topology's lie in its bucket, or on several nodes.
        if (on.Plan.Cluster is not null || on.Instance.Status != InstanceStatus.Running)
            return null;
        try
        {
            var answer = await on.Connection.Docker.ExecAsync(on.Container, ["/bin/sh", "-c", "cd /var/lib/odoo/filestore && du -skl -- * 2>/dev/null"], null, stop, new ExecOptions { Timeout = Patience });
            return answer.Out.Split('\n').Select(l => l.Split('\t')).Where(l => l.Length == 2 && long.TryParse(l[0], out _)).ToDictionary(l => l[1], l => long.Parse(l[0]) << 10);
        }
        catch (Exception e) when (e is ServerException or TimeoutException)
        {
            // Its container is being made anew, or the tree is too large to be counted while somebody waits.
            return null;
        }
    }

    /// <param name="withQueries">Statements may hold people's data.</param>
    public static async Task<DatabaseActivity> ActivityAsync(InstanceOnServer on, bool withQueries, TimeProvider time, CancellationToken stop)
    {
        var json = await on.SqlAsync(on.Plan.Database, DatabaseSql.Activity, new Dictionary<string, string>(), stop);
        var seen = JsonSerializer.Deserialize<Seen>(json, JsonSerializerOptions.Web) ?? throw new InvalidDataException("PostgreSQL answered nothing.");
        return new DatabaseActivity
        {
            At = time.GetUtcNow(), Neutralized = seen.Neutralized, Waits = seen.Waits,
            Connections = withQueries ? seen.Connections : [.. seen.Connections.Select(c => c with { Query = null })],
        };
    }
}
