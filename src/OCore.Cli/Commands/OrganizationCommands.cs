using System.CommandLine;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli.Commands;

/// <summary>Organizations one belongs to.</summary>
internal static class OrganizationCommands
{
    public static Command Noun() => new("org", "Organizations") { List(), Show(), Create(), Update(), Switch() };

    private static Verb List() => Lists.Verb("list", "List the organizations you may act in", "GET /organizations", Views.Membership, _ => "/api/organizations");

    private static Verb Show() => new Verb("show", "Show the organization of this context, or of --org")
        .Calls("GET /organizations/current")
        .Runs(call => call.Show($"/organizations/current", Views.Organization));

    private static Verb Create()
    {
        var name = Opt.Need("--name", "NAME", "Name shown to people");
        var slug = Opt.Need("--slug", "SLUG", "Short name for addresses and commands");
        return new Verb("create", "Create an organization") { name, slug }
            .Calls("POST /organizations")
            .Example("ocore org create --name \"North Consulting\" --slug north")
            .Runs(call => call.Send(HttpMethod.Post, $"/organizations", new CreateOrganization { Name = call.Need(name), Slug = call.Need(slug) }, Views.Organization));
    }

    private static Verb Update()
    {
        var name = Opt.Text("--name", "NAME", "Name shown to people");
        var logo = Opt.Text("--logo-url", "URL", "Logo: an https:// address, or that of an uploaded image");
        return new Verb("update", "Change the organization of this context, or of --org") { name, logo }
            .Calls("PUT /organizations/current")
            .Runs(call => call.Send(HttpMethod.Put, $"/organizations/current", new UpdateOrganization { Name = call.Get(name), LogoUrl = call.Get(logo) }, Views.Organization));
    }

    private static Verb Switch()
    {
        var slug = Opt.Arg("ORG", "Slug of the organization");
        return new Verb("switch", "Act in another organization from now on") { slug }
            .Calls("GET /organizations")
            .Example("ocore org switch north")
            .Runs(async call =>
            {
                var session = call.Target.Session ?? throw new CliException(ExitCode.Forbidden, "No context is in use.", "Set OCORE_ORG, or sign in with 'ocore login'.");
                var all = await Lists.All<MembershipView>(call, "/api/organizations");
                var chosen = all.FirstOrDefault(o => o.Slug == call.Get(slug) || o.Id.ToString() == call.Get(slug))
                    ?? throw new CliException(ExitCode.NotFound, $"You do not belong to '{call.Get(slug)}'.", $"You belong to: {string.Join(", ", all.Select(o => o.Slug))}.");
                await call.Contexts.Change(file => file.Find(session.Name) is { } context ? file.With(context with { Organization = chosen.Slug }) : file, call.Stop);
                call.Out.Note($"Context '{session.Name}' now acts in {chosen.Name} ({chosen.Slug}).");
                return ExitCode.Ok;
            });
    }
}
