using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using OCore.Cli.Commands;
using OCore.Cli.Output;

namespace OCore.Cli;

/// <summary>The whole of <c>ocore</c>: the nouns, the options they share, and how a run ends.</summary>
internal static class CommandLine
{
    public static readonly string Version = typeof(CommandLine).Assembly.GetName().Version!.ToString(3);

    public static readonly Option<string?> Output = Shared(Opt.Among("--output", "How data is shown; json is the wire as sent", "table", "json", "yaml"), "-o");
    public static readonly Option<bool> Quiet = Shared(Opt.Flag("--quiet", "Print ids only, one a line"), "-q");
    public static readonly Option<string?> Org = Shared(Opt.Text("--org", "ORG", "Organization to act in (OCORE_ORG)"));
    public static readonly Option<string?> Url = Shared(Opt.Text("--url", "URL", "Address of the installation (OCORE_URL)"));
    public static readonly Option<string?> ContextName = Shared(Opt.Text("--context", "NAME", "Saved sign-in to use"));
    public static readonly Option<bool> Wait = Opt.Flag("--wait", "Show the steps and wait for the end; the exit code tells the outcome");

    private static readonly System.Runtime.CompilerServices.ConditionalWeakTable<InvocationConfiguration, Io> Ios = [];

    public static Io IoOf(ParseResult parsed) => Ios.TryGetValue(parsed.InvocationConfiguration, out var io) ? io : throw new InvalidOperationException("Run by CommandLine.Run only.");

    public static async Task<int> Run(string[] args, Io io)
    {
        var root = Root();
        // Every program is asked so.
        if (args is ["--version"])
            args = ["version"];
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is ParseErrorAction)
            return Refuse(parsed, io);
        var configuration = new InvocationConfiguration { Output = io.Out, Error = io.Err, EnableDefaultExceptionHandler = false };
        Ios.Add(configuration, io);
        return await parsed.InvokeAsync(configuration);
    }

    public static RootCommand Root()
    {
        var root = new RootCommand("oCore runs Odoo for agencies: clients, servers, templates and instances.");
        foreach (var option in root.Options.ToList())
            root.Options.Remove(option);
        var help = new HelpOption("--help", "-h") { Action = new HelpPage(), Description = "Show help", Recursive = true };
        root.Add(help);
        foreach (var option in SharedOptions)
            root.Add(option);
        foreach (var command in Nouns())
            root.Add(command);
        return root;
    }

    public static IReadOnlyList<Option> SharedOptions => [Output, Quiet, Org, Url, ContextName];

    private static IEnumerable<Command> Nouns() =>
    [
        SessionCommands.Login(), SessionCommands.Logout(), SessionCommands.WhoAmI(), SessionCommands.Signup(),
        ContextCommands.Noun(), UserCommands.Noun(),
        OrganizationCommands.Noun(), MemberCommands.Noun(), InvitationCommands.Noun(), RoleCommands.Noun(), RoleCommands.Permissions(),
        ApiKeyCommands.Noun(), AuditCommands.Noun(), PlanCommands.Subscription(), PlanCommands.Admin(),
        AgencyCommands.Noun(), ServerCommands.Noun(), TemplateCommands.Noun(), TopologyCommands.Noun(), InstanceCommands.Noun(), DatabaseCommands.Noun(), BackupCommands.Noun(), BackupPlaces.Noun(), OperationCommands.Noun(), MonitoringCommands.Alerts(), MonitoringCommands.Rules(), WebhookCommands.Noun(),
        TerminalCommands.Terminal(), TerminalCommands.OdooShell(), TerminalCommands.Exec(),
        ToolCommands.Completion(), ToolCommands.VersionVerb(), ToolCommands.Docs(),
    ];

    /// <summary>A noun alone shows its verbs; anything else that does not parse is said in a sentence.</summary>
    private static int Refuse(ParseResult parsed, Io io)
    {
        var command = parsed.CommandResult.Command;
        if (command.Action is null && parsed.UnmatchedTokens.Count == 0)
        {
            var isRoot = command is RootCommand;
            HelpPage.Write(command, isRoot ? io.Out : io.Err);
            return isRoot ? ExitCode.Ok : ExitCode.Usage;
        }
        var messages = parsed.Errors.Select(e => e.Message).Distinct().ToList();
        foreach (var message in messages.Where(m => messages.Count == 1 || !m.StartsWith("Required command", StringComparison.Ordinal)))
            io.Err.WriteLine($"Error: {Words.Clean(message)}");
        if (parsed.UnmatchedTokens is [{ } typed, ..] && Nearest(command, typed) is { } meant)
            io.Err.WriteLine($"Hint: Did you mean '{HelpPage.PathOf(command)} {meant}'?");
        io.Err.WriteLine($"See '{HelpPage.PathOf(command)} --help'.");
        return ExitCode.Usage;
    }

    private static string? Nearest(Command command, string typed) => command.Subcommands
        .Where(c => !c.Hidden)
        .Select(c => (c.Name, Distance: Distance(c.Name, typed)))
        .Where(c => c.Distance <= Math.Max(1, typed.Length / 3))
        .OrderBy(c => c.Distance)
        .Select(c => c.Name)
        .FirstOrDefault();

    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                var changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(changed, Math.Min(row[j], row[j - 1]) + 1);
            }
        }
        return row[^1];
    }

    private static Option<T> Shared<T>(Option<T> option, string? alias = null)
    {
        option.Recursive = true;
        if (alias is not null)
            option.Aliases.Add(alias);
        return option;
    }
}
