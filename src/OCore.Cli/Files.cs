namespace OCore.Cli;

/// <summary>Secrets come from files or from standard input, never as arguments: those show in process lists and histories.</summary>
internal static class Files
{
    /// <summary>A file to be sent as it is.</summary>
    public static FileStream Open(Call call, string path)
    {
        path = Home(call, path);
        return File.Exists(path) ? File.OpenRead(path) : throw new CliException(ExitCode.Usage, $"There is no file {path}.");
    }

    private static string Home(Call call, string path) =>
        path.StartsWith("~/", StringComparison.Ordinal) && call.Io.Env("HOME") is { Length: > 0 } home ? Path.Combine(home, path[2..]) : path;

    /// <summary>The text of a file; <c>-</c> is standard input, <c>~</c> the home folder.</summary>
    public static async Task<string> Text(Call call, string path)
    {
        if (path == "-")
            return await call.Io.In.ReadToEndAsync(call.Stop);
        path = Home(call, path);
        return File.Exists(path)
            ? await File.ReadAllTextAsync(path, call.Stop)
            : throw new CliException(ExitCode.Usage, $"There is no file {path}.");
    }
}
