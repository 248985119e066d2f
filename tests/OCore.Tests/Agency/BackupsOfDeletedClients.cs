using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Backups;
using OCore.Platform.Data;
using OCore.Platform.Operations;
using OCore.Platform.Security;

namespace OCore.Tests.Agency;

/// <summary>A place that does not answer holds up no deletion, and what lies there is not forgotten while somebody can remove it.</summary>
public sealed class BackupsOfDeletedClients
{
    [Theory, Sqlite, Postgres]
    public async Task What_lies_at_a_place_of_the_agency_is_removed_later(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var agency = await app.AgencyAsync("Storing");
        var client = await app.ClientOfAsync(agency, "Stored");
        var stored = await BackupAtAsync(app, client, agency.Org);
        using var http = app.As(agency.Owner, agency.Org);

        Assert.Equal(OperationState.Succeeded, (await http.EndOfAsync(await http.Delete<OperationView>($"/api/agency/clients/{client.Slug}"))).State);

        var left = Assert.Single((await http.Get<Page<BackupView>>("/api/backups")).Data);
        Assert.Equal((agency.Org.Id, "Far", BackupState.Failed, (Guid?)null), (left.Organization.Id, left.InstanceName, left.State, left.InstanceId));
        await using (var db = app.Databases.System())
        {
            var row = await db.Backups.AcrossTenants().AsNoTracking().SingleAsync();
            Assert.Equal((stored.Folder, stored.TargetId), (row.Folder, row.TargetId));
        }
        app.Clock.Advance(TimeSpan.FromSeconds(1));
        await app.Services.GetRequiredService<BackupSchedules>().RunAsync(CancellationToken.None);
        Assert.Contains((await http.Get<Page<OperationView>>("/api/operations")).Data, o => o.Kind == "backup.delete");
    }

    [Theory, Sqlite, Trait("Kind", "patient")]
    public async Task What_lies_in_a_bucket_of_its_own_stays_and_is_named(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var agency = await app.AgencyAsync("Storing");
        var client = await app.ClientOfAsync(agency, "Stored");
        var stored = await BackupAtAsync(app, client, client);
        using var http = app.As(agency.Owner, agency.Org);

        var deletion = await http.Delete<OperationView>($"/api/agency/clients/{client.Slug}");
        for (var look = 0; deletion.State is OperationState.Pending or OperationState.Running; look++)
        {
            Assert.True(look < 1200, $"Not within two minutes: {deletion.State} {deletion.Error?.Message}");
            if (deletion.RetryAt - app.Clock.GetUtcNow() is { Ticks: > 0 } pause)
            {
                app.Clock.Advance(pause);
                OperationSignals.WorkQueued();
            }
            await Task.Delay(100);
            deletion = await http.Get<OperationView>($"/api/operations/{deletion.Id}");
        }

        Assert.Equal(OperationState.Succeeded, deletion.State);
        Assert.Empty((await http.Get<Page<BackupView>>("/api/backups")).Data);
        await using var db = app.Databases.System();
        Assert.Contains(await db.OperationEvents.Where(e => e.OperationId == deletion.Id).Select(e => e.Message).ToListAsync(), line => line.Contains($"bucket kept, under {stored.Folder}", StringComparison.Ordinal));
    }

    // Nobody is asked at this address: it is none of the public internet.
    private static async Task<Backup> BackupAtAsync(TestApp app, TestOrg client, TestOrg owner)
    {
        await using var db = app.Databases.System();
        var (id, now) = (RowId.New(), app.Clock.GetUtcNow());
        db.Add(new BackupTarget
        {
            Id = id, OrgId = owner.Id, RootId = client.RootId, Name = "Far", Endpoint = "http://127.0.0.1", Bucket = "kept", Prefix = "", AccessKey = "key",
            SecretKeySealed = app.Services.GetRequiredService<SecretBox>().Seal("secret", BackupStores.TargetSecret, id), CreatedAt = now,
        });
        var backup = new Backup
        {
            OrgId = client.Id, RootId = client.RootId, InstanceId = RowId.New(), InstanceName = "Far", Reason = "manual", TargetId = id, OdooVersion = "19.0", OdooEdition = "ce", State = BackupState.Intact, CreatedAt = now, TakenAt = now,
        };
        db.Add(backup);
        await db.SaveChangesAsync();
        return backup;
    }
}
