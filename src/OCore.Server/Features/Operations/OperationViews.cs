using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Organizations;
using OCore.Platform.Data;
using OCore.Platform.Operations;

namespace OCore.Features.Operations;

/// <summary>Operations as callers see them.</summary>
internal static class OperationViews
{
    public static OperationView ToView(this Operation operation, OperationKinds kinds, Ref organization) => new()
    {
        Id = operation.Id,
        Kind = operation.Kind,
        Title = operation.Title,
        State = operation.State,
        Organization = organization,
        InstanceId = operation.InstanceId, ServerId = operation.ServerId, ClientId = operation.ClientId, TemplateId = operation.TemplateId, TopologyId = operation.TopologyId,
        CreatedBy = operation.Actor,
        CreatedAt = operation.CreatedAt, StartedAt = operation.StartedAt, FinishedAt = operation.FinishedAt,
        CancelRequested = operation.CancelRequested,
        Cancellable = IsCancellable(operation, kinds),
        RetryAt = operation.RetryAt,
        Error = operation.ErrorCode is { } code && (operation.RetryAt is not null || operation.State is not (OperationState.Running or OperationState.Succeeded))
            ? new OperationError { Code = code, Message = operation.ErrorMessage ?? "", Hint = operation.ErrorHint } : null,
        Resolved = operation.ResolvedBy is { } by ? new OperationResolved { By = by, Reason = operation.ResolvedReason ?? "" } : null,
        Steps = [.. operation.Steps.OrderBy(s => s.Seq).Select(s => new StepView
        {
            Seq = s.Seq, Name = s.Name, State = s.State, Attempt = s.Attempt, StartedAt = s.StartedAt, FinishedAt = s.FinishedAt, Error = s.Error, SkipReason = s.SkipReason,
        })],
    };

    public static bool IsCancellable(Operation operation, OperationKinds kinds)
    {
        if (operation.CancelRequested || operation.State is not (OperationState.Pending or OperationState.Running))
            return false;
        var pivot = kinds.Find(operation.Kind)?.Steps.Index().Where(s => s.Item.IsPivot).Select(s => (int?)s.Index).FirstOrDefault();
        return pivot is null || operation.Steps.All(s => s.Seq < pivot || s.State == StepState.Pending);
    }

    /// <summary>202 with the operation, for the end of a handler that has saved it.</summary>
    public static async Task<Accepted<OperationView>> AcceptedAsync(OCoreDb db, Operation operation, OperationKinds kinds, CancellationToken stop)
    {
        var organization = await db.Organizations.AsNoTracking().SingleAsync(o => o.Id == operation.OrgId, stop);
        return TypedResults.Accepted($"/api/operations/{operation.Id}", operation.ToView(kinds, organization.ToRef()));
    }

    public static Ref ToRef(this Organization organization) => new() { Id = organization.Id, Name = organization.Name, Slug = organization.Slug };
}
