using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Operations;
using OCore.Platform.Security;

namespace OCore.Features.Templates;

internal static class TemplateEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var templates = api.MapGroup("/templates").WithTags("Templates").Require("view:templates").Feature("templates");
        templates.MapGet("/", List).WithName("listTemplates");
        templates.MapPost("/", Create).WithName("createTemplate").Require("manage:templates");
        templates.MapGet("/{id:guid}", Get).WithName("getTemplate").EditTag<UpdateTemplate>();
        templates.MapPut("/{id:guid}", Update).WithName("updateTemplate").Require("manage:templates");
        templates.MapDelete("/{id:guid}", Delete).WithName("deleteTemplate").Require("manage:templates");
        templates.MapPost("/{id:guid}/duplicate", Duplicate).WithName("duplicateTemplate").Require("manage:templates");
        templates.MapPost("/from-instance/{instanceId}", FromInstance).WithName("createTemplateFromInstance").Require("manage:templates");
        CatalogEndpoints.Map(templates);
        EnterpriseEndpoints.Map(templates);
        ProvisionEndpoint.Map(templates);
    }

    /// <summary>The organization's templates, and for a client those its agency offers.</summary>
    internal static async Task<Ok<Page<TemplateView>>> List(OCoreDb db, Caller caller, OdooCatalog catalog, [AsParameters] PageQuery page, CancellationToken stop)
    {
        var query = TemplateViews.VisibleTo(db, caller).AsNoTracking();
        if (page.After is { } after)
            query = query.Where(t => t.Id > after);
        if (page.Search is { } text)
            query = query.Where(t => EF.Functions.Like(t.Name.ToLower(), Paging.Like(text.ToLowerInvariant()), "\\"));
        var rows = await query.OrderBy(t => t.Id).Take(page.Size + 1).ToListAsync(stop);
        var views = (await TemplateViews.ToViewsAsync(db, caller, catalog, rows, stop)).ToDictionary(v => v.Id);
        return TypedResults.Ok(rows.ToPage(page, t => t.Id, t => views[t.Id]));
    }

    /// <summary>One template.</summary>
    internal static async Task<Results<Ok<TemplateView>, Problem>> Get(Guid id, OCoreDb db, Caller caller, OdooCatalog catalog, CancellationToken stop) =>
        await TemplateViews.VisibleTo(db, caller).AsNoTracking().SingleOrDefaultAsync(t => t.Id == id, stop) is { } template
            ? TypedResults.Ok((await TemplateViews.ToViewsAsync(db, caller, catalog, [template], stop))[0]) : Problem.NotFound;

    /// <summary>Make a template.</summary>
    internal static async Task<Results<Created<TemplateView>, Problem>> Create(CreateTemplate request, OCoreDb db, Caller caller, OdooCatalog catalog, SecretBox secrets, OperationQueue queue, TimeProvider time, CancellationToken stop)
    {
        var now = time.GetUtcNow();
        var template = new Template
        {
            OrgId = caller.OrgId, RootId = caller.Access.RootId, CreatedAt = now, UpdatedAt = now,
            Name = request.Name, Description = request.Description, OdooVersion = request.OdooVersion, OdooEdition = request.OdooEdition ?? "ce",
            DefaultWorkers = request.DefaultWorkers ?? 0, ModuleList = [.. (request.ModuleList ?? []).Distinct()], IsPublic = request.IsPublic ?? false, Image = request.Image,
            MemoryMb = request.MemoryMb, Cpus = request.Cpus, Languages = [.. request.Languages ?? []], DemoData = request.DemoData ?? false,
            Repositories = Repositories(request.AddonRepositories, [], secrets, caller.Access.RootId),
        };
        if (TemplateChecks.Check(template, catalog, request.DefaultEnvVars, request.Config) is { } problem)
            return problem;
        (template.DefaultEnvVars, template.Config) = (secrets.Sealed(request.DefaultEnvVars, null, template.RootId), secrets.Sealed(request.Config, null, template.RootId));
        if (TemplateChecks.CheckOffer(template) is { } offered)
            return offered;
        db.Add(template);
        await TemplatePreparation.QueueAsync(db, template, catalog, queue, stop);
        await db.SaveChangesAsync(stop);
        return TypedResults.Created($"/api/templates/{template.Id}", (await TemplateViews.ToViewsAsync(db, caller, catalog, [template], stop))[0]);
    }

    /// <summary>Change the fields given; null puts one back to what it is without a value. Instances made from the template stay as they are.</summary>
    internal static async Task<Results<Ok<TemplateView>, Problem>> Update(Guid id, UpdateTemplate request, OCoreDb db, Caller caller, OdooCatalog catalog, SecretBox secrets, OperationQueue queue, TimeProvider time, CancellationToken stop)
    {
        if (await OwnAsync(db, caller, id, stop) is not { } template)
            return await HiddenOrForbiddenAsync(db, caller, id, stop);
        template.Name = request.Name ?? template.Name;
        template.Description = request.Or(request.Description, template.Description);
        template.OdooVersion = request.OdooVersion ?? template.OdooVersion;
        template.OdooEdition = request.Or(request.OdooEdition, template.OdooEdition) ?? "ce";
        template.DefaultWorkers = request.Or(request.DefaultWorkers, template.DefaultWorkers) ?? 0;
        template.ModuleList = [.. (request.Or(request.ModuleList, template.ModuleList) ?? []).Distinct()];
        template.IsPublic = request.Or(request.IsPublic, template.IsPublic) ?? false;
        template.Image = request.Or(request.Image, template.Image);
        template.MemoryMb = request.Or(request.MemoryMb, template.MemoryMb);
        template.Cpus = request.Or(request.Cpus, template.Cpus);
        template.Languages = [.. request.Or(request.Languages, template.Languages) ?? []];
        template.DemoData = request.Or(request.DemoData, template.DemoData) ?? false;
        if (request.Has(request.AddonRepositories))
            template.Repositories = Repositories(request.AddonRepositories, template.Repositories, secrets, template.RootId);
        template.UpdatedAt = time.GetUtcNow();
        if (TemplateChecks.Check(template, catalog, request.DefaultEnvVars, request.Config) is { } problem)
            return problem;
        template.DefaultEnvVars = secrets.Sealed(request.Or(request.DefaultEnvVars, template.DefaultEnvVars), template.DefaultEnvVars, template.RootId);
        template.Config = secrets.Sealed(request.Or(request.Config, template.Config), template.Config, template.RootId);
        if (TemplateChecks.CheckOffer(template) is { } offered)
            return offered;
        await TemplatePreparation.QueueAsync(db, template, catalog, queue, stop);
        await db.SaveChangesAsync(stop);
        return TypedResults.Ok((await TemplateViews.ToViewsAsync(db, caller, catalog, [template], stop))[0]);
    }

    /// <summary>Delete a template that no instance was made from.</summary>
    internal static async Task<Results<NoContent, Problem>> Delete(Guid id, OCoreDb db, Caller caller, CancellationToken stop)
    {
        if (await OwnAsync(db, caller, id, stop) is not { } template)
            return await HiddenOrForbiddenAsync(db, caller, id, stop);
        if (await db.Instances.AnyAsync(i => i.TemplateId == id, stop))
            return TemplateProblems.InUse;
        db.Remove(template);
        await db.SaveChangesAsync(stop);
        return TypedResults.NoContent();
    }

    /// <summary>Make a copy to change.</summary>
    internal static async Task<Results<Created<TemplateView>, Problem>> Duplicate(Guid id, OCoreDb db, Caller caller, OdooCatalog catalog, OperationQueue queue, TimeProvider time, CancellationToken stop)
    {
        if (await OwnAsync(db, caller, id, stop) is not { } source)
            return await HiddenOrForbiddenAsync(db, caller, id, stop);
        var copy = new Template
        {
            OrgId = source.OrgId, RootId = source.RootId, CreatedAt = time.GetUtcNow(), UpdatedAt = time.GetUtcNow(),
            Name = source.Name.Length > 93 ? source.Name[..93] + " (copy)" : source.Name + " (copy)",
            Description = source.Description, OdooVersion = source.OdooVersion, OdooEdition = source.OdooEdition, DefaultWorkers = source.DefaultWorkers,
            DefaultEnvVars = new(source.DefaultEnvVars), ModuleList = [.. source.ModuleList], Image = source.Image, Repositories = [.. source.Repositories],
            MemoryMb = source.MemoryMb, Cpus = source.Cpus, Languages = [.. source.Languages], DemoData = source.DemoData, Config = new(source.Config),
        };
        db.Add(copy);
        await TemplatePreparation.QueueAsync(db, copy, catalog, queue, stop);
        await db.SaveChangesAsync(stop);
        return TypedResults.Created($"/api/templates/{copy.Id}", (await TemplateViews.ToViewsAsync(db, caller, catalog, [copy], stop))[0]);
    }

    /// <summary>Save the settings of an instance, by its id or slug, as a template. No secret goes along: passwords, keys and tokens are left out, and with its password a mail account.</summary>
    internal static async Task<Results<Created<TemplateView>, Problem>> FromInstance(string instanceId, [FromBody] FromInstance? request, OCoreDb db, Caller caller, OdooCatalog catalog, OperationQueue queue, TimeProvider time, CancellationToken stop)
    {
        if (await InstanceQueries.FindAsync(db, instanceId, stop) is not { } instance)
            return Problem.NotFound;
        var template = new Template
        {
            OrgId = caller.OrgId, RootId = caller.Access.RootId, CreatedAt = time.GetUtcNow(), UpdatedAt = time.GetUtcNow(),
            Name = request?.Name ?? (instance.Name.Length > 89 ? instance.Name[..89] : instance.Name) + " (template)",
            Description = request?.Description ?? $"Saved from the instance {instance.Name}.",
            OdooVersion = instance.OdooVersion, OdooEdition = instance.OdooEdition, DefaultWorkers = instance.Workers,
            DefaultEnvVars = WithoutSecrets(instance.EnvVars), Config = WithoutSecrets(instance.Config), ModuleList = [.. instance.Modules], Languages = [.. instance.Languages],
            DemoData = instance.DemoData, MemoryMb = instance.MemoryMb, Cpus = instance.Cpus,
            Image = catalog.Find(instance.OdooVersion)?.Image == instance.Image ? null : instance.Image,
            Repositories = [.. instance.Repositories.Select(r => r with { DeployKeySealed = null, TokenSealed = null })],
        };
        db.Add(template);
        await TemplatePreparation.QueueAsync(db, template, catalog, queue, stop);
        await db.SaveChangesAsync(stop);
        return TypedResults.Created($"/api/templates/{template.Id}", (await TemplateViews.ToViewsAsync(db, caller, catalog, [template], stop))[0]);
    }

    private static Task<Template?> OwnAsync(OCoreDb db, Caller caller, Guid id, CancellationToken stop) =>
        db.Templates.SingleOrDefaultAsync(t => t.Id == id && t.OrgId == caller.OrgId, stop);

    // What a client sees of its agency it may still not change.
    private static async Task<Problem> HiddenOrForbiddenAsync(OCoreDb db, Caller caller, Guid id, CancellationToken stop) =>
        await TemplateViews.VisibleTo(db, caller).AnyAsync(t => t.Id == id, stop)
            ? new Problem(403, "not_yours", "This template is your agency's.", "Ask your agency to change it.") : Problem.NotFound;

    private static Dictionary<string, string> WithoutSecrets(Dictionary<string, string> settings) =>
        settings.Where(s => !OdooSettings.IsSecret(s.Key) && s.Key.ToLowerInvariant() is not ("smtp_user" or "smtp_server")).ToDictionary(s => s.Key, s => s.Value);

    private static List<TemplateRepository> Repositories(IReadOnlyList<AddonRepository>? given, List<TemplateRepository> before, SecretBox secrets, Guid owner) =>
        [.. (given ?? []).Select(r => new TemplateRepository(r.Url, r.Branch,
            r.DeployKey is { Length: > 0 } key ? secrets.Seal(key, TemplateSecrets.DeployKey, owner) : before.Find(b => b.Url == r.Url)?.DeployKeySealed,
            r.Token is { Length: > 0 } token ? secrets.Seal(token, TemplateSecrets.RepositoryToken, owner) : before.Find(b => b.Url == r.Url)?.TokenSealed))];
}
