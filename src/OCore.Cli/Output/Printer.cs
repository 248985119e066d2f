using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using OCore.Client;
using Spectre.Console;

namespace OCore.Cli.Output;

internal enum OutputFormat { Table, Json, Yaml }

/// <summary>Data goes to standard output, words about it to standard error.</summary>
internal sealed class Printer(Io io, OutputFormat format, bool quiet)
{
    public OutputFormat Format => format;
    public bool Quiet => quiet;

    public void Items<T>(JsonElement page, IReadOnlyList<T> items, View<T> view)
    {
        if (quiet)
        {
            foreach (var item in items)
                io.Out.WriteLine(view.Id(item));
        }
        else if (format != OutputFormat.Table)
            Json(page);
        else if (items.Count == 0)
            Note("Nothing to show.");
        else
            Rows([.. view.Columns.Select(c => c.Head)], [.. items.Select(item => view.Columns.Select(c => c.Value(item)).ToArray())]);
    }

    public void Item<T>(JsonElement json, T item, View<T> view)
    {
        if (quiet)
            io.Out.WriteLine(view.Id(item));
        else if (format != OutputFormat.Table)
            Json(json);
        else
            Sheet([.. view.Fields.Select(f => (f.Label, f.Value(item)))]);
    }

    /// <summary>The wire as it was sent, indented.</summary>
    public void Json(JsonElement json)
    {
        if (format == OutputFormat.Json)
        {
            var buffer = new ArrayBufferWriter<byte>();
            using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
                json.WriteTo(writer);
            io.Out.WriteLine(Encoding.UTF8.GetString(buffer.WrittenSpan));
        }
        else
            Yaml.Write(io.Out, json, clean: io.OutIsTerminal);
    }

    public void Line(string text) => io.Out.WriteLine(io.OutIsTerminal ? Words.Clean(text) : text);

    public void Note(string text)
    {
        if (quiet)
            return;
        io.Out.Flush();
        io.Err.WriteLine(Words.Clean(text));
    }

    public void Sheet(IReadOnlyList<(string Label, Cell Value)> fields)
    {
        var shown = fields.Where(f => f.Value.At is not null || !string.IsNullOrEmpty(f.Value.Text)).ToList();
        var width = shown.Count == 0 ? 0 : shown.Max(f => f.Label.Length);
        foreach (var (label, value) in shown)
        {
            var lines = Text(value, exact: true).Split('\n');
            for (var i = 0; i < lines.Length; i++)
            {
                io.Out.Write((i == 0 ? label : "").PadRight(width + 2));
                Paint(lines[i], value.Tone);
                io.Out.WriteLine();
            }
        }
    }

    public void Rows(IReadOnlyList<string> heads, IReadOnlyList<Cell[]> rows)
    {
        List<string[]> lines = [[.. heads.Select(h => h.ToUpperInvariant())], .. rows.Select(r => r.Select(c => Text(c, exact: !io.OutIsTerminal).Replace('\n', ' ')).ToArray())];
        var widths = heads.Select((_, i) => lines.Max(l => l[i].Length)).ToArray();
        if (io.OutIsTerminal && Folds(widths, isProse: rows.All(r => r[^1].At is null)))
            Table(lines, rows);
        else
            Aligned(lines, widths);
    }

    /// <summary>Names and ids stay whole: only words in the last column are folded, and only where there is room for them.</summary>
    private bool Folds(int[] widths, bool isProse)
    {
        var last = isProse ? Math.Min(widths[^1], 20) : widths[^1];
        return widths[..^1].Sum(w => w + 2) + last <= io.Width() - 2;
    }

    private void Table(List<string[]> lines, IReadOnlyList<Cell[]> rows)
    {
        var table = new Table { Border = TableBorder.None, ShowRowSeparators = false };
        for (var i = 0; i < lines[0].Length; i++)
        {
            var head = new Text(lines[0][i], new Style(decoration: Decoration.Dim));
            table.AddColumn(new TableColumn(head) { Padding = new Padding(0, 0, 2, 0), NoWrap = i < lines[0].Length - 1 });
        }
        for (var row = 0; row < rows.Count; row++)
            table.AddRow(lines[row + 1].Select((text, i) => new Text(text, StyleOf(rows[row][i].Tone))));
        Terminal.For(io, io.Out, io.OutIsTerminal).Write(table);
    }

    /// <summary>Never folded, nothing cut.</summary>
    private void Aligned(List<string[]> lines, int[] widths)
    {
        foreach (var line in lines)
            io.Out.WriteLine(string.Join("  ", line.Select((text, i) => text.PadRight(widths[i]))).TrimEnd());
    }

    private string Text(Cell cell, bool exact)
    {
        if (cell.At is { } at)
            return exact && !io.OutIsTerminal ? at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ") : exact ? $"{at.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC ({Words.Age(io.Time.GetUtcNow() - at)})" : Words.Age(io.Time.GetUtcNow() - at);
        return Words.Clean(cell.Text is { Length: > 0 } text ? text : "-");
    }

    private void Paint(string text, Tone tone)
    {
        if (tone == Tone.Plain || !io.OutIsTerminal)
            io.Out.Write(text);
        else
            Terminal.For(io, io.Out, io.OutIsTerminal).Write(new Text(text, StyleOf(tone)));
    }

    public static Style StyleOf(Tone tone) => tone switch
    {
        Tone.Good => new Style(Color.Green),
        Tone.Warn => new Style(Color.Yellow),
        Tone.Bad => new Style(Color.Red),
        Tone.Dim => new Style(decoration: Decoration.Dim),
        _ => Style.Plain,
    };

    public void Problem(ProblemBody problem, string sentence)
    {
        Failure(sentence, problem.Hint, () =>
        {
            foreach (var (field, messages) in problem.Errors ?? new Dictionary<string, string[]>())
                foreach (var message in messages.Where(m => sentence != $"{field}: {m}"))
                    io.Err.WriteLine($"  {Words.Clean(field)}: {Words.Clean(message)}");
        });
        if (problem.Code is not null)
            io.Err.WriteLine($"Code: {Words.Clean(problem.Code)}{(problem.TraceId is { } trace ? $" (trace {Words.Clean(trace)})" : "")}");
    }

    public void Failure(string sentence, string? hint, Action? details = null)
    {
        io.Out.Flush();
        if (io.ErrIsTerminal)
            Terminal.For(io, io.Err, io.ErrIsTerminal).Write(new Text("Error: ", StyleOf(Tone.Bad)));
        else
            io.Err.Write("Error: ");
        io.Err.WriteLine(Words.Clean(sentence));
        details?.Invoke();
        if (hint is not null)
            io.Err.WriteLine($"Hint: {Words.Clean(hint)}");
    }
}
