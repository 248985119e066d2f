using System.Text;

namespace OCore.Cli;

/// <summary>The edge to the terminal and to the machine, so that a test can hold both ends.</summary>
internal sealed class Io
{
    public required TextReader In { get; init; }
    public required TextWriter Out { get; init; }
    public required TextWriter Err { get; init; }
    public required Func<string, string?> Env { get; init; }
    public bool InIsTerminal { get; init; }
    public bool OutIsTerminal { get; init; }
    public bool ErrIsTerminal { get; init; }
    /// <summary>Asked only when something is drawn: to ask sets the terminal up.</summary>
    public Func<int> Width { get; init; } = () => 120;
    public Func<int> Height { get; init; } = () => 40;
    public TimeProvider Time { get; init; } = TimeProvider.System;
    /// <summary>Standard input and outputs as bytes, for what is not text.</summary>
    public Func<Stream> BytesIn { get; init; } = () => Stream.Null;
    public Func<Stream> BytesOut { get; init; } = () => Stream.Null;
    public Func<Stream> BytesErr { get; init; } = () => Stream.Null;

    /// <summary>UTF-8 whatever the locale says: what is piped must stay what the server sent.</summary>
    public static Io OfProcess()
    {
        var utf8 = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
        var isTerminal = !Console.IsOutputRedirected;
        return new Io
        {
            In = Console.IsInputRedirected ? new StreamReader(Console.OpenStandardInput(), utf8) : TextReader.Null,
            Out = new StreamWriter(Console.OpenStandardOutput(), utf8, 16 * 1024) { AutoFlush = false },
            Err = new StreamWriter(Console.OpenStandardError(), utf8, 1024) { AutoFlush = true },
            Env = Environment.GetEnvironmentVariable,
            BytesIn = Console.OpenStandardInput,
            BytesOut = Console.OpenStandardOutput,
            BytesErr = Console.OpenStandardError,
            InIsTerminal = !Console.IsInputRedirected,
            OutIsTerminal = isTerminal,
            ErrIsTerminal = !Console.IsErrorRedirected,
            Width = () => (isTerminal || !Console.IsErrorRedirected) && Console.WindowWidth is > 0 and var width ? width : 120,
            Height = () => (isTerminal || !Console.IsErrorRedirected) && Console.WindowHeight is > 0 and var height ? height : 40,
        };
    }

    /// <summary>Ask a person. Where there is none, say which option would have answered.</summary>
    public string Ask(string question, string instead, bool secret = false)
    {
        if (!InIsTerminal)
            throw new CliException(ExitCode.Usage, $"{question.Split(". ")[^1].TrimEnd(':', ' ', '?')}: there is no terminal to ask at.", instead);
        Out.Flush();
        Err.Write(question);
        Err.Write(' ');
        var answer = secret ? ReadHidden() : ReadLine();
        return answer?.Trim() ?? throw new CliException(ExitCode.Usage, "No answer was given.", instead);
    }

    public bool Agree(string question, string instead) =>
        Ask($"{question} [y/N]", instead).ToLowerInvariant() is "y" or "yes";

    /// <summary>One line of standard input, for secrets that come through a pipe.</summary>
    public string ReadPiped(string what) =>
        In.ReadLine()?.TrimEnd('\r') is { Length: > 0 } line
            ? line
            : throw new CliException(ExitCode.Usage, $"Standard input holds no {what}.");

    private string? ReadLine() => ReferenceEquals(In, TextReader.Null) ? Console.ReadLine() : In.ReadLine();

    private string? ReadHidden()
    {
        if (!ReferenceEquals(In, TextReader.Null))
            return In.ReadLine();
        var typed = new StringBuilder();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            if (key.Key == ConsoleKey.Enter)
                break;
            if (key.Key == ConsoleKey.Backspace)
                typed.Length = Math.Max(0, typed.Length - 1);
            else if (key.KeyChar >= ' ')
                typed.Append(key.KeyChar);
        }
        Err.WriteLine();
        return typed.ToString();
    }
}
