using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Operations;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Users;

/// <summary>All accounts of the installation, for whoever runs it: an account outlives each of its memberships.</summary>
internal static class AccountAdministration
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var accounts = api.MapGroup("/admin/users").WithTags("Administration").OperatorOnly();
        accounts.MapGet("/", List).WithName("listAccounts");
        accounts.MapGet("/{id:guid}", Get).WithName("getAccount").EditTag<UpdateAccount>();
        accounts.MapPut("/{id:guid}", Update).WithName("updateAccount");
        accounts.MapPost("/{id:guid}/disable", Disable).WithName("disableAccount");
        accounts.MapPost("/{id:guid}/enable", Enable).WithName("enableAccount");
    }

    /// <summary>The accounts of this installation, oldest first.</summary>
    /// <param name="disabled">Only those that are disabled, or only those that are not.</param>
    internal static async Task<Ok<Page<AccountView>>> List(OCoreDb db, [AsParameters] PageQuery page, [FromQuery] bool? disabled, CancellationToken stop)
    {
        var query = db.Users.AsNoTracking();
        if (page.After is { } after)
            query = query.Where(u => u.Id > after);
        if (disabled is { } wanted)
            query = query.Where(u => u.DisabledAt != null == wanted);
        if (page.Search is { } text)
        {
            var like = Paging.Like(text.ToLowerInvariant());
            query = query.Where(u => EF.Functions.Like(u.Name.ToLower(), like, "\\") || EF.Functions.Like(u.Email!.ToLower(), like, "\\"));
        }
        var rows = await query.OrderBy(u => u.Id).Take(page.Size + 1).ToListAsync(stop);
        var views = (await ViewsAsync(db, rows, stop)).ToDictionary(v => v.Id);
        return TypedResults.Ok(rows.ToPage(page, u => u.Id, u => views[u.Id]));
    }

    /// <summary>One account.</summary>
    internal static async Task<Results<Ok<AccountView>, Problem>> Get(Guid id, OCoreDb db, CancellationToken stop) =>
        await db.Users.AsNoTracking().SingleOrDefaultAsync(u => u.Id == id, stop) is { } user ? TypedResults.Ok((await ViewsAsync(db, [user], stop))[0]) : Problem.NotFound;

    /// <summary>Make a person an operator of the installation, or no longer one.</summary>
    internal static Task<Results<Ok<AccountView>, Problem>> Update(Guid id, UpdateAccount request, OCoreDb db, Caller caller, CancellationToken stop) =>
        ChangeAsync(id, null, request.IsOperator is null, db, caller, (user, _) => user.IsOperator = request.IsOperator ?? user.IsOperator, stop);

    /// <summary>Disable an account: its sessions end, its API keys are refused, and nobody signs in to it. What it made stays.</summary>
    internal static Task<Results<Ok<AccountView>, Problem>> Disable(Guid id, OCoreDb db, Caller caller, TimeProvider time, CancellationToken stop) =>
        ChangeAsync(id, "disabled", false, db, caller, async (user, system) =>
        {
            user.DisabledAt ??= time.GetUtcNow();
            await SessionStarter.EndAllAsync(system, user.Id, null, stop);
        }, stop);

    /// <summary>Let an account be used again.</summary>
    internal static Task<Results<Ok<AccountView>, Problem>> Enable(Guid id, OCoreDb db, Caller caller, CancellationToken stop) =>
        ChangeAsync(id, "enabled", true, db, caller, (user, _) => user.DisabledAt = null, stop);

    private static Task<Results<Ok<AccountView>, Problem>> ChangeAsync(Guid id, string? verb, bool evenOwn, OCoreDb db, Caller caller, Action<User, OCoreDb> change, CancellationToken stop) =>
        ChangeAsync(id, verb, evenOwn, db, caller, (user, system) =>
        {
            change(user, system);
            return Task.CompletedTask;
        }, stop);

    // Nobody shuts themselves out, so at least the operator who asks stays.
    private static async Task<Results<Ok<AccountView>, Problem>> ChangeAsync(Guid id, string? verb, bool evenOwn, OCoreDb db, Caller caller, Func<User, OCoreDb, Task> change, CancellationToken stop)
    {
        if (id == caller.UserId && !evenOwn)
            return UserProblems.OwnAccount;
        db.Enter(Tenant.System, caller.AsActor());
        if (await db.Users.SingleOrDefaultAsync(u => u.Id == id, stop) is not { } user)
            return Problem.NotFound;
        await db.InTransactionAsync(async () =>
        {
            await change(user, db);
            if (verb is not null)
                db.Mark(user, verb);
            return await db.SaveChangesAsync(stop);
        }, stop);
        CallerCache.Clear();
        return TypedResults.Ok((await ViewsAsync(db, [user], stop))[0]);
    }

    private static async Task<List<AccountView>> ViewsAsync(OCoreDb db, IReadOnlyCollection<User> users, CancellationToken stop)
    {
        var ids = users.Select(u => u.Id).ToList();
        var memberships = await Memberships.OfAllAsync(db, ids, stop);
        var seen = await db.Sessions.Where(s => ids.Contains(s.UserId)).GroupBy(s => s.UserId).Select(g => new { g.Key, At = g.Max(s => s.LastSeenAt) }).ToDictionaryAsync(g => g.Key, g => g.At, stop);
        return [.. users.Select(u => new AccountView
        {
            Id = u.Id, Email = u.Email!, Name = u.Name, IsOperator = u.IsOperator, TotpEnabled = u.TwoFactorEnabled, DisabledAt = u.DisabledAt, CreatedAt = u.CreatedAt,
            LastSeenAt = seen.TryGetValue(u.Id, out var at) ? at : null,
            Organizations = [.. memberships[u.Id].OrderBy(o => o.Kind).ThenBy(o => o.Name, StringComparer.OrdinalIgnoreCase).Select(o => o.ToRef())],
        })];
    }
}
