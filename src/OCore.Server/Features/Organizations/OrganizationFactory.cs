using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Users;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Features.Organizations;

/// <summary>Organizations come with their system roles, and with an owner where they have one.</summary>
internal static class OrganizationFactory
{
    /// <summary>An account's own organization.</summary>
    public static async Task<Organization> AddPersonalAsync(OCoreDb db, User user, Guid planId, DateTimeOffset now, CancellationToken stop)
    {
        var slug = await FreeSlugAsync(db, user.Email!.Split('@')[0], stop);
        return Add(db, user.Name, slug, OrganizationKind.Personal, null, planId, user.Id, now);
    }

    /// <param name="root">The agency of a client; null otherwise.</param>
    /// <param name="ownerId">Becomes its owner; a client begins without members.</param>
    /// <param name="wanted">Its id, where the scope of <paramref name="db"/> had to be made for it already.</param>
    public static Organization Add(OCoreDb db, string name, string slug, OrganizationKind kind, Guid? root, Guid planId, Guid? ownerId, DateTimeOffset now, Guid? wanted = null)
    {
        var id = wanted ?? RowId.New();
        var organization = new Organization { Id = id, RootId = root ?? id, Name = name, Slug = slug, Kind = kind, PlanId = planId, CreatedAt = now };
        db.Add(organization);
        foreach (var system in Permissions.SystemRoles)
        {
            var role = new Role { OrgId = id, Name = system.Name, Slug = system.Slug, Description = system.Description, IsSystem = true, Permissions = [.. system.Set.Names] };
            db.Add(role);
            if (system.Slug == "owner" && ownerId is { } owner)
                db.Add(new Member { OrgId = id, UserId = owner, RoleId = role.Id, JoinedAt = now });
        }
        return organization;
    }

    private static async Task<string> FreeSlugAsync(OCoreDb db, string wish, CancellationToken stop)
    {
        var letters = string.Concat(wish.ToLowerInvariant().Where(c => c is >= 'a' and <= 'z' or >= '0' and <= '9'));
        var stem = letters.Length >= 2 && char.IsLetter(letters[0]) ? letters[..Math.Min(letters.Length, 30)] : "personal";
        for (var n = 1; ; n++)
        {
            var slug = n == 1 ? stem : $"{stem}-{n}";
            if (!Slugs.Reserved.Contains(slug) && !await db.Organizations.AcrossTenants().AnyAsync(o => o.Slug == slug, stop))
                return slug;
        }
    }
}
