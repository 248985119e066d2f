using System.CommandLine;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli.Commands;

internal static class ServerCommands
{
    public static Command Noun() => new("server", "Servers that run the instances")
    {
        List(), Add(), Show(), Update(), Validate(), HostKey(), PinHostKey(), Drain(), Undrain(), Remove(), MonitoringCommands.Metrics("server", Lookup.Server), TerminalCommands.OnServer(),
    };

    private static Argument<string> Server() => Opt.Arg("SERVER", "Id or name");

    private static async Task<string> Find(Call call, Argument<string> server) => await Lookup.Server(call, call.Get(server));

    private static Verb List()
    {
        var search = Opt.Text("--search", "TEXT", "Only those whose name holds it");
        return Lists.Verb("list", "List the servers", "GET /servers", Views.Server, call => Query.Add("/api/servers", ("q", call.Get(search))), [search]);
    }

    private static Verb Show()
    {
        var server = Server();
        return new Verb("show", "Show a server: facts, use, host key") { server }
            .Calls("GET /servers/{id}")
            .Runs(async call => await call.Show($"/servers/{await Find(call, server)}", Views.Server));
    }

    private static Verb HostKey()
    {
        var host = Opt.Arg("HOST", "Name or address");
        var port = Opt.Int("--port", "PORT", "SSH port; 22 where not given");
        return new Verb("host-key", "Ask a machine for its SSH host key, without signing in") { host, port }
            .Calls("POST /servers/host-key")
            .Runs(call => call.Send(HttpMethod.Post, $"/servers/host-key", new HostKeyProbe { Host = call.Get(host), Port = call.Get(port) }, Views.HostKey));
    }

    private static Verb Add()
    {
        var name = Opt.Text("--name", "NAME", "Name of the server; the host where not given");
        var host = Opt.Text("--host", "HOST", "Name or address");
        var local = Opt.Flag("--local", "The machine that oCore itself runs on (operators only)");
        var port = Opt.Int("--port", "PORT", "SSH port; 22 where not given");
        var user = Opt.Text("--user", "USER", "Account to sign in with; root where not given");
        var key = Opt.Text("--key-file", "FILE", "Private key that may sign in; used once, to install oCore's own");
        var password = Opt.PasswordStdin("the password, which is forgotten unless sudo needs it,");
        var fingerprint = Opt.Text("--fingerprint", "SHA256:…", "Host key expected; nothing is asked");
        var yes = Opt.Flag("--yes", "Trust the host key that is shown, without asking");
        var domain = Opt.Text("--base-domain", "DOMAIN", "Instances get names under it; *.DOMAIN has to point to the server");
        var edge = Opt.Int("--edge-port", "PORT", "Port instances are reached at: 80, or 8069 with --local");
        var tls = Opt.Int("--edge-tls-port", "PORT", "Port at which domains of instances are reached by HTTPS: 443 where --edge-port is 80");
        var proxies = Opt.List("--edge-proxies", "LIST", "Addresses or networks of the proxies in front of the edge");
        var https = Opt.Switch("--edge-https", "Visitors come to those proxies by https");
        return new Verb("add", "Connect a server by SSH, or this machine, and prepare it") { name, host, local, port, user, key, password, fingerprint, yes, domain, edge, tls, proxies, https }
            .Calls("POST /servers", "POST /servers/host-key")
            .StartsWork()
            .Example("ocore server add --name web-1 --host 203.0.113.10 --user root --key-file ~/.ssh/id_ed25519 --base-domain apps.example.com --wait")
            .Example("ocore server add --local --wait")
            .Runs(async call =>
            {
                if (call.Get(local) == (call.Get(host) is not null))
                    throw new CliException(ExitCode.Usage, "Give either --host or --local.");
                var request = new AddServer
                {
                    Name = call.Get(name) ?? call.Get(host) ?? "local",
                    Host = call.Get(host) ?? "local",
                    Port = call.Get(port),
                    User = call.Get(user),
                    PrivateKey = call.Get(key) is { } path ? await Files.Text(call, path) : null,
                    Password = call.Get(password) ? call.Io.ReadPiped("password") : null,
                    HostKeyFingerprint = call.Get(fingerprint),
                    BaseDomain = call.Get(domain),
                    EdgePort = call.Get(edge),
                    EdgeTlsPort = call.Get(tls),
                    EdgeProxies = call.List(proxies),
                    EdgeHttps = call.Get(https),
                };
                if (!call.Get(local) && request.HostKeyFingerprint is null)
                    request = request with { HostKeyFingerprint = await Trusted(call, request, call.Get(yes)) };
                return await call.Start(HttpMethod.Post, $"/servers", request);
            });
    }

    /// <summary>What was shown and agreed to is what gets pinned, whatever answers a moment later.</summary>
    private static async Task<string> Trusted(Call call, AddServer request, bool yes)
    {
        var shown = await call.Api.Post<HostKeyProbe, HostKeyView>("/api/servers/host-key", new HostKeyProbe { Host = request.Host, Port = request.Port }, call.Stop);
        call.Out.Note($"{request.Host} shows the host key {shown.Fingerprint} ({shown.Type}).");
        const string instead = "Compare it on the machine's console with 'ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub', then give --fingerprint, or --yes to trust it.";
        return yes || call.Io.Agree("Trust it?", instead) ? shown.Fingerprint : throw new CliException(ExitCode.Refused, "Not trusted: the server was not added.");
    }

    private static Verb Update()
    {
        var server = Server();
        var name = Opt.Text("--name", "NAME", "Name of the server");
        var domain = Opt.Text("--base-domain", "DOMAIN", "Instances get names under it");
        var clients = Opt.List("--clients", "LIST", "All clients that may use it by themselves, ids or slugs; \"\" for none");
        var tls = Opt.Int("--edge-tls-port", "PORT", "Port at which domains of instances are reached by HTTPS");
        var proxies = Opt.List("--edge-proxies", "LIST", "Addresses or networks of the proxies in front of the edge");
        var https = Opt.Switch("--edge-https", "Visitors come to those proxies by https");
        var clear = new ClearOption(("base-domain", "baseDomain"), ("clients", "clients"), ("edge-tls-port", "edgeTlsPort"), ("edge-proxies", "edgeProxies"));
        return new Verb("update", "Change a server's name, domain, clients or what stands in front of its edge") { server, name, domain, clients, tls, proxies, https, clear.Option }
            .Calls("PUT /servers/{id}")
            .Example("ocore server update web-1 --clients acme-corp,globex")
            .Runs(async call => await call.Send(HttpMethod.Put, $"/servers/{await Find(call, server)}",
                new UpdateServer { Clearing = clear.Fields(call), Name = call.Get(name), BaseDomain = call.Get(domain), Clients = call.List(clients), EdgeTlsPort = call.Get(tls), EdgeProxies = call.List(proxies), EdgeHttps = call.Get(https) }, Views.Server));
    }

    private static Verb Validate()
    {
        var server = Server();
        return new Verb("validate", "Check the connection, identify the machine, and prepare what is missing") { server }
            .Calls("POST /servers/{id}/validate")
            .StartsWork()
            .Runs(async call => await call.Start(HttpMethod.Post, $"/servers/{await Find(call, server)}/validate"));
    }

    private static Verb Drain()
    {
        var server = Server();
        return new Verb("drain", "Put no new instances on a server") { server }
            .Calls("POST /servers/{id}/drain")
            .Runs(async call => await call.Post($"/servers/{await Find(call, server)}/drain", Views.Server));
    }

    private static Verb Undrain()
    {
        var server = Server();
        return new Verb("undrain", "Let a drained server take instances again") { server }
            .Calls("POST /servers/{id}/undrain")
            .Runs(async call => await call.Post($"/servers/{await Find(call, server)}/undrain", Views.Server));
    }

    private static Verb PinHostKey()
    {
        var server = Server();
        var fingerprint = Opt.Text("--fingerprint", "SHA256:…", "The key you compared on the machine's console; asked for where not given");
        return new Verb("pin-host-key", "Accept a server's new host key, after comparing it on its console") { server, fingerprint }
            .Calls("POST /servers/{id}/host-key")
            .Runs(async call =>
            {
                var id = await Find(call, server);
                var chosen = call.Get(fingerprint);
                if (chosen is null)
                {
                    var view = await call.Get<ServerView>($"/api/servers/{id}");
                    var offered = view.OfferedHostKey ?? throw new CliException(ExitCode.Refused, $"{view.Name} offers no other key than the pinned one.");
                    call.Out.Note($"Pinned:  {view.HostKey?.Fingerprint ?? "none"}\nOffered: {offered.Fingerprint} ({offered.Type})");
                    if (!call.Io.Agree("Is the offered key the one on the machine's console?", "Give --fingerprint."))
                        throw new CliException(ExitCode.Refused, "The key was not changed.");
                    chosen = offered.Fingerprint;
                }
                return await call.Send(HttpMethod.Post, $"/servers/{id}/host-key", new PinHostKey { Fingerprint = chosen }, Views.Server);
            });
    }

    private static Verb Remove()
    {
        var server = Server();
        var confirm = Opt.Confirm("server");
        var forget = Opt.Flag("--forget", "Its machine is gone for good: forget it without reaching it");
        return new Verb("remove", "Take a server out of oCore; it must hold no instances") { server, confirm, forget }
            .Calls("DELETE /servers/{id}")
            .StartsWork()
            .Runs(async call =>
            {
                var id = await Find(call, server);
                var view = await call.Get<ServerView>($"/api/servers/{id}");
                Confirming.Name(call, confirm, $"the server {view.Name} from oCore", view.Name);
                return await call.Start(HttpMethod.Delete, Query.Add($"/api/servers/{id}", ("forget", call.Get(forget) ? "true" : null)), null);
            });
    }
}
