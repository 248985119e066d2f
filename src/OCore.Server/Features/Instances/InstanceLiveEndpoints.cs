using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Remote;
using OCore.Platform.Security;

namespace OCore.Features.Instances;

/// <summary>What is asked of the running instance itself: modules, the way in.</summary>
internal static class InstanceLiveEndpoints
{
    public static void Map(RouteGroupBuilder instances)
    {
        instances.MapGet("/{id}/modules", Modules).WithName("listInstanceModules");
        instances.MapPost("/{id}/admin-password/reveal", RevealPassword).WithName("revealAdminPassword").Require("manage:instances");
        instances.MapPost("/{id}/admin-password/reset", ResetPassword).WithName("resetAdminPassword").Require("manage:instances");
        instances.MapPost("/{id}/open", Open).WithName("openInstance").Require("manage:instances");
    }

    /// <summary>The modules that its Odoo has, with their state.</summary>
    internal static async Task<Results<Ok<Page<InstalledModule>>, Problem>> Modules(string id, [FromQuery, MaxLength(100)] string? q, [FromQuery, MaxLength(20)] string? state, OCoreDb db, InstanceHost host, CancellationToken stop) =>
        await OnAsync(db, host, id, async on =>
        {
            var json = await on.SqlAsync(on.Plan.Database, OdooSql.Modules, new Dictionary<string, string>(), stop);
            var all = JsonSerializer.Deserialize<List<InstalledModule>>(json, JsonSerializerOptions.Web) ?? [];
            return Paging.Whole(all.Where(m => (state is null || m.State == state)
                && (q is null || m.Name.Contains(q, StringComparison.OrdinalIgnoreCase) || m.Title.Contains(q, StringComparison.OrdinalIgnoreCase))));
        }, stop);

    /// <summary>The administrator's first password, shown once.</summary>
    internal static async Task<Results<Ok<AdminCredentials>, Problem>> RevealPassword(string id, OCoreDb db, InstanceHost host, SecretBox secrets, CancellationToken stop)
    {
        if (await InstanceQueries.FindAsync(db, id, stop) is not { } instance)
            return Problem.NotFound;
        if (instance.AdminPasswordSealed is not { } sealedPassword)
            return InstanceProblems.AlreadyShown;
        return await OnAsync(db, host, id, async on =>
        {
            var login = (await on.SqlAsync(on.Plan.Database, OdooSql.AdminLogin, new Dictionary<string, string>(), stop)).Trim();
            await db.InTransactionAsync(async () =>
            {
                // Of several who ask at once one takes it: the others waited for the server as well.
                if (await db.Instances.Where(i => i.Id == instance.Id && i.AdminPasswordSealed == sealedPassword).ExecuteUpdateAsync(s => s.SetProperty(i => i.AdminPasswordSealed, (string?)null), stop) == 0)
                    throw new ProblemException(InstanceProblems.AlreadyShown);
                db.Mark(instance, "admin_password_shown", always: true);
                return await db.SaveChangesAsync(stop);
            }, stop);
            return new AdminCredentials { Login = login, Password = secrets.Unseal(sealedPassword, InstanceSecrets.Admin, instance.Id), Url = InstanceViews.UrlOf(on.Instance, on.Server) };
        }, stop);
    }

    /// <summary>Give the administrator a new password, shown once.</summary>
    internal static async Task<Results<Ok<AdminCredentials>, Problem>> ResetPassword(string id, OCoreDb db, InstanceHost host, CancellationToken stop) =>
        await OnAsync(db, host, id, async on =>
        {
            var password = OdooPassword.New();
            var login = await on.SqlAsync(on.Plan.Database, OdooSql.SetAdminPassword, new Dictionary<string, string> { ["hash"] = OdooPassword.Hash(password) }, stop);
            on.Instance.AdminPasswordSealed = null;
            db.Mark(on.Instance, "admin_password_reset", always: true);
            await db.SaveChangesAsync(stop);
            return new AdminCredentials { Login = login.Trim(), Password = password, Url = InstanceViews.UrlOf(on.Instance, on.Server) };
        }, stop);

    /// <summary>A link that signs the caller in to Odoo as its administrator: once, within a minute, and written into the audit log.</summary>
    internal static async Task<Results<Ok<OpenLink>, Problem>> Open(string id, OCoreDb db, InstanceHost host, Caller caller, TimeProvider time, CancellationToken stop) =>
        await OnAsync(db, host, id, async on =>
        {
            if (on.Instance.Status != InstanceStatus.Running)
                throw new ProblemException(InstanceProblems.NotRunning);
            var login = (await on.SqlAsync(on.Plan.Database, OdooSql.AdminLogin, new Dictionary<string, string>(), stop)).Trim();
            var now = time.GetUtcNow();
            db.Record("instance.opened", on.Instance.OrgId, on.Instance);
            await db.SaveChangesAsync(stop);
            var token = ConnectAddon.Token(on.Plan.ConnectKey, on.Plan.Database, login, caller.Access.Email, now);
            return new OpenLink { Url = $"{InstanceViews.UrlOf(on.Instance, on.Server)}/hosting/connect?token={token}", ExpiresAt = now + ConnectAddon.LinkLifetime };
        }, stop);

    private static async Task<Results<Ok<T>, Problem>> OnAsync<T>(OCoreDb db, InstanceHost host, string id, Func<InstanceOnServer, Task<T>> work, CancellationToken stop)
    {
        var (on, problem) = await InstanceQueries.OpenAsync(db, host, id, stop);
        if (problem is not null)
            return problem;
        try
        {
            return TypedResults.Ok(await work(on!));
        }
        catch (ServerException e)
        {
            return InstanceProblems.ServerAway(e.Message);
        }
    }
}
