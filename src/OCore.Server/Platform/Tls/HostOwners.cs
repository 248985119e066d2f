using OCore.Platform.Data;

namespace OCore.Platform.Tls;

/// <summary>Whose hosts are, which certificates do not know: said by the feature that has the names.</summary>
internal abstract class HostOwners
{
    /// <summary>The agency, or the organization that has none, of each host that is somebody's, or was until lately.</summary>
    public abstract Task<IReadOnlyDictionary<string, Guid>> OfAsync(OCoreDb db, IReadOnlyCollection<string> hosts, CancellationToken stop);
}
