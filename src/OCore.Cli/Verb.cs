using System.CommandLine;

namespace OCore.Cli;

/// <summary>A command that does something: its options, what it calls, and an example or two.</summary>
internal sealed class Verb(string name, string description) : Command(name, description)
{
    /// <summary>The operations of the API behind it, as <c>POST /agency/clients</c>.</summary>
    public List<string> Operations { get; } = [];
    public List<string> Examples { get; } = [];

    public Verb Calls(params string[] operations)
    {
        Operations.AddRange(operations);
        return this;
    }

    public Verb Example(string line)
    {
        Examples.Add(line);
        return this;
    }

    public Verb Runs(Func<Call, Task<int>> run)
    {
        SetAction(async (parsed, stop) =>
        {
            using var call = new Call(parsed, CommandLine.IoOf(parsed), stop);
            return await call.Guard(run);
        });
        return this;
    }

    /// <summary>A verb that starts an operation can wait for its end.</summary>
    public Verb StartsWork()
    {
        Add(CommandLine.Wait);
        return this;
    }
}
