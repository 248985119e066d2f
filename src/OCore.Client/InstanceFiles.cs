using System.ComponentModel.DataAnnotations;

namespace OCore.Client;

/// <summary>A folder that the file editor shows: the instance's own add-ons, or a source that it only reads.</summary>
public sealed record FileRoot
{
    public required string Name { get; init; }
    /// <summary>Where it is in the container.</summary>
    public required string Path { get; init; }
    public required bool Writable { get; init; }
}

public sealed record FileEntry
{
    public required string Name { get; init; }
    /// <summary><c>file</c>, <c>folder</c>, <c>link</c> or <c>other</c>; the last two are shown and not opened.</summary>
    public required string Kind { get; init; }
    public required long Size { get; init; }
    public required DateTimeOffset ModifiedAt { get; init; }
}

public sealed record FolderView
{
    public required FileRoot Root { get; init; }
    /// <summary>Within the root; empty for the root itself.</summary>
    public required string Path { get; init; }
    public required IReadOnlyList<FileEntry> Entries { get; init; }
    /// <summary>There are more than are shown.</summary>
    public required bool HasMore { get; init; }
    /// <summary>All there are.</summary>
    public required IReadOnlyList<FileRoot> Roots { get; init; }
}

public sealed record FileView
{
    public required FileRoot Root { get; init; }
    public required string Path { get; init; }
    public required long Size { get; init; }
    public required DateTimeOffset ModifiedAt { get; init; }
    /// <summary>SHA-256 of the content; send it with what you save, and what somebody else saved meanwhile is not overwritten.</summary>
    public string? Hash { get; init; }
    public required bool IsBinary { get; init; }
    /// <summary>Too large to be edited; download it.</summary>
    public required bool IsLarge { get; init; }
    /// <summary>Absent where it is binary or large.</summary>
    public string? Text { get; init; }
}

public sealed record SaveFile
{
    /// <summary><c>addons</c> where it is not given, or <c>configuration</c>.</summary>
    [MaxLength(40)] public string? Root { get; init; }
    [Required, MaxLength(1000)] public required string Path { get; init; }
    [MaxLength(1 << 20)] public required string Text { get; init; }
    /// <summary>Of the content this was made from; null makes a new file.</summary>
    [MaxLength(64)] public string? Hash { get; init; }
}

public sealed record CheckFile
{
    /// <summary><c>addons</c> where it is not given, or <c>configuration</c>.</summary>
    [MaxLength(40)] public string? Root { get; init; }
    [Required, MaxLength(1000)] public required string Path { get; init; }
    [MaxLength(1 << 20)] public required string Text { get; init; }
}

public sealed record FileFaults
{
    public required IReadOnlyList<FileFault> Errors { get; init; }
}

public sealed record FileFault
{
    public required int Line { get; init; }
    public required int Column { get; init; }
    public required string Message { get; init; }
}

public sealed record MakeFolder
{
    [Required, MaxLength(1000)] public required string Path { get; init; }
}

public sealed record MoveFile
{
    [Required, MaxLength(1000)] public required string From { get; init; }
    [Required, MaxLength(1000)] public required string To { get; init; }
}
