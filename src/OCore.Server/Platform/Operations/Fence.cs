namespace OCore.Platform.Operations;

/// <summary>
/// What a running step may still do on servers. It goes along with everything a step calls, so that no step can forget it: whoever
/// gives out connections asks it first.
/// </summary>
internal sealed class Fence(Guid operation, string life, IReadOnlyList<string> before, Func<bool> holds)
{
    private static readonly AsyncLocal<Fence?> Ambient = new();

    /// <summary>Of the step that runs here; null for reconcilers and requests.</summary>
    public static Fence? Current => Ambient.Value;

    public Guid Operation => operation;
    /// <summary>Under which the operation was claimed.</summary>
    public string Life => life;
    /// <summary>The lives of those who ran it before and may not know that they do not any more.</summary>
    public IReadOnlyList<string> Before => before;

    /// <summary>From here on, for this call and all it makes.</summary>
    public void Enter() => Ambient.Value = this;

    /// <summary>Work that is everybody's, such as opening a shared connection.</summary>
    public static void Leave() => Ambient.Value = null;

    /// <exception cref="LostLeaseException">The lease ran out, whether or not anybody said so: this process may have stood still.</exception>
    public void Check(string present)
    {
        if (life != present || !holds())
            throw new LostLeaseException();
    }
}
