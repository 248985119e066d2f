namespace OCore.Platform.Mail;

internal sealed partial record MailTexts
{
    private static MailTexts French() => new()
    {
        Code = "fr",
        Hello = name => $"Bonjour {name},",
        Reset = ("Choisissez un nouveau mot de passe", "quelqu’un, sans doute vous, a demandé un nouveau mot de passe pour votre compte. Le lien fonctionne une seule fois, pendant une heure.",
            "Choisir un nouveau mot de passe", "Si ce n’était pas vous, ignorez ce message : votre mot de passe reste inchangé."),
        Notice = (what, name) => what switch
        {
            AccountNotice.PasswordByLink => ("Votre mot de passe a été changé", "Le mot de passe de votre compte a été changé par un lien envoyé à cette adresse, et toutes vos sessions ont été fermées."),
            AccountNotice.PasswordChanged => ("Votre mot de passe a été changé", "Le mot de passe de votre compte a été changé, et vos autres sessions ont été fermées."),
            AccountNotice.TotpAdded => ("Une application d’authentification a été ajoutée", "La connexion à votre compte demande désormais un code de votre application d’authentification."),
            AccountNotice.TotpRemoved => ("Votre application d’authentification a été retirée", "La connexion à votre compte ne demande plus de code d’une application d’authentification."),
            AccountNotice.RecoveryCodes => ("De nouveaux codes de secours ont été créés", "De nouveaux codes de secours ont été créés pour votre compte ; les anciens ne fonctionnent plus."),
            AccountNotice.PasskeyAdded => ("Une clé d’accès a été ajoutée", $"La clé d’accès « {name} » permet désormais de se connecter à votre compte."),
            _ => ("Une clé d’accès a été retirée", $"La clé d’accès « {name} » ne permet plus de se connecter à votre compte."),
        },
        DoneAt = at => $"C’était le {at:dd/MM/yyyy} à {at:HH:mm} UTC.",
        OpenAccount = ("Ouvrir votre compte", "Si ce n’était pas vous, choisissez tout de suite un nouveau mot de passe et prévenez les personnes qui gèrent vos accès."),
        InvitationSubject = (who, where) => $"{who} vous invite à rejoindre {where}",
        Invited = (who, email, where, role) => $"{who} ({email}) vous invite à rejoindre {where} avec le rôle {role}.",
        Invitation = ("Bonjour,", "Le lien fonctionne une seule fois, pour cette adresse uniquement, pendant 72 heures.", "Accepter l’invitation", "Si vous ne connaissez pas l’expéditeur, ignorez ce message : rien ne se passe sans vous."),
        Alert = a => $"{a.Metric} : {a.Name} ({(a.Subject == "server" ? "serveur" : "instance")}) était {(a.Above ? "au-dessus" : "en dessous")} de {a.Threshold} pendant {a.Minutes:0.#} minutes : {a.Value}, à {a.At:HH:mm} UTC.",
        AlertOver = (rule, name) => $"Terminé : {rule} : {name}",
        AlertSince = at => $"Ce n’est plus le cas depuis {at:HH:mm} UTC.",
        ShowAlert = ("Voir", rule => $"Vous recevez ce message parce que la règle d’alerte {rule} indique votre adresse."),
        ReportSubject = name => $"Sauvegardes de {name}",
        Report = r =>
        [
            $"Sauvegardes de {r.Name} du {Jour(r.From, r.Zone)} au {Jour(r.Until, r.Zone)} :",
            r.Taken + r.Failed == 0 ? "Aucune n’a été faite." : $"Faites : {r.Taken}\nVérifiées par une restauration : {r.Verified}\nÉchouées : {r.Failed}",
            r.Newest is { } at ? $"La plus récente vérifiée date du {Instant(at, r.Zone)}{(r.Size is null ? "" : $" et fait {r.Size}")}." : "Aucune sauvegarde n’a encore été vérifiée.",
            r.Next is { } next ? $"La prochaine est prévue le {Instant(next, r.Zone)}." : "Aucune sauvegarde automatique n’est prévue pour le moment.",
        ],
        ShowReport = ("Voir les sauvegardes", name => $"Vous recevez ce message parce que le plan de sauvegarde de {name} indique votre adresse."),
    };

    private static readonly string[] Mois = ["janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"];

    private static string Jour(DateTimeOffset at, TimeZoneInfo zone) => TimeZoneInfo.ConvertTime(at, zone) is var local ? $"{local.Day}{(local.Day == 1 ? "er" : "")} {Mois[local.Month - 1]} {local.Year}" : "";

    private static string Instant(DateTimeOffset at, TimeZoneInfo zone) => $"{Jour(at, zone)} à {TimeZoneInfo.ConvertTime(at, zone):HH:mm} ({zone.Id})";
}
