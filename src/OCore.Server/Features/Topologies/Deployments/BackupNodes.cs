using System.Globalization;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Backups;
using OCore.Features.Topologies.Rules;
using OCore.Platform.Data;
using OCore.Platform.Operations;
using OCore.Platform.Security;

namespace OCore.Features.Topologies.Deployments;

/// <summary>A backup that is drawn, and the bucket behind it. Neither is a container: oCore itself takes backups and writes them there.</summary>
internal sealed class BackupNodes(DrawnBackups backups, OCoreDbFactory databases, SecretBox secrets, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(12);

    public static LayoutNode? Of(Layout layout) => layout.Of(NodeType.Backup).FirstOrDefault();

    /// <summary>As a step: what is there already is brought up to date.</summary>
    public async Task EnsureAsync(OCoreDb db, TopologyWork work, LayoutNode node, CancellationToken stop)
    {
        var bucket = work.Layout.Find(node.Text("bucket"))!;
        var (name, deployment) = (bucket.Text("credential"), work.Deployment);
        var credential = await db.TopologyCredentials.AsNoTracking().SingleOrDefaultAsync(c => c.TopologyId == work.TopologyId && c.Name == name, stop)
            ?? throw new StepRefusedException("credential_missing", $"The credential {name} of {bucket.Label} is gone.", "Set it, and deploy again.");
        var instance = await db.Instances.SingleAsync(i => i.Id == deployment.InstanceId, stop);
        var called = $"{deployment.Name}: {node.Label}";
        await backups.EnsureAsync(db, DrawnBackups.TargetOf(work.TopologyId, node.Id), new DrawnBucket(deployment.OrgId, deployment.RootId, called[..Math.Min(called.Length, 90)], bucket.Text("endpoint"),
            bucket.Settings.GetValueOrDefault("region"), bucket.Text("bucket"), bucket.Text("prefix"), credential.AccessKey, secrets.Unseal(credential.SecretKeySealed, TopologyCredential.Secret, credential.Id)), instance, stop);
    }

    /// <summary>The target that is made for a deployment's backups; null where none are drawn.</summary>
    public static Guid? TargetOf(TopologyDeployment deployment) => Of(deployment.Layout) is { } node ? DrawnBackups.TargetOf(deployment.TopologyId, node.Id) : null;

    public static async Task RemoveAsync(OCoreDb db, TopologyDeployment deployment, CancellationToken stop)
    {
        if (TargetOf(deployment) is { } target)
            await DrawnBackups.RemoveAsync(db, target, deployment.InstanceId, stop);
    }

    /// <summary>Whether backups are kept as drawn, or whether their bucket takes them.</summary>
    public async Task<NodeMeasure> AskAsync(TopologyWork work, LayoutNode node, CancellationToken stop)
    {
        var backup = Of(work.Layout)!;
        await using var db = databases.For(new Tenant(work.Deployment.RootId, work.Deployment.RootId, false), AuditActor.System);
        var (target, schedule, last) = await DrawnBackups.StateAsync(db, DrawnBackups.TargetOf(work.TopologyId, backup.Id), work.Deployment.InstanceId, stop);
        if (target is null)
            return new NodeMeasure(TopologyNodeState.Missing, "No backups are kept there: their target is gone.");
        return node.Type == NodeType.Backup ? Kept(target, schedule, last) : await BucketAsync(target, stop);
    }

    private NodeMeasure Kept(BackupTarget target, BackupSchedule? schedule, DateTimeOffset? last)
    {
        if (schedule is not { Enabled: true } || schedule.TargetId != target.Id && !(schedule.Copies && schedule.CopyTargetId == target.Id))
            return new NodeMeasure(TopologyNodeState.Degraded, "The instance's schedule keeps no backups there any more: it was changed after the deployment.");
        var figures = new Dictionary<string, string>();
        if (schedule.NextAt is { } next)
            figures["next"] = Time(next);
        if (last is { } at)
            figures["lastVerified"] = Time(at);
        return time.GetUtcNow() - (last ?? schedule.ChangedAt) > TimeSpan.FromHours(schedule.AlarmAfterHours)
            ? new NodeMeasure(TopologyNodeState.Degraded, last is null ? "No backup was ever verified." : "There is no fresh backup that was verified.", null, figures) : new NodeMeasure(TopologyNodeState.Running, null, null, figures);
    }

    private async Task<NodeMeasure> BucketAsync(BackupTarget target, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(Patience);
        try
        {
            return await backups.WhyNotAsync(target, limit.Token) is { } why ? new NodeMeasure(TopologyNodeState.Failed, why) : new NodeMeasure(TopologyNodeState.Running, null);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return new NodeMeasure(TopologyNodeState.Failed, "It does not answer.");
        }
    }

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
