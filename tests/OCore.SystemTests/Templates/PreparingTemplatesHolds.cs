using OCore.Client;
using OCore.SystemTests.Instances;
using OCore.SystemTests.Remote;
using OCore.Tests.Operations;
using Xunit;
using Xunit.Abstractions;

namespace OCore.SystemTests.Templates;

/// <summary>Template databases built in the background: each step twice, a failure at each step, and undone twice.</summary>
[Collection(OdooLabCollection.Name)]
public sealed class PreparingTemplatesHolds(OdooLab lab, ITestOutputHelper output)
{
    [LabFact]
    public async Task Preparing()
    {
        var scene = lab.Scene;
        // The server that carries an instance is the one that is prepared.
        var made = await scene.ProvisionAsync(scene.Client, scene.First);
        var contents = new Queue<string>(["uom", "utm", "resource", "http_routing", "phone_validation", "barcodes", "analytic", "digest"]);
        TemplateView template = null!;
        await scene.ProveAsync(new OperationCase("template.prepare",
            async () =>
            {
                template = await scene.TemplateAsync("Prepared", contents.Dequeue());
                var operations = await scene.Http.Get<Page<OperationView>>("/api/operations?kind=template.prepare&limit=100");
                return operations.Data.MaxBy(o => o.Id)!.Id;
            },
            async (_, state) =>
            {
                var cache = (await scene.Http.Get<TemplateView>($"/api/templates/{template.Id}")).Cache;
                if (state == OperationState.Succeeded)
                    Assert.Equal("ready", Assert.Single(cache).Status);
                await scene.NothingIsLeftAsync();
                await scene.Http.Send(HttpMethod.Delete, $"/api/templates/{template.Id}");
            }), output.WriteLine);
        await scene.DeleteAsync(made);
    }
}
