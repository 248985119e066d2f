using OCore.Platform.Remote;

namespace OCore.Features.Servers;

/// <summary>The names of what oCore has on every server, and the mark that says whose it is.</summary>
internal static class ServerLabels
{
    /// <summary>On everything oCore makes on a server; its value is the server's id.</summary>
    public const string Server = "ocore.server";
    /// <summary>On everything that belongs to one instance.</summary>
    public const string Instance = "ocore.instance";

    /// <summary>On everything of a topology: its id.</summary>
    public const string Topology = "ocore.topology";

    public static readonly DockerName Network = DockerName.Parse("ocore");
    public static readonly RemotePath Folder = RemotePath.Parse("/var/lib/ocore");

    public static IReadOnlyDictionary<string, string> Of(Guid server) => new Dictionary<string, string> { [Server] = server.ToString() };
}
