namespace OCore.Platform.Mail;

/// <summary>What the owner of an account is told was done to it.</summary>
internal enum AccountNotice { PasswordByLink, PasswordChanged, TotpAdded, TotpRemoved, RecoveryCodes, PasskeyAdded, PasskeyRemoved }

/// <summary>
/// The sentences of the mails that a client's people get, in one language. Each language is a value of this record, so that one that is
/// missing does not compile. What only those get who run the installation or an agency is in English.
/// </summary>
internal sealed partial record MailTexts
{
    public required string Code { get; init; }
    public required Func<string, string> Hello { get; init; }

    public required (string Subject, string Text, string Label, string Footnote) Reset { get; init; }

    public required Func<AccountNotice, string?, (string Subject, string Text)> Notice { get; init; }
    public required Func<DateTimeOffset, string> DoneAt { get; init; }
    public required (string Label, string Footnote) OpenAccount { get; init; }

    /// <summary>Who invites, and to what.</summary>
    public required Func<string, string, string> InvitationSubject { get; init; }
    /// <summary>Who, with which address, to what, in which role.</summary>
    public required Func<string, string, string, string, string> Invited { get; init; }
    public required (string Greeting, string Once, string Label, string Footnote) Invitation { get; init; }

    public required Func<AlertSentence, string> Alert { get; init; }
    public required Func<string, string, string> AlertOver { get; init; }
    public required Func<DateTimeOffset, string> AlertSince { get; init; }
    public required (string Label, Func<string, string> Footnote) ShowAlert { get; init; }

    public required Func<string, string> ReportSubject { get; init; }
    public required Func<ReportSentence, IReadOnlyList<string>> Report { get; init; }
    public required (string Label, Func<string, string> Footnote) ShowReport { get; init; }

    public static readonly IReadOnlyList<MailTexts> All = [English(), French()];

    /// <summary>Of this language where there is one, and in English otherwise.</summary>
    public static MailTexts In(string? language) => All.FirstOrDefault(t => t.Code == language) ?? All[0];
}

internal sealed record AlertSentence(string Metric, string Subject, string Name, bool Above, string Threshold, double Minutes, string Value, DateTimeOffset At);

/// <param name="Taken">Backups of the time, and how many of them were verified or failed.</param>
/// <param name="Newest">When the last one was taken that was verified, whenever that was.</param>
internal sealed record ReportSentence(string Name, DateTimeOffset From, DateTimeOffset Until, int Taken, int Verified, int Failed, DateTimeOffset? Newest, string? Size, DateTimeOffset? Next, TimeZoneInfo Zone);
