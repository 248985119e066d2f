using System.IO.Compression;
using System.Net.Http.Headers;
using Microsoft.Playwright;
using Xunit;

namespace OCore.SystemTests.Browser;

/// <summary>How much script a page needs when it is the first one that is opened, as the server sends it to who takes gzip.</summary>
internal sealed class ScriptWeight(Uri server) : IDisposable
{
    private const int Most = 300_000;
    private readonly HttpClient _http = new() { BaseAddress = server };
    private readonly Dictionary<string, long> _sizes = [];

    /// <summary>Goes there, and weighs what the browser asked for meanwhile.</summary>
    public async Task GoAsync(Visitor visitor, string page)
    {
        var scripts = new HashSet<string>();
        void Seen(object? _, IRequest request)
        {
            if (request.ResourceType == "script")
                scripts.Add(new Uri(request.Url).AbsolutePath);
        }
        visitor.Page.Request += Seen;
        await visitor.GoAsync(page);
        visitor.Page.Request -= Seen;
        Assert.NotEmpty(scripts);
        var sum = 0L;
        foreach (var script in scripts)
            sum += await GzipSizeAsync(script);
        Assert.True(sum <= Most, $"{page} loads {sum / 1000} kB of script: {string.Join(", ", scripts.OrderByDescending(s => _sizes[s]).Select(s => $"{s} {_sizes[s] / 1000}"))}");
    }

    // A small file goes as it is.
    private async Task<long> GzipSizeAsync(string path)
    {
        if (_sizes.TryGetValue(path, out var known))
            return known;
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("gzip"));
        using var response = await _http.SendAsync(request);
        var body = await response.EnsureSuccessStatusCode().Content.ReadAsByteArrayAsync();
        if (response.Content.Headers.ContentEncoding.Contains("gzip"))
        {
            using var unpacked = new GZipStream(new MemoryStream(body), CompressionMode.Decompress);
            await unpacked.CopyToAsync(Stream.Null); // what claims to be gzip is
        }
        return _sizes[path] = body.Length;
    }

    public void Dispose() => _http.Dispose();
}
