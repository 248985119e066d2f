using OCore.Client;
using OCore.Features.Templates;
using OCore.SystemTests.Instances;
using OCore.SystemTests.Remote;
using OCore.Tests;
using Xunit;

namespace OCore.SystemTests.Templates;

/// <summary>Whoever makes a template chooses its image. That is their Odoo's, and nothing else of the server.</summary>
[Collection(OdooLabCollection.Name)]
public sealed class ChosenImages(OdooLab lab)
{
    private OdooScene Scene => lab.Scene;

    // Whatever runs a shell of this image as root and sees oCore's folder leaves a file in it.
    private const string GreedyScript = """
        set -eu
        docker rm -fv greedy >/dev/null 2>&1 || true
        docker run --name greedy --user 0 --network none --entrypoint bash "$1" -c '
          printf "%s\n" "#!/bin/bash" "if [ \$(id -u) = 0 ]; then for at in /ocore /var/lib/ocore; do [ ! -d \$at ] || touch \$at/escaped; done; fi" "exec /usr/bin/dash \"\$@\"" >/usr/bin/greedy
          chmod 755 /usr/bin/greedy && ln -sf greedy /usr/bin/sh'
        docker commit --change 'USER odoo' greedy ocore-greedy:1 >/dev/null
        docker rm -fv greedy >/dev/null
        """;

    private const string ModuleScript = """
        set -eu
        docker rm -fv moving >/dev/null 2>&1 || true
        docker run --name moving --user 0 --network none --entrypoint bash "$1" -c '
          cd /usr/lib/python3/dist-packages/odoo/addons && mkdir made_up && touch made_up/__init__.py && echo "{\"name\": \"Made up\"}" >made_up/__manifest__.py'
        docker commit --change 'USER odoo' moving ocore-moving:1 >/dev/null
        docker rm -fv moving >/dev/null
        """;

    [LabFact]
    public async Task An_image_is_not_run_as_root_over_what_belongs_to_others()
    {
        await lab.First.ShellAsync(GreedyScript, await ImageAsync());
        var template = await TemplateAsync("Greedy", "ocore-greedy:1");
        var instance = await Scene.InstanceAsync((await Scene.EndOfAsync(await Scene.Http.Post<ProvisionInstance, OperationView>(
            $"/api/templates/{template.Id}/provision", new ProvisionInstance { ServerId = Scene.First.Id.ToString(), Organization = Scene.Client.Slug }))).InstanceId!.Value);
        await Scene.AnswersAsync(instance);
        Assert.DoesNotContain("escaped", (await lab.First.ShellAsync("ls -A /var/lib/ocore")).Split('\n'));
        await Scene.DeleteAsync(instance);
        await Scene.Http.Send(HttpMethod.Delete, $"/api/templates/{template.Id}");
        Assert.DoesNotContain("escaped", (await lab.First.ShellAsync("ls -A /var/lib/ocore")).Split('\n'));
        await Scene.NothingIsLeftAsync();
        await lab.First.ShellAsync("docker rmi -f ocore-greedy:1");
    }

    [LabFact]
    public async Task An_instance_has_its_files_to_itself()
    {
        var (one, two) = (await Scene.ProvisionAsync(Scene.Client, Scene.First, "One"), await Scene.ProvisionAsync(Scene.Client, Scene.First, "Two"));
        await Scene.AnswersAsync(one);
        // A file of one is not the same file as any of another or of the template: whoever writes into it changes that one alone.
        Assert.Equal("", await lab.First.ShellAsync("find /var/lib/ocore/instances /var/lib/ocore/templates -type f -links +1"));
        const string files = """cd "/var/lib/ocore/instances/$1/filestore" && find . -type f | wc -l && find . ! -user "$(docker exec "ocore-i-$2" id -u)" """;
        foreach (var made in (InstanceView[])[one, two])
        {
            var lines = (await lab.First.ShellAsync(files, made.Id.ToString("N"), made.Slug)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.True(int.Parse(Assert.Single(lines)) > 0, string.Join('\n', lines));
        }
        await Scene.DeleteAsync(one);
        await Scene.DeleteAsync(two);
        await Scene.NothingIsLeftAsync();
    }

    [LabFact]
    public async Task The_modules_of_a_tag_are_those_of_the_image_that_it_stands_for_now()
    {
        var image = await ImageAsync();
        await lab.First.ShellAsync("""docker tag "$1" ocore-moving:1""", image);
        var template = await TemplateAsync("Moving", "ocore-moving:1", "made_up");
        await PlanAsync(template).IsRefusedAsync(422, "unknown_modules");
        await lab.First.ShellAsync(ModuleScript, image);
        Assert.Equal(["made_up"], (await PlanAsync(template)).Modules);
        await lab.First.ShellAsync("""docker tag "$1" ocore-moving:1""", image);
        await PlanAsync(template).IsRefusedAsync(422, "unknown_modules");
        await Scene.Http.Send(HttpMethod.Delete, $"/api/templates/{template.Id}");
        await lab.First.ShellAsync("docker rmi -f ocore-moving:1");
        await Scene.NothingIsLeftAsync();
    }

    private async Task<string> ImageAsync() => (await PlanAsync(Scene.Template)).Image;

    // As a row: saved by a request it would be initialised in the background, on each server.
    private async Task<TemplateView> TemplateAsync(string name, string image, params string[] modules)
    {
        await using var db = Scene.App.Databases.System();
        var template = new Template { OrgId = Scene.Agency.Org.Id, RootId = Scene.Agency.Org.Id, Name = name, OdooVersion = "19.0", OdooEdition = "ce", DefaultWorkers = 0, MemoryMb = 1024, Image = image, ModuleList = [.. modules], CreatedAt = Scene.App.Clock.GetUtcNow() };
        db.Add(template);
        await db.SaveChangesAsync();
        return await Scene.Http.Get<TemplateView>($"/api/templates/{template.Id}");
    }

    private Task<ProvisionPlan> PlanAsync(TemplateView template) => Scene.Http.Post<ProvisionInstance, ProvisionPlan>($"/api/templates/{template.Id}/provision?dryRun=true",
        new ProvisionInstance { ServerId = Scene.First.Id.ToString(), Organization = Scene.Client.Slug });
}
