using OCore.Client;
using OCore.Features.Instances;
using OCore.Platform.Http;

namespace OCore.Features.Backups;

internal static class BackupProblems
{
    public static readonly Problem TargetNotFound = Problem.Field("target", "There is no such backup target here.", "target_not_found");

    public static readonly Problem ServerNotFound = Problem.Field("serverId", "There is no such server here.", "server_not_found");

    public static Problem NotUsable(Backup backup) => new(409, "backup_not_usable", $"This backup is {WireWord.Of(backup.State)}{(backup.Fault is { } fault ? $": {fault}" : ".")}",
        backup.State == BackupState.Pending ? "Wait until its operation has ended." : "Use another backup.");

    public static readonly Problem NoDatabase = Problem.Field("database", "The instance has no such database beside the one it serves.", "database_not_found");

    public static Problem OfDatabase(string name) => new(409, "backup_of_database", $"This backup is of {name}, a database beside the one that the instance served.",
        "Restore it as a database of the instance (POST /api/instances/{id}/databases with backup), or make a new instance of it.");

    public static readonly Problem SheetUnreadable = Problem.Field("sheet", "It is no recovery sheet of a format that is known here, or a key on it is not whole.", "sheet_unreadable");

    public static readonly Problem NoKeys = new(409, "no_keys", "Nothing has been backed up yet, so there is no key to hand out.", "Take a backup first.");

    public static readonly Problem SamePlace = Problem.Field("target", "It is kept there already.", "same_place");

    public static Problem NotNow(Instance instance) => InstanceProblems.NotNow(instance);

    public static readonly Problem InstanceGone = new(409, "instance_gone", "The instance of this backup is gone.", "Make a new instance of it: POST /api/backups/{id}/copy.");

    public static Problem RestoreRefused(IEnumerable<string> findings, string hint = "Restore it as a new instance that fits it, or use another backup.") => new(409, "restore_refused", string.Join(" ", findings), hint);

    public static Problem NotConfirmed(string slug) => Problem.Field("confirm", $"Give the slug of the instance whose data is replaced: {slug}.", "not_confirmed");

    public static readonly Problem SecretNeeded = Problem.Field("secretKey", "It is needed to reach the store.");

    public static Problem TargetInUse(int backups) => new(409, "target_in_use", $"{backups} backups are kept there.", "Delete them first, or keep the target.");

    public static readonly Problem NameTaken = Problem.Field("name", "Another target has this name.", "name_taken");

    public static Problem TargetFails(string message) => Problem.Field("endpoint", message, "target_refuses");

    public static Problem ArchiveRefused(string why) => new(422, "archive_refused", why, "Upload the zip that Odoo's database manager or Odoo.sh makes: dump.sql, filestore/ and manifest.json.");

    public static readonly Problem NoLength = new(411, "length_required", "Say how long it is: Content-Length.", "Send the file itself as the body, not in chunks.");

    public static readonly Problem NoRoom = new(507, "no_space", "There is not enough room for it on the disk of this installation.", "Upload it when there is, or ask the person who runs it.");

    public static readonly Problem TooManyUploads = new(429, "too_many_uploads", $"{UploadRoom.PerOrganization} archives are being uploaded already.", "Wait until one of them has ended.");

    public static readonly Problem Later = new(503, "target_unreachable", "The place where the backup is kept does not answer.", "Try again; the target's test says more.");

    public static readonly Problem NoServer = new(409, "no_server", "No server of this organization is active, which it takes to make the archive.", "Connect a server, or see that one is reachable.");
}
