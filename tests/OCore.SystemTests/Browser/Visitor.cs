using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace OCore.SystemTests.Browser;

/// <summary>
/// One browser window with cookies of its own. Finds things as people do, by their role and name; and notes what the page
/// complained about, which is a failure at the end of the visit.
/// </summary>
internal sealed class Visitor
{
    private readonly IBrowserContext _context;
    private readonly List<string> _complaints = [];

    private Visitor(IBrowserContext context, IPage page, Installation at)
    {
        _context = context;
        Page = page;
        At = at;
        // A refusal of the API is part of the tests; everything else in the console is a fault of the page.
        page.Console += (_, message) => Note(message.Type is "error" or "warning" && !message.Text.StartsWith("Failed to load resource", StringComparison.Ordinal) ? $"{message.Text} ({message.Location})" : null);
        page.PageError += (_, error) => Note(error);
        page.Response += (_, response) => Note(response.Status == 500 ? $"{response.Status} {response.Url}" : null);
    }

    public IPage Page { get; }
    public Installation At { get; }
    public IBrowserContext Context => _context;
    public string Path => new Uri(Page.Url).PathAndQuery;

    /// <summary>A visit of somebody who is not signed in.</summary>
    public static Task VisitAsync(BrowserLab lab, Installation at, Func<Visitor, Task> what, Window? window = null) => VisitAsync(lab.Browser, at, null, what, window);

    /// <summary>The same in a browser of the test's own.</summary>
    public static Task VisitAsync(IBrowser browser, Installation at, Func<Visitor, Task> what) => VisitAsync(browser, at, null, what, null);

    /// <summary>A visit of somebody who is signed in already, by the way that the sign-in page uses.</summary>
    public static Task VisitAsync(BrowserLab lab, Somebody person, Func<Visitor, Task> what, Window? window = null) => VisitAsync(lab.Browser, person.At, person, what, window);

    private static async Task VisitAsync(IBrowser browser, Installation at, Somebody? person, Func<Visitor, Task> what, Window? window)
    {
        window ??= new Window();
        await using var context = await browser.NewContextAsync(new BrowserNewContextOptions
        {
            BaseURL = at.Url.ToString(), ViewportSize = new ViewportSize { Width = window.Width, Height = window.Height }, Locale = window.Locale,
            ColorScheme = window.Dark ? ColorScheme.Dark : ColorScheme.Light, ReducedMotion = ReducedMotion.Reduce, Permissions = ["clipboard-read", "clipboard-write"],
        });
        context.SetDefaultTimeout(20_000);
        var visitor = new Visitor(context, await context.NewPageAsync(), at);
        try
        {
            if (person is not null)
                await visitor.HasSignedInAsync(person.Email);
            await what(visitor);
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"At {visitor.Page.Url} ({await visitor.LastPictureAsync()}): {failure.Message}\n{string.Join('\n', visitor._complaints)}", failure);
        }
        Assert.True(visitor._complaints.Count == 0, $"The page complained:\n{string.Join('\n', visitor._complaints)}");
    }

    private async Task<string> LastPictureAsync()
    {
        var path = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"ocore-browser-{Guid.CreateVersion7():N}.png");
        await Page.ScreenshotAsync(new PageScreenshotOptions { Path = path });
        return path;
    }

    public async Task HasSignedInAsync(string email, string password = Installation.Password)
    {
        var answer = await _context.APIRequest.PostAsync("/api/auth/login", new APIRequestContextOptions
        {
            DataObject = new { email, password }, Headers = new Dictionary<string, string> { ["X-OCore-Browser"] = "1", ["Origin"] = At.Url.GetLeftPart(UriPartial.Authority) },
        });
        Assert.True(answer.Ok, await answer.TextAsync());
    }

    /// <summary>Goes there, and waits until the page has what it shows.</summary>
    public async Task GoAsync(string path)
    {
        await Page.GotoAsync(path);
        await SettledAsync();
    }

    /// <summary>A heading stands, and no skeleton is left.</summary>
    public async Task SettledAsync()
    {
        await Expect(Page.Locator("h1").First).ToBeVisibleAsync();
        await Expect(Page.Locator(".mantine-Skeleton-root, [role=status][aria-label=Loading]")).ToHaveCountAsync(0);
    }

    public ILocator Button(string name, bool exact = true) => Page.GetByRole(AriaRole.Button, new() { Name = name, Exact = exact });
    public ILocator Link(string name, bool exact = true) => Page.GetByRole(AriaRole.Link, new() { Name = name, Exact = exact });
    public ILocator Heading(string name) => Page.GetByRole(AriaRole.Heading, new() { Name = name, Exact = true });
    public ILocator Dialog(string name) => Page.GetByRole(AriaRole.Dialog, new() { Name = name });
    public ILocator Row(string text) => Page.GetByRole(AriaRole.Row).Filter(new() { HasText = text });
    public ILocator Alert => Page.GetByRole(AriaRole.Alert);

    public Task ClickAsync(string button) => Button(button).ClickAsync();
    public Task FollowAsync(string link) => Link(link).First.ClickAsync();
    public Task FillAsync(string label, string text) => Field(label).FillAsync(text);

    /// <summary>A required field's name ends in an asterisk.</summary>
    public ILocator Field(string label) => Page.GetByLabel(new Regex($"^{Regex.Escape(label)}( \\*)?$")).And(Page.Locator("input:not([type=radio]), textarea")).First;

    /// <summary>Opens a drop-down list and takes an entry.</summary>
    public async Task ChooseAsync(string label, string option)
    {
        await Field(label).ClickAsync();
        await Page.GetByRole(AriaRole.Option, new() { Name = option }).First.ClickAsync();
    }

    public Task SeesAsync(string text) => Expect(Page.GetByText(text).First).ToBeVisibleAsync();
    public Task SeesHeadingAsync(string name) => Expect(Heading(name)).ToBeVisibleAsync();
    public Task IsAtAsync(string pattern) => Expect(Page).ToHaveURLAsync(new Regex(pattern));

    /// <summary>Nothing on the page names the product: a client knows its agency only. The name of the proving DNS record is a contract.</summary>
    public async Task NeverHearsOfOCoreAsync() =>
        Assert.DoesNotMatch(new Regex("(?<!_)ocore", RegexOptions.IgnoreCase), $"{await Page.TitleAsync()} {await Page.Locator("body").InnerTextAsync()}");

    /// <summary>Nothing that WCAG 2.2 AA forbids, as far as a program can tell.</summary>
    public async Task IsAccessibleAsync(string where)
    {
        // While something moves, colours are not what they will be; and the end of one movement can begin the next.
        await Page.EvaluateAsync(
            """
            async () => {
              const moves = () => document.getAnimations().some((animation) => animation.effect?.getComputedTiming().iterations !== Infinity);
              for (let still = 0; still < 3; still = moves() ? 0 : still + 1) await new Promise(requestAnimationFrame);
            }
            """);
        if (!await Page.EvaluateAsync<bool>("() => 'axe' in window"))
            await Page.EvaluateAsync(BrowserLab.Axe.Value);
        var found = await Page.EvaluateAsync<JsonElement>(
            """
            async () => (await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })).violations
              .flatMap((rule) => rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 200)} ${(node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? ''}`))
            """);
        var violations = found.EnumerateArray().Select(v => v.GetString()).ToList();
        Assert.True(violations.Count == 0, $"{where}:\n{string.Join('\n', violations)}");
    }

    /// <summary>The Tab key comes to everything that can be used, in the window and with its focus to be seen, and out again.</summary>
    public async Task IsWalkedByKeyboardAsync(string where)
    {
        var count = await Page.EvaluateAsync<int>(
            """
            () => {
              const radios = new Set();
              const oncePerGroup = (e) => e.type !== 'radio' || (e.checked || !document.querySelector(`input[name="${CSS.escape(e.name)}"]:checked`)) && !radios.has(e.name) && radios.add(e.name);
              const looks = (e) => [e, e.firstElementChild, e.parentElement, e.parentElement?.parentElement].map((x) => { const s = x && getComputedStyle(x); return s && `${s.outline} ${s.boxShadow} ${s.borderColor}`; }).join('|');
              // A dialog has the keys to itself, from where it put them.
              const dialogs = [...document.querySelectorAll('[role=dialog]')].filter((e) => e.checkVisibility());
              const first = document.activeElement;
              first?.blur();
              window.walk = [...(dialogs.at(-1) ?? document).querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')]
                .filter((e) => e.tabIndex >= 0 && !e.disabled && !e.closest('[inert]') && e.checkVisibility({ visibilityProperty: true }) && oncePerGroup(e))
                .map((element) => ({ element, looks: looks(element) }));
              if (dialogs.length) first?.focus();
              window.walked = () => {
                const at = window.walk.find((w) => w.element === document.activeElement);
                if (!at) return document.activeElement === document.body ? 'out' : 'lost at ' + document.activeElement.outerHTML.slice(0, 150);
                const box = at.element.getBoundingClientRect();
                if (box.bottom <= 0 || box.right <= 0 || box.top >= innerHeight || box.left >= innerWidth) return 'not in the window: ' + at.element.outerHTML.slice(0, 150);
                if (looks(at.element) === at.looks) return 'shows no focus: ' + at.element.outerHTML.slice(0, 150);
                at.seen = true;
                return '';
              };
              window.left = () => window.walk.filter((w) => !w.seen).map((w) => w.element.outerHTML.slice(0, 150));
              // A date is several stops: day, month, year, the hour, and what opens the calendar.
              return window.walk.length + 6 * window.walk.filter((w) => /^(date|time|month)/.test(w.element.type)).length;
            }
            """);
        Assert.True(count > 0, $"{where}: nothing to use");
        for (var i = 0; i <= count + 2; i++)
        {
            await Page.Keyboard.PressAsync("Tab");
            var told = await Page.EvaluateAsync<string>("() => window.walked()");
            Assert.True(told is "" or "out", $"{where}: {told}");
        }
        var left = await Page.EvaluateAsync<string[]>("() => window.left()");
        Assert.True(left.Length == 0, $"{where}: the Tab key never comes to\n{string.Join('\n', left)}");
        await Page.EvaluateAsync("() => document.activeElement?.blur()");
    }

    /// <summary>As if the system's appearance changed, while the page is open.</summary>
    public async Task DarkensAsync(bool dark)
    {
        await Page.EmulateMediaAsync(new PageEmulateMediaOptions { ColorScheme = dark ? ColorScheme.Dark : ColorScheme.Light });
        await Expect(Page.Locator("html")).ToHaveAttributeAsync("data-mantine-color-scheme", dark ? "dark" : "light");
    }

    public async Task FitsAsync(string where)
    {
        var over = await Page.EvaluateAsync<int>("() => document.documentElement.scrollWidth - document.documentElement.clientWidth");
        Assert.True(over <= 0, $"{where} is {over} pixels wider than the window.");
    }

    /// <summary>A picture for people to look at, where OCORE_TEST_PICTURES names a folder.</summary>
    public async Task PictureAsync(string name)
    {
        if (Environment.GetEnvironmentVariable("OCORE_TEST_PICTURES") is { Length: > 0 } folder)
            await Page.ScreenshotAsync(new PageScreenshotOptions { Path = System.IO.Path.Combine(folder, name + ".png") });
    }

    /// <summary>What a page says in the console that this test provokes.</summary>
    public void Forgive(string text) => _complaints.RemoveAll(c => c.Contains(text, StringComparison.Ordinal));

    private void Note(string? complaint)
    {
        if (complaint is not null)
            _complaints.Add($"{Page.Url}: {complaint}");
    }
}

/// <summary>How the window is, and what language its person reads.</summary>
internal sealed record Window(bool Dark = false, int Width = 1280, int Height = 800, string Locale = "en-GB")
{
    public static Window Phone { get; } = new(Width: 390, Height: 844);
}
