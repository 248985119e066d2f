using System.Formats.Tar;
using System.IO.Compression;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Templates;

namespace OCore.Tests.Templates;

/// <summary>Archives of the Enterprise sources: kept encrypted, and nothing of theirs is believed.</summary>
public sealed class EnterpriseArchiveTests(TestApps apps) : IClassFixture<TestApps>
{
    private const string Address = "/api/templates/enterprise/archives/18.0";
    private const string Word = "sesame-open-enterprise";

    private static readonly (string, string)[] Modules =
        [("enterprise-18.0/web_enterprise/__manifest__.py", $"{{'name': '{Word}'}}"), ("enterprise-18.0/books/__manifest__.py", "{}"), ("enterprise-18.0/books/models/book.py", "pass"), ("enterprise-18.0/README.md", "x")];

    [Theory, Sqlite, Postgres]
    public async Task A_zip_and_a_tarball_are_kept_sealed_for_each_version(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var agency = await app.AgencyAsync("Acme");
        using var http = app.HttpAs(agency.Owner, agency.Org.Slug);
        var view = await (await PutAsync(http, Address, Zip(Modules))).Content.ReadFromJsonAsync<EnterpriseAccessView>();
        Assert.Equal(("archive", "18.0", 2), (view!.Source, Assert.Single(view.Versions), Assert.Single(view.Archives).Modules));
        var first = Assert.Single(Files(app));
        Assert.DoesNotContain(Word, Encoding.Latin1.GetString(await File.ReadAllBytesAsync(first)), StringComparison.Ordinal);

        view = await (await PutAsync(http, "/api/templates/enterprise/archives/19.0", Tarball(Modules))).Content.ReadFromJsonAsync<EnterpriseAccessView>();
        Assert.Equal(["18.0", "19.0"], view!.Versions);
        // Another of the same version takes its place, on the disk too.
        await PutAsync(http, Address, Tarball(Modules));
        Assert.Equal(2, Files(app).Length);
        Assert.DoesNotContain(first, Files(app));
        Assert.Equal(["books/__manifest__.py", "books/models/book.py", "web_enterprise/__manifest__.py"], await ReadBackAsync(app, agency, "18.0"));

        Assert.Equal(204, (int)(await http.DeleteAsync(Address)).StatusCode);
        await (await http.DeleteAsync(Address)).IsProblemAsync(404, "not_found");
        Assert.Equal(204, (int)(await http.DeleteAsync("/api/templates/enterprise")).StatusCode);
        Assert.Empty(Files(app));
        var lines = await app.As(agency.Owner, agency.Org).Get<Page<AuditEntryView>>("/api/audit-logs?limit=100");
        Assert.Contains(lines.Data, l => l.Action == "enterprise_access.archive_uploaded");
        Assert.DoesNotContain("KeySealed", System.Text.Json.JsonSerializer.Serialize(lines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_altered_on_the_disk_is_not_read()
    {
        await using var app = await TestApp.StartAsync();
        var agency = await app.AgencyAsync("Acme");
        using var http = app.HttpAs(agency.Owner, agency.Org.Slug);
        await PutAsync(http, Address, Tarball([.. Modules, ("enterprise-18.0/books/data.bin", new string('x', 300_000) + Guid.NewGuid())]));
        var file = Assert.Single(Files(app));
        var bytes = await File.ReadAllBytesAsync(file);
        bytes[^20] ^= 1;
        await File.WriteAllBytesAsync(file, bytes);
        await Assert.ThrowsAnyAsync<System.Security.Cryptography.CryptographicException>(() => ReadBackAsync(app, agency, "18.0"));
        bytes[^20] ^= 1;
        await File.WriteAllBytesAsync(file, bytes[..^1000]);
        await Assert.ThrowsAnyAsync<Exception>(() => ReadBackAsync(app, agency, "18.0"));
    }

    public static TheoryData<string> Harms => new(["dots", "absolute", "link", "through a link", "backslash", "device", "zip dots", "zip link", "no archive", "empty", "cut", "not enterprise", "zeros", "a bomb"]);

    [Theory, MemberData(nameof(Harms))]
    public async Task Harmful_archives_are_refused_and_leave_nothing(string harm)
    {
        var app = await apps.OnAsync(Database.Sqlite);
        var agency = await app.AgencyAsync("Acme");
        using var http = app.HttpAs(agency.Owner, agency.Org.Slug);
        var before = Files(app).Length;
        await (await SendAsync(http, Address, harm switch
        {
            "dots" => Tarball([.. Modules, ("enterprise-18.0/../../etc/passwd", "x")]),
            "absolute" => Tarball([.. Modules, ("/etc/cron.d/x", "x")]),
            "link" => Tarball(Modules, ("enterprise-18.0/books/out", "../../../etc")),
            "through a link" => Tarball(Modules, ("enterprise-18.0/books/in", "models"), after: ("enterprise-18.0/books/in/x.py", "x")),
            "backslash" => Zip([.. Modules, ("enterprise-18.0\\..\\..\\x", "x")]),
            "device" => Tarball(Modules, device: true),
            "zip dots" => Zip([.. Modules, ("enterprise-18.0/../../x", "x")]),
            "zip link" => Zip(Modules, ("enterprise-18.0/books/out", "/etc")),
            "no archive" => Encoding.UTF8.GetBytes(new string('a', 5000)),
            "empty" => [],
            "cut" => Tarball(Modules)[..60],
            "not enterprise" => Zip([("books/__manifest__.py", "{}")]),
            "zeros" => Gzip(new byte[1 << 20]),
            _ => Bomb(),
        })).IsProblemAsync(422, "archive_refused");
        Assert.Equal(before, Files(app).Length);
        Assert.False((await app.As(agency.Owner, agency.Org).Get<EnterpriseAccessView>("/api/templates/enterprise")).Configured);
    }

    [Fact]
    public async Task Versions_clients_and_sizes_have_their_refusals()
    {
        var app = await apps.OnAsync(Database.Sqlite);
        var agency = await app.AgencyAsync("Acme");
        var client = await app.ClientOfAsync(agency, "Shop");
        using var http = app.HttpAs(agency.Owner, agency.Org.Slug);
        await (await SendAsync(http, "/api/templates/enterprise/archives/9.0", Zip(Modules))).IsProblemAsync(422, "odoo_version_not_supported");
        using var theirs = app.HttpAs(agency.Owner, client.Slug);
        await (await SendAsync(theirs, Address, Zip(Modules))).IsProblemAsync(403, "agencys_own");
        await (await theirs.PutAsJsonAsync("/api/templates/enterprise", new EnterpriseAccess { GitUrl = "https://git.example.com/e.git" })).IsProblemAsync(403, "agencys_own");
        using var large = new HttpRequestMessage(HttpMethod.Put, Address) { Content = new Endless() };
        large.Headers.ExpectContinue = true;
        Assert.Equal(413, (int)(await http.SendAsync(large)).StatusCode);
    }

    [Theory, Sqlite, Postgres]
    public async Task Storage_that_the_plan_allows_is_kept_to(Database database)
    {
        await using var app = await TestApp.StartAsync(database);
        var agency = await app.AgencyAsync("Acme");
        var boss = await app.OperatorAsync();
        var plan = await app.As(boss, boss.Home).Post<CreatePlan, PlanView>("/api/admin/plans",
            new CreatePlan { Name = "Small", Slug = "small", Features = ["agency", "templates"], Limits = new PlanLimits { StorageGb = 0 } });
        await app.As(boss, boss.Home).Put<AssignPlan, AdminOrganizationView>($"/api/admin/organizations/{agency.Org.Id}/plan", new AssignPlan { Plan = plan.Slug });
        using var http = app.HttpAs(agency.Owner, agency.Org.Slug);
        await (await SendAsync(http, Address, Zip(Modules))).IsProblemAsync(403, "limit_reached");
        Assert.Empty(Files(app));
        var use = Assert.Single((await app.As(agency.Owner, agency.Org).Get<SubscriptionView>("/api/subscription")).Limits, l => l.Name == "storageGb");
        Assert.Equal((0.0, 0), (use.Used, use.Limit!.Value));
    }

    private static string[] Files(TestApp app) => Directory.Exists(Path.Combine(app.DataDirectory, "enterprise")) ? Directory.GetFiles(Path.Combine(app.DataDirectory, "enterprise")) : [];

    private static async Task<List<string>> ReadBackAsync(TestApp app, TestAgency agency, string version)
    {
        await using var db = app.Databases.System();
        var source = await OdooSources.FindAsync(db, agency.Org.Id, version, CancellationToken.None);
        var names = new List<string>();
        await foreach (var file in app.Services.GetRequiredService<EnterpriseArchives>().ReadAsync(source!.Archives[version], agency.Org.Id, CancellationToken.None))
            names.Add(file.Path);
        return [.. names.Order(StringComparer.Ordinal)];
    }

    private static async Task<HttpResponseMessage> PutAsync(HttpClient http, string address, byte[] body)
    {
        var answer = await SendAsync(http, address, body);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        return answer;
    }

    private static Task<HttpResponseMessage> SendAsync(HttpClient http, string address, byte[] body) =>
        http.PutAsync(address, new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } });

    private static byte[] Zip((string Name, string Text)[] files, (string Name, string Target)? link = null)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, text) in files)
                using (var writer = new StreamWriter(zip.CreateEntry(name).Open()))
                    writer.Write(text);
            if (link is { } made)
            {
                var entry = zip.CreateEntry(made.Name);
                entry.ExternalAttributes = unchecked((int)0xA1FF0000);
                using var writer = new StreamWriter(entry.Open());
                writer.Write(made.Target);
            }
        }
        return bytes.ToArray();
    }

    private static byte[] Tarball((string Name, string Text)[] files, (string Name, string Target)? link = null, (string Name, string Text)? after = null, bool device = false)
    {
        using var bytes = new MemoryStream();
        using (var tar = new TarWriter(bytes, TarEntryFormat.Pax, leaveOpen: true))
        {
            void Add(string name, string text) => tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)) });
            foreach (var (name, text) in files)
                Add(name, text);
            if (link is { } made)
                tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, made.Name) { LinkName = made.Target });
            if (after is { } late)
                Add(late.Name, late.Text);
            if (device)
                tar.WriteEntry(new PaxTarEntry(TarEntryType.CharacterDevice, "enterprise-18.0/mem") { DeviceMajor = 1, DeviceMinor = 1 });
        }
        return Gzip(bytes.ToArray());
    }

    private static byte[] Gzip(byte[] plain)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest))
            gzip.Write(plain);
        return bytes.ToArray();
    }

    // Few bytes that unpack to a file of more than any file of sources has.
    private static byte[] Bomb()
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip, TarEntryFormat.Pax))
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "enterprise-18.0/web_enterprise/zeros") { DataStream = new Zeros(600L << 20) });
        return bytes.ToArray();
    }

    private sealed class Zeros(long length) : Stream
    {
        public override bool CanRead => true;
        public override bool CanSeek => true;
        public override bool CanWrite => false;
        public override long Length => length;
        public override long Position { get; set; }
        public override int Read(byte[] buffer, int offset, int count)
        {
            count = (int)Math.Min(count, length - Position);
            Array.Clear(buffer, offset, count);
            Position += count;
            return count;
        }
        public override void Flush()
        {
            // Nothing is written.
        }
        public override long Seek(long offset, SeekOrigin origin) => Position = offset;
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    /// <summary>Says that it is larger than is allowed.</summary>
    private sealed class Endless : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, System.Net.TransportContext? context) => Task.CompletedTask;

        protected override bool TryComputeLength(out long length)
        {
            length = 2L << 30;
            return true;
        }
    }
}
