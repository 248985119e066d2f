using Microsoft.EntityFrameworkCore;
using OCore.Features.Instances;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Features.Topologies.Deployments;

/// <summary>
/// The keys by which Odoo comes to the bucket with its files. They are set as a credential of the topology; what runs goes on with those it was
/// deployed with, until a change gives it those that are set by then.
/// </summary>
internal sealed class BucketKeys(SecretBox secrets, InstanceHost instances)
{
    /// <summary>Others were set since.</summary>
    public async Task<bool> DifferAsync(OCoreDb db, TopologyDeployment deployment, CancellationToken stop) =>
        await db.Instances.AsNoTracking().SingleOrDefaultAsync(i => i.Id == deployment.InstanceId, stop) is { } instance && instances.ClusterOf(instance) is { Bucket: { } has }
        && await WithThoseSetAsync(db, deployment.TopologyId, deployment.Layout, has, stop) != has;

    /// <summary>The bucket as it is to be used where a change leads.</summary>
    /// <param name="back">On the way back it is used as it was before, whatever was set.</param>
    public async Task<OdooCluster> AppliedAsync(OCoreDb db, TopologyDeployment deployment, OdooCluster before, OdooCluster wanted, bool back, CancellationToken stop)
    {
        if (before.Bucket is not { } has || wanted.Bucket is null)
            return wanted;
        if (back)
            return wanted with { Bucket = before.FormerBucket ?? has, FormerBucket = null };
        if (deployment.Before is not { } was || was.KeysChanged == deployment.Layout.KeysChanged)
            return wanted with { Bucket = has };
        // Tried again, it has them already.
        var set = await WithThoseSetAsync(db, deployment.TopologyId, deployment.Layout, has, stop);
        return wanted with { Bucket = set, FormerBucket = before.FormerBucket ?? (set == has ? null : has) };
    }

    /// <summary>One that was forgotten leaves what runs as it is.</summary>
    private async Task<ClusterBucket> WithThoseSetAsync(OCoreDb db, Guid topology, Layout layout, ClusterBucket has, CancellationToken stop)
    {
        var name = layout.Files?.Text("credential");
        return await db.TopologyCredentials.AsNoTracking().SingleOrDefaultAsync(c => c.TopologyId == topology && c.Name == name, stop) is { } set
            ? has with { AccessKey = set.AccessKey, SecretKey = secrets.Unseal(set.SecretKeySealed, TopologyCredential.Secret, set.Id) } : has;
    }
}
