using OCore.Platform.Http;

namespace OCore.Features.Terminals;

internal static class TerminalProblems
{
    public static readonly Problem TooMany = new(429, "too_many_terminals", $"You have {OpenTerminals.PerPerson} terminals open.", "Close one of them first.");
    public static readonly Problem AgencyOnly = new(403, "agency_only", "Only the people of the organization that owns a server have a terminal on it.", "Open the terminal of an instance instead.");
    public static readonly Problem OperatorOfThisMachine = new(403, "operator_only", "A terminal on the machine that oCore itself runs on is for the operators of this installation.", "Ask the person who runs oCore here.");
}
