using System.CommandLine;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli.Commands;

internal static class RoleCommands
{
    public static Command Noun() => new("role", "Roles and what they may do") { List(), Show(), Create(), Update(), Delete() };

    public static Command Permissions() => new("permission", "What a role can be given")
    {
        Lists.Verb("list", "List the permissions", "GET /permissions", Views.Permission, _ => "/api/permissions"),
    };

    private static Verb List() => Lists.Verb("list", "List the roles", "GET /roles", Views.Role, _ => "/api/roles");

    private static Verb Show()
    {
        var role = Opt.Arg("ROLE", "Id or slug");
        return new Verb("show", "Show a role") { role }.Calls("GET /roles/{id}").Runs(call => call.Show($"/roles/{call.Get(role)}", Views.Role));
    }

    private static Verb Create()
    {
        var name = Opt.Need("--name", "NAME", "Name shown to people");
        var slug = Opt.Need("--slug", "SLUG", "Short name for commands");
        var description = Opt.Text("--description", "TEXT", "What the role is for");
        var permissions = Opt.List("--permissions", "LIST", "Permissions, with commas between them");
        permissions.Required = true;
        return new Verb("create", "Create a role") { name, slug, description, permissions }
            .Calls("POST /roles")
            .Example("ocore role create --name Support --slug support --permissions view:instances,view:operations")
            .Runs(call => call.Send(HttpMethod.Post, $"/roles", new CreateRole
            {
                Name = call.Need(name),
                Slug = call.Need(slug),
                Description = call.Get(description),
                Permissions = call.List(permissions)!,
            }, Views.Role));
    }

    private static Verb Update()
    {
        var role = Opt.Arg("ROLE", "Id or slug");
        var name = Opt.Text("--name", "NAME", "Name shown to people");
        var description = Opt.Text("--description", "TEXT", "What the role is for");
        var permissions = Opt.List("--permissions", "LIST", "All its permissions, with commas between them");
        var clear = new ClearOption(("description", "description"));
        return new Verb("update", "Change a role") { role, name, description, permissions, clear.Option }
            .Calls("PUT /roles/{id}")
            .Runs(call => call.Send(HttpMethod.Put, $"/roles/{call.Get(role)}", new UpdateRole
            {
                Clearing = clear.Fields(call),
                Name = call.Get(name),
                Description = call.Get(description),
                Permissions = call.List(permissions),
            }, Views.Role));
    }

    private static Verb Delete()
    {
        var role = Opt.Arg("ROLE", "Id or slug");
        return new Verb("delete", "Delete a role that nobody has") { role }
            .Calls("DELETE /roles/{id}")
            .Runs(call => call.Do(HttpMethod.Delete, $"/roles/{call.Get(role)}", $"The role {call.Get(role)} was deleted."));
    }
}
