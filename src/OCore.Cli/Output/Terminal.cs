using System.Text;
using Spectre.Console;

namespace OCore.Cli.Output;

/// <summary>Spectre on one of our two streams.</summary>
internal sealed class Terminal(Io io, TextWriter writer, bool isTerminal) : IAnsiConsoleOutput
{
    public TextWriter Writer => writer;
    public bool IsTerminal => isTerminal;
    public int Width => io.Width();
    public int Height => io.Height();

    public void SetEncoding(Encoding encoding)
    {
        // Always UTF-8.
    }

    public static IAnsiConsole For(Io io, TextWriter writer, bool isTerminal)
    {
        var plain = !isTerminal || io.Env("TERM") is null or "dumb";
        return AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new Terminal(io, writer, isTerminal),
            Ansi = plain ? AnsiSupport.No : AnsiSupport.Yes,
            ColorSystem = plain || io.Env("NO_COLOR") is { Length: > 0 } ? ColorSystemSupport.NoColors : ColorSystemSupport.Standard,
            Interactive = InteractionSupport.No,
        });
    }
}
