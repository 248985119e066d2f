using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Agency;
using OCore.Features.AuditLog;
using OCore.Features.Files;
using OCore.Features.Operations;
using OCore.Features.Templates;
using OCore.Features.Topologies.Deployments;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Operations;
using OCore.Platform.Security;

namespace OCore.Features.Instances;

internal static class InstanceEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var instances = api.MapGroup("/instances").WithTags("Instances").Require("view:instances");
        instances.MapGet("/", List).WithName("listInstances");
        instances.MapGet("/{id}", Get).WithName("getInstance").EditTag<UpdateInstance>();
        instances.MapPut("/{id}", Update).WithName("updateInstance").Require("manage:instances");
        instances.MapGet("/{id}/config", Config).WithName("getInstanceConfig");
        instances.MapPost("/{id}/start", Start).WithName("startInstance").Require("manage:instances").StartsOperation();
        instances.MapPost("/{id}/stop", Stop).WithName("stopInstance").Require("manage:instances").StartsOperation();
        instances.MapPost("/{id}/restart", Restart).WithName("restartInstance").Require("manage:instances").StartsOperation();
        instances.MapDelete("/{id}", Delete).WithName("deleteInstance").Require("manage:instances").StartsOperation();
        instances.MapPost("/{id}/modules", ChangeModules).WithName("changeInstanceModules").Require("manage:instances").StartsOperation();
        InstanceLiveEndpoints.Map(instances);
    }

    public sealed class Filter
    {
        /// <summary>Of this client; id or slug.</summary>
        [FromQuery(Name = "organization"), MaxLength(64)] public string? Organization { get; init; }
        /// <summary>On this server.</summary>
        [FromQuery(Name = "server")] public Guid? Server { get; init; }
        /// <summary>For example <c>running</c>.</summary>
        [FromQuery(Name = "status"), MaxLength(20)] public string? Status { get; init; }
    }

    /// <summary>The organization's instances; for an agency its clients' too.</summary>
    internal static async Task<Results<Ok<Page<InstanceView>>, Problem>> List(OCoreDb db, InstanceHost host, [AsParameters] PageQuery page, [AsParameters] Filter filter, CancellationToken stop)
    {
        var query = db.Instances.AsNoTracking();
        if (filter.Organization is { } wanted)
        {
            var id = Guid.TryParse(wanted, out var parsed) ? parsed : Guid.Empty;
            query = query.Where(i => db.Organizations.Any(o => o.Id == i.OrgId && (o.Slug == wanted || o.Id == id)));
        }
        if (filter.Server is { } server)
            query = query.Where(i => i.ServerId == server);
        if (filter.Status is { } word)
        {
            if (!WireWord.TryRead<InstanceStatus>(word, out var status))
                return Problem.Field("status", "One of creating, running, stopped, restarting, failed, removing, suspended.");
            query = query.Where(i => i.Status == status);
        }
        if (page.Search is { } text)
            query = query.Where(i => EF.Functions.Like(i.Name.ToLower(), Paging.Like(text.ToLowerInvariant()), "\\") || EF.Functions.Like(i.Domain, Paging.Like(text.ToLowerInvariant()), "\\"));
        if (page.After is { } after)
            query = query.Where(i => i.Id > after);
        var rows = await query.OrderBy(i => i.Id).Take(page.Size + 1).ToListAsync(stop);
        var views = (await InstanceViews.ToViewsAsync(db, host, rows, stop)).ToDictionary(v => v.Id);
        return TypedResults.Ok(rows.ToPage(page, i => i.Id, i => views[i.Id]));
    }

    /// <summary>One instance, by id or slug.</summary>
    internal static async Task<Results<Ok<InstanceView>, Problem>> Get(string id, OCoreDb db, InstanceHost host, CancellationToken stop) =>
        await InstanceQueries.FindAsync(db, id, stop) is { } instance ? TypedResults.Ok((await InstanceViews.ToViewsAsync(db, host, [instance], stop))[0]) : Problem.NotFound;

    /// <summary>Change the settings given; null puts one back to what it is without a value. They take effect with a restart; with <c>?dryRun=true</c> answers what would change.</summary>
    internal static async Task<Results<Ok<InstanceView>, Ok<SettingsDiff>, Problem>> Update(string id, UpdateInstance request, [FromQuery] bool? dryRun, OCoreDb db, InstanceHost host, SecretBox secrets, CancellationToken stop)
    {
        if (await InstanceQueries.FindAsync(db, id, stop) is not { } instance)
            return Problem.NotFound;
        if ((OdooSettings.Check("envVars", request.EnvVars, upperCase: true) ?? OdooSettings.Check("config", request.Config, upperCase: false)) is { } wrong)
            return wrong;
        if (request.EnvVars?.ContainsKey("WORKERS") == true || request.Config?.ContainsKey("workers") == true)
            return Problem.Field("workers", "Give the number of workers in the field workers.");
        var (before, promised) = (host.PlanOf(instance), InstancePromise.Of(instance));
        // Whoever sends back what it is changes nothing.
        if (instance.TopologyId is not null && (request.Has(request.Workers) && request.Workers != before.Workers || request.Has(request.MemoryMb) && request.MemoryMb != before.MemoryMb || request.Has(request.Cpus) && request.Cpus != before.Cpus))
            return InstanceProblems.DrawnInTopology;
        instance.Name = request.Name ?? instance.Name;
        instance.Workers = request.Or(request.Workers, instance.Workers) ?? 0;
        // Memory that follows from the workers goes on following them.
        instance.MemoryMb = (request.Has(request.MemoryMb) ? request.MemoryMb : instance.MemoryMb == Provisioning.DefaultMemoryMb(before.Workers) ? null : instance.MemoryMb) ?? Provisioning.DefaultMemoryMb(instance.Workers);
        instance.Cpus = request.Or(request.Cpus, instance.Cpus);
        instance.EnvVars = secrets.Sealed(request.Or(request.EnvVars, instance.EnvVars), instance.EnvVars, instance.RootId);
        instance.Config = secrets.Sealed(request.Or(request.Config, instance.Config), instance.Config, instance.RootId);
        if (request.Has(request.RegistrationCode))
            instance.RegistrationCodeSealed = request.RegistrationCode is { Length: > 0 } code ? secrets.Seal(code, InstanceSecrets.Registration, instance.Id) : null;
        return await db.InTransactionAsync<Results<Ok<InstanceView>, Ok<SettingsDiff>, Problem>>(async () =>
        {
            if (await promised.CheckAsync(db, instance, stop) is { } full)
                return full;
            if (dryRun == true)
                return TypedResults.Ok(InstanceSettings.Diff(before, host.PlanOf(instance)));
            await db.SaveChangesAsync(stop);
            return TypedResults.Ok((await InstanceViews.ToViewsAsync(db, host, [instance], stop))[0]);
        }, stop);
    }

    /// <summary>odoo.conf as it will be written (secrets masked), and what a restart would change.</summary>
    internal static async Task<Results<Ok<InstanceConfigView>, Problem>> Config(string id, OCoreDb db, InstanceHost host, CancellationToken stop)
    {
        if (await InstanceQueries.FindAsync(db, id, stop) is not { } instance)
            return Problem.NotFound;
        var plan = host.PlanOf(instance);
        return TypedResults.Ok(new InstanceConfigView { OdooConf = OdooConf.RenderMasked(plan), Pending = host.PendingOf(instance, plan) });
    }

    /// <summary>Start it.</summary>
    internal static Task<Results<Accepted<OperationView>, Problem>> Start(string id, OCoreDb db, OperationQueue queue, OperationKinds kinds, CancellationToken stop) =>
        BeginAsync<StartInstanceKind>(id, "Start", "started", db, queue, kinds, stop);

    /// <summary>Stop it. Its data stays; its address answers with a notice.</summary>
    internal static Task<Results<Accepted<OperationView>, Problem>> Stop(string id, OCoreDb db, OperationQueue queue, OperationKinds kinds, CancellationToken stop) =>
        BeginAsync<StopInstanceKind>(id, "Stop", "stopped", db, queue, kinds, stop);

    /// <summary>Restart it, with its settings as they are now.</summary>
    internal static Task<Results<Accepted<OperationView>, Problem>> Restart(string id, OCoreDb db, OperationQueue queue, OperationKinds kinds, CancellationToken stop) =>
        BeginAsync<RestartInstanceKind>(id, "Restart", "restarted", db, queue, kinds, stop);

    /// <summary>Delete it with its database and files. This cannot be undone.</summary>
    internal static Task<Results<Accepted<OperationView>, Problem>> Delete(string id, OCoreDb db, OperationQueue queue, OperationKinds kinds, CancellationToken stop) =>
        BeginAsync<DeleteInstanceKind>(id, "Delete", "deletion_started", db, queue, kinds, stop, removes: true);

    /// <summary>Install and update modules. The database returns to what it was if Odoo fails.</summary>
    internal static async Task<Results<Accepted<OperationView>, Problem>> ChangeModules(string id, ChangeModules request, OCoreDb db, InstanceHost host, ModuleCatalog catalog, OperationQueue queue, OperationKinds kinds, CancellationToken stop)
    {
        var (install, update) = (request.Install ?? [], request.Update ?? []);
        if (install.Count + update.Count == 0)
            return Problem.Field("install", "Name at least one module to install or to update.");
        foreach (var (field, names) in (ReadOnlySpan<(string, IReadOnlyList<string>)>)[("install", install), ("update", update)])
            if (names.FirstOrDefault(n => !System.Text.RegularExpressions.Regex.IsMatch(n, Patterns.Module)) is not null)
                return Problem.Field(field, "Names of modules are lower case letters, digits and underscores.");
        if (await InstanceQueries.FindAsync(db, id, stop) is not { } instance)
            return Problem.NotFound;
        if (instance.Status is not (InstanceStatus.Running or InstanceStatus.Stopped or InstanceStatus.Failed))
            return InstanceProblems.NotNow(instance);
        if (await db.IsSuspendedAsync(instance.OrgId, stop))
            return AgencyProblems.Suspended;
        if (await UnknownAsync(db, host, instance, install, update, catalog, stop) is { } unknown)
            return unknown;
        var changes = new Dictionary<string, AuditChangeValue>();
        foreach (var (field, names) in (ReadOnlySpan<(string, IReadOnlyList<string>)>)[("install", install), ("update", update)])
            if (names.Count > 0)
                changes[field] = new AuditChangeValue(null, string.Join(", ", names));
        return await db.InTransactionAsync<Results<Accepted<OperationView>, Problem>>(async () =>
        {
            if (await db.RefuseWorkAsync(instance.OrgId, stop) is { } refused)
                return refused;
            var operation = await queue.EnqueueAsync<ChangeModulesKind, ModulesInput>(db, new(instance.Id, install, update, instance.Sources, instance.WantRunning),
                new($"Change modules of {instance.Name}", instance.OrgId, InstanceId: instance.Id, ServerId: instance.ServerId, Locks: $"instance:{instance.Id}"), stop);
            db.Record("instance.modules_changed", instance.OrgId, instance, changes);
            await db.SaveChangesAsync(stop);
            return await OperationViews.AcceptedAsync(db, operation, kinds, stop);
        }, stop);
    }

    // Refused before Odoo is stopped, where the image can tell. What comes from repositories, or into the add-ons of one that stands still, only the operation finds out.
    private static async Task<Problem?> UnknownAsync(OCoreDb db, InstanceHost host, Instance instance, IReadOnlyList<string> install, IReadOnlyList<string> update, ModuleCatalog catalog, CancellationToken stop)
    {
        if (instance.Repositories.Count > 0)
            return null;
        var server = await db.Servers.AcrossTenants().AsNoTracking().SingleAsync(s => s.Id == instance.ServerId, stop);
        var enterprise = instance.OdooEdition == "ee" ? await OdooSources.FindAsync(db, instance.RootId, instance.OdooVersion, stop) : null;
        if (await catalog.UnknownAsync(instance.Image, server, install.Concat(update), instance.OdooEdition, enterprise?.Archives.GetValueOrDefault(instance.OdooVersion)?.Modules, stop) is not { Count: > 0 } unknown)
            return null;
        var (on, away) = await InstanceQueries.OpenAsync(db, host, instance.Id.ToString(), stop);
        if (away is not null || await FilesInContainer.OwnModulesAsync(on!, stop) is not { } own)
            return null;
        unknown = [.. unknown.Except(own)];
        return unknown.Count == 0 ? null : TemplateProblems.UnknownModules(unknown, instance.OdooVersion, unknown.Any(install.Contains) ? "install" : "update");
    }

    private static async Task<Results<Accepted<OperationView>, Problem>> BeginAsync<TKind>(string id, string verb, string done, OCoreDb db, OperationQueue queue, OperationKinds kinds, CancellationToken stop, bool removes = false)
        where TKind : OperationKind<InstanceInput>
    {
        if (await InstanceQueries.FindAsync(db, id, stop) is not { } instance)
            return Problem.NotFound;
        if (typeof(TKind) == typeof(DeleteInstanceKind) && instance.TopologyId is not null)
            return InstanceProblems.PartOfTopology;
        if (instance.Status is InstanceStatus.Creating or InstanceStatus.Removing || instance.Status == InstanceStatus.Suspended && !removes)
            return InstanceProblems.NotNow(instance);
        return await db.InTransactionAsync<Results<Accepted<OperationView>, Problem>>(async () =>
        {
            if (!removes && await db.RefuseWorkAsync(instance.OrgId, stop) is { } refused)
                return refused;
            // Its nodes are taken out of their load balancers one after another, which nobody else tells anything meanwhile.
            string[] locks = typeof(TKind) == typeof(RestartInstanceKind) && instance.TopologyId is { } topology ? [DeploymentViews.LockOf(topology), $"instance:{instance.Id}"] : [$"instance:{instance.Id}"];
            var operation = await queue.EnqueueAsync<TKind, InstanceInput>(db, new(instance.Id),
                new($"{verb} {instance.Name}", instance.OrgId, InstanceId: instance.Id, ServerId: instance.ServerId, Locks: locks), stop);
            // What is wanted is the operation's to say when it begins: until then it can be cancelled. Who asked for it is to be found.
            db.Mark(instance, done, always: true);
            await db.SaveChangesAsync(stop);
            return await OperationViews.AcceptedAsync(db, operation, kinds, stop);
        }, stop);
    }
}
