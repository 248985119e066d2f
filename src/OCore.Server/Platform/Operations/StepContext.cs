using OCore.Platform.Data;

namespace OCore.Platform.Operations;

/// <summary>What a step works with. Everything it writes to the database goes through a context of the operation's organization.</summary>
internal sealed class StepContext(IServiceProvider services, OCoreDbFactory databases, Tenant tenant, AuditActor actor, OperationLog log, CancellationToken stop)
{
    public required Guid OperationId { get; init; }
    public required long Fence { get; init; }
    public required int Attempt { get; init; }
    /// <summary>Set when the operation is cancelled, the server stops, or another process has taken over.</summary>
    public CancellationToken Stop => stop;

    /// <summary>The agency (or the organization itself), within which the operation sees servers and instances alike.</summary>
    public Tenant Tenant => tenant;

    public T Get<T>() where T : notnull => services.GetRequiredService<T>();

    public OCoreDb OpenDb() => databases.For(tenant, actor);

    /// <summary>Within one organization that the operation's tenant is the agency of.</summary>
    public OCoreDb OpenDbOf(Guid clientId) => databases.For(new Tenant(clientId, tenant.RootId, false), actor);

    /// <summary>A line for the people who watch. Known secrets are masked.</summary>
    public void Log(string line) => log.Line(line);

    /// <summary>Text that must not appear in any line or error of this operation.</summary>
    public void Hide(string secret) => log.Hide(secret);

    /// <summary>Labels that say whose an object on a server is.</summary>
    public IReadOnlyDictionary<string, string> Labels => new Dictionary<string, string> { ["ocore.operation"] = OperationId.ToString(), ["ocore.fence"] = Fence.ToString() };
}
