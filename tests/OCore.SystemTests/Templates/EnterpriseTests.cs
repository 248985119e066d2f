using System.Formats.Tar;
using System.IO.Compression;
using System.Net;
using System.Text;
using OCore.Client;
using OCore.SystemTests.Remote;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Templates;

/// <summary>Odoo with the agency's own sources on a real server: Enterprise by Git and by archive, and add-on repositories.</summary>
[Collection(EnterpriseLabCollection.Name)]
public sealed class EnterpriseTests(EnterpriseLab lab, ITestOutputHelper output)
{
    [LabFact]
    public async Task Enterprise_by_Git_runs_with_its_modules_before_the_images_and_its_registration_code()
    {
        var early = await lab.TemplateAsync("Too early", "ee", ["ee_books"]);
        var refused = await Assert.ThrowsAsync<OCoreException>(() => lab.BeginAsync(early, "too-early"));
        Assert.Equal(((HttpStatusCode)422, "enterprise_access_missing"), (refused.Status, refused.Problem.Code));
        await lab.Http.Put<EnterpriseAccess, EnterpriseAccessView>("/api/templates/enterprise", new EnterpriseAccess { GitUrl = lab.Git.Https("enterprise"), Token = GitServer.Token });

        // Saving it has its database built, before anybody asks for an instance.
        var template = await lab.TemplateAsync("Enterprise", "ee", ["ee_books"]);
        var prepared = await lab.PreparedAsync(template);
        output.WriteLine($"prepared in {(prepared.FinishedAt - prepared.StartedAt)?.TotalSeconds:0.0} s");
        Assert.Equal("ready", Assert.Single((await lab.Http.Get<TemplateView>($"/api/templates/{template.Id}")).Cache).Status);
        var (fetches, there) = (Fetches(), await lab.SourcesAsync());

        var begun = DateTime.UtcNow;
        var instance = await lab.ProvisionAsync(template, "ee-first", "M190000000001");
        output.WriteLine($"provisioned in {(DateTime.UtcNow - begun).TotalSeconds:0.0} s");
        Assert.Equal("ee", instance.OdooEdition);
        var installed = await lab.InstalledAsync(instance);
        Assert.Contains("web_enterprise", installed);
        Assert.Contains("ee_books", installed);
        var path = (await lab.ConfAsync(instance)).Split('\n').Single(l => l.StartsWith("addons_path", StringComparison.Ordinal)).Split('=')[1].Trim().Split(',');
        Assert.True(Array.IndexOf(path, "/opt/hosting/enterprise") is >= 0 and var at && at < Array.IndexOf(path, "/mnt/extra-addons"), string.Join(',', path));
        var mount = Assert.Single((await lab.InspectAsync(instance)).GetProperty("Mounts").EnumerateArray(), m => m.GetProperty("Destination").GetString() == "/opt/hosting/enterprise");
        Assert.False(mount.GetProperty("RW").GetBoolean());
        Assert.Equal("M190000000001", await lab.SqlAsync(instance, "database.enterprise_code"));

        // The second one brings nothing to the server, and asks Git for no more than where the branch is.
        var second = await lab.ProvisionAsync(template, "ee-second");
        Assert.Equal(fetches + 2, Fetches()); // one question for each instance; what comes to a server takes a second
        Assert.Empty((await lab.SourcesAsync()).Except(there));
        Assert.Equal("", await lab.SqlAsync(second, "database.enterprise_code"));
        await NoSecretIsOnTheServerAsync();

        await lab.Http.Put<UpdateInstance, InstanceView>($"/api/instances/{instance.Id}", new UpdateInstance { RegistrationCode = "M190000000002" });
        await lab.Scene.EndOfAsync(await lab.Http.Post<OperationView>($"/api/instances/{instance.Id}/restart"));
        Assert.Equal("M190000000002", await lab.SqlAsync(instance, "database.enterprise_code"));

        // What is pushed later comes with the next update of modules, to this instance alone.
        await lab.Git.CommitAsync("enterprise", "19.0", EnterpriseLab.Module("ee_shelves", "'depends': ['ee_books']"));
        await lab.Scene.EndOfAsync(await lab.Http.Post<ChangeModules, OperationView>($"/api/instances/{instance.Id}/modules", new ChangeModules { Install = ["ee_shelves"], Update = ["ee_books"] }));
        Assert.Contains("ee_shelves", await lab.InstalledAsync(instance));
        Assert.Single((await lab.SourcesAsync()).Except(there));
        var failed = await lab.Scene.EndOfAsync(await lab.Http.Post<ChangeModules, OperationView>($"/api/instances/{second.Id}/modules", new ChangeModules { Install = ["ee_nothing"] }), succeeds: false);
        Assert.Equal("unknown_modules", failed.Error!.Code);

        // It starts although its Git server is away: what it needs is on its server.
        await lab.Http.Put<EnterpriseAccess, EnterpriseAccessView>("/api/templates/enterprise", new EnterpriseAccess { GitUrl = "https://localhost:1/gone.git" });
        await lab.Scene.EndOfAsync(await lab.Http.Post<OperationView>($"/api/instances/{instance.Id}/restart"));
    }

    [LabFact]
    public async Task Enterprise_by_archive_is_used_before_Git_and_knows_its_modules()
    {
        using (var http = lab.Scene.App.HttpAs(lab.Agency.Owner, lab.Agency.Org.Slug))
        {
            http.Timeout = TimeSpan.FromMinutes(2);
            var answer = await http.PutAsync("/api/templates/enterprise/archives/19.0", new ByteArrayContent(Tarball([.. EnterpriseLab.Module("web_enterprise", "'auto_install': True, 'depends': ['web']"), .. EnterpriseLab.Module("ee_archive", "'depends': ['web_enterprise']")])));
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        }
        var unknown = await lab.TemplateAsync("Misspelt", "ee", ["ee_archiv"]);
        var refused = await Assert.ThrowsAsync<OCoreException>(() => lab.BeginAsync(unknown, "misspelt"));
        Assert.Equal(((HttpStatusCode)422, "unknown_modules"), (refused.Status, refused.Problem.Code));

        var instance = await lab.ProvisionAsync(await lab.TemplateAsync("By archive", "ee", ["ee_archive"]), "ee-archive", "M190000000009");
        Assert.Contains("ee_archive", await lab.InstalledAsync(instance));
        Assert.Equal("f 0 0", await lab.MadeWithAsync(instance));
        Assert.Equal("M190000000009", await lab.SqlAsync(instance, "database.enterprise_code"));
        foreach (var change in (ChangeModules[])[new() { Install = ["ee_archive", "ee_nowhere"] }, new() { Update = ["ee_nowhere"] }])
        {
            refused = await Assert.ThrowsAsync<OCoreException>(() => lab.Http.Post<ChangeModules, OperationView>($"/api/instances/{instance.Id}/modules", change));
            Assert.Equal("unknown_modules", refused.Problem.Code);
            Assert.Equal(change.Install is null ? "update" : "install", Assert.Single(refused.Problem.Errors!.Keys));
        }
        await lab.Http.Send(HttpMethod.Delete, "/api/templates/enterprise/archives/19.0");
    }

    [LabFact]
    public async Task Repositories_languages_and_demo_data_are_in_what_is_made_and_go_when_nobody_needs_them()
    {
        // By an ssh key and by an https token.
        var template = await lab.Http.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate
        {
            Name = "Own modules", OdooVersion = "19.0", ModuleList = ["own_shelf", "own_door"], MemoryMb = 512, Languages = ["fr_FR"], DemoData = true,
            AddonRepositories = [new AddonRepository { Url = lab.Git.Ssh("addons"), Branch = "main", DeployKey = lab.Git.DeployKey }, new AddonRepository { Url = lab.Git.Https("more"), Branch = "main", Token = GitServer.Token }],
        });
        Assert.Equal([(true, false), (false, true)], template.AddonRepositories.Select(r => (r.HasDeployKey == true, r.HasToken == true)));
        var instance = await lab.ProvisionAsync(template, "own-modules");
        var installed = await lab.InstalledAsync(instance);
        Assert.Contains("own_shelf", installed);
        Assert.Contains("own_door", installed);
        Assert.Equal("t Allemagne t 1 0", await lab.MadeWithAsync(instance));
        await NoSecretIsOnTheServerAsync();
        var wrong = await lab.TemplateAsync("No such branch", "ce", [], new AddonRepository { Url = lab.Git.Https("more"), Branch = "16.0", Token = GitServer.Token });
        var failed = await lab.Scene.EndOfAsync(await lab.BeginAsync(wrong, "no-branch"), succeeds: false);
        Assert.Equal("repository_not_accessible", failed.Error!.Code);
        Assert.Equal("own-modules", Assert.Single((await lab.Http.Get<Page<InstanceView>>("/api/instances")).Data, i => i.Slug is "own-modules" or "no-branch").Slug);

        // Nobody asks for the content any more once its template and its instance are gone. That they were is not forgotten at once.
        var cache = Assert.Single(await lab.CachesAsync(), c => c.Sources.Count == 2);
        await lab.SweepAsync();
        await lab.Scene.EndOfAsync(await lab.Http.Delete<OperationView>($"/api/instances/{instance.Id}"));
        await lab.Http.Send(HttpMethod.Delete, $"/api/templates/{template.Id}");
        await lab.SweepAsync();
        Assert.Contains(await lab.CachesAsync(), c => c.Id == cache.Id);
        lab.Scene.App.Clock.Advance(TimeSpan.FromHours(25));
        await lab.SweepAsync();
        Assert.DoesNotContain(await lab.CachesAsync(), c => c.Id == cache.Id);
        Assert.DoesNotContain(cache.Database, await lab.Machine.ShellAsync("docker exec -u postgres ocore-postgres psql -Atc 'SELECT datname FROM pg_database'; ls /var/lib/ocore/templates"), StringComparison.Ordinal);
        // The trees were needed by that database until now.
        await lab.SweepAsync();
        lab.Scene.App.Clock.Advance(TimeSpan.FromHours(25));
        await lab.SweepAsync();
        Assert.DoesNotContain(await lab.SourcesAsync(), s => cache.Sources.Any(pin => pin.Key == s));
    }

    private int Fetches() => lab.Git.Requests.Count(r => r.StartsWith("POST", StringComparison.Ordinal) && r.Contains("upload-pack", StringComparison.Ordinal));

    private async Task NoSecretIsOnTheServerAsync()
    {
        var found = await lab.Machine.ShellAsync(
            """
            { grep -rlF -e "$1" -e 'OPENSSH PRIVATE KEY' /var/lib/ocore/sources /var/lib/ocore/instances /var/lib/ocore/templates 2>/dev/null
              docker ps -aq | xargs -r docker inspect | grep -cF -e "$1" -e 'OPENSSH PRIVATE KEY' | grep -v '^0$'
            } || true
            """, GitServer.Token);
        Assert.Equal("", found.Trim());
        var log = await lab.Http.Get<Page<OperationView>>("/api/operations?limit=100");
        foreach (var operation in log.Data)
            Assert.DoesNotContain(GitServer.Token, System.Text.Json.JsonSerializer.Serialize(await lab.Http.Get<Page<OperationEventView>>($"/api/operations/{operation.Id}/log?limit=1000")), StringComparison.Ordinal);
    }

    private static byte[] Tarball((string Path, string Text)[] files)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip))
            foreach (var (path, text) in files)
                tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "odoo-enterprise-19.0/" + path) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)) });
        return bytes.ToArray();
    }
}
