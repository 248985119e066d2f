using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using OCore.Client;
using OCore.SystemTests.Backups;
using OCore.SystemTests.Remote;
using Xunit;

namespace OCore.SystemTests.Instances;

/// <summary>What the instances of a server share, none of them can take from the others.</summary>
[Collection(OdooLabCollection.Name)]
public sealed class NeighboursOnAServer(OdooLab lab)
{
    private OdooScene Scene => lab.Scene;
    private BackupScene Backups => new(lab.Scene);

    [LabFact]
    public async Task Connections_locks_and_templates_are_nobodys_to_take()
    {
        var made = await Scene.ProvisionAsync(Scene.Client, Scene.First, "Neighbour");
        await Scene.AnswersAsync(made);
        Assert.InRange(await LimitAsync(made), 40, 300);
        // As where a server and a role were made before there was either: from the next start on they have it.
        await SqlAsync($"ALTER ROLE {made.Database} CONNECTION LIMIT -1");
        await SqlAsync("GRANT EXECUTE ON FUNCTION pg_advisory_lock(bigint), pg_try_advisory_lock(bigint) TO PUBLIC");
        await Scene.DoAsync(made, "restart");
        await Scene.AnswersAsync(made);
        Assert.InRange(await LimitAsync(made), 40, 300);
        Assert.Contains("permission denied", await SqlAsync("SELECT pg_try_advisory_lock(1)", made.Database, "postgres"), StringComparison.Ordinal);
        // Its own database is its own.
        Assert.Equal("t", await SqlAsync("SELECT pg_try_advisory_lock(1)", made.Database, made.Database));
        // Who built a template cannot come back, and owns nothing of what was cloned from it.
        Assert.Equal("0", await SqlAsync("SELECT count(*) FROM pg_roles JOIN pg_database ON datname = rolname WHERE datistemplate AND rolcanlogin"));
        Assert.Equal("0", await SqlAsync("SELECT count(*) FROM pg_class JOIN pg_roles r ON r.oid = relowner WHERE rolname LIKE 'tpl\\_%' OR rolname = 'hosting_template'", database: made.Database));
        await Scene.DeleteAsync(made);
        await Scene.NothingIsLeftAsync();
    }

    /// <summary>A dump is somebody's: what psql would do by itself on its word, it does not.</summary>
    [LabFact]
    public async Task A_dump_starts_no_program()
    {
        var made = await Scene.ProvisionAsync(Scene.Client, Scene.First, "Dumped on");
        using var archive = new MemoryStream();
        using (var zip = new ZipArchive(archive, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (name, text) in new Dictionary<string, string>
            {
                ["dump.sql"] = "--\n-- PostgreSQL database dump\n--\n\n\\restrict mine\n\nSELECT 1;\n\\unrestrict mine\n\\! id\n", ["manifest.json"] = "{\"major_version\":\"19.0\",\"db_name\":\"x\",\"pg_version\":\"16.0\",\"modules\":{}}",
            })
            {
                await using var content = zip.CreateEntry(name).Open();
                content.Write(Encoding.UTF8.GetBytes(text));
            }
        using var body = new ByteArrayContent(archive.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue("application/zip") } };
        var backup = await Scene.Http.Send<BackupView>(HttpMethod.Post, $"/api/backups/import?instance={made.Slug}", body, CancellationToken.None);
        var end = await Backups.VerifyAsync(backup, succeeds: false);
        Assert.Contains("restricted", $"{end.Error?.Message} {(await Backups.GetAsync(backup.Id)).Fault}", StringComparison.Ordinal);
        await Backups.DeleteAllAsync(made);
        await Scene.DeleteAsync(made);
        await Scene.NothingIsLeftAsync();
    }

    private async Task<int> LimitAsync(InstanceView instance) => int.Parse(await SqlAsync($"SELECT rolconnlimit FROM pg_roles WHERE rolname = '{instance.Database}'"));

    private async Task<string> SqlAsync(string statement, string role = "postgres", string database = "postgres") =>
        (await lab.First.ShellAsync("docker exec -u postgres ocore-postgres psql -XAtq -U \"$1\" -d \"$2\" -c \"$3\" 2>&1 || true", role, database, statement)).Trim();
}
