using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Operations;
using OCore.Platform.Security;

namespace OCore.Features.Operations;

internal static class OperationEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var operations = api.MapGroup("/operations").WithTags("Operations").Require("view:operations");
        operations.MapGet("/", List).WithName("listOperations");
        operations.MapGet("/{id:guid}", Get).WithName("getOperation");
        operations.MapGet("/{id:guid}/events", Events).WithName("streamOperationEvents").PortalFeature(PortalFeatures.Logs).Lasting().Produces<string>(200, "text/event-stream");
        operations.MapGet("/{id:guid}/log", Log).WithName("getOperationLog").PortalFeature(PortalFeatures.Logs);
        operations.MapPost("/{id:guid}/cancel", Cancel).WithName("cancelOperation").Require("manage:operations");
        operations.MapPost("/{id:guid}/retry", Retry).WithName("retryOperation").Require("manage:operations");
        operations.MapPost("/{id:guid}/skip", StuckOperations.Skip).WithName("skipOperationStep").Require("manage:operations");
        operations.MapPost("/{id:guid}/resolve", StuckOperations.Resolve).WithName("resolveOperation").Require("manage:operations");
    }

    public sealed class Filter
    {
        /// <summary>Of this instance; id or slug.</summary>
        [FromQuery(Name = "instance"), MaxLength(64)] public string? Instance { get; init; }
        /// <summary>On this server.</summary>
        [FromQuery(Name = "server")] public Guid? Server { get; init; }
        /// <summary>Of this client; id or slug.</summary>
        [FromQuery(Name = "client"), MaxLength(64)] public string? Client { get; init; }
        /// <summary>On this topology.</summary>
        [FromQuery(Name = "topology")] public Guid? Topology { get; init; }
        /// <summary>One state, or <c>active</c> for pending, running and unwinding.</summary>
        [FromQuery(Name = "state"), MaxLength(20)] public string? State { get; init; }
        /// <summary>For example <c>instance.provision</c>.</summary>
        [FromQuery(Name = "kind"), MaxLength(60)] public string? Kind { get; init; }
    }

    /// <summary>The organization's operations, newest first.</summary>
    internal static async Task<Results<Ok<Page<OperationView>>, Problem>> List(OCoreDb db, OperationKinds kinds, [AsParameters] PageQuery page, [AsParameters] Filter filter, CancellationToken stop)
    {
        var query = db.Operations.AsNoTracking();
        if (page.After is { } after)
            query = query.Where(o => o.Id < after);
        // By its id also where it is gone; by its slug only while it is there.
        if (filter.Instance is { } instance)
            query = Guid.TryParse(instance, out var instanceId) ? query.Where(o => o.InstanceId == instanceId) : query.Where(o => db.Instances.Any(i => i.Id == o.InstanceId && i.Slug == instance));
        if (filter.Server is { } server)
            query = query.Where(o => o.ServerId == server);
        if (filter.Client is { } client)
            query = Guid.TryParse(client, out var clientId) ? query.Where(o => o.ClientId == clientId || o.OrgId == clientId)
                : query.Where(o => db.Organizations.Any(c => (c.Id == o.ClientId || c.Id == o.OrgId) && c.Slug == client));
        if (filter.Topology is { } topology)
            query = query.Where(o => o.TopologyId == topology);
        if (filter.Kind is { } kind)
            query = query.Where(o => o.Kind == kind);
        if (filter.State == "active")
            query = query.Where(o => OperationEngine.Active.Contains(o.State));
        else if (filter.State is { } word)
        {
            if (!WireWord.TryRead<OperationState>(word, out var state))
                return Problem.Field("state", "One of pending, running, unwinding, succeeded, rolled_back, cancelled, stuck, active.");
            query = query.Where(o => o.State == state);
        }
        if (page.Search is { } text)
            query = query.Where(o => EF.Functions.Like(o.Title.ToLower(), Paging.Like(text.ToLowerInvariant()), "\\"));
        var rows = await query.OrderByDescending(o => o.Id).Take(page.Size + 1).Include(o => o.Steps).AsSplitQuery().ToListAsync(stop);
        var organizations = await db.Organizations.AsNoTracking().Where(o => rows.Select(r => r.OrgId).Contains(o.Id)).ToDictionaryAsync(o => o.Id, stop);
        return TypedResults.Ok(rows.ToPage(page, o => o.Id, o => o.ToView(kinds, organizations[o.OrgId].ToRef())));
    }

    /// <summary>One operation with its steps.</summary>
    internal static async Task<Results<Ok<OperationView>, Problem>> Get(Guid id, OCoreDb db, OperationKinds kinds, CancellationToken stop) =>
        await ViewAsync(db, kinds, id, stop) is { } view ? TypedResults.Ok(view) : Problem.NotFound;

    /// <summary>Its history so far, a page at a time.</summary>
    internal static async Task<Results<Ok<Page<OperationEventView>>, Problem>> Log(Guid id, OCoreDb db, [FromQuery, Range(0, long.MaxValue)] long? after, [FromQuery, Range(1, 1000)] int? limit, CancellationToken stop)
    {
        if (!await db.Operations.AnyAsync(o => o.Id == id, stop))
            return Problem.NotFound;
        var size = limit ?? 500;
        var events = await db.OperationEvents.AsNoTracking().Where(e => e.OperationId == id && e.Id > (after ?? 0)).OrderBy(e => e.Id).Take(size + 1).ToListAsync(stop);
        var shown = events.Take(size).ToList();
        return TypedResults.Ok(new Page<OperationEventView> { Data = [.. shown.Select(ToView)], HasMore = events.Count > size, NextCursor = events.Count > size ? shown[^1].Id.ToString() : null });
    }

    /// <summary>Its history as it happens (Server-Sent Events). Send <c>Last-Event-ID</c> to go on where you were cut off; ends with the operation.</summary>
    internal static async Task<Results<ServerSentEventsResult<OperationEventView>, Problem>> Events(Guid id, [FromHeader(Name = EventStreams.LastEventId)] string? lastEventId, OCoreDb db, OCoreDbFactory databases, HttpContext http, TimeProvider time, CancellationToken stop)
    {
        if (!await db.Operations.AnyAsync(o => o.Id == id, stop))
            return Problem.NotFound;
        var last = 0L;
        if (lastEventId is { Length: > 0 } && !long.TryParse(lastEventId, NumberStyles.None, CultureInfo.InvariantCulture, out last))
            return EventStreams.UnknownId("The number of the last event that you have.");
        return EventStreams.Of(http, FollowAsync(databases, db.Tenant, id, last, time, stop), time);
    }

    private static async IAsyncEnumerable<SseItem<OperationEventView>> FollowAsync(OCoreDbFactory databases, Tenant tenant, Guid id, long last, TimeProvider time, [EnumeratorCancellation] CancellationToken stop)
    {
        try
        {
            while (!stop.IsCancellationRequested)
            {
                var next = OperationSignals.NextEvent(id);
                List<OperationEvent> events;
                bool ended;
                await using (var db = databases.For(tenant, null))
                {
                    // The state first: an operation that has ended writes no event after that.
                    ended = !await db.Operations.AnyAsync(o => o.Id == id && OperationEngine.Active.Contains(o.State), stop);
                    events = await db.OperationEvents.AsNoTracking().Where(e => e.OperationId == id && e.Id > last).OrderBy(e => e.Id).Take(500).ToListAsync(stop);
                }
                foreach (var e in events)
                {
                    last = e.Id;
                    yield return new SseItem<OperationEventView>(ToView(e), e.Kind) { EventId = e.Id.ToString() };
                }
                if (ended && events.Count == 0)
                    yield break;
                if (events.Count == 0)
                    await Task.WhenAny(next, Task.Delay(TimeSpan.FromSeconds(1), time, stop));
            }
        }
        finally
        {
            // No event may come any more that would end the waiting; who still follows looks once more.
            OperationSignals.EventWritten(id);
        }
    }

    /// <summary>Ask it to stop and undo what it did. Refused when it is past the point of no return.</summary>
    internal static async Task<Results<Ok<OperationView>, Problem>> Cancel(Guid id, OCoreDb db, OperationKinds kinds, CancellationToken stop)
    {
        var operation = await db.Operations.Include(o => o.Steps).SingleOrDefaultAsync(o => o.Id == id, stop);
        if (operation is null)
            return Problem.NotFound;
        if (operation.CancelRequested && OperationEngine.Active.Contains(operation.State))
            return TypedResults.Ok((await ViewAsync(db, kinds, id, stop))!);
        var refusal = await db.InTransactionAsync(async () =>
        {
            // The row first, as the runner does: from here on it begins no step before this has been decided.
            await db.TakeOperationAsync(id, stop);
            var now = await db.Operations.AsNoTracking().Include(o => o.Steps).SingleAsync(o => o.Id == id, stop);
            if (!OperationViews.IsCancellable(now, kinds))
                return new Problem(409, "not_cancellable", OperationEngine.Active.Contains(now.State)
                    ? "It is past the point of no return and will be finished." : "It has ended already.");
            await db.Operations.Where(o => o.Id == id).ExecuteUpdateAsync(s => s.SetProperty(o => o.CancelRequested, true), stop);
            db.Record("operation.cancelled", operation.OrgId, operation);
            await db.SaveChangesAsync(stop);
            return null;
        }, stop);
        if (refusal is not null)
            return refusal;
        OperationSignals.WorkQueued();
        return TypedResults.Ok((await ViewAsync(db, kinds, id, stop))!);
    }

    /// <summary>Try again what is stuck or waiting, from where it stopped.</summary>
    internal static async Task<Results<Ok<OperationView>, Problem>> Retry(Guid id, OCoreDb db, OperationKinds kinds, CancellationToken stop)
    {
        if (!await db.Operations.AnyAsync(o => o.Id == id, stop))
            return Problem.NotFound;
        var refusal = await db.InTransactionAsync(async () =>
        {
            // The row first, as the runner does: nobody else takes it up again, or ends it, before this has been decided.
            await db.TakeOperationAsync(id, stop);
            var now = await db.Operations.AsNoTracking().Include(o => o.Steps).SingleAsync(o => o.Id == id, stop);
            if (now.State != OperationState.Stuck && now.RetryAt is null)
                return new Problem(409, "not_retryable", "Only an operation that is stuck or waiting can be retried.", "Start it again instead: what a rolled-back operation did was undone.");
            await db.OperationSteps.Where(s => s.OperationId == id && (s.State == StepState.Failed || s.State == StepState.UndoFailed))
                .ExecuteUpdateAsync(s => s.SetProperty(x => x.Attempt, 0), stop);
            await db.Operations.Where(o => o.Id == id).ExecuteUpdateAsync(s => s
                .SetProperty(o => o.State, o => o.State == OperationState.Stuck ? o.Unwinds ? OperationState.Unwinding : OperationState.Running : o.State)
                .SetProperty(o => o.FinishedAt, (DateTimeOffset?)null).SetProperty(o => o.RetryAt, (DateTimeOffset?)null).SetProperty(o => o.LeaseUntil, DateTimeOffset.UnixEpoch), stop);
            db.Record("operation.retried", now.OrgId, now);
            await db.SaveChangesAsync(stop);
            return null;
        }, stop);
        if (refusal is not null)
            return refusal;
        OperationSignals.WorkQueued();
        return TypedResults.Ok((await ViewAsync(db, kinds, id, stop))!);
    }

    internal static async Task<OperationView?> ViewAsync(OCoreDb db, OperationKinds kinds, Guid id, CancellationToken stop)
    {
        var operation = await db.Operations.AsNoTracking().Include(o => o.Steps).SingleOrDefaultAsync(o => o.Id == id, stop);
        if (operation is null)
            return null;
        var organization = await db.Organizations.AsNoTracking().SingleAsync(o => o.Id == operation.OrgId, stop);
        return operation.ToView(kinds, organization.ToRef());
    }

    private static OperationEventView ToView(OperationEvent e) => new() { Id = e.Id, At = e.At, Seq = e.Seq, Kind = e.Kind, Message = e.Message };
}
