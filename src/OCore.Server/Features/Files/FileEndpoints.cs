using System.ComponentModel.DataAnnotations;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using OCore.Client;
using OCore.Features.AuditLog;
using OCore.Features.Instances;
using OCore.Features.Plans;
using OCore.Features.Portal;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Remote;
using OCore.Platform.Security;

namespace OCore.Features.Files;

/// <summary>The file editor: an instance's own add-ons, its odoo.conf, and the sources it was given to read.</summary>
internal static class FileEndpoints
{
    public const long MostBytes = 256L << 20;
    private const int MostAnswer = 16 << 20;

    public static void Map(IEndpointRouteBuilder api)
    {
        // What is in a file is the instance's own, to the byte; a word in it that looks like a server's name must come back as it is.
        var files = api.MapGroup("/instances/{id}/files").WithTags("Files").Require("view:instances").PortalFeature(PortalFeatures.FileEditor).WithMetadata(new Verbatim());
        files.MapGet("/", Folder).WithName("listInstanceFiles");
        files.MapGet("/content", Open).WithName("readInstanceFile");
        files.MapGet("/download", Download).WithName("downloadInstanceFile").Lasting().Produces<Stream>(200, "application/octet-stream");
        files.MapPost("/check", Check).WithName("checkInstanceFile").Require("manage:instances").WithMetadata(new RequestSizeLimitAttribute(8 << 20));
        files.MapPut("/content", Save).WithName("saveInstanceFile").Require("manage:instances").WithMetadata(new RequestSizeLimitAttribute(8 << 20));
        files.MapPut("/upload", Upload).WithName("uploadInstanceFile").Require("manage:instances").Accepts<Stream>("application/octet-stream").WithMetadata(new RequestSizeLimitAttribute(MostBytes));
        files.MapPost("/folders", Make).WithName("makeInstanceFolder").Require("manage:instances");
        files.MapPost("/move", Move).WithName("moveInstanceFile").Require("manage:instances");
        files.MapDelete("/", Delete).WithName("deleteInstanceFile").Require("manage:instances");
    }

    public sealed class Where
    {
        /// <summary>A root by its name; <c>addons</c>, the one with the instance's own files, where it is not given.</summary>
        [FromQuery(Name = "root"), MaxLength(40)] public string? Root { get; init; }
        /// <summary>Names below the root, separated by <c>/</c>.</summary>
        [FromQuery(Name = "path"), MaxLength(1000)] public string? Path { get; init; }
    }

    /// <summary>What is in a folder of the instance's files.</summary>
    internal static Task<Results<Ok<FolderView>, Problem>> Folder(string id, [AsParameters] Where where, OCoreDb db, InstanceHost host, CancellationToken stop) => where.Root == ConfigurationFile.Root
        ? OfConfigurationAsync<FolderView>(db, host, id, (plan, instance) => where.Path is null or "" ? ConfigurationFile.Folder(plan, instance) : null, stop)
        : OnAsync<FolderView>(db, host, id, where, "list", null, null, (on, root, answer) => new FolderView
        {
            Root = root, Path = where.Path ?? "", Entries = [.. answer.GetProperty("entries").EnumerateArray().Select(FilesInContainer.EntryOf)],
            HasMore = answer.GetProperty("more").GetBoolean(), Roots = FilesInContainer.RootsOf(on.Plan),
        }, stop);

    /// <summary>A file with its text, where it is one that can be edited.</summary>
    internal static Task<Results<Ok<FileView>, Problem>> Open(string id, [AsParameters] Where where, OCoreDb db, InstanceHost host, CancellationToken stop) => where.Root == ConfigurationFile.Root
        ? OfConfigurationAsync<FileView>(db, host, id, (plan, instance) => where.Path == ConfigurationFile.Name ? ConfigurationFile.View(plan, instance) : null, stop)
        : OnAsync(db, host, id, where, "read", null, null, (_, root, answer) => FilesInContainer.ViewOf(root, where.Path ?? "", answer), stop);

    /// <summary>What is wrong with a text by the rules of its kind (Python, XML, JSON; odoo.conf by what may be set). Nothing is saved.</summary>
    internal static Task<Results<Ok<FileFaults>, Problem>> Check(string id, CheckFile request, OCoreDb db, InstanceHost host, CancellationToken stop) => request.Root == ConfigurationFile.Root
        ? OfConfigurationAsync<FileFaults>(db, host, id, (plan, _) => new FileFaults { Errors = ConfigurationFile.Check(plan, request.Text) }, stop)
        : OnAsync(db, host, id, new Where { Root = request.Root, Path = request.Path }, "check", null, Encoding.UTF8.GetBytes(request.Text), (_, _, answer) => new FileFaults
        {
            Errors = [.. answer.GetProperty("errors").EnumerateArray().Select(e => new FileFault { Line = e.GetProperty("line").GetInt32(), Column = e.GetProperty("column").GetInt32(), Message = e.GetProperty("message").GetString()! })],
        }, stop);

    /// <summary>Save a text. With the <c>hash</c> of what it was made from it replaces that and nothing else: 412 <c>file_changed</c> otherwise. Without one it makes a new file.</summary>
    internal static Task<Results<Ok<FileView>, Problem>> Save(string id, SaveFile request, OCoreDb db, InstanceHost host, SecretBox secrets, CancellationToken stop)
    {
        if (request.Root == ConfigurationFile.Root)
            return SaveConfigurationAsync(id, request, db, host, secrets, stop);
        var bytes = Encoding.UTF8.GetBytes(request.Text);
        return OnAsync(db, host, id, new Where { Root = request.Root, Path = request.Path }, "write", r =>
        {
            (r["hash"], r["replace"], r["size"]) = (request.Hash, false, bytes.Length);
        }, bytes, (_, root, answer) => FilesInContainer.ViewOf(root, request.Path, answer), stop, request.Hash is null ? "file_created" : "file_saved");
    }

    private static async Task<Results<Ok<FileView>, Problem>> SaveConfigurationAsync(string id, SaveFile request, OCoreDb db, InstanceHost host, SecretBox secrets, CancellationToken stop)
    {
        if (await InstanceQueries.FindAsync(db, id, stop) is not { } instance)
            return Problem.NotFound;
        var plan = host.PlanOf(instance);
        if (request.Path != ConfigurationFile.Name)
            return FileProblems.OneFile;
        if (request.Hash != ConfigurationFile.View(plan, instance).Hash)
            return FileProblems.Of(request.Hash is null ? "file_exists" : "file_changed");
        var promised = InstancePromise.Of(instance);
        if (ConfigurationFile.Apply(instance, plan, request.Text, secrets) is { } wrong)
            return wrong;
        return await db.InTransactionAsync<Results<Ok<FileView>, Problem>>(async () =>
        {
            // More workers are more memory, by whichever way they are asked for.
            if (await promised.CheckAsync(db, instance, stop) is { } full)
                return full;
            db.Record("instance.file_saved", instance.OrgId, instance, new Dictionary<string, AuditChangeValue> { ["path"] = new(null, ConfigurationFile.Name) });
            await db.SaveChangesAsync(stop);
            return TypedResults.Ok(ConfigurationFile.View(host.PlanOf(instance), instance));
        }, stop);
    }

    private static async Task<Results<Ok<T>, Problem>> OfConfigurationAsync<T>(OCoreDb db, InstanceHost host, string id, Func<OdooPlan, Instance, T?> view, CancellationToken stop) where T : class =>
        await InstanceQueries.FindAsync(db, id, stop) is not { } instance ? Problem.NotFound : view(host.PlanOf(instance), instance) is { } found ? TypedResults.Ok(found) : FileProblems.Of("not_found");

    /// <summary>Save the body as a file, whatever it is. <c>?replace=true</c> replaces one that is there.</summary>
    internal static async Task<Results<Ok<FileView>, Problem>> Upload(string id, [AsParameters] Where where, [FromQuery] bool? replace, OCoreDb db, Caller caller, InstanceHost host, HttpContext http, CancellationToken stop)
    {
        if (http.Request.ContentLength is not { } length)
            return FileProblems.NoLength;
        if (length > MostBytes)
            return FileProblems.TooLarge;
        if (await db.InTransactionAsync(() => Limits.CheckAsync(db, caller.Access.RootId, Limits.StorageGb, stop, length / 1e9), stop) is { } full)
            return full;
        var (on, root, request, problem) = await PlaceAsync(db, host, id, where, "write", stop);
        if (problem is not null)
            return problem;
        (request!["hash"], request["replace"], request["size"]) = (null, replace == true, length);
        try
        {
            await using var helper = await FilesInContainer.OpenAsync(on!, request, stop);
            var answering = AnswerAsync(helper, stop);
            var buffer = new byte[64 << 10];
            // It may refuse before it has read all of it.
            for (int count; !answering.IsCompleted && (count = await http.Request.Body.ReadAsync(buffer, stop)) > 0;)
                await Task.WhenAny(answering, helper.WriteAsync(buffer.AsMemory(0, count).ToArray(), stop).AsTask());
            if (!answering.IsCompleted)
                helper.CloseInput();
            var (output, error) = await answering;
            var (answer, refused) = FilesInContainer.Understand(output, error);
            if (refused is not null)
                return refused;
            await RecordAsync(db, on!, "file_uploaded", where.Path!, stop);
            return TypedResults.Ok(FilesInContainer.ViewOf(root!, where.Path!, answer));
        }
        catch (ServerException e)
        {
            return InstanceProblems.ServerAway(e.Message);
        }
    }

    /// <summary>A file as it is, of any size.</summary>
    internal static async Task<Results<PushStreamHttpResult, Problem>> Download(string id, [AsParameters] Where where, OCoreDb db, InstanceHost host, HttpContext http, CancellationToken stop)
    {
        if (where is { Root: ConfigurationFile.Root, Path: ConfigurationFile.Name })
            return await InstanceQueries.FindAsync(db, id, stop) is { } instance
                ? TypedResults.Stream(body => body.WriteAsync(Encoding.UTF8.GetBytes(ConfigurationFile.TextOf(host.PlanOf(instance))), stop).AsTask(), "application/octet-stream", ConfigurationFile.Name) : Problem.NotFound;
        var (on, _, request, problem) = await PlaceAsync(db, host, id, where, "download", stop);
        if (problem is not null)
            return problem;
        try
        {
            var helper = await FilesInContainer.OpenAsync(on!, request!, stop);
            http.Response.RegisterForDisposeAsync(helper);
            helper.CloseInput();
            var reader = new HeadReader(helper);
            var (answer, refused) = FilesInContainer.Understand(await reader.LineAsync(stop), "");
            if (refused is not null)
                return refused;
            http.Response.ContentLength = answer.GetProperty("size").GetInt64();
            // Never shown by a browser as a page of this site.
            return TypedResults.Stream(body => reader.CopyToAsync(body, stop), "application/octet-stream", answer.GetProperty("name").GetString());
        }
        catch (ServerException e)
        {
            return InstanceProblems.ServerAway(e.Message);
        }
    }

    /// <summary>Make a folder.</summary>
    internal static Task<Results<Ok<FileEntry>, Problem>> Make(string id, MakeFolder request, OCoreDb db, InstanceHost host, CancellationToken stop) =>
        OnAsync(db, host, id, new Where { Path = request.Path }, "make", null, null, (_, _, answer) => FilesInContainer.EntryOf(answer), stop, "folder_created");

    /// <summary>Rename or move a file or a folder. Nothing is replaced.</summary>
    internal static Task<Results<Ok<FileEntry>, Problem>> Move(string id, MoveFile request, OCoreDb db, InstanceHost host, CancellationToken stop) =>
        OnAsync(db, host, id, new Where { Path = request.From }, "move", r => r["to"] = request.To, null, (_, _, answer) => FilesInContainer.EntryOf(answer), stop, "file_moved", request.To);

    /// <summary>Delete a file, or a folder: with <c>?recursive=true</c> also one that is not empty.</summary>
    internal static async Task<Results<NoContent, Problem>> Delete(string id, [AsParameters] Where where, [FromQuery] bool? recursive, OCoreDb db, InstanceHost host, CancellationToken stop) =>
        (await OnAsync(db, host, id, where, "delete", r => r["recursive"] = recursive == true, null, (_, _, answer) => answer.GetProperty("count").GetInt32(), stop, "file_deleted")).Result is Problem problem
            ? problem : TypedResults.NoContent();

    private static async Task<Results<Ok<T>, Problem>> OnAsync<T>(
        OCoreDb db, InstanceHost host, string id, Where where, string verb, Action<JsonObject>? more, byte[]? input,
        Func<InstanceOnServer, FileRoot, JsonElement, T> view, CancellationToken stop, string? recorded = null, string? target = null)
    {
        var (on, root, request, problem) = await PlaceAsync(db, host, id, where, verb, stop, target);
        if (problem is not null)
            return problem;
        more?.Invoke(request!);
        try
        {
            var (answer, refused) = await FilesInContainer.RunAsync(on!, request!, input, stop);
            if (refused is not null)
                return refused;
            if (recorded is not null)
                await RecordAsync(db, on!, recorded, where.Path ?? "", stop, target);
            return TypedResults.Ok(view(on!, root!, answer));
        }
        catch (ServerException e)
        {
            return InstanceProblems.ServerAway(e.Message);
        }
    }

    private static async Task<(InstanceOnServer?, FileRoot?, JsonObject?, Problem?)> PlaceAsync(OCoreDb db, InstanceHost host, string id, Where where, string verb, CancellationToken stop, string? target = null)
    {
        if (await InstanceQueries.FindAsync(db, id, stop) is not { } instance)
            return (null, null, null, Problem.NotFound);
        if (where.Root == ConfigurationFile.Root)
            return (null, null, null, FileProblems.OneFile);
        // What was typed is wrong also while the server is away; the helper there asks the same again.
        var (root, request) = FilesInContainer.Ask(host.PlanOf(instance), where.Root, verb, where.Path ?? "");
        if (root is null)
            return (null, null, null, FileProblems.NoRoot);
        if (Misnamed(verb, where.Path ?? "", target) is { } misnamed)
            return (null, null, null, misnamed);
        if (!root.Writable && verb is "write" or "make" or "move" or "delete")
            return (null, null, null, FileProblems.Of("read_only"));
        if (instance.Status == InstanceStatus.Stopped)
            return (null, null, null, InstanceProblems.NotRunning);
        var (on, away) = await InstanceQueries.OpenAsync(db, host, instance, stop);
        return away is not null ? (null, null, null, away) : (on, root, request, null);
    }

    private static Problem? Misnamed(string verb, string path, string? target) =>
        // The root itself can be listed, and nothing else be done with it.
        !(path.Length == 0 && verb == "list") && !FilesInContainer.IsPath(path) ? FileProblems.NoPath(verb == "move" ? "from" : "path")
        : target is not null && !FilesInContainer.IsPath(target) ? FileProblems.NoPath("to") : null;

    private static async Task RecordAsync(OCoreDb db, InstanceOnServer on, string verb, string path, CancellationToken stop, string? target = null)
    {
        db.Record($"instance.{verb}", on.Instance.OrgId, on.Instance, new Dictionary<string, AuditChangeValue> { ["path"] = target is null ? new(null, path) : new(path, target) });
        await db.SaveChangesAsync(stop);
    }

    private static async Task<(string Out, string Error)> AnswerAsync(ITerminalProgram helper, CancellationToken stop)
    {
        using MemoryStream output = new(), error = new();
        var buffer = new byte[16 << 10];
        while (await helper.ReadPartAsync(buffer, stop) is { Count: > 0 } part)
        {
            (part.IsError ? error : output).Write(buffer, 0, part.Count);
            // It runs in the instance's container, among what the instance's own code can change.
            if (output.Length + error.Length > MostAnswer)
                throw new RemoteCommandException("the file helper", "it wrote more than oCore reads of it.");
        }
        return (Encoding.UTF8.GetString(output.ToArray()), Encoding.UTF8.GetString(error.ToArray()));
    }
}

/// <summary>The first line of what a program writes, and then the rest of it as bytes.</summary>
internal sealed class HeadReader(ITerminalProgram program)
{
    private readonly byte[] _buffer = new byte[64 << 10];
    private ReadOnlyMemory<byte> _rest;

    public async Task<string> LineAsync(CancellationToken stop)
    {
        var have = 0;
        while (have < _buffer.Length)
        {
            var (count, isError) = await program.ReadPartAsync(_buffer.AsMemory(have), stop);
            if (count == 0)
                break;
            if (isError)
                continue;
            var end = _buffer.AsSpan(have, count).IndexOf((byte)'\n');
            have += count;
            if (end < 0)
                continue;
            var length = have - count + end;
            _rest = _buffer.AsMemory(length + 1, have - length - 1).ToArray();
            return Encoding.UTF8.GetString(_buffer, 0, length);
        }
        return Encoding.UTF8.GetString(_buffer, 0, have);
    }

    public async Task CopyToAsync(Stream body, CancellationToken stop)
    {
        await body.WriteAsync(_rest, stop);
        while (await program.ReadPartAsync(_buffer, stop) is { Count: > 0 } part)
            if (!part.IsError)
                await body.WriteAsync(_buffer.AsMemory(0, part.Count), stop);
    }
}
