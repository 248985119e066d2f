using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using OCore.Platform.Data;
using OCore.Platform.Docker;
using OCore.Platform.Operations;
using OCore.Platform.Remote;
using OCore.Platform.Security;

namespace OCore.Features.Templates;

/// <summary>A tree of modules as an instance uses it: where it is mounted, and exactly which state of it.</summary>
/// <param name="Key">Of the tree on a server: whose, from where, which commit or archive.</param>
internal sealed record SourcePin(string Mount, string Key, string Origin, string Commit);

/// <summary>
/// The modules that an Odoo has besides its image's: the agency's Enterprise sources and the add-on repositories. oCore fetches them
/// itself with the agency's keys and brings files to servers, so that no server ever holds a key.
/// </summary>
internal sealed class OdooSources(GitSources git, EnterpriseArchives archives, SecretBox secrets)
{
    public const string EnterpriseMount = "/opt/hosting/enterprise";
    private const string ArchiveOrigin = "archive";

    /// <summary>In the order of <c>addons_path</c>: an agency's own repositories may replace modules of Enterprise, and both those of the image.</summary>
    public static IReadOnlyList<string> PathsFor(string edition, int repositories) =>
        [.. Enumerable.Range(0, repositories).Select(MountOf), .. edition == "ee" ? [EnterpriseMount] : Array.Empty<string>()];

    /// <summary>The state of each tree now. Whoever is made from these pins has the same files until it is updated.</summary>
    public async Task<List<SourcePin>> ResolveAsync(OCoreDb db, Guid root, string version, string edition, IReadOnlyList<TemplateRepository> repositories, CancellationToken stop)
    {
        var pins = new List<SourcePin>();
        foreach (var (index, repository) in repositories.Index())
            pins.Add(Pin(root, MountOf(index), repository.Url, await git.HeadAsync(Access(repository, root), repository.Branch is { } b ? GitRef.Parse(b) : null, stop)));
        if (edition != "ee")
            return pins;
        var source = await SourceAsync(db, root, version, stop);
        pins.Add(source.Archives.TryGetValue(version, out var archive) ? Pin(root, EnterpriseMount, ArchiveOrigin, archive.Sha256)
            : Pin(root, EnterpriseMount, source.GitUrl!, await git.HeadAsync(Access(source), GitRef.Parse(version), stop)));
        return pins;
    }

    /// <summary>The access that serves this version.</summary>
    public static async Task<EnterpriseSource?> FindAsync(OCoreDb db, Guid root, string version, CancellationToken stop)
    {
        // The agency's access serves its clients too, whoever of them asks.
        var source = await db.EnterpriseSources.AcrossTenants().AsNoTracking().SingleOrDefaultAsync(s => s.OrgId == root, stop);
        return source is not null && (source.GitUrl is not null || source.Archives.ContainsKey(version)) ? source : null;
    }

    private static async Task<EnterpriseSource> SourceAsync(OCoreDb db, Guid root, string version, CancellationToken stop) =>
        await FindAsync(db, root, version, stop) ?? throw new StepRefusedException(TemplateProblems.EnterpriseAccessMissing.Code, TemplateProblems.EnterpriseAccessMissing.Detail, TemplateProblems.EnterpriseAccessMissing.Hint);

    /// <summary>The pinned tree as a tar, under the folder <paramref name="target"/>.</summary>
    public async Task<ContainerArchive> ArchiveAsync(OCoreDb db, SourcePin pin, Guid root, string version, IReadOnlyList<TemplateRepository> repositories, string target, CancellationToken stop)
    {
        if (pin.Mount != EnterpriseMount)
        {
            var repository = repositories[int.Parse(pin.Mount[(pin.Mount.LastIndexOf('/') + 1)..])];
            return FromGit(Access(repository, root), root, repository.Branch is { } branch ? GitRef.Parse(branch) : null, pin, target, demanded: null);
        }
        var source = await SourceAsync(db, root, version, stop);
        if (pin.Origin != ArchiveOrigin)
            return FromGit(Access(source), root, GitRef.Parse(version), pin, target, EnterpriseArchives.Mark);
        if (!source.Archives.TryGetValue(version, out var archive) || archive.Sha256 != pin.Commit)
            throw new StepRefusedException("enterprise_archive_missing", $"The archive of {version} that this was made from has been replaced.", "Update the instance's modules to take up the new one.");
        return new ContainerArchive(pin.Key, (tar, ended) => WriteAsync(archives.ReadAsync(archive, root, ended), tar, target, EnterpriseArchives.Mark, ended));
    }

    private ContainerArchive FromGit(GitAccess access, Guid root, GitRef? branch, SourcePin pin, string target, string? demanded) =>
        new(pin.Key, (tar, ended) => git.ReadAsync(access, root, branch, pin.Commit, stream => WriteAsync(SourceFiles.OfTarAsync(stream, strict: false, ended), tar, target, demanded, ended), ended));

    private static async Task WriteAsync(IAsyncEnumerable<SourceFile> files, TarWriter tar, string target, string? demanded, CancellationToken stop)
    {
        var found = demanded is null;
        try
        {
            await foreach (var file in files.WithCancellation(stop))
            {
                found |= file.Path == $"{demanded}/__manifest__.py";
                await tar.WriteEntryAsync(file.Link is { } link
                    ? new PaxTarEntry(TarEntryType.SymbolicLink, $"{target}/{file.Path}") { LinkName = link }
                    : new PaxTarEntry(TarEntryType.RegularFile, $"{target}/{file.Path}") { Mode = ContainerFile.Readable, DataStream = file.Content }, stop);
            }
        }
        catch (UnsafeSourcesException harm)
        {
            throw new StepRefusedException("sources_refused", harm.Message, "Mend the repository or the archive.", harm);
        }
        if (!found)
            throw new StepRefusedException("enterprise_sources_invalid", $"There is no module {demanded} in the Enterprise sources.", "Give the address of the enterprise repository itself, with a branch for each version.");
    }

    private GitAccess Access(TemplateRepository repository, Guid owner) => new(GitUrl.Parse(repository.Url),
        repository.DeployKeySealed is { } key ? secrets.Unseal(key, TemplateSecrets.DeployKey, owner) : null,
        repository.TokenSealed is { } token ? secrets.Unseal(token, TemplateSecrets.RepositoryToken, owner) : null);

    private GitAccess Access(EnterpriseSource source) => new(GitUrl.Parse(source.GitUrl!),
        source.PrivateKeySealed is { } key ? secrets.Unseal(key, TemplateSecrets.EnterpriseKey, source.OrgId) : null,
        source.TokenSealed is { } token ? secrets.Unseal(token, TemplateSecrets.EnterpriseToken, source.OrgId) : null);

    private static string MountOf(int repository) => $"/opt/hosting/repositories/{repository}";

    private static SourcePin Pin(Guid root, string mount, string origin, string commit) =>
        new(mount, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{root}\n{(mount == EnterpriseMount ? "ee" : "")}\n{origin}\n{commit}")))[..24], origin, commit);
}
