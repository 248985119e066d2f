using System.Net;
using OCore.Client;
using OCore.Features.Servers;
using Xunit;

namespace OCore.SystemTests.Topologies;

/// <summary>The one Redis of a topology stands still: nobody can tell whose session it is, and that is what is said, to people and to programs, until it is back.</summary>
internal static class WithoutRedis
{
    public static async Task NobodyIsSignedOutAsync(TopologyLab lab, TopologyView topology, OdooVisitor visitor)
    {
        var redis = (await lab.OpenAsync(topology)).Layout.Find("redis")!;
        await lab.MachineOf(redis).ShellAsync("docker stop \"$1\" >/dev/null", redis.Container);
        try
        {
            foreach (var path in (string[])["/web", "/odoo", "/web/login"])
                using (var page = await visitor.GetAsync(path))
                    await SaysSoAsync(page);
            using (var called = await visitor.PostAsync("/web/dataset/call_kw/res.partner/search_count", new { model = "res.partner", method = "search_count", args = new object[] { Array.Empty<object>() }, kwargs = new { } }))
                await SaysSoAsync(called);
            // Odoo itself is well, and is not taken out for it.
            await lab.HasNodesAsync(topology, "2");
            foreach (var odoo in (string[])["odoo-1", "odoo-2"])
                Assert.Equal(TopologyNodeState.Running, (await lab.MeasureAsync(topology, odoo)).State);
            Assert.NotEqual(TopologyNodeState.Running, (await lab.MeasureAsync(topology, "redis")).State);
            var seen = await lab.LookAsync(topology);
            var finding = Assert.Single(seen.Findings, f => f.Code == "TP-N08");
            Assert.Equal((FindingSeverity.Error, "redis"), (finding.Severity, Assert.Single(finding.NodeIds)));
        }
        finally
        {
            await lab.MachineOf(redis).ShellAsync("docker start \"$1\" >/dev/null", redis.Container);
        }
        await lab.Scene.UntilAsync(async () => (await lab.MeasureAsync(topology, "redis")).State == TopologyNodeState.Running, "Redis is back", 60);
        // By the same cookie.
        for (var i = 0; i < 4; i++)
            Assert.Equal(2, await visitor.UserAsync());
    }

    private static async Task SaysSoAsync(HttpResponseMessage answer)
    {
        Assert.Equal((HttpStatusCode.ServiceUnavailable, TimeSpan.FromSeconds(5), "text/html"), (answer.StatusCode, answer.Headers.RetryAfter?.Delta, answer.Content.Headers.ContentType?.MediaType));
        // Not of its code, and nothing of a session that has expired.
        Assert.Equal(EdgePages.All["unavailable"], await answer.Content.ReadAsStringAsync());
        Assert.False(answer.Headers.Contains("Set-Cookie"));
    }
}
