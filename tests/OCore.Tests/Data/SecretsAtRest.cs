using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Backups;
using OCore.Features.Instances;
using OCore.Features.Templates;
using OCore.Platform.Data;
using OCore.Platform.Operations;
using OCore.Platform.Security;
using OCore.Tests.Servers;
using OCore.Tests.Topologies;

namespace OCore.Tests.Data;

/// <summary>Who gets hold of the database gets no password of the settings, wherever they were copied to.</summary>
public sealed class SecretsAtRest
{
    private const string Canary = "Canary5ecretXyzzy", Key = "smtp_password", Env = "SMTP_PASSWORD";

    [Theory, Sqlite, Postgres]
    public async Task No_password_among_settings_lies_in_clear(Database database)
    {
        await using var app = await StartAsync(database);
        var agency = await app.AgencyAsync("Quiet");
        using var http = app.As(agency.Owner, agency.Org);

        // Templates: made, changed, copied. One password is as long as they may be, and longer sealed.
        var template = await http.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = "Mails", OdooVersion = "19.0", DefaultEnvVars = Setting(Env, Canary + "1"), Config = Setting(Key, Canary + "2") });
        await http.Put<UpdateTemplate, TemplateView>($"/api/templates/{template.Id}", new UpdateTemplate { DefaultEnvVars = Setting(Env, Canary + new string('x', 480)), Config = Setting(Key, "••••") });
        await http.Post<TemplateView>($"/api/templates/{template.Id}/duplicate");
        await http.Put<UpdateTemplate, TemplateView>($"/api/templates/{template.Id}", new UpdateTemplate { DefaultEnvVars = Setting(Env, Canary + "3") });

        // An instance: by its settings, and by odoo.conf among its files.
        var (_, instance) = await ServersAndInstances.InsertAsync(app, agency, machine: "elsewhere");
        await http.Put<UpdateInstance, InstanceView>($"/api/instances/{instance}", new UpdateInstance { EnvVars = Setting(Env, Canary + "4"), Config = Setting(Key, Canary + "5") });
        Assert.Equal(Canary + "4", await WrittenAsync(app, instance));
        var file = await http.Get<FileView>($"/api/instances/{instance}/files/content?root=configuration&path=odoo.conf");
        await http.Put<SaveFile, FileView>($"/api/instances/{instance}/files/content", new SaveFile { Root = "configuration", Path = "odoo.conf", Text = file.Text!.Replace($"{Key} = ••••", $"{Key} = {Canary}6"), Hash = file.Hash });
        Assert.Equal(Canary + "6", await WrittenAsync(app, instance));
        // Saved as it is shown, it stays.
        file = await http.Get<FileView>($"/api/instances/{instance}/files/content?root=configuration&path=odoo.conf");
        await http.Put<SaveFile, FileView>($"/api/instances/{instance}/files/content", new SaveFile { Root = "configuration", Path = "odoo.conf", Text = file.Text + "limit_time_cpu = 301\n", Hash = file.Hash });
        Assert.Equal(Canary + "6", await WrittenAsync(app, instance));
        await http.Post<TemplateView>($"/api/templates/from-instance/{instance}");

        // A topology: its plan, its deployment and the instance that comes of the template.
        var servers = new Dictionary<string, Guid>();
        foreach (var (i, place) in ((string[])["edge", "app-1", "app-2", "db", "files"]).Index())
            servers[place] = await TopologiesTests.ServerAsync(app, agency.Org, place, $"10.0.0.{10 + i}");
        var topology = await http.Post<CreateTopology, TopologyView>("/api/topologies", DeployScene.Pair().Drawing("Large", servers));
        await http.Put<SetTopologyCredential, TopologyCredentialView>($"/api/topologies/{topology.Id}/credentials/main", new() { AccessKey = "AK", SecretKey = Canary + "7" });
        var plan = await http.Post<PlanTopology, TopologyPlanView>($"/api/topologies/{topology.Id}/plan", new PlanTopology { TemplateId = template.Id });
        await http.Post<DeployTopology, OperationView>($"/api/topologies/{topology.Id}/deploy", new DeployTopology { PlanHash = plan.Hash });
        var deployed = (await http.Get<Page<InstanceView>>("/api/instances")).Data.Single(i => i.TopologyId == topology.Id);
        Assert.Equal(Canary + "3", await WrittenAsync(app, deployed.Id));

        // A drawing is no place for one.
        foreach (var sketch in (Sketch[])[DeployScene.Pair().Set("redis", "url", $"redis://:{Canary}@10.0.0.9:6379"), DeployScene.Pair().Set("odoo-1", Key, Canary), DeployScene.Pair().Set("odoo-1", "more", new[] { $"https://key:{Canary}@s3.example.com" })])
            await http.Post<CreateTopology, TopologyView>("/api/topologies", sketch.Drawing("Loud", servers)).IsRefusedAsync(400, "secret_in_drawing");

        // What a backup holds is sealed as a whole, and has it as another installation needs it.
        await using (var db = app.Databases.System())
        {
            var row = await db.Instances.AcrossTenants().SingleAsync(i => i.Id == deployed.Id);
            Assert.Equal(Canary + "3", BackupSettings.Of(row, app.Services.GetRequiredService<SecretBox>()).EnvVars[Env]);
        }
        Assert.Empty(await FindAsync(app, Canary));
        Assert.NotEmpty(await FindAsync(app, "Mails"));
    }

    /// <summary>As an earlier oCore left them: read as they are, and sealed once when this one starts.</summary>
    [Theory, Sqlite, Postgres]
    public async Task What_was_kept_in_clear_is_sealed_at_the_next_start(Database database)
    {
        await using var app = await StartAsync(database);
        var agency = await app.AgencyAsync("Earlier");
        var (server, instance) = await ServersAndInstances.InsertAsync(app, agency, machine: "elsewhere");
        var further = (await ServersAndInstances.InsertInstanceAsync(app, agency, server)).Id;
        using var http = app.As(agency.Owner, agency.Org);
        var template = await http.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = "Earlier", OdooVersion = "19.0" });
        await http.Put<UpdateInstance, InstanceView>($"/api/instances/{further}", new UpdateInstance { EnvVars = Setting(Env, Canary + "0") });
        var kept = await ColumnsAsync(app, further);
        await ExecuteAsync(app, $"UPDATE \"Templates\" SET \"DefaultEnvVars\" = '{{\"{Env}\":\"{Canary}1\"}}', \"Config\" = '{{\"log_level\":\"warn\"}}'");
        await ExecuteAsync(app, $"UPDATE \"Instances\" SET \"Config\" = '{{\"smtp_user\":\"mailer\",\"{Key}\":\"{Canary}2\"}}'");
        Assert.NotEmpty(await FindAsync(app, Canary));
        Assert.Equal(Canary + "2", await WrittenAsync(app, instance));

        await app.RestartAsync();
        Assert.Empty(await FindAsync(app, Canary));
        Assert.Equal(Canary + "2", await WrittenAsync(app, instance));
        Assert.Equal(Canary + "0", await WrittenAsync(app, further));
        var (env, config) = await ColumnsAsync(app, further);
        Assert.Equal(kept.Env, env);
        Assert.Contains("\"smtp_user\":\"mailer\"", config, StringComparison.Ordinal);
        await using (var db = app.Databases.System())
        {
            var row = await db.Templates.AcrossTenants().SingleAsync(t => t.Id == template.Id);
            Assert.Equal("warn", row.Config["log_level"]);
            Assert.Equal(Canary + "1", app.Services.GetRequiredService<SecretBox>().Opened(row.DefaultEnvVars, agency.Org.Id)[Env]);
            // It opens for its own setting and its own agency only.
            Assert.ThrowsAny<System.Security.Cryptography.CryptographicException>(() => app.Services.GetRequiredService<SecretBox>().Opened(row.DefaultEnvVars, Guid.NewGuid()));
        }
        await app.RestartAsync();
        Assert.Equal((env, config), await ColumnsAsync(app, further));
        Assert.DoesNotContain(app.Log.Lines, l => !l.StartsWith("Information", StringComparison.Ordinal));
    }

    [Theory, Sqlite]
    public async Task What_nobody_has_sealed_is_not_saved(Database database)
    {
        await using var app = await StartAsync(database);
        var agency = await app.AgencyAsync("Forgetful");
        await using var db = app.Databases.System();
        db.Add(new Template { OrgId = agency.Org.Id, RootId = agency.Org.Id, Name = "Clear", OdooVersion = "19.0", OdooEdition = "ce", Config = Setting(Key, Canary) });
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => db.SaveChangesAsync());
        Assert.DoesNotContain(Canary, refused.Message, StringComparison.Ordinal);
    }

    // Nothing is done on servers, which are rows.
    private static Task<TestApp> StartAsync(Database database) =>
        TestApp.StartAsync(database, a => a.Adjust(services => _ = services.Remove(services.Single(d => d.ImplementationType == typeof(OperationEngine)))));

    private static Dictionary<string, string> Setting(string key, string value) => new() { [key] = value };

    private static async Task<string?> WrittenAsync(TestApp app, Guid id)
    {
        await using var db = app.Databases.System();
        var instance = await db.Instances.AcrossTenants().AsNoTracking().SingleAsync(i => i.Id == id);
        return app.Services.GetRequiredService<InstanceHost>().PlanOf(instance).Settings[Key];
    }

    private static async Task<(string Env, string Config)> ColumnsAsync(TestApp app, Guid id)
    {
        await using var db = app.Databases.System();
        await db.Database.OpenConnectionAsync();
        await db.Database.ExecuteSqlAsync($"SELECT 1");
        await using var command = db.Database.GetDbConnection().CreateCommand();
        command.CommandText = $"SELECT \"EnvVars\", \"Config\" FROM \"Instances\" WHERE \"Id\" = @id";
        var parameter = command.CreateParameter();
        (parameter.ParameterName, parameter.Value) = ("@id", id);
        command.Parameters.Add(parameter);
        await using var reader = await command.ExecuteReaderAsync();
        Assert.True(await reader.ReadAsync());
        return (reader.GetString(0), reader.GetString(1));
    }

    private static async Task ExecuteAsync(TestApp app, string sql)
    {
        await using var db = app.Databases.System();
        await db.Database.OpenConnectionAsync();
        // It says on PostgreSQL that it may see every organization; the command below is nobody's.
        await db.Database.ExecuteSqlAsync($"SELECT 1");
        await using var command = db.Database.GetDbConnection().CreateCommand();
        command.CommandText = sql;
        Assert.NotEqual(0, await command.ExecuteNonQueryAsync());
    }

    /// <summary>Where a word lies: in every file of the data directory, the write-ahead log too, and in every row of every table.</summary>
    private static async Task<List<string>> FindAsync(TestApp app, string word)
    {
        var found = new List<string>();
        foreach (var path in Directory.EnumerateFiles(app.DataDirectory, "*", SearchOption.AllDirectories))
        {
            await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var bytes = new MemoryStream();
            await file.CopyToAsync(bytes);
            if (bytes.GetBuffer().AsSpan(0, (int)bytes.Length).IndexOf(Encoding.UTF8.GetBytes(word)) >= 0)
                found.Add(Path.GetFileName(path));
        }
        await using var db = app.Databases.System();
        await db.Database.OpenConnectionAsync();
        await db.Database.ExecuteSqlAsync($"SELECT 1");
        foreach (var table in db.Model.GetRelationalModel().Tables)
        {
            await using var command = db.Database.GetDbConnection().CreateCommand();
            var columns = string.Join(" || '|' || ", table.Columns.Select(c => $"coalesce(CAST(\"{c.Name}\" AS TEXT), '')"));
            command.CommandText = $"SELECT count(*) FROM \"{table.Name}\" WHERE {columns} LIKE '%{word}%'";
            if ((long)(await command.ExecuteScalarAsync())! > 0)
                found.Add(table.Name);
        }
        return found;
    }
}
