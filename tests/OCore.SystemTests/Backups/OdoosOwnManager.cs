using System.Globalization;
using System.IO.Compression;
using System.Net;
using OCore.Client;
using OCore.SystemTests.Instances;
using OCore.SystemTests.Remote;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Backups;

/// <summary>An archive goes into the database manager of an Odoo that knows nothing of oCore, and one that it made comes back.</summary>
[Collection(OdooLabCollection.Name)]
public sealed class OdoosOwnManager(OdooLab lab, ITestOutputHelper output)
{
    private const string Role = "own_manager", Database = "carried_over", Container = "own-manager", Master = "master-of-all";
    private const int Port = 18069;
    private OdooScene Scene => lab.Scene;
    private BackupScene Backups => new(lab.Scene);

    [LabFact]
    public async Task An_archive_goes_in_and_comes_back()
    {
        var made = await Scene.ProvisionAsync(Scene.Client, Scene.First, "Traveller");
        await Backups.AttachAsync(made, 6, "travelled");
        var archive = Path.Combine(Scene.App.DataDirectory, "travelled.zip");
        var backup = await Backups.TakeAsync(made);
        await using (var target = File.Create(archive))
            await Scene.Http.Download($"/api/backups/{backup.Id}/download", target, CancellationToken.None);
        try
        {
            await StartAsync(made);
            using var http = new HttpClient { BaseAddress = new Uri($"http://{lab.First.Host.Value}:{Port}"), Timeout = TimeSpan.FromMinutes(5) };
            await Scene.UntilAsync(async () => await AnswersAsync(http), "the other Odoo answers", 120);
            await RestoreAsync(http, archive);
            Assert.Equal("6", await SqlAsync(Database, "SELECT count(*) FROM ir_attachment WHERE name LIKE 'travelled-%'"));
            Assert.Equal(6, await WholeAsync());
            output.WriteLine("restored by Odoo's own manager, with every attachment");
            // It works there: Odoo opens the database.
            using (var page = await http.GetAsync($"/web/login?db={Database}"))
                Assert.True(page.StatusCode is HttpStatusCode.OK or HttpStatusCode.SeeOther or HttpStatusCode.Found, $"{page.StatusCode}");

            var theirs = Path.Combine(Scene.App.DataDirectory, "theirs.zip");
            await BackUpAsync(http, theirs);
            await using var content = File.OpenRead(theirs);
            var imported = await Scene.Http.Send<BackupView>(HttpMethod.Post, $"/api/backups/import?instance={made.Slug}", new StreamContent(content) { Headers = { ContentType = new("application/zip") } }, CancellationToken.None);
            Assert.Equal((BackupState.Intact, "19.0"), (imported.State, imported.OdooVersion));
            await Backups.VerifyAsync(imported);
            // Into the very instance it is for.
            await Backups.SqlAsync(made, "DELETE FROM ir_attachment WHERE name LIKE 'travelled-%'");
            await Scene.EndOfAsync(await Scene.Http.Post<RestoreBackup, OperationView>($"/api/backups/{imported.Id}/restore", new RestoreBackup { Confirm = made.Slug }));
            await Scene.AnswersAsync(made);
            Assert.Equal(6, await Backups.WholeAsync(made, "travelled"));
            output.WriteLine("and what Odoo made was imported, verified and restored");
        }
        finally
        {
            await lab.First.ShellAsync("docker rm -fv \"$1\" >/dev/null 2>&1 || true", Container);
            await lab.First.ShellAsync("docker exec -u postgres ocore-postgres psql -XAtq -c \"DROP DATABASE IF EXISTS $1 WITH (FORCE)\" -c \"DROP ROLE IF EXISTS $2\"", Database, Role);
        }
        await Backups.DeleteAllAsync(made);
        await Scene.DeleteAsync(made);
        await Scene.NothingIsLeftAsync();
    }

    // As its vendor ships it: a database manager, a master password, and a role that may make databases.
    private async Task StartAsync(InstanceView like)
    {
        await lab.First.ShellAsync("docker exec -u postgres ocore-postgres psql -XAtq -c \"CREATE ROLE $1 LOGIN CREATEDB PASSWORD 'own'\"", Role);
        await lab.First.ShellAsync(
            """
            image=$(docker inspect -f '{{.Config.Image}}' "ocore-i-$1")
            docker run -d --name "$2" --network ocore -p "$4:8069" --entrypoint sh "$image" -c 'printf "[options]\nadmin_passwd = %s\ndb_host = ocore-postgres\ndb_user = %s\ndb_password = own\ndata_dir = /var/lib/odoo\nhttp_interface = 0.0.0.0\n" "$0" "$1" >/tmp/own.conf; exec odoo -c /tmp/own.conf' "$5" "$3" >/dev/null
            """, like.Slug, Container, Role, Port.ToString(CultureInfo.InvariantCulture), Master);
    }

    private static async Task<bool> AnswersAsync(HttpClient http)
    {
        try
        {
            using var answer = await http.GetAsync("/web/database/manager");
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private async Task RestoreAsync(HttpClient http, string archive)
    {
        await using var file = File.OpenRead(archive);
        using var form = new MultipartFormDataContent
        {
            { new StringContent(Master), "master_pwd" }, { new StringContent(Database), "name" }, { new StringContent("true"), "copy" }, { new StreamContent(file), "backup_file", "travelled.zip" },
        };
        using var answer = await http.PostAsync("/web/database/restore", form);
        var page = await answer.Content.ReadAsStringAsync();
        Assert.True(await SqlAsync("postgres", $"SELECT count(*) FROM pg_database WHERE datname = '{Database}'") == "1", $"{answer.StatusCode}: {page[..Math.Min(3000, page.Length)]}");
    }

    private static async Task BackUpAsync(HttpClient http, string to)
    {
        using var form = new FormUrlEncodedContent(new Dictionary<string, string> { ["master_pwd"] = Master, ["name"] = Database, ["backup_format"] = "zip" });
        using var answer = await http.PostAsync("/web/database/backup", form);
        await using (var file = File.Create(to))
            await answer.Content.CopyToAsync(file);
        // Where it fails it answers 200 and a page.
        using var zip = ZipFile.OpenRead(to);
        Assert.NotNull(zip.GetEntry("dump.sql"));
        Assert.NotNull(zip.GetEntry("manifest.json"));
    }

    private async Task<string> SqlAsync(string database, string statement) =>
        (await lab.First.ShellAsync("docker exec -u postgres ocore-postgres psql -XAtq -d \"$1\" -c \"$2\"", database, statement)).Trim();

    private async Task<int> WholeAsync() => int.Parse((await lab.First.ShellAsync(
        """
        docker exec -u postgres ocore-postgres psql -XAtq -d "$1" -c "SELECT store_fname FROM ir_attachment WHERE name LIKE 'travelled-%'" |
        docker exec -i "$2" sh -c 'cd "/var/lib/odoo/filestore/$0"; n=0; while read -r f; do [ "$(sha1sum "$f" | cut -d" " -f1)" = "${f#*/}" ] && n=$((n+1)); done; echo $n' "$1"
        """, Database, Container)).Trim(), CultureInfo.InvariantCulture);
}
