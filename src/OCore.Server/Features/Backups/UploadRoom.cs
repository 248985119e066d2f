using OCore.Platform;
using OCore.Platform.Http;

namespace OCore.Features.Backups;

/// <summary>
/// The room for archives that are being uploaded: on the disk that oCore's own data is on, which nobody's uploads may fill. Each says its
/// length before it comes and has that much put by for it.
/// </summary>
internal sealed class UploadRoom(Settings settings, TimeProvider time, ILogger<UploadRoom> log) : IHostedService
{
    /// <summary>At once, of one organization with its clients.</summary>
    public const int PerOrganization = 3;
    private const long Spare = 512L << 20;
    // Another replica may be reading one of its own in the same folder.
    private static readonly TimeSpan Forsaken = TimeSpan.FromDays(2);

    private readonly Lock _lock = new();
    private readonly List<Place> _taken = [];

    public static string FolderOf(Settings settings) =>
        Directory.CreateDirectory(Path.Combine(settings.DataDirectory, "uploads"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;

    /// <summary>Puts room by, or says why there is none. Dispose of it when the upload is gone.</summary>
    public (IDisposable? Place, Problem? Problem) TryTake(Guid organization, long bytes)
    {
        var free = new DriveInfo(FolderOf(settings)).AvailableFreeSpace;
        lock (_lock)
        {
            if (_taken.Count(p => p.Organization == organization) >= PerOrganization)
                return (null, BackupProblems.TooManyUploads);
            // What others have put by is partly written already, so this errs on the side of the disk.
            if (bytes > free - Spare - _taken.Sum(p => p.Bytes))
                return (null, BackupProblems.NoRoom);
            var place = new Place(this, organization, bytes);
            _taken.Add(place);
            return (place, null);
        }
    }

    /// <summary>Removes what uploads left behind when oCore was killed.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            // With SQLite this is the only process there is.
            foreach (var file in new DirectoryInfo(FolderOf(settings)).GetFiles())
                if (settings.UsesSqlite || time.GetUtcNow() - file.LastWriteTimeUtc > Forsaken)
                    file.Delete();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.LogWarning(e, "What uploads left behind could not be removed");
        }
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private sealed class Place(UploadRoom room, Guid organization, long bytes) : IDisposable
    {
        public Guid Organization => organization;
        public long Bytes => bytes;

        public void Dispose()
        {
            lock (room._lock)
                room._taken.Remove(this);
        }
    }
}
