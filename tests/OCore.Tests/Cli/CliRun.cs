using System.Text;
using OCore.Cli;

namespace OCore.Tests.Cli;

/// <summary>The options are shared by all trees, so command lines run one after another.</summary>
[CollectionDefinition("cli", DisableParallelization = true)]
public sealed class CliCollection;

/// <summary>A person with a home folder who types commands.</summary>
internal sealed class Typist : IDisposable
{
    private readonly Dictionary<string, string> environment = [];

    public Typist()
    {
        Home = Directory.CreateTempSubdirectory("ocore-cli-").FullName;
        environment["XDG_CONFIG_HOME"] = Home;
    }

    public string Home { get; }
    public string ContextsFile => Path.Combine(Home, "ocore", "contexts.json");

    public Typist Env(string name, string value)
    {
        environment[name] = value;
        return this;
    }

    /// <summary>Through pipes: nothing asks, nothing is coloured.</summary>
    public Task<Ran> Run(params string[] args) => Run("", asked: false, args);

    public Task<Ran> Piped(string input, params string[] args) => Run(input, asked: false, args);

    /// <summary>At a terminal, with the answers typed in advance.</summary>
    public Task<Ran> Answering(string answers, params string[] args) => Run(answers, asked: true, args);

    private async Task<Ran> Run(string input, bool asked, string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        using var bytesOut = new MemoryStream();
        using var bytesErr = new MemoryStream();
        var io = new Io
        {
            In = new StringReader(input),
            Out = output,
            Err = error,
            Env = name => environment.GetValueOrDefault(name),
            InIsTerminal = asked,
            // What a program far away reads and writes goes by bytes, past the readers and writers of text.
            BytesIn = () => new MemoryStream(Encoding.UTF8.GetBytes(input)),
            BytesOut = () => bytesOut,
            BytesErr = () => bytesErr,
        };
        var exitCode = await CommandLine.Run(args, io);
        return new Ran(exitCode, output + Encoding.UTF8.GetString(bytesOut.ToArray()), error + Encoding.UTF8.GetString(bytesErr.ToArray()));
    }

    public void Dispose() => Directory.Delete(Home, recursive: true);
}

internal sealed record Ran(int ExitCode, string Out, string Err);
