using System.Net;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Tls.Acme;

namespace OCore.Platform.Tls;

/// <summary>
/// Asks a name what the certificate authority will ask, before an order is made: five failed proofs an hour are all that an authority lets a
/// name have. Only an answer of somebody else is a refusal. A name that cannot be reached from here, as behind many a router, may well be
/// reached from outside, and is left to the authority.
/// </summary>
internal sealed class ChallengeProbe(OCoreDbFactory databases, Func<Uri, HttpMessageHandler> ways, TimeProvider time)
{
    private const int Most = 4096;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    /// <returns>Why the authority would not get its answer; null where it would, or nobody can say from here.</returns>
    public async Task<string?> RefusalAsync(string host, AcmeKey account, CancellationToken stop)
    {
        // Answered like the authority's own: from the database, or at an edge by the signature of the account.
        var token = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var answer = account.Answer(token);
        await using (var db = databases.System())
        {
            db.Add(new AcmeChallenge { Token = token, Host = host, Answer = answer, ExpiresAt = time.GetUtcNow().AddMinutes(5) });
            await db.SaveChangesAsync(stop);
        }
        try
        {
            return await AskAsync(new Uri($"http://{host}/.well-known/acme-challenge/{token}"), host, answer, stop);
        }
        finally
        {
            await using var db = databases.System();
            await db.AcmeChallenges.Where(c => c.Token == token).ExecuteDeleteAsync(CancellationToken.None);
        }
    }

    private async Task<string?> AskAsync(Uri address, string host, string answer, CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(Patience);
        try
        {
            using var http = new HttpClient(ways(address)) { MaxResponseContentBufferSize = Most, Timeout = Timeout.InfiniteTimeSpan };
            using var response = await http.GetAsync(address, patience.Token);
            // The authority follows where it is sent to, and is better at it.
            if ((int)response.StatusCode is >= 300 and < 400)
                return null;
            return response.StatusCode == HttpStatusCode.OK && (await response.Content.ReadAsStringAsync(patience.Token)).Trim() == answer ? null
                : $"http://{host} answers, but not from here (status {(int)response.StatusCode}): a proxy or another program on the way takes what the certificate authority asks for. Let /.well-known/acme-challenge/ through on port 80.";
        }
        catch (Exception unreachable) when (unreachable is HttpRequestException or FetchRefusedException or IOException || unreachable is OperationCanceledException && !stop.IsCancellationRequested)
        {
            return null;
        }
    }
}
