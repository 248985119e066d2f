using System.ComponentModel.DataAnnotations;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization;

namespace OCore.Client;

/// <summary>
/// A change of some fields: one that is absent stays as it is, one that is null is cleared. Which of the two a null was is known
/// because the serializer sets only what the body has; hence these properties have setters.
/// </summary>
public abstract record Partial : IValidatableObject
{
    private readonly HashSet<string> _cleared = [];

    /// <summary>To send: fields to clear, by their JSON names.</summary>
    [JsonIgnore]
    public IReadOnlyCollection<string> Clearing { get; init; } = [];

    /// <summary>Fields that cannot be without a value.</summary>
    protected virtual IReadOnlyList<string> Needed => [];

    protected T Given<T>(T value, [CallerMemberName] string field = "")
    {
        if (value is null)
            _cleared.Add(field);
        return value;
    }

    /// <summary>Whether the body has this field, be it null.</summary>
    /// <param name="value">A field of this request, written as <c>request.Field</c>.</param>
    /// <param name="field">The compiler's.</param>
    public bool Has<T>(T value, [CallerArgumentExpression(nameof(value))] string field = "") => value is not null || _cleared.Contains(field[(field.LastIndexOf('.') + 1)..]);

    /// <summary>The value given, null too; otherwise the one before.</summary>
    public T? Or<T>(T? value, T? before, [CallerArgumentExpression(nameof(value))] string field = "") => Has(value, field) ? value : before;

    IEnumerable<ValidationResult> IValidatableObject.Validate(ValidationContext validationContext) =>
        Needed.Where(_cleared.Contains).Select(field => new ValidationResult("It cannot be empty.", [field]));
}
