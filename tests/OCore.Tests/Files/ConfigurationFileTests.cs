using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Platform.Data;
using OCore.Platform.Security;
using OCore.Tests.Agency;

namespace OCore.Tests.Files;

/// <summary>odoo.conf among the files: what may be set is changed in it, and nothing else.</summary>
public sealed class ConfigurationFileTests(TestApps apps) : IClassFixture<TestApps>
{
    [Theory, Sqlite, Postgres]
    public async Task What_may_be_set_is_changed_added_and_taken_out(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Configured");
        var client = await app.ClientOfAsync(agency, "Client");
        var instance = await WithSecretsAsync(app, await app.InstanceAsync(client, await app.ServerAsync(agency)));
        using var http = app.As(await app.MemberAsync(client, "owner"), client);
        var path = $"/api/instances/{instance.Id}/files";
        var folder = await http.Get<FolderView>($"{path}?root=configuration");
        Assert.Equal("odoo.conf", Assert.Single(folder.Entries).Name);
        Assert.Contains(folder.Roots, r => r is { Name: "addons", Writable: true });
        var file = await http.Get<FileView>($"{path}/content?root=configuration&path=odoo.conf");
        Assert.Contains("admin_passwd = ••••\n", file.Text);

        var text = file.Text!.Replace("workers = 0", "workers = 2") + "limit_time_cpu = 300\nsmtp_password = hush\n";
        var saved = await http.Put<SaveFile, FileView>($"{path}/content", Save(text, file.Hash));
        Assert.Contains("limit_time_cpu = 300\n", saved.Text);
        Assert.Contains("smtp_password = ••••\n", saved.Text);
        var view = await http.Get<InstanceView>($"/api/instances/{instance.Id}");
        Assert.Equal(2, view.Workers);

        // A secret that comes back as it is shown stays what it is; what is taken out is gone.
        var less = await http.Put<SaveFile, FileView>($"{path}/content", Save(saved.Text!.Replace("limit_time_cpu = 300\n", ""), saved.Hash));
        Assert.DoesNotContain("limit_time_cpu", less.Text);
        Assert.Contains("smtp_password = ••••\n", less.Text);
        await http.Put<SaveFile, FileView>($"{path}/content", Save(text, file.Hash)).IsRefusedAsync(412, "file_changed");
        await http.Put<SaveFile, FileView>($"{path}/content", Save(text, null)).IsRefusedAsync(409, "file_exists");
    }

    /// <summary>Workers that are written into it need the same room as those that are asked for in the settings.</summary>
    [Theory, Sqlite, Postgres]
    public async Task More_workers_than_the_server_has_room_for_are_refused(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Crowded");
        var server = await app.ServerAsync(agency, s => s.Facts = new ServerFacts { Os = "Debian", Kernel = "6", Architecture = "x86_64", Cpus = 2, MemoryBytes = 2L << 30, DiskBytes = 500L << 30 });
        var instance = await WithSecretsAsync(app, await app.InstanceAsync(agency.Org, server, change: i => i.MemoryMb = 1024));
        using var http = app.As(agency.Owner, agency.Org);
        var path = $"/api/instances/{instance.Id}/files/content";
        var file = await http.Get<FileView>($"{path}?root=configuration&path=odoo.conf");

        var refused = await http.Put<SaveFile, FileView>(path, Save(file.Text!.Replace("workers = 0", "workers = 16"), file.Hash)).IsRefusedAsync(409, "server_capacity");

        Assert.Equal("memory", refused.More!["resource"].GetString());
        var view = await http.Get<InstanceView>($"/api/instances/{instance.Id}");
        Assert.Equal((0, 1024), (view.Workers, view.MemoryMb));
    }

    [Theory, Sqlite]
    public async Task What_keeps_instances_apart_is_not_for_anybody_to_set(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Apart");
        var instance = await WithSecretsAsync(app, await app.InstanceAsync(await app.ClientOfAsync(agency, "Client"), await app.ServerAsync(agency)));
        using var http = app.As(agency.Owner, agency.Org);
        var path = $"/api/instances/{instance.Id}/files";
        var file = await http.Get<FileView>($"{path}/content?root=configuration&path=odoo.conf");
        foreach (var (line, words) in ((string, string)[])
        [
            ("db_host = elsewhere", "twice"), ("list_db = True", "twice"), ("data_dir=/", "twice"), ("logfile = /tmp/x", "oCore sets this itself"), ("made_up = 1", "no setting"), ("nothing", "a key, an equals sign"),
            ("limit_time_cpu = soon", "whole number"), ("smtp_password = ••••", "hides"),
        ])
        {
            var faults = await http.Post<CheckFile, FileFaults>($"{path}/check", new CheckFile { Root = "configuration", Path = "odoo.conf", Text = file.Text + line + "\n" });
            var fault = Assert.Single(faults.Errors);
            Assert.Contains(words, fault.Message, StringComparison.Ordinal);
            Assert.Equal(file.Text!.Split('\n').Length, fault.Line);
            await http.Put<SaveFile, FileView>($"{path}/content", Save(file.Text + line + "\n", file.Hash)).IsRefusedAsync(400, "invalid_setting");
        }
        foreach (var (before, after) in ((string, string)[])[("db_host = postgres", "db_host = elsewhere"), ("list_db = False", "list_db = True"), ("list_db = False\n", ""), ("workers = 0\n", "")])
            Assert.NotEmpty((await http.Post<CheckFile, FileFaults>($"{path}/check", new CheckFile { Root = "configuration", Path = "odoo.conf", Text = file.Text!.Replace(before, after) })).Errors);
        Assert.Equal(file.Hash, (await http.Get<FileView>($"{path}/content?root=configuration&path=odoo.conf")).Hash);
        await http.Get<FileView>($"{path}/content?root=configuration&path=../odoo.conf").IsRefusedAsync(404, "file_not_found");
    }

    private static async Task<Instance> WithSecretsAsync(TestApp app, Instance instance)
    {
        var secrets = app.Services.GetRequiredService<SecretBox>();
        await using var db = app.Databases.System();
        await db.Instances.AcrossTenants().Where(i => i.Id == instance.Id).ExecuteUpdateAsync(s => s
            .SetProperty(i => i.DatabasePasswordSealed, secrets.Seal("database", InstanceSecrets.Database, instance.Id))
            .SetProperty(i => i.MasterPasswordSealed, secrets.Seal("master", InstanceSecrets.Master, instance.Id))
            .SetProperty(i => i.ConnectKeySealed, secrets.Seal("connect", InstanceSecrets.Connect, instance.Id)));
        return instance;
    }

    private static SaveFile Save(string text, string? hash) => new() { Root = "configuration", Path = "odoo.conf", Text = text, Hash = hash };
}
