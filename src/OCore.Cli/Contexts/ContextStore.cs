using System.Text.Json;
using System.Text.Json.Serialization;

namespace OCore.Cli.Contexts;

/// <summary>An installation one has signed in to.</summary>
internal sealed record Context
{
    public required string Name { get; init; }
    public required string Url { get; init; }
    public string? Organization { get; init; }
    public string? Email { get; init; }
    /// <summary>An access token, or an API key where there is no refresh token.</summary>
    public string? AccessToken { get; init; }
    public string? RefreshToken { get; init; }
    public DateTimeOffset? ExpiresAt { get; init; }
}

internal sealed record ContextFile
{
    public string? Current { get; init; }
    public IReadOnlyList<Context> Contexts { get; init; } = [];

    public Context? Find(string? name) => Contexts.FirstOrDefault(c => c.Name == name);

    public ContextFile With(Context context) => this with { Contexts = [.. Contexts.Where(c => c.Name != context.Name), context] };

    public ContextFile Without(string name) => this with
    {
        Contexts = [.. Contexts.Where(c => c.Name != name)],
        Current = Current == name ? null : Current,
    };
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ContextFile))]
internal sealed partial class ContextJson : JsonSerializerContext;

/// <summary>
/// <c>contexts.json</c> holds tokens: only its owner may read it. It is replaced in one step, and changed under a lock, for
/// two commands at once must not both spend the same refresh token.
/// </summary>
internal sealed class ContextStore(string folder)
{
    private string FilePath => Path.Combine(folder, "contexts.json");

    public static ContextStore For(Io io)
    {
        var roof = io.Env("XDG_CONFIG_HOME");
        if (string.IsNullOrEmpty(roof))
            roof = OperatingSystem.IsWindows() ? io.Env("APPDATA") : io.Env("HOME") is { Length: > 0 } home ? Path.Combine(home, ".config") : null;
        if (string.IsNullOrEmpty(roof))
            throw new CliException(ExitCode.Error, "There is no home folder to keep contexts in.", "Set HOME or XDG_CONFIG_HOME, or use OCORE_URL and OCORE_TOKEN.");
        return new ContextStore(Path.Combine(roof, "ocore"));
    }

    public ContextFile Read()
    {
        if (!File.Exists(FilePath))
            return new ContextFile();
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(FilePath), ContextJson.Default.ContextFile) ?? new ContextFile();
        }
        catch (JsonException)
        {
            throw new CliException(ExitCode.Error, $"{FilePath} cannot be read as JSON.", "Correct it, or remove it and sign in again with 'ocore login'.");
        }
    }

    public async Task<ContextFile> Change(Func<ContextFile, Task<ContextFile>> change, CancellationToken stop)
    {
        MakeFolder();
        using var held = await Lock(stop);
        var file = Read();
        var changed = await change(file);
        if (!ReferenceEquals(file, changed))
            Write(changed);
        return changed;
    }

    public Task<ContextFile> Change(Func<ContextFile, ContextFile> change, CancellationToken stop) =>
        Change(file => Task.FromResult(change(file)), stop);

    private void MakeFolder()
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    private void Write(ContextFile file)
    {
        var fresh = FilePath + ".new";
        File.Delete(fresh);
        using (var stream = new FileStream(fresh, OwnerOnly(FileMode.CreateNew)))
        {
            JsonSerializer.Serialize(stream, file, ContextJson.Default.ContextFile);
            stream.Flush(flushToDisk: true);
        }
        File.Move(fresh, FilePath, overwrite: true);
    }

    private async Task<FileStream> Lock(CancellationToken stop)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return new FileStream(Path.Combine(folder, "contexts.lock"), OwnerOnly(FileMode.OpenOrCreate));
            }
            catch (IOException) when (attempt < 300)
            {
                await Task.Delay(100, stop);
            }
        }
    }

    private static FileStreamOptions OwnerOnly(FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.ReadWrite, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        return options;
    }
}
