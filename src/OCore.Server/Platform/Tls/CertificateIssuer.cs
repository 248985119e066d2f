using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.EntityFrameworkCore;
using OCore.Platform.Data;
using OCore.Platform.Security;
using OCore.Platform.Tls.Acme;

namespace OCore.Platform.Tls;

/// <summary>
/// Gets one certificate. What is begun is written down before it is done, so that another process goes on with the same order where
/// this one dies: orders are counted by the certificate authority.
/// </summary>
internal sealed class CertificateIssuer(OCoreDbFactory databases, SecretBox secrets, Settings settings, AcmeAccounts accounts, AcmeHttp http, CaaCheck caa, ChallengeProbe probe, HostOwners owners, TimeProvider time)
{
    private const string KeyKind = "certificate.key";
    private static readonly TimeSpan PollAtLeast = TimeSpan.FromMilliseconds(300), PollAtMost = TimeSpan.FromSeconds(10);

    /// <exception cref="AcmeException">The certificate authority refused; its words are the message.</exception>
    public async Task<IssuedCertificate> IssueAsync(Certificate row, CancellationToken stop)
    {
        var directory = settings.AcmeDirectory ?? throw new AcmeException("notConfigured", "OCORE_ACME_DIRECTORY is not set, so there is no certificate authority to ask.", 0);
        var (account, key) = await accounts.OfAsync(directory, stop);
        using (key)
        {
            var client = new AcmeClient(http.Client, directory, key) { Account = account.Url };
            if (account.Url is null)
                await RegisterAsync(client, account, stop);
            try
            {
                return await IssueAsync(client, row, key, stop);
            }
            catch (AcmeException e) when (e.Type == "accountDoesNotExist")
            {
                // It forgot us; it may know us again by the same key. Orders of that account are gone with it.
                await RegisterAsync(client, account, stop);
                await ForgetOrderAsync(row, stop);
                return await IssueAsync(client, row, key, stop);
            }
        }
    }

    private async Task<IssuedCertificate> IssueAsync(AcmeClient client, Certificate row, AcmeKey accountKey, CancellationToken stop)
    {
        var order = await ResumeAsync(client, row, stop) ?? await BeginAsync(client, row, accountKey, stop);
        var url = row.OrderUrl!;
        if (order.Status == "pending")
        {
            foreach (var authorization in order.Body.GetProperty("authorizations").EnumerateArray())
                await ProveAsync(client, row, authorization.GetString()!, accountKey, stop);
            order = await WaitAsync(client, url, s => s is not "pending", stop);
        }
        using var certificateKey = ECDsa.Create();
        certificateKey.ImportFromPem(secrets.Unseal(row.OrderKeySealed!, KeyKind, row.Id));
        if (order.Status == "ready")
        {
            await client.FinalizeAsync(order.At("finalize"), RequestFor(row.Host, certificateKey), stop);
            order = await WaitAsync(client, url, s => s is not ("pending" or "ready" or "processing"), stop);
        }
        else if (order.Status == "processing")
            order = await WaitAsync(client, url, s => s != "processing", stop);
        if (order.Status != "valid")
            throw order.Body.TryGetProperty("error", out var error) ? AcmeException.Of(error, 0, null) : new AcmeException("orderInvalid", "The certificate authority gave the order up.", 0);
        return Read((await client.GetAsync(order.At("certificate"), stop)).Text, row, certificateKey);
    }

    private async Task<AcmeAnswer?> ResumeAsync(AcmeClient client, Certificate row, CancellationToken stop)
    {
        if (row.OrderUrl is null || row.OrderKeySealed is null)
            return null;
        try
        {
            var order = await client.GetAsync(row.OrderUrl, stop);
            if (order.Status != "invalid")
                return order;
        }
        catch (AcmeException e) when (e.Status is 400 or 403 or 404 && e.Type != "accountDoesNotExist")
        {
            // An order of another authority, or one that ran out.
        }
        await ForgetOrderAsync(row, stop);
        return null;
    }

    private async Task<AcmeAnswer> BeginAsync(AcmeClient client, Certificate row, AcmeKey accountKey, CancellationToken stop)
    {
        if (await caa.RefusalAsync(row.Host, await client.CaaIdentitiesAsync(stop), stop) is { } refusal)
            throw new AcmeException("caa", refusal, 0);
        if (await probe.RefusalAsync(row.Host, accountKey, stop) is { } elsewhere)
            throw new AcmeException("probe", elsewhere, 0);
        await AcmeBudget.TakeAsync(databases, owners, settings.PortalBaseDomain, row.Host, renewal: row.Chain is not null, time, stop);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var order = await client.NewOrderAsync(row.Host, stop);
        (row.OrderUrl, row.OrderKeySealed) = (order.Location ?? throw new AcmeException("unexpectedAnswer", "The certificate authority did not name the order.", 0), secrets.Seal(key.ExportPkcs8PrivateKeyPem(), KeyKind, row.Id));
        await using var db = databases.System();
        await db.Certificates.Where(c => c.Id == row.Id).ExecuteUpdateAsync(s => s.SetProperty(c => c.OrderUrl, row.OrderUrl).SetProperty(c => c.OrderKeySealed, row.OrderKeySealed), stop);
        return order;
    }

    private async Task ProveAsync(AcmeClient client, Certificate row, string url, AcmeKey accountKey, CancellationToken stop)
    {
        var authorization = await client.GetAsync(url, stop);
        if (authorization.Status == "valid")
            return;
        var challenge = authorization.Body.GetProperty("challenges").EnumerateArray().FirstOrDefault(c => c.GetProperty("type").GetString() == "http-01");
        if (challenge.ValueKind == System.Text.Json.JsonValueKind.Undefined)
            throw new AcmeException("noHttpChallenge", "The certificate authority offers no proof over HTTP for this name.", 0);
        var token = challenge.GetProperty("token").GetString()!;
        await using (var db = databases.System())
        {
            var now = time.GetUtcNow();
            await db.AcmeChallenges.Where(c => c.ExpiresAt < now || c.Token == token).ExecuteDeleteAsync(stop);
            db.Add(new AcmeChallenge { Token = token, Host = row.Host, Answer = accountKey.Answer(token), ExpiresAt = now.AddHours(1) });
            await db.SaveChangesAsync(stop);
        }
        if (challenge.GetProperty("status").GetString() == "pending")
            await client.ReadyAsync(challenge.GetProperty("url").GetString()!, stop);
        var proven = await WaitAsync(client, url, s => s != "pending", stop);
        if (proven.Status == "valid")
            return;
        var failed = proven.Body.GetProperty("challenges").EnumerateArray().FirstOrDefault(c => c.TryGetProperty("error", out _));
        throw failed.ValueKind == System.Text.Json.JsonValueKind.Undefined ? new AcmeException("unauthorized", "The certificate authority did not accept the proof.", 0) : AcmeException.Of(failed.GetProperty("error"), 0, null);
    }

    private static async Task<AcmeAnswer> WaitAsync(AcmeClient client, string url, Func<string, bool> until, CancellationToken stop)
    {
        while (true)
        {
            var answer = await client.GetAsync(url, stop);
            if (until(answer.Status))
                return answer;
            var wait = answer.RetryAfter ?? TimeSpan.FromSeconds(1);
            await Task.Delay(wait < PollAtLeast ? PollAtLeast : wait > PollAtMost ? PollAtMost : wait, stop);
        }
    }

    private static byte[] RequestFor(string host, ECDsa key)
    {
        // A name longer than 64 characters is not allowed as common name; the alternative name is what counts.
        var request = new CertificateRequest(new X500DistinguishedName(host.Length <= 64 ? $"CN={host}" : ""), key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSigningRequest();
    }

    private IssuedCertificate Read(string chain, Certificate row, ECDsa key)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPem(chain);
        try
        {
            var leaf = certificates.Count > 0 ? certificates[0] : throw new AcmeException("unexpectedAnswer", "The certificate authority sent no certificate.", 0);
            using var mine = leaf.GetECDsaPublicKey();
            if (mine is null || !mine.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(key.ExportSubjectPublicKeyInfo()))
                throw new AcmeException("unexpectedAnswer", "The certificate authority sent a certificate for another key.", 0);
            if (!leaf.MatchesHostname(row.Host))
                throw new AcmeException("unexpectedAnswer", "The certificate authority sent a certificate for another name.", 0);
            return new IssuedCertificate(chain, secrets.Seal(key.ExportPkcs8PrivateKeyPem(), KeyKind, row.Id), leaf.GetNameInfo(X509NameType.SimpleName, forIssuer: true), leaf.SerialNumber,
                new DateTimeOffset(leaf.NotBefore.ToUniversalTime()), new DateTimeOffset(leaf.NotAfter.ToUniversalTime()));
        }
        finally
        {
            foreach (var certificate in certificates)
                certificate.Dispose();
        }
    }

    private async Task ForgetOrderAsync(Certificate row, CancellationToken stop)
    {
        (row.OrderUrl, row.OrderKeySealed) = (null, null);
        await using var db = databases.System();
        await db.Certificates.Where(c => c.Id == row.Id).ExecuteUpdateAsync(s => s.SetProperty(c => c.OrderUrl, (string?)null).SetProperty(c => c.OrderKeySealed, (string?)null), stop);
    }

    private async Task RegisterAsync(AcmeClient client, AcmeAccount account, CancellationToken stop)
    {
        account.Url = await client.RegisterAsync(settings.AcmeContact, settings.AcmeTermsAgreed, stop);
        await using var db = databases.System();
        await db.AcmeAccounts.Where(a => a.Id == account.Id).ExecuteUpdateAsync(s => s.SetProperty(a => a.Url, account.Url), stop);
    }
}

/// <summary>A certificate as it came, its key sealed.</summary>
internal sealed record IssuedCertificate(string Chain, string KeySealed, string Issuer, string SerialNumber, DateTimeOffset ValidFrom, DateTimeOffset ValidUntil)
{
    /// <summary>At two thirds of its life, however long that is: lifetimes get shorter.</summary>
    public DateTimeOffset RenewAt => ValidFrom + (ValidUntil - ValidFrom) * (2.0 / 3);
}
