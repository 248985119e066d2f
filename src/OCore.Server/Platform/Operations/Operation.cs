using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Client;
using OCore.Platform.Data;

namespace OCore.Platform.Operations;

/// <summary>A request that takes time, as a row: what was asked, how far it is, and who runs it now.</summary>
internal sealed class Operation : IAgencyShared, IAudited
{
    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public Guid RootId { get; set; }
    public required string Kind { get; init; }
    /// <summary>The definition it was started with: a step list may change with a release, a running operation's may not.</summary>
    public int Version { get; set; }
    public required string Title { get; init; }
    /// <summary>The input as JSON, sealed: it may hold secrets.</summary>
    [Secret] public required string InputSealed { get; set; }
    public OperationState State { get; set; }
    public bool CancelRequested { get; set; }
    /// <summary>It has begun to undo what it did, and goes no other way any more: also while it is stuck.</summary>
    public bool Unwinds { get; set; }
    public Guid? InstanceId { get; init; }
    public Guid? ServerId { get; init; }
    public Guid? ClientId { get; init; }
    public Guid? TemplateId { get; init; }
    public Guid? TopologyId { get; init; }
    public Guid? ActorId { get; init; }
    public required string Actor { get; init; }
    public Guid ActorOrgId { get; init; }
    public bool ActorDelegated { get; init; }
    public string? IdempotencyKey { get; init; }
    [NotAudited] public string? RequestHash { get; init; }

    /// <summary>The process that runs it, and until when it may believe so.</summary>
    public string? Owner { get; set; }
    public DateTimeOffset LeaseUntil { get; set; }
    /// <summary>The lives of the processes that ran it before, commas between them; they are shut out of a server before anything is done there.</summary>
    public string PastLives { get; set; } = "";
    /// <summary>Rises with each claim. Every write of a runner names its fence, so one that was overtaken writes nothing.</summary>
    public long Fence { get; set; }
    public DateTimeOffset? RetryAt { get; set; }
    public string? ErrorCode { get; set; }
    public string? ErrorMessage { get; set; }
    public string? ErrorHint { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    public DateTimeOffset? StartedAt { get; set; }
    public DateTimeOffset? FinishedAt { get; set; }
    /// <summary>Who ended it by hand, and why.</summary>
    public string? ResolvedBy { get; set; }
    public string? ResolvedReason { get; set; }

    public List<OperationStep> Steps { get; init; } = [];

    string IAudited.AuditNoun => "operation";
    string IAudited.AuditName => Title;
    // What it does is in the log by itself; only what people do to it has lines of its own.
    bool IAudited.IsAudited => false;
}

[GlobalEntity("Reached through its operation only.")]
internal sealed class OperationStep
{
    public Guid OperationId { get; init; }
    public int Seq { get; init; }
    public required string Name { get; init; }
    public StepState State { get; set; }
    public int Attempt { get; set; }
    public DateTimeOffset? StartedAt { get; set; }
    public DateTimeOffset? FinishedAt { get; set; }
    public string? Error { get; set; }
    /// <summary>Why a person had it skipped.</summary>
    public string? SkipReason { get; set; }
    /// <summary>It was its undoing that was skipped.</summary>
    public bool UndoSkipped { get; set; }

    /// <summary>The same, as a step of a newer definition.</summary>
    public OperationStep At(int seq, string name) => new()
    {
        OperationId = OperationId, Seq = seq, Name = name, State = State, Attempt = Attempt, StartedAt = StartedAt, FinishedAt = FinishedAt, Error = Error, SkipReason = SkipReason, UndoSkipped = UndoSkipped,
    };
}

/// <summary>Append-only history, from which a viewer rebuilds everything; the source of the event stream.</summary>
[GlobalEntity("Reached through its operation only.")]
internal sealed class OperationEvent
{
    public long Id { get; init; }
    public Guid OperationId { get; init; }
    public DateTimeOffset At { get; init; }
    public int? Seq { get; init; }
    public required string Kind { get; init; }
    public required string Message { get; init; }
}

/// <summary>One mutating operation at a time on a thing: <c>instance:{id}</c>, <c>server:{id}</c>, <c>client:{id}</c>.</summary>
[GlobalEntity("The primary key is what makes the lock; it is never listed.")]
internal sealed class ResourceLock
{
    public required string Key { get; init; }
    public Guid OperationId { get; init; }
}

internal sealed class OperationMapping : IEntityTypeConfiguration<Operation>, IEntityTypeConfiguration<OperationStep>, IEntityTypeConfiguration<OperationEvent>, IEntityTypeConfiguration<ResourceLock>
{
    public void Configure(EntityTypeBuilder<Operation> entity)
    {
        entity.ToTable("Operations");
        entity.HasMany(o => o.Steps).WithOne().HasForeignKey(s => s.OperationId).OnDelete(DeleteBehavior.Cascade);
        entity.HasIndex(o => new { o.State, o.LeaseUntil });
        // A key is its person's: two people may well count theirs from 1.
        entity.HasIndex(o => new { o.OrgId, o.ActorId, o.IdempotencyKey }).IsUnique();
        entity.HasIndex(o => o.InstanceId);
        entity.HasIndex(o => o.ServerId);
        entity.HasIndex(o => o.ClientId);
        entity.HasIndex(o => o.TopologyId);
    }

    public void Configure(EntityTypeBuilder<OperationStep> entity)
    {
        entity.ToTable("OperationSteps");
        entity.HasKey(s => new { s.OperationId, s.Seq });
    }

    public void Configure(EntityTypeBuilder<OperationEvent> entity)
    {
        entity.ToTable("OperationEvents");
        entity.Property(e => e.Id).ValueGeneratedOnAdd();
        entity.HasIndex(e => new { e.OperationId, e.Id });
        entity.HasOne<Operation>().WithMany().HasForeignKey(e => e.OperationId).OnDelete(DeleteBehavior.Cascade);
    }

    public void Configure(EntityTypeBuilder<ResourceLock> entity)
    {
        entity.ToTable("ResourceLocks");
        entity.HasKey(l => l.Key);
        entity.HasOne<Operation>().WithMany().HasForeignKey(l => l.OperationId).OnDelete(DeleteBehavior.Cascade);
    }
}
