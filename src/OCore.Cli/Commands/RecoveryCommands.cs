using System.CommandLine;
using System.Text.Json;
using OCore.Cli.Output;
using OCore.Client;

namespace OCore.Cli.Commands;

/// <summary>What makes backups outlive this installation.</summary>
internal static class RecoveryCommands
{
    public static Verb Keep()
    {
        var backup = BackupCommands.Backup();
        var target = Opt.Need("--target", "TARGET", "Another place than the one where it is: id or name of a target, or local");
        var note = Opt.Text("--note", "TEXT", "What the copy is for");
        return new Verb("keep", "Keep a backup at another place too, byte by byte") { backup, target, note }
            .Calls("POST /backups/{id}/keep")
            .StartsWork()
            .Example("ocore backup keep 0199… --target offsite --wait")
            .Runs(call => call.Start(HttpMethod.Post, $"/backups/{call.Get(backup)}/keep", new KeepBackup { Target = call.Need(target), Note = call.Get(note) }));
    }

    public static Command Sheet() => new("recovery-sheet", "What opens the backups without this installation") { ShowSheet(), MakeSheet() };

    private static Verb ShowSheet() => new Verb("show", "Show whether the last recovery sheet still opens everything")
        .Calls("GET /backups/recovery-sheet").Runs(call => call.Show($"/backups/recovery-sheet", Views.RecoveryState));

    private static Verb MakeSheet()
    {
        var file = Opt.Arg("FILE", "Where to write the sheet; it must not exist");
        return new Verb("make", "Write the keys of all backups to a file, to be kept where neither this installation nor the backups are") { file }
            .Calls("POST /backups/recovery-sheet")
            .Example("ocore backup recovery-sheet make sheet.json")
            .Runs(async call =>
            {
                if (File.Exists(call.Get(file)))
                    throw new CliException(ExitCode.Usage, $"{call.Get(file)} is there already.");
                var (sheet, json) = await call.Fetch<RecoverySheet>(HttpMethod.Post, "/api/backups/recovery-sheet");
                var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
                if (!OperatingSystem.IsWindows())
                    options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
                await using (var target = new FileStream(call.Get(file), options))
                await using (var writer = new Utf8JsonWriter(target, new JsonWriterOptions { Indented = true }))
                    json.WriteTo(writer);
                call.Out.Note($"Written to {call.Get(file)}: {sheet.Keys.Count} {(sheet.Keys.Count == 1 ? "key" : "keys")}. Who has it and a place where backups are can read them all.");
                return ExitCode.Ok;
            });
    }

    public static Verb Recover()
    {
        var file = Opt.Arg("SHEET", "A recovery sheet; - for standard input");
        var target = Opt.Need("--target", "TARGET", "Where to look: id or name of a target, or local");
        return new Verb("recover", "Find backups in a place by a recovery sheet and put them into the list") { file, target }
            .Calls("POST /backups/recover")
            .Example("ocore backup recover sheet.json --target offsite")
            .Runs(async call =>
            {
                call.Api.Http.Timeout = Timeout.InfiniteTimeSpan;
                RecoverySheet sheet;
                try
                {
                    using var json = JsonDocument.Parse(await Files.Text(call, call.Get(file)));
                    sheet = OCoreHttp.Read<RecoverySheet>(json.RootElement);
                }
                catch (JsonException broken)
                {
                    throw new CliException(ExitCode.Usage, $"{call.Get(file)} is no recovery sheet: {broken.Message}");
                }
                return await call.Send(HttpMethod.Post, $"/backups/recover", new RecoverBackups { Sheet = sheet, Target = call.Need(target) }, Views.RecoveredBackups);
            });
    }
}
