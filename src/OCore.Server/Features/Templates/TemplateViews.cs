using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Features.Templates;

/// <summary>Templates as callers see them, and which of them a caller sees.</summary>
internal static class TemplateViews
{
    /// <summary>The organization's own, and for a client its agency's public ones.</summary>
    public static IQueryable<Template> VisibleTo(OCoreDb db, Caller caller)
    {
        var (org, root) = (caller.OrgId, caller.Access.RootId);
        return db.Templates.AcrossTenants().Where(t => t.OrgId == org || t.OrgId == root && t.IsPublic);
    }

    public static async Task<List<TemplateView>> ToViewsAsync(OCoreDb db, Caller caller, OdooCatalog catalog, IReadOnlyList<Template> templates, CancellationToken stop)
    {
        var ids = templates.Select(t => t.Id).ToList();
        var counts = await db.Instances.AsNoTracking().Where(i => i.TemplateId != null && ids.Contains(i.TemplateId.Value))
            .GroupBy(i => i.TemplateId!.Value).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, stop);
        var keys = templates.ToDictionary(t => t.Id, t => ContentOf(t, catalog)?.Wish);
        var wanted = keys.Values.OfType<string>().Distinct().ToList();
        var caches = await db.TemplateCaches.AsNoTracking().Where(c => wanted.Contains(c.Wish))
            .Join(db.Servers, c => c.ServerId, s => s.Id, (c, s) => new { Cache = c, Server = new Ref { Id = s.Id, Name = s.Name } }).ToListAsync(stop);
        return [.. templates.Select(t => ToView(t, t.OrgId == caller.OrgId, counts.GetValueOrDefault(t.Id), caches.Where(c => c.Cache.Wish == keys[t.Id]).GroupBy(c => c.Server.Id).Select(g => g.MaxBy(c => c.Cache.LastUsedAt)!).Select(c => new TemplateCacheView
        {
            Server = c.Server, Status = c.Cache.Status, ReadyAt = c.Cache.ReadyAt, SizeBytes = c.Cache.SizeBytes, Error = c.Cache.Error,
        })))];
    }

    public static TemplateContent? ContentOf(Template t, OdooCatalog catalog) => t.Image is null && catalog.Find(t.OdooVersion) is null ? null
        : new TemplateContent(catalog.ImageOf(t.OdooVersion, t.Image).Value, t.OdooVersion, t.OdooEdition, t.ModuleList, t.Languages, t.DemoData, t.Repositories, []);

    // Whoever does not own it sees what it offers, and nothing that could hold a secret.
    private static TemplateView ToView(Template t, bool own, int instances, IEnumerable<TemplateCacheView> caches) => new()
    {
        Id = t.Id,
        Name = t.Name,
        Description = t.Description,
        OdooVersion = t.OdooVersion,
        OdooEdition = t.OdooEdition,
        DefaultWorkers = t.DefaultWorkers,
        DefaultEnvVars = own ? InstanceViews.Masked(t.DefaultEnvVars) : [],
        ModuleList = t.ModuleList,
        IsPublic = t.IsPublic,
        Image = own ? t.Image : null,
        AddonRepositories = own ? [.. t.Repositories.Select(r => new AddonRepository { Url = r.Url, Branch = r.Branch, HasDeployKey = r.DeployKeySealed is not null, HasToken = r.TokenSealed is not null })] : [],
        MemoryMb = t.MemoryMb,
        Cpus = t.Cpus,
        Languages = t.Languages,
        DemoData = t.DemoData,
        Config = own ? InstanceViews.Masked(t.Config) : [],
        InstanceCount = instances,
        Cache = [.. caches],
        CreatedAt = t.CreatedAt,
        UpdatedAt = t.UpdatedAt,
    };
}
