using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Agency;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Platform.Operations;

namespace OCore.Tests.Agency;

/// <summary>Servers and instances as rows, for what an agency sees of them; nothing runs.</summary>
internal static class ClientSeeds
{
    public static async Task<Server> ServerAsync(this TestApp app, TestAgency agency, Action<Server>? change = null)
    {
        await using var db = app.Databases.System();
        var server = new Server { OrgId = agency.Org.Id, RootId = agency.Org.Id, Name = app.Slug("server"), Host = "192.0.2.1", Port = 22, User = "root", EdgePort = 80, Status = ServerStatus.Active, CreatedAt = app.Clock.GetUtcNow() };
        change?.Invoke(server);
        db.Add(server);
        await db.SaveChangesAsync();
        return server;
    }

    public static async Task<Instance> InstanceAsync(this TestApp app, TestOrg org, Server server, InstanceStatus status = InstanceStatus.Running, string health = "healthy", string version = "18.0", Action<Instance>? change = null)
    {
        await using var db = app.Databases.System();
        var slug = app.Slug("erp");
        var instance = new Instance
        {
            OrgId = org.Id, RootId = org.RootId, Name = slug, Slug = slug, ServerId = server.Id, OdooVersion = version, OdooEdition = "ce", Image = "odoo", Domain = $"{slug}.example.com",
            Database = slug.Replace('-', '_'), DatabasePasswordSealed = "", MasterPasswordSealed = "", ConnectKeySealed = "", Status = status, Health = health, CreatedAt = app.Clock.GetUtcNow(),
        };
        change?.Invoke(instance);
        db.Add(instance);
        await db.SaveChangesAsync();
        return instance;
    }

    /// <summary>Waits for an operation's end.</summary>
    public static async Task<OperationView> EndOfAsync(this OCoreHttp http, OperationView operation, int seconds = 30)
    {
        for (var n = 0; n < seconds * 10; n++)
        {
            var now = await http.Get<OperationView>($"/api/operations/{operation.Id}");
            if (now.State is not (OperationState.Pending or OperationState.Running or OperationState.Unwinding))
                return now;
            await Task.Delay(100);
        }
        throw new TimeoutException($"{operation.Title} did not end.");
    }
}

/// <summary>The edge of this feature: what it asks of the one that runs instances, written down; the rows go, as they would.</summary>
internal sealed class RecordedResources : IClientResources
{
    public List<string> Calls { get; } = [];
    /// <summary>Thrown by the next calls, as long as there are any.</summary>
    public Queue<Exception> Failures { get; } = new();

    public Task SuspendAsync(Guid clientId, StepContext context) => Record("suspend");
    public Task ResumeAsync(Guid clientId, StepContext context) => Record("resume");

    public async Task RemoveAsync(Guid clientId, int? keepBackupDays, StepContext context)
    {
        await Record($"remove, keep {keepBackupDays}");
        await using var db = context.OpenDb();
        await db.Instances.Where(i => i.OrgId == clientId).ExecuteDeleteAsync(context.Stop);
        await db.Servers.Where(s => s.OrgId == clientId).ExecuteDeleteAsync(context.Stop);
    }

    private Task Record(string call)
    {
        Calls.Add(call);
        return Failures.TryDequeue(out var failure) ? Task.FromException(failure) : Task.CompletedTask;
    }
}
