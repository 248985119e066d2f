using System.Collections.Concurrent;
using OCore.Platform.Operations;

namespace OCore.Tests.Operations;

/// <summary>The outside world of the test kinds: what exists, and every call that was made.</summary>
internal sealed class World
{
    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ConcurrentDictionary<string, long> Things { get; } = new();
    public ConcurrentQueue<string> Calls { get; } = new();
    public int Waiting;
    public ConcurrentDictionary<Guid, int> RunningByOrg { get; } = new();
    public int MostAtOnce;
    /// <summary>Which release of <see cref="ReleasedKind"/> is installed, and since when it takes operations on.</summary>
    public int Release = 1, Since = 1;

    public Task Opened => _gate.Task;
    public void Open() => _gate.TrySetResult();

    public void Ensure(string thing, string step, StepContext context)
    {
        Calls.Enqueue($"do {step}");
        context.Log($"{step} of {thing}");
        Things[$"{thing}/{step}"] = context.Fence;
    }

    public void Remove(string thing, string step)
    {
        Calls.Enqueue($"undo {step}");
        Things.TryRemove($"{thing}/{step}", out _);
    }

    public IReadOnlyList<string> Of(string thing) => [.. Things.Keys.Where(k => k.StartsWith(thing + "/", StringComparison.Ordinal)).Select(k => k[(thing.Length + 1)..]).Order(StringComparer.Ordinal)];
}

internal sealed record Build(string Thing, string? Secret = null, int Lines = 0);

/// <summary>Four steps, each with an undo.</summary>
internal sealed class BuildKind(World world) : OperationKind<Build>
{
    public static readonly string[] StepNames = ["a", "b", "c", "d"];
    public override string Name => "test.build";
    public override bool BeginsWithRequest => true;

    protected override void Define(StepList<Build> steps)
    {
        foreach (var name in StepNames)
            steps.Step(name, (input, context) =>
            {
                if (input.Secret is { } secret)
                {
                    context.Hide(secret);
                    context.Log($"the secret is {secret}");
                }
                world.Ensure(input.Thing, name, context);
                return Task.CompletedTask;
            }, (input, _) =>
            {
                world.Remove(input.Thing, name);
                return Task.CompletedTask;
            });
    }
}

/// <summary>No way back from its second step on.</summary>
internal sealed class SwitchKind(World world) : OperationKind<Build>
{
    public override string Name => "test.switch";

    protected override void Define(StepList<Build> steps) => steps
        .Step("a", (input, context) => { world.Ensure(input.Thing, "a", context); return Task.CompletedTask; }, (input, _) => { world.Remove(input.Thing, "a"); return Task.CompletedTask; })
        .Pivot("b", (input, context) => { world.Ensure(input.Thing, "b", context); return Task.CompletedTask; })
        .Step("c", (input, context) => { world.Ensure(input.Thing, "c", context); return Task.CompletedTask; });
}

/// <summary>The second release of it has a step more and calls one otherwise; the third does not have that one.</summary>
internal sealed class ReleasedKind(World world) : OperationKind<Build>
{
    private readonly int _release = world.Release;
    public override string Name => "test.release";
    public override int Version => _release;
    public override int Since => Math.Min(world.Since, _release);
    public override IReadOnlyDictionary<string, string> FormerNames => _release == 2 ? new Dictionary<string, string> { ["b, called otherwise"] = "b" } : base.FormerNames;

    protected override void Define(StepList<Build> steps)
    {
        foreach (var (name, thing) in _release switch
        {
            1 => new[] { ("a", "a"), ("b", "b"), ("c", "c") },
            2 => [("a", "a"), ("between", "between"), ("b, called otherwise", "b"), ("c", "c")],
            _ => [("a", "a"), ("c", "c")],
        })
            steps.Step(name, (input, context) => { world.Ensure(input.Thing, thing, context); return Task.CompletedTask; }, (input, _) => { world.Remove(input.Thing, thing); return Task.CompletedTask; });
    }
}

/// <summary>Waits until the world's gate opens, or it is told to stop.</summary>
internal sealed class WaitKind(World world) : OperationKind<Build>
{
    public override string Name => "test.wait";

    protected override void Define(StepList<Build> steps) => steps.Step("wait", async (_, context) =>
    {
        var now = Interlocked.Increment(ref world.Waiting);
        InterlockedMax(ref world.MostAtOnce, now);
        world.RunningByOrg.AddOrUpdate(context.Tenant.OrgId, 1, (_, n) => n + 1);
        try
        {
            await world.Opened.WaitAsync(context.Stop);
        }
        finally
        {
            Interlocked.Decrement(ref world.Waiting);
        }
    });

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); value > seen; seen = Volatile.Read(ref most))
            Interlocked.CompareExchange(ref most, value, seen);
    }
}

/// <summary>Writes many lines, slowly.</summary>
internal sealed class TalkKind : OperationKind<Build>
{
    public override string Name => "test.talk";

    protected override void Define(StepList<Build> steps) => steps.Step("talk", async (input, context) =>
    {
        for (var i = 0; i < input.Lines; i++)
        {
            context.Log($"line {i}");
            await Task.Delay(10, context.Stop);
        }
    });
}
