using System.Net;
using System.Net.Http.Headers;
using OCore.Client;
using OCore.SystemTests.Remote;
using OCore.Tests;
using Xunit;

namespace OCore.SystemTests.Instances;

/// <summary>The file editor on a real instance: a module is written, changed, installed, and nothing outside is reached.</summary>
[Collection(OdooLabCollection.Name)]
public sealed class FilesOfInstancesTests(OdooLab lab)
{
    private OdooScene Scene => lab.Scene;

    [LabFact]
    public async Task A_module_is_written_and_installed()
    {
        var instance = await Scene.ProvisionAsync(Scene.Client, Scene.First, "Files");
        var member = await Scene.App.MemberAsync(Scene.Client, "owner");
        var http = Scene.App.As(member, Scene.Client);
        var path = $"/api/instances/{instance.Id}/files";
        try
        {
            Assert.Empty((await http.Get<FolderView>(path)).Entries);
            await http.Post<MakeFolder, FileEntry>(path + "/folders", new MakeFolder { Path = "acme_note" });
            var made = await http.Put<SaveFile, FileView>(path + "/content", new SaveFile { Path = "acme_note/__manifest__.py", Text = "{'name': 'Acme note', 'version': '1.0', 'depends': ['base'], 'license': 'LGPL-3'}\n" });
            await http.Put<SaveFile, FileView>(path + "/content", new SaveFile { Path = "acme_note/__init__.py", Text = $"# {lab.First.Host.Value} é\n" });
            // What a client wrote comes back to the byte, also where it looks like a server's address.
            await Scene.Http.Put<UpdatePortalConfig, PortalConfigView>($"/api/agency/clients/{Scene.Client.Id}/portal-config", new UpdatePortalConfig { InfrastructureVisibility = InfrastructureVisibility.None });
            Assert.Equal($"# {lab.First.Host.Value} é\n", (await http.Get<FileView>(path + "/content?path=acme_note/__init__.py")).Text);
            await http.Put<SaveFile, FileView>(path + "/content", new SaveFile { Path = "acme_note/__manifest__.py", Text = "x", Hash = new string('0', 64) }).IsRefusedAsync(412, "file_changed");
            Assert.Single((await http.Post<CheckFile, FileFaults>(path + "/check", new CheckFile { Path = "a.py", Text = "def (" })).Errors);
            await UploadAndDownload(member, path);
            await Scene.EndOfAsync(await Scene.Http.Post<ChangeModules, OperationView>($"/api/instances/{instance.Id}/modules", new ChangeModules { Install = ["acme_note"] }));
            var modules = await Scene.Http.Get<Page<InstalledModule>>($"/api/instances/{instance.Id}/modules?q=acme_note");
            Assert.Equal("installed", Assert.Single(modules.Data).State);
            await http.Post<MoveFile, FileEntry>(path + "/move", new MoveFile { From = "acme_note/data.bin", To = "acme_note/kept.bin" });
            await http.Send(HttpMethod.Delete, path + "?path=acme_note/kept.bin");
            await http.Get<FileView>(path + "/content?path=acme_note/kept.bin").IsRefusedAsync(404, "file_not_found");
            foreach (var bad in (string[])["..%2F..%2Fetc%2Fpasswd", "%2Fetc%2Fpasswd", "acme_note%2F..%2F..%2Fx"])
                await http.Get<FileView>($"{path}/content?path={bad}").IsRefusedAsync(400, "path_refused");
            await Scene.Http.Put<UpdatePortalConfig, PortalConfigView>($"/api/agency/clients/{Scene.Client.Id}/portal-config", new UpdatePortalConfig { FeatureFileEditor = false });
            await http.Get<FolderView>(path).IsRefusedAsync(403, "feature_disabled");
            await Scene.Http.Get<FolderView>($"/api/instances/{instance.Id}/files");
            // A restart keeps them.
            await Scene.DoAsync(instance, "restart");
            Assert.Equal(made.Hash, (await Scene.Http.Get<FileView>(path + "/content?path=acme_note/__manifest__.py")).Hash);
        }
        finally
        {
            await Scene.Http.Put<UpdatePortalConfig, PortalConfigView>($"/api/agency/clients/{Scene.Client.Id}/portal-config", new UpdatePortalConfig { FeatureFileEditor = true });
            await Scene.DeleteAsync(instance);
        }
        await Scene.NothingIsLeftAsync();
    }

    private async Task UploadAndDownload(TestPerson member, string path)
    {
        var bytes = new byte[30 << 20];
        new Random(3).NextBytes(bytes);
        using var raw = Scene.App.HttpAs(member, Scene.Client.Slug);
        using var content = new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } };
        using (var put = await raw.PutAsync(path + "/upload?path=acme_note/data.bin", content))
            Assert.True(put.IsSuccessStatusCode, await put.Content.ReadAsStringAsync());
        using var again = new ByteArrayContent(bytes) { Headers = { ContentType = new MediaTypeHeaderValue("application/octet-stream") } };
        using (var twice = await raw.PutAsync(path + "/upload?path=acme_note/data.bin", again))
            await twice.IsProblemAsync(409, "file_exists");
        var back = await raw.GetByteArrayAsync(path + "/download?path=acme_note/data.bin");
        Assert.True(bytes.AsSpan().SequenceEqual(back), $"{back.Length}");
        using var missing = await raw.GetAsync(path + "/download?path=acme_note/none");
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }
}
