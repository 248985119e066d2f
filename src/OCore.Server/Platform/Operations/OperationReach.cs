using OCore.Platform.Data;

namespace OCore.Platform.Operations;

/// <summary>Where those who own servers say which of them this process cannot work on. Filled at start.</summary>
internal sealed class OperationReach
{
    public Func<OCoreDb, CancellationToken, Task<IReadOnlySet<Guid>>>? Elsewhere { get; set; }
}
