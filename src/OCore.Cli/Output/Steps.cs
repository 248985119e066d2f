using OCore.Client;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace OCore.Cli.Output;

/// <summary>The steps of a running operation: a picture that moves on a terminal, a line for each change elsewhere.</summary>
internal static class Steps
{
    private const string Spinner = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";

    public delegate Task<OperationView> Following(Action<OperationView, IReadOnlyList<OperationEventView>> show);

    public static async Task<OperationView> Display(Io io, bool quiet, OperationView operation, Following follow)
    {
        if (quiet)
            return await follow((_, _) => { });
        if (!io.ErrIsTerminal)
            return await follow((current, news) => Lines(io, current, news));
        var turn = 0;
        return await Terminal.For(io, io.Err, isTerminal: true).Live(Picture(io, operation, null, turn)).StartAsync(async live =>
        {
            string? last = null;
            return await follow((current, news) =>
            {
                last = news.LastOrDefault(e => e.Kind == "log")?.Message ?? last;
                live.UpdateTarget(Picture(io, current, last, turn++));
                live.Refresh();
            });
        });
    }

    public static string Summary(OperationView operation)
    {
        var outcome = operation.State switch
        {
            OperationState.Succeeded => "done",
            OperationState.RolledBack => "failed, and undone",
            OperationState.Cancelled => "cancelled",
            OperationState.Stuck => "stuck: it needs a person",
            var other => Words.Snake(other.ToString()),
        };
        var took = operation.FinishedAt - (operation.StartedAt ?? operation.CreatedAt);
        return $"{operation.Title}: {outcome}{(took is { } t ? $" in {Words.Duration(t)}" : "")} ({operation.Id})";
    }

    /// <summary>Without what programs wrote on the way: <c>ocore operation log</c> has all of it.</summary>
    private static void Lines(Io io, OperationView operation, IReadOnlyList<OperationEventView> news)
    {
        foreach (var item in news.Where(e => e.Kind != "log"))
            io.Err.WriteLine(Words.Clean($"{item.At.UtcDateTime:HH:mm:ss}  {NameOf(operation, item)}{item.Message}"));
    }

    /// <summary>The step an event belongs to, or the operation, as the beginning of its line.</summary>
    public static string NameOf(OperationView operation, OperationEventView item) =>
        operation.Steps.FirstOrDefault(s => s.Seq == item.Seq) is { } step ? step.Name + ": " : operation.Title + ": ";

    private static Rows Picture(Io io, OperationView operation, string? last, int turn)
    {
        List<IRenderable> rows = [new Text(Words.Clean(operation.Title), new Style(decoration: Decoration.Bold))];
        foreach (var step in operation.Steps)
            rows.Add(Step(io, step, turn));
        if (operation.RetryAt is { } retry && !Follower.Ended(operation))
            rows.Add(new Text($"  waits, and tries again {Words.Age(io.Time.GetUtcNow() - retry)}{(operation.Error is { } e ? ": " + Words.Clean(e.Message) : "")}", Printer.StyleOf(Tone.Warn)));
        if (last is not null && !Follower.Ended(operation))
            rows.Add(new Text("  " + Short(Words.Clean(last).Replace('\n', ' '), io.Width() - 4), Printer.StyleOf(Tone.Dim)));
        return new Rows(rows);
    }

    private static Text Step(Io io, StepView step, int turn)
    {
        var spin = Spinner[turn % Spinner.Length].ToString();
        var (mark, tone) = step.State switch
        {
            StepState.Done => ("✓", Tone.Good),
            StepState.Started => (spin, Tone.Plain),
            StepState.Failed or StepState.UndoFailed => ("✗", Tone.Bad),
            StepState.UndoStarted => (spin, Tone.Warn),
            StepState.Undone => ("↶", Tone.Warn),
            StepState.Skipped => ("»", Tone.Warn),
            _ => ("·", Tone.Dim),
        };
        var took = step.StartedAt is { } start ? Words.Duration((step.FinishedAt ?? io.Time.GetUtcNow()) - start) : "";
        var again = step.Attempt > 1 ? $"  attempt {step.Attempt}" : "";
        var error = step.Error is { } e ? "  " + Words.Clean(e).Replace('\n', ' ') : "";
        return new Text(Short($"  {mark} {Words.Clean(step.Name)}  {took}{again}{error}", io.Width() - 1), Printer.StyleOf(tone));
    }

    private static string Short(string text, int width) => text.Length <= width ? text : text[..Math.Max(0, width - 1)] + "…";
}
