using System.CommandLine;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli.Commands;

/// <summary>The accounts of the installation, for its operators.</summary>
internal static class AccountCommands
{
    public static Command Noun() => new("user", "All accounts of the installation")
    {
        List(), Show(), Update(), Switch("disable", "End an account's sessions and refuse its keys and its sign-in; what it made stays"), Switch("enable", "Let an account be used again"),
    };

    private static Argument<string> Account() => Opt.Arg("USER", "Id or e-mail address");

    private static Verb List()
    {
        var search = Opt.Text("--search", "TEXT", "Only those whose name or address holds it");
        var disabled = Opt.Switch("--disabled", "Only those that are disabled; with false, only those that are not");
        return Lists.Verb("list", "List all accounts", "GET /admin/users", Views.Account,
            call => Query.Add("/api/admin/users", ("q", call.Get(search)), ("disabled", call.Get(disabled) is { } wanted ? wanted ? "true" : "false" : null)), [search, disabled]);
    }

    private static Verb Show()
    {
        var account = Account();
        return new Verb("show", "Show an account and where it is a member") { account }
            .Calls("GET /admin/users/{id}")
            .Runs(async call => await call.Show($"/admin/users/{await Lookup.Account(call, call.Get(account))}", Views.Account));
    }

    private static Verb Update()
    {
        var account = Account();
        var isOperator = new Option<bool?>("--operator") { Description = "Whether the person runs this installation", Arity = ArgumentArity.ZeroOrOne, HelpName = "true|false", Required = true };
        return new Verb("update", "Make a person an operator of the installation, or no longer one") { account, isOperator }
            .Calls("PUT /admin/users/{id}")
            .Example("ocore admin user update ada@example.com --operator")
            .Runs(async call => await call.Send(HttpMethod.Put, $"/admin/users/{await Lookup.Account(call, call.Get(account))}", new UpdateAccount { IsOperator = call.Get(isOperator) }, Views.Account));
    }

    private static Verb Switch(string verb, string description)
    {
        var account = Account();
        return new Verb(verb, description) { account }
            .Calls($"POST /admin/users/{{id}}/{verb}")
            .Runs(async call =>
            {
                var id = await Lookup.Account(call, call.Get(account));
                return verb == "disable" ? await call.Post($"/admin/users/{id}/disable", Views.Account) : await call.Post($"/admin/users/{id}/enable", Views.Account);
            });
    }
}
