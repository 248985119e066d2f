using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Webhooks;

internal static class WebhookEndpoints
{
    internal const string Secret = "webhook.secret";
    private const int Most = 20;

    public static void Map(IEndpointRouteBuilder api)
    {
        var webhooks = api.MapGroup("/webhooks").WithTags("Webhooks").Require("view:webhooks");
        webhooks.MapGet("/", List).WithName("listWebhooks");
        webhooks.MapPost("/", Create).WithName("createWebhook").Require("manage:webhooks");
        webhooks.MapGet("/{id:guid}", Get).WithName("getWebhook").EditTag<UpdateWebhook>();
        webhooks.MapPut("/{id:guid}", Update).WithName("updateWebhook").Require("manage:webhooks");
        webhooks.MapDelete("/{id:guid}", Delete).WithName("deleteWebhook").Require("manage:webhooks");
        webhooks.MapPost("/{id:guid}/test", Test).WithName("testWebhook").Require("manage:webhooks");
        webhooks.MapGet("/{id:guid}/deliveries", Deliveries).WithName("listWebhookDeliveries");
        webhooks.MapPost("/{id:guid}/deliveries/{delivery:guid}/replay", Replay).WithName("replayWebhookDelivery").Require("manage:webhooks");
    }

    /// <summary>The organization's webhooks, oldest first.</summary>
    internal static async Task<Ok<Page<WebhookView>>> List(OCoreDb db, [AsParameters] PageQuery page, CancellationToken stop)
    {
        var query = db.Set<Webhook>().AsNoTracking();
        if (page.After is { } after)
            query = query.Where(w => w.Id > after);
        if (page.Search is { } text)
            query = query.Where(w => EF.Functions.Like(w.Name.ToLower(), Paging.Like(text.ToLowerInvariant()), "\\"));
        var rows = await query.OrderBy(w => w.Id).Take(page.Size + 1).ToListAsync(stop);
        var views = (await ViewsAsync(db, rows, stop)).ToDictionary(v => v.Id);
        return TypedResults.Ok(rows.ToPage(page, w => w.Id, w => views[w.Id]));
    }

    /// <summary>One webhook.</summary>
    internal static async Task<Results<Ok<WebhookView>, Problem>> Get(Guid id, OCoreDb db, CancellationToken stop) =>
        await db.Set<Webhook>().AsNoTracking().SingleOrDefaultAsync(w => w.Id == id, stop) is { } webhook ? TypedResults.Ok((await ViewsAsync(db, [webhook], stop))[0]) : Problem.NotFound;

    /// <summary>Have events sent to an address. The secret that signs them is shown this once.</summary>
    internal static async Task<Results<Created<CreatedWebhook>, Problem>> Create(CreateWebhook request, OCoreDb db, Caller caller, SecretBox secrets, GuardedConnections connections, TimeProvider time, CancellationToken stop)
    {
        if ((WebhookChecks.Name(request.Name) ?? WebhookChecks.Url(request.Url, connections) ?? WebhookChecks.Events(request.Events)) is { } wrong)
            return wrong;
        if (await db.Set<Webhook>().CountAsync(stop) >= Most)
            return WebhookProblems.TooMany;
        var (id, secret) = (RowId.New(), WebhookSignature.NewSecret());
        var webhook = new Webhook
        {
            Id = id, OrgId = caller.OrgId, Name = request.Name.Trim(), Url = request.Url, Events = [.. (request.Events ?? []).Distinct()],
            SecretSealed = secrets.Seal(secret, Secret, id), CreatedAt = time.GetUtcNow(),
        };
        db.Add(webhook);
        await db.SaveChangesAsync(stop);
        return TypedResults.Created($"/api/webhooks/{id}", new CreatedWebhook { Webhook = webhook.ToView(null), Secret = secret });
    }

    /// <summary>Change the fields given; <c>events</c> null is all. Switched off, it gets nothing of what happens meanwhile, and what still waited is given up.</summary>
    internal static async Task<Results<Ok<WebhookView>, Problem>> Update(Guid id, UpdateWebhook request, OCoreDb db, GuardedConnections connections, CancellationToken stop)
    {
        if (await db.Set<Webhook>().SingleOrDefaultAsync(w => w.Id == id, stop) is not { } webhook)
            return Problem.NotFound;
        if ((WebhookChecks.Name(request.Name) ?? (request.Url is null ? null : WebhookChecks.Url(request.Url, connections)) ?? WebhookChecks.Events(request.Events)) is { } wrong)
            return wrong;
        var goesOff = webhook.IsActive && request.IsActive == false;
        webhook.Name = request.Name?.Trim() ?? webhook.Name;
        webhook.Url = request.Url ?? webhook.Url;
        webhook.Events = [.. (request.Or(request.Events, webhook.Events) ?? []).Distinct()];
        webhook.IsActive = request.IsActive ?? webhook.IsActive;
        await db.InTransactionAsync(async () =>
        {
            if (goesOff)
                await db.Set<WebhookDelivery>().Where(d => d.WebhookId == id && d.NextAttemptAt != null)
                    .ExecuteUpdateAsync(s => s.SetProperty(d => d.NextAttemptAt, (DateTimeOffset?)null).SetProperty(d => d.Error, "The webhook was switched off."), stop);
            return await db.SaveChangesAsync(stop);
        }, stop);
        return TypedResults.Ok((await ViewsAsync(db, [webhook], stop))[0]);
    }

    /// <summary>Delete a webhook with its deliveries.</summary>
    internal static async Task<Results<NoContent, Problem>> Delete(Guid id, OCoreDb db, CancellationToken stop)
    {
        if (await db.Set<Webhook>().SingleOrDefaultAsync(w => w.Id == id, stop) is not { } webhook)
            return Problem.NotFound;
        db.Remove(webhook);
        await db.SaveChangesAsync(stop);
        return TypedResults.NoContent();
    }

    /// <summary>Send an event <c>webhook.test</c>, whatever the webhook wants otherwise.</summary>
    internal static async Task<Results<Created<WebhookDeliveryView>, Problem>> Test(Guid id, OCoreDb db, TimeProvider time, CancellationToken stop)
    {
        if (await db.Set<Webhook>().AsNoTracking().SingleOrDefaultAsync(w => w.Id == id, stop) is not { } webhook)
            return Problem.NotFound;
        var organization = await db.Organizations.AsNoTracking().SingleAsync(o => o.Id == webhook.OrgId, stop);
        return await AddAsync(db, WebhookEvents.Delivery(webhook, $"test:{RowId.New()}", "webhook.test", organization, new { webhook.Id, webhook.Name }, time.GetUtcNow()), stop);
    }

    /// <summary>What was sent, newest first, with how it went; kept for 30 days.</summary>
    internal static async Task<Results<Ok<Page<WebhookDeliveryView>>, Problem>> Deliveries(Guid id, OCoreDb db, [AsParameters] PageQuery page, CancellationToken stop)
    {
        if (!await db.Set<Webhook>().AnyAsync(w => w.Id == id, stop))
            return Problem.NotFound;
        var query = db.Set<WebhookDelivery>().AsNoTracking().Where(d => d.WebhookId == id);
        if (page.After is { } after)
            query = query.Where(d => d.Id < after);
        if (page.Search is { } text)
            query = query.Where(d => EF.Functions.Like(d.Event, Paging.Like(text.ToLowerInvariant()), "\\"));
        var rows = await query.OrderByDescending(d => d.Id).Take(page.Size + 1).ToListAsync(stop);
        return TypedResults.Ok(rows.ToPage(page, d => d.Id, ToView));
    }

    /// <summary>Send a delivery again, word for word and with its own id.</summary>
    internal static async Task<Results<Created<WebhookDeliveryView>, Problem>> Replay(Guid id, Guid delivery, OCoreDb db, TimeProvider time, CancellationToken stop)
    {
        if (await db.Set<WebhookDelivery>().AsNoTracking().SingleOrDefaultAsync(d => d.WebhookId == id && d.Id == delivery, stop) is not { } first)
            return Problem.NotFound;
        var now = time.GetUtcNow();
        return await AddAsync(db, new WebhookDelivery
        {
            OrgId = first.OrgId, WebhookId = id, Key = $"replay:{RowId.New()}", Event = first.Event, Body = first.Body, ReplayOf = first.ReplayOf ?? first.Id, CreatedAt = now, NextAttemptAt = now,
        }, stop);
    }

    private static async Task<Created<WebhookDeliveryView>> AddAsync(OCoreDb db, WebhookDelivery delivery, CancellationToken stop)
    {
        db.Add(delivery);
        await db.SaveChangesAsync(stop);
        WebhookSender.Wake();
        return TypedResults.Created($"/api/webhooks/{delivery.WebhookId}/deliveries", ToView(delivery));
    }

    private static async Task<List<WebhookView>> ViewsAsync(OCoreDb db, IReadOnlyCollection<Webhook> webhooks, CancellationToken stop)
    {
        var ids = webhooks.Select(w => w.Id).ToList();
        var newest = await db.Set<Webhook>().AsNoTracking().Where(w => ids.Contains(w.Id))
            .Select(w => db.Set<WebhookDelivery>().Where(d => d.WebhookId == w.Id).OrderByDescending(d => d.Id).FirstOrDefault()).ToListAsync(stop);
        var last = newest.OfType<WebhookDelivery>().ToDictionary(d => d.WebhookId);
        return [.. webhooks.Select(w => w.ToView(last.GetValueOrDefault(w.Id)))];
    }

    private static WebhookView ToView(this Webhook webhook, WebhookDelivery? last) => new()
    {
        Id = webhook.Id, Name = webhook.Name, Url = webhook.Url, Events = webhook.Events, IsActive = webhook.IsActive, CreatedAt = webhook.CreatedAt, Last = last is null ? null : ToView(last),
    };

    private static WebhookDeliveryView ToView(WebhookDelivery d) => new()
    {
        Id = d.Id, Event = d.Event, State = d.DeliveredAt is not null ? "delivered" : d.NextAttemptAt is null ? "failed" : "pending", Attempts = d.Attempts, ResponseStatus = d.ResponseStatus,
        Error = d.Error, CreatedAt = d.CreatedAt, DeliveredAt = d.DeliveredAt, NextAttemptAt = d.NextAttemptAt, ReplayOf = d.ReplayOf, Body = d.Body,
    };
}

internal static class WebhookProblems
{
    public static readonly Problem TooMany = new(409, "too_many_webhooks", "An organization can have 20 webhooks.", "Delete one, or let one address take several kinds of events.");
}

internal static class WebhookChecks
{
    public static Problem? Name(string? name) => name is not null && string.IsNullOrWhiteSpace(name) ? Problem.Field("name", "It cannot be blank.") : null;

    public static Problem? Url(string url, GuardedConnections connections) =>
        !Uri.TryCreate(url, UriKind.Absolute, out var parsed) ? Problem.Field("url", "It has to be an address beginning with https:// or http://.")
        : connections.Objection(parsed) is { } objection ? Problem.Field("url", objection)
        : parsed.Fragment.Length > 0 ? Problem.Field("url", "What follows a # is never sent; leave it out.")
        : null;

    public static Problem? Events(IReadOnlyList<string>? events)
    {
        var unknown = (events ?? []).FirstOrDefault(e => !WebhookEvents.All.Any(known => known == e || e.EndsWith('.') && known.StartsWith(e, StringComparison.Ordinal)));
        return unknown is null ? null : Problem.Field("events", $"There is no event {(unknown.Length > 60 ? unknown[..60] : unknown)}. Those there are: {string.Join(", ", WebhookEvents.All)}.");
    }
}
