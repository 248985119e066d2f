using System.Net;
using OCore.Tests.Servers;
using OCore.Tests.Users;

namespace OCore.Tests.Metrics;

public sealed class MetricsTests
{
    private const string Token = "a token for prometheus alone";

    [Theory, Sqlite, Postgres]
    public async Task They_are_for_the_token_and_for_operators(Database database)
    {
        await using var app = await TestApp.StartAsync(database, a => a.Set("METRICS_TOKEN", Token));
        var agency = await app.AgencyAsync("Secretive");
        await ServersAndInstances.InsertAsync(app, agency);
        var boss = await app.OperatorAsync();
        await app.GetAsync("/metrics").ProblemAsync(401, "unauthenticated");
        await app.GetAsync("/metrics", "another token for somebody else").ProblemAsync(401, "unauthenticated");
        await app.GetAsync("/metrics", agency.Owner.Token).ProblemAsync(401, "unauthenticated");
        // A key of an operator is no operator.
        await app.GetAsync("/metrics", await app.ApiKeyAsync(boss, boss.Home)).ProblemAsync(401, "unauthenticated");
        foreach (var token in (string[])[Token, boss.Token])
        {
            var answer = await app.GetAsync("/metrics", token).IsAsync(HttpStatusCode.OK);
            Assert.Equal("text/plain; version=0.0.4; charset=utf-8", answer.Content.Headers.ContentType?.ToString());
            var text = await answer.Content.ReadAsStringAsync();
            Assert.Contains("\nocore_instances{status=\"running\",health=\"healthy\"} 1\n", text, StringComparison.Ordinal);
            Assert.Contains("\nocore_servers{status=\"failed\"} 1\n", text, StringComparison.Ordinal);
            Assert.Contains("http_server_request_duration_seconds_count{", text, StringComparison.Ordinal);
            Assert.Contains("# TYPE http_server_request_duration_seconds histogram", text, StringComparison.Ordinal);
            // How many, and not whose.
            Assert.DoesNotContain("ecretive", text, StringComparison.Ordinal);
            Assert.All(text.Split('\n', StringSplitOptions.RemoveEmptyEntries), line => Assert.Matches("""^(# (HELP|TYPE) [a-z0-9_]+ .*|[a-z0-9_]+(\{([a-z0-9_]+="([^"\\]|\\.)*",?)+\})? (-?[0-9.]+(E[-+]?[0-9]+)?|\+Inf|NaN))$""", line));
        }
    }

    [Fact]
    public async Task Without_a_token_they_are_for_operators_alone()
    {
        await using var app = await TestApp.StartAsync();
        await app.GetAsync("/metrics").ProblemAsync(401, "unauthenticated");
        await app.GetAsync("/metrics", "").ProblemAsync(401, "unauthenticated");
        await app.GetAsync("/metrics", (await app.OperatorAsync()).Token).IsOkAsync();
        var refused = await Assert.ThrowsAsync<WrongConfigurationException>(() => TestApp.StartAsync(arrange: a => a.Set("METRICS_TOKEN", "short")));
        Assert.Contains("OCORE_METRICS_TOKEN", refused.Message, StringComparison.Ordinal);
    }
}
