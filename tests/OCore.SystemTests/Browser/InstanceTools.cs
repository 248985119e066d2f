using System.Text.RegularExpressions;
using Microsoft.Playwright;
using OCore.Client;
using OCore.SystemTests.Remote;
using OCore.Tests.Terminals;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace OCore.SystemTests.Browser;

/// <summary>What a person does with the tools of a running Odoo.</summary>
internal static class InstanceTools
{
    public static async Task UseAsync(Visitor visitor, OCoreHttp api, string instance)
    {
        await FilesAreWrittenAsync(visitor, instance);
        await ConfigurationIsChangedAsync(visitor, instance);
        await BackUpAsync(visitor, instance);
        await visitor.GoAsync(instance + "?tab=domains");
        await visitor.PictureAsync("instance-domains");
        await visitor.GoAsync(instance + "?tab=monitoring");
        await Expect(visitor.Page.Locator("canvas").First).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await visitor.PictureAsync("instance-monitoring");
        await ModuleIsInstalledAsync(visitor, api, instance);
        await LogsScrollAsync(visitor, api, instance);
    }

    /// <summary>In a window of its own, signed in by a link that works once.</summary>
    public static async Task OdooOpensAsync(Visitor visitor, LabServer server)
    {
        var odoo = await visitor.Context.RunAndWaitForPageAsync(() => visitor.ClickAsync("Open Odoo"));
        await odoo.WaitForURLAsync(new Regex($"^http://{Regex.Escape(server.Host.Value)}/(odoo|web)"), new PageWaitForURLOptions { Timeout = 60_000, WaitUntil = WaitUntilState.Commit });
        await Expect(odoo.Locator(".o_main_navbar")).ToBeVisibleAsync(new() { Timeout = 60_000 });
        await odoo.CloseAsync();
    }

    private static async Task FilesAreWrittenAsync(Visitor visitor, string instance)
    {
        await visitor.GoAsync(instance + "?tab=files");
        await visitor.ClickAsync("New folder");
        await visitor.FillAsync("Name", "acme_note");
        await visitor.ClickAsync("Save");
        await visitor.ClickAsync("acme_note");
        await visitor.ClickAsync("New file");
        await visitor.FillAsync("Name", "models.py");
        await visitor.Dialog("New file").GetByRole(AriaRole.Button, new() { Name = "Save" }).ClickAsync();
        var editor = visitor.Page.Locator(".cm-content");
        await Expect(editor).ToBeVisibleAsync(new() { Timeout = 30_000 });
        await editor.ClickAsync();
        await visitor.Page.Keyboard.TypeAsync("def broken(:\n");
        await visitor.Page.Keyboard.PressAsync("Control+s");
        // What is wrong is said before it is saved.
        await Expect(visitor.Page.GetByRole(AriaRole.Alert).First).ToContainTextAsync("Line 1", new() { Timeout = 20_000 });
        await visitor.PictureAsync("files-syntax-error");
        await visitor.Page.Keyboard.PressAsync("Control+a");
        await visitor.Page.Keyboard.TypeAsync("ANSWER = 42\n");
        await visitor.Page.Keyboard.PressAsync("Control+s");
        await visitor.SeesAsync("Saved.");
        await Expect(visitor.Button("Update acme_note")).ToBeEnabledAsync();
        await visitor.PictureAsync("files");
        await visitor.IsAccessibleAsync("files");
    }

    private static async Task ConfigurationIsChangedAsync(Visitor visitor, string instance)
    {
        await visitor.GoAsync(instance + "?tab=files&root=configuration&file=odoo.conf");
        var editor = visitor.Page.Locator(".cm-content");
        await Expect(editor).ToContainTextAsync("list_db", new() { Timeout = 30_000 });
        await editor.ClickAsync();
        await visitor.Page.Keyboard.PressAsync("Control+End");
        await visitor.Page.Keyboard.TypeAsync("\nlimit_time_cpu = 301");
        await visitor.Page.Keyboard.PressAsync("Control+s");
        await visitor.SeesAsync("It takes effect when the instance is restarted");
        await Expect(visitor.Button("Restart now")).ToBeVisibleAsync();
        await visitor.PictureAsync("files-configuration");
    }

    private static async Task BackUpAsync(Visitor visitor, string instance)
    {
        await visitor.GoAsync(instance + "?tab=backups");
        await visitor.ClickAsync("Back up now");
        await visitor.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Back up now" }).ClickAsync();
        await Expect(visitor.Page.GetByText("Intact", new() { Exact = true }).First).ToBeVisibleAsync(new() { Timeout = 120_000 });
        await visitor.PictureAsync("instance-backups");
    }

    /// <summary>Chosen from what the image has; it stands in the list when Odoo has it, without a reload.</summary>
    private static async Task ModuleIsInstalledAsync(Visitor visitor, OCoreHttp api, string instance)
    {
        await visitor.GoAsync(instance + "?tab=modules");
        await Expect(visitor.Row("contacts")).ToBeVisibleAsync();
        await Expect(visitor.Row("uom")).ToHaveCountAsync(0);
        await visitor.ClickAsync("Install modules");
        var dialog = visitor.Dialog("Install modules");
        await dialog.GetByRole(AriaRole.Searchbox, new() { Name = "Search modules" }).FillAsync("uom");
        await dialog.GetByRole(AriaRole.Checkbox, new() { Name = "Units of measure", Exact = true }).CheckAsync();
        await visitor.IsAccessibleAsync("install modules");
        await visitor.PictureAsync("install-modules");
        await dialog.GetByRole(AriaRole.Button, new() { Name = "Install 1 module", Exact = true }).ClickAsync();
        await Expect(dialog).ToBeHiddenAsync();
        await Expect(visitor.Row("uom")).ToContainTextAsync("Installed", new() { Timeout = 180_000 });
        await visitor.PictureAsync("instance-modules-installed");
        var id = instance.Split('/')[^1];
        Assert.Equal("installed", Assert.Single((await api.Get<Page<InstalledModule>>($"/api/instances/{id}/modules?q=uom")).Data, m => m.Name == "uom").State);
        Assert.Equal(InstanceStatus.Running, (await api.Get<InstanceView>($"/api/instances/{id}")).Status);
    }

    /// <summary>A hundred thousand lines come while somebody looks; the page holds as many rows as fit, and scrolls.</summary>
    private static async Task LogsScrollAsync(Visitor visitor, OCoreHttp api, string instance)
    {
        await visitor.GoAsync(instance + "?tab=logs&tail=200");
        await Expect(visitor.Page.GetByRole(AriaRole.Log)).ToContainTextAsync("INFO");
        var id = instance.Split('/')[^1];
        await using (var hand = await TerminalAtHand.OpenAsync(api, $"/api/instances/{id}/terminal", new TerminalMessage
        {
            Type = "start", Tty = false,
            Command = ["python3", "-c", "import time\nf=open('/proc/1/fd/2','w')\nfor n in range(100):\n    f.write(''.join(f'2026-01-01 00:00:00,000 1 INFO x test: row {n*1000+i}\\n' for i in range(1000))); f.flush(); time.sleep(0.1)\n"],
        }))
            await hand.EndAsync(120);
        await Expect(visitor.Page.GetByRole(AriaRole.Log)).ToContainTextAsync("row 99999", new() { Timeout = 60_000 });
        var seen = await visitor.Page.EvaluateAsync<double[]>("""
            async () => {
              const log = document.querySelector('[role=log]');
              const box = log.scrollHeight > log.clientHeight ? log : log.querySelector('*');
              const frames = [];
              let last = performance.now();
              for (let step = 0; step < 60; step++) {
                box.scrollTop = (box.scrollHeight * ((step * 37) % 60)) / 60;
                await new Promise(requestAnimationFrame);
                const now = performance.now();
                frames.push(now - last);
                last = now;
              }
              frames.sort((a, b) => a - b);
              return [log.querySelectorAll('*').length, box.scrollHeight, frames[30], frames[57]];
            }
            """);
        Assert.True(seen[0] < 2000, $"{seen[0]} elements for 100,000 lines");
        Assert.True(seen[1] > 500_000, $"{seen[1]} pixels high");
        // Jumps over the whole of it: on a free machine each is one frame.
        Assert.True(seen[2] < 200, $"median frame {seen[2]:0} ms, 95 % {seen[3]:0} ms");
        await visitor.PictureAsync("logs-100000");
    }
}
