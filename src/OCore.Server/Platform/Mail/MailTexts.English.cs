namespace OCore.Platform.Mail;

internal sealed partial record MailTexts
{
    private static MailTexts English() => new()
    {
        Code = "en",
        Hello = name => $"Hello {name},",
        Reset = ("Choose a new password", "somebody, probably you, asked for a new password for your account. The link works once, within an hour.",
            "Choose a new password", "If it was not you, ignore this mail: your password stays as it is."),
        Notice = (what, name) => what switch
        {
            AccountNotice.PasswordByLink => ("Your password was changed", "The password of your account was changed by a link that was sent to this address, and all your sessions were ended."),
            AccountNotice.PasswordChanged => ("Your password was changed", "The password of your account was changed, and your other sessions were ended."),
            AccountNotice.TotpAdded => ("An authenticator was added", "Signing in to your account now needs a code of your authenticator."),
            AccountNotice.TotpRemoved => ("Your authenticator was removed", "Signing in to your account no longer needs a code of an authenticator."),
            AccountNotice.RecoveryCodes => ("New recovery codes were made", "New recovery codes were made for your account; the old ones no longer work."),
            AccountNotice.PasskeyAdded => ("A passkey was added", $"The passkey \"{name}\" can now be used to sign in to your account."),
            _ => ("A passkey was removed", $"The passkey \"{name}\" can no longer be used to sign in to your account."),
        },
        DoneAt = at => $"This was on {at:yyyy-MM-dd} at {at:HH:mm} UTC.",
        OpenAccount = ("Open your account", "If it was not you, choose a new password at once and tell the people who look after your access."),
        InvitationSubject = (who, where) => $"{who} invites you to {where}",
        Invited = (who, email, where, role) => $"{who} ({email}) invites you to {where} with the role {role}.",
        Invitation = ("Hello,", "The link works once, for this address only, and for 72 hours.", "Accept the invitation", "If you do not know the sender, ignore this mail: nothing happens without you."),
        Alert = a => $"{a.Metric} of the {a.Subject} {a.Name} was {(a.Above ? "above" : "below")} {a.Threshold} for {a.Minutes:0.#} minutes: {a.Value}, at {a.At:HH:mm} UTC.",
        AlertOver = (rule, name) => $"Over: {rule}: {name}",
        AlertSince = at => $"Since {at:HH:mm} UTC it is no longer so.",
        ShowAlert = ("Show it", rule => $"You get this because the alert rule {rule} names your address."),
        ReportSubject = name => $"Backups of {name}",
        Report = r =>
        [
            $"Backups of {r.Name} from {Day(r.From, r.Zone)} to {Day(r.Until, r.Zone)}:",
            r.Taken + r.Failed == 0 ? "None was taken." : $"Taken: {r.Taken}\nVerified by restoring them: {r.Verified}\nFailed: {r.Failed}",
            r.Newest is { } at ? $"The newest that was verified is of {Moment(at, r.Zone)}{(r.Size is null ? "" : $" and has {r.Size}")}." : "No backup has been verified yet.",
            r.Next is { } next ? $"The next one is taken at {Moment(next, r.Zone)}." : "Backups are not taken by themselves at present.",
        ],
        ShowReport = ("Show the backups", name => $"You get this because the backup schedule of {name} names your address."),
    };

    private static string Day(DateTimeOffset at, TimeZoneInfo zone) => $"{TimeZoneInfo.ConvertTime(at, zone):d MMMM yyyy}";

    private static string Moment(DateTimeOffset at, TimeZoneInfo zone) => $"{Day(at, zone)}, {TimeZoneInfo.ConvertTime(at, zone):HH:mm} ({zone.Id})";
}
