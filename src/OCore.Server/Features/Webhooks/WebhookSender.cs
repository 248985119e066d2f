using System.Net.Sockets;
using System.Text;
using Microsoft.EntityFrameworkCore;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Webhooks;

/// <summary>
/// Sends what is due, in turn for one webhook and side by side for several, so that a slow address keeps nobody else waiting. A claim
/// is a conditional update: several processes never send one delivery at once.
/// </summary>
internal sealed class WebhookSender(OCoreDbFactory databases, SecretBox secrets, GuardedConnections connections, TimeProvider time, ILogger<WebhookSender> log) : BackgroundService
{
    private const int AtOnce = 50, SideBySide = 32;
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(2), Patience = TimeSpan.FromSeconds(10), Lease = TimeSpan.FromMinutes(1), KeepFor = TimeSpan.FromDays(30), SweepEvery = TimeSpan.FromHours(1);
    internal static readonly TimeSpan[] Waits = [TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromHours(1), TimeSpan.FromHours(6), TimeSpan.FromHours(12)];
    private static TaskCompletionSource _due = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<Guid, Task> _sending = [];
    private DateTimeOffset _sweepAt;

    public static void Wake() => Interlocked.Exchange(ref _due, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            var next = Volatile.Read(ref _due).Task;
            try
            {
                await BeginAsync(stoppingToken);
            }
            catch (Exception e) when (e.IsFault(stoppingToken))
            {
                log.LogError(e, "Sending webhooks failed");
            }
            await Task.WhenAny(next, Task.Delay(Tick, time, stoppingToken));
        }
        await Task.WhenAll(_sending.Values);
    }

    private async Task BeginAsync(CancellationToken stop)
    {
        await using var db = databases.System();
        var now = time.GetUtcNow();
        if (now >= _sweepAt)
        {
            _sweepAt = now + SweepEvery;
            await db.Set<WebhookDelivery>().AcrossTenants().Where(d => d.CreatedAt < now - KeepFor).ExecuteDeleteAsync(stop);
        }
        foreach (var ended in _sending.Where(s => s.Value.IsCompleted).Select(s => s.Key).ToList())
            _sending.Remove(ended);
        var busy = _sending.Keys.ToList();
        if (busy.Count >= SideBySide)
            return;
        var due = await db.Set<WebhookDelivery>().AcrossTenants().Where(d => d.NextAttemptAt <= now && !busy.Contains(d.WebhookId))
            .GroupBy(d => d.WebhookId).Select(g => new { g.Key, First = g.Min(d => d.NextAttemptAt) }).OrderBy(g => g.First).Take(SideBySide - busy.Count).ToListAsync(stop);
        foreach (var id in due.Select(d => d.Key))
            _sending[id] = Task.Run(() => SendAsync(id, stop), CancellationToken.None);
    }

    private async Task SendAsync(Guid id, CancellationToken stop)
    {
        try
        {
            await using var db = databases.System();
            if (await db.Set<Webhook>().AcrossTenants().AsNoTracking().SingleOrDefaultAsync(w => w.Id == id, stop) is not { } webhook)
                return;
            var until = time.GetUtcNow();
            var due = await db.Set<WebhookDelivery>().AcrossTenants().AsNoTracking().Where(d => d.WebhookId == id && d.NextAttemptAt <= until).OrderBy(d => d.Id).Take(AtOnce).ToListAsync(stop);
            // The rest would fail the same way; they come while this one waits.
            foreach (var delivery in due)
                if (!await SendAsync(db, webhook, delivery, stop))
                    return;
        }
        catch (Exception e) when (e.IsFault(stop))
        {
            log.LogError(e, "Sending to webhook {Id} failed", id);
        }
    }

    /// <returns>False where the address did not take it.</returns>
    private async Task<bool> SendAsync(OCoreDb db, Webhook webhook, WebhookDelivery delivery, CancellationToken stop)
    {
        var now = time.GetUtcNow();
        var row = db.Set<WebhookDelivery>().AcrossTenants().Where(d => d.Id == delivery.Id);
        if (await row.Where(d => d.NextAttemptAt == delivery.NextAttemptAt).ExecuteUpdateAsync(s => s.SetProperty(d => d.NextAttemptAt, now + Lease).SetProperty(d => d.Attempts, d => d.Attempts + 1), stop) == 0)
            return true;
        var (status, error) = await AttemptAsync(webhook, delivery, now, stop);
        DateTimeOffset? again = error is null || delivery.Attempts >= Waits.Length ? null : now + Waits[delivery.Attempts];
        await row.ExecuteUpdateAsync(s => s.SetProperty(d => d.ResponseStatus, status).SetProperty(d => d.Error, error).SetProperty(d => d.NextAttemptAt, again)
            .SetProperty(d => d.DeliveredAt, d => error == null ? now : d.DeliveredAt), CancellationToken.None);
        return error is null;
    }

    private async Task<(int? Status, string? Error)> AttemptAsync(Webhook webhook, WebhookDelivery delivery, DateTimeOffset now, CancellationToken stop)
    {
        var (id, at, address) = (delivery.Id.ToString(), now.ToUnixTimeSeconds(), new Uri(webhook.Url));
        if (connections.Objection(address) is { } objection)
            return (null, objection);
        using var late = CancellationTokenSource.CreateLinkedTokenSource(stop);
        late.CancelAfter(Patience);
        try
        {
            using var http = new HttpClient(connections.HandlerFor(address));
            using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = new StringContent(delivery.Body, Encoding.UTF8, "application/json") };
            request.Headers.UserAgent.ParseAdd("oCore");
            request.Headers.Add("webhook-id", id);
            request.Headers.Add("webhook-timestamp", at.ToString());
            request.Headers.Add("webhook-signature", WebhookSignature.Of(secrets.Unseal(webhook.SecretSealed, WebhookEndpoints.Secret, webhook.Id), id, at, delivery.Body));
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, late.Token);
            var status = (int)response.StatusCode;
            return (status, response.IsSuccessStatusCode ? null : $"It answered {status}{(status is >= 300 and < 400 ? "; redirects are not followed" : "")}.");
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return (null, $"It did not answer within {Patience.TotalSeconds:0} seconds.");
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException)
        {
            return (null, (e.InnerException as FetchRefusedException)?.Message ?? "It could not be reached.");
        }
    }
}
