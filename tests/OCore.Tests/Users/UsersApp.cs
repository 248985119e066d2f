using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.AuditLog;
using OCore.Features.Users;

namespace OCore.Tests.Users;

/// <summary>Apps where any number of people may sign up and sign in: the limits have tests of their own.</summary>
public sealed class UsersApps : TestApps
{
    protected override void Arrange(TestApp app)
    {
        app.Set("SIGN_INS_PER_MINUTE", "1000");
        app.Set("SIGNUP", "open");
        // Requests by other names that are ours: what follows from them must not.
        app.Set("ALLOWED_HOSTS", "evil.example,portal.localhost");
    }
}

/// <summary>Sign-in as a program or a browser would do it.</summary>
internal static class UsersSteps
{
    public static async Task<HttpResponseMessage> SendAsync(this TestApp app, HttpMethod method, string path, object? body = null, string? token = null, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
            request.Content = JsonContent.Create(body);
        if (token is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        return await app.Anonymous.SendAsync(request);
    }

    public static Task<HttpResponseMessage> PostAsync(this TestApp app, string path, object? body = null, string? token = null, params (string Name, string Value)[] headers) =>
        app.SendAsync(HttpMethod.Post, path, body, token, headers);

    public static Task<HttpResponseMessage> GetAsync(this TestApp app, string path, string? token = null, params (string Name, string Value)[] headers) =>
        app.SendAsync(HttpMethod.Get, path, null, token, headers);

    public static Task<HttpResponseMessage> LoginAsync(this TestApp app, string email, string password = TestApp.Password, string? totp = null, string? recoveryCode = null, params (string Name, string Value)[] headers) =>
        app.PostAsync("/api/auth/login", new { email, password, totp, recoveryCode }, null, headers);

    public static async Task<SessionTokens> TokensAsync(this Task<HttpResponseMessage> call) =>
        (await (await call.IsAsync(HttpStatusCode.OK)).Content.ReadFromJsonAsync(WireJson.Default.SessionTokens))!;

    public static async Task<JsonElement> JsonAsync(this Task<HttpResponseMessage> call) => await (await call).Content.ReadFromJsonAsync<JsonElement>();

    public static async Task<ProblemBody> ProblemAsync(this Task<HttpResponseMessage> call, int status, string code, string? field = null) => await (await call).IsProblemAsync(status, code, field);

    public static async Task IsOkAsync(this Task<HttpResponseMessage> call) => await call.IsAsync(HttpStatusCode.OK);

    public static async Task IsDoneAsync(this Task<HttpResponseMessage> call) => await call.IsAsync(HttpStatusCode.NoContent);

    /// <summary>The account's lines in the audit log, once there is one with this action.</summary>
    public static async Task<List<AuditEntry>> AuditAsync(this TestApp app, TestPerson person, string action)
    {
        for (var i = 0; ; i++)
        {
            await using var db = app.Databases.System();
            var lines = await db.AuditLog.IgnoreQueryFilters([OCore.Platform.Data.OCoreDb.TenantFilter]).AsNoTracking()
                .Where(e => e.ObjectId == person.Id.ToString() && e.Action == action).OrderBy(e => e.Id).ToListAsync();
            if (lines.Count > 0 || i == 100)
                return lines;
            await Task.Delay(50);
        }
    }

    /// <summary>Gives the account an authenticator; returns its seed and the recovery codes.</summary>
    public static async Task<(byte[] Seed, IReadOnlyList<string> Codes)> AddTotpAsync(this TestApp app, TestPerson person)
    {
        var setup = await app.PostAsync("/api/user/totp", null, person.Token).JsonAsync();
        var seed = Base32.Decode(setup.GetProperty("secret").GetString()!);
        var codes = await app.PostAsync("/api/user/totp/confirm", new { code = app.CodeNow(seed) }, person.Token).JsonAsync();
        // The code of now is used up.
        app.Clock.Advance(TimeSpan.FromSeconds(30));
        return (seed, [.. codes.GetProperty("codes").EnumerateArray().Select(c => c.GetString()!)]);
    }

    public static string CodeNow(this TestApp app, byte[] seed, int stepsAway = 0) => Totp.Code(seed, Totp.StepOf(app.Clock.GetUtcNow()) + stepsAway);

    /// <summary>To the beginning of a step: the code of now does not become another one on its way.</summary>
    public static void ToNextStep(this TestApp app)
    {
        var step = TimeSpan.FromSeconds(30).Ticks;
        app.Clock.Advance(TimeSpan.FromTicks(step - (app.Clock.GetUtcNow().Ticks % step)));
    }

    /// <summary>The next step, so that the code of now is one that nobody used.</summary>
    public static string FreshCode(this TestApp app, byte[] seed)
    {
        app.Clock.Advance(TimeSpan.FromSeconds(60));
        return app.CodeNow(seed);
    }
}
