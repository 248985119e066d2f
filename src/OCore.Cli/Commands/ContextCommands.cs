using System.CommandLine;
using System.Text.Json;
using OCore.Cli.Contexts;
using OCore.Cli.Output;

namespace OCore.Cli.Commands;

/// <summary>The installations one has signed in to.</summary>
internal static class ContextCommands
{
    public static Command Noun() => new("context", "Installations you have signed in to") { List(), Use(), Remove() };

    private static Verb List() => new Verb("list", "List the saved contexts").Runs(call =>
    {
        var file = call.Contexts.Read();
        var shown = file.Contexts.OrderBy(c => c.Name, StringComparer.Ordinal).ToList();
        call.Out.Items(Json(shown, file.Current), shown, View(file.Current));
        return Task.FromResult(ExitCode.Ok);
    });

    private static Verb Use()
    {
        var name = Opt.Arg("NAME", "Name of the context");
        return new Verb("use", "Make a context the current one") { name }
            .Example("ocore context use ocore.example.com")
            .Runs(async call =>
            {
                await call.Contexts.Change(file => Found(file, call.Get(name)) with { Current = call.Get(name) }, call.Stop);
                call.Out.Note($"The current context is '{call.Get(name)}'.");
                return ExitCode.Ok;
            });
    }

    private static Verb Remove()
    {
        var name = Opt.Arg("NAME", "Name of the context");
        return new Verb("remove", "Forget a context and its tokens") { name }.Runs(async call =>
        {
            await call.Contexts.Change(file => Found(file, call.Get(name)).Without(call.Get(name)), call.Stop);
            call.Out.Note($"The context '{call.Get(name)}' was forgotten.");
            return ExitCode.Ok;
        });
    }

    private static ContextFile Found(ContextFile file, string name) => file.Find(name) is not null
        ? file
        : throw new CliException(ExitCode.NotFound, $"There is no context '{name}'.", "'ocore context list' shows those there are.");

    private static View<Context> View(string? current) => new View<Context>(c => c.Name)
        .Column("", c => c.Name == current ? "*" : " ")
        .Column("name", c => c.Name)
        .Column("url", c => c.Url)
        .Column("account", c => c.Email)
        .Column("organization", c => c.Organization)
        .Column("signed in", c => c.AccessToken is not null);

    /// <summary>Without the tokens.</summary>
    private static JsonElement Json(IEnumerable<Context> contexts, string? current)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartArray();
            foreach (var context in contexts)
            {
                writer.WriteStartObject();
                writer.WriteString("name", context.Name);
                writer.WriteString("url", context.Url);
                writer.WriteString("email", context.Email);
                writer.WriteString("organization", context.Organization);
                writer.WriteBoolean("signedIn", context.AccessToken is not null);
                writer.WriteBoolean("current", context.Name == current);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
        }
        using var document = JsonDocument.Parse(buffer.ToArray());
        return document.RootElement.Clone();
    }
}
