using OCore.Platform.Data;

namespace OCore.Tests.Data;

/// <summary>Lists are ordered by id: an id made later is greater, also within one millisecond, in C# and as the text that SQLite keeps.</summary>
public sealed class OrderingByIds
{
    [Fact]
    public void Each_of_a_thread_is_greater_than_the_one_before_and_none_comes_twice()
    {
        var made = new Guid[4][];
        Parallel.For(0, made.Length, t => made[t] = [.. Enumerable.Range(0, 20_000).Select(_ => RowId.New())]);

        Assert.All(made, ids => Assert.Equal(ids.Order(), ids));
        Assert.All(made, ids => Assert.Equal(ids.OrderBy(id => id.ToString(), StringComparer.Ordinal), ids));
        Assert.Equal(4 * 20_000, made.SelectMany(ids => ids).Distinct().Count());
        Assert.All(made.SelectMany(ids => ids), id => Assert.Equal((7, 2), (id.Version, id.Variant >> 2)));
    }
}
