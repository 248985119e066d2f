using System.CommandLine;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli.Commands;

internal static class MemberCommands
{
    public static Command Noun() => new("member", "People of the organization") { List(), Update(), Remove() };

    private static Verb List()
    {
        var search = Opt.Text("--search", "TEXT", "Only those whose name or address holds it");
        return Lists.Verb("list", "List the members", "GET /members", Views.Member, call => Query.Add("/api/members", ("q", call.Get(search))), [search]);
    }

    private static Verb Update()
    {
        var member = Opt.Arg("MEMBER", "Id or e-mail address");
        var role = Opt.Need("--role", "ROLE", "Id or slug of the role");
        return new Verb("update", "Give a member another role") { member, role }
            .Calls("PUT /members/{id}")
            .Example("ocore member update ada@example.com --role developer")
            .Runs(async call => await call.Send(HttpMethod.Put, $"/members/{await Lookup.Member(call, call.Get(member))}", new UpdateMember { Role = call.Need(role) }, Views.Member));
    }

    private static Verb Remove()
    {
        var member = Opt.Arg("MEMBER", "Id or e-mail address");
        return new Verb("remove", "Take a member out of the organization") { member }
            .Calls("DELETE /members/{id}")
            .Runs(async call => await call.Do(HttpMethod.Delete, $"/members/{await Lookup.Member(call, call.Get(member))}", $"{call.Get(member)} is no longer a member."));
    }
}
