namespace OCore.Cli;

/// <summary>What a script may act on. Part of the contract: <c>ocore --help</c> lists them.</summary>
internal static class ExitCode
{
    public const int Ok = 0;
    public const int Error = 1;
    public const int Usage = 2;
    public const int Forbidden = 3;
    public const int NotFound = 4;
    public const int Refused = 5;
    public const int OperationFailed = 6;
    public const int Unreachable = 7;
    public const int Interrupted = 130;

    public static readonly (int Code, string Meaning)[] All =
    [
        (Ok, "done"),
        (Error, "an error that none of the others names"),
        (Usage, "what was typed is not valid, here or to the server"),
        (Forbidden, "not signed in, or not allowed"),
        (NotFound, "no such object"),
        (Refused, "refused: a conflict, a limit or a missing precondition"),
        (OperationFailed, "the operation failed, was undone, was cancelled or is stuck"),
        (Unreachable, "the server cannot be reached"),
        (Interrupted, "interrupted"),
    ];

    /// <summary>A proxy that finds no oCore gives no code; oCore that cannot do it now gives one.</summary>
    public static int Of(System.Net.HttpStatusCode status, string? code) => (int)status switch
    {
        400 or 413 or 415 or 422 => Usage,
        401 or 403 => Forbidden,
        404 or 410 => NotFound,
        409 or 412 or 423 or 428 or 429 => Refused,
        502 or 503 or 504 => code is null ? Unreachable : Refused,
        _ => Error,
    };
}

/// <summary>A command that cannot go on, with what to do about it.</summary>
internal sealed class CliException(int exitCode, string message, string? hint = null) : Exception(message)
{
    public int ExitCode => exitCode;
    public string? Hint => hint;
}
