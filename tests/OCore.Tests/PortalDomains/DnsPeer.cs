using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace OCore.Tests.PortalDomains;

/// <summary>A DNS server with what a test put into it, and with the faults a test wants: for answers that a well-behaved server does not give.</summary>
internal sealed class DnsPeer : IAsyncDisposable
{
    private const ushort A = 1, Cname = 5, Txt = 16, Caa = 257;
    private readonly UdpClient _udp = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly ConcurrentDictionary<(string Name, ushort Type), List<byte[]>> _records = new();
    private readonly ConcurrentDictionary<string, int> _faults = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;

    public DnsPeer() => _serving = ServeAsync();

    public string Address => $"127.0.0.1:{((IPEndPoint)_udp.Client.LocalEndPoint!).Port}";
    /// <summary>Every question, as <c>name type</c>.</summary>
    public ConcurrentQueue<string> Questions { get; } = new();
    /// <summary>How long it thinks.</summary>
    public TimeSpan Delay { get; set; }

    public void SetTxt(string name, params string[] values) => _records[(name, Txt)] = [.. values.Select(v => Strings([v]))];

    /// <summary>One record of several strings.</summary>
    public void SetTxtOf(string name, params string[] strings) => _records[(name, Txt)] = [Strings(strings)];

    public void SetA(string name, params string[] addresses) => _records[(name, A)] = [.. addresses.Select(a => IPAddress.Parse(a).GetAddressBytes())];

    public void SetCname(string name, string target) => _records[(name, Cname)] = [Name(target)];

    public void SetCaa(string name, params (string Tag, string Value)[] values) =>
        _records[(name, Caa)] = [.. values.Select(v => (byte[])[0, (byte)v.Tag.Length, .. Encoding.ASCII.GetBytes(v.Tag), .. Encoding.ASCII.GetBytes(v.Value)])];

    public void Remove(string name)
    {
        foreach (var key in _records.Keys.Where(k => k.Name == name))
            _records.TryRemove(key, out _);
    }

    /// <summary>2 is SERVFAIL, 5 REFUSED; -1 says nothing at all, -2 nonsense.</summary>
    public void Break(string name, int how) => _faults[name] = how;

    public void Mend(string name) => _faults.TryRemove(name, out _);

    private async Task ServeAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var request = await _udp.ReceiveAsync(_stop.Token);
                _ = AnswerAsync(request);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException)
            {
                // Somebody left before the answer came.
            }
        }
    }

    private async Task AnswerAsync(UdpReceiveResult request)
    {
        var (name, type, end) = Question(request.Buffer);
        Questions.Enqueue($"{name} {type}");
        await Task.Delay(Delay);
        var fault = _faults.GetValueOrDefault(name);
        if (fault == -1)
            return;
        var answers = new List<(string Name, ushort Type, byte[] Data)>();
        for (var (at, hops) = (name, 0); hops < 8; hops++)
        {
            answers.AddRange((_records.GetValueOrDefault((at, type)) ?? []).Select(data => (at, type, data)));
            if (type == Cname || !_records.TryGetValue((at, Cname), out var alias))
                break;
            answers.Add((at, Cname, alias[0]));
            at = Read(alias[0]);
        }
        var known = answers.Count > 0 || _records.Keys.Any(k => k.Name == name || k.Name.EndsWith("." + name, StringComparison.Ordinal));
        var code = fault > 0 ? fault : known ? 0 : 3;
        using var reply = new MemoryStream();
        reply.Write(request.Buffer.AsSpan(0, 2));
        Number(reply, (ushort)(0x8180 | code));
        Number(reply, 1);
        Number(reply, (ushort)(code == 0 ? answers.Count : 0));
        Number(reply, 0);
        Number(reply, 0);
        reply.Write(request.Buffer.AsSpan(12, end - 12));
        foreach (var (owner, kind, data) in code == 0 ? answers : [])
        {
            reply.Write(Name(owner));
            Number(reply, kind);
            Number(reply, 1);
            Number(reply, 0);
            Number(reply, 60);
            Number(reply, (ushort)data.Length);
            reply.Write(data);
        }
        var bytes = fault == -2 ? [.. request.Buffer.AsSpan(0, 2), 0x81, 0x80, 0, 1, 0, 9, 0, 0] : reply.ToArray();
        await _udp.SendAsync(bytes, request.RemoteEndPoint);
    }

    private static (string Name, ushort Type, int End) Question(byte[] packet)
    {
        var (name, at) = (new StringBuilder(), 12);
        for (; packet[at] != 0; at += packet[at] + 1)
            name.Append(name.Length > 0 ? "." : "").Append(Encoding.ASCII.GetString(packet, at + 1, packet[at]));
        return (name.ToString().ToLowerInvariant(), BinaryPrimitives.ReadUInt16BigEndian(packet.AsSpan(at + 1)), at + 5);
    }

    private static byte[] Name(string name) => [.. name.Split('.').SelectMany(l => (byte[])[(byte)l.Length, .. Encoding.ASCII.GetBytes(l)]), 0];

    private static string Read(byte[] name)
    {
        var text = new StringBuilder();
        for (var at = 0; name[at] != 0; at += name[at] + 1)
            text.Append(text.Length > 0 ? "." : "").Append(Encoding.ASCII.GetString(name, at + 1, name[at]));
        return text.ToString();
    }

    private static byte[] Strings(IEnumerable<string> strings) => [.. strings.SelectMany(s => (byte[])[(byte)Encoding.UTF8.GetByteCount(s), .. Encoding.UTF8.GetBytes(s)])];

    private static void Number(Stream stream, ushort number)
    {
        Span<byte> two = stackalloc byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(two, number);
        stream.Write(two);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving;
        _udp.Dispose();
        _stop.Dispose();
    }
}
