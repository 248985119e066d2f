using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Agency;
using OCore.Features.Servers;
using OCore.Features.Templates;
using OCore.Platform.Data;
using OCore.Platform.Docker;
using OCore.Platform.Operations;
using OCore.Platform.Remote;
using OCore.Platform.Security;

namespace OCore.Features.Instances;

internal sealed record InstanceInput(Guid InstanceId);

/// <summary>Makes an instance: a clone of the pre-initialised database, its own secrets, a container and a route.</summary>
internal sealed class ProvisionInstanceKind : OperationKind<InstanceInput>
{
    public override string Name => "instance.provision";
    public override bool BeginsWithRequest => true;

    protected override void Define(StepList<InstanceInput> steps) => steps
        .Step("check the server", CheckAsync, ForgetAsync)
        .Step("get the image", EnsureImageAsync)
        .Step("fetch the sources", EnsureSourcesAsync)
        .Step("prepare the template database", EnsureTemplateAsync)
        .Step("copy the template, with its own identity and secrets", CopyAsync, RemoveCopyAsync)
        .Step("start Odoo", StartAsync, RemoveContainerAsync)
        .Step("route its address and wait until Odoo answers", RouteAndWaitAsync, UnrouteAsync)
        .Step("finish", FinishAsync);

    internal static async Task CheckAsync(InstanceInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var instance = await db.Instances.SingleAsync(i => i.Id == input.InstanceId, context.Stop);
        var server = await db.Servers.SingleAsync(s => s.Id == instance.ServerId, context.Stop);
        if (server.Status is not ServerStatus.Active)
            throw new TryLaterException($"The server {server.Name} is {WireWord.Of(server.Status)}.", "Provisioning goes on when the server is active.");
        await context.Get<ServerAccess>().ConnectAsync(server, context.Stop);
    }

    internal static async Task ForgetAsync(InstanceInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        if (await db.Instances.SingleOrDefaultAsync(i => i.Id == input.InstanceId, context.Stop) is not { } instance)
            return;
        db.Remove(instance);
        await db.SaveChangesAsync(context.Stop);
    }

    internal static async Task EnsureImageAsync(InstanceInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var host = context.Get<InstanceHost>();
        await host.EnsureImageAsync(await host.OpenAsync(db, input.InstanceId, context.Stop), context.Log, context.Stop);
    }

    // What lies on the server is shared with other instances; what nobody needs any more is removed in time.
    internal static async Task EnsureSourcesAsync(InstanceInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var host = context.Get<InstanceHost>();
        await host.EnsureSourcesAsync(db, await host.OpenAsync(db, input.InstanceId, context.Stop), refresh: false, context.Log, context.Stop);
    }

    private static async Task EnsureTemplateAsync(InstanceInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var on = await context.Get<InstanceHost>().OpenAsync(db, input.InstanceId, context.Stop);
        await context.Get<TemplateDatabases>().EnsureAsync(db, on.Connection, on.Server, TemplateContent.Of(on.Instance), context.Log, context.Stop);
    }

    // At once what does not need the other: the database, its files, its container, and the hash of the password, which takes as long as they do.
    private static async Task CopyAsync(InstanceInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var on = await context.Get<InstanceHost>().OpenAsync(db, input.InstanceId, context.Stop);
        var (template, secrets) = (TemplateContent.Of(on.Instance).Database, context.Get<SecretBox>());
        var hash = Task.Run(() => AdminHash(on, secrets), context.Stop);
        await Task.WhenAll(hash, InstanceHost.EnsureDatabaseAsync(on, template, context.Stop), MakeFilesAndContainerAsync());
        await PersonalizeAsync(on, await hash, secrets, context.Stop);

        async Task MakeFilesAndContainerAsync()
        {
            await context.Get<InstanceHost>().EnsureFilesAsync(on, template, context.Stop);
            await InstanceHost.PrepareContainerAsync(on, context.Stop);
        }
    }

    internal static async Task RemoveCopyAsync(InstanceInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var on = await context.Get<InstanceHost>().OpenAsync(db, input.InstanceId, context.Stop);
        await on.Connection.Docker.RemoveContainerAsync(on.Container, context.Stop);
        await InstanceHost.RemoveFilesAsync(on.Connection, on.Instance.Id, on.Instance.Slug, context.Stop);
        await InstanceHost.DropDatabaseAsync(on.Connection, on.Plan.Database, context.Stop);
    }

    internal static async Task PersonalizeAsync(InstanceInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var on = await context.Get<InstanceHost>().OpenAsync(db, input.InstanceId, context.Stop);
        var secrets = context.Get<SecretBox>();
        await PersonalizeAsync(on, AdminHash(on, secrets), secrets, context.Stop);
    }

    private static async Task PersonalizeAsync(InstanceOnServer on, string adminHash, SecretBox secrets, CancellationToken stop)
    {
        await InstanceHost.PersonalizeAsync(on, adminHash, stop);
        await RegisterAsync(on, secrets, stop);
    }

    private static string AdminHash(InstanceOnServer on, SecretBox secrets) =>
        OdooPassword.Hash(secrets.Unseal(on.Instance.AdminPasswordSealed!, InstanceSecrets.Admin, on.Instance.Id));

    private static async Task RegisterAsync(InstanceOnServer on, SecretBox secrets, CancellationToken stop)
    {
        if (on.Instance.RegistrationCodeSealed is { } code)
            await on.SqlAsync(on.Plan.Database, OdooSql.SetRegistrationCode,
                new Dictionary<string, string> { ["code"] = secrets.Unseal(code, InstanceSecrets.Registration, on.Instance.Id) }, stop);
    }

    // A PostgreSQL that is only just starting is Odoo's to wait for: without this start it would stand still.
    private static async Task RegisterWherePossibleAsync(InstanceOnServer on, StepContext context)
    {
        try
        {
            await RegisterAsync(on, context.Get<SecretBox>(), context.Stop);
        }
        catch (ServerException away) when (away is RemoteCommandException or DockerCallException)
        {
            context.Log($"The registration code could not be written now, and is with the next start: {away.Message}");
        }
    }

    internal static Task StartAsync(InstanceInput input, StepContext context) =>
        StartAsync(input, context, (db, on) => context.Get<InstanceHost>().EnsureContainerAsync(db, on, context.Stop));

    /// <param name="start">How it comes to run with its settings as they are now.</param>
    internal static async Task StartAsync(InstanceInput input, StepContext context, Func<OCoreDb, InstanceOnServer, Task> start)
    {
        await using var db = context.OpenDb();
        var host = context.Get<InstanceHost>();
        var on = await host.OpenAsync(db, input.InstanceId, context.Stop);
        if (await db.IsSuspendedAsync(on.Instance.OrgId, context.Stop))
        {
            context.Log($"{on.Instance.Name} is not started: its client is suspended");
            return;
        }
        // A code that was given or changed since takes effect with this start, and sources that are gone from the server come again.
        await RegisterWherePossibleAsync(on, context);
        await host.EnsureSourcesAsync(db, on, refresh: false, context.Log, context.Stop);
        await start(db, on with { Plan = host.PlanOf(on.Instance) });
        await db.SaveChangesAsync(context.Stop);
    }

    internal static async Task RemoveContainerAsync(InstanceInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var on = await context.Get<InstanceHost>().OpenAsync(db, input.InstanceId, context.Stop);
        await on.Connection.Docker.RemoveContainerAsync(on.Container, context.Stop);
    }

    internal static async Task RouteAsync(InstanceInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var host = context.Get<InstanceHost>();
        var on = await host.OpenAsync(db, input.InstanceId, context.Stop);
        await host.EnsureEdgeAsync(db, on.Server, on.Connection, context.Stop);
    }

    internal static async Task UnrouteAsync(InstanceInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var host = context.Get<InstanceHost>();
        var on = await host.OpenAsync(db, input.InstanceId, context.Stop);
        // Said in the row, or the server's next look would put the route back.
        on.Instance.Status = InstanceStatus.Removing;
        await db.SaveChangesAsync(context.Stop);
        await host.EnsureEdgeAsync(db, on.Server, on.Connection, context.Stop);
    }

    // While Odoo starts, its address says so.
    private static Task RouteAndWaitAsync(InstanceInput input, StepContext context) => Task.WhenAll(RouteAsync(input, context), WaitAsync(input, context));

    internal static async Task WaitAsync(InstanceInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var host = context.Get<InstanceHost>();
        var on = await host.OpenAsync(db, input.InstanceId, context.Stop);
        if (await db.IsSuspendedAsync(on.Instance.OrgId, context.Stop))
            return;
        // A suspension that is over by now may have kept it from starting, or stopped it since.
        if ((await Task.WhenAll((await host.ContainersAsync(db, on, context.Stop)).Select(c => c.Connection.Docker.FindAsync(c.Container, context.Stop)))).Any(c => c is { State: "exited" or "created" }))
            await StartAsync(input, context);
        await host.WaitUntilUpAsync(db, on, context.Log, context.Stop);
    }

    internal static async Task FinishAsync(InstanceInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var host = context.Get<InstanceHost>();
        var on = await host.OpenAsync(db, input.InstanceId, context.Stop);
        // What was under way when its client was suspended ends suspended, and runs when the client is resumed.
        on.Instance.Status = await db.IsSuspendedAsync(on.Instance.OrgId, context.Stop) ? InstanceStatus.Suspended : InstanceStatus.Running;
        on.Instance.StatusMessage = null;
        await db.SaveChangesAsync(context.Stop);
        await host.EnsureEdgeAsync(db, on.Server, on.Connection, context.Stop);
    }
}
