using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Tests.Servers;

/// <summary>Rows as a provisioned instance leaves them; there is no machine behind.</summary>
internal static class ServersAndInstances
{
    public static async Task<(Guid Server, Guid Instance)> InsertAsync(
        TestApp app, TestAgency agency, int workers = 0, int memoryMb = 1024, ServerStatus status = ServerStatus.Failed, string? machine = null)
    {
        await using var db = app.Databases.System();
        var (slug, now, secrets) = (app.Slug("erp"), app.Clock.GetUtcNow(), app.Services.GetRequiredService<SecretBox>());
        var id = RowId.New();
        var server = new Server
        {
            Id = id, OrgId = agency.Org.Id, RootId = agency.Org.Id, Name = slug, Host = machine is null ? "127.0.0.1" : "local", Port = 1, User = "root", EdgePort = 80, CreatedAt = now, LastSeenAt = now,
            IsLocal = machine is not null, MachineId = machine, Status = status, PublicKey = "ssh-ed25519 AAAA",
            HostKeyType = "ssh-ed25519", HostKey = "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f", HostKeyFingerprint = "SHA256:x",
            PrivateKeySealed = secrets.Seal("no key", ServerAccess.KeySecret, id),
        };
        db.Add(server);
        await db.SaveChangesAsync();
        return (id, (await InsertInstanceAsync(app, agency, id, workers, memoryMb)).Id);
    }

    public static async Task<Instance> InsertInstanceAsync(TestApp app, TestAgency agency, Guid server, int workers = 0, int memoryMb = 1024, bool wantRunning = true, Guid? org = null)
    {
        await using var db = app.Databases.System();
        var (slug, now, secrets) = (app.Slug("erp"), app.Clock.GetUtcNow(), app.Services.GetRequiredService<SecretBox>());
        var instanceId = RowId.New();
        var instance = new Instance
        {
            Id = instanceId, OrgId = org ?? agency.Org.Id, RootId = agency.Org.Id, Name = slug, Slug = slug, ServerId = server, WantRunning = wantRunning, OdooVersion = "19.0", OdooEdition = "ce", Image = "odoo:19.0",
            Domain = $"{slug}.example.com", Database = slug.Replace('-', '_'), MemoryMb = memoryMb, Workers = workers, CreatedAt = now, Status = InstanceStatus.Running, Health = "healthy", HealthAt = now.AddHours(-1),
            DatabasePasswordSealed = secrets.Seal("a", InstanceSecrets.Database, instanceId), MasterPasswordSealed = secrets.Seal("b", InstanceSecrets.Master, instanceId), ConnectKeySealed = secrets.Seal("c", InstanceSecrets.Connect, instanceId),
        };
        db.Add(instance);
        await db.SaveChangesAsync();
        return instance;
    }
}
