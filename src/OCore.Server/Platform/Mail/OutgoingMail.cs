using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Platform.Data;

namespace OCore.Platform.Mail;

/// <summary>
/// A mail that has to go out. Written in the transaction of its cause, so that neither a mail without its cause nor a cause without
/// its mail can come to be; sent later by <see cref="MailSender"/>.
/// </summary>
[GlobalEntity("Mail is of accounts as much as of organizations; only the sender reads it, and others its state by AboutId.")]
internal sealed class OutgoingMail
{
    public Guid Id { get; init; } = RowId.New();
    public required string To { get; init; }
    /// <summary>The row that the mail speaks of, for example an invitation, to look up whether its mail went out.</summary>
    public Guid? AboutId { get; init; }
    /// <summary>Subject and text, sealed: links carry tokens of which the database keeps only hashes. Gone once the mail is sent.</summary>
    [Secret] public string? ContentSealed { get; set; }
    public DateTimeOffset CreatedAt { get; init; }
    /// <summary>What it says is of no use after this.</summary>
    public DateTimeOffset ExpiresAt { get; init; }
    /// <summary>When to try (again); null once it is sent or given up.</summary>
    public DateTimeOffset? NextAttemptAt { get; set; }
    public int Attempts { get; set; }
    public DateTimeOffset? SentAt { get; set; }
    /// <summary>Why it has not gone out, in words for whoever waits for it.</summary>
    public string? Error { get; set; }
}

internal sealed class OutgoingMailMapping : IEntityTypeConfiguration<OutgoingMail>
{
    public void Configure(EntityTypeBuilder<OutgoingMail> entity)
    {
        entity.ToTable("OutgoingMail");
        entity.Property(m => m.To).HasMaxLength(254);
        entity.HasIndex(m => m.NextAttemptAt);
        entity.HasIndex(m => m.AboutId);
        entity.HasIndex(m => m.ExpiresAt);
    }
}
