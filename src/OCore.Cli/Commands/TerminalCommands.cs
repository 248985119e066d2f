using System.CommandLine;
using OCore.Client;

namespace OCore.Cli.Commands;

/// <summary>A person, or a script, at a program in an instance's container or on a server.</summary>
internal static class TerminalCommands
{
    public static Verb Terminal()
    {
        var instance = Instance();
        return new Verb("terminal", "Open a terminal in an instance's container") { instance }
            .Calls("POST /instances/{id}/terminal")
            .Example("ocore terminal acme-erp")
            .Runs(async call => await Terminals.Run(call, await Ticket(call, $"/instances/{call.Get(instance)}/terminal"), null, AtTerminal(call)));
    }

    public static Verb OdooShell()
    {
        var instance = Instance();
        return new Verb("odoo-shell", "Open Odoo's own shell on an instance's database; nothing is saved without env.cr.commit()") { instance }
            .Calls("POST /instances/{id}/odoo-shell")
            .Example("ocore odoo-shell acme-erp")
            .Example("ocore odoo-shell acme-erp < count-partners.py")
            .Runs(async call => await Terminals.Run(call, await Ticket(call, $"/instances/{call.Get(instance)}/odoo-shell"), null, AtTerminal(call)));
    }

    public static Verb Exec()
    {
        var instance = Instance();
        var tty = Opt.Flag("--tty", "Give the program a terminal");
        tty.Aliases.Add("-t");
        var command = Opt.Args("COMMAND", "The program and its arguments, after --");
        return new Verb("exec", "Run a program in an instance's container; its exit code becomes that of ocore") { instance, tty, command }
            .Calls("POST /instances/{id}/terminal")
            .Example("ocore exec acme-erp -- ls -la /mnt/extra-addons")
            .Example("ocore exec acme-erp -- tar -C /var/lib/odoo -cf - filestore > filestore.tar")
            .Runs(async call => await Terminals.Run(call, await Ticket(call, $"/instances/{call.Get(instance)}/terminal"), call.Get(command), call.Get(tty)));
    }

    public static Verb OnServer()
    {
        var server = Opt.Arg("SERVER", "Id or name");
        return new Verb("terminal", "Open a terminal on a server itself") { server }
            .Calls("POST /servers/{id}/terminal")
            .Runs(async call => await Terminals.Run(call, await Ticket(call, $"/servers/{await Lookup.Server(call, call.Get(server))}/terminal"), null, tty: true));
    }

    private static Argument<string> Instance() => Opt.Arg("INSTANCE", "Id or slug");

    private static bool AtTerminal(Call call) => call.Io.InIsTerminal && call.Io.OutIsTerminal;

    private static async Task<TerminalTicket> Ticket(Call call, Route path) => (await call.Fetch<TerminalTicket>(HttpMethod.Post, path.ToString())).Value;
}
