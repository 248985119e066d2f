using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace OCore.SystemTests.Browser;

/// <summary>An installation whose first administrator's password is made at its first start.</summary>
public sealed class NewInstallation : Installation
{
    protected override IEnumerable<(string Name, string Value)> Settings => [("ADMIN_EMAIL", OperatorEmail)];

    internal string FirstPassword => Regex.Match(Log, @"one-time password: (\S+)").Groups[1].Value;
    internal static string FirstEmail => OperatorEmail;
}

/// <summary>The first minute with a new installation.</summary>
[Collection(BrowserGroup.Name)]
public sealed class ComingInTests(BrowserLab lab, NewInstallation at) : IClassFixture<NewInstallation>
{
    [BrowserFact]
    public Task The_first_administrator_chooses_a_password_and_enables_agency_mode() => Visitor.VisitAsync(lab, at, async visitor =>
    {
        await visitor.GoAsync("/");
        await visitor.IsAtAsync("/sign-in$");
        await visitor.IsAccessibleAsync("sign-in");
        await visitor.FillAsync("E-mail", NewInstallation.FirstEmail);
        await visitor.FillAsync("Password", "not the password");
        await visitor.ClickAsync("Sign in");
        await Expect(visitor.Alert).ToContainTextAsync("invalid_credentials");
        await visitor.FillAsync("Password", at.FirstPassword);
        await visitor.ClickAsync("Sign in");

        await visitor.SeesHeadingAsync("Choose your password");
        await visitor.IsAccessibleAsync("first password");
        await visitor.FillAsync("Current password", at.FirstPassword);
        await visitor.FillAsync("New password", Installation.Password);
        await visitor.FillAsync("New password again", Installation.Password);
        await visitor.ClickAsync("Set password");

        // As the published guide says: Agency in the sidebar, then the button.
        await visitor.FollowAsync("Agency");
        await visitor.IsAtAsync("/agency$");
        await visitor.PictureAsync("enable-agency");
        await visitor.ClickAsync("Enable Agency Mode");
        await visitor.SeesHeadingAsync("Needs attention");
        await Expect(visitor.Page.GetByText("No clients yet")).ToBeVisibleAsync();
        await visitor.Page.ReloadAsync();
        await visitor.SeesHeadingAsync("Needs attention");

        await visitor.Page.GetByRole(AriaRole.Button, new() { NameRegex = new Regex("^Account of") }).ClickAsync();
        await visitor.Page.GetByRole(AriaRole.Menuitem, new() { Name = "Sign out" }).ClickAsync();
        await visitor.IsAtAsync("/sign-in");
        await visitor.GoAsync("/admin/plans");
        await visitor.IsAtAsync("/sign-in");
    });

    [BrowserFact]
    public async Task Who_follows_a_link_without_being_signed_in_comes_back_to_it()
    {
        var person = await at.PersonAsync("Ada");
        await Visitor.VisitAsync(lab, at, async visitor =>
        {
            await visitor.GoAsync(person.In("members?q=ada"));
            await visitor.IsAtAsync("/sign-in\\?to=");
            await visitor.FillAsync("E-mail", person.Email);
            await visitor.FillAsync("Password", Installation.Password);
            await visitor.Page.Keyboard.PressAsync("Enter");
            await visitor.SeesHeadingAsync("Members");
            Assert.Equal(person.In("members?q=ada"), visitor.Path);
        });
    }

    [BrowserFact]
    public async Task A_forgotten_password_is_replaced_by_a_mailed_link()
    {
        var person = await at.PersonAsync("Grace");
        await Visitor.VisitAsync(lab, at, async visitor =>
        {
            await visitor.GoAsync("/sign-in");
            await visitor.FollowAsync("Forgot your password?");
            await visitor.FillAsync("E-mail", person.Email);
            await visitor.ClickAsync("Send the link");
            await visitor.SeesHeadingAsync("Look into your mail");
            await visitor.IsAccessibleAsync("forgotten password");
            var link = await at.MailedLinkAsync(person.Email);
            await visitor.GoAsync(link);
            await visitor.FillAsync("New password", "another good password");
            await visitor.ClickAsync("Set password");
            await visitor.SeesHeadingAsync("Your password is changed");
            await visitor.FollowAsync("Sign in");
            await visitor.FillAsync("E-mail", person.Email);
            await visitor.FillAsync("Password", "another good password");
            await visitor.ClickAsync("Sign in");
            await visitor.SeesHeadingAsync("Agency");
        });
    }

    [BrowserFact]
    public async Task Addresses_of_nothing_and_of_others_say_so_and_lead_back()
    {
        var (mine, other) = (await at.PersonAsync("Mine"), await at.PersonAsync("Other"));
        await Visitor.VisitAsync(lab, mine, async visitor =>
        {
            await visitor.Page.GotoAsync("/no/such/page");
            await visitor.SeesAsync("There is no such page");
            await visitor.IsAccessibleAsync("not found");
            await visitor.FollowAsync("Go to the start");
            await visitor.SeesHeadingAsync("Agency");

            await visitor.Page.GotoAsync(other.In("members"));
            await Expect(visitor.Alert).ToContainTextAsync("organization_not_found");
            await visitor.IsAccessibleAsync("organization of others");
            await visitor.FollowAsync("Go to your own organization");
            await visitor.IsAtAsync($"/o/{mine.Slug}/");

            foreach (var nothing in (string[])["instances/nothing", "servers/nothing", "templates/nothing", "operations/nothing", "roles/nothing"])
            {
                await visitor.GoAsync(mine.In(nothing));
                await Expect(visitor.Alert).ToBeVisibleAsync();
                await visitor.IsAccessibleAsync(nothing);
            }
        });
    }

    [BrowserFact]
    public async Task A_server_that_does_not_answer_is_said_and_tried_again()
    {
        var person = await at.PersonAsync("Patient");
        await Visitor.VisitAsync(lab, person, async visitor =>
        {
            await visitor.GoAsync(person.In("members"));
            await visitor.Context.RouteAsync("**/api/roles*", route => route.AbortAsync());
            await visitor.FollowAsync("Roles");
            await Expect(visitor.Alert).ToContainTextAsync("cannot be reached");
            await visitor.Context.UnrouteAllAsync();
            await visitor.ClickAsync("Try again");
            await Expect(visitor.Row("Developer")).ToBeVisibleAsync();
        });
    }
}
