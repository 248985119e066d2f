using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.AuditLog;
using OCore.Features.Operations;
using OCore.Features.Organizations;
using OCore.Features.PortalDomains;
using OCore.Features.Topologies.Deployments;
using OCore.Features.Users;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Mail;
using OCore.Platform.Operations;
using OCore.Platform.Security;

namespace OCore.Features.Agency;

internal sealed record RemovalInput(Guid ClientId, int? KeepBackupDays);

/// <summary>
/// Removes a client until nothing is left of it but the audit log. There is no way back from the first step on, which the request
/// itself does by locking everybody out; what fails later is tried until it succeeds. The operation is the agency's, so it outlives
/// what it deletes.
/// </summary>
internal sealed class ClientRemoval : OperationKind<RemovalInput>
{
    public const string KindName = "client.delete";
    private static readonly OperationState[] Open = [.. OperationEngine.Active, OperationState.Stuck];

    public override string Name => KindName;
    public override bool IsPatient => true;

    protected override void Define(StepList<RemovalInput> steps) => steps
        .Pivot("Lock everybody out", (_, _) => Task.CompletedTask)
        .Step("Wait for work in progress", EndOtherWorkAsync)
        .Step("Remove its instances", RemoveResourcesAsync)
        .Step("Remove its members, invitations and keys", RemovePeopleAsync)
        .Step("Remove its records", RemoveRecordsAsync)
        .Step("Remove the organization", RemoveOrganizationAsync);

    /// <summary>Deletions that have not ended, of one client or of all.</summary>
    public static IQueryable<Operation> OpenFor(IQueryable<Operation> operations, Guid? clientId) =>
        operations.AsNoTracking().Where(o => o.Kind == KindName && Open.Contains(o.State) && (clientId == null || o.ClientId == clientId)).OrderByDescending(o => o.Id);

    /// <summary>None is kept for no days.</summary>
    public static RemovalInput InputOf(Guid clientId, int? keepBackupDays) => new(clientId, keepBackupDays is > 0 ? keepBackupDays : null);

    /// <summary>
    /// Another wish for the last backups of a deletion that has begun, as when one of them cannot be taken: it goes on with that at once.
    /// Refused while somebody runs it, who has read the wish before.
    /// </summary>
    public static async Task<Problem?> KeepInsteadAsync(OCoreDb db, Organization client, Guid id, int days, OperationKinds kinds, SecretBox secrets, TimeProvider time, CancellationToken stop)
    {
        var refusal = await db.InTransactionAsync(async () =>
        {
            // The row first, as the runner does: nobody takes it up, or ends it, before this has been decided.
            await db.Operations.Where(o => o.Id == id).ExecuteUpdateAsync(s => s.SetProperty(o => o.CancelRequested, o => o.CancelRequested), stop);
            var operation = await db.Operations.Include(o => o.Steps).SingleAsync(o => o.Id == id, stop);
            var (before, wish) = ((RemovalInput)kinds.Get<ClientRemoval>().ReadInput(secrets.Unseal(operation.InputSealed, "operation", id)), InputOf(client.Id, days));
            if (InputOf(before.ClientId, before.KeepBackupDays) == wish)
                return null;
            if (!Open.Contains(operation.State) || operation.LeaseUntil > time.GetUtcNow())
                return AgencyProblems.DeletionRuns;
            operation.InputSealed = secrets.Seal(JsonSerializer.Serialize(wish, OperationKind.Json), "operation", id);
            foreach (var step in operation.Steps.Where(s => s.State == StepState.Failed))
                step.Attempt = 0;
            (operation.State, operation.FinishedAt, operation.RetryAt) = (operation.State == OperationState.Stuck ? OperationState.Running : operation.State, null, null);
            db.Record("client.deletion_changed", client.Id, client, new Dictionary<string, AuditChangeValue> { ["keepBackupDays"] = new($"{before.KeepBackupDays ?? 0}", $"{days}") });
            await db.SaveChangesAsync(stop);
            return null;
        }, stop);
        if (refusal is null)
            OperationSignals.WorkQueued();
        return refusal;
    }

    private static async Task EndOtherWorkAsync(RemovalInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var others = await OthersOf(db, input, context).AsNoTracking().Include(o => o.Steps).Where(o => OperationEngine.Active.Contains(o.State)).ToListAsync(context.Stop);
        if (others.Count == 0)
            return;
        var kinds = context.Get<OperationKinds>();
        var cancellable = others.Where(o => OperationViews.IsCancellable(o, kinds)).Select(o => o.Id).ToList();
        await db.Operations.Where(o => cancellable.Contains(o.Id)).ExecuteUpdateAsync(s => s.SetProperty(o => o.CancelRequested, true), context.Stop);
        OperationSignals.WorkQueued();
        foreach (var other in others)
            context.Log($"Waiting for: {other.Title}");
        throw new TryLaterException($"{others.Count} operations of this client have not ended yet.", "They were cancelled where that is possible.");
    }

    private static async Task RemoveResourcesAsync(RemovalInput input, StepContext context)
    {
        await context.Get<IClientResources>().RemoveAsync(input.ClientId, input.KeepBackupDays, context);
        await using var db = context.OpenDb();
        // Dropping the rows of what still runs somewhere would leave it there for ever.
        if (await ClientRows.HasResourcesAsync(db, input.ClientId, context.Stop))
            throw new StepRefusedException("resources_remain", "Instances or servers of this client remain.", "Remove them, then retry the operation.");
    }

    private static async Task RemovePeopleAsync(RemovalInput input, StepContext context)
    {
        await using var db = context.OpenDbOf(input.ClientId);
        await db.InTransactionAsync(async () =>
        {
            await db.Set<OutgoingMail>().Where(m => db.Invitations.Any(i => i.Id == m.AboutId)).ExecuteDeleteAsync(context.Stop);
            // Row by row, and not in bulk: the audit log names each.
            var members = await db.Members.Include(m => m.User).ToListAsync(context.Stop);
            db.RemoveRange(await db.Invitations.ToListAsync(context.Stop));
            db.RemoveRange(await db.ApiKeys.ToListAsync(context.Stop));
            db.RemoveRange(members);
            db.RemoveRange(await db.OrgRoles.ToListAsync(context.Stop));
            await db.SaveChangesAsync(context.Stop);
            return await Memberships.RemoveHomelessAsync(db, [.. members.Select(m => m.UserId).Distinct()], context.Stop);
        }, context.Stop);
        Platform.Security.CallerCache.Clear();
    }

    private static async Task RemoveRecordsAsync(RemovalInput input, StepContext context)
    {
        await using (var agency = context.OpenDb())
        {
            var (settings, time) = (context.Get<Settings>(), context.Get<TimeProvider>());
            foreach (var domain in await agency.PortalDomains.Where(d => d.ClientId == input.ClientId).ToListAsync(context.Stop))
                await PortalNames.ReleaseAsync(agency, domain, settings, time, context.Stop);
            agency.RemoveRange(await agency.ServerGrants.Include(g => g.Client).Where(g => g.ClientId == input.ClientId).ToListAsync(context.Stop));
            await agency.SaveChangesAsync(context.Stop);
            await OthersOf(agency, input, context).ExecuteDeleteAsync(context.Stop);
            await agency.RemovePlansForAsync(input.ClientId, context.Stop);
        }
        await context.Get<PortalDirectory>().RefreshAsync(context.Stop);
        await using var db = context.OpenDbOf(input.ClientId);
        await ClientRows.RemoveAllAsync(db, input.ClientId, context.Stop);
    }

    private static async Task RemoveOrganizationAsync(RemovalInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        await db.InTransactionAsync(async () =>
        {
            if (await db.Organizations.SingleOrDefaultAsync(o => o.Id == input.ClientId, context.Stop) is { } client)
                db.Remove(client);
            // Its title still says whom it deleted.
            await db.Operations.Where(o => o.Id == context.OperationId).ExecuteUpdateAsync(s => s.SetProperty(o => o.ClientId, (Guid?)null), context.Stop);
            await db.SaveChangesAsync(context.Stop);
            return 0;
        }, context.Stop);
    }

    private static IQueryable<Operation> OthersOf(OCoreDb db, RemovalInput input, StepContext context) =>
        db.Operations.Where(o => o.Id != context.OperationId && (o.OrgId == input.ClientId || o.ClientId == input.ClientId));
}
