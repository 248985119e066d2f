using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Platform.Data;

namespace OCore.Tests.Servers;

/// <summary>That a password is another one is said before it is saved and until the restart; which one is not.</summary>
public sealed class ChangesOfSecretSettings(TestApps apps) : IClassFixture<TestApps>
{
    private const string Mask = "••••", Changed = "•••• (changed)";

    [Theory, Sqlite, Postgres]
    public async Task Another_password_is_a_change_and_the_same_one_is_none(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Changing");
        var (_, id) = await ServersAndInstances.InsertAsync(app, agency, machine: "elsewhere");
        using var http = app.As(agency.Owner, agency.Org);
        var path = $"/api/instances/{id}";

        Assert.Equal([("smtp_password", null, Mask)], await DryRunAsync("first"));
        await http.Put<UpdateInstance, InstanceView>(path, With("first"));
        Assert.Empty(await PendingAsync());
        await RestartedAsync(app, id);
        Assert.Empty(await PendingAsync());

        Assert.Empty(await DryRunAsync("first"));
        Assert.Empty(await DryRunAsync(Mask));
        Assert.Equal([("smtp_password", Mask, Changed)], await DryRunAsync("second"));
        Assert.Empty(await PendingAsync());
        await http.Put<UpdateInstance, InstanceView>(path, With("second"));
        Assert.Equal([("smtp_password", Mask, Changed)], await PendingAsync());
        Assert.True((await http.Get<InstanceView>(path)).RestartNeeded);
        Assert.Equal([("smtp_password", Mask, null)], Told(await http.Put<UpdateInstance, SettingsDiff>($"{path}?dryRun=true", new UpdateInstance { EnvVars = new Dictionary<string, string>() })));
        await RestartedAsync(app, id);
        Assert.Empty(await PendingAsync());

        // What an earlier oCore kept of a container says nothing of its passwords.
        await using (var db = app.Databases.System())
        {
            var instance = await db.Instances.AcrossTenants().SingleAsync(i => i.Id == id);
            Assert.DoesNotContain("second", string.Concat(instance.AppliedKeys!.Values), StringComparison.Ordinal);
            instance.AppliedKeys = instance.AppliedKeys!.ToDictionary(k => k.Key, k => k.Value.StartsWith(Mask, StringComparison.Ordinal) ? Mask : k.Value);
            await db.SaveChangesAsync();
        }
        Assert.Empty(await PendingAsync());

        async Task<List<(string, string?, string?)>> DryRunAsync(string password) => Told(await http.Put<UpdateInstance, SettingsDiff>($"{path}?dryRun=true", With(password)));
        async Task<List<(string, string?, string?)>> PendingAsync() => Told((await http.Get<InstanceConfigView>($"{path}/config")).Pending);
    }

    private static UpdateInstance With(string password) => new() { EnvVars = new Dictionary<string, string> { ["SMTP_PASSWORD"] = password } };

    private static List<(string, string?, string?)> Told(SettingsDiff diff)
    {
        Assert.Equal(diff.Changes.Count > 0, diff.RestartNeeded);
        return [.. diff.Changes.Select(c => (c.Key, c.Before, c.After))];
    }

    // As an operation leaves it that has made the container anew.
    private static async Task RestartedAsync(TestApp app, Guid id)
    {
        await using var db = app.Databases.System();
        var (instance, host) = (await db.Instances.AcrossTenants().SingleAsync(i => i.Id == id), app.Services.GetRequiredService<InstanceHost>());
        host.Applied(instance, host.PlanOf(instance));
        await db.SaveChangesAsync();
    }
}
