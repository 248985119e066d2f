using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using OCore.Features.Backups;
using OCore.Platform;

namespace OCore.Tests.Backups;

/// <summary>An archive comes as browsers send it to an https address: as one of many streams of a connection.</summary>
public sealed class UploadsOverHttp2
{
    [Theory, Sqlite]
    public async Task An_archive_is_read(Database database)
    {
        await using var app = await StartAsync(database);
        var agency = await app.AgencyAsync("Streams");
        using var http = HttpOf(app, agency);
        using var body = new ByteArrayContent("no zip"u8.ToArray()) { Headers = { ContentType = new MediaTypeHeaderValue("application/zip") } };
        using var answer = await http.PostAsync("/api/backups/import", body);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, HttpVersion.Version20), (answer.StatusCode, answer.Version));
        Assert.Contains("archive_refused", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Theory, Sqlite]
    public async Task One_that_does_not_go_on_loses_its_room(Database database)
    {
        await using var app = await StartAsync(database);
        var agency = await app.AgencyAsync("Stalling");
        using var http = HttpOf(app, agency);
        using var body = new Stalling();
        var upload = http.PostAsync("/api/backups/import", body);
        try
        {
            var folder = UploadRoom.FolderOf(app.Services.GetRequiredService<Settings>());
            for (var look = 0; !Directory.EnumerateFiles(folder).Any(); look++)
            {
                Assert.True(look < 300 && !upload.IsCompleted, "The upload did not begin within 30 seconds.");
                await Task.Delay(100);
            }
            app.Clock.Advance(TimeSpan.FromMinutes(3));
            body.Further.SetResult();
            using var answer = await upload;
            Assert.Equal(HttpStatusCode.RequestTimeout, answer.StatusCode);
            Assert.Empty(Directory.EnumerateFiles(folder));
            var room = app.Services.GetRequiredService<UploadRoom>();
            Assert.All(Enumerable.Range(0, UploadRoom.PerOrganization).Select(_ => room.TryTake(agency.Org.RootId, 1).Place).ToList(), place => Assert.NotNull(place));
        }
        finally
        {
            body.Further.TrySetResult();
            body.End.TrySetResult();
        }
    }

    private static Task<TestApp> StartAsync(Database database) => TestApp.StartAsync(database, a => a.Adjust(services =>
        services.Configure<KestrelServerOptions>(kestrel => kestrel.ConfigureEndpointDefaults(listen => listen.Protocols = HttpProtocols.Http2))));

    private static HttpClient HttpOf(TestApp app, TestAgency agency)
    {
        var http = new HttpClient { BaseAddress = app.Url, Timeout = TimeSpan.FromSeconds(60), DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", agency.Owner.Token);
        http.DefaultRequestHeaders.Add("X-Org-Slug", agency.Org.Slug);
        return http;
    }

    /// <summary>Says a length, and sends less.</summary>
    private sealed class Stalling : HttpContent
    {
        public Stalling() => Headers.ContentType = new MediaTypeHeaderValue("application/zip");

        public TaskCompletionSource Further { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public TaskCompletionSource End { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            foreach (var next in (Task[])[Further.Task, End.Task])
            {
                await stream.WriteAsync(new byte[16]);
                await stream.FlushAsync();
                await next;
            }
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 1 << 20;
            return true;
        }
    }
}
