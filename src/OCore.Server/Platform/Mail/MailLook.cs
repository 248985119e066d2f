namespace OCore.Platform.Mail;

/// <summary>What a mail looks like and whom it comes from.</summary>
/// <param name="Product">The name the recipient knows the platform by, which need not be oCore's.</param>
/// <param name="Address">Where the recipient signs in; links begin with it.</param>
internal sealed record MailLook(string Product, Uri Address)
{
    public Uri? Logo { get; init; }
    public string Color { get; init; } = "#1f2430";
    public string TextOnColor { get; init; } = "#ffffff";
    /// <summary>Plain text.</summary>
    public string? Footer { get; init; }
    public Uri? Support { get; init; }
    /// <summary>The agency's own, where its domain lets us send; the platform's otherwise.</summary>
    public string? FromAddress { get; init; }
    public string? ReplyTo { get; init; }
    /// <summary>The recipient's, as far as it is known.</summary>
    public MailTexts Texts { get; init; } = MailTexts.In(null);
}
