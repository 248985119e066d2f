using Microsoft.AspNetCore.Http;

namespace OCore.Tests.Cli;

[Collection("cli")]
public sealed class OperationWaitTests
{
    private const string Path = $"/api/operations/{Wire.OperationId}";

    [Fact]
    public async Task Without_wait_the_operation_is_named_and_left()
    {
        await using var server = await FakeOCore.Start();
        using var typist = new Typist().Env("OCORE_URL", server.Url).Env("OCORE_TOKEN", "t");
        server.On("POST /api/instances/acme-erp/restart", 202, Wire.Operation("pending"));
        var ran = await typist.Run("instance", "restart", "acme-erp", "--quiet");
        Assert.Equal((0, Wire.OperationId + "\n"), (ran.ExitCode, ran.Out));
        Assert.NotNull(server.Only("POST /api/instances/acme-erp/restart").Header("Idempotency-Key"));
    }

    [Fact]
    public async Task The_stream_is_taken_up_again_where_it_broke_off()
    {
        await using var server = await FakeOCore.Start();
        using var typist = new Typist().Env("OCORE_URL", server.Url).Env("OCORE_TOKEN", "t");
        var ended = false;
        server.On("POST /api/instances/acme-erp/restart", 202, Wire.Operation("pending"));
        server.On("GET " + Path, async http =>
        {
            http.Response.ContentType = "application/json";
            await http.Response.WriteAsync(Wire.Operation(ended ? "succeeded" : "running"));
        });
        server.On($"GET {Path}/events", async http =>
        {
            http.Response.ContentType = "text/event-stream";
            var resumed = http.Request.Headers["Last-Event-ID"] == "1";
            ended = resumed;
            await http.Response.WriteAsync(resumed ? Wire.Event(2, null, "succeeded") : Wire.Event(1, 1, "done"));
        });
        var ran = await typist.Run("instance", "restart", "acme-erp", "--wait");
        Assert.Equal($"Provision Acme ERP: done in 12.0 s ({Wire.OperationId})\n", ran.Out);
        Assert.Equal("03:04:01  create database: done\n03:04:02  Provision Acme ERP: succeeded\n", ran.Err);
        Assert.Equal(0, ran.ExitCode);
    }

    [Theory]
    [InlineData("rolled_back", "failed, and undone")]
    [InlineData("cancelled", "cancelled")]
    [InlineData("stuck", "stuck: it needs a person")]
    public async Task An_operation_that_does_not_succeed_is_6(string state, string said)
    {
        await using var server = await FakeOCore.Start();
        using var typist = new Typist().Env("OCORE_URL", server.Url).Env("OCORE_TOKEN", "t");
        server.On("GET " + Path, Wire.Operation(state, """{"code":"image_missing","message":"The image is not there.","hint":"Build it."}"""));
        var ran = await typist.Run("operation", "watch", Wire.OperationId);
        Assert.Contains(said, ran.Out);
        Assert.Contains("Error: The image is not there.\nHint: Build it.\nCode: image_missing", ran.Err);
        Assert.Equal(6, ran.ExitCode);
    }

    [Fact]
    public async Task A_step_is_skipped_by_its_name_with_a_reason()
    {
        await using var server = await FakeOCore.Start();
        using var typist = new Typist().Env("OCORE_URL", server.Url).Env("OCORE_TOKEN", "t");
        server.On("GET " + Path, Wire.Operation("stuck")).On($"POST {Path}/skip", Wire.Operation("unwinding"));
        Assert.Equal(0, (await typist.Run("operation", "skip", Wire.OperationId, "--step", "Start container", "--reason", "Its server is gone.")).ExitCode);
        Assert.Equal("""{"step":2,"reason":"Its server is gone."}""", server.Only($"POST {Path}/skip").Body);
        var unknown = await typist.Run("operation", "skip", Wire.OperationId, "--step", "stop", "--reason", "x");
        Assert.Equal(4, unknown.ExitCode);
        Assert.Contains("create database, start container", unknown.Err);
        Assert.Equal(2, (await typist.Run("operation", "skip", Wire.OperationId, "--step", "2")).ExitCode);
    }

    [Theory]
    [InlineData("Provision Acme ERP\n", 0)]
    [InlineData("yes\n", 2)]
    public async Task Ending_one_by_hand_wants_its_title_typed(string typed, int exitCode)
    {
        await using var server = await FakeOCore.Start();
        using var typist = new Typist().Env("OCORE_URL", server.Url).Env("OCORE_TOKEN", "t");
        server.On("GET " + Path, Wire.Operation("stuck")).On($"POST {Path}/resolve", Wire.Operation("succeeded"));
        string[] line = ["operation", "resolve", Wire.OperationId, "--reason", "Done by hand.", "--outcome", "succeeded"];
        Assert.Equal(exitCode, (await typist.Answering(typed, line)).ExitCode);
        Assert.Equal(exitCode == 0 ? ["""{"reason":"Done by hand.","outcome":"succeeded"}"""] : [], server.Requests.Where(r => r.Route == $"POST {Path}/resolve").Select(r => r.Body));
        // Nobody to ask, nothing done.
        Assert.Equal(2, (await typist.Run(line)).ExitCode);
        Assert.Equal(0, (await typist.Run([.. line, "--confirm", Wire.OperationId])).ExitCode);
    }

    [Fact]
    public async Task Cancelling_is_done_when_it_is_cancelled()
    {
        await using var server = await FakeOCore.Start();
        using var typist = new Typist().Env("OCORE_URL", server.Url).Env("OCORE_TOKEN", "t");
        server.On($"POST {Path}/cancel", Wire.Operation("unwinding")).On("GET " + Path, Wire.Operation("cancelled"));
        Assert.Equal(0, (await typist.Run("operation", "cancel", Wire.OperationId, "--wait")).ExitCode);
    }
}
