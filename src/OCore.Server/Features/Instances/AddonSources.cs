using System.Security.Cryptography;
using System.Text;
using OCore.Features.Templates;
using OCore.Platform;
using OCore.Platform.Docker;
using OCore.Platform.Operations;
using OCore.Platform.Remote;
using OCore.Platform.Security;

namespace OCore.Features.Instances;

/// <summary>
/// Add-on repositories: cloned by oCore itself with the repository's own deploy key, and put into the containers, so that no server
/// ever holds a key.
/// </summary>
internal sealed class AddonSources(Settings settings, SecretBox secrets)
{
    private const long MaxBytes = 256 << 20;

    public static IReadOnlyList<string> PathsFor(Instance instance) => [.. instance.Repositories.Select((_, i) => $"/opt/ocore/repositories/{i}")];

    /// <exception cref="StepRefusedException">A repository cannot be read.</exception>
    public async Task<IReadOnlyList<ContainerFile>> FilesForAsync(Instance instance, CancellationToken stop)
    {
        var files = new List<ContainerFile>();
        foreach (var (index, repository) in instance.Repositories.Index())
            files.AddRange(await FilesOfAsync(repository, instance.RootId, $"/opt/ocore/repositories/{index}", stop));
        return files;
    }

    public async Task<IReadOnlyList<ContainerFile>> FilesOfAsync(TemplateRepository repository, Guid owner, string target, CancellationToken stop)
    {
        var folder = await CheckOutAsync(repository, owner, stop);
        var files = new List<ContainerFile>();
        long total = 0;
        foreach (var path in Directory.EnumerateFiles(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }))
        {
            var relative = Path.GetRelativePath(folder, path);
            if (relative.StartsWith(".git" + Path.DirectorySeparatorChar, StringComparison.Ordinal) || !RemotePath.TryParse($"{target}/{relative}", out var inside))
                continue;
            var content = await File.ReadAllBytesAsync(path, stop);
            if ((total += content.Length) > MaxBytes)
                throw new StepRefusedException("repository_too_large", $"{repository.Url} has more than 256 MB of files.");
            files.Add(new ContainerFile(inside, content, ContainerFile.Readable));
        }
        return files;
    }

    private async Task<string> CheckOutAsync(TemplateRepository repository, Guid owner, CancellationToken stop)
    {
        var url = GitUrl.Parse(repository.Url);
        var folder = Path.Combine(settings.DataDirectory, "repositories", Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{owner}\n{repository.Url}\n{repository.Branch}")))[..32]);
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        var key = repository.DeployKeySealed is { } sealedKey ? secrets.Unseal(sealedKey, TemplateSecrets.DeployKey, owner) : null;
        var result = await GitClone.EnsureAsync(url, repository.Branch is { } branch ? GitRef.Parse(branch) : null, key, null, folder, stop);
        return result.Ok ? folder : throw new StepRefusedException("repository_not_accessible", $"{repository.Url} cannot be read: {result.Error.Trim()}", "Check the address, the branch and the deploy key of the template.");
    }
}
