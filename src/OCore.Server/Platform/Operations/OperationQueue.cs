using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Platform.Operations;

/// <summary>What an operation is about.</summary>
/// <param name="OrgId">The organization it is for: the client's where it works on a client's instance.</param>
/// <param name="Locks">What nobody else may change meanwhile, for example <c>instance:{id}</c>.</param>
internal sealed record OperationSubject(string Title, Guid OrgId, Guid? InstanceId = null, Guid? ServerId = null, Guid? ClientId = null, Guid? TemplateId = null, Guid? TopologyId = null, params string[] Locks);

/// <summary>Puts operations into the caller's unit of work: they are queued when it is saved, and not otherwise.</summary>
internal sealed class OperationQueue(OperationKinds kinds, SecretBox secrets, Caller caller, TimeProvider time)
{
    /// <exception cref="ProblemException">409 <c>operation_in_progress</c>, naming the operation that holds a lock.</exception>
    public async Task<Operation> EnqueueAsync<TKind, TInput>(OCoreDb db, TInput input, OperationSubject subject, CancellationToken stop)
        where TKind : OperationKind<TInput> where TInput : class
    {
        var kind = kinds.Get<TKind>();
        foreach (var key in subject.Locks.Order(StringComparer.Ordinal))
            if (await db.ResourceLocks.Where(l => l.Key == key).Select(l => (Guid?)l.OperationId).FirstOrDefaultAsync(stop) is { } holder)
                throw new ProblemException(InProgress(holder));

        var id = RowId.New();
        var actor = db.Actor ?? AuditActor.System;
        var operation = new Operation
        {
            Id = id,
            OrgId = subject.OrgId,
            RootId = db.Tenant.IsSystem ? await db.Organizations.AcrossTenants().Where(o => o.Id == subject.OrgId).Select(o => o.RootId).SingleAsync(stop) : db.Tenant.RootId,
            Kind = kind.Name,
            Version = kind.Version,
            Title = subject.Title,
            InputSealed = secrets.Seal(JsonSerializer.Serialize(input, OperationKind.Json), "operation", id),
            State = OperationState.Pending,
            InstanceId = subject.InstanceId, ServerId = subject.ServerId, ClientId = subject.ClientId, TemplateId = subject.TemplateId, TopologyId = subject.TopologyId,
            ActorId = actor.Id, Actor = actor.Name, ActorOrgId = actor.HomeOrgId, ActorDelegated = actor.Delegated,
            IdempotencyKey = caller.Idempotency?.Key, RequestHash = caller.Idempotency?.RequestHash,
            CreatedAt = time.GetUtcNow(),
            Steps = [.. kind.Steps.Select((s, i) => new OperationStep { OperationId = id, Seq = i, Name = s.Name })],
        };
        db.Add(operation);
        foreach (var key in subject.Locks.Order(StringComparer.Ordinal))
            db.Add(new ResourceLock { Key = key, OperationId = id });
        db.Add(new OperationEvent { OperationId = id, At = time.GetUtcNow(), Kind = "state", Message = "pending" });
        return operation;
    }

    public static Problem InProgress(Guid holder) => new(409, "operation_in_progress", "Another operation is working on this object.",
        $"Wait until it has ended, or cancel it: /api/operations/{holder}.") { More = new Dictionary<string, object?> { ["operationId"] = holder } };
}

/// <summary>The operations this program knows, by name.</summary>
internal sealed class OperationKinds(IEnumerable<OperationKind> kinds)
{
    private readonly Dictionary<string, OperationKind> _byName = kinds.ToDictionary(k => k.Name);

    public IReadOnlyCollection<OperationKind> All => _byName.Values;
    public OperationKind? Find(string name) => _byName.GetValueOrDefault(name);
    public OperationKind Get<T>() where T : OperationKind => _byName.Values.OfType<T>().Single();
}
