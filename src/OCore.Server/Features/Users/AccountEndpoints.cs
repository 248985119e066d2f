using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Plans;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Users;

internal static class AccountEndpoints
{
    /// <summary>The account that asks, the organizations it may act in, and what it may do in the one of this request.</summary>
    internal static async Task<Ok<MeView>> Get(Caller caller, OCoreDb db, CancellationToken stop) => TypedResults.Ok(await ViewAsync(caller, db, stop));

    /// <summary>Change the account.</summary>
    internal static async Task<Results<Ok<MeView>, Problem>> Update(UpdateMe request, Caller caller, OCoreDb db, CancellationToken stop)
    {
        var (user, _) = await db.SelfAsync(caller, stop);
        if (request.Name is { } name)
        {
            if (name.Trim().Length == 0)
                return Problem.Field("name", "It cannot be empty.");
            user.Name = name.Trim();
        }
        user.Language = request.Or(request.Language, user.Language);
        await db.SaveChangesAsync(stop);
        return TypedResults.Ok(await ViewAsync(caller, db, stop));
    }

    private static async Task<MeView> ViewAsync(Caller caller, OCoreDb db, CancellationToken stop)
    {
        var access = caller.Access;
        var user = await db.Users.AsNoTracking().SingleAsync(u => u.Id == access.UserId, stop);
        return new MeView
        {
            Id = user.Id,
            Email = user.Email!,
            Name = user.Name,
            Language = user.Language,
            IsOperator = user.IsOperator,
            TotpEnabled = user.TwoFactorEnabled,
            RecoveryCodesLeft = user.RecoveryCodeHashes.Count,
            MustChangePassword = user.MustChangePassword,
            Organizations = await Memberships.OfAsync(db, user.Id, stop),
            Current = new CurrentOrganization
            {
                Id = access.OrgId,
                Slug = access.OrgSlug,
                Name = access.OrgName,
                Kind = access.OrgKind,
                AgencyEnabled = access.AgencyEnabled,
                AgencyAvailable = access.OrgKind != OrganizationKind.Client && access.Features.Contains(PlanFeatures.Agency),
                Delegated = access.Delegated,
                Permissions = access.Permissions.Names,
                Portal = access.Portal?.Values, ViewingAsClient = access.ViewsAsClient ? true : null, ReadOnly = access.ReadOnly ? true : null,
            },
        };
    }
}
