namespace OCore.Platform.Remote;

/// <summary>
/// The life of a process, as servers know it. A process that was overtaken while it stood still is shut out of them under this name;
/// once it has noticed, it begins another life, under which it may come back for what is then its own.
/// </summary>
internal sealed class Incarnation
{
    private volatile string _id = New();

    public string Id => _id;

    /// <summary>Begins another life, where this one is the present.</summary>
    public void End(string id) => Interlocked.CompareExchange(ref _id, New(), id);

    private static string New() => Guid.CreateVersion7().ToString("N");
}

/// <summary>This life was shut out of the server: somebody took over what it was doing there.</summary>
internal sealed class FencedException(string where) : ServerException($"Another process of oCore took over what this one did on {where}.");
