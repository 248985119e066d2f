using System.Text;

namespace OCore.Platform.Remote;

/// <summary>How the signed-in user becomes root, found out once a connection.</summary>
internal enum RootAccess { IsRoot, Sudo, SudoWithPassword, None }

/// <summary>Puts sudo before a command that needs root.</summary>
internal sealed class Elevation(RootAccess access, string? password, string user)
{
    public static readonly Elevation Root = new(RootAccess.IsRoot, null, "root");

    public RootAccess Access => access;
    public bool CanBeRoot => access != RootAccess.None;

    /// <summary>The words to put before a command, and what its input then begins with.</summary>
    public (IReadOnlyList<string> Words, ReadOnlyMemory<byte> Prelude) Before(bool needsRoot)
    {
        if (!needsRoot || access == RootAccess.IsRoot) return ([], default);
        if (access == RootAccess.Sudo) return (["sudo", "-n", "--"], default);
        if (access == RootAccess.SudoWithPassword)
            return (["sudo", "-k", "-S", "-p", "", "--"], Encoding.UTF8.GetBytes(password + "\n"));
        throw new ServerAuthenticationException(
            $"{user} is not root and sudo asks for a password that oCore does not know. Give the password, or let {user} use sudo without one.");
    }

    // -k makes sudo ignore a remembered password: whether it reads one from the input must not depend on what was
    // run before, or the password would end up in the program's input.
    public static readonly RemoteCommand NeedsNoPassword = RemoteCommand.Of("sudo", "-k", "-n", "--", "true");

    public static RemoteCommand Proof(string password) =>
        RemoteCommand.Of("sudo", "-k", "-S", "-p", "", "--", "true").WithInput(password + "\n");
}
