using OCore.Client;

namespace OCore.Cli.Output;

/// <summary>Databases of instances.</summary>
internal static partial class Views
{
    public static readonly View<InstanceDatabaseView> InstanceDatabase = new View<InstanceDatabaseView>(d => d.Name)
        .Column("name", d => d.Name)
        .Column("served", d => d.IsServed)
        .Column("status", d => Cell.Status(d.Status))
        .Column("size", d => d.Bytes is { } bytes ? Words.Bytes(bytes) : null)
        .Column("files", d => d.FilestoreBytes is { } bytes ? Words.Bytes(bytes) : null)
        .Column("connections", d => d.Connections?.ToString())
        .Column("waiting", d => d.Waiting is > 0 ? new Cell(d.Waiting.ToString()!, Tone.Bad) : new Cell(d.Waiting?.ToString() ?? ""))
        .Column("longest", d => d.LongestSeconds is { } seconds ? $"{seconds:0.0} s" : null)
        .Field("Name", d => d.Name)
        .Field("Served", d => d.IsServed)
        .Field("Status", d => Cell.Status(d.Status))
        .Field("Size", d => d.Bytes is { } bytes ? Words.Bytes(bytes) : null)
        .Field("Files", d => d.FilestoreBytes is { } bytes ? Words.Bytes(bytes) : null)
        .Field("Connections", d => d.Connections?.ToString())
        .Field("Active", d => d.Active?.ToString())
        .Field("Waiting", d => d.Waiting?.ToString())
        .Field("Longest", d => d.LongestSeconds is { } seconds ? $"{seconds:0.0} s" : null)
        .Field("Operation", d => d.OperationId)
        .Field("Created", d => d.CreatedAt);

    public static readonly View<DatabaseActivity> DatabaseActivity = new View<DatabaseActivity>(a => a.At.ToString("O"))
        .Field("Seen", a => a.At)
        .Field("Neutral", a => a.Neutralized?.ToString())
        .Field("Connections", a => a.Connections.Count.ToString())
        .Field("Waiting", a => a.Waits.Count.ToString());
}
