using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace OCore.SystemTests.Topologies;

/// <summary>What is wrong with it for who writes.</summary>
internal enum BucketFault { None, Refuses, BreaksOff }

/// <summary>
/// As much of S3 as a filestore needs, and as it takes oCore to look through one and to take it away, on this machine's address in the lab. It
/// takes nothing that is not signed with its keys.
/// </summary>
internal sealed class Bucket : IAsyncDisposable
{
    public const string AccessKey = "AKLAB", SecretKey = "lab/secret+key";
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, SortedDictionary<int, byte[]>> _uploads = new(StringComparer.Ordinal);

    /// <summary>By their path, which begins with the bucket's name.</summary>
    public ConcurrentDictionary<string, byte[]> Objects { get; } = new(StringComparer.Ordinal);
    public int Refused;
    /// <summary>Objects that were there and were taken away again.</summary>
    public int Removed;
    /// <summary>It answers, and takes nothing; or it breaks off without an answer.</summary>
    public BucketFault Fault { get; set; }
    public string Endpoint { get; }
    /// <summary>As who is to be let to it names it.</summary>
    public string Authority => new Uri(Endpoint).Authority;

    private Bucket(WebApplication app, string endpoint) => (_app, Endpoint) = (app, endpoint);

    public static async Task<Bucket> StartAsync(string address)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(o => o.Listen(IPAddress.Parse(address), 0));
        var app = builder.Build();
        Bucket? bucket = null;
        app.Run(context => bucket!.AnswerAsync(context));
        await app.StartAsync();
        bucket = new Bucket(app, app.Urls.First());
        return bucket;
    }

    private async Task AnswerAsync(HttpContext context)
    {
        using var memory = new MemoryStream();
        await context.Request.Body.CopyToAsync(memory);
        var (body, path, query) = (memory.ToArray(), context.Request.Path.Value!, context.Request.Query);
        var upload = query["uploadId"].ToString();
        if (!IsSigned(context, body))
        {
            Interlocked.Increment(ref Refused);
            await ErrorAsync(context, 403, "SignatureDoesNotMatch");
            return;
        }
        switch (context.Request.Method)
        {
            case "PUT" when Fault == BucketFault.Refuses:
                context.Response.StatusCode = 503;
                break;
            case "PUT" when Fault == BucketFault.BreaksOff:
                context.Abort();
                break;
            case "PUT" when upload.Length > 0 && _uploads.TryGetValue(upload, out var parts):
                lock (parts)
                    parts[int.Parse(query["partNumber"].ToString())] = body;
                // Not one of a whole object, which would have to be its hash.
                context.Response.Headers.ETag = $"\"part-{query["partNumber"]}\"";
                break;
            case "PUT":
                Objects[path] = body;
                break;
            case "POST" when query.ContainsKey("uploads"):
                var begun = Guid.CreateVersion7().ToString("N");
                _uploads[begun] = new SortedDictionary<int, byte[]>();
                await XmlAsync(context, $"<InitiateMultipartUploadResult>{Names(path)}<UploadId>{begun}</UploadId></InitiateMultipartUploadResult>");
                break;
            case "POST" when _uploads.TryRemove(upload, out var whole):
                Objects[path] = [.. whole.Values.SelectMany(p => p)];
                await XmlAsync(context, $"<CompleteMultipartUploadResult>{Names(path)}<ETag>\"whole-{whole.Count}\"</ETag></CompleteMultipartUploadResult>");
                break;
            case "DELETE":
                if (upload.Length > 0)
                    _uploads.TryRemove(upload, out _);
                else if (Objects.TryRemove(path, out _))
                    Interlocked.Increment(ref Removed);
                context.Response.StatusCode = 204;
                break;
            case "GET" when query["list-type"] == "2":
                await ListAsync(context, "/" + path.Trim('/') + "/", query["prefix"].ToString());
                break;
            case "GET" when Objects.TryGetValue(path, out var content):
                context.Response.ContentLength = content.Length;
                await context.Response.Body.WriteAsync(content);
                break;
            default:
                await ErrorAsync(context, 404, "NoSuchKey");
                break;
        }
    }

    /// <summary>All of them at once: there are never a thousand.</summary>
    private Task ListAsync(HttpContext context, string bucket, string prefix)
    {
        var found = Objects.Where(o => o.Key.StartsWith(bucket + prefix, StringComparison.Ordinal)).OrderBy(o => o.Key, StringComparer.Ordinal).ToList();
        return XmlAsync(context, $"<ListBucketResult><Name>{bucket.Trim('/')}</Name><Prefix>{prefix}</Prefix><KeyCount>{found.Count}</KeyCount><MaxKeys>{Math.Max(1000, found.Count)}</MaxKeys><IsTruncated>false</IsTruncated>"
            + string.Concat(found.Select(o => $"<Contents><Key>{o.Key[bucket.Length..]}</Key><LastModified>2026-01-01T00:00:00.000Z</LastModified><Size>{o.Value.Length}</Size><StorageClass>STANDARD</StorageClass></Contents>"))
            + "</ListBucketResult>");
    }

    private static string Names(string path)
    {
        var parts = path.TrimStart('/').Split('/', 2);
        return $"<Bucket>{parts[0]}</Bucket><Key>{parts[^1]}</Key>";
    }

    private static Task ErrorAsync(HttpContext context, int status, string code)
    {
        context.Response.StatusCode = status;
        return XmlAsync(context, $"<Error><Code>{code}</Code><Message>{code}</Message></Error>");
    }

    private static Task XmlAsync(HttpContext context, string xml)
    {
        context.Response.ContentType = "application/xml";
        return context.Response.WriteAsync("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + xml);
    }

    // https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
    private static bool IsSigned(HttpContext context, byte[] body)
    {
        var (request, digest, given) = (context.Request, context.Request.Headers["x-amz-content-sha256"].ToString(), context.Request.Headers.Authorization.ToString());
        // By each client as it signs: one signs more of its headers than another.
        var words = given.Split(' ', ',').Select(w => w.Split('=', 2)).Where(w => w.Length == 2).ToDictionary(w => w[0], w => w[1], StringComparer.Ordinal);
        var credential = words.GetValueOrDefault("Credential", "").Split('/', 2);
        if (credential[0] != AccessKey || digest != "UNSIGNED-PAYLOAD" && digest != Convert.ToHexStringLower(SHA256.HashData(body)))
            return false;
        var signed = words.GetValueOrDefault("SignedHeaders", "");
        var target = context.Features.Get<IHttpRequestFeature>()!.RawTarget.Split('?', 2);
        var query = string.Join('&', target.Skip(1).SelectMany(q => q.Split('&', StringSplitOptions.RemoveEmptyEntries)).Select(q => q.Contains('=') ? q : q + "=").Order(StringComparer.Ordinal));
        var headers = string.Concat(signed.Split(';').Select(h => $"{h}:{request.Headers[h].ToString().Trim()}\n"));
        var canonical = $"{request.Method}\n{target[0]}\n{query}\n{headers}\n{signed}\n{digest}";
        var text = $"AWS4-HMAC-SHA256\n{request.Headers["x-amz-date"]}\n{credential[^1]}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var key = Encoding.UTF8.GetBytes("AWS4" + SecretKey);
        foreach (var part in credential[^1].Split('/'))
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        return words.GetValueOrDefault("Signature") == Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)));
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
