using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Backups;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Platform.Data;
using OCore.Platform.Mail;
using OCore.Platform.Operations;
using OCore.Platform.Security;

namespace OCore.Tests.Backups;

/// <summary>When backups are taken by themselves, what is kept of them, and who hears of it when none is fresh.</summary>
public sealed class SchedulesOfBackups(TestApps apps) : IClassFixture<TestApps>
{
    [Theory, Sqlite, Postgres]
    public async Task A_schedule_is_set_shown_and_removed(Database database)
    {
        var app = await apps.OnAsync(database);
        var (agency, instance) = await WorldAsync(app);
        using var http = app.As(agency.Owner, agency.Org);
        var path = $"/api/instances/{instance.Slug}/backup-schedule";
        await http.Get<BackupScheduleView>(path).IsRefusedAsync(404, "not_found");
        var set = await http.Put<SaveBackupSchedule, BackupScheduleView>(path, new SaveBackupSchedule { Cron = "30 2 * * *", TimeZone = "Europe/Berlin" });
        Assert.Equal((7, 4, 3, 26, true, false), (set.KeepDaily, set.KeepWeekly, set.KeepMonthly, set.AlarmAfterHours, set.Verify, set.Fresh));
        // Also of whoever does not send what it does not change, as no client of ours does.
        using var plain = app.HttpAs(agency.Owner, agency.Org.Slug);
        using var body = new StringContent("""{"cron":"30 2 * * *","timeZone":"Europe/Berlin"}""", System.Text.Encoding.UTF8, "application/json");
        using var answer = await plain.PutAsync(path, body);
        Assert.Equal(System.Net.HttpStatusCode.OK, answer.StatusCode);
        set = await http.Get<BackupScheduleView>(path);
        Assert.Equal((7, 4, 3, 26, true, true), (set.KeepDaily, set.KeepWeekly, set.KeepMonthly, set.AlarmAfterHours, set.Verify, set.Enabled));
        var berlin = TimeZoneInfo.ConvertTime(set.NextAt!.Value, TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"));
        Assert.Equal((2, 30), (berlin.Hour, berlin.Minute));
        await http.Send(HttpMethod.Delete, path);
        await http.Get<BackupScheduleView>(path).IsRefusedAsync(404, "not_found");
    }

    [Theory]
    [InlineData("30 2 * *", "UTC", "cron")]
    [InlineData("*/5 * * * *", "UTC", "cron")]
    [InlineData("0 0 31 2 *", "UTC", "cron")]
    [InlineData("30 2 * * *", "Europe/Atlantis", "timeZone")]
    [InlineData("30 2 * * *", "../../etc/passwd", "timeZone")]
    public async Task A_wrong_one_is_refused(string cron, string zone, string field)
    {
        var app = await apps.OnAsync(Database.Sqlite);
        var (agency, instance) = await WorldAsync(app);
        using var http = app.As(agency.Owner, agency.Org);
        var refused = await Assert.ThrowsAsync<OCoreException>(() => http.Put<SaveBackupSchedule, BackupScheduleView>($"/api/instances/{instance.Slug}/backup-schedule", new SaveBackupSchedule { Cron = cron, TimeZone = zone }));
        Assert.Contains(field, refused.Problem.Errors!.Keys);
    }

    [Theory, Sqlite, Postgres]
    public async Task What_fell_out_is_made_up_for_by_one_and_counted(Database database)
    {
        var app = await apps.OnAsync(database);
        var (agency, instance) = await WorldAsync(app);
        using var http = app.As(agency.Owner, agency.Org);
        var path = $"/api/instances/{instance.Slug}/backup-schedule";
        var first = (await http.Put<SaveBackupSchedule, BackupScheduleView>(path, new SaveBackupSchedule { Cron = "0 3 * * *", Verify = false })).NextAt!.Value;
        await MoveAsync(app, instance, first.AddDays(-3));
        var schedules = app.Services.GetRequiredService<BackupSchedules>();
        await schedules.RunAsync(CancellationToken.None);
        var seen = await http.Get<BackupScheduleView>(path);
        Assert.True(seen.Missed is 2 or 3, $"{seen.Missed} missed");
        Assert.True(seen.NextAt > app.Clock.GetUtcNow());
        var backup = Assert.Single((await http.Get<Page<BackupView>>($"/api/backups?instance={instance.Slug}")).Data);
        Assert.Equal("schedule", backup.Reason);
        Assert.Contains("fell out", backup.Note);
        // The next look finds nothing due.
        await schedules.RunAsync(CancellationToken.None);
        Assert.Single((await http.Get<Page<BackupView>>($"/api/backups?instance={instance.Slug}")).Data);
    }

    [Theory, Sqlite, Postgres]
    public async Task While_something_else_works_on_the_instance_it_waits(Database database)
    {
        var app = await apps.OnAsync(database);
        var (agency, instance) = await WorldAsync(app);
        using var http = app.As(agency.Owner, agency.Org);
        var path = $"/api/instances/{instance.Slug}/backup-schedule";
        await http.Put<SaveBackupSchedule, BackupScheduleView>(path, new SaveBackupSchedule { Cron = "0 3 * * *", Verify = false });
        await MoveAsync(app, instance, app.Clock.GetUtcNow().AddMinutes(-1));
        var lockKey = $"instance:{instance.Id}";
        await using (var db = app.Databases.System())
        {
            var operation = new Operation { OrgId = instance.OrgId, RootId = instance.RootId, Kind = "test", Title = "Something", InputSealed = "x", Actor = "somebody", State = OperationState.Stuck };
            db.AddRange(operation, new ResourceLock { Key = lockKey, OperationId = operation.Id });
            await db.SaveChangesAsync();
        }
        var schedules = app.Services.GetRequiredService<BackupSchedules>();
        await schedules.RunAsync(CancellationToken.None);
        Assert.Empty((await http.Get<Page<BackupView>>($"/api/backups?instance={instance.Slug}")).Data);
        await using (var db = app.Databases.System())
            await db.ResourceLocks.Where(l => l.Key == lockKey).ExecuteDeleteAsync();
        await schedules.RunAsync(CancellationToken.None);
        Assert.Single((await http.Get<Page<BackupView>>($"/api/backups?instance={instance.Slug}")).Data);
    }

    [Theory, Sqlite, Postgres]
    public async Task People_hear_once_a_day_that_none_is_fresh(Database database)
    {
        var app = await apps.OnAsync(database);
        var (agency, instance) = await WorldAsync(app);
        using var http = app.As(agency.Owner, agency.Org);
        await http.Put<SaveBackupSchedule, BackupScheduleView>($"/api/instances/{instance.Slug}/backup-schedule", new SaveBackupSchedule { Cron = "0 3 1 1 *" });
        Guid id;
        await using (var db = app.Databases.System())
        {
            var schedule = await db.BackupSchedules.AcrossTenants().SingleAsync(s => s.InstanceId == instance.Id);
            schedule.ChangedAt = app.Clock.GetUtcNow().AddHours(-27);
            id = schedule.Id;
            await db.SaveChangesAsync();
        }
        var schedules = app.Services.GetRequiredService<BackupSchedules>();
        await schedules.RunAsync(CancellationToken.None);
        await schedules.RunAsync(CancellationToken.None);
        Assert.Equal(1, await MailsAsync());
        await AddAsync(app, instance, BackupState.Verified, app.Clock.GetUtcNow().AddHours(-1));
        await schedules.RunAsync(CancellationToken.None);
        Assert.True((await http.Get<BackupScheduleView>($"/api/instances/{instance.Slug}/backup-schedule")).Fresh);
        Assert.Equal(1, await MailsAsync());

        async Task<int> MailsAsync()
        {
            await using var db = app.Databases.System();
            return await db.Set<OutgoingMail>().CountAsync(m => m.AboutId == id && m.To == agency.Owner.Email);
        }
    }

    [Theory, Sqlite, Postgres]
    public async Task A_report_goes_out_in_the_morning_in_the_brand_of_who_reads_it(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Reports");
        var client = await app.ClientOfAsync(agency, "Read");
        var (_, instance) = await WorldAsync(app, agency, client);
        await app.As(agency.Owner, agency.Org).Put<UpdateBranding, BrandingView>("/api/agency/branding", new UpdateBranding { ProductName = "Report Cloud" });
        using var http = app.As(agency.Owner, client);
        var (path, plan) = ($"/api/instances/{instance.Slug}/backup-schedule", new SaveBackupSchedule { Cron = "0 3 1 1 *", AlarmAfterHours = 2400, ReportEvery = BackupReportEvery.Week, ReportTo = ["boss@client.example", agency.Owner.Email] });
        foreach (var wrong in (SaveBackupSchedule[])[plan with { ReportTo = null }, plan with { ReportTo = ["nobody"] }])
            await http.Put<SaveBackupSchedule, BackupScheduleView>(path, wrong).IsRefusedAsync(400, "validation_failed", "reportTo");
        var set = await http.Put<SaveBackupSchedule, BackupScheduleView>(path, plan);
        Assert.Equal((DayOfWeek.Monday, 7), (set.NextReportAt!.Value.UtcDateTime.DayOfWeek, set.NextReportAt.Value.UtcDateTime.Hour));
        await AddAsync(app, instance, BackupState.Verified, app.Clock.GetUtcNow().AddHours(-1));
        await AddAsync(app, instance, BackupState.Failed, app.Clock.GetUtcNow().AddHours(-2));
        await using (var db = app.Databases.System())
            await db.BackupSchedules.AcrossTenants().Where(s => s.InstanceId == instance.Id).ExecuteUpdateAsync(s => s.SetProperty(x => x.ReportAt, app.Clock.GetUtcNow().AddMinutes(-1)));
        var schedules = app.Services.GetRequiredService<BackupSchedules>();
        await schedules.RunAsync(CancellationToken.None);
        await schedules.RunAsync(CancellationToken.None);

        await using var read = app.Databases.System();
        var id = await read.BackupSchedules.AcrossTenants().Where(s => s.InstanceId == instance.Id).Select(s => s.Id).SingleAsync();
        var mails = await read.Set<OutgoingMail>().Where(m => m.AboutId == id).ToListAsync();
        var outbox = app.Services.GetRequiredService<Outbox>();
        var sent = mails.ToDictionary(m => m.To, outbox.Open);
        Assert.Equal(2, mails.Count);
        Assert.Equal(("Report Cloud", $"Backups of {instance.Name}"), (sent["boss@client.example"].From, sent["boss@client.example"].Subject));
        Assert.Contains("Taken: 1\nVerified by restoring them: 1\nFailed: 1", sent["boss@client.example"].Text, StringComparison.Ordinal);
        Assert.DoesNotContain("oCore", sent["boss@client.example"].Html + sent["boss@client.example"].Text, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("oCore", sent[agency.Owner.Email].From);
        Assert.True((await http.Get<BackupScheduleView>(path)).NextReportAt > app.Clock.GetUtcNow());
    }

    /// <summary>Years of nights, each backup verified or not: at no time is what was promised gone, and never the last that was verified.</summary>
    [Fact]
    public void What_is_promised_is_kept_and_no_more()
    {
        var random = new Random(7);
        var schedule = new BackupSchedule { InstanceId = Guid.CreateVersion7(), InstanceName = "x", Cron = "30 2 * * *", TimeZone = "Europe/Berlin", KeepDaily = 7, KeepWeekly = 4, KeepMonthly = 3 };
        var (kept, day) = (new List<Backup>(), new DateTimeOffset(2027, 1, 1, 2, 30, 0, TimeSpan.Zero));
        for (var n = 0; n < 900; n++, day = day.AddDays(1))
        {
            // Months in which nothing could be verified come to pass too.
            var verified = n is < 400 or > 470 && random.Next(10) > 0;
            kept.Add(Of(day, verified ? BackupState.Verified : (BackupState)random.Next(1, 7)));
            kept = [.. kept.Except(BackupRetention.Expired(kept, schedule, day))];
            var good = kept.Where(b => b.State == BackupState.Verified).ToList();
            Assert.True(n == 0 || good.Count > 0 || kept.Count == n + 1);
            Assert.True(good.Count <= 14, $"{good.Count} on {day}");
            if (n is > 120 and < 400 or > 600)
            {
                Assert.True(good.Count >= 8, $"{good.Count} on {day}");
                Assert.True(good.Min(b => b.TakenAt) < day.AddDays(-27));
            }
        }
        Assert.All(kept.Where(b => b.State != BackupState.Verified), b => Assert.True(day - b.TakenAt < TimeSpan.FromDays(10)));

        static Backup Of(DateTimeOffset at, BackupState state) => new()
        {
            InstanceName = "x", Reason = "schedule", OdooVersion = "19.0", OdooEdition = "ce", State = state, TakenAt = at, CreatedAt = at,
        };
    }

    [Fact]
    public void What_a_person_asked_for_stays()
    {
        var schedule = new BackupSchedule { InstanceId = Guid.CreateVersion7(), InstanceName = "x", Cron = "30 2 * * *", TimeZone = "UTC", KeepDaily = 1 };
        var now = new DateTimeOffset(2027, 6, 1, 0, 0, 0, TimeSpan.Zero);
        var backups = Enumerable.Range(0, 20).Select(n => new Backup { InstanceName = "x", Reason = n % 2 == 0 ? "manual" : "schedule", OdooVersion = "19.0", OdooEdition = "ce", State = BackupState.Verified, TakenAt = now.AddDays(-n), CreatedAt = now }).ToList();
        Assert.All(BackupRetention.Expired(backups, schedule, now), b => Assert.Equal("schedule", b.Reason));
    }

    private static async Task MoveAsync(TestApp app, Instance instance, DateTimeOffset next)
    {
        await using var db = app.Databases.System();
        var schedule = await db.BackupSchedules.AcrossTenants().SingleAsync(s => s.InstanceId == instance.Id);
        schedule.NextAt = next;
        await db.SaveChangesAsync();
    }

    internal static async Task AddAsync(TestApp app, Instance instance, BackupState state, DateTimeOffset at)
    {
        await using var db = app.Databases.System();
        db.Add(new Backup { OrgId = instance.OrgId, RootId = instance.RootId, InstanceId = instance.Id, InstanceName = instance.Name, Reason = "manual", OdooVersion = "19.0", OdooEdition = "ce", State = state, TakenAt = at, CreatedAt = at });
        await db.SaveChangesAsync();
    }

    internal static async Task<(TestAgency, Instance)> WorldAsync(TestApp app, TestAgency? agency = null, TestOrg? owner = null)
    {
        agency ??= await app.AgencyAsync("Backs");
        var org = owner ?? agency.Org;
        await using var db = app.Databases.System();
        var now = app.Clock.GetUtcNow();
        var server = new Server { OrgId = agency.Org.Id, RootId = agency.Org.Id, Name = app.Slug("web"), Host = "192.0.2.1", Port = 22, User = "deploy", HostKey = "x", Status = ServerStatus.Failed, CreatedAt = now };
        var (id, slug) = (Guid.CreateVersion7(), app.Slug("erp"));
        string Sealed(string kind) => app.Services.GetRequiredService<SecretBox>().Seal("secret", kind, id);
        var instance = new Instance
        {
            Id = id, OrgId = org.Id, RootId = agency.Org.Id, Name = slug, Slug = slug, ServerId = server.Id, OdooVersion = "19.0", OdooEdition = "ce", Image = "odoo:19.0", Domain = $"{slug}.example.com", Database = slug.Replace('-', '_'),
            DatabasePasswordSealed = Sealed(InstanceSecrets.Database), MasterPasswordSealed = Sealed(InstanceSecrets.Master), ConnectKeySealed = Sealed(InstanceSecrets.Connect), Status = InstanceStatus.Running, CreatedAt = now,
        };
        db.AddRange(server, instance);
        await db.SaveChangesAsync();
        return (agency, instance);
    }
}
