using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Agency;
using OCore.Features.Databases;
using OCore.Features.Domains;
using OCore.Features.Instances;
using OCore.Features.Operations;
using OCore.Features.Organizations;
using OCore.Features.Plans;
using OCore.Features.Servers;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Operations;
using OCore.Platform.Remote;
using OCore.Platform.Security;

namespace OCore.Features.Templates;

/// <summary>From a template to an instance: everything that can be refused is refused before anything is made.</summary>
internal static class ProvisionEndpoint
{
    public static void Map(RouteGroupBuilder templates) =>
        templates.MapPost("/{id:guid}/provision", Provision).WithName("provisionInstance").Require("manage:instances").StartsOperation();

    /// <summary>Make an instance from a template. With <c>?dryRun=true</c> answers what would be done.</summary>
    internal static async Task<Results<Accepted<OperationView>, Ok<ProvisionPlan>, Problem>> Provision(
        Guid id, ProvisionInstance request, [FromQuery] bool? dryRun, OCoreDb db, Caller caller, [FromServices] Provisioning provisioning, OperationQueue queue, OperationKinds kinds, CancellationToken stop)
    {
        if (request.TemplateId is { } other && !(Guid.TryParse(other, out var otherId) && otherId == id))
            return TemplateProblems.IdsDiffer;
        if (await TemplateViews.VisibleTo(db, caller).AsNoTracking().SingleOrDefaultAsync(t => t.Id == id, stop) is not { } template)
            return Problem.NotFound;
        var (made, problem) = await provisioning.PrepareAsync(db, caller, template, request, stop);
        if (problem is not null)
            return problem;
        var (instance, server, organization) = made!.Value;
        if (dryRun == true)
        {
            await Provisioning.NameAsync(db, instance, server, request, stop);
            return TypedResults.Ok(await provisioning.PlanAsync(db, instance, server, organization, kinds, stop));
        }
        // The limit is looked at in the transaction that uses it up.
        return await db.InTransactionAsync<Results<Accepted<OperationView>, Ok<ProvisionPlan>, Problem>>(async () =>
        {
            if ((await Limits.CheckAsync(db, caller, Limits.Instances, stop) ?? await Limits.CheckAsync(db, caller, Limits.StorageGb, stop)) is { } full)
                return full;
            // Images and modules were asked meanwhile: the client may have been suspended or be going since.
            if (await db.RefuseWorkAsync(organization.Id, stop) is { } refused)
                return refused;
            // So is the room on the server, which all its instances share with the plan.
            if (await Provisioning.RoomAsync(db, instance, server, stop) is { } crowded)
                return crowded;
            // Here, or a request beside this one could be given the same name.
            await Provisioning.NameAsync(db, instance, server, request, stop);
            db.Add(instance);
            var operation = await queue.EnqueueAsync<ProvisionInstanceKind, InstanceInput>(db, new(instance.Id), new($"Provision {instance.Name} for {organization.Name}", instance.OrgId,
                InstanceId: instance.Id, ServerId: server.Id, TemplateId: template.Id, ClientId: organization.Kind == OrganizationKind.Client ? organization.Id : null, Locks: $"instance:{instance.Id}"), stop);
            await db.SaveChangesAsync(stop);
            return await OperationViews.AcceptedAsync(db, operation, kinds, stop);
        }, stop);
    }
}

/// <summary>The checks of a provisioning, and the instance that it would make.</summary>
internal sealed class Provisioning(OdooCatalog catalog, ModuleCatalog modules, ServerAccess servers, InstanceHost host, SecretBox secrets, TimeProvider time)
{
    private const long DatabaseBytes = 512L << 20;

    public async Task<((Instance, Server, Organization)? Made, Problem?)> PrepareAsync(OCoreDb db, Caller caller, Template template, ProvisionInstance request, CancellationToken stop)
    {
        if (OdooSettings.Check("overrides", request.Overrides, upperCase: true) is { } wrong)
            return (null, wrong);
        if (request.Database is { } wish && DatabaseNames.Refusal("database", wish) is { } reserved)
            return (null, reserved);
        if (await OrganizationAsync(db, caller, request.Organization, stop) is not { } organization)
            return (null, TemplateProblems.OrganizationNotFound);
        if (organization.SuspendedAt is not null)
            return (null, AgencyProblems.Suspended);
        if (await ServerAsync(db, caller, request.ServerId, stop) is not { } server)
            return (null, TemplateProblems.ServerNotFound);
        if (server.Status != ServerStatus.Active || server.Draining)
            return (null, TemplateProblems.ServerNotActive(server.Name, server.Draining ? "draining" : WireWord.Of(server.Status)));
        if (server.EdgeTakenBy is not null)
            return (null, TemplateProblems.ServerServesTopology(server.Name));
        if (template.Image is null && catalog.Find(template.OdooVersion) is null)
            return (null, TemplateProblems.VersionNotSupported(template.OdooVersion, catalog.Versions));
        if (request.Domain is { } own && await db.IsProvenAsync(own.ToLowerInvariant(), stop))
            return (null, DomainProblems.Proven);
        var enterprise = template.OdooEdition == "ee" ? await OdooSources.FindAsync(db, template.RootId, template.OdooVersion, stop) : null;
        if (template.OdooEdition == "ee" && enterprise is null)
            return (null, TemplateProblems.EnterpriseAccessMissing);
        var image = catalog.ImageOf(template.OdooVersion, template.Image);
        if (template.Repositories.Count == 0 && await modules.UnknownAsync(image.Value, server, template.ModuleList, template.OdooEdition, enterprise?.Archives.GetValueOrDefault(template.OdooVersion)?.Modules, stop) is { Count: > 0 } unknown)
            return (null, TemplateProblems.UnknownModules(unknown, template.OdooVersion));
        var instance = Make(caller, template, request, organization, server, image.Value);
        if (await RoomAsync(db, instance, server, stop) is { } full)
            return (null, full);
        try
        {
            return await IsImageAccessibleAsync(server, image, stop) ? ((instance, server, organization), null) : (null, TemplateProblems.ImageNotAccessible(image.Value, server.Name));
        }
        catch (Exception away) when (ServerRefusals.AsProblem(away) is { } refusal)
        {
            // It was there when it was last looked at.
            return (null, refusal);
        }
    }

    public async Task<ProvisionPlan> PlanAsync(OCoreDb db, Instance instance, Server server, Organization organization, OperationKinds kinds, CancellationToken stop)
    {
        var wish = TemplateContent.Of(instance).Wish;
        return new ProvisionPlan
        {
            Name = instance.Name, Slug = instance.Slug, Organization = organization.ToRef(), Server = new Ref { Id = server.Id, Name = server.Name },
            Url = InstanceViews.UrlOf(instance, server), Database = instance.Database, Image = instance.Image, Workers = instance.Workers, MemoryMb = instance.MemoryMb, Modules = instance.Modules,
            OdooConf = OdooConf.RenderMasked(host.PlanOf(instance)),
            Steps = [.. kinds.Get<ProvisionInstanceKind>().Steps.Select(s => s.Name)],
            Fast = await db.TemplateCaches.AcrossTenants().AnyAsync(c => c.ServerId == server.Id && c.Wish == wish && c.Status == "ready", stop),
        };
    }

    internal static Task<Problem?> RoomAsync(OCoreDb db, Instance instance, Server server, CancellationToken stop) =>
        ServerCapacity.CheckAsync(db, server, instance.MemoryMb * 1024L * 1024, instance.Cpus ?? 0, DatabaseBytes, stop);

    private static async Task<Organization?> OrganizationAsync(OCoreDb db, Caller caller, string? wanted, CancellationToken stop)
    {
        var id = wanted is null ? caller.OrgId : Guid.TryParse(wanted, out var parsed) ? parsed : Guid.Empty;
        return await db.Organizations.AsNoTracking().SingleOrDefaultAsync(o => (o.Id == id || o.Slug == wanted) && o.DeletingAt == null, stop);
    }

    // An agency uses its own servers; its client those it was given.
    internal static async Task<Server?> ServerAsync(OCoreDb db, Caller caller, string wanted, CancellationToken stop)
    {
        var id = Guid.TryParse(wanted, out var parsed) ? parsed : Guid.Empty;
        var (org, root) = (caller.OrgId, caller.Access.RootId);
        var usable = caller.Access.OrgKind == OrganizationKind.Client && (!caller.Access.Delegated || caller.Access.ViewsAsClient)
            ? db.ServersGrantedTo(org, root).Where(_ => caller.Access.Infrastructure != InfrastructureVisibility.None)
            : db.Servers.AcrossTenants().AsNoTracking().Where(s => s.RootId == root);
        return await usable.SingleOrDefaultAsync(s => s.Id == id || s.Name == wanted, stop);
    }

    private Instance Make(Caller caller, Template template, ProvisionInstance request, Organization organization, Server server, string image)
    {
        var id = RowId.New();
        // A client gets none of its agency's secrets, even of a template that an earlier oCore let be public with them.
        bool IsTheirs(KeyValuePair<string, string> setting) => template.OrgId == caller.OrgId || !OdooSettings.IsSecret(setting.Key);
        var env = template.DefaultEnvVars.Where(IsTheirs).ToDictionary();
        foreach (var (name, value) in request.Overrides ?? new Dictionary<string, string>())
            env[name] = value;
        var workers = env.Remove("WORKERS", out var text) ? int.Parse(text) : template.DefaultWorkers;
        var slug = request.Slug ?? (organization.Kind == OrganizationKind.Client ? organization.Slug : ProvisioningNames.Slugify(request.Name ?? template.Name));
        return new Instance
        {
            Id = id, OrgId = organization.Id, RootId = caller.Access.RootId, ServerId = server.Id, TemplateId = template.Id,
            Name = request.Name ?? template.Name, Slug = slug, Domain = (request.Domain ?? "").ToLowerInvariant(), Database = request.Database ?? "",
            OdooVersion = template.OdooVersion, OdooEdition = template.OdooEdition, Image = image,
            Workers = workers, MemoryMb = template.MemoryMb ?? DefaultMemoryMb(workers), Cpus = template.Cpus,
            EnvVars = secrets.Sealed(env, template.DefaultEnvVars, template.RootId), Config = secrets.Sealed(template.Config.Where(IsTheirs).ToDictionary(), template.Config, template.RootId), Modules = [.. template.ModuleList], Languages = [.. template.Languages], DemoData = template.DemoData, Repositories = [.. template.Repositories],
            RegistrationCodeSealed = request.RegistrationCode is { Length: > 0 } code ? secrets.Seal(code, InstanceSecrets.Registration, id) : null,
            DatabasePasswordSealed = secrets.Seal(Tokens.New(), InstanceSecrets.Database, id),
            MasterPasswordSealed = secrets.Seal(Tokens.New(), InstanceSecrets.Master, id),
            ConnectKeySealed = secrets.Seal(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)), InstanceSecrets.Connect, id),
            AdminPasswordSealed = secrets.Seal(OdooPassword.New(), InstanceSecrets.Admin, id),
            CreatedAt = time.GetUtcNow(),
        };
    }

    // A name that a person chose is taken as it is, and refused by the database where it is in use; one we make gets a number.
    internal static async Task NameAsync(OCoreDb db, Instance instance, Server server, ProvisionInstance request, CancellationToken stop)
    {
        var slug = instance.Slug;
        for (var n = 2; request.Slug is null && await db.Instances.AcrossTenants().AnyAsync(i => i.Slug == slug, stop); n++)
            slug = $"{(instance.Slug.Length > 36 ? instance.Slug[..36].TrimEnd('-') : instance.Slug)}-{n}";
        instance.Renamed(slug, request.Domain is { } domain ? domain.ToLowerInvariant() : $"{slug}.{ProvisioningNames.BaseDomain(server)}", await DatabaseAsync(db, server, request.Database, slug, stop));
        if (await db.IsProvenAsync(instance.Domain, stop))
            throw new ProblemException(DomainProblems.Proven);
    }

    private static async Task<string> DatabaseAsync(OCoreDb db, Server server, string? chosen, string slug, CancellationToken stop) =>
        chosen is null ? await DatabaseNames.FreeAsync(db, server.Id, slug.Replace('-', '_'), stop)
        : await DatabaseNames.IsTakenAsync(db, server.Id, chosen, stop) ? throw new ProblemException(DatabaseProblems.Taken("database")) : chosen;

    /// <summary>Odoo's own rule of thumb: 325 MB for each worker, on top of the base, the scheduler and the websocket process.</summary>
    internal static int DefaultMemoryMb(int workers) => workers == 0 ? 1024 : 768 + 325 * workers;

    private async Task<bool> IsImageAccessibleAsync(Server server, ImageRef image, CancellationToken stop)
    {
        var connection = await servers.ConnectAsync(server, stop);
        if (await connection.Docker.HasImageAsync(image, stop) || servers.LocalEngine is { } engine && await engine.HasImageAsync(image, stop) || await connection.Docker.IsOfferedAsync(image, stop))
            return true;
        try
        {
            await connection.Docker.EnsureImageAsync(image, servers.LocalEngine, null, stop);
            return true;
        }
        catch (Platform.Docker.ImageNotAccessibleException)
        {
            return false;
        }
    }
}
