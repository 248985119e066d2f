using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Operations;
using OCore.Features.Organizations;
using OCore.Features.Servers;
using OCore.Features.Templates;
using OCore.Platform.Data;
using OCore.Platform.Operations;

namespace OCore.Features.Instances;

/// <summary>Instances as callers see them; a constant number of queries for any number of rows.</summary>
internal static class InstanceViews
{
    /// <summary>How an instance is reached through its server's edge.</summary>
    public static string UrlOf(Instance instance, Server server) => instance.PublicUrl is { } url ? url : instance.PrimaryHost is { } own ? UrlOf(own, server) : GeneratedUrlOf(instance, server);

    /// <summary>By the name that it was made with.</summary>
    public static string GeneratedUrlOf(Instance instance, Server server) => instance.PublicUrl ??
        (server.EdgeHttps ? $"https://{instance.Domain}" : server.EdgePort == 80 ? $"http://{instance.Domain}" : $"http://{instance.Domain}:{server.EdgePort}");

    /// <summary>How a name of its owner's own is reached there: by HTTPS wherever somebody ends it.</summary>
    public static string UrlOf(string host, Server server) => server switch
    {
        { EdgeHttps: true } => $"https://{host}",
        { EndsTls: true } => server.EdgeTlsPort == 443 ? $"https://{host}" : $"https://{host}:{server.EdgeTlsPort}",
        _ => server.EdgePort == 80 ? $"http://{host}" : $"http://{host}:{server.EdgePort}",
    };

    public static async Task<List<InstanceView>> ToViewsAsync(OCoreDb db, InstanceHost host, IReadOnlyList<Instance> instances, CancellationToken stop)
    {
        var orgIds = instances.Select(i => i.OrgId).Distinct().ToList();
        var serverIds = instances.Select(i => i.ServerId).Distinct().ToList();
        var templateIds = instances.Select(i => i.TemplateId).OfType<Guid>().Distinct().ToList();
        var ids = instances.Select(i => i.Id).ToList();
        var organizations = await db.Organizations.AsNoTracking().Where(o => orgIds.Contains(o.Id)).ToDictionaryAsync(o => o.Id, stop);
        // A client sees the name and the edge of a server that carries its instance, though the server is its agency's.
        var servers = await db.Servers.AcrossTenants().AsNoTracking().Where(s => serverIds.Contains(s.Id)).ToDictionaryAsync(s => s.Id, stop);
        var templates = await db.Templates.AcrossTenants().AsNoTracking().Where(t => templateIds.Contains(t.Id)).Select(t => new { t.Id, t.Name }).ToDictionaryAsync(t => t.Id, t => t.Name, stop);
        var working = await db.Operations.AsNoTracking().Where(o => o.InstanceId != null && ids.Contains(o.InstanceId.Value) && (OperationEngine.Active.Contains(o.State) || o.State == OperationState.Stuck))
            .Select(o => new { o.InstanceId, o.Id }).ToListAsync(stop);
        return [.. instances.Select(i => ToView(i, organizations[i.OrgId], servers[i.ServerId], i.TemplateId is { } t && templates.TryGetValue(t, out var name) ? new Ref { Id = t, Name = name } : null,
            working.Find(w => w.InstanceId == i.Id)?.Id, i.AppliedSettings is not null && i.AppliedSettings != OdooContainer.Fingerprint(host.PlanOf(i))))];
    }

    private static InstanceView ToView(Instance i, Organization organization, Server server, Ref? template, Guid? operation, bool restartNeeded) => new()
    {
        Id = i.Id,
        Name = i.Name,
        Slug = i.Slug,
        Organization = organization.ToRef(),
        Server = new Ref { Id = server.Id, Name = server.Name },
        Template = template,
        Status = i.Status,
        StatusMessage = i.StatusMessage,
        Health = i.Health,
        HealthAt = i.HealthAt,
        OdooVersion = i.OdooVersion,
        OdooEdition = i.OdooEdition,
        Url = UrlOf(i, server),
        Domain = i.Domain,
        TopologyId = i.TopologyId,
        Database = i.Database,
        Workers = i.Workers,
        MemoryMb = i.MemoryMb,
        Cpus = i.Cpus,
        EnvVars = Masked(i.EnvVars),
        Config = Masked(i.Config),
        RestartNeeded = restartNeeded,
        HasRegistrationCode = i.RegistrationCodeSealed is not null,
        AdminPasswordUnread = i.AdminPasswordSealed is not null,
        Use = i.Use,
        CreatedAt = i.CreatedAt,
        StartedAt = i.StartedAt,
        OperationId = operation,
    };

    /// <summary>Passwords among the settings are written, never read back.</summary>
    public static Dictionary<string, string> Masked(IReadOnlyDictionary<string, string> settings) =>
        settings.ToDictionary(s => s.Key, s => OdooSettings.IsSecret(s.Key) ? SealedSettings.Mask : s.Value);
}
