using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Features.Organizations;
using OCore.Features.Servers;
using OCore.Features.Users;
using OCore.Platform.Data;

namespace OCore.Bench;

/// <summary>
/// An agency as one has it: clients by the API, with a member and two instances each. Instances are rows only, as nothing has to run
/// to be listed.
/// </summary>
internal static class Seeding
{
    public const int Clients = 50, InstancesOfEach = 2;

    public static async Task FillAsync(OCoreHttp api, string data, string database)
    {
        await api.Post<AgencyView>("/api/agency/enable");
        for (var n = 1; n <= Clients; n++)
            await api.Post<CreateClient, ClientView>("/api/agency/clients", new CreateClient { Name = $"Client {n} of the agency", Slug = $"client-{n}" });
        await using var db = Open(data, database);
        var agency = await db.Organizations.AcrossTenants().SingleAsync(o => o.AgencyEnabledAt != null);
        var clients = await db.Organizations.AcrossTenants().Where(o => o.Kind == OrganizationKind.Client).ToListAsync();
        var now = agency.CreatedAt;
        // Failed: nobody looks for a machine that is not there.
        var server = new Server { OrgId = agency.Id, RootId = agency.Id, Name = "rows", Host = "192.0.2.1", Port = 22, User = "root", EdgePort = 80, Status = ServerStatus.Failed, CreatedAt = now };
        db.Add(server);
        foreach (var client in clients)
        {
            for (var i = 1; i <= InstancesOfEach; i++)
            {
                var slug = $"{client.Slug}-erp-{i}";
                db.Add(new Instance
                {
                    OrgId = client.Id, RootId = agency.Id, Name = $"ERP {i} of {client.Name}", Slug = slug, ServerId = server.Id, OdooVersion = i == 1 ? "19.0" : "18.0", OdooEdition = "ce", Image = "odoo",
                    Domain = $"{slug}.example.com", Database = slug.Replace('-', '_'), DatabasePasswordSealed = "", MasterPasswordSealed = "", ConnectKeySealed = "", Status = InstanceStatus.Running,
                    Health = "healthy", CreatedAt = now,
                });
            }
            var person = new User { Id = Guid.CreateVersion7(), Name = $"Owner of {client.Name}", Email = $"owner@{client.Slug}.example.com", UserName = $"owner@{client.Slug}.example.com", CreatedAt = now };
            (person.NormalizedEmail, person.NormalizedUserName) = (person.Email.ToUpperInvariant(), person.Email.ToUpperInvariant());
            db.Add(person);
            var role = await db.OrgRoles.AcrossTenants().Where(r => r.OrgId == client.Id && r.Slug == "owner").Select(r => r.Id).SingleAsync();
            db.Add(new Member { OrgId = client.Id, UserId = person.Id, RoleId = role, JoinedAt = now });
        }
        await db.SaveChangesAsync();
    }

    public static OCoreDb Open(string data, string database)
    {
        if (database == "sqlite")
        {
            var options = new DbContextOptionsBuilder<SqliteOCoreDb>().UseApplicationServiceProvider(DesignServices.Provider);
            DataSetup.UseSqlite(options, Path.Combine(data, "ocore.db"));
            return new SqliteOCoreDb(options.Options).Enter(Tenant.System, AuditActor.System);
        }
        var postgres = new DbContextOptionsBuilder<PostgresOCoreDb>().UseApplicationServiceProvider(DesignServices.Provider);
        DataSetup.UsePostgres(postgres, database);
        return new PostgresOCoreDb(postgres.Options).Enter(Tenant.System, AuditActor.System);
    }
}
