using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Backups;
using OCore.SystemTests.Instances;
using OCore.SystemTests.Remote;
using OCore.Tests;
using OCore.Tests.Agency;
using OCore.Tests.Organizations;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Agency;

/// <summary>A client with people, keys and Odoo on two servers goes, with one of the servers cut off, and nothing of it stays.</summary>
[Collection(OdooLabCollection.Name)]
public sealed class DeletingClients(OdooLab lab, ITestOutputHelper output)
{
    private const int KeepDays = 7;

    private OdooScene Scene => lab.Scene;
    private TestApp App => lab.Scene.App;

    [LabFact]
    public async Task Nothing_is_left_on_the_servers_and_in_the_database()
    {
        var clock = Stopwatch.StartNew();
        var client = await App.ClientOfAsync(Scene.Agency, "Vanishing");
        var instances = await Task.WhenAll(Scene.ProvisionAsync(client, Scene.Servers[0], "Books"), Scene.ProvisionAsync(client, Scene.Servers[1], "Shelves"), Scene.ProvisionAsync(Scene.Client, Scene.Servers[0], "Neighbour"));
        var neighbour = instances[2];
        var people = await PeopleAsync(client);
        foreach (var server in Scene.Servers)
            await Scene.Http.Put<UpdateServer, ServerView>($"/api/servers/{server.Id}", new UpdateServer { Clients = [client.Slug] });
        await Scene.Http.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = "Neighbour's", OdooVersion = "19.0" });
        await Scene.AnswersAsync(instances[0]);
        output.WriteLine($"{clock.Elapsed.TotalSeconds,6:0.0} s  made");

        // A database beside the one that is served goes with a last backup of its own.
        await Scene.EndOfAsync(await Scene.Http.Post<CreateInstanceDatabase, OperationView>($"/api/instances/{instances[0].Id}/databases", new CreateInstanceDatabase { Name = "books_beside" }));

        await lab.Second.DoAsync("cut");
        OperationView deletion;
        try
        {
            deletion = await Scene.Http.Delete<OperationView>($"/api/agency/clients/{client.Slug}?keepBackupDays={KeepDays}");
            await Scene.UntilAsync(async () => (await Scene.Http.Get<OperationView>($"/api/operations/{deletion.Id}")).RetryAt is not null, "the deletion waits for the server that is away", 90);
            Assert.Equal("deleting", (await Scene.Http.Get<ClientView>($"/api/agency/clients/{client.Slug}")).Health);
            await Scene.SaysAsync(instances[0], "no system at this address");
            await App.As(people[0], client).Get<OrganizationView>("/api/organizations/current").IsRefusedAsync(404, "organization_not_found");
            output.WriteLine($"{clock.Elapsed.TotalSeconds,6:0.0} s  waits for the server that is cut off");
        }
        finally
        {
            await lab.Second.DoAsync("heal");
        }
        await Scene.EndOfAsync(deletion);
        output.WriteLine($"{clock.Elapsed.TotalSeconds,6:0.0} s  ended after the server came back");

        await Scene.NothingIsLeftAsync();
        await AreKeptAsync(instances[..2]);
        await OnlyRemembersAsync(client, instances, people, "AuditLog", "Backups");
        await Scene.AnswersAsync(neighbour);

        App.Clock.Advance(TimeSpan.FromDays(KeepDays + 1));
        await Scene.SignInAgainAsync();
        await App.Services.GetRequiredService<BackupSchedules>().RunAsync(CancellationToken.None);
        await Scene.UntilAsync(async () => (await Scene.Http.Get<Page<BackupView>>("/api/backups")).Data.All(b => b.Reason != "deletion"), "the last backups are removed", 60);
        await Scene.NothingIsLeftAsync();
        await OnlyRemembersAsync(client, instances, people, "AuditLog");
        await Scene.DeleteAsync(neighbour);
        await Scene.NothingIsLeftAsync();
        output.WriteLine($"{clock.Elapsed.TotalSeconds,6:0.0} s  done");
    }

    [LabFact]
    public async Task Suspending_takes_away_what_resuming_brings_back()
    {
        var client = await App.ClientOfAsync(Scene.Agency, "Paused");
        var instances = await Task.WhenAll(Scene.ProvisionAsync(client, Scene.Servers[0]), Scene.ProvisionAsync(client, Scene.Servers[1]), Scene.ProvisionAsync(client, Scene.Servers[1]));
        var off = instances[2];
        await Scene.DoAsync(off, "stop");
        var member = App.As(await App.MemberAsync(client, "owner"), client);
        await member.Get<OrganizationView>("/api/organizations/current");

        await Scene.EndOfAsync(await Scene.Http.Post<SuspendClient, OperationView>($"/api/agency/clients/{client.Slug}/suspend", new SuspendClient { Reason = "Unpaid" }));

        foreach (var instance in instances)
        {
            await Scene.SaysAsync(instance, "is suspended");
            Assert.Equal(InstanceStatus.Suspended, (await Scene.InstanceAsync(instance.Id)).Status);
            await Scene.Http.Post<OperationView>($"/api/instances/{instance.Id}/start").IsRefusedAsync(409, "client_suspended");
        }
        foreach (var machine in (LabServer[])[lab.First, lab.Second])
            Assert.Empty(await machine.ShellAsync("docker ps --format '{{.Names}}' | grep ocore-i- || true"));
        await member.Get<OrganizationView>("/api/organizations/current").IsRefusedAsync(403, "organization_suspended");

        await Scene.EndOfAsync(await Scene.Http.Post<OperationView>($"/api/agency/clients/{client.Slug}/resume"));

        await Scene.AnswersAsync(instances[0]);
        await Scene.AnswersAsync(instances[1]);
        await Scene.SaysAsync(off, "switched off");
        Assert.Equal([InstanceStatus.Running, InstanceStatus.Running, InstanceStatus.Stopped], await Task.WhenAll(instances.Select(async i => (await Scene.InstanceAsync(i.Id)).Status)));
        await member.Get<OrganizationView>("/api/organizations/current");
        await Scene.EndOfAsync(await Scene.Http.Delete<OperationView>($"/api/agency/clients/{client.Slug}"));
        await Scene.NothingIsLeftAsync();
    }

    // Somebody of the client alone, somebody who belongs elsewhere too, a key of each, and somebody who never answered.
    private async Task<TestPerson[]> PeopleAsync(TestOrg client)
    {
        var owner = Scene.Agency.Owner;
        var email = $"{App.Slug("only")}@vanishing.example";
        var token = await InvitationsTests.InviteAsync(App, owner, client, email, "owner");
        using var anonymous = new OCoreHttp(App.HttpWith(null));
        var session = await anonymous.Post<AcceptInvitation, SessionTokens>("/api/invitations/accept", new AcceptInvitation { Token = token, Name = "Only Here", Password = TestApp.Password });
        var id = (await new OCoreHttp(App.HttpWith(session.AccessToken)).Get<MeView>("/api/user")).Id;
        var only = new TestPerson(id, "Only Here", email, session.AccessToken, client);
        var both = await App.PersonAsync("Elsewhere");
        await App.JoinAsync(client, both, "developer");
        await App.ApiKeyAsync(only, client);
        await App.ApiKeyAsync(owner, client);
        await InvitationsTests.InviteAsync(App, owner, client, $"{App.Slug("silent")}@vanishing.example", "viewer");
        return [only, both];
    }

    private async Task AreKeptAsync(InstanceView[] instances)
    {
        var kept = (await Scene.Http.Get<Page<BackupView>>("/api/backups")).Data.Where(b => b.Reason == "deletion").ToList();
        Assert.Equal(instances.Select(i => (i.Name, (string?)null)).Append((instances[0].Name, "books_beside")).Order(), kept.Select(b => (b.InstanceName, b.Database)).Order());
        Assert.All(kept, b =>
        {
            Assert.Equal(BackupState.Intact, b.State);
            Assert.Equal(Scene.Agency.Org.Id, b.Organization.Id);
            Assert.True(b.Modules > 10);
        });
    }

    private async Task OnlyRemembersAsync(TestOrg client, IEnumerable<InstanceView> instances, TestPerson[] people, params string[] tables)
    {
        var gone = instances.Take(2).ToList();
        string[] words = [client.Id.ToString(), client.Id.ToString("N"), client.Slug, .. gone.SelectMany(i => (string[])[i.Id.ToString(), i.Id.ToString("N"), i.Slug, i.Database, i.Domain]), people[0].Email, people[0].Id.ToString(), "@vanishing.example"];
        foreach (var word in words)
            Assert.Empty((await DatabaseScan.MentionsAsync(App, word)).Keys.Except(tables).Select(table => $"{word} in {table}"));
        Assert.NotEmpty(await DatabaseScan.MentionsAsync(App, people[1].Email));
    }
}
