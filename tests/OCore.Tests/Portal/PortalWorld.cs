using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Features.Templates;
using OCore.Platform.Operations;
using OCore.Platform.Security;

namespace OCore.Tests.Portal;

/// <summary>An agency with a server that has everything a server can be recognised by, and a client with an instance and an operation on it.</summary>
internal sealed record PortalWorld(TestApp App, TestAgency Agency, TestOrg Client, TestPerson Member, Guid ServerId, Guid InstanceId, Guid OperationId, Guid EndedId, Guid TemplateId)
{
    public const string Host = "server-seven.machines.example", User = "deployer7", Kernel = "6.12.77-kernelword", Os = "Plan Nine 4 (osword)", Docker = "29.9.9-dockerword",
        Fingerprint = "SHA256:fingerprintwordfingerprintword", Path = "/var/lib/ocore/instances/secretpath";

    /// <summary>The name of the server, which no other word is.</summary>
    public required string ServerName { get; init; }

    /// <summary>What nothing of may be in an answer to a client that sees no server.</summary>
    public IReadOnlyList<string> Words => [Host, User, Kernel, Os, Docker, Fingerprint, Path, ServerName, ServerId.ToString(), ServerId.ToString("N"), "/dev/sda", "secretpath"];

    public static async Task<PortalWorld> MakeAsync(TestApp app)
    {
        var agency = await app.AgencyAsync("Portal");
        var client = await app.ClientOfAsync(agency, "Guest");
        var member = await app.MemberAsync(client, "owner");
        var (now, name) = (app.Clock.GetUtcNow(), app.Slug("hostname"));
        await using var db = app.Databases.System();
        var server = new Server
        {
            OrgId = agency.Org.Id, RootId = agency.Org.Id, Name = name, Host = Host, Port = 22, User = User, HostKey = "AAAAhostkeyword", HostKeyType = "ssh-ed25519", HostKeyFingerprint = Fingerprint,
            PublicKey = "ssh-ed25519 AAAApublickeyword", Status = ServerStatus.Active, StatusMessage = $"{User}@{Host} answers", CreatedAt = now,
            Facts = new ServerFacts { Os = Os, Kernel = Kernel, Architecture = "x86_64", Cpus = 4, MemoryBytes = 8L << 30, DiskBytes = 100L << 30, DockerVersion = Docker },
            Use = new ServerUse { At = now, Load = 1, MemoryUsedBytes = 1, MemoryReservedBytes = 1, DiskUsedBytes = 77L << 30, ContainersRunning = 3 },
        };
        var template = new Template { OrgId = agency.Org.Id, RootId = agency.Org.Id, Name = "Shop", OdooVersion = "18.0", OdooEdition = "ce", IsPublic = true, CreatedAt = now };
        var id = Guid.CreateVersion7();
        string Sealed(string kind) => app.Services.GetRequiredService<SecretBox>().Seal("secret", kind, id);
        var slug = app.Slug("erp");
        var instance = new Instance
        {
            Id = id, OrgId = client.Id, RootId = agency.Org.Id, Name = slug, Slug = slug, ServerId = server.Id, TemplateId = template.Id, OdooVersion = "18.0", OdooEdition = "ce", Image = "odoo:18.0",
            Domain = $"{slug}.{Host}", Database = slug.Replace('-', '_'), DatabasePasswordSealed = Sealed(InstanceSecrets.Database), MasterPasswordSealed = Sealed(InstanceSecrets.Master),
            ConnectKeySealed = Sealed(InstanceSecrets.Connect), Status = InstanceStatus.Failed, StatusMessage = $"ssh: connect to host {Host} port 22: Connection refused", CreatedAt = now,
            Use = new InstanceUse { At = now, MemoryBytes = 1, CpuPercent = 2 },
        };
        var ended = NewOperation(OperationState.Stuck);
        // Nobody claims it: it stays open, as one that runs for long.
        var open = NewOperation(OperationState.Running);
        (open.Owner, open.LeaseUntil) = ("a test", now.AddDays(1));
        db.AddRange(server, template, instance, ended, open, new ServerGrant { OrgId = agency.Org.Id, ServerId = server.Id, ClientId = client.Id });
        await db.SaveChangesAsync();
        foreach (var operation in (Operation[])[ended, open])
            db.Add(new OperationEvent { OperationId = operation.Id, At = now, Kind = "log", Message = $"{name}: {User}@{Host} {Kernel} {Os} {Path}/filestore on /dev/sda1 {Fingerprint} {server.Id} {Docker}" });
        await db.SaveChangesAsync();
        return new PortalWorld(app, agency, client, member, server.Id, instance.Id, open.Id, ended.Id, template.Id) { ServerName = name };

        Operation NewOperation(OperationState state) => new()
        {
            OrgId = client.Id, RootId = agency.Org.Id, Kind = "instance.restart", Title = $"Restart {slug} on {name}", InputSealed = "x", State = state, Actor = "somebody", CreatedAt = now, StartedAt = now,
            InstanceId = id, ServerId = server.Id, TemplateId = template.Id, ErrorCode = "server_away", ErrorMessage = $"{name} ({User}@{Host}) does not answer", ErrorHint = $"Look at {Path}",
            Steps = [new OperationStep { Seq = 0, Name = $"Connect to {name}", State = StepState.Failed, Attempt = 1, Error = $"{User}@{Host}: no route, {Kernel}" }],
        };
    }

    public Task SetAsync(UpdatePortalConfig config) =>
        App.As(Agency.Owner, Agency.Org).Put<UpdatePortalConfig, PortalConfigView>("/api/agency/portal-config", config);
}
