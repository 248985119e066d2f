using System.Diagnostics;
using OCore.Platform.Remote;

namespace OCore.Tests.Remote;

public sealed class LocalConnectionTests : IAsyncDisposable
{
    private readonly LocalConnection _local = new(TimeProvider.System);
    private readonly string _folder = Directory.CreateTempSubdirectory("ocore-test-").FullName;

    public async ValueTask DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        await _local.DisposeAsync();
    }

    [Fact]
    public async Task A_command_answers_with_both_streams_and_its_code()
    {
        var result = await _local.RunAsync(RemoteCommand.Script("cat; echo bad >&2; exit 7").WithInput("typed"), default);
        Assert.Equal(new CommandResult(7, "typed", "bad\n"), result);
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_a_sentence()
    {
        var failed = await Assert.ThrowsAsync<ServerException>(() => _local.RunAsync(RemoteCommand.Of("no-such-program"), default));
        Assert.Contains("no-such-program", failed.Message);
    }

    [Fact]
    public async Task A_hanging_command_is_stopped_with_its_children()
    {
        var watch = Stopwatch.StartNew();
        var pids = Path.Combine(_folder, "pids");
        var command = RemoteCommand.Script("sleep 300 & echo $$ $! > \"$1\"; wait", pids).WithTimeout(TimeSpan.FromSeconds(1));
        await Assert.ThrowsAsync<RemoteTimeoutException>(() => _local.RunAsync(command, default));
        Assert.InRange(watch.Elapsed.TotalSeconds, 0.9, 5);
        await AssertGoneAsync(pids);
    }

    [Fact]
    public async Task A_cancelled_command_is_stopped()
    {
        var pids = Path.Combine(_folder, "pids");
        using var stop = new CancellationTokenSource(500);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            _local.RunAsync(RemoteCommand.Script("echo $$ > \"$1\"; exec sleep 300", pids), stop.Token));
        await AssertGoneAsync(pids);
    }

    [Fact]
    public async Task A_flood_is_stopped_on_either_stream()
    {
        await Assert.ThrowsAsync<RemoteCommandException>(() => _local.RunAsync(RemoteCommand.Script("exec yes flood"), default));
        await Assert.ThrowsAsync<RemoteCommandException>(() => _local.RunAsync(RemoteCommand.Script("exec yes flood >&2"), default));
    }

    [Fact]
    public async Task Input_larger_than_a_pipe_and_not_read_does_not_hang()
    {
        var result = await _local.RunAsync(RemoteCommand.Of("true").WithInput(new byte[8 << 20]), default);
        Assert.True(result.Ok);
    }

    [Fact]
    public async Task Lines_come_as_they_are_written_and_a_failure_comes_last()
    {
        var lines = new List<string>();
        var failed = await Assert.ThrowsAsync<RemoteCommandException>(async () =>
        {
            await foreach (var line in _local.StreamAsync(RemoteCommand.Script("echo one; echo two; exit 3"), default)) lines.Add(line);
        });
        Assert.Equal(["one", "two"], lines);
        Assert.Equal(3, failed.Result!.ExitCode);
    }

    [Fact]
    public async Task Leaving_a_stream_stops_its_program()
    {
        var pids = Path.Combine(_folder, "pids");
        await foreach (var _ in _local.StreamAsync(RemoteCommand.Script("echo $$ > \"$1\"; exec yes", pids), default)) break;
        await AssertGoneAsync(pids);
    }

    [Fact]
    public async Task A_stream_has_a_time_limit_where_one_is_given()
    {
        await Assert.ThrowsAsync<RemoteTimeoutException>(async () =>
        {
            await foreach (var _ in _local.StreamAsync(RemoteCommand.Of("sleep", "300").WithTimeout(TimeSpan.FromMilliseconds(300)), default))
            {
            }
        });
    }

    [Fact]
    public async Task A_file_is_written_whole_with_its_mode_and_read_back()
    {
        var path = RemotePath.Parse(_folder).Combine("new folder/it's $HOME.bin");
        var content = new byte[200_000];
        new Random(3).NextBytes(content);
        await _local.WriteFileAsync(path, "old"u8.ToArray(), UnixFileMode.UserRead, default);
        await _local.WriteFileAsync(path, content, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, default);
        Assert.Equal(content, await _local.ReadFileAsync(path, default));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead, File.GetUnixFileMode(path.Value));
        Assert.Single(Directory.GetFiles(Path.GetDirectoryName(path.Value)!)); // nothing temporary is left
        await Assert.ThrowsAsync<FileNotFoundException>(() => _local.ReadFileAsync(RemotePath.Parse(_folder).Combine("none"), default));
    }

    [Fact]
    public async Task Many_callers_share_one_connection_that_disposing_does_not_end()
    {
        await using var all = new ServerConnections(TimeProvider.System);
        var target = ServerTarget.Local(Guid.CreateVersion7());
        var first = await all.GetAsync(target, default);
        await first.DisposeAsync();
        Assert.Same(first, await all.GetAsync(target, default));
        Assert.False(first.Closed.IsCompleted);
        Assert.True(await first.PingAsync(default) < TimeSpan.FromSeconds(5));
        all.Invalidate(target.Id);
        await first.Closed.WaitAsync(TimeSpan.FromSeconds(5));
        Assert.NotSame(first, await all.GetAsync(target, default));
    }

    private static async Task AssertGoneAsync(string pidFile)
    {
        var pids = File.ReadAllText(pidFile).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        Assert.NotEmpty(pids);
        for (var i = 0; i < 50 && pids.Any(Runs); i++) await Task.Delay(100);
        Assert.DoesNotContain(pids, Runs);
    }

    // A zombie has ended; someone else has yet to notice.
    private static bool Runs(string pid)
    {
        try
        {
            return !File.ReadAllText($"/proc/{pid}/stat").Contains(") Z ");
        }
        catch (IOException)
        {
            return false;
        }
    }
}
