using System.ComponentModel.DataAnnotations;

namespace OCore.Client;

/// <summary>What a database of an instance does: <c>ready</c>, or what an operation does to it.</summary>
public enum DatabaseStatus { Ready, Creating, Renaming, Removing }

/// <summary>One database of an instance: the one that its Odoo serves, or one that lies beside it.</summary>
public sealed record InstanceDatabaseView
{
    public required string Name { get; init; }
    /// <summary>Odoo works on this one: it is what people see at the instance's address. An instance has exactly one.</summary>
    public required bool IsServed { get; init; }
    public required DatabaseStatus Status { get; init; }
    /// <summary>On the disk of PostgreSQL; null where it is not there yet.</summary>
    public long? Bytes { get; init; }
    /// <summary>Of its files, counted whole; a duplicate takes room for those only that came since. Null while the instance stands still.</summary>
    public long? FilestoreBytes { get; init; }
    /// <summary>Open now.</summary>
    public int? Connections { get; init; }
    /// <summary>Of the connections, those that run a statement now.</summary>
    public int? Active { get; init; }
    /// <summary>Of the connections, those that wait for a lock of another.</summary>
    public int? Waiting { get; init; }
    /// <summary>For how long the statement that has run longest runs, in seconds; null where none runs.</summary>
    public double? LongestSeconds { get; init; }
    public DateTimeOffset? CreatedAt { get; init; }
    /// <summary>The operation that works on the instance, if one does.</summary>
    public Guid? OperationId { get; init; }
}

/// <summary>What happens in a database in this moment.</summary>
public sealed record DatabaseActivity
{
    public required DateTimeOffset At { get; init; }
    /// <summary>Whether Odoo calls it neutralized; null where it holds no Odoo.</summary>
    public bool? Neutralized { get; init; }
    /// <summary>The longest statement first.</summary>
    public required IReadOnlyList<DatabaseConnection> Connections { get; init; }
    /// <summary>Who waits for whom; empty where nobody does.</summary>
    public required IReadOnlyList<LockWait> Waits { get; init; }
}

public sealed record DatabaseConnection
{
    /// <summary>As PostgreSQL names the session in its log: it does not come again when the process number does.</summary>
    public required string Id { get; init; }
    public required int Pid { get; init; }
    /// <summary>What the program calls itself, for example <c>odoo-27</c>.</summary>
    public string? Application { get; init; }
    /// <summary><c>active</c>, <c>idle</c>, <c>idle in transaction</c> …</summary>
    public string? State { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    /// <summary>For how long its statement runs, or since when it is in its state.</summary>
    public double? Seconds { get; init; }
    /// <summary>For how long its transaction is open.</summary>
    public double? TransactionSeconds { get; init; }
    /// <summary>What PostgreSQL waits for on its behalf, for example <c>Lock: transactionid</c>.</summary>
    public string? WaitsFor { get; init; }
    /// <summary>Connections whose locks it waits for, by id.</summary>
    public required IReadOnlyList<string> BlockedBy { get; init; }
    public required int Locks { get; init; }
    /// <summary>Its statement, or the last one: up to 2000 characters. It may hold people's data, so only those who may manage databases see it.</summary>
    public string? Query { get; init; }
}

public sealed record LockWait
{
    /// <summary>The connection that waits.</summary>
    public required string Connection { get; init; }
    /// <summary>The connections that hold what it waits for.</summary>
    public required IReadOnlyList<string> BlockedBy { get; init; }
    /// <summary>PostgreSQL's kind of lock: <c>relation</c>, <c>transactionid</c> (a row that another transaction changed), <c>tuple</c>, <c>advisory</c> …</summary>
    public required string Kind { get; init; }
    public required string Mode { get; init; }
    /// <summary>The table, where it is one.</summary>
    public string? Table { get; init; }
    public double? Seconds { get; init; }
}

/// <summary>A further database, empty or of a backup.</summary>
public sealed record CreateInstanceDatabase
{
    /// <summary>1 to 63 lower case letters, digits and underscores, a letter first.</summary>
    [Required, RegularExpression(Patterns.Database)] public required string Name { get; init; }
    /// <summary>Languages of an empty one; those of the instance where absent.</summary>
    [MaxLength(20)] public IReadOnlyList<string>? Languages { get; init; }
    /// <summary>Odoo's demonstration data in an empty one.</summary>
    public bool DemoData { get; init; }
    /// <summary>Restore this backup of the instance as a database beside it, instead of an empty one.</summary>
    public Guid? Backup { get; init; }
    /// <summary>What comes of a backup is neutral unless this is false: no mail leaves it and no scheduled action runs.</summary>
    public bool Neutralize { get; set; } = true;
}

public sealed record DuplicateInstanceDatabase
{
    /// <summary>Of the copy.</summary>
    [Required, RegularExpression(Patterns.Database)] public required string Name { get; init; }
    /// <summary>The copy is neutral unless this is false: no mail leaves it and no scheduled action runs.</summary>
    public bool Neutralize { get; set; } = true;
}

public sealed record RenameInstanceDatabase
{
    [Required, RegularExpression(Patterns.Database)] public required string Name { get; init; }
}

public sealed record NeutralizeInstanceDatabase
{
    /// <summary>Its name again: of what is neutral no mail leaves, and nothing runs by schedule.</summary>
    [Required, MaxLength(100)] public required string Confirm { get; init; }
}
