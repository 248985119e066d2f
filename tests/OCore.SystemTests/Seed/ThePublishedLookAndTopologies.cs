using OCore.Client;
using OCore.Tests;
using OCore.Tests.Servers;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Seed;

/// <summary>The page's commands for branding, portals and topologies, typed as they stand there. They need no server to run on.</summary>
public sealed class ThePublishedLookAndTopologies(TestApp app, ITestOutputHelper output) : IClassFixture<TestApp>
{
    [ReadersShellFact]
    public async Task Branding_portal_domains_and_portal_settings()
    {
        var commands = PublishedPage.Commands("White-Label Configuration", "Infrastructure Topologies");
        Assert.Equal(8, commands.Count);
        var (brand, brandByCli, create, createByCli, verify) = (commands[0], commands[1], commands[2], commands[3], commands[4]);
        var (list, delete, configure) = (commands[5], commands[6], commands[7]);
        var shell = await ShellAsync();

        var look = await shell.AnswerAsync<BrandingView>(brand, 200);
        Assert.Equal(("https://cdn.example.com/agency-logo.png", "#2563eb", "#7c3aed", "Inter", "support@agency.com", "Powered by Agency Inc."),
            (look.LogoUrl, look.PrimaryColor, look.AccentColor, look.FontFamily, look.FromEmail, look.FooterText));
        await shell.DoesAsync(brandByCli);

        var domain = await shell.AnswerAsync<PortalDomainView>(create, 201);
        Assert.Equal(("acme", "erp.acme.com", false, SslStatus.Pending, false), (domain.Subdomain, domain.CustomDomain, domain.DnsVerified, domain.SslStatus, domain.IsActive));
        Assert.NotEmpty(domain.DnsVerificationToken);
        Assert.Equal(domain.Id, (await shell.AnswerAsync<Page<PortalDomainView>>(list, 200)).Data.Single().Id);
        // Nobody has put the record into the DNS.
        Assert.False((await shell.AnswerAsync<PortalDomainView>(verify, 200, ("{domainId}", domain.Id.ToString()))).DnsVerified);
        await shell.AnswerAsync(delete, 204, ("{domainId}", domain.Id.ToString()));
        Assert.Empty((await shell.AnswerAsync<Page<PortalDomainView>>(list, 200)).Data);
        await shell.DoesAsync(createByCli);
        Assert.Equal("erp.acme.com", (await shell.AnswerAsync<Page<PortalDomainView>>(list, 200)).Data.Single().CustomDomain);

        var config = await shell.AnswerAsync<PortalConfigView>(configure, 200);
        Assert.Equal((true, true, false, true, true), (config.FeatureTerminal, config.FeatureFileEditor, config.FeatureOdooShell, config.FeatureMonitoring, config.FeatureBackups));
        Assert.Equal((true, true, false, true, InfrastructureVisibility.Limited), (config.FeatureDomains, config.FeatureLogs, config.FeatureDatabases, config.TeamManagementEnabled, config.InfrastructureVisibility));
    }

    [ReadersShellFact]
    public async Task Topologies()
    {
        var commands = PublishedPage.Commands("Infrastructure Topologies", "Template Management");
        Assert.Equal(6, commands.Count);
        var (create, createByCli, configure, validate, deploy, status) = (commands[0], commands[1], commands[2], commands[3], commands[4], commands[5]);
        var agency = await app.AgencyAsync("Reader");
        var shell = await ShellAsync(agency);
        var (balancer, redis) = (await ServersAndInstances.InsertAsync(app, agency, status: ServerStatus.Active), await ServersAndInstances.InsertAsync(app, agency, status: ServerStatus.Active));

        // The page leaves the drawing out by three dots, which are no JSON.
        Assert.Equal("invalid_json", (await shell.AnswerAsync<ProblemBody>(create, 400)).Code);
        var topology = await shell.AnswerAsync<TopologyView>(create, 201, ("[...]", "[]"));
        Assert.Equal(("HA Production Setup", "High-availability production topology with load balancing"), (topology.Name, topology.Description));
        (string, string) id = ("{topologyId}", topology.Id.ToString());
        var settings = await shell.AnswerAsync<HaConfigView>(configure, 200, id, ("REDIS_SERVER_UUID", redis.Server.ToString()), ("SERVER_UUID", balancer.Server.ToString()));
        Assert.Equal((balancer.Server, redis.Server, true, true), (settings.HaConfig.LbServerId, settings.HaConfig.RedisServerId, settings.HaConfig.RedisEnabled, settings.HaConfig.PgFailoverEnabled));
        Assert.NotEmpty(settings.Proposal.Changes);
        // Nothing is drawn yet: the rules say what is missing, and keep it from being deployed.
        Assert.Contains((await shell.AnswerAsync<TopologyValidation>(validate, 200, id)).Findings, f => f.Severity == FindingSeverity.Error);
        Assert.Equal("topology_invalid", (await shell.AnswerAsync<ProblemBody>(deploy, 409, id)).Code);
        Assert.Equal("not_found", (await shell.AnswerAsync<ProblemBody>(status, 404, id, ("{nodeId}", "lb"))).Code);

        // What the settings lack in the drawing is drawn as proposed; its nodes have a status of their own.
        await app.As(agency.Owner, agency.Org).Put<UpdateTopology, TopologyView>($"/api/topologies/{topology.Id}", new UpdateTopology { Changes = settings.Proposal.Changes });
        var node = (await app.As(agency.Owner, agency.Org).Get<TopologyView>($"/api/topologies/{topology.Id}")).TopologyData.Nodes[0];
        Assert.Equal("not_deployed", (await shell.AnswerAsync<ProblemBody>(status, 409, id, ("{nodeId}", node.Id))).Code);

        await app.As(agency.Owner, agency.Org).Send(HttpMethod.Delete, $"/api/topologies/{topology.Id}");
        await shell.DoesAsync(createByCli);
        Assert.Equal("HA Production Setup", Assert.Single((await app.As(agency.Owner, agency.Org).Get<Page<TopologySummary>>("/api/topologies")).Data).Name);
    }

    /// <summary>Each command of the page is in one of these tests or in <see cref="ThePublishedCommandsRun"/>.</summary>
    [Fact]
    public void Nothing_of_the_page_is_left_out() =>
        Assert.Equal(5 + 8 + 6 + 3, PublishedPage.Text.ReplaceLineEndings("\n").Split('\n').Count(l => l.StartsWith("curl ", StringComparison.Ordinal) || l.StartsWith("ocore ", StringComparison.Ordinal)));

    private async Task<ReadersShell> ShellAsync(TestAgency? agency = null)
    {
        agency ??= await app.AgencyAsync("Reader");
        return new ReadersShell(app.Url, await app.ApiKeyAsync(agency.Owner, agency.Org), output);
    }
}

/// <summary>A test that types the page's commands and needs no server for it; skipped aloud where there is nothing to type them with.</summary>
public sealed class ReadersShellFactAttribute : FactAttribute
{
    public ReadersShellFactAttribute() => Skip = ReadersShell.NoCommandLine!;
}
