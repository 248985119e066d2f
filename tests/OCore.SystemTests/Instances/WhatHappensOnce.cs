using System.Net;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using OCore.Client;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Platform.Data;
using OCore.SystemTests.Remote;
using OCore.Tests;
using Xunit;

namespace OCore.SystemTests.Instances;

/// <summary>Things that are given once, to one: a link into Odoo, a first password, the last room on a server, the last place of a plan.</summary>
[Collection(OdooLabCollection.Name)]
public sealed class WhatHappensOnce(OdooLab lab)
{
    private OdooScene Scene => lab.Scene;

    [LabFact]
    public async Task A_link_into_Odoo_signs_in_once_and_the_first_password_is_shown_once()
    {
        var instance = await Scene.ProvisionAsync(Scene.Client, Scene.First, "Once");
        await Scene.AnswersAsync(instance);
        var link = await Scene.Http.Post<OpenLink>($"/api/instances/{instance.Id}/open");
        var path = new Uri(link.Url).PathAndQuery;
        Assert.Equal(HttpStatusCode.SeeOther, (await AskAsync(instance, path)).Status);
        var (again, text) = await AskAsync(instance, path);
        Assert.Equal(HttpStatusCode.Forbidden, again);
        Assert.Contains("expired or was used", text, StringComparison.Ordinal);
        // Another's signature opens nothing either.
        var (forged, _) = await AskAsync(instance, path[..^4] + "AAAA");
        Assert.Equal(HttpStatusCode.Forbidden, forged);
        // Nor does one that nobody used while it was good. Odoo goes by its server's clock, whatever the test did to oCore's.
        var now = TimeProvider.System.GetUtcNow();
        var (late, words) = await AskAsync(instance, await LinkAsync(instance, now - ConnectAddon.LinkLifetime - TimeSpan.FromSeconds(1)));
        Assert.Equal(HttpStatusCode.Forbidden, late);
        Assert.Contains("expired or was used", words, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.SeeOther, (await AskAsync(instance, await LinkAsync(instance, now))).Status);
        using var client = Scene.App.As(Scene.Agency.Owner with { Token = await Scene.App.SignInAsync(Scene.Agency.Owner.Id) }, Scene.Client);
        Assert.Contains((await client.Get<Page<AuditEntryView>>("/api/audit-logs?limit=50")).Data, a => a.Action == "instance.opened" && a.ObjectId == instance.Id.ToString());

        // Of several who ask at once, one is shown it.
        var shown = await Task.WhenAll(Enumerable.Range(0, 6).Select(async _ =>
        {
            try
            {
                return (await Scene.Http.Post<AdminCredentials>($"/api/instances/{instance.Id}/admin-password/reveal")).Password;
            }
            catch (OCoreException refused) when (refused.Problem.Code == "already_shown")
            {
                return null;
            }
        }));
        Assert.NotEmpty(Assert.Single(shown, p => p is not null)!);
        await Scene.Http.Post<AdminCredentials>($"/api/instances/{instance.Id}/admin-password/reveal").IsRefusedAsync(409, "already_shown");
        await Scene.DeleteAsync(instance);
        await Scene.NothingIsLeftAsync();
    }

    [LabFact]
    public async Task Of_several_who_want_the_last_room_on_a_server_one_gets_it()
    {
        ServerView server = null!;
        await Scene.UntilAsync(async () => (server = await Scene.Http.Get<ServerView>($"/api/servers/{Scene.First.Id}")).Status == ServerStatus.Active, "the server is reachable", 40);
        // More than half of what any server has free, so that two do not fit.
        var template = await Scene.Http.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = "Roomy", OdooVersion = "19.0", DefaultWorkers = 0, MemoryMb = (int)(server.Facts!.MemoryBytes >> 20) * 6 / 10 });
        var answers = await Task.WhenAll(Enumerable.Range(0, 4).Select(async _ =>
        {
            try
            {
                return (await Scene.Http.Post<ProvisionInstance, OperationView>($"/api/templates/{template.Id}/provision", new ProvisionInstance { ServerId = server.Id.ToString(), Organization = Scene.Client.Slug }), null);
            }
            catch (OCoreException refused)
            {
                return ((OperationView?)null, refused.Problem.Code);
            }
        }));
        var begun = Assert.Single(answers, a => a.Item1 is not null).Item1!;
        Assert.Equal(3, answers.Count(a => a.Item2 == "server_capacity"));
        await Scene.DeleteAsync(await Scene.InstanceAsync((await Scene.EndOfAsync(begun)).InstanceId!.Value));
        await Scene.Http.Send(HttpMethod.Delete, $"/api/templates/{template.Id}");
        await Scene.NothingIsLeftAsync();
    }

    [LabFact]
    public async Task A_full_plan_provisions_nothing()
    {
        var admin = Scene.App.As(await Scene.App.OperatorAsync());
        var before = (await admin.Get<Page<AdminOrganizationView>>("/api/admin/organizations?limit=200")).Data.Single(o => o.Slug == Scene.Agency.Slug).Plan;
        var plan = await admin.Post<CreatePlan, PlanView>("/api/admin/plans", new CreatePlan { Name = "Full", Slug = "full", Features = ["agency", "templates"], Limits = new PlanLimits { Instances = 0 } });
        await admin.Put<AssignPlan, AdminOrganizationView>($"/api/admin/organizations/{Scene.Agency.Slug}/plan", new AssignPlan { Plan = plan.Slug });
        try
        {
            var refused = await Scene.BeginProvisioningAsync(Scene.Client, Scene.First).IsRefusedAsync(403, "limit_reached");
            Assert.Equal("instances", refused.More!["limit"].GetString());
        }
        finally
        {
            await admin.Put<AssignPlan, AdminOrganizationView>($"/api/admin/organizations/{Scene.Agency.Slug}/plan", new AssignPlan { Plan = before });
        }
        await Scene.NothingIsLeftAsync();
    }

    /// <summary>An earlier oCore let a template be public with a password in it.</summary>
    [LabFact]
    public async Task A_client_gets_no_secret_of_a_template_that_its_agency_offers()
    {
        var template = await Scene.Http.Post<CreateTemplate, TemplateView>("/api/templates", new CreateTemplate { Name = "Offered", OdooVersion = "19.0", Config = new Dictionary<string, string> { ["smtp_password"] = "for nobody", ["log_level"] = "warn" } });
        var grant = new ServerGrant { OrgId = Scene.Agency.Org.Id, ServerId = Scene.First.Id, ClientId = Scene.Client.Id };
        await using (var db = Scene.App.Databases.System())
        {
            await db.Templates.AcrossTenants().Where(t => t.Id == template.Id).ExecuteUpdateAsync(s => s.SetProperty(t => t.IsPublic, true));
            db.Add(grant);
            await db.SaveChangesAsync();
        }
        using var member = Scene.App.As(await Scene.App.MemberAsync(Scene.Client, "owner"), Scene.Client);
        var path = $"/api/templates/{template.Id}/provision?dryRun=true";
        var theirs = await member.Post<ProvisionInstance, ProvisionPlan>(path, new ProvisionInstance { ServerId = Scene.First.Id.ToString() });
        var ours = await Scene.Http.Post<ProvisionInstance, ProvisionPlan>(path, new ProvisionInstance { ServerId = Scene.First.Id.ToString(), Organization = Scene.Client.Slug });
        Assert.Contains("smtp_password", ours.OdooConf, StringComparison.Ordinal);
        Assert.Contains("log_level = warn", theirs.OdooConf, StringComparison.Ordinal);
        Assert.DoesNotContain("smtp_password", theirs.OdooConf, StringComparison.Ordinal);
        await using (var db = Scene.App.Databases.System())
        {
            db.Remove(grant);
            await db.SaveChangesAsync();
        }
        await Scene.Http.Send(HttpMethod.Delete, $"/api/templates/{template.Id}");
        await Scene.NothingIsLeftAsync();
    }

    /// <summary>Where a link leads that oCore made at this time.</summary>
    private async Task<string> LinkAsync(InstanceView instance, DateTimeOffset at)
    {
        await using var db = Scene.App.Databases.System();
        var plan = Scene.App.Services.GetRequiredService<InstanceHost>().PlanOf(await db.Instances.AcrossTenants().AsNoTracking().SingleAsync(i => i.Id == instance.Id));
        return $"/hosting/connect?token={ConnectAddon.Token(plan.ConnectKey, plan.Database, "admin", Scene.Agency.Owner.Email, at)}";
    }

    /// <summary>The answer itself, wherever it leads.</summary>
    private async Task<(HttpStatusCode Status, string Text)> AskAsync(InstanceView instance, string path)
    {
        using var http = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false, UseCookies = false }) { Timeout = TimeSpan.FromSeconds(60) };
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://{lab.First.Host.Value}{path}")) { Headers = { Host = instance.Domain } };
        using var answer = await http.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
