using System.Text;
using OCore.Client;

namespace OCore.Tests.Portal;

/// <summary>The switches of the portal: the documentation's defaults and literal request, inheritance, and who may set them.</summary>
public sealed class PortalConfigTests(TestApps apps) : IClassFixture<TestApps>
{
    [Theory, Sqlite, Postgres]
    public async Task Everything_is_on_until_it_is_switched_off(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Defaults");
        var view = await app.As(agency.Owner, agency.Org).Get<PortalConfigView>("/api/agency/portal-config");
        Assert.True(view is { FeatureTerminal: true, FeatureFileEditor: true, FeatureOdooShell: true, FeatureMonitoring: true, FeatureBackups: true, FeatureDomains: true, FeatureLogs: true, FeatureDatabases: true, TeamManagementEnabled: true });
        Assert.Equal(InfrastructureVisibility.Full, view.InfrastructureVisibility);
        Assert.Empty(view.Overridden);
    }

    [Theory, Sqlite, Postgres]
    public async Task The_request_of_the_documentation_works_as_written(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Config");
        using var http = app.HttpAs(agency.Owner, agency.Slug);
        using var answer = await http.PutAsync("/api/agency/portal-config", new StringContent("""
            {"featureTerminal": true, "featureFileEditor": true, "featureOdooShell": false, "featureMonitoring": true, "featureBackups": true, "featureDomains": true,
             "featureLogs": true, "featureDatabases": false, "teamManagementEnabled": true, "infrastructureVisibility": "limited"}
            """, Encoding.UTF8, "application/json"));
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync());
        var view = await app.As(agency.Owner, agency.Org).Get<PortalConfigView>("/api/agency/portal-config");
        Assert.True(view is { FeatureOdooShell: false, FeatureDatabases: false, FeatureTerminal: true, InfrastructureVisibility: InfrastructureVisibility.Limited });
    }

    [Theory, Sqlite, Postgres]
    public async Task A_client_inherits_until_it_is_set_for_it(Database database)
    {
        var app = await apps.OnAsync(database);
        var agency = await app.AgencyAsync("Heirs");
        var client = await app.ClientOfAsync(agency, "Heir");
        var api = app.As(agency.Owner, agency.Org);
        var path = $"/api/agency/clients/{client.Slug}/portal-config";
        await api.Put<UpdatePortalConfig, PortalConfigView>("/api/agency/portal-config", new UpdatePortalConfig { FeatureLogs = false, FeatureBackups = false });
        var own = await api.Put<UpdatePortalConfig, PortalConfigView>(path, new UpdatePortalConfig { FeatureLogs = true });
        Assert.True(own is { FeatureLogs: true, FeatureBackups: false } && !own.Inherited.FeatureLogs);
        Assert.Equal(["featureLogs"], own.Overridden);
        using var http = app.HttpAs(agency.Owner, agency.Slug);
        using var revert = await http.PutAsync(path, new StringContent("{\"featureLogs\":null}", Encoding.UTF8, "application/json"));
        Assert.True((await api.Get<PortalConfigView>(path)) is { FeatureLogs: false, Overridden.Count: 0 });
        // A client does not set its own.
        await app.As(await app.MemberAsync(client, "owner"), client).Get<PortalConfigView>("/api/agency/portal-config").IsRefusedAsync(409, "agency_not_enabled");
        var other = await app.AgencyAsync("Strangers");
        await app.As(other.Owner, other.Org).Get<PortalConfigView>(path).IsRefusedAsync(404, "not_found");
    }
}
