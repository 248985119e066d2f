using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Servers;
using OCore.Platform.Data;
using OCore.Platform.Operations;
using OCore.Platform.Remote;

namespace OCore.Features.Templates;

internal sealed record PrepareInput(Guid TemplateId, Guid ServerId);

/// <summary>
/// Builds a template's database on a server before anybody asks for an instance. It takes no turn of what people wait for, and what
/// it finds is the template as it is by then.
/// </summary>
internal sealed class PrepareTemplateKind : OperationKind<PrepareInput>
{
    public override string Name => "template.prepare";
    public override bool IsBackground => true;

    protected override void Define(StepList<PrepareInput> steps) => steps
        .Step("get the image", EnsureImageAsync)
        .Step("build the template database", BuildAsync);

    // Neither step has an undo: an image and a template database are nobody's, and go when no template asks for them.
    private static async Task EnsureImageAsync(PrepareInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        if (await FindAsync(db, input, context) is not var (content, server))
            return;
        var access = context.Get<ServerAccess>();
        await ServerRefusals.OnServerAsync(async () =>
            await (await access.ConnectAsync(server, context.Stop)).Docker.EnsureImageAsync(ImageRef.Parse(content.Image), access.LocalEngine, context.Log, context.Stop));
    }

    private static async Task BuildAsync(PrepareInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        if (await FindAsync(db, input, context) is not var (content, server))
            return;
        var pins = await context.Get<OdooSources>().ResolveAsync(db, server.RootId, content.Version, content.Edition, content.Repositories, context.Stop);
        var connection = await context.Get<ServerAccess>().ConnectAsync(server, context.Stop);
        await context.Get<TemplateDatabases>().EnsureAsync(db, connection, server, content with { Sources = pins }, context.Log, context.Stop);
    }

    /// <returns>Null where the template or the server is gone meanwhile: there is nothing to do then.</returns>
    private static async Task<(TemplateContent, Server)?> FindAsync(OCoreDb db, PrepareInput input, StepContext context)
    {
        var template = await db.Templates.AsNoTracking().SingleOrDefaultAsync(t => t.Id == input.TemplateId, context.Stop);
        var server = await db.Servers.AsNoTracking().SingleOrDefaultAsync(s => s.Id == input.ServerId, context.Stop);
        if (template is null || server is null || TemplateViews.ContentOf(template, context.Get<OdooCatalog>()) is not { } content)
        {
            context.Log("The template or the server is gone meanwhile.");
            return null;
        }
        return (content, server);
    }
}

/// <summary>Has template databases built when a template is saved, where the agency works.</summary>
internal static class TemplatePreparation
{
    /// <summary>Puts the operations into the caller's unit of work. Where the content is there already, or is asked for, nothing is queued.</summary>
    public static async Task QueueAsync(OCoreDb db, Template template, OdooCatalog catalog, OperationQueue queue, CancellationToken stop)
    {
        if (TemplateViews.ContentOf(template, catalog) is not { } content
            || template.OdooEdition == "ee" && await OdooSources.FindAsync(db, template.RootId, template.OdooVersion, stop) is null)
            return;
        var wish = content.Wish;
        var servers = await db.Servers.AsNoTracking().Where(s => s.RootId == template.RootId && s.Status == ServerStatus.Active && !s.Draining)
            .Select(s => new { s.Id, s.Name, Used = db.Instances.Any(i => i.ServerId == s.Id) }).ToListAsync(stop);
        var there = await db.TemplateCaches.Where(c => c.Wish == wish && c.Status == "ready").Select(c => c.ServerId).ToListAsync(stop);
        var asked = await db.Operations.Where(o => o.TemplateId == template.Id && o.State == OperationState.Pending && o.Kind == "template.prepare").Select(o => o.ServerId).ToListAsync(stop);
        // A server that carries nothing yet is prepared only where there is no other to begin with.
        var begun = servers.Any(s => s.Used);
        foreach (var server in servers.Where(s => s.Used || !begun))
            if (!there.Contains(server.Id) && !asked.Contains(server.Id))
                await queue.EnqueueAsync<PrepareTemplateKind, PrepareInput>(db, new(template.Id, server.Id),
                    new($"Prepare {template.Name} on {server.Name}", template.OrgId, ServerId: server.Id, TemplateId: template.Id), stop);
    }
}
