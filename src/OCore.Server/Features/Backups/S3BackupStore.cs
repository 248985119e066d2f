using System.Net;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using OCore.Platform.Security;

namespace OCore.Features.Backups;

/// <summary>A bucket of an S3-compatible store. What is written goes up in parts while it comes, so its size costs no memory.</summary>
internal sealed class S3BackupStore(AmazonS3Client client, IDisposable way, string bucket, string folder) : IBackupStore
{
    public async Task<IStoredWrite> CreateAsync(string name, CancellationToken stop)
    {
        var started = await CallAsync(() => client.InitiateMultipartUploadAsync(new InitiateMultipartUploadRequest { BucketName = bucket, Key = folder + name }, stop), stop);
        return new S3Write(this, folder + name, started.UploadId);
    }

    public async Task<Stream> OpenAsync(string name, CancellationToken stop)
    {
        try
        {
            var answer = await client.GetObjectAsync(bucket, folder + name, stop);
            return new Body(answer);
        }
        catch (AmazonS3Exception missing) when (missing.StatusCode == HttpStatusCode.NotFound && missing.ErrorCode != "NoSuchBucket")
        {
            throw new FileNotFoundException($"There is no {name}.", name, missing);
        }
        catch (Exception failed) when (Told(failed, stop) is { } told)
        {
            throw told;
        }
    }

    public async Task<IReadOnlyList<(string Name, long Bytes)>> ListAsync(string prefix, CancellationToken stop)
    {
        var found = new List<(string, long)>();
        string? next = null;
        do
        {
            var request = new ListObjectsV2Request { BucketName = bucket, Prefix = folder + prefix, ContinuationToken = next };
            var page = await CallAsync(() => client.ListObjectsV2Async(request, stop), stop);
            found.AddRange((page.S3Objects ?? []).Select(o => (o.Key[folder.Length..], o.Size ?? 0)));
            next = page.IsTruncated == true ? page.NextContinuationToken : null;
        }
        while (next is not null);
        return found;
    }

    public async Task DeleteAsync(string name, CancellationToken stop) =>
        await CallAsync(() => client.DeleteObjectAsync(bucket, folder + name, stop), stop);

    public void Dispose()
    {
        client.Dispose();
        way.Dispose();
    }

    private static async Task<T> CallAsync<T>(Func<Task<T>> call, CancellationToken stop)
    {
        try
        {
            return await call();
        }
        catch (Exception failed) when (Told(failed, stop) is { } told)
        {
            throw told;
        }
    }

    // The library's own words hold request ids and addresses of its code; people need to know what to mend.
    private static StoreAwayException? Told(Exception failed, CancellationToken stop) => failed switch
    {
        _ when stop.IsCancellationRequested => null,
        AmazonS3Exception { ErrorCode: "NoSuchBucket" } => new("The bucket is not there.", true, failed),
        AmazonS3Exception { ErrorCode: "InvalidAccessKeyId" or "SignatureDoesNotMatch" } => new("The access key or its secret is wrong.", true, failed),
        AmazonS3Exception { StatusCode: HttpStatusCode.Forbidden } => new("The access key may not do this in the bucket.", true, failed),
        AmazonS3Exception e when (int)e.StatusCode is >= 300 and < 500 => new($"The store refused: {e.ErrorCode}.", true, failed),
        AmazonServiceException e when (int)e.StatusCode >= 500 => new($"The store answered {(int)e.StatusCode}.", false, failed),
        AmazonClientException or HttpRequestException or IOException or OperationCanceledException =>
            (failed.InnerException as HttpRequestException ?? failed as HttpRequestException)?.InnerException is Platform.Http.FetchRefusedException closed
                ? new(closed.Message, false, failed) { IsOutOfBounds = !closed.IsAway } : new("The store does not answer.", false, failed),
        _ => null,
    };

    /// <summary>The object's bytes; closing it closes the connection.</summary>
    private sealed class Body(GetObjectResponse answer) : ReadOnlyStream
    {
        private long _read;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            try
            {
                var count = await answer.ResponseStream.ReadAsync(buffer, cancellationToken);
                _read += count;
                return count;
            }
            catch (Exception broken) when (Told(broken, cancellationToken) is not null)
            {
                throw new StoreAwayException($"The store broke off after {_read} bytes.", false, broken);
            }
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing)
                answer.Dispose();
            base.Dispose(disposing);
        }
    }

    private sealed class S3Write(S3BackupStore store, string key, string upload) : IStoredWrite
    {
        private readonly PartStream _content = new(store, key, upload);
        private bool _complete;

        public Stream Content => _content;

        public async Task CompleteAsync(CancellationToken stop)
        {
            var parts = await _content.FinishAsync(stop);
            var request = new CompleteMultipartUploadRequest { BucketName = store.Bucket, Key = key, UploadId = upload, PartETags = parts };
            await CallAsync(() => store.Client.CompleteMultipartUploadAsync(request, stop), stop);
            _complete = true;
        }

        public async ValueTask DisposeAsync()
        {
            await _content.DisposeAsync();
            if (_complete)
                return;
            try
            {
                await store.Client.AbortMultipartUploadAsync(store.Bucket, key, upload);
            }
            catch (Exception left) when (left is AmazonClientException or AmazonServiceException or HttpRequestException or IOException or OperationCanceledException)
            {
                // An upload that cannot be taken back is not an object; buckets have a rule that removes such.
            }
        }
    }

    private AmazonS3Client Client => client;
    private string Bucket => bucket;

    /// <summary>Collects a part and sends it. Parts grow, for a store takes ten thousand of them.</summary>
    private sealed class PartStream(S3BackupStore store, string key, string upload) : WriteOnlyStream
    {
        private const int FirstPart = 8 << 20;
        private readonly List<PartETag> _parts = [];
        private byte[] _part = new byte[FirstPart];
        private int _filled;

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            while (buffer.Length > 0)
            {
                var take = Math.Min(buffer.Length, _part.Length - _filled);
                buffer[..take].CopyTo(_part.AsMemory(_filled));
                _filled += take;
                buffer = buffer[take..];
                if (_filled == _part.Length)
                    await SendAsync(cancellationToken);
            }
        }

        public async Task<List<PartETag>> FinishAsync(CancellationToken stop)
        {
            if (_filled > 0 || _parts.Count == 0)
                await SendAsync(stop);
            return _parts;
        }

        private async Task SendAsync(CancellationToken stop)
        {
            using var content = new MemoryStream(_part, 0, _filled, writable: false);
            var request = new UploadPartRequest
            {
                BucketName = store.Bucket, Key = key, UploadId = upload, PartNumber = _parts.Count + 1, PartSize = _filled, InputStream = content, UseChunkEncoding = false,
            };
            var sent = await CallAsync(() => store.Client.UploadPartAsync(request, stop), stop);
            _parts.Add(new PartETag(_parts.Count + 1, sent.ETag));
            _filled = 0;
            if (_parts.Count % 1000 == 0)
                _part = new byte[_part.Length * 2];
        }
    }
}
