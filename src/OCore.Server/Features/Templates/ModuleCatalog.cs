using System.Collections.Concurrent;
using System.Text.Json;
using OCore.Client;
using OCore.Features.Servers;
using OCore.Platform.Data;
using OCore.Platform.Docker;
using OCore.Platform.Operations;
using OCore.Platform.Remote;

namespace OCore.Features.Templates;

/// <summary>What an Odoo image holds, asked of the image itself once and remembered: by what it is, for its name may be given to another one.</summary>
internal sealed class ModuleCatalog(ServerAccess servers, ILogger<ModuleCatalog> log)
{
    // By the server too, and null for oCore's own engine: nobody's server says what is on another.
    private readonly ConcurrentDictionary<(Guid? Server, string Image), Lazy<Task<IReadOnlyList<CatalogModule>?>>> _known = new();

    /// <summary>present, unknown or missing on oCore's own engine.</summary>
    public async Task<string> AvailabilityAsync(string image, CancellationToken stop)
    {
        if (servers.LocalEngine is not { } engine)
            return "unknown";
        try
        {
            return await engine.HasImageAsync(ImageRef.Parse(image), stop) ? "present" : "missing";
        }
        catch (ServerException)
        {
            return "unknown";
        }
    }

    /// <summary>Its modules; null where the image is not on this machine, or does not show them.</summary>
    public async Task<IReadOnlyList<CatalogModule>?> OfAsync(string image, CancellationToken stop) =>
        await IdHereAsync(image, stop) is { } id ? await AskAsync(null, id, image, servers.LocalEngine!, stop) : null;

    /// <summary>Which of these names nobody has who was asked: the image of the server, or the one here where that has none, and the Enterprise sources.</summary>
    /// <param name="enterprise">Their modules, where they are known.</param>
    /// <returns>Null where it cannot be told.</returns>
    public async Task<IReadOnlyList<string>?> UnknownAsync(string image, Server server, IEnumerable<string> wanted, string edition, IReadOnlyList<string>? enterprise, CancellationToken stop)
    {
        var names = wanted.ToList();
        if (names.Count == 0 || edition == "ee" && enterprise is null)
            return null;
        if (await KnownAsync(image, server, stop) is not { } known)
            return null;
        var all = known.Select(m => m.Name).Concat(enterprise ?? []).ToHashSet();
        return [.. names.Where(n => !all.Contains(n))];
    }

    // What the server has is what will run. Where it has none yet, or the very same, the image here is asked, once for all servers.
    private async Task<IReadOnlyList<CatalogModule>?> KnownAsync(string image, Server server, CancellationToken stop)
    {
        if (server.Status is ServerStatus.Active or ServerStatus.Draining)
            try
            {
                var engine = (await servers.ConnectAsync(server, stop)).Docker;
                if (await engine.ImageIdAsync(ImageRef.Parse(image), stop) is { } id && id != await IdHereAsync(image, stop))
                    return await AskAsync(server.Id, id, image, engine, stop);
            }
            catch (Exception away) when (away is ServerException or StepRefusedException or TryLaterException)
            {
                // The one here is as near as it can be told.
            }
        return await OfAsync(image, stop);
    }

    private async Task<string?> IdHereAsync(string image, CancellationToken stop)
    {
        try
        {
            return servers.LocalEngine is { } engine ? await engine.ImageIdAsync(ImageRef.Parse(image), stop) : null;
        }
        catch (ServerException)
        {
            return null;
        }
    }

    private async Task<IReadOnlyList<CatalogModule>?> AskAsync(Guid? server, string id, string image, DockerHost engine, CancellationToken stop)
    {
        var modules = await _known.GetOrAdd((server, id), _ => new(() => ReadAsync(image, engine))).Value.WaitAsync(stop);
        if (modules is null)
            _known.TryRemove((server, id), out _);
        return modules;
    }

    private async Task<IReadOnlyList<CatalogModule>?> ReadAsync(string image, DockerHost engine)
    {
        try
        {
            var lines = new List<string>();
            var result = await engine.RunOnceAsync(new ContainerSpec
            {
                Name = DockerName.Parse("ocore-modules-" + RowId.New().ToString("N")[20..]), Image = ImageRef.Parse(image), NoNetwork = true, Entrypoint = ["python3", "-c", Program],
            }, CancellationToken.None, lines.Add);
            return result.Ok ? Told(lines) : null;
        }
        catch (Exception e) when (e is ServerException or JsonException or IOException)
        {
            log.LogWarning(e, "The modules of {Image} could not be read", image);
            return null;
        }
    }

    /// <summary>What the program printed. Null where Odoo's own base or web is not among it: that image has its modules, or some, where they were not looked for.</summary>
    internal static List<CatalogModule>? Told(List<string> lines)
    {
        if (lines.LastOrDefault(l => l.StartsWith('[')) is not { } json || JsonSerializer.Deserialize<List<CatalogModule>>(json, JsonSerializerOptions.Web) is not { } modules)
            return null;
        var names = modules.Select(m => m.Name).ToHashSet();
        return names.Contains("base") && names.Contains("web") ? modules : null;
    }

    // Python says where Odoo is, without running it: one package with everything, or a checkout with most modules beside the package, as Odoo itself looks for them.
    internal const string Program =
        """
        import ast, glob, importlib.util, json, os
        try:
            spec = importlib.util.find_spec("odoo")
        except Exception:
            spec = None
        roots = ["/usr/lib/python3/dist-packages/odoo/addons"]
        for package in (spec and spec.submodule_search_locations) or []:
            roots += [os.path.join(os.path.dirname(os.path.abspath(package)), "addons"), os.path.join(package, "addons")]
        roots.append("/mnt/extra-addons")
        seen = {}
        for root in dict.fromkeys(map(os.path.realpath, roots)):
            for path in glob.glob(root + "/*/__manifest__.py"):
                name = os.path.basename(os.path.dirname(path))
                try:
                    manifest = ast.literal_eval(open(path, encoding="utf-8").read())
                except Exception:
                    continue
                if manifest.get("installable", True) and not name.startswith("test_"):
                    seen[name] = {"name": name, "title": manifest.get("name", name), "summary": (manifest.get("summary") or "").strip() or None,
                                  "category": manifest.get("category"), "application": bool(manifest.get("application"))}
        print(json.dumps(sorted(seen.values(), key=lambda m: m["name"])))
        """;
}
