using System.CommandLine;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli.Commands;

/// <summary>The files of an instance: its own add-ons, its odoo.conf, and the sources it reads.</summary>
internal static class FileCommands
{
    public static Command Noun() => new("files", "Files of an instance: its own add-ons, its odoo.conf, and the sources it reads")
    {
        List(), Show(), Save(), Check(), Upload(), Download(), Folder(), Move(), Delete(),
    };

    private static Argument<string> Instance() => Opt.Arg("INSTANCE", "Id or slug");
    private static Argument<string> PathOf() => Opt.Arg("PATH", "Names below the add-ons folder, separated by /");
    private static Option<string?> RootOf() => Opt.Text("--root", "NAME", "Another root than addons, as 'list' names them");

    private static string At(Call call, Argument<string> instance, string rest, string? path, string? root = null) =>
        Query.Add(((Route)$"/instances/{call.Get(instance)}/files").ToString() + rest, ("path", path), ("root", root));

    private static Verb List()
    {
        var (instance, path, root) = (Instance(), Opt.Maybe("PATH", "A folder; the root where not given"), RootOf());
        return new Verb("list", "List a folder") { instance, path, root }
            .Calls("GET /instances/{id}/files")
            .Runs(async call =>
            {
                var (view, json) = await call.Fetch<FolderView>(HttpMethod.Get, At(call, instance, "", call.Get(path), call.Get(root)));
                if (call.Out.Format != OutputFormat.Table)
                {
                    call.Out.Json(json);
                    return ExitCode.Ok;
                }
                foreach (var entry in view.Entries)
                    call.Out.Line($"{(entry.Kind == "folder" ? "" : entry.Kind == "file" ? entry.Size.ToString() : entry.Kind),12}  {entry.ModifiedAt:yyyy-MM-dd HH:mm}  {entry.Name}{(entry.Kind == "folder" ? "/" : "")}");
                if (view.HasMore)
                    call.Out.Note("There are more than are shown.");
                if (view.Path.Length == 0)
                    call.Out.Note($"Roots: {string.Join(", ", view.Roots.Select(r => $"{r.Name} ({r.Path}{(r.Writable ? "" : ", read only")})"))}");
                return ExitCode.Ok;
            });
    }

    private static Verb Show()
    {
        var (instance, path, root) = (Instance(), PathOf(), RootOf());
        return new Verb("show", "Print a text file") { instance, path, root }
            .Calls("GET /instances/{id}/files/content")
            .Runs(async call =>
            {
                var (view, json) = await call.Fetch<FileView>(HttpMethod.Get, At(call, instance, "/content", call.Get(path), call.Get(root)));
                if (call.Out.Format != OutputFormat.Table)
                    call.Out.Json(json);
                else
                    call.Io.Out.Write(view.Text ?? throw new CliException(ExitCode.Refused, view.IsLarge ? "It is too large to be shown." : "It is no text.", "Get it with: ocore instance files download"));
                return ExitCode.Ok;
            });
    }

    private static Verb Save()
    {
        var (instance, path, file) = (Instance(), PathOf(), Opt.Arg("FILE", "File with the text; - for standard input"));
        var (hash, root) = (Opt.Text("--hash", "SHA256", "Replace the content with this hash and no other; without it a new file is made"), RootOf());
        return new Verb("save", "Save a text file") { instance, path, file, hash, root }
            .Calls("PUT /instances/{id}/files/content")
            .Runs(async call =>
            {
                var body = new SaveFile { Root = call.Get(root), Path = call.Get(path), Text = await Files.Text(call, call.Get(file)), Hash = call.Get(hash) };
                var (view, json) = await call.Fetch<FileView>(HttpMethod.Put, At(call, instance, "/content", null), OCoreHttp.Body(body));
                return Saved(call, view, json);
            });
    }

    private static Verb Check()
    {
        var (instance, path, file, root) = (Instance(), PathOf(), Opt.Arg("FILE", "File with the text; - for standard input"), RootOf());
        return new Verb("check", "Say what is wrong with a Python, XML or JSON text or an odoo.conf, without saving it") { instance, path, file, root }
            .Calls("POST /instances/{id}/files/check")
            .Runs(async call =>
            {
                var body = new CheckFile { Root = call.Get(root), Path = call.Get(path), Text = await Files.Text(call, call.Get(file)) };
                var (faults, json) = await call.Fetch<FileFaults>(HttpMethod.Post, At(call, instance, "/check", null), OCoreHttp.Body(body));
                if (call.Out.Format != OutputFormat.Table)
                    call.Out.Json(json);
                else
                    foreach (var fault in faults.Errors)
                        call.Out.Line($"{call.Get(path)}:{fault.Line}:{fault.Column}: {fault.Message}");
                return faults.Errors.Count == 0 ? ExitCode.Ok : ExitCode.Usage;
            });
    }

    private static Verb Upload()
    {
        var (instance, file, path) = (Instance(), Opt.Arg("FILE", "File to upload"), PathOf());
        var replace = Opt.Flag("--replace", "Replace what is there");
        return new Verb("upload", "Upload a file of any kind") { instance, file, path, replace }
            .Calls("PUT /instances/{id}/files/upload")
            .Runs(async call =>
            {
                await using var stream = File.OpenRead(call.Get(file));
                using var content = new StreamContent(stream);
                content.Headers.ContentType = new("application/octet-stream");
                var (view, json) = await call.Fetch<FileView>(HttpMethod.Put, Query.Add(At(call, instance, "/upload", call.Get(path)), ("replace", call.Get(replace) ? "true" : null)), content);
                return Saved(call, view, json);
            });
    }

    private static Verb Download()
    {
        var (instance, path, file, root) = (Instance(), PathOf(), Opt.Arg("FILE", "Where to write it; - for standard output"), RootOf());
        return new Verb("download", "Download a file of any kind") { instance, path, file, root }
            .Calls("GET /instances/{id}/files/download")
            .Runs(async call =>
            {
                var from = At(call, instance, "/download", call.Get(path), call.Get(root));
                if (call.Get(file) == "-")
                {
                    await call.Api.Download(from, call.Io.BytesOut(), call.Stop);
                    return ExitCode.Ok;
                }
                await using (var to = File.Create(call.Get(file)))
                    await call.Api.Download(from, to, call.Stop);
                call.Out.Note($"Written to {call.Get(file)}.");
                return ExitCode.Ok;
            });
    }

    private static Verb Folder()
    {
        var (instance, path) = (Instance(), PathOf());
        return new Verb("make-folder", "Make a folder") { instance, path }
            .Calls("POST /instances/{id}/files/folders")
            .Runs(call => call.Do(HttpMethod.Post, $"/instances/{call.Get(instance)}/files/folders", new MakeFolder { Path = call.Get(path) }, $"Made {call.Get(path)}."));
    }

    private static Verb Move()
    {
        var (instance, path, to) = (Instance(), PathOf(), Opt.Arg("TO", "Its new path; nothing is replaced"));
        return new Verb("move", "Rename or move a file or a folder") { instance, path, to }
            .Calls("POST /instances/{id}/files/move")
            .Runs(call => call.Do(HttpMethod.Post, $"/instances/{call.Get(instance)}/files/move", new MoveFile { From = call.Get(path), To = call.Get(to) }, $"Moved to {call.Get(to)}."));
    }

    private static Verb Delete()
    {
        var (instance, path) = (Instance(), PathOf());
        var recursive = Opt.Flag("--recursive", "A folder with all that is in it");
        return new Verb("delete", "Delete a file or an empty folder") { instance, path, recursive }
            .Calls("DELETE /instances/{id}/files")
            .Runs(async call =>
            {
                await call.Api.SendForJson(HttpMethod.Delete, Query.Add(At(call, instance, "", call.Get(path)), ("recursive", call.Get(recursive) ? "true" : null)), null, call.Stop);
                call.Out.Note($"Deleted {call.Get(path)}.");
                return ExitCode.Ok;
            });
    }

    private static int Saved(Call call, FileView view, System.Text.Json.JsonElement json)
    {
        if (call.Out.Format != OutputFormat.Table)
            call.Out.Json(json);
        else
            call.Out.Line($"{view.Path}  {view.Size} bytes  {view.Hash}");
        return ExitCode.Ok;
    }
}
