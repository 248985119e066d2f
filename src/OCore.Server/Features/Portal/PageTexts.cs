namespace OCore.Features.Portal;

/// <summary>The sentences of the pages that the server makes by itself, in one language. One that is missing does not compile.</summary>
internal sealed record PageTexts
{
    public required string Code { get; init; }
    public required (string Title, string Text) Unavailable { get; init; }
    public required Func<string, string> Suspended { get; init; }
    public required string NothingLost { get; init; }
    public required Func<string, string> Ask { get; init; }
    public required string Wrong { get; init; }
    /// <summary>By the status where the reason is in words of another language.</summary>
    public required Func<int, string, string> Refused { get; init; }
    public required Func<string, string> Tell { get; init; }

    private static readonly PageTexts English = new()
    {
        Code = "en", Unavailable = ("There is nothing here", "This address is not in use. Ask whoever gave it to you."), Suspended = name => $"{name} is suspended", NothingLost = "Nothing of your data is lost.",
        Ask = name => $"Ask {name}", Wrong = "Something went wrong", Refused = (_, detail) => detail, Tell = number => $"If it goes on, tell this number to whoever helps you: {number}",
    };

    private static readonly PageTexts French = new()
    {
        Code = "fr", Unavailable = ("Il n’y a rien ici", "Cette adresse n’est pas utilisée. Demandez à la personne qui vous l’a donnée."), Suspended = name => $"{name} est suspendu", NothingLost = "Aucune de vos données n’est perdue.",
        Ask = name => $"Contacter {name}", Wrong = "Une erreur s’est produite", Refused = (status, _) => status == 404 ? "Cette page n’existe pas" : "La demande n’a pas abouti",
        Tell = number => $"Si cela continue, donnez ce numéro à la personne qui vous aide : {number}",
    };

    public static PageTexts Of(HttpContext http) => Platform.Http.HttpLanguages.Of(http) == "fr" ? French : English;
}
