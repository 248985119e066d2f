using System.Security.Cryptography;

namespace OCore.Platform.Remote;

/// <summary>
/// Private folders for keys and sockets, in memory where the machine offers that, so that a private key is never
/// written to a disk. What a killed oCore left behind is swept by the next.
/// </summary>
internal sealed class RuntimeFolder : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    // A Unix socket's path has 108 bytes, and ssh makes its own under a name with 17 more.
    private const int LongestRoot = 108 - 17 - 40;

    public RuntimeFolder(string? dataFolder = null)
    {
        var parent = Candidates(dataFolder).FirstOrDefault(Usable)
            ?? throw new InvalidOperationException("No folder for ssh's sockets can be written: set XDG_RUNTIME_DIR to a private one.");
        var all = Path.Combine(parent, "ocore-" + Environment.UserName);
        MakePrivate(all);
        Sweep(all);
        Root = Path.Combine(all, $"{Environment.ProcessId}-{RandomNumberGenerator.GetHexString(6, lowercase: true)}");
        MakePrivate(Root);
    }

    public string Root { get; }

    /// <summary>A new private folder with a name of its own.</summary>
    public string Make()
    {
        var folder = Path.Combine(Root, RandomNumberGenerator.GetHexString(8, lowercase: true));
        MakePrivate(folder);
        return folder;
    }

    public static void WritePrivate(string path, string text)
    {
        using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        using var writer = new StreamWriter(file) { NewLine = "\n" };
        writer.Write(text.EndsWith('\n') ? text : text + "\n");
    }

    public static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
        }
    }

    public void Dispose() => Remove(Root);

    private static IEnumerable<string> Candidates(string? dataFolder)
    {
        if (Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } session) yield return session;
        yield return "/dev/shm";
        if (dataFolder is not null) yield return Path.GetFullPath(dataFolder);
        yield return Path.GetTempPath();
    }

    private static bool Usable(string folder)
    {
        // ssh expands '%' in the paths it is given.
        if (!Directory.Exists(folder) || folder.Length > LongestRoot || folder.Contains('%') || folder.Any(char.IsWhiteSpace)) return false;
        try
        {
            var probe = Path.Combine(folder, ".ocore-" + RandomNumberGenerator.GetHexString(8));
            File.Create(probe).Dispose();
            File.Delete(probe);
            return true;
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static void MakePrivate(string folder)
    {
        var made = Directory.CreateDirectory(folder, OwnerOnly);
        // In a folder all may write to, the name may be taken: by a link, or by someone whose folder lets them in.
        if (made.LinkTarget is not null) throw new InvalidOperationException($"{folder} is a link; remove it.");
        File.SetUnixFileMode(folder, OwnerOnly);
    }

    private static void Sweep(string all)
    {
        foreach (var folder in Directory.EnumerateDirectories(all))
        {
            var process = Path.GetFileName(folder).Split('-')[0];
            if (!int.TryParse(process, out _) || Directory.Exists("/proc/" + process)) continue;
            foreach (var control in Directory.EnumerateFiles(folder, SshMaster.ControlName, SearchOption.AllDirectories))
                SshMaster.EndForsaken(control);
            Remove(folder);
        }
    }
}
