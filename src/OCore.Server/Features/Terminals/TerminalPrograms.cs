using OCore.Features.Instances;
using OCore.Platform.Docker;
using OCore.Platform.Remote;

namespace OCore.Features.Terminals;

/// <summary>What runs at the other end of a terminal. The target is the instance's own container, by its row; nobody names one.</summary>
internal static class TerminalPrograms
{
    /// <summary>The user that Odoo itself runs as: what Odoo may not touch, its terminal may not either.</summary>
    private const string User = "odoo";
    private const string Home = "/var/lib/odoo";
    private const string Shell = "if command -v bash >/dev/null 2>&1; then exec bash -l; else exec sh -l; fi";

    // No history file: commands hold passwords, and the folder is part of every backup.
    private static readonly Dictionary<string, string> Environment = new()
    {
        ["TERM"] = "xterm-256color", ["COLORTERM"] = "truecolor", ["LANG"] = "C.UTF-8", ["LC_ALL"] = "C.UTF-8", ["HOME"] = Home, ["HISTFILE"] = "/dev/null",
    };

    public static async Task<ITerminalProgram> InContainerAsync(InstanceOnServer on, IReadOnlyList<string> argv, TerminalStart start, CancellationToken stop)
    {
        var options = new ExecOptions { User = User, WorkingFolder = Home, Env = Environment };
        var program = await on.Connection.Docker.OpenTerminalAsync(on.Container, argv, stop, options, start.Tty);
        if (start.Tty)
            await program.ResizeAsync(start.Columns, start.Rows, stop);
        return program;
    }

    public static IReadOnlyList<string> CommandOr(IReadOnlyList<string>? command) => command ?? ["/bin/sh", "-c", Shell];

    /// <summary>On the instance's own database, whatever others its PostgreSQL has; beside the Odoo that serves, so without its ports and jobs.</summary>
    public static IReadOnlyList<string> OdooShell(OdooPlan plan) =>
        ["odoo", "shell", "-c", "/etc/odoo/odoo.conf", "-d", plan.Database, "--no-http", "--workers=0", "--max-cron-threads=0", "--log-level=warn"];

    public static string OdooBanner(OdooPlan plan) =>
        $"Odoo shell on the database {plan.Database}.\r\nNothing you change is saved until you call env.cr.commit(); env.cr.rollback() forgets it.\r\nIt is the live database: its people see what is committed at once.\r\n\r\n";
}
