using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace OCore.Tests;

/// <summary>Ports of this machine for what a test starts, and starts again.</summary>
internal static class TestPorts
{
    private static readonly ConcurrentDictionary<int, bool> Given = new();

    /// <summary>Nobody listens on it, and the kernel gives it to nobody who goes out: it is still free when it is used.</summary>
    public static int Free()
    {
        for (; ; )
        {
            var port = Random.Shared.Next(20_000, 32_000);
            if (!Given.TryAdd(port, true))
                continue;
            try
            {
                using var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it.
            }
        }
    }
}
