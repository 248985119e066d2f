using OCore.Client;
using OCore.Platform.Http;

namespace OCore.Features.Databases;

internal static class DatabaseProblems
{
    public static readonly Problem NotFound = new(404, "not_found", "The instance has no database of this name.", "GET /api/instances/{id}/databases lists those it has.");

    public static readonly Problem IsServed = new(409, "database_is_served", "The instance serves this database.", "Serve another one first, or delete the instance.");

    public static readonly Problem ServedAlready = new(409, "database_is_served", "The instance serves this database already.", "There is nothing to do.");

    public static Problem NotReady(InstanceDatabase database) => new(409, "not_now", $"{database.Name} is {WireWord.Of(database.Status)}.", "Wait until its operation has ended.");

    public static Problem Taken(string field = "name") => new(409, $"{field}_taken", "A database on the instance's server has this name already.", "Choose another name.")
    {
        Errors = new Dictionary<string, string[]> { [field] = ["It is in use already."] },
    };

    public static readonly Problem SameName = Problem.Field("name", "It has this name already.");

    public static readonly Problem TooMany = new(409, "too_many_databases", $"An instance has at most {InstanceDatabase.Most} databases beside the one it serves.", "Drop one that is not needed any more.");

    public static Problem NotConfirmed(string name) => Problem.Field("confirm", $"Give the name of the database: {name}.", "not_confirmed");

    public static readonly Problem ConnectionGone = new(404, "connection_gone", "This connection has ended.", "GET …/activity lists those that there are now.");

    public static readonly Problem OtherBackup = Problem.Field("backup", "There is no such backup of this instance.", "backup_not_found");

    public static readonly Problem BackupAlone = Problem.Field("backup", "What comes of a backup has its languages and data already: give neither languages nor demoData with it.");

    public static Problem TooOld(string version) => new(409, "neutralize_unknown", $"Odoo {version} has no way to neutralize a database.", "Copies can be neutralized from Odoo 16 on.");
}
