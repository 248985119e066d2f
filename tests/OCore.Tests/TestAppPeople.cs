using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.ApiKeys;
using OCore.Features.Organizations;
using OCore.Features.Users;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Tests;

/// <summary>Somebody with an account, signed in.</summary>
public sealed record TestPerson(Guid Id, string Name, string Email, string Token, TestOrg Home);

public sealed record TestOrg(Guid Id, string Slug, string Name, Guid RootId);

/// <summary>An organization with agency mode, and its owner.</summary>
public sealed record TestAgency(TestOrg Org, TestPerson Owner)
{
    public string Slug => Org.Slug;
}

/// <summary>People and organizations, put in place without the ceremony that other tests are about.</summary>
public sealed partial class TestApp
{
    public const string OperatorEmail = "operator@test.example";
    /// <summary>Everybody's.</summary>
    public const string Password = "a password for tests";

    private static readonly Lazy<string> PasswordHash = new(() =>
        new PasswordHasher<User>(Microsoft.Extensions.Options.Options.Create(new PasswordHasherOptions { IterationCount = 1000 })).HashPassword(null!, Password));
    private int _people;

    /// <summary>The person who runs the installation.</summary>
    public async Task<TestPerson> OperatorAsync()
    {
        await using var db = Databases.System();
        var user = await db.Users.SingleAsync(u => u.Email == OperatorEmail);
        var home = await db.Organizations.AcrossTenants().Where(o => o.Kind == OrganizationKind.Personal)
            .SingleAsync(o => db.Members.IgnoreQueryFilters(new[] { OCoreDb.TenantFilter }).Any(m => m.OrgId == o.Id && m.UserId == user.Id));
        return new TestPerson(user.Id, user.Name, user.Email!, await SignInAsync(user.Id), Of(home));
    }

    /// <summary>An account with its personal organization, signed in.</summary>
    public async Task<TestPerson> PersonAsync(string name)
    {
        await using var db = Databases.System();
        var stem = Slug(name);
        var email = $"{stem}@people.example";
        var now = Clock.GetUtcNow();
        var user = new User { Id = RowId.New(), Name = name, Email = email, UserName = email, NormalizedEmail = email.ToUpperInvariant(), NormalizedUserName = email.ToUpperInvariant(),
            EmailConfirmed = true, CreatedAt = now, SecurityStamp = Tokens.New(), PasswordHash = PasswordHash.Value };
        db.Add(user);
        var home = OrganizationFactory.Add(db, name, stem, OrganizationKind.Personal, null, await DefaultPlanAsync(db), user.Id, now);
        await db.SaveChangesAsync();
        return new TestPerson(user.Id, name, email, await SignInAsync(user.Id), Of(home));
    }

    /// <summary>An organization that several people share.</summary>
    public async Task<TestOrg> OrganizationAsync(string name, TestPerson owner)
    {
        await using var db = Databases.System();
        var organization = OrganizationFactory.Add(db, name, Slug(name), OrganizationKind.Organization, null, await DefaultPlanAsync(db), owner.Id, Clock.GetUtcNow());
        await db.SaveChangesAsync();
        return Of(organization);
    }

    /// <summary>An organization with agency mode enabled, with an owner.</summary>
    public async Task<TestAgency> AgencyAsync(string name)
    {
        var owner = await PersonAsync($"{name} owner");
        await using var db = Databases.System();
        var organization = OrganizationFactory.Add(db, name, Slug(name), OrganizationKind.Organization, null, await DefaultPlanAsync(db), owner.Id, Clock.GetUtcNow());
        organization.AgencyEnabledAt = Clock.GetUtcNow();
        await db.SaveChangesAsync();
        return new TestAgency(Of(organization), owner);
    }

    /// <summary>A client of an agency; it begins without members.</summary>
    public async Task<TestOrg> ClientOfAsync(TestAgency agency, string name)
    {
        await using var db = Databases.System();
        var client = OrganizationFactory.Add(db, name, Slug(name), OrganizationKind.Client, agency.Org.Id, await DefaultPlanAsync(db), null, Clock.GetUtcNow());
        await db.SaveChangesAsync();
        return Of(client);
    }

    /// <summary>A new person with a role (its slug) in an organization. A name of a role that is none makes one with these permissions.</summary>
    public async Task<TestPerson> MemberAsync(TestOrg org, string role, params string[] permissions)
    {
        var person = await PersonAsync($"{org.Slug} {role}");
        await JoinAsync(org, person, role, permissions);
        return person;
    }

    public async Task JoinAsync(TestOrg org, TestPerson person, string role, params string[] permissions)
    {
        await using var db = Databases.System();
        var roleId = await db.OrgRoles.AcrossTenants().Where(r => r.OrgId == org.Id && r.Slug == role).Select(r => (Guid?)r.Id).SingleOrDefaultAsync();
        if (roleId is null)
        {
            var made = new Role { OrgId = org.Id, Name = role, Slug = role, Permissions = [.. permissions] };
            db.Add(made);
            roleId = made.Id;
        }
        db.Add(new Member { OrgId = org.Id, UserId = person.Id, RoleId = roleId.Value, JoinedAt = Clock.GetUtcNow() });
        await db.SaveChangesAsync();
    }

    /// <summary>Another session of the same person.</summary>
    public async Task<string> SignInAsync(Guid userId)
    {
        await using var db = Databases.System();
        var (access, now) = (Tokens.New(), Clock.GetUtcNow());
        db.Add(new Session { UserId = userId, AccessHash = Tokens.Hash(access), AccessExpiresAt = now.AddDays(1), RefreshHash = Tokens.Hash(Tokens.New()), ExpiresAt = now.AddDays(1), CreatedAt = now, LastSeenAt = now });
        await db.SaveChangesAsync();
        return access;
    }

    /// <summary>Ends all sessions of a person.</summary>
    public async Task RevokeAsync(TestPerson person)
    {
        await using var db = Databases.System();
        db.RemoveRange(await db.Sessions.Where(s => s.UserId == person.Id).ToListAsync());
        await db.SaveChangesAsync();
    }

    /// <summary>An API key of a person in an organization; all their rights where no scope is given.</summary>
    public async Task<string> ApiKeyAsync(TestPerson person, TestOrg org, params string[] scopes)
    {
        await using var db = Databases.System();
        var key = Tokens.NewApiKey();
        db.Add(new ApiKey { OrgId = org.Id, UserId = person.Id, Name = $"key {key[6..12]}", Prefix = key[..12], Hash = Tokens.Hash(key), Scopes = [.. scopes], CreatedAt = Clock.GetUtcNow(), ExpiresAt = Clock.GetUtcNow().AddDays(90) });
        await db.SaveChangesAsync();
        return key;
    }

    public async Task SuspendAsync(TestOrg org)
    {
        await using var db = Databases.System();
        (await db.Organizations.AcrossTenants().SingleAsync(o => o.Id == org.Id)).SuspendedAt = Clock.GetUtcNow();
        await db.SaveChangesAsync();
    }

    /// <summary>A slug that no other test of this app has.</summary>
    public string Slug(string name) =>
        $"{string.Join('-', name.ToLowerInvariant().Split([' ', '-', '_', '.'], StringSplitOptions.RemoveEmptyEntries)).Truncate(30).TrimEnd('-')}-{Interlocked.Increment(ref _people)}";

    private static async Task<Guid> DefaultPlanAsync(OCoreDb db) => await db.Plans.Where(p => p.IsDefault).Select(p => p.Id).SingleAsync();

    private static TestOrg Of(Organization organization) => new(organization.Id, organization.Slug, organization.Name, organization.RootId);
}

internal static class TestText
{
    public static string Truncate(this string text, int length) => text.Length > length ? text[..length] : text;
}
