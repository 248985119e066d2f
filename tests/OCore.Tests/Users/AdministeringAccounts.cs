using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Organizations;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Tests.Users;

/// <summary>Whoever runs the installation looks after its accounts.</summary>
public sealed class AdministeringAccounts(TestApps apps) : IClassFixture<TestApps>
{
    [Theory, Sqlite, Postgres]
    public async Task A_disabled_account_is_out_at_once_and_back_when_enabled(Database database)
    {
        var app = await apps.OnAsync(database);
        var boss = await app.OperatorAsync();
        using var http = app.As(boss, boss.Home);
        var ada = await app.PersonAsync("Ada Disabled");
        var key = await app.ApiKeyAsync(ada, ada.Home);
        using var byKey = new OCoreHttp(app.HttpWith(key));
        await byKey.Get<MeView>("/api/user");
        var found = Assert.Single((await http.Get<Page<AccountView>>("/api/admin/users?q=ADA%20dis")).Data);
        Assert.Equal((ada.Id, ada.Email, false, ada.Home.Slug), (found.Id, found.Email, found.IsOperator, Assert.Single(found.Organizations).Slug));
        Assert.NotNull(found.LastSeenAt);

        var disabled = await http.Post<AccountView>($"/api/admin/users/{ada.Id}/disable");
        Assert.NotNull(disabled.DisabledAt);
        Assert.Equal(disabled.DisabledAt!.Value.ToUnixTimeMilliseconds(), (await http.Post<AccountView>($"/api/admin/users/{ada.Id}/disable")).DisabledAt!.Value.ToUnixTimeMilliseconds());
        await app.As(ada).Get<MeView>("/api/user").IsRefusedAsync(401, "unauthenticated");
        await byKey.Get<MeView>("/api/user").IsRefusedAsync(401, "unauthenticated");
        await app.LoginAsync(ada.Email).ProblemAsync(401, "invalid_credentials");
        Assert.Contains((await http.Get<Page<AccountView>>("/api/admin/users?disabled=true")).Data, a => a.Id == ada.Id);
        Assert.DoesNotContain((await http.Get<Page<AccountView>>("/api/admin/users?disabled=false&limit=200")).Data, a => a.Id == ada.Id);

        Assert.Null((await http.Post<AccountView>($"/api/admin/users/{ada.Id}/enable")).DisabledAt);
        await app.LoginAsync(ada.Email).TokensAsync();
        await byKey.Get<MeView>("/api/user");
        // The sessions of before stay ended.
        await app.As(ada).Get<MeView>("/api/user").IsRefusedAsync(401, "unauthenticated");
        Assert.Equal(boss.Id, Assert.Single(await app.AuditAsync(ada, "user.enabled")).ActorId);
        Assert.NotEmpty(await app.AuditAsync(ada, "user.disabled"));
    }

    [Theory, Sqlite, Postgres]
    public async Task Operators_make_operators_and_never_shut_themselves_out(Database database)
    {
        var app = await apps.OnAsync(database);
        var boss = await app.OperatorAsync();
        using var http = app.As(boss, boss.Home);
        var ada = await app.PersonAsync("Ada Operator");
        using var adas = app.As(ada);
        await adas.Get<Page<AccountView>>("/api/admin/users").IsRefusedAsync(403, "operator_only");
        Assert.True((await http.Put<UpdateAccount, AccountView>($"/api/admin/users/{ada.Id}", new UpdateAccount { IsOperator = true })).IsOperator);
        await adas.Get<Page<AccountView>>("/api/admin/users");
        foreach (var person in (TestPerson[])[boss, ada])
        {
            using var own = app.As(person);
            await own.Post<AccountView>($"/api/admin/users/{person.Id}/disable").IsRefusedAsync(409, "own_account");
            await own.Put<UpdateAccount, AccountView>($"/api/admin/users/{person.Id}", new UpdateAccount { IsOperator = false }).IsRefusedAsync(409, "own_account");
        }
        await http.Put<UpdateAccount, AccountView>($"/api/admin/users/{ada.Id}", new UpdateAccount { IsOperator = false });
        await adas.Get<Page<AccountView>>("/api/admin/users").IsRefusedAsync(403, "operator_only");
        await http.Get<AccountView>($"/api/admin/users/{Guid.CreateVersion7()}").IsRefusedAsync(404, "not_found");
    }

    [Theory, Sqlite]
    public async Task The_invitations_of_a_disabled_account_are_void(Database database)
    {
        var app = await apps.OnAsync(database);
        var boss = await app.OperatorAsync();
        var agency = await app.AgencyAsync("Voids");
        var (token, now) = (Tokens.New(), app.Clock.GetUtcNow());
        await using (var db = app.Databases.System())
        {
            var role = await db.OrgRoles.AcrossTenants().SingleAsync(r => r.OrgId == agency.Org.Id && r.Slug == "viewer");
            db.Add(new Invitation
            {
                OrgId = agency.Org.Id, Email = "invited@people.example", RoleId = role.Id, InvitedById = agency.Owner.Id, InvitedBy = "somebody", TokenHash = Tokens.Hash(token), CreatedAt = now, ExpiresAt = now.AddDays(2),
            });
            await db.SaveChangesAsync();
        }
        await app.PostAsync("/api/invitations/preview", new { token }).IsOkAsync();
        await app.As(boss, boss.Home).Post<AccountView>($"/api/admin/users/{agency.Owner.Id}/disable");
        await app.PostAsync("/api/invitations/preview", new { token }).ProblemAsync(404, "invitation_invalid");
    }
}
