using System.CommandLine;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli.Commands;

/// <summary>The agency's own access to the Odoo Enterprise sources.</summary>
internal static class EnterpriseCommands
{
    public static Command Noun() => new("enterprise", "The agency's access to the Odoo Enterprise sources") { Show(), Set(), Upload(), RemoveArchive(), Clear() };

    private static Verb Show() => new Verb("show", "Show whether access is set, without its secrets")
        .Calls("GET /templates/enterprise")
        .Runs(call => call.Show($"/templates/enterprise", Views.Enterprise));

    private static Verb Set()
    {
        var url = Opt.Need("--git-url", "URL", "Git address of the Enterprise repository you may read");
        var token = Opt.Flag("--token-stdin", "Read a token for an https address from standard input");
        var key = Opt.Text("--key-file", "FILE", "Private key for an ssh address");
        return new Verb("set", "Set the access") { url, token, key }
            .Calls("PUT /templates/enterprise")
            .Example("ocore template enterprise set --git-url git@github.com:odoo/enterprise.git --key-file ~/.ssh/odoo_enterprise")
            .Runs(async call => await call.Send(HttpMethod.Put, $"/templates/enterprise", new EnterpriseAccess
            {
                GitUrl = call.Need(url),
                Token = call.Get(token) ? call.Io.ReadPiped("token") : null,
                PrivateKey = call.Get(key) is { } file ? await Files.Text(call, file) : null,
            }, Views.Enterprise));
    }

    private static Verb Upload()
    {
        var version = Opt.Arg("VERSION", "The Odoo version it is of, for example 18.0");
        var file = Opt.Arg("FILE", "A zip or tar.gz archive of the Enterprise sources");
        return new Verb("upload", "Upload the sources of a version") { version, file }
            .Calls("PUT /templates/enterprise/archives/{version}")
            .Example("ocore template enterprise upload 18.0 odoo-enterprise-18.0.tar.gz")
            .Runs(async call =>
            {
                await using var content = Files.Open(call, call.Get(file));
                // A gigabyte takes its time on a slow line.
                call.Api.Http.Timeout = Timeout.InfiniteTimeSpan;
                var (view, json) = await call.Fetch<EnterpriseAccessView>(HttpMethod.Put, ((Route)$"/templates/enterprise/archives/{call.Get(version)}").ToString(), new StreamContent(content) { Headers = { ContentType = new("application/octet-stream") } });
                call.Out.Item(json, view, Views.Enterprise);
                return ExitCode.Ok;
            });
    }

    private static Verb RemoveArchive()
    {
        var version = Opt.Arg("VERSION", "The Odoo version it is of");
        return new Verb("remove-archive", "Remove the uploaded sources of a version") { version }
            .Calls("DELETE /templates/enterprise/archives/{version}")
            .Runs(call => call.Do(HttpMethod.Delete, $"/templates/enterprise/archives/{call.Get(version)}", "The archive was removed."));
    }

    private static Verb Clear() => new Verb("clear", "Forget the access and its secrets")
        .Calls("DELETE /templates/enterprise")
        .Runs(call => call.Do(HttpMethod.Delete, $"/templates/enterprise", "The access was forgotten."));
}
