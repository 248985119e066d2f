using OCore.Platform.Operations;

namespace OCore.Features.Agency;

/// <summary>
/// What a client has outside the database: instances with their routes, and servers of its own. Each call is an idempotent ensure,
/// throws <see cref="TryLaterException"/> while a server is away, and tolerates a client that has nothing.
/// </summary>
internal interface IClientResources
{
    /// <summary>No instance of the client is reachable at any edge, and each says that it is suspended. What works on one of them is waited for.</summary>
    Task SuspendAsync(Guid clientId, StepContext context);

    /// <summary>What was running before is running and reachable again; whether it answers is no longer a matter of the client.</summary>
    Task ResumeAsync(Guid clientId, StepContext context);

    /// <summary>
    /// Nothing of the client is left on any server, and no row of its instances and servers, but the last backups where
    /// <paramref name="keepBackupDays"/> is more than 0: those become the agency's.
    /// </summary>
    Task RemoveAsync(Guid clientId, int? keepBackupDays, StepContext context);
}
