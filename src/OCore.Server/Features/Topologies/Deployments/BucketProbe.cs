using Microsoft.EntityFrameworkCore;
using OCore.Features.Backups;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Features.Topologies.Deployments;

/// <summary>
/// Whether buckets take what is written into them with the keys that a drawing names: a few bytes are put there and taken away again. oCore
/// does that itself and goes only where its own connections may go; whether servers reach a bucket is tried by them.
/// </summary>
internal sealed class BucketProbe(BackupStores stores, SecretBox secrets)
{
    private const string Name = "probe";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>What those say that refuse, by node. One without keys yet is not asked, and one that does not answer has refused nothing.</summary>
    public async Task<IReadOnlyDictionary<string, string>> RefusalsAsync(OCoreDb db, Topology topology, TopologySnapshot snapshot, CancellationToken stop)
    {
        var keys = await db.TopologyCredentials.AsNoTracking().Where(c => c.TopologyId == topology.Id).ToListAsync(stop);
        var asked = await Task.WhenAll(snapshot.Of(NodeType.S3).Select(async bucket =>
            (bucket.Id, Why: keys.Find(k => k.Name == bucket.Text("credential")) is { } key ? await WhyNotAsync(bucket, key, stop) : null)));
        return asked.Where(a => a.Why is not null).ToDictionary(a => a.Id, a => a.Why!);
    }

    private async Task<string?> WhyNotAsync(DrawnNode node, TopologyCredential key, CancellationToken stop)
    {
        if (node.Text("bucket") is not { Length: > 0 } bucket || node.Text("endpoint") is not { Length: > 0 } endpoint)
            return null;
        var place = new BackupTarget
        {
            Name = node.Label, Endpoint = endpoint.TrimEnd('/'), Region = node.Text("region") is { Length: > 0 } region ? region : null, Bucket = bucket,
            Prefix = node.Text("prefix", "").Trim('/') is { Length: > 0 } prefix ? prefix + "/" : "", AccessKey = key.AccessKey, SecretKeySealed = "",
        };
        place.SecretKeySealed = secrets.Seal(secrets.Unseal(key.SecretKeySealed, TopologyCredential.Secret, key.Id), BackupStores.TargetSecret, place.Id);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Patience);
        var written = false;
        try
        {
            using var store = stores.Open(place);
            await using (var write = await store.CreateAsync(Name, limit.Token))
            {
                await write.Content.WriteAsync("probe"u8.ToArray(), limit.Token);
                await write.CompleteAsync(limit.Token);
            }
            written = true;
            await store.DeleteAsync(Name, limit.Token);
            return null;
        }
        catch (StoreAwayException away)
        {
            // Keys that may not delete are no fault: files of Odoo are never deleted there, and backups can be kept by such keys.
            return away.IsRefusal && !written ? away.Message : null;
        }
        catch (Exception) when (limit.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            return null;
        }
    }
}
