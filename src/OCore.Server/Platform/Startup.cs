using System.Data.Common;
using OCore.Client;
using OCore.Features.Organizations;
using OCore.Features.Plans;
using OCore.Features.Templates;
using OCore.Features.Users;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Platform;

/// <summary>Brings the schema up to date before anything else runs, and makes the first operator of a new installation.</summary>
internal sealed class Startup(OCoreDbFactory databases, Settings settings, IServiceScopeFactory scopes, TimeProvider time, ILogger<Startup> log) : IHostedLifecycleService
{
    public const string FirstEmail = "admin@localhost";

    private Task? _work;

    /// <summary>The schema is in place, and there is somebody to sign in.</summary>
    public bool Completed { get; private set; }

    /// <summary>Begins while the routes are still being put together: the database's half of a start takes as long as the web's.</summary>
    public void Begin() => _work ??= Task.Run(() => PrepareAsync(CancellationToken.None));

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        Begin();
        await _work!.WaitAsync(cancellationToken);
    }

    private async Task PrepareAsync(CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(settings.DataDirectory);
        await using var db = databases.System();
        // Made now, so that no request has to wait for it.
        _ = db.Model;
        await DataSetup.MigrateAsync(db, cancellationToken);
        if (!settings.UsesSqlite && await RowSecurity.IsBypassedAsync(db, cancellationToken))
            log.LogWarning("OCORE_DATABASE signs in as a superuser of PostgreSQL, whom row-level security does not hold: use a role without SUPERUSER and BYPASSRLS that owns the database");
        if (!await DataSetup.HasUsersAsync(db, cancellationToken))
            await FirstOperatorAsync(db, cancellationToken);
        else
            await SealOldSettingsAsync(db, cancellationToken);
        Completed = true;
    }

    // An earlier oCore kept the passwords among settings in clear.
    private async Task SealOldSettingsAsync(OCoreDb db, CancellationToken stop)
    {
        await using var scope = scopes.CreateAsyncScope();
        if (await SealedSettings.SealOldAsync(db, scope.ServiceProvider.GetRequiredService<SecretBox>, stop) is not (> 0 and var count))
            return;
        log.LogInformation("Passwords among the settings of {Count} templates and instances were kept in clear; they are sealed now", count);
        try
        {
            await SealedSettings.ForgetOldAsync(db, stop);
        }
        catch (DbException e)
        {
            log.LogWarning(e, "The database could not be written anew, so passwords that were kept in clear may lie on in pages that nobody reads. VACUUM it (PostgreSQL: VACUUM FULL)");
        }
    }

    // There is no set-up page that a stranger could reach first: the account is made here, once, and its password is printed.
    private async Task FirstOperatorAsync(OCoreDb db, CancellationToken stop)
    {
        var plan = new Plan { Name = "Everything", Slug = "everything", Features = [.. PlanFeatures.All], Limits = new PlanLimits(), IsDefault = true };
        db.Add(plan);
        await using var scope = scopes.CreateAsyncScope();
        var generated = settings.AdminPassword is null;
        var password = settings.AdminPassword ?? Tokens.New()[..20];
        // Without a personal organization at first: the plan that it gets is not saved yet.
        var (user, refusal) = await Accounts.AddAsync(db, scope.ServiceProvider.GetRequiredService<Passwords>(), settings.AdminEmail ?? FirstEmail, "Administrator", password, confirmed: true, time.GetUtcNow(), stop, personal: false);
        if (user is null)
            throw new InvalidOperationException($"The first account cannot be made: {refusal!.Detail}");
        (user.IsOperator, user.MustChangePassword) = (true, generated);
        await OrganizationFactory.AddPersonalAsync(db, user, plan.Id, time.GetUtcNow(), stop);
        await db.SaveChangesAsync(stop);
        log.LogInformation("The first administrator is {Email}", user.Email);
        if (generated)
            await Console.Out.WriteLineAsync($"First administrator: {user.Email}   one-time password: {password}   (shown this once; you will be asked to change it)");
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
