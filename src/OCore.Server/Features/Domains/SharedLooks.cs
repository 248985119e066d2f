using System.Collections.Concurrent;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Domains;

/// <summary>
/// Looks at names in DNS. Those who ask while somebody looks already wait for the same look, in this process by its task and in others
/// by the row.
/// </summary>
/// <param name="limits">Counts how often people ask.</param>
/// <param name="lookOnce">Looks; false where another process does.</param>
internal sealed class SharedLooks(RateLimits limits, Func<Guid, Task<bool>> lookOnce)
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly RateLimit OnDemand = new("portal-domain-checks", 6, TimeSpan.FromMinutes(1));
    private readonly ConcurrentDictionary<Guid, Lazy<Task<(bool Looked, Problem? Refusal)>>> _looking = new();

    /// <summary>Looks because somebody asked. 429 after several looks in a row; joining one that is on its way is free.</summary>
    public async Task<Problem?> OnDemandAsync(Guid id, CancellationToken stop)
    {
        var (looked, refusal) = await ShareAsync(id, limited: true, stop);
        // A look of another process is as good; what it finds is in the row when it is done.
        for (var i = 0; refusal is null && !looked && i < 40; i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(250), stop);
            looked = await LookAsync(id, stop);
        }
        return refusal;
    }

    /// <summary>False where another process is looking.</summary>
    public async Task<bool> LookAsync(Guid id, CancellationToken stop) => (await ShareAsync(id, limited: false, stop)).Looked;

    private async Task<(bool Looked, Problem? Refusal)> ShareAsync(Guid id, bool limited, CancellationToken stop)
    {
        // Nobody's leaving ends the look for the others.
        var look = _looking.GetOrAdd(id, key => new Lazy<Task<(bool, Problem?)>>(() => Task.Run(async () =>
        {
            try
            {
                if (limited && await limits.TakeAsync(OnDemand, key.ToString(), CancellationToken.None) is { } seconds)
                    return (false, DomainProblems.TooManyLooks(seconds));
                return (await lookOnce(key), (Problem?)null);
            }
            finally
            {
                _looking.TryRemove(key, out _);
            }
        }, CancellationToken.None)));
        return await look.Value.WaitAsync(stop);
    }
}
