using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Platform;
using OCore.Platform.Docker;
using OCore.Platform.Http;
using OCore.Platform.Remote;

namespace OCore.Features.Files;

/// <summary>
/// The files of an instance, by a helper that runs in its container as its own user and keeps what it opened open (confined.py). What
/// may be named are these roots and what is beneath them.
/// </summary>
internal static class FilesInContainer
{
    private const string User = "odoo";
    private const int AnswerLimit = 12 << 20;
    public static readonly string Helper = Read();

    private sealed record Place(FileRoot Root, string Base, string[] Inside);

    /// <summary>Odoo looks for add-ons in its data folder by itself; the sources of templates are mounted for reading.</summary>
    private static IReadOnlyList<Place> PlacesOf(OdooPlan plan)
    {
        var series = $"{plan.Major}.0";
        return
        [
            new Place(new FileRoot { Name = "addons", Path = $"/var/lib/odoo/addons/{series}", Writable = true }, "/var/lib/odoo", ["addons", series]),
            .. plan.Sources.Select((pin, index) => new Place(new FileRoot { Name = $"source-{index + 1}", Path = pin.Mount, Writable = false }, pin.Mount, [])),
        ];
    }

    public static IReadOnlyList<FileRoot> RootsOf(OdooPlan plan) => [PlacesOf(plan)[0].Root, ConfigurationFile.AsRoot, .. PlacesOf(plan).Skip(1).Select(p => p.Root)];

    /// <summary>Names below the root, as the helper's own <c>names</c> has them.</summary>
    public static bool IsPath(string path) => path.Split('/') is { Length: <= 40 } names
        && names.All(n => n is not ("" or "." or "..") && !n.Contains('\0') && Encoding.UTF8.GetByteCount(n) <= 255 && !n.StartsWith(".ocore-", StringComparison.Ordinal));

    public static (FileRoot? Root, JsonObject Request) Ask(OdooPlan plan, string? root, string verb, string path)
    {
        var place = PlacesOf(plan).FirstOrDefault(p => p.Root.Name == (root ?? "addons"));
        return (place?.Root, new JsonObject
        {
            ["verb"] = verb, ["path"] = path, ["base"] = place?.Base, ["inside"] = new JsonArray([.. (place?.Inside ?? []).Select(p => (JsonNode)p!)]), ["writable"] = place?.Root.Writable,
        });
    }

    /// <exception cref="ServerException">The container or its server is not there.</exception>
    public static async Task<(JsonElement Answer, Problem? Problem)> RunAsync(InstanceOnServer on, JsonObject request, ReadOnlyMemory<byte>? input, CancellationToken stop)
    {
        var result = await on.Connection.Docker.ExecAsync(on.Container, Words(request), input, stop,
            new ExecOptions { User = User, WorkingFolder = "/", OutputLimit = AnswerLimit, Timeout = TimeSpan.FromMinutes(1) });
        return Understand(result.Out, result.Error);
    }

    /// <summary>For what is too large to be held: its input and output are streamed.</summary>
    public static async Task<ITerminalProgram> OpenAsync(InstanceOnServer on, JsonObject request, CancellationToken stop) =>
        await on.Connection.Docker.OpenTerminalAsync(on.Container, Words(request), stop, new ExecOptions { User = User, WorkingFolder = "/" }, terminal: false);

    /// <summary>Modules that somebody wrote into the instance's own add-ons; null where it does not run, and nobody can tell.</summary>
    public static async Task<IReadOnlyList<string>?> OwnModulesAsync(InstanceOnServer on, CancellationToken stop)
    {
        var folder = PlacesOf(on.Plan)[0].Root.Path;
        try
        {
            var found = await on.Connection.Docker.ExecAsync(on.Container, ["find", folder, "-mindepth", "2", "-maxdepth", "2", "-name", "__manifest__.py", "-printf", @"%h\n"], null, stop,
                new ExecOptions { User = User, WorkingFolder = "/", Timeout = TimeSpan.FromSeconds(20) });
            return [.. found.Out.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(p => p[(p.LastIndexOf('/') + 1)..])];
        }
        catch (ServerException)
        {
            return null;
        }
    }

    private static string[] Words(JsonObject request) => ["python3", "-I", "-c", Helper, request.ToJsonString()];

    public static (JsonElement Answer, Problem? Problem) Understand(string output, string error)
    {
        try
        {
            using var document = JsonDocument.Parse(output);
            var answer = document.RootElement.Clone();
            return answer.TryGetProperty("error", out var code) ? (answer, FileProblems.Of(code.GetString()!)) : (answer, null);
        }
        catch (JsonException)
        {
            throw new RemoteCommandException("Working on files", error.Trim() is { Length: > 0 } said ? said.Split('\n')[^1] : "it gave no answer.");
        }
    }

    public static FileEntry EntryOf(JsonElement json) => new()
    {
        Name = json.GetProperty("name").GetString()!, Kind = json.GetProperty("kind").GetString()!, Size = json.GetProperty("size").GetInt64(), ModifiedAt = At(json),
    };

    public static FileView ViewOf(FileRoot root, string path, JsonElement json) => new()
    {
        Root = root, Path = path, Size = json.GetProperty("size").GetInt64(), ModifiedAt = At(json),
        Hash = json.TryGetProperty("hash", out var hash) ? hash.GetString() : null,
        IsBinary = json.TryGetProperty("binary", out var binary) && binary.GetBoolean(), IsLarge = json.TryGetProperty("large", out var large) && large.GetBoolean(),
        Text = json.TryGetProperty("text", out var text) ? text.GetString() : null,
    };

    private static DateTimeOffset At(JsonElement json) => DateTimeOffset.FromUnixTimeMilliseconds((long)(json.GetProperty("modified").GetDouble() * 1000));

    private static string Read()
    {
        using var stream = typeof(FilesInContainer).Assembly.GetManifestResourceStream("confined.py")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}

internal static class FileProblems
{
    public static Problem Of(string code) => code switch
    {
        "not_found" => new Problem(404, "file_not_found", "There is no such file or folder.", "Look at its folder again; it may have been renamed or deleted."),
        "path_refused" => NoPath("path"),
        "linked" => new Problem(403, "file_linked", "It is a link, or has a second name elsewhere. Links are not followed.", "Open what it points to, if that is among these files."),
        "not_a_file" => new Problem(400, "not_a_file", "It is not a file."),
        "not_a_folder" => new Problem(400, "not_a_folder", "A folder in this path is a file or a link. Links are not followed."),
        "file_exists" => new Problem(409, "file_exists", "There is something of this name already.", "Choose another name, or open what is there."),
        "file_changed" => new Problem(412, "file_changed", "Somebody else has changed or deleted it since you opened it.", "Open it again and compare; what you wrote is not lost until you leave."),
        "not_empty" => new Problem(409, "folder_not_empty", "The folder is not empty.", "Delete it with all that is in it (recursive), or empty it first."),
        "read_only" => new Problem(403, "file_read_only", "These files are sources that oCore brought; they are only read here.", "Change them where they come from, or copy what you need into the add-ons."),
        "denied" => new Problem(403, "file_denied", "Odoo's own user may not do this."),
        "no_space" => new Problem(507, "no_space", "There is no space left on the server."),
        "incomplete" => new Problem(400, "upload_incomplete", "The upload ended early. Nothing was changed."),
        _ => new Problem(500, "file_failed", "It did not work.", "The terminal may say more."),
    };

    public static Problem NoPath(string field) => Problem.Field(field, "Names below the folder, separated by /, without . and ..", "path_refused");

    public static readonly Problem OneFile = new(403, "file_read_only", "The configuration is one file, odoo.conf. It can be opened, saved and downloaded, and nothing else.");
    public static readonly Problem NoRoot = Problem.Field("root", "One of the roots that GET …/files names.");
    public static readonly Problem NoLength = new(411, "length_required", "Say how long it is: Content-Length.");
    public static readonly Problem TooLarge = new(413, "file_too_large", $"A file may have {Sizes.Of(FileEndpoints.MostBytes)}.", "Bring larger ones with a repository of the template.");
}
