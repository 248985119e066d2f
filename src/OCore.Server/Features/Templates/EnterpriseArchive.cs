using System.Security.Cryptography;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Operations;
using OCore.Platform.Security;

namespace OCore.Features.Templates;

/// <summary>An uploaded archive of the Enterprise sources of one version: a sealed file in oCore's data directory.</summary>
/// <param name="Root">The folder within it that holds the modules; empty where they are at its top.</param>
internal sealed record EnterpriseArchive(string File, string KeySealed, long Bytes, string Sha256, string Root, IReadOnlyList<string> Modules, DateTimeOffset UploadedAt);

/// <summary>What is in an archive: the folder of the modules, and their names.</summary>
internal sealed record ArchiveContent(string Root, IReadOnlyList<string> Modules);

/// <summary>Keeps uploaded archives, encrypted under a key of their own which is sealed in the organization's row.</summary>
internal sealed class EnterpriseArchives(Settings settings, SecretBox secrets)
{
    public const long MaxBytes = 1L << 30;
    /// <summary>What tells the Enterprise sources from any other modules.</summary>
    public const string Mark = "web_enterprise";
    private static readonly string[] Manifests = ["__manifest__.py", "__openerp__.py"];

    private string Folder => Path.Combine(settings.DataDirectory, "enterprise");

    /// <summary>Seals what comes, without ever having it on the disk in clear.</summary>
    public async Task<EnterpriseArchive> KeepAsync(Stream content, Guid owner, DateTimeOffset now, CancellationToken stop)
    {
        Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var (name, key) = (RowId.New().ToString("N") + ".sealed", SealedFile.NewKey());
        try
        {
            (long Bytes, string Sha256) written;
            await using (var file = new FileStream(Path.Combine(Folder, name), FileMode.CreateNew))
                written = await SealedFile.WriteAsync(content, file, key, stop);
            var archive = new EnterpriseArchive(name, secrets.Seal(Convert.ToBase64String(key), TemplateSecrets.EnterpriseArchive, owner), written.Bytes, written.Sha256, "", [], now);
            var inside = await InspectAsync(archive, owner, stop);
            return archive with { Root = inside.Root, Modules = inside.Modules };
        }
        catch
        {
            Remove(name);
            throw;
        }
    }

    public void Remove(string file) => File.Delete(Path.Combine(Folder, Path.GetFileName(file)));

    /// <summary>Files that no row speaks of: what was being uploaded when oCore ended.</summary>
    public void RemoveOthers(IEnumerable<string> known, DateTime before)
    {
        var kept = known.ToHashSet();
        if (Directory.Exists(Folder))
            foreach (var file in Directory.EnumerateFiles(Folder).Where(f => !kept.Contains(Path.GetFileName(f)) && File.GetLastWriteTimeUtc(f) < before).ToList())
                File.Delete(file);
    }

    /// <summary>The modules' files, without the folders around them.</summary>
    /// <exception cref="StepRefusedException">The file is gone or damaged.</exception>
    public async IAsyncEnumerable<SourceFile> ReadAsync(EnterpriseArchive archive, Guid owner, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        await using var content = Open(archive, owner);
        var modules = archive.Modules.ToHashSet();
        var below = archive.Root.Length == 0 ? "" : archive.Root + "/";
        await foreach (var file in FilesAsync(content, stop))
            if (file.Path.StartsWith(below, StringComparison.Ordinal) && file.Path[below.Length..] is var path && path.IndexOf('/') is > 0 and var end && modules.Contains(path[..end]))
                yield return file with { Path = path };
    }

    private async Task<ArchiveContent> InspectAsync(EnterpriseArchive archive, Guid owner, CancellationToken stop)
    {
        await using var content = Open(archive, owner);
        var folders = new Dictionary<string, List<string>>();
        await foreach (var file in FilesAsync(content, stop))
        {
            var parts = file.Path.Split('/');
            if (file.Link is null && parts.Length >= 2 && Manifests.Contains(parts[^1]))
                (folders.TryGetValue(string.Join('/', parts[..^2]), out var known) ? known : folders[string.Join('/', parts[..^2])] = []).Add(parts[^2]);
        }
        var root = folders.Where(f => f.Value.Contains(Mark)).OrderBy(f => f.Key.Length).Select(f => f.Key).FirstOrDefault()
            ?? throw new UnsafeSourcesException($"There is no module {Mark} in it, so these are not the Enterprise sources.");
        return new ArchiveContent(root, [.. folders[root].Distinct().Order(StringComparer.Ordinal)]);
    }

    private static async IAsyncEnumerable<SourceFile> FilesAsync(Stream content, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken stop)
    {
        var head = new byte[4];
        var length = await content.ReadAtLeastAsync(head, 4, throwOnEndOfStream: false, stop);
        content.Position = 0;
        if (length == 4 && head.AsSpan().SequenceEqual("PK\u0003\u0004"u8))
        {
            await foreach (var file in SourceFiles.OfZipAsync(content, strict: true, stop))
                yield return file;
        }
        else if (length == 4 && head is [0x1F, 0x8B, ..])
        {
            await using var plain = new System.IO.Compression.GZipStream(content, System.IO.Compression.CompressionMode.Decompress, leaveOpen: true);
            await foreach (var file in SourceFiles.OfTarAsync(plain, strict: true, stop))
                yield return file;
        }
        else
            throw new UnsafeSourcesException("It is neither a zip nor a tar.gz archive.");
    }

    private Stream Open(EnterpriseArchive archive, Guid owner)
    {
        var path = Path.Combine(Folder, Path.GetFileName(archive.File));
        return File.Exists(path) ? SealedFile.Open(path, Convert.FromBase64String(secrets.Unseal(archive.KeySealed, TemplateSecrets.EnterpriseArchive, owner)))
            : throw new StepRefusedException("enterprise_archive_missing", "The uploaded archive is not in oCore's data directory any more.", "Upload it again.", new CryptographicException(archive.File));
    }
}
