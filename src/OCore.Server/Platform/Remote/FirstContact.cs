using System.Text;
using Renci.SshNet;
using Renci.SshNet.Common;

namespace OCore.Platform.Remote;

/// <summary>The one login with what the customer gave: it leaves oCore's own key behind, so the secret can be forgotten.</summary>
internal static class FirstContact
{
    /// <summary>Adds the line to the user's authorized_keys, once however often it is asked.</summary>
    public static async Task InstallKeyAsync(
        HostName host, int port, UnixUser user, LoginSecret secret, HostKey pinned, string publicKeyLine,
        TimeProvider clock, CancellationToken stop)
    {
        var line = publicKeyLine.Trim();
        if (line.Any(char.IsControl) || !HostKey.TryParse(line, out _)) throw Refused.Name(line, "an SSH public key on one line");
        using var sftp = await SshNetLogin.SftpAsync(host, port, user, secret, pinned, clock, stop);
        try
        {
            await AppendAsync(sftp, line, stop);
        }
        catch (SshException refused)
        {
            throw new ServerException($"oCore's key could not be put into {user}'s authorized_keys on {host}: {refused.Message}", refused);
        }
    }

    private static async Task AppendAsync(SftpClient sftp, string line, CancellationToken stop)
    {
        // sftp starts in the user's home, wherever that is.
        var folder = sftp.WorkingDirectory.TrimEnd('/') + "/.ssh";
        var file = folder + "/authorized_keys";
        if (!await sftp.ExistsAsync(folder, stop)) await sftp.CreateDirectoryAsync(folder, stop);
        sftp.ChangePermissions(folder, 700);
        var before = await sftp.ExistsAsync(file, stop) ? await ReadAsync(sftp, file, stop) : "";
        if (!Keys(before).Contains(Key(line)))
        {
            // Appended, not replaced: someone else may be adding a key too, and the file may be a link.
            await using var end = await sftp.OpenAsync(file, FileMode.Append, FileAccess.Write, stop);
            var lead = before.Length > 0 && !before.EndsWith('\n') ? "\n" : "";
            await end.WriteAsync(Encoding.UTF8.GetBytes($"{lead}{line}\n"), stop);
        }
        // sshd ignores a file that others may write to.
        sftp.ChangePermissions(file, 600);
    }

    private static async Task<string> ReadAsync(SftpClient sftp, string file, CancellationToken stop)
    {
        using var content = new MemoryStream();
        await sftp.DownloadFileAsync(file, content, stop);
        return Encoding.UTF8.GetString(content.GetBuffer(), 0, (int)content.Length);
    }

    private static IEnumerable<string> Keys(string file) =>
        file.Split('\n').Where(line => !line.TrimStart().StartsWith('#')).Select(Key).Where(key => key.Length > 0);

    // Options may stand before the key and a comment after it: the key itself is what makes two lines the same.
    private static string Key(string line) =>
        line.Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(word => word.StartsWith("AAAA", StringComparison.Ordinal))?.Trim() ?? "";
}
