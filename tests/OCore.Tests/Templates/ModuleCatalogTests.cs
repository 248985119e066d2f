using System.Diagnostics;
using OCore.Features.Templates;

namespace OCore.Tests.Templates;

/// <summary>The program that is run in images to learn their modules, on folders as images have them.</summary>
public sealed class ModuleCatalogTests : IDisposable
{
    private readonly string _base = Directory.CreateTempSubdirectory("ocore-modules-").FullName;

    public void Dispose() => Directory.Delete(_base, recursive: true);

    [Theory, InlineData(true), InlineData(false)]
    public async Task Odoo_is_found_where_Python_finds_it_and_is_not_run(bool isRegularPackage)
    {
        // As pip leaves it: all in one package, which is a namespace since Odoo 19.
        Write("odoo/addons/base", "{'name': 'Base'}");
        Write("odoo/addons/web", "{'name': 'Web'}");
        Write("odoo/addons/crm", "{'name': 'CRM', 'category': 'Sales', 'application': True}");
        Write("odoo/addons/hidden", "{'name': 'Hidden', 'installable': False}");
        Write("odoo/addons/broken", "{'name': ");
        if (isRegularPackage)
            File.WriteAllText(Path.Combine(_base, "odoo", "__init__.py"), "raise SystemExit('It was run.')");

        var modules = ModuleCatalog.Told(await RunAsync(_base))!;

        var crm = Assert.Single(modules, m => m.Name == "crm");
        Assert.Equal(("CRM", "Sales", true), (crm.Title, crm.Category, crm.Application));
        Assert.Contains(modules, m => m.Name == "base");
        Assert.DoesNotContain(modules, m => m.Name is "hidden" or "broken");
    }

    [Fact]
    public async Task A_checkout_has_most_modules_beside_the_package()
    {
        Write("odoo/addons/base", "{'name': 'Base'}");
        Write("addons/web", "{'name': 'Web'}");
        Write("addons/crm", "{'name': 'CRM'}");
        Assert.Contains(ModuleCatalog.Told(await RunAsync(_base))!, m => m.Name == "crm");
    }

    [Fact]
    public async Task An_image_that_does_not_show_Odoos_own_modules_cannot_tell()
    {
        Write("odoo/addons/acme", "{'name': 'Acme'}");
        Assert.Null(ModuleCatalog.Told(await RunAsync(_base)));
        // Half of a checkout: the rest is somewhere else.
        Write("odoo/addons/base", "{'name': 'Base'}");
        Assert.Null(ModuleCatalog.Told(await RunAsync(_base)));
        Assert.Null(ModuleCatalog.Told(["[]"]));
        Assert.Null(ModuleCatalog.Told(["python3: not found"]));
        Assert.Null(ModuleCatalog.Told([]));
    }

    private void Write(string folder, string manifest)
    {
        Directory.CreateDirectory(Path.Combine(_base, folder));
        File.WriteAllText(Path.Combine(_base, folder, "__manifest__.py"), manifest);
    }

    private static async Task<List<string>> RunAsync(string path)
    {
        var start = new ProcessStartInfo("python3", ["-c", ModuleCatalog.Program]) { WorkingDirectory = "/", RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PYTHONPATH"] = path;
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await error);
        return [.. output.Split('\n')];
    }
}
