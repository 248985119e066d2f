namespace OCore.Features.Backups;

/// <summary>Where backups are kept: a place with named objects that appear whole or not at all. An edge of the world.</summary>
internal interface IBackupStore : IDisposable
{
    /// <summary>An object that is written as it comes; it exists once it was completed.</summary>
    Task<IStoredWrite> CreateAsync(string name, CancellationToken stop);

    /// <exception cref="FileNotFoundException">There is no such object.</exception>
    /// <exception cref="StoreAwayException">The place does not answer, or refuses.</exception>
    Task<Stream> OpenAsync(string name, CancellationToken stop);

    /// <summary>Everything whose name begins so, with its size.</summary>
    Task<IReadOnlyList<(string Name, long Bytes)>> ListAsync(string prefix, CancellationToken stop);

    /// <summary>One that is gone already is fine.</summary>
    Task DeleteAsync(string name, CancellationToken stop);
}

/// <summary>Disposing it without completing leaves nothing behind.</summary>
internal interface IStoredWrite : IAsyncDisposable
{
    Stream Content { get; }
    Task CompleteAsync(CancellationToken stop);
}

/// <summary>The place where backups are kept does not answer, or refuses; the message is for people and says nothing secret.</summary>
internal sealed class StoreAwayException(string message, bool isRefusal, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Trying again will not help: a wrong key, a bucket that is not there.</summary>
    public bool IsRefusal => isRefusal;

    /// <summary>It lies where oCore's own connections may not go: asking again changes nothing. Others may well come there.</summary>
    public bool IsOutOfBounds { get; init; }
}
