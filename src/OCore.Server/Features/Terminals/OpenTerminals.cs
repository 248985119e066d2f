using System.Collections.Concurrent;

namespace OCore.Features.Terminals;

/// <summary>How many terminals each person has open here.</summary>
internal sealed class OpenTerminals
{
    public const int PerPerson = 10;
    private readonly ConcurrentDictionary<Guid, int> _open = new();

    public bool TryOpen(Guid person)
    {
        if (_open.AddOrUpdate(person, 1, (_, count) => count + 1) <= PerPerson)
            return true;
        Close(person);
        return false;
    }

    public void Close(Guid person)
    {
        if (_open.AddOrUpdate(person, 0, (_, count) => count - 1) <= 0)
            _open.TryRemove(new KeyValuePair<Guid, int>(person, 0));
    }

    public int Count => _open.Values.Sum();
}
