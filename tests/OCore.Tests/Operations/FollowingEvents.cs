using System.Net;
using System.Net.ServerSentEvents;
using OCore.Client;
using OCore.Platform.Operations;

namespace OCore.Tests.Operations;

public sealed class FollowingEvents
{
    /// <summary>Cut off a hundred times, a viewer has seen every event once and in order.</summary>
    [Theory, Sqlite, Postgres]
    public async Task Nothing_is_missed_and_nothing_comes_twice(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        using var http = lab.App.HttpAs(lab.Agency.Owner, lab.Agency.Slug);
        var id = await lab.StartAsync<TalkKind>(new Build("x", Lines: 300));
        var seen = new List<string>();
        var cuts = 0;
        for (var ended = false; !ended;)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/operations/{id}/events");
            if (seen.Count > 0)
                request.Headers.Add("Last-Event-ID", seen[^1]);
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
            Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.MediaType);
            await using var stream = await response.Content.ReadAsStreamAsync();
            ended = true;
            var some = Random.Shared.Next(1, 4);
            await foreach (var item in SseParser.Create(stream).EnumerateAsync())
            {
                seen.Add(item.EventId!);
                if (--some == 0 && cuts < 100)
                {
                    cuts++;
                    ended = false;
                    break;
                }
            }
        }
        var all = (await lab.EventsAsync(id)).Select(e => e.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(100, cuts);
        Assert.Equal(all, seen);
        Assert.Equal(OperationState.Succeeded, (await lab.ReadAsync(id)).State);
        // Nothing is kept for those who followed it, once the last of them is gone.
        await lab.UntilAsync(() => Task.FromResult(!OperationSignals.IsFollowed(id)), "nobody follows it");
    }

    [Theory, Sqlite, Postgres, Trait("Kind", "patient")]
    public async Task A_stream_on_which_nothing_happens_is_open_and_shows_that_it_lives(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        using var http = lab.App.HttpAs(lab.Agency.Owner, lab.Agency.Slug);
        var id = await lab.StartAsync<WaitKind>(new Build("x"));
        await lab.UntilAsync(async () => (await lab.ReadAsync(id)).State == OperationState.Running, "it runs");
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/operations/{id}/events");
        request.Headers.Add("Last-Event-ID", "999999");
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
        await using var stream = await response.Content.ReadAsStreamAsync();
        var sign = new byte[3];
        var read = stream.ReadExactlyAsync(sign, patience.Token).AsTask();
        while (!read.IsCompleted)
        {
            lab.App.Clock.Advance(TimeSpan.FromSeconds(5));
            await Task.WhenAny(read, Task.Delay(20));
        }
        await read;
        Assert.Equal(":\n\n"u8.ToArray(), sign);
        lab.World.Open();
    }

    [Theory, Sqlite, Postgres]
    public async Task Many_viewers_all_see_the_end(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        using var http = lab.App.HttpAs(lab.Agency.Owner, lab.Agency.Slug);
        var id = await lab.StartAsync<TalkKind>(new Build("x", Lines: 20));
        var viewers = await Task.WhenAll(Enumerable.Range(0, 10).Select(async _ =>
        {
            await using var stream = await http.GetStreamAsync($"/api/operations/{id}/events");
            return await SseParser.Create(stream).EnumerateAsync().Select(item => item.EventId!).ToListAsync();
        }));
        Assert.All(viewers, seen => Assert.Equal(viewers[0], seen));
        Assert.Equal((await lab.EventsAsync(id)).Count, viewers[0].Count);
    }

    [Theory, Sqlite, Postgres]
    public async Task A_stranger_sees_nothing(Database database)
    {
        await using var lab = await OperationLab.StartAsync(database);
        var other = await lab.App.AgencyAsync("Other");
        var id = await lab.StartAsync<BuildKind>(new Build("x"));
        using var theirs = lab.App.HttpAs(other.Owner, other.Slug);
        foreach (var path in new[] { $"/api/operations/{id}", $"/api/operations/{id}/events", $"/api/operations/{id}/log" })
            await (await theirs.GetAsync(path)).IsProblemAsync(404, "not_found");
        foreach (var path in new[] { $"/api/operations/{id}/cancel", $"/api/operations/{id}/retry" })
            await (await theirs.PostAsync(path, null)).IsProblemAsync(404, "not_found");
        var stranger = lab.App.As(other.Owner, other.Org);
        await stranger.Post<SkipOperationStep, OperationView>($"/api/operations/{id}/skip", new() { Step = 0, Reason = "x" }).IsRefusedAsync(404, "not_found");
        await stranger.Post<ResolveOperation, OperationView>($"/api/operations/{id}/resolve", new() { Reason = "x" }).IsRefusedAsync(404, "not_found");
        Assert.Equal(HttpStatusCode.Unauthorized, (await lab.App.Anonymous.GetAsync($"/api/operations/{id}/events")).StatusCode);
    }
}
