using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Backups;
using OCore.Features.Webhooks;
using OCore.Platform.Data;
using OCore.Platform.Mail;
using OCore.Platform.Security;

namespace OCore.Tests.Backups;

/// <summary>Backups that are whole and yet not like those before them, and copies at a second place: what is seen, and who hears of it.</summary>
public sealed class StrangeBackups(TestApps apps) : IClassFixture<TestApps>
{
    private static readonly DateTimeOffset Day = new(2026, 5, 1, 2, 30, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(100, 10, 20, "")]
    [InlineData(150, 10, 20, "")]
    [InlineData(151, 10, 20, "size_changed")]
    [InlineData(50, 10, 20, "")]
    [InlineData(49, 10, 20, "size_changed")]
    [InlineData(100, 0, 20, "no_files")]
    [InlineData(100, 10, 60, "")]
    [InlineData(100, 10, 61, "slow")]
    [InlineData(10, 0, 300, "no_files size_changed slow")]
    public void What_differs_is_named(long bytes, int files, double seconds, string oddities) =>
        Assert.Equal(oddities.Split(' ', StringSplitOptions.RemoveEmptyEntries), BackupOddities.Of(Made(9, bytes, files, seconds), [.. Enumerable.Range(1, 7).Select(n => Made(9 - n, 100, 10, 20))]));

    [Fact]
    public void The_first_has_nothing_to_differ_from_and_an_empty_one_is_told_all_the_same()
    {
        Assert.Empty(BackupOddities.Of(Made(1, 100, 0, 500), []));
        Assert.Equal(["empty"], BackupOddities.Of(Made(1, 100, 0, 1, users: 0), []));
        Assert.Equal(["empty"], BackupOddities.Of(Made(1, 100, 0, 1, database: 0), []));
        // A quick one may take three times as long: other things happen on the machines too.
        Assert.Empty(BackupOddities.Of(Made(9, 100, 10, 29), [.. Enumerable.Range(1, 7).Select(n => Made(n, 100, 10, 2))]));
        // Two say nothing of what is usual.
        Assert.Empty(BackupOddities.Of(Made(9, 100, 10, 900), [Made(1, 100, 10, 40), Made(2, 100, 10, 40)]));
    }

    [Theory, Sqlite, Postgres]
    public async Task People_and_webhooks_hear_of_it_once_and_the_agency_sees_it_until_there_is_a_better_one(Database database)
    {
        var app = await apps.OnAsync(database);
        var (agency, instance) = await SchedulesOfBackups.WorldAsync(app);
        using var http = app.As(agency.Owner, agency.Org);
        var hook = Guid.CreateVersion7();
        Guid odd;
        await using (var db = app.Databases.System())
        {
            db.Add(new Webhook { Id = hook, OrgId = agency.Org.Id, Name = "hook", Url = "https://hooks.example.com", SecretSealed = app.Services.GetRequiredService<SecretBox>().Seal(WebhookSignature.NewSecret(), WebhookEndpoints.Secret, hook), IsActive = true, CreatedAt = app.Clock.GetUtcNow() });
            var before = Enumerable.Range(1, 4).Select(n => Of(instance, Made(n, 1000, 10, 20))).ToList();
            var now = Of(instance, Made(9, 10, 0, 20));
            (odd, before[0].State) = (now.Id, BackupState.Verified);
            db.AddRange(before);
            db.Add(now);
            await db.SaveChangesAsync();
        }
        // As its operation does, which acts within the agency.
        await using (var db = app.Databases.For(new Tenant(agency.Org.Id, agency.Org.Id, false), null))
        {
            await BackupOddities.JudgeAsync(db, await db.Backups.SingleAsync(b => b.Id == odd), app.Clock.GetUtcNow(), default);
            await db.SaveChangesAsync();
        }
        Assert.Equal(["no_files", "size_changed"], (await http.Get<BackupView>($"/api/backups/{odd}")).Oddities);
        var schedules = app.Services.GetRequiredService<BackupSchedules>();
        await schedules.RunAsync(CancellationToken.None);
        await schedules.RunAsync(CancellationToken.None);
        await using (var db = app.Databases.System())
        {
            Assert.Equal(1, await db.Set<OutgoingMail>().CountAsync(m => m.AboutId == odd && m.To == agency.Owner.Email));
            Assert.Equal("backup.odd", Assert.Single(await db.Set<WebhookDelivery>().AcrossTenants().Where(d => d.WebhookId == hook && d.Key == $"backup:{odd}:odd").ToListAsync()).Event);
            Assert.Equal(1, await db.AuditLog.AcrossTenants().CountAsync(a => a.Action == "backup.odd" && a.OrgId == instance.OrgId));
            await db.Set<Webhook>().AcrossTenants().Where(w => w.Id == hook).ExecuteDeleteAsync();
        }
        await http.Post<AgencyView>("/api/agency/enable");
        Assert.Contains((await http.Get<AgencyView>("/api/agency")).Attention, a => a.Code == "backup_odd" && a.ObjectId == instance.Id && a.Message.Contains("no files", StringComparison.Ordinal));
        await using (var db = app.Databases.System())
        {
            db.Add(Of(instance, Made(10, 1000, 10, 20)));
            await db.SaveChangesAsync();
        }
        Assert.DoesNotContain((await http.Get<AgencyView>("/api/agency")).Attention, a => a.Code == "backup_odd");
    }

    [Theory, Sqlite, Postgres]
    public async Task The_newest_good_one_goes_to_the_second_place_once(Database database)
    {
        var app = await apps.OnAsync(database);
        var (agency, instance) = await SchedulesOfBackups.WorldAsync(app);
        using var http = app.As(agency.Owner, agency.Org);
        var target = new BackupTarget { OrgId = agency.Org.Id, RootId = agency.Org.Id, Name = app.Slug("second"), Endpoint = "https://s3.example.com", Bucket = "second", Prefix = "", AccessKey = "x", CreatedAt = app.Clock.GetUtcNow(), SecretKeySealed = "x" };
        var (older, newest) = (Of(instance, Made(1, 100, 1, 1)), Of(instance, Made(2, 100, 1, 1)));
        await using (var db = app.Databases.System())
        {
            (older.State, newest.State) = (BackupState.Verified, BackupState.Intact);
            db.AddRange(target, older, newest);
            await db.SaveChangesAsync();
        }
        var path = $"/api/instances/{instance.Slug}/backup-schedule";
        await http.Put<SaveBackupSchedule, BackupScheduleView>(path, new SaveBackupSchedule { Cron = "0 3 1 1 *", CopyTarget = "nowhere" }).IsRefusedAsync(400, "target_not_found", "copyTarget");
        await http.Put<SaveBackupSchedule, BackupScheduleView>(path, new SaveBackupSchedule { Cron = "0 3 1 1 *", Target = target.Name, CopyTarget = target.Name }).IsRefusedAsync(400, "same_place", "copyTarget");
        var set = await http.Put<SaveBackupSchedule, BackupScheduleView>(path, new SaveBackupSchedule { Cron = "0 3 1 1 *", Target = "local", CopyTarget = target.Name });
        Assert.Equal((target.Name, null), (set.CopyTarget!.Name, set.LastCopyAt));
        var schedules = app.Services.GetRequiredService<BackupSchedules>();
        await schedules.RunAsync(CancellationToken.None);
        // Not the newest, which nobody has tried yet.
        var copy = Assert.Single((await http.Get<Page<BackupView>>($"/api/backups?instance={instance.Slug}")).Data, b => b.CopyOf is not null);
        Assert.Equal((older.Id, target.Id, "schedule"), (copy.CopyOf, copy.Target!.Id, copy.Reason));
        await schedules.RunAsync(CancellationToken.None);
        Assert.Single((await http.Get<Page<BackupView>>($"/api/backups?instance={instance.Slug}")).Data, b => b.CopyOf is not null);
        await using (var db = app.Databases.System())
            await db.Operations.AcrossTenants().Where(o => o.InstanceId == instance.Id).ExecuteDeleteAsync();
    }

    private static Backup Of(OCore.Features.Instances.Instance instance, Backup like) => new()
    {
        OrgId = instance.OrgId, RootId = instance.RootId, InstanceId = instance.Id, InstanceName = instance.Name, Reason = like.Reason, OdooVersion = like.OdooVersion, OdooEdition = like.OdooEdition, State = like.State,
        Manifest = like.Manifest, Bytes = like.Bytes, TakenAt = like.TakenAt, TakeSeconds = like.TakeSeconds, CreatedAt = like.CreatedAt,
    };

    private static Backup Made(int day, long bytes, int files, double seconds, long users = 5, long database = 90)
    {
        var part = new BackupPart("x", database, "x", bytes, "x");
        return new Backup
        {
            InstanceName = "x", Reason = "schedule", OdooVersion = "19.0", OdooEdition = "ce", State = BackupState.Intact, Bytes = bytes, TakeSeconds = seconds, CreatedAt = Day.AddDays(day), TakenAt = Day.AddDays(day),
            Manifest = new BackupManifest
            {
                Backup = Guid.Empty, InstanceName = "x", TakenAt = Day, OdooVersion = "19.0", OdooEdition = "ce", Image = "odoo:19.0", PostgresVersion = "17.0", DatabaseName = "x", Modules = new Dictionary<string, string>(), Rows = new Dictionary<string, long> { ["res_users"] = users },
                DatabasePart = part, FilesPart = part, SettingsPart = part, DatabaseFormat = "custom", FileCount = files, FileBytes = files, KeyId = "x",
            },
        };
    }
}
