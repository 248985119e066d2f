using Microsoft.EntityFrameworkCore;
using OCore.Platform.Data;

namespace OCore.Features.Instances;

internal static class InstanceQueries
{
    /// <summary>One of those the caller's organization has, by id or slug.</summary>
    public static async Task<Instance?> FindAsync(OCoreDb db, string idOrSlug, CancellationToken stop)
    {
        var id = Guid.TryParse(idOrSlug, out var parsed) ? parsed : Guid.Empty;
        return await db.Instances.SingleOrDefaultAsync(i => i.Id == id || i.Slug == idOrSlug, stop);
    }
}
