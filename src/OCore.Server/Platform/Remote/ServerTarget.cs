namespace OCore.Platform.Remote;

/// <summary>Where a server is and what opens it. Two targets that differ in anything need two connections.</summary>
internal sealed record ServerTarget
{
    public required Guid Id { get; init; }
    public required bool IsLocal { get; init; }
    public string Host { get; init; } = "";
    public int Port { get; init; } = 22;
    public string User { get; init; } = "root";

    /// <summary>The type of the pinned host key, such as <c>ssh-ed25519</c>.</summary>
    public string HostKeyType { get; init; } = "";

    /// <summary>The pinned host key as known_hosts has it after the host: <c>ssh-ed25519 AAAA…</c>.</summary>
    public string HostKeyLine { get; init; } = "";

    public string PrivateKeyPem { get; init; } = "";

    /// <summary>Known only where sudo asks this user for a password.</summary>
    public string? SudoPassword { get; init; }

    public static ServerTarget Local(Guid id) => new() { Id = id, IsLocal = true };

    /// <summary>For messages and logs; never the key or the password.</summary>
    public override string ToString() => IsLocal ? "this machine" : $"{User}@{Host}:{Port}";
}
