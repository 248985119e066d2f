using OCore.Platform.Http;

namespace OCore.Features.Servers;

internal static class ServerProblems
{
    public static readonly Problem SamePort = Problem.Field("edgeTlsPort", "HTTPS needs a port of its own, other than edgePort.");

    public static Problem NoFingerprint(string field) => Problem.Field(field, "As ssh-keygen -l shows it: SHA256:…");

    public static readonly Problem LocalNeedsOperator = new(403, "local_needs_operator", "Only an operator may use the machine oCore runs on as a server.",
        "Whoever runs containers there could reach oCore itself. Sign in as an operator (API keys do not count), or connect another machine over SSH.");

    public static readonly Problem LocalTaken = new(409, "local_taken", "The machine oCore runs on is a server already.", "One machine is one server; use the one there is.");

    public static readonly Problem ClientsHaveNone = new(403, "servers_are_the_agencys", "The servers of a client are its agency's.",
        "Connect the server in the agency's organization (X-Org-Slug) and give the client access to it.");

    public static readonly Problem KeyMismatch = new(409, "host_key_mismatch", "The server shows a host key with another fingerprint.",
        "Compare it on the server's console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub.");

    public static Problem TooManyProbes(int seconds) => new(429, "too_many_requests", "Host keys were asked for many times just now.", $"Try again in {(seconds + 59) / 60} minutes.")
    {
        More = new Dictionary<string, object?> { ["retryAfter"] = seconds },
    };

    public static readonly Problem NameTaken = new(409, "name_taken", "This name is in use already.", "Choose another name.") { Errors = new Dictionary<string, string[]> { ["name"] = ["It is in use already."] } };

    public static Problem KeyChanged(Server server) => new(409, "host_key_changed", $"{server.Name} shows another host key than the pinned one, so nothing is sent to it.",
        "Pin the new key after comparing it, or remove the server with ?forget=true, which leaves the machine as it is.");

    public static Problem NotReady(Server server) => new(409, "server_not_ready", $"{server.Name} is not ready: {server.StatusMessage ?? "it was not validated yet."}",
        "Wait for its validation, or validate it again.");

    public static Problem InUse(Server server, string why, string hint) => new(409, "server_in_use", $"{server.Name} is in use: {why}", hint);
}
