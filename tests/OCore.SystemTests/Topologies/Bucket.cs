using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace OCore.SystemTests.Topologies;

/// <summary>What is wrong with it for who writes.</summary>
internal enum BucketFault { None, Refuses, BreaksOff }

/// <summary>As much of S3 as a filestore needs, on this machine's address in the lab: it takes nothing that is not signed with its keys.</summary>
internal sealed class Bucket : IAsyncDisposable
{
    public const string AccessKey = "AKLAB", SecretKey = "lab/secret+key";
    private readonly WebApplication _app;

    public ConcurrentDictionary<string, byte[]> Objects { get; } = new(StringComparer.Ordinal);
    public int Refused;
    /// <summary>It answers, and takes nothing; or it breaks off without an answer.</summary>
    public BucketFault Fault { get; set; }
    public string Endpoint { get; }

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
        var (body, path) = (memory.ToArray(), context.Request.Path.Value!);
        if (!IsSigned(context.Request, path, body))
        {
            Interlocked.Increment(ref Refused);
            context.Response.StatusCode = 403;
            return;
        }
        if (context.Request.Method == "PUT" && Fault == BucketFault.Refuses)
            context.Response.StatusCode = 503;
        else if (context.Request.Method == "PUT" && Fault == BucketFault.BreaksOff)
            context.Abort();
        else if (context.Request.Method == "PUT")
            Objects[path] = body;
        else if (Objects.TryGetValue(path, out var content))
            await context.Response.Body.WriteAsync(content);
        else
            context.Response.StatusCode = 404;
    }

    // https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
    private static bool IsSigned(HttpRequest request, string path, byte[] body)
    {
        var (stamp, digest, given) = (request.Headers["x-amz-date"].ToString(), request.Headers["x-amz-content-sha256"].ToString(), request.Headers.Authorization.ToString());
        if (stamp.Length < 8 || digest != Convert.ToHexStringLower(SHA256.HashData(body)))
            return false;
        var scope = $"{stamp[..8]}/us-east-1/s3/aws4_request";
        var canonical = $"{request.Method}\n{path}\n\nhost:{request.Host}\nx-amz-content-sha256:{digest}\nx-amz-date:{stamp}\n\nhost;x-amz-content-sha256;x-amz-date\n{digest}";
        var text = $"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var key = Encoding.UTF8.GetBytes("AWS4" + SecretKey);
        foreach (var part in scope.Split('/'))
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        return given == $"AWS4-HMAC-SHA256 Credential={AccessKey}/{scope}, SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature={Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)))}";
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();
}
