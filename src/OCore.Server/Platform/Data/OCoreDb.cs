using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Identity.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Query.SqlExpressions;
using Microsoft.EntityFrameworkCore.Storage;
using OCore.Features.ApiKeys;
using OCore.Features.AuditLog;
using OCore.Features.Backups;
using OCore.Features.Branding;
using OCore.Features.Databases;
using OCore.Features.Instances;
using OCore.Features.Organizations;
using OCore.Features.Plans;
using OCore.Features.Portal;
using OCore.Features.Domains;
using OCore.Features.PortalDomains;
using OCore.Features.Servers;
using OCore.Features.Templates;
using OCore.Features.Topologies;
using OCore.Features.Topologies.Deployments;
using OCore.Features.Users;
using OCore.Platform.Operations;
using OCore.Platform.Tls;

namespace OCore.Platform.Data;

/// <summary>
/// The database in the scope of one tenant. Get it from the container (the caller's organization), or from
/// <see cref="OCoreDbFactory"/> for work that no request asked for.
/// </summary>
internal abstract class OCoreDb(DbContextOptions options)
    : IdentityUserContext<User, Guid, IdentityUserClaim<Guid>, IdentityUserLogin<Guid>, IdentityUserToken<Guid>, IdentityUserPasskey<Guid>>(options)
{
    /// <summary>The name of the query filter that confines reads to the tenant.</summary>
    public const string TenantFilter = "tenant";

    /// <summary>SQLite has one writer. Waiting here in turn beats its busy loop, which has second-long tails under load.</summary>
    private static readonly SemaphoreSlim SqliteWriter = new(1, 1);

    public Tenant Tenant { get; private set; }

    /// <summary>Who is written into the audit log.</summary>
    public AuditActor? Actor { get; private set; }

    /// <summary>Read by the query filters; a property, so that each query takes the value of its own context.</summary>
    private Guid CurrentOrg => Tenant.OrgId;

    /// <summary>Verbs for the next save, where "updated" would say too little.</summary>
    public List<AuditMark> AuditMarks { get; } = [];

    public DbSet<Session> Sessions => Set<Session>();
    public DbSet<Organization> Organizations => Set<Organization>();
    public DbSet<Member> Members => Set<Member>();
    public DbSet<Role> OrgRoles => Set<Role>();
    public DbSet<Invitation> Invitations => Set<Invitation>();
    public DbSet<ApiKey> ApiKeys => Set<ApiKey>();
    public DbSet<AuditEntry> AuditLog => Set<AuditEntry>();
    public DbSet<Plan> Plans => Set<Plan>();
    public DbSet<PortalDomain> PortalDomains => Set<PortalDomain>();
    public DbSet<DomainTombstone> DomainTombstones => Set<DomainTombstone>();
    public DbSet<InstanceDomain> InstanceDomains => Set<InstanceDomain>();
    public DbSet<Certificate> Certificates => Set<Certificate>();
    public DbSet<AcmeAccount> AcmeAccounts => Set<AcmeAccount>();
    public DbSet<AcmeChallenge> AcmeChallenges => Set<AcmeChallenge>();
    public DbSet<AcmeAttempt> AcmeAttempts => Set<AcmeAttempt>();
    public DbSet<Server> Servers => Set<Server>();
    public DbSet<ServerGrant> ServerGrants => Set<ServerGrant>();
    public DbSet<Template> Templates => Set<Template>();
    public DbSet<TemplateCache> TemplateCaches => Set<TemplateCache>();
    public DbSet<EnterpriseSource> EnterpriseSources => Set<EnterpriseSource>();
    public DbSet<ServerSource> ServerSources => Set<ServerSource>();
    public DbSet<Topology> Topologies => Set<Topology>();
    public DbSet<TopologyPlan> TopologyPlans => Set<TopologyPlan>();
    public DbSet<TopologyDeployment> TopologyDeployments => Set<TopologyDeployment>();
    public DbSet<TopologyCredential> TopologyCredentials => Set<TopologyCredential>();
    public DbSet<DeployedNode> DeployedNodes => Set<DeployedNode>();
    public DbSet<Instance> Instances => Set<Instance>();
    public DbSet<InstanceDatabase> InstanceDatabases => Set<InstanceDatabase>();
    public DbSet<Backup> Backups => Set<Backup>();
    public DbSet<BackupKey> BackupKeys => Set<BackupKey>();
    public DbSet<BackupTarget> BackupTargets => Set<BackupTarget>();
    public DbSet<BackupSchedule> BackupSchedules => Set<BackupSchedule>();
    public DbSet<Branding> Brandings => Set<Branding>();
    public DbSet<BrandAsset> BrandAssets => Set<BrandAsset>();
    public DbSet<BrandCssVersion> BrandCssVersions => Set<BrandCssVersion>();
    public DbSet<PortalConfig> PortalConfigs => Set<PortalConfig>();
    public DbSet<Operation> Operations => Set<Operation>();
    public DbSet<OperationStep> OperationSteps => Set<OperationStep>();
    public DbSet<OperationEvent> OperationEvents => Set<OperationEvent>();
    public DbSet<ResourceLock> ResourceLocks => Set<ResourceLock>();

    /// <summary>Contexts are pooled: each use begins by saying for whom.</summary>
    public OCoreDb Enter(Tenant tenant, AuditActor? actor)
    {
        Tenant = tenant;
        Actor = actor;
        AuditMarks.Clear();
        return this;
    }

    public override async Task<int> SaveChangesAsync(bool acceptAllChangesOnSuccess, CancellationToken cancellationToken = default)
    {
        TenantGuard.Check(ChangeTracker, Tenant);
        AuditWriter.Write(this);
        if (!Database.IsSqlite() || Database.CurrentTransaction is not null)
            return await base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken);
        await SqliteWriter.WaitAsync(cancellationToken);
        try
        {
            return await base.SaveChangesAsync(acceptAllChangesOnSuccess, cancellationToken);
        }
        finally
        {
            SqliteWriter.Release();
        }
    }

    public override int SaveChanges(bool acceptAllChangesOnSuccess) =>
        throw new NotSupportedException("Use SaveChangesAsync: SQLite's one writer is awaited, not blocked on.");

    /// <summary>Everything in <paramref name="work"/> happens, or nothing does. Keep calls to the outside world out of it.</summary>
    public async Task<T> InTransactionAsync<T>(Func<Task<T>> work, CancellationToken stop)
    {
        if (Database.CurrentTransaction is not null)
            return await work();
        var sqlite = Database.IsSqlite();
        if (sqlite)
            await SqliteWriter.WaitAsync(stop);
        try
        {
            await using IDbContextTransaction transaction = await Database.BeginTransactionAsync(stop);
            var result = await work();
            await transaction.CommitAsync(stop);
            return result;
        }
        finally
        {
            if (sqlite)
                SqliteWriter.Release();
        }
    }

    protected override void ConfigureConventions(ModelConfigurationBuilder configuration)
    {
        if (Database.IsSqlite())
            configuration.Properties<DateTimeOffset>().HaveConversion<UtcTicksConverter>();
        configuration.Properties<Enum>().HaveConversion<string>().HaveMaxLength(32);
    }

    protected override void OnModelCreating(ModelBuilder builder)
    {
        base.OnModelCreating(builder);
        builder.ApplyConfigurationsFromAssembly(typeof(OCoreDb).Assembly);
        // The model outlives this context.
        var across = $"{RowSecurity.AcrossMark} {(Database.IsSqlite() ? "1" : "TRUE")}";
        builder.HasDbFunction(typeof(RowSecurity).GetMethod(nameof(RowSecurity.Across))!).HasTranslation(_ => new SqlFragmentExpression(across, typeof(bool), new BoolTypeMapping("boolean")));
        builder.Entity<Organization>().HasQueryFilter(TenantFilter, o => o.Id == CurrentOrg || o.RootId == CurrentOrg);
        builder.Entity<Organization>().Property(o => o.RootId).IsConcurrencyToken();
        builder.Entity<AuditEntry>().HasQueryFilter(TenantFilter, e => e.OrgId == CurrentOrg || e.RootId == CurrentOrg);
        foreach (var type in builder.Model.GetEntityTypes().Select(t => t.ClrType).Where(typeof(IOrgOwned).IsAssignableFrom).ToList())
            GetType().BaseType!.GetMethod(typeof(IAgencyShared).IsAssignableFrom(type) ? nameof(ConfineShared) : nameof(Confine),
                System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic)!.MakeGenericMethod(type).Invoke(this, [builder]);
    }

    private void Confine<T>(ModelBuilder builder) where T : class, IOrgOwned
    {
        var entity = builder.Entity<T>();
        entity.HasQueryFilter(TenantFilter, row => row.OrgId == CurrentOrg);
        entity.Property(row => row.OrgId).IsConcurrencyToken();
        entity.HasIndex(row => row.OrgId);
        entity.HasOne<Organization>().WithMany().HasForeignKey(row => row.OrgId).OnDelete(DeleteBehavior.Restrict);
    }

    private void ConfineShared<T>(ModelBuilder builder) where T : class, IAgencyShared
    {
        var entity = builder.Entity<T>();
        entity.HasQueryFilter(TenantFilter, row => row.OrgId == CurrentOrg || row.RootId == CurrentOrg);
        entity.Property(row => row.OrgId).IsConcurrencyToken();
        entity.Property(row => row.RootId).IsConcurrencyToken();
        entity.HasIndex(row => row.OrgId);
        // The database itself refuses a row whose organization is not under that root.
        entity.HasOne<Organization>().WithMany().HasForeignKey(row => new { row.RootId, row.OrgId })
            .HasPrincipalKey(o => new { o.RootId, o.Id }).OnDelete(DeleteBehavior.Restrict);
    }
}

internal sealed class SqliteOCoreDb(DbContextOptions<SqliteOCoreDb> options) : OCoreDb(options);

internal sealed class PostgresOCoreDb(DbContextOptions<PostgresOCoreDb> options) : OCoreDb(options);
