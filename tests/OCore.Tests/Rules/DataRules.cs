using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using OCore.Platform.Data;

namespace OCore.Tests.Rules;

/// <summary>Every row has an owner, and reads across owners are where a person has agreed to them.</summary>
public sealed class DataRules
{
    // Of the framework, and each keyed by its account.
    private static readonly Type[] OfIdentity =
        [typeof(IdentityUserClaim<Guid>), typeof(IdentityUserLogin<Guid>), typeof(IdentityUserToken<Guid>), typeof(IdentityUserPasskey<Guid>)];

    internal static OCoreDb Design(Database database) => database == Database.Sqlite ? new SqliteDesign().CreateDbContext([]) : new PostgresDesign().CreateDbContext([]);

    [Fact]
    public void Every_entity_belongs_to_an_organization_or_says_why_not()
    {
        using var db = Design(Database.Sqlite);
        var homeless = db.Model.GetEntityTypes().Where(t => !t.IsOwned()).Select(t => t.ClrType).Where(t => !typeof(IOrgOwned).IsAssignableFrom(t)
            && !t.IsDefined(typeof(GlobalEntityAttribute), false) && !OfIdentity.Contains(t));
        Assert.Empty(homeless.Select(t => t.Name));
    }

    [Fact]
    public void Every_entity_of_an_organization_is_filtered_and_its_owner_guarded()
    {
        using var db = Design(Database.Postgres);
        foreach (var type in db.Model.GetEntityTypes().Where(t => typeof(IOrgOwned).IsAssignableFrom(t.ClrType)))
        {
            Assert.True(type.FindDeclaredQueryFilter(OCoreDb.TenantFilter) is not null, $"{type.ClrType.Name} has no tenant filter");
            Assert.True(type.FindProperty(nameof(IOrgOwned.OrgId))!.IsConcurrencyToken, $"{type.ClrType.Name}.OrgId does not guard writes");
            Assert.False(type.FindProperty(nameof(IOrgOwned.OrgId))!.IsNullable);
            if (typeof(IAgencyShared).IsAssignableFrom(type.ClrType))
                Assert.Contains(type.GetForeignKeys(), key => key.Properties.Select(p => p.Name).SequenceEqual(["RootId", "OrgId"]));
        }
    }

    /// <summary>A key to another row of an organization carries the organization too, so the database itself refuses another's row.</summary>
    [Fact]
    public void References_between_rows_of_organizations_carry_the_organization()
    {
        using var db = Design(Database.Postgres);
        var bare = from type in db.Model.GetEntityTypes()
                   where typeof(IOrgOwned).IsAssignableFrom(type.ClrType)
                   from key in type.GetForeignKeys()
                   where typeof(IOrgOwned).IsAssignableFrom(key.PrincipalEntityType.ClrType)
                   where !key.Properties.Any(p => p.Name is "OrgId" or "RootId")
                   select $"{type.ClrType.Name} → {key.PrincipalEntityType.ClrType.Name} by {string.Join(", ", key.Properties.Select(p => p.Name))}";
        Assert.Empty(bare);
    }

    [Fact]
    public void Reads_across_organizations_are_in_listed_files_only()
    {
        var using_ = Repository.Sources("src/OCore.Server").Where(f => Repository.Code(f.Text) is var code
            && (code.Contains(".AcrossTenants(", StringComparison.Ordinal) || code.Contains("IgnoreQueryFilters", StringComparison.Ordinal))).Select(f => f.Path).Order(StringComparer.Ordinal).ToList();
        var listed = Repository.List("across-tenants.txt");
        Assert.True(using_.Except(listed).ToList() is { Count: 0 } missing,
            $"These files read across organizations and are not in Golden/across-tenants.txt: {string.Join(", ", using_.Except(listed))}");
        Assert.True(!listed.Except(using_).Any(), $"These files no longer read across organizations; take them off the list: {string.Join(", ", listed.Except(using_))}");
    }

    [Theory, InlineData(Database.Sqlite), InlineData(Database.Postgres)]
    public void The_migrations_make_what_the_model_says(Database database)
    {
        using var db = Design(database);
        Assert.False(db.Database.HasPendingModelChanges(), "Run bin/gen migration NAME.");
    }

    [Fact]
    public void Both_databases_have_the_same_migrations()
    {
        using var lite = Design(Database.Sqlite);
        using var big = Design(Database.Postgres);
        Assert.Equal(lite.Database.GetMigrations().Select(Name), big.Database.GetMigrations().Select(Name));

        static string Name(string id) => id[(id.IndexOf('_', StringComparison.Ordinal) + 1)..];
    }
}
