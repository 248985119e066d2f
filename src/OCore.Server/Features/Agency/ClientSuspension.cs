using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Operations;

namespace OCore.Features.Agency;

/// <param name="SuspendedAt">As it was before: to that an undo returns.</param>
internal sealed record SuspensionInput(Guid ClientId, DateTimeOffset? SuspendedAt, string? Reason);

/// <summary>
/// Locks a client out and takes its instances offline. The request itself does the first step, in the transaction that queues the
/// rest: people are out when it answers.
/// </summary>
internal sealed class ClientSuspension : OperationKind<SuspensionInput>
{
    public override string Name => "client.suspend";
    public override bool IsPatient => true;

    protected override void Define(StepList<SuspensionInput> steps) => steps
        .Step("Lock its people out", (_, _) => Task.CompletedTask, RestoreAsync)
        .Step("Take its instances offline", TakeOfflineAsync, LetInAgainAsync);

    internal static Task TakeOfflineAsync(SuspensionInput input, StepContext context) => context.Get<IClientResources>().SuspendAsync(input.ClientId, context);

    internal static Task BringOnlineAsync(SuspensionInput input, StepContext context) => context.Get<IClientResources>().ResumeAsync(input.ClientId, context);

    // First what the client is: what begins meanwhile has to know. One that was suspended before stays so.
    private static async Task LetInAgainAsync(SuspensionInput input, StepContext context)
    {
        await RestoreAsync(input, context);
        if (input.SuspendedAt is null)
            await BringOnlineAsync(input, context);
    }

    internal static async Task RestoreAsync(SuspensionInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        if (await db.Organizations.SingleOrDefaultAsync(o => o.Id == input.ClientId, context.Stop) is not { } client || client.SuspendedAt == input.SuspendedAt)
            return;
        (client.SuspendedAt, client.SuspendedReason) = (input.SuspendedAt, input.Reason);
        db.Mark(client, input.SuspendedAt is null ? "resumed" : "suspended");
        await db.SaveChangesAsync(context.Stop);
    }
}

/// <summary>The way back: people get in with the request, instances follow.</summary>
internal sealed class ClientResumption : OperationKind<SuspensionInput>
{
    public override string Name => "client.resume";
    public override bool IsPatient => true;

    protected override void Define(StepList<SuspensionInput> steps) => steps
        .Step("Let its people in", (_, _) => Task.CompletedTask, ClientSuspension.RestoreAsync)
        .Step("Bring its instances online", ClientSuspension.BringOnlineAsync, LockOutAgainAsync);

    private static async Task LockOutAgainAsync(SuspensionInput input, StepContext context)
    {
        await ClientSuspension.RestoreAsync(input, context);
        if (input.SuspendedAt is not null)
            await ClientSuspension.TakeOfflineAsync(input, context);
    }
}

internal static class FirstStep
{
    /// <summary>The handler did it, in the transaction that queues the operation. Undoing includes it.</summary>
    public static void FirstStepIsDone(this Operation operation, TimeProvider time)
    {
        var step = operation.Steps[0];
        (step.State, step.Attempt, step.StartedAt, step.FinishedAt) = (StepState.Done, 1, time.GetUtcNow(), time.GetUtcNow());
    }
}
