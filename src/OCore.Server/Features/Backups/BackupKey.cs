using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Platform.Data;

namespace OCore.Features.Backups;

/// <summary>
/// What an organization's backups are sealed with, itself sealed with the master key. It is not derived from the master key, so that
/// it can be handed out on paper: who has it and the store has the backups, and nothing else of this installation.
/// </summary>
internal sealed class BackupKey : IAgencyShared, IAudited
{
    public const string Secret = "backup.key";
    public const int Length = 32;

    public Guid Id { get; init; } = RowId.New();
    public Guid OrgId { get; set; }
    public Guid RootId { get; set; }
    /// <summary>Which one it is; says nothing of the key itself, and stands in every manifest.</summary>
    public required string Fingerprint { get; init; }
    [Secret] public required string KeySealed { get; init; }
    /// <summary>One of a recovery sheet opens what was sealed with it, and seals nothing new.</summary>
    public bool IsForeign { get; init; }
    public DateTimeOffset CreatedAt { get; init; }
    /// <summary>When it was last put on a recovery sheet.</summary>
    [NotAudited] public DateTimeOffset? HandedOutAt { get; set; }

    public static string FingerprintOf(ReadOnlySpan<byte> key) => Convert.ToHexStringLower(SHA256.HashData(key).AsSpan(0, 8));

    /// <summary>The key of one part of one backup. Each is used once.</summary>
    public static byte[] ForPart(byte[] key, Guid backup, string part) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, key, Length, salt: backup.ToByteArray(), info: Encoding.UTF8.GetBytes("ocore.backup." + part));

    string IAudited.AuditNoun => "backup_key";
    string IAudited.AuditName => Fingerprint;
}

internal sealed class BackupKeyMapping : IEntityTypeConfiguration<BackupKey>
{
    public void Configure(EntityTypeBuilder<BackupKey> entity)
    {
        entity.ToTable("BackupKeys");
        entity.HasIndex(k => new { k.OrgId, k.Fingerprint }).IsUnique();
    }
}
