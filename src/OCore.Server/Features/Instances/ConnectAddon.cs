using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using OCore.Platform.Docker;
using OCore.Platform.Remote;

namespace OCore.Features.Instances;

/// <summary>The small Odoo module behind "Open Odoo", and the links it accepts.</summary>
internal static class ConnectAddon
{
    public static readonly TimeSpan LinkLifetime = TimeSpan.FromSeconds(60);
    private static readonly string[] Sources = ["__init__.py", "__manifest__.py"];

    public static IEnumerable<ContainerFile> Files(string key) =>
    [
        .. Sources.Select(name => ContainerFile.Text(RemotePath.Parse($"{OdooConf.ConnectAddons}/hosting_connect/{name}"), Read(name))),
        ContainerFile.Text(RemotePath.Parse("/opt/hosting/connect.key"), key),
    ];

    /// <summary>A token that signs one person in as <paramref name="login"/>, once, within a minute.</summary>
    public static string Token(string key, string database, string login, string by, DateTimeOffset now)
    {
        var body = Base64(JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object>
        {
            ["db"] = database, ["login"] = login, ["by"] = by,
            ["exp"] = (now + LinkLifetime).ToUnixTimeSeconds(),
            ["nonce"] = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
        }));
        return $"{body}.{Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(body)))}";
    }

    private static string Base64(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);

    private static string Read(string name)
    {
        using var stream = typeof(ConnectAddon).Assembly.GetManifestResourceStream($"hosting_connect/{name}") ?? throw new InvalidOperationException($"{name} is not in the program.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
