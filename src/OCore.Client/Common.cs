using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OCore.Client;

/// <summary>One page of a list. Ask for the next with <c>?cursor=</c> set to <see cref="NextCursor"/>.</summary>
public sealed record Page<T>
{
    public required IReadOnlyList<T> Data { get; init; }
    /// <summary>Opaque; null on the last page.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public string? NextCursor { get; init; }
    public required bool HasMore { get; init; }
}

/// <summary>A refusal, as RFC 9457 describes it, with a stable code that programs may act on.</summary>
public sealed record ProblemBody
{
    public string? Type { get; init; }
    public string? Title { get; init; }
    public int Status { get; init; }
    public string? Detail { get; init; }
    /// <summary>Stable, machine-readable: for example <c>subscription_required</c>.</summary>
    public string? Code { get; init; }
    /// <summary>What to do about it.</summary>
    public string? Hint { get; init; }
    public string? TraceId { get; init; }
    /// <summary>What is wrong, by the field's JSON path.</summary>
    public IReadOnlyDictionary<string, string[]>? Errors { get; init; }
    /// <summary>Other facts of this refusal, such as the operation that holds a lock.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? More { get; set; }
}

/// <summary>The patterns of names that reach a server; each is anchored and never begins with a dash.</summary>
public static class Patterns
{
    /// <summary>Organizations, instances, roles: 2 to 40 characters, a letter first.</summary>
    public const string Slug = @"^[a-z][a-z0-9]*(-[a-z0-9]+)*$";
    public const string OdooVersion = @"^\d{2}\.0$";
    public const string Module = @"^[a-z][a-z0-9_]{0,63}$";
    public const string Database = @"^[a-z][a-z0-9_]{0,62}$";
    public const string UnixUser = @"^[a-z_][a-z0-9_-]{0,31}$";
    public const string HostName = @"^[A-Za-z0-9]([A-Za-z0-9.:-]{0,253}[A-Za-z0-9])?$";
    /// <summary>What people call a site by: a name or an IPv4 address, each part of it sound.</summary>
    public const string Domain = @"^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9])?)*$";
    public const string GitRef = @"^[A-Za-z0-9_][A-Za-z0-9._/-]{0,199}$";
    /// <summary>Hexadecimal colours of three or six digits.</summary>
    public const string Color = @"^#([0-9A-Fa-f]{3}){1,2}$";
    public const string Token = @"^[\x21-\x7e]*$";
    public const string Language = @"^[a-z]{2,3}(_[A-Z]{2})?(@[a-z]+)?$";
    public const string ImageRef = @"^[a-z0-9]([a-z0-9._/:-]{0,180}[a-z0-9])?(@sha256:[0-9a-f]{64})?$";
}

/// <summary>An object of another noun, named enough to show and to link to.</summary>
public sealed record Ref
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public string? Slug { get; init; }
}

/// <summary>A typed name that confirms something that cannot be undone.</summary>
public sealed record Confirmation
{
    [MaxLength(100)]
    public string? Confirm { get; init; }
}
