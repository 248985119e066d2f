namespace OCore.Bench;

/// <summary>
/// A real server for a measurement, made by bin/lab in a lab of its own and destroyed afterwards: systemd, sshd and a Docker engine,
/// on this machine's kernel and processors.
/// </summary>
public sealed class LabServer : IDisposable
{
    private readonly string _name;
    private static readonly string Folder = Environment.GetEnvironmentVariable("OCORE_TEST_BENCH_LAB") ?? "/var/lib/ocore-lab-bench";
    private static readonly Dictionary<string, string> Environs = new() { ["OCORE_LAB"] = Folder, ["OCORE_LAB_NET"] = "10.80.0" };

    private LabServer(string name) => _name = name;

    public string Host => Read("host");
    public int Port => int.Parse(Read("port"), System.Globalization.CultureInfo.InvariantCulture);
    public string User => Read("user");
    public string Key => Read("key") + "\n";
    public string Fingerprint => Read("fingerprint").Split(['\n', ' ']).First(w => w.StartsWith("SHA256:", StringComparison.Ordinal));
    public IEnumerable<string> HostKeys => Read("known_hosts").Split('\n').Select(l => l[(l.IndexOf(' ') + 1)..]);

    public static LabServer Create()
    {
        if (!Environment.IsPrivilegedProcess)
            throw new BenchException("Test servers are name spaces and need root.");
        Run.Script(Bin("docker-engine"), Environs);
        Run.Script(Bin("images"), Environs, "odoo", "postgres", "haproxy");
        Run.Script(Bin("lab"), Environs, "create", "1", "--prefix", "bench");
        return new LabServer("bench1");
    }

    /// <summary>Copies an image of this machine's engine to the server's.</summary>
    public void Load(string image) => Run.Script(Bin("lab"), Environs, "load", _name, image);

    /// <summary>As root from within.</summary>
    public void Exec(params string[] command) => Run.Script(Bin("lab"), Environs, ["exec", _name, .. command]);

    /// <summary>The same, for what it prints.</summary>
    public string Ask(params string[] command)
    {
        var file = Path.GetTempFileName();
        try
        {
            Run.Script("sh", Environs, ["-c", "out=$1; shift; exec \"$@\" >\"$out\"", "ask", file, Bin("lab"), "exec", _name, .. command]);
            return File.ReadAllText(file);
        }
        finally
        {
            File.Delete(file);
        }
    }

    public void Dispose() => Run.Script(Bin("lab"), Environs, "destroy");

    private static string Bin(string name) => Path.Combine(Repository.Root, "bin", name);

    private string Read(string file) => File.ReadAllText(Path.Combine(Folder, _name, file)).Trim();
}
