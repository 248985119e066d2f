using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using Xunit;
using static Microsoft.Playwright.Assertions;

namespace OCore.SystemTests.Browser;

/// <summary>How a person guards the own account.</summary>
[Collection(BrowserGroup.Name)]
public sealed class AccountTests(BrowserLab lab, Installation at) : IClassFixture<Installation>
{
    [BrowserFact]
    public async Task An_authenticator_app_is_asked_for_after_the_password_and_recovery_codes_stand_in_for_it()
    {
        var person = await at.PersonAsync("Tess");
        string recovery = "";
        byte[] secret = [];
        await Visitor.VisitAsync(lab, person, async visitor =>
        {
            await visitor.GoAsync(person.In("account?tab=two-factor"));
            await visitor.ClickAsync("Set up");
            await Expect(visitor.Page.GetByRole(AriaRole.Img, new() { NameRegex = new Regex("QR code") })).ToBeVisibleAsync();
            await visitor.IsAccessibleAsync("authenticator app");
            await visitor.PictureAsync("totp");
            secret = FromBase32(await visitor.Dialog("").Locator(".mono").First.InnerTextAsync());
            await visitor.FillAsync("Code that the app shows", CodeOf(secret, DateTimeOffset.UtcNow));
            await visitor.ClickAsync("Turn on");
            await visitor.SeesAsync("Your recovery codes");
            recovery = (await visitor.Page.GetByRole(AriaRole.Dialog).Locator("pre").InnerTextAsync()).Split('\n')[0].Trim();
            await visitor.ClickAsync("I have kept them");
            await Expect(visitor.Button("Turn off")).ToBeVisibleAsync();
        });
        await Visitor.VisitAsync(lab, at, async visitor =>
        {
            await EnterAsync(visitor, person);
            await visitor.FillAsync("Code of your authenticator app", "000000");
            await visitor.ClickAsync("Sign in");
            await Expect(visitor.Alert).ToBeVisibleAsync();
            await visitor.IsAccessibleAsync("second factor");
            // The code of the set-up is used up; the next one is accepted a little before its time.
            await visitor.FillAsync("Code of your authenticator app", CodeOf(secret, DateTimeOffset.UtcNow.AddSeconds(30)));
            await visitor.ClickAsync("Sign in");
            await visitor.SeesHeadingAsync("Agency");
        });
        await Visitor.VisitAsync(lab, at, async visitor =>
        {
            await EnterAsync(visitor, person);
            await visitor.ClickAsync("Use a recovery code instead");
            await visitor.FillAsync("Recovery code", recovery);
            await visitor.ClickAsync("Sign in");
            await visitor.SeesHeadingAsync("Agency");
            await visitor.GoAsync(person.In("account?tab=two-factor"));
            await visitor.ClickAsync("Turn off");
            await visitor.FillAsync("Your password", Installation.Password);
            await visitor.Page.GetByRole(AriaRole.Dialog).GetByRole(AriaRole.Button, new() { Name = "Turn off" }).ClickAsync();
            await Expect(visitor.Button("Set up")).ToBeVisibleAsync();
        });
    }

    [BrowserFact]
    public async Task A_passkey_signs_in_without_a_password()
    {
        var person = await at.PersonAsync("Pia");
        await Visitor.VisitAsync(lab, person, async visitor =>
        {
            var devices = await visitor.Context.NewCDPSessionAsync(visitor.Page);
            await devices.SendAsync("WebAuthn.enable");
            await devices.SendAsync("WebAuthn.addVirtualAuthenticator", new Dictionary<string, object>
            {
                ["options"] = new { protocol = "ctap2", transport = "internal", hasResidentKey = true, hasUserVerification = true, isUserVerified = true, automaticPresenceSimulation = true },
            });
            await visitor.GoAsync(person.In("account?tab=passkeys"));
            await visitor.ClickAsync("Add passkey");
            await visitor.FillAsync("Name", "Laptop");
            await visitor.ClickAsync("Go on");
            await Expect(visitor.Row("Laptop")).ToBeVisibleAsync();

            await visitor.Context.ClearCookiesAsync();
            await visitor.GoAsync("/sign-in");
            await visitor.ClickAsync("Sign in with a passkey");
            await visitor.SeesHeadingAsync("Agency");

            await visitor.GoAsync(person.In("account?tab=passkeys"));
            await visitor.ClickAsync("Remove Laptop");
            await visitor.ClickAsync("Remove passkey");
            await visitor.SeesAsync("No passkeys");
        });
    }

    [BrowserFact]
    public async Task Sessions_elsewhere_are_seen_and_ended()
    {
        var person = await at.PersonAsync("Sue");
        await Visitor.VisitAsync(lab, person, elsewhere => Visitor.VisitAsync(lab, person, async visitor =>
        {
            await elsewhere.GoAsync(person.In("members"));
            await visitor.GoAsync(person.In("account?tab=sessions"));
            await Expect(visitor.Row("this one")).ToHaveCountAsync(1);
            await visitor.ClickAsync("End all others");
            await Expect(visitor.Page.GetByRole(AriaRole.Row)).ToHaveCountAsync(2);
            await elsewhere.FollowAsync("Roles");
            await elsewhere.IsAtAsync("/sign-in");
        }));
    }

    [BrowserFact]
    public async Task The_password_and_the_name_are_changed()
    {
        var person = await at.PersonAsync("Nora");
        await Visitor.VisitAsync(lab, person, async visitor =>
        {
            await visitor.GoAsync(person.In("account"));
            await visitor.FillAsync("Name", "Nora Jones");
            await visitor.ClickAsync("Save");
            await Expect(visitor.Button("Account of Nora Jones", exact: false)).ToBeVisibleAsync();
            await visitor.FollowAsync("Password");
            await visitor.FillAsync("Current password", "wrong");
            await visitor.FillAsync("New password", "short");
            await visitor.ClickAsync("Change password");
            await visitor.SeesAsync("Use at least 8 characters");
            await visitor.FillAsync("New password", "a better password");
            await visitor.FillAsync("New password again", "a better password");
            await visitor.ClickAsync("Change password");
            await Expect(visitor.Alert).ToBeVisibleAsync();
            await visitor.FillAsync("Current password", Installation.Password);
            await visitor.ClickAsync("Change password");
            await visitor.SeesAsync("Your password is changed");
        });
    }

    private static async Task EnterAsync(Visitor visitor, Somebody person)
    {
        await visitor.GoAsync("/sign-in");
        await visitor.FillAsync("E-mail", person.Email);
        await visitor.FillAsync("Password", Installation.Password);
        await visitor.ClickAsync("Sign in");
        await Expect(visitor.Field("Code of your authenticator app")).ToBeFocusedAsync();
    }

    private static byte[] FromBase32(string text)
    {
        var bits = string.Concat(text.Where(char.IsAsciiLetterOrDigit).Select(c => Convert.ToString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(c, StringComparison.Ordinal), 2).PadLeft(5, '0')));
        return [.. Enumerable.Range(0, bits.Length / 8).Select(i => Convert.ToByte(bits.Substring(i * 8, 8), 2))];
    }

    /// <summary>What an authenticator shows (RFC 6238).</summary>
    private static string CodeOf(byte[] secret, DateTimeOffset at)
    {
        var counter = BitConverter.GetBytes(System.Net.IPAddress.HostToNetworkOrder(at.ToUnixTimeSeconds() / 30));
#pragma warning disable CA5350 // authenticators use SHA-1
        var hash = HMACSHA1.HashData(secret, counter);
#pragma warning restore CA5350
        var place = hash[^1] & 15;
        return ((((hash[place] & 127) << 24) | (hash[place + 1] << 16) | (hash[place + 2] << 8) | hash[place + 3]) % 1_000_000).ToString("000000", System.Globalization.CultureInfo.InvariantCulture);
    }
}
