using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace OCore.Platform.Data;

/// <summary>
/// A query that is asked so often that putting it together each time would be most of its cost: made once for each database's model.
/// <c>static readonly Compiled&lt;…&gt; X = new(() => EF.CompileAsyncQuery(…))</c>, then <c>X.On(db)(db, …)</c>.
/// </summary>
internal sealed class Compiled<TQuery>(Func<TQuery> compile) where TQuery : class
{
    private readonly ConditionalWeakTable<IModel, TQuery> _queries = [];

    public TQuery On(DbContext db) => _queries.GetValue(db.Model, _ => compile());
}
