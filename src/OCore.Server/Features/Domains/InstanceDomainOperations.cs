using Microsoft.EntityFrameworkCore;
using OCore.Features.Instances;
using OCore.Features.Servers;
using OCore.Platform.Data;
using OCore.Platform.Operations;

namespace OCore.Features.Domains;

/// <param name="InstanceId">The instance.</param>
/// <param name="Host">The name that people are sent to; null is the generated one.</param>
/// <param name="Before">The one before, to return to.</param>
internal sealed record PrimaryDomainInput(Guid InstanceId, string? Host, string? Before);

/// <summary>Sends people to another name of an instance: its address in oCore, and <c>web.base.url</c> in Odoo.</summary>
internal sealed class SetPrimaryDomainKind : OperationKind<PrimaryDomainInput>
{
    public override string Name => "instance.set_domain";

    protected override void Define(StepList<PrimaryDomainInput> steps) => steps
        .Step("choose the address", (input, context) => ChooseAsync(input, input.Host, true, context), (input, context) => ChooseAsync(input, input.Before, false, context))
        .Pivot("write it into Odoo", WriteAsync);

    public static Task<Operation> EnqueueAsync(OCoreDb db, OperationQueue queue, Instance instance, string? host, string shown, CancellationToken stop) =>
        queue.EnqueueAsync<SetPrimaryDomainKind, PrimaryDomainInput>(db, new(instance.Id, host, instance.PrimaryHost),
            new($"Send people of {instance.Name} to {shown}", instance.OrgId, InstanceId: instance.Id, ServerId: instance.ServerId, Locks: $"instance:{instance.Id}"), stop);

    private static async Task ChooseAsync(PrimaryDomainInput input, string? host, bool demanded, StepContext context)
    {
        await using var db = context.OpenDb();
        var instance = await db.Instances.SingleOrDefaultAsync(i => i.Id == input.InstanceId, context.Stop) ?? throw new StepRefusedException("instance_gone", "The instance was removed.");
        // A name that was lost or deleted meanwhile is nobody's to be sent to.
        if (host is not null && !await db.InstanceDomains.AnyAsync(d => d.InstanceId == instance.Id && d.CustomHost == host && (d.Proof == DomainProof.Verified || d.Proof == DomainProof.Grace), context.Stop))
            host = demanded ? throw new StepRefusedException("dns_not_verified", $"{host} is not a proven domain of the instance any more.", "Verify it, and make it primary again.") : null;
        instance.PrimaryHost = host;
        // Where load balancers are the way in, the address is theirs and is kept with the instance.
        if (instance.TopologyId is not null)
        {
            var place = await NamePlace.OfAsync(db, instance, await db.ServersOfAll().SingleAsync(s => s.Id == instance.ServerId, context.Stop), context.Stop);
            if (place.IsBalanced)
                instance.PublicUrl = host is null ? (place with { TlsPort = null }).UrlOf(instance.Domain) : place.UrlOf(host);
        }
        await db.SaveChangesAsync(context.Stop);
    }

    private static async Task WriteAsync(PrimaryDomainInput input, StepContext context)
    {
        await using var db = context.OpenDb();
        var on = await context.Get<InstanceHost>().OpenAsync(db, input.InstanceId, context.Stop);
        var url = InstanceViews.UrlOf(on.Instance, on.Server);
        await on.SqlAsync(on.Plan.Database, OdooSql.SetAddress, new Dictionary<string, string> { ["url"] = url }, context.Stop);
        context.Log($"web.base.url is {url}");
    }
}
