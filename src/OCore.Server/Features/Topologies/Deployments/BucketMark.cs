using System.Text;
using System.Text.RegularExpressions;
using OCore.Features.Backups;
using OCore.Features.Instances;
using OCore.Platform.Operations;
using OCore.Platform.Security;

namespace OCore.Features.Topologies.Deployments;

/// <summary>
/// Whose the files in a bucket are, so that a first deployment that is undone, and a client that is deleted, leave nothing there. Where nothing
/// was under the name of its database, a deployment leaves a mark that names it. Nothing is ever removed but what lies beside that very mark and
/// is named as Odoo's files are. oCore does that itself and goes only where its own connections may go; where it cannot, files stay, and it says so.
/// </summary>
internal sealed partial class BucketMark(BackupStores stores, SecretBox secrets)
{
    /// <summary>No file of Odoo's is named so.</summary>
    public const string Name = "deployment";
    private const int TriesToRemove = 8;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // As the module that puts them there names them, by their content.
    [GeneratedRegex("^[0-9a-f]{2}/[0-9a-f]{40,64}$")]
    private static partial Regex FileName();

    /// <summary>Before Odoo writes anything. May run twice.</summary>
    public async Task SetAsync(Guid deployment, ClusterBucket bucket, string database, Action<string> log, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Patience);
        try
        {
            using var store = Open(bucket, database);
            if (await ReadAsync(store, limit.Token) is { } there)
            {
                if (there != deployment.ToString("N"))
                    log($"Files of another deployment are in the bucket {bucket.Bucket} already: what this one adds is not taken away with it");
                return;
            }
            if ((await store.ListAsync("", limit.Token)).Count > 0)
            {
                log($"Files are in the bucket {bucket.Bucket} already: what this deployment adds is not taken away with it");
                return;
            }
            await using var write = await store.CreateAsync(Name, limit.Token);
            await write.Content.WriteAsync(Encoding.ASCII.GetBytes(deployment.ToString("N")), limit.Token);
            await write.CompleteAsync(limit.Token);
        }
        catch (Exception away) when (away is StoreAwayException || limit.IsCancellationRequested && !stop.IsCancellationRequested)
        {
            log($"oCore cannot look into the bucket {bucket.Bucket}: what is put there stays when the deployment goes");
        }
    }

    /// <summary>Everything that the deployment's Odoo put there, and the mark last. Nothing where the mark is not its own.</summary>
    /// <param name="beside">Databases of the same instance, whose files were copied to their names by oCore.</param>
    public async Task RemoveFilesAsync(Guid deployment, ClusterBucket bucket, string database, IReadOnlyList<string> beside, int attempt, Action<string> log, CancellationToken stop)
    {
        try
        {
            using var store = Open(bucket, database);
            if (await ReadAsync(store, stop) != deployment.ToString("N"))
            {
                if ((await store.ListAsync("", stop)).Any(o => FileName().IsMatch(o.Name)))
                    log($"Files in the bucket {bucket.Bucket} stay there: not all of them are known to be this deployment's");
                return;
            }
            var count = 0;
            foreach (var other in beside)
            {
                using var place = Open(bucket, other);
                count += await RemoveAllAsync(place, stop);
            }
            count += await RemoveAllAsync(store, stop);
            await store.DeleteAsync(Name, stop);
            log($"{count} files are removed from the bucket {bucket.Bucket}");
        }
        catch (StoreAwayException away) when (away.IsRefusal || away.IsOutOfBounds || attempt >= TriesToRemove)
        {
            // Keys that may not delete are no fault.
            log($"Files that were put into the bucket {bucket.Bucket} stay there: {away.Message}");
        }
        catch (StoreAwayException away)
        {
            throw new TryLaterException($"The bucket {bucket.Bucket}: {away.Message}", "What was put there is removed when it answers.", away);
        }
    }

    private static async Task<int> RemoveAllAsync(IBackupStore store, CancellationToken stop)
    {
        var files = (await store.ListAsync("", stop)).Select(o => o.Name).Where(n => FileName().IsMatch(n)).ToList();
        await Parallel.ForEachAsync(files, new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = stop }, async (name, token) => await store.DeleteAsync(name, token));
        return files.Count;
    }

    private static async Task<string?> ReadAsync(IBackupStore store, CancellationToken stop)
    {
        try
        {
            await using var read = await store.OpenAsync(Name, stop);
            using var text = new StreamReader(read, Encoding.ASCII);
            return (await text.ReadToEndAsync(stop)).Trim();
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    private IBackupStore Open(ClusterBucket bucket, string database)
    {
        var folder = bucket.Prefix.Trim('/');
        var place = new BackupTarget
        {
            Name = bucket.Bucket, Endpoint = bucket.Endpoint.TrimEnd('/'), Region = bucket.Region, Bucket = bucket.Bucket, Prefix = (folder.Length > 0 ? folder + "/" : "") + database + "/",
            AccessKey = bucket.AccessKey, SecretKeySealed = "",
        };
        place.SecretKeySealed = secrets.Seal(bucket.SecretKey, BackupStores.TargetSecret, place.Id);
        return stores.Open(place);
    }
}
