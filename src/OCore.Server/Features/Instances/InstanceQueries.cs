using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Remote;

namespace OCore.Features.Instances;

internal static class InstanceQueries
{
    /// <summary>One of those the caller's organization has, by id or slug.</summary>
    public static async Task<Instance?> FindAsync(OCoreDb db, string idOrSlug, CancellationToken stop)
    {
        var id = Guid.TryParse(idOrSlug, out var parsed) ? parsed : Guid.Empty;
        return await db.Instances.SingleOrDefaultAsync(i => i.Id == id || i.Slug == idOrSlug, stop);
    }

    /// <summary>One of them with its server at hand, or why that cannot be.</summary>
    public static async Task<(InstanceOnServer?, Problem?)> OpenAsync(OCoreDb db, InstanceHost host, string id, CancellationToken stop) =>
        await FindAsync(db, id, stop) is { } instance ? await OpenAsync(db, host, instance, stop) : (null, Problem.NotFound);

    /// <summary>The same for one that was found: what was typed is judged in between, which takes no server.</summary>
    public static async Task<(InstanceOnServer?, Problem?)> OpenAsync(OCoreDb db, InstanceHost host, Instance instance, CancellationToken stop)
    {
        if (instance.Status is InstanceStatus.Creating or InstanceStatus.Removing)
            return (null, InstanceProblems.NotNow(instance));
        try
        {
            return (await host.OpenAsync(db, instance, stop), null);
        }
        catch (Exception e) when (e is ServerException or Platform.Operations.TryLaterException or Platform.Operations.StepRefusedException)
        {
            return (null, InstanceProblems.ServerAway(e.Message));
        }
    }
}
