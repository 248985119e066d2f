using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace OCore.Features.Backups;

/// <summary>
/// What a backup holds, written beside its parts. It is authenticated with a key of the backup, so that a part and the manifest
/// cannot be changed together either.
/// </summary>
internal sealed record BackupManifest
{
    public const string FileName = "manifest.json", Database = "database", Files = "files.tar.gz", Settings = "settings.json";

    public int Format { get; init; } = 1;
    public required Guid Backup { get; init; }
    public Guid? Instance { get; init; }
    public required string InstanceName { get; init; }
    public required DateTimeOffset TakenAt { get; init; }
    public required string OdooVersion { get; init; }
    public required string OdooEdition { get; init; }
    public required string Image { get; init; }
    public required string PostgresVersion { get; init; }
    public required string DatabaseName { get; init; }
    /// <summary>Installed modules with their versions.</summary>
    public required IReadOnlyDictionary<string, string> Modules { get; init; }
    /// <summary>Rows of the tables that matter most, counted in the same moment that the dump is of.</summary>
    public required IReadOnlyDictionary<string, long> Rows { get; init; }
    public required BackupPart DatabasePart { get; init; }
    public required BackupPart FilesPart { get; init; }
    public required BackupPart SettingsPart { get; init; }
    /// <summary><c>custom</c> as pg_dump writes it, or <c>sql</c> as Odoo's own archives hold it.</summary>
    public required string DatabaseFormat { get; init; }
    public required int FileCount { get; init; }
    public required long FileBytes { get; init; }
    /// <summary>Files whose content was not what their name says already when they were copied.</summary>
    public int FilesAmiss { get; init; }
    /// <summary>Files that the database named and that were not there already then; null where nobody could count them.</summary>
    public int? FilesMissing { get; init; }
    /// <summary>The master key that opens it.</summary>
    public required string KeyId { get; init; }

    public BackupPart[] Parts => [DatabasePart, FilesPart, SettingsPart];

    /// <summary>As it is stored: the manifest, and below it the proof that it was written with the key.</summary>
    public byte[] Write(byte[] key)
    {
        var text = JsonSerializer.Serialize(this, Json);
        return Encoding.UTF8.GetBytes($"{text}\n{Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)))}\n");
    }

    /// <returns>Null where it was not written with this key, or was changed since.</returns>
    public static BackupManifest? Read(byte[] stored, byte[] key)
    {
        var text = Encoding.UTF8.GetString(stored);
        var end = text.TrimEnd('\n').LastIndexOf('\n');
        if (end < 0)
            return null;
        var proof = Encoding.UTF8.GetBytes(text[(end + 1)..].Trim());
        var right = Encoding.UTF8.GetBytes(Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text[..end]))));
        return CryptographicOperations.FixedTimeEquals(proof, right) ? JsonSerializer.Deserialize<BackupManifest>(text[..end], Json) : null;
    }

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, IgnoreReadOnlyProperties = true };
}

/// <param name="Sha256">Of the content.</param>
/// <param name="StoredSha256">Of what lies in the target, which is encrypted.</param>
internal sealed record BackupPart(string Name, long Bytes, string Sha256, long StoredBytes, string StoredSha256);
