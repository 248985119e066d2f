using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using OCore.Client;

namespace OCore.Tests.Rules;

/// <summary>What holds for the records of the wire.</summary>
public sealed class WireRules
{
    /// <summary>
    /// The serializer gives every field with <c>init</c> a value of its own, be it sent or not: what it begins with is lost. A copy that is
    /// neutral unless told otherwise was not.
    /// </summary>
    [Fact]
    public void A_field_that_begins_with_a_value_has_a_setter()
    {
        var wrong = new List<string>();
        var seen = 0;
        foreach (var type in typeof(WireJson).Assembly.GetExportedTypes().Where(t => t is { IsClass: true, IsAbstract: false, ContainsGenericParameters: false } && t.GetConstructor(Type.EmptyTypes) is not null))
        {
            if (WireJson.Default.GetTypeInfo(type) is not { Kind: JsonTypeInfoKind.Object } info)
                continue;
            var made = Activator.CreateInstance(type)!;
            foreach (var property in info.Properties)
            {
                if (property.Get?.Invoke(made) is not { } value || value.Equals(property.PropertyType.IsValueType ? Activator.CreateInstance(property.PropertyType) : null))
                    continue;
                seen++;
                if (property.AttributeProvider is PropertyInfo { SetMethod: { } setter } && setter.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)))
                    wrong.Add($"{type.Name}.{property.Name}");
            }
        }
        Assert.Empty(wrong);
        Assert.True(seen > 5, $"only {seen} fields were found");
        Assert.True(JsonSerializer.Deserialize("""{"name":"Copy"}""", WireJson.Default.CopyBackup)!.Neutralize);
    }
}
