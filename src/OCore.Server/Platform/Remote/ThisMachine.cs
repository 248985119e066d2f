using System.Security.Cryptography;
using System.Text;

namespace OCore.Platform.Remote;

/// <summary>
/// Which machine this process of oCore runs on: the server <c>local</c> is that machine and no other replica's. systemd asks that a
/// machine-id be kept to oneself, so it is hashed. In a container, mount the host's: the image's is not the machine's.
/// </summary>
internal sealed record ThisMachine(string Id)
{
    private static readonly string[] Files = ["/etc/machine-id", "/var/lib/dbus/machine-id"];

    public ThisMachine() : this(Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes("ocore " + Read())).AsSpan(0, 16)))
    {
    }

    private static string Read()
    {
        foreach (var file in Files)
            if (File.Exists(file) && File.ReadAllText(file).Trim() is { Length: >= 16 } id)
                return id;
        return Environment.MachineName;
    }
}
