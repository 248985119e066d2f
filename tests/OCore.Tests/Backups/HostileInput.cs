using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Backups;
using OCore.Features.Instances;
using OCore.Platform;
using OCore.Platform.Remote;

namespace OCore.Tests.Backups;

/// <summary>What somebody could send to fill the memory and the disk of oCore, or to run programs by a dump.</summary>
public sealed class HostileInput
{
    [Theory, Sqlite]
    public async Task An_upload_says_its_length_and_has_room(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var agency = await app.AgencyAsync("Chunks");
        using var http = app.As(agency.Owner, agency.Org);
        using var chunked = new StreamContent(new NoLength()) { Headers = { ContentType = new MediaTypeHeaderValue("application/zip") } };
        await http.Send<BackupView>(HttpMethod.Post, "/api/backups/import", chunked, CancellationToken.None).IsRefusedAsync(411, "length_required");

        var room = app.Services.GetRequiredService<UploadRoom>();
        Assert.Equal("no_space", room.TryTake(agency.Org.RootId, long.MaxValue / 2).Problem?.Code);
        var places = Enumerable.Range(0, UploadRoom.PerOrganization).Select(_ => room.TryTake(agency.Org.RootId, 1).Place!).ToList();
        using var more = new ByteArrayContent("no zip"u8.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue("application/zip") } };
        await http.Send<BackupView>(HttpMethod.Post, "/api/backups/import", more, CancellationToken.None).IsRefusedAsync(429, "too_many_uploads");
        places.ForEach(p => p.Dispose());
        using var again = new ByteArrayContent("no zip"u8.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue("application/zip") } };
        await http.Send<BackupView>(HttpMethod.Post, "/api/backups/import", again, CancellationToken.None).IsRefusedAsync(422, "archive_refused");
    }

    /// <summary>oCore was killed while it had them.</summary>
    [Theory, Sqlite]
    public async Task What_uploads_left_behind_goes_at_the_start(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var left = Path.Combine(UploadRoom.FolderOf(app.Services.GetRequiredService<Settings>()), "left");
        await File.WriteAllTextAsync(left, "x");
        await app.Services.GetRequiredService<UploadRoom>().StartAsync(default);
        Assert.False(File.Exists(left));
    }

    [Fact]
    public async Task A_line_without_an_end_is_not_kept()
    {
        var lines = new BoundedLines(new MemoryStream(Encoding.UTF8.GetBytes("one\n\ntwo é\nthree")), "psql");
        foreach (var line in (string?[])["one", "", "two é", "three", null])
            Assert.Equal(line, await lines.ReadLineAsync(default));
        var endless = new BoundedLines(new MemoryStream(new byte[BoundedLines.Longest + 1]), "psql");
        await Assert.ThrowsAsync<RemoteCommandException>(async () => await endless.ReadLineAsync(default));
    }

    [Fact]
    public void A_zip_is_counted_before_it_is_read()
    {
        using var zip = new MemoryStream();
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
            for (var i = 0; i < 1000; i++)
                archive.CreateEntry("some/name-" + i);
        Assert.True(ZipDirectory.HasAtMost(zip, 1000));
        Assert.False(ZipDirectory.HasAtMost(zip, 999));
        // What its end claims is not believed.
        var bytes = zip.ToArray();
        bytes.AsSpan(bytes.Length - 22 + 8, 4).Clear();
        Assert.False(ZipDirectory.HasAtMost(new MemoryStream(bytes), 999));
        Assert.True(ZipDirectory.HasAtMost(new MemoryStream(new byte[22]), 0));
    }

    /// <summary>The key that a dump brings along is its maker's: it opens nothing here.</summary>
    [Theory]
    [InlineData("--\n-- PostgreSQL database dump\n--\n\n\\restrict abcDEF1\n\nSELECT 1;\n\\unrestrict abcDEF1\n\\! id\n", "--\n-- PostgreSQL database dump\n--\n\n\nSELECT 1;\n\\! id\n")]
    [InlineData("COPY x FROM stdin;\n\\restrict a\n\\.\n", "COPY x FROM stdin;\n\\restrict a\n\\.\n")]
    [InlineData("SELECT 1;", "SELECT 1;")]
    public async Task Only_the_key_of_ocore_lets_psql_have_its_commands(string dump, string kept)
    {
        foreach (var size in (int[])[1, 7, 1 << 16])
        {
            using var target = new MemoryStream();
            await new RestrictedDump().CopyAsync(new Slow(Encoding.UTF8.GetBytes(dump), size), target, default);
            var text = Encoding.UTF8.GetString(target.ToArray());
            var key = text[..text.IndexOf('\n')];
            Assert.StartsWith("\\restrict ", key, StringComparison.Ordinal);
            Assert.Equal($"{key}\n{kept}\n\\unrestrict {key["\\restrict ".Length..]}\n", text);
        }
    }

    [Fact]
    public async Task Long_lines_of_a_dump_come_whole()
    {
        var dump = string.Concat(Enumerable.Range(250, 20).Select(n => new string('x', n) + "\n"));
        using var target = new MemoryStream();
        await new RestrictedDump().CopyAsync(new Slow(Encoding.UTF8.GetBytes(dump), 100), target, default);
        Assert.Contains("\n" + dump, Encoding.UTF8.GetString(target.ToArray()), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("psql (PostgreSQL) 17.5 (Debian 17.5-1)", false), InlineData("psql (PostgreSQL) 17.6", true), InlineData("psql (PostgreSQL) 16.10 (Ubuntu)", true)]
    [InlineData("psql (PostgreSQL) 18.0", true), InlineData("psql (PostgreSQL) 12.22", false), InlineData("", false)]
    public void A_psql_says_whether_it_knows_restrict(string version, bool known) => Assert.Equal(known, RestrictedDump.IsKnownTo(version));

    [Theory]
    [InlineData(0, "", 40), InlineData(2, "", 88), InlineData(4, "32", 216), InlineData(64, "512", 274), InlineData(8, "512", 274)]
    public void A_role_has_the_connections_that_its_Odoo_needs_and_not_all(int workers, string each, int limit)
    {
        var plan = new OdooPlan
        {
            InstanceId = default, OrgId = default, ServerId = default, Slug = "x", Image = "odoo:19", Major = 19, Database = "x", DatabasePassword = "", MasterPassword = "", ConnectKey = "", Workers = workers, MemoryMb = 1024,
            Settings = each.Length == 0 ? new Dictionary<string, string>() : new Dictionary<string, string> { ["db_maxconn"] = each },
        };
        Assert.Equal(limit.ToString(), RoleConnections.Of(plan));
    }

    private sealed class Slow(byte[] bytes, int each) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => base.ReadAsync(buffer[..Math.Min(each, buffer.Length)], cancellationToken);
    }

    private sealed class NoLength() : MemoryStream("PK"u8.ToArray())
    {
        public override bool CanSeek => false;
    }
}
