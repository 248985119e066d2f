using Microsoft.EntityFrameworkCore;
using OCore.Platform.Data;

namespace OCore.Features.Operations;

internal static class OperationRows
{
    /// <summary>Holds the row until the transaction ends, as the runner does: whoever else wants to write it waits until this has been decided.</summary>
    public static Task TakeOperationAsync(this OCoreDb db, Guid id, CancellationToken stop) =>
        db.Operations.Where(o => o.Id == id).ExecuteUpdateAsync(s => s.SetProperty(o => o.CancelRequested, o => o.CancelRequested), stop);
}
