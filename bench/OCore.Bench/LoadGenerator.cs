using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OCore.Bench;

/// <summary>What came of a load.</summary>
public sealed record Load(int Connections, double Seconds, Sample Milliseconds, TimeSpan OwnCpu)
{
    public double PerSecond => Milliseconds.Count / Seconds;
}

/// <summary>
/// Asks for one path again and again, on so many connections at once, each waiting for its answer. As little as can be: the same
/// bytes to a socket, and from the answer the status and where it ends.
/// </summary>
public static class LoadGenerator
{
    public static Load Ask(Uri url, string path, string token, int connections, TimeSpan during) =>
        Ask(url, [$"GET {path} HTTP/1.1\r\nHost: {url.Authority}\r\nAuthorization: Bearer {token}\r\nAccept: application/json\r\n\r\n"], "200", connections, during);

    /// <param name="requests">As they are sent, one after the other and again from the first; each connection begins at another.</param>
    public static Load Ask(Uri url, IReadOnlyList<string> requests, string status, int connections, TimeSpan during)
    {
        var bytes = requests.Select(Encoding.ASCII.GetBytes).ToArray();
        var expected = Encoding.ASCII.GetBytes("HTTP/1.1 " + status);
        var endpoint = new IPEndPoint(IPAddress.Loopback, url.Port);
        var times = new List<double>[connections];
        var failures = new Exception?[connections];
        var cpu = Process.GetCurrentProcess().TotalProcessorTime;
        var began = Stopwatch.GetTimestamp();
        var until = began + (long)(during.TotalSeconds * Stopwatch.Frequency);
        var threads = Enumerable.Range(0, connections).Select(n => new Thread(() =>
        {
            try
            {
                times[n] = OnOne(endpoint, bytes, bytes.Length * n / connections, expected, until);
            }
            catch (Exception failed) when (failed is SocketException or BenchException)
            {
                failures[n] = failed;
            }
        }) { IsBackground = true }).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        if (failures.FirstOrDefault(f => f is not null) is { } failure)
            throw new BenchException("The server did not bear the load: " + failure.Message, failure);
        var seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        return new Load(connections, seconds, new Sample(times.SelectMany(t => t)), Process.GetCurrentProcess().TotalProcessorTime - cpu);
    }

    private static List<double> OnOne(IPEndPoint endpoint, byte[][] requests, int next, byte[] expected, long until)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 30_000 };
        socket.Connect(endpoint);
        var times = new List<double>(100_000);
        var buffer = new byte[1 << 20];
        for (var now = Stopwatch.GetTimestamp(); now < until;)
        {
            socket.Send(requests[next]);
            next = (next + 1) % requests.Length;
            Receive(socket, buffer, expected);
            var then = Stopwatch.GetTimestamp();
            times.Add((then - now) * 1000.0 / Stopwatch.Frequency);
            now = then;
        }
        return times;
    }

    private static void Receive(Socket socket, byte[] buffer, byte[] expected)
    {
        var (filled, ends) = (0, -1);
        while (ends < 0 || filled < ends)
        {
            if (filled == buffer.Length)
                throw new BenchException("An answer is larger than a megabyte.");
            var read = socket.Receive(buffer, filled, buffer.Length - filled, SocketFlags.None);
            if (read == 0)
                throw new BenchException("The server closed the connection.");
            filled += read;
            ends = End(buffer.AsSpan(0, filled));
        }
        if (!buffer.AsSpan(0, expected.Length).SequenceEqual(expected))
            throw new BenchException("It answered " + Encoding.UTF8.GetString(buffer, 0, Math.Min(filled, 300)));
    }

    /// <summary>How long the answer is; -1 while that is not known.</summary>
    private static int End(ReadOnlySpan<byte> answer)
    {
        var head = answer.IndexOf("\r\n\r\n"u8);
        if (head < 0)
            return -1;
        var length = answer[..head].IndexOf("Content-Length: "u8);
        if (length < 0)
            return answer.EndsWith("\r\n0\r\n\r\n"u8) ? answer.Length : -1;
        var digits = answer[(length + 16)..];
        return head + 4 + int.Parse(digits[..digits.IndexOfAnyExceptInRange((byte)'0', (byte)'9')]);
    }
}
