using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Features.Organizations;
using OCore.Features.Portal;
using OCore.Platform.Data;
using OCore.Platform.Security;

namespace OCore.Features.Webhooks;

/// <summary>Writes the deliveries of what happened. To a client's address nothing goes that its people may not see either.</summary>
internal sealed class WebhookTelling(OCoreDb db, IReadOnlyList<Webhook> webhooks, DateTimeOffset now)
{
    private readonly Dictionary<Guid, (Organization Organization, ServerWords? Words)?> _known = [];

    public DateTimeOffset Now => now;
    public bool Any { get; private set; }

    /// <param name="key">Of what happened, so that it is told once.</param>
    /// <param name="root">The agency, which hears of its clients.</param>
    /// <param name="at">What happened before a webhook was made is not told it.</param>
    public async Task TellAsync(string key, string happened, Guid org, Guid root, DateTimeOffset at, object data, CancellationToken stop)
    {
        foreach (var webhook in webhooks.Where(w => w.IsActive && (w.OrgId == org || w.OrgId == root) && w.CreatedAt <= at && w.Wants(happened)))
        {
            if (await OrganizationAsync(org, stop) is not { } subject || await OrganizationAsync(webhook.OrgId, stop) is not { } owner)
                continue;
            if (await db.Set<WebhookDelivery>().AcrossTenants().AnyAsync(d => d.WebhookId == webhook.Id && d.Key == key, stop))
                continue;
            db.Add(WebhookEvents.Delivery(webhook, key, happened, subject.Organization, data, now, owner.Words));
            Any = true;
        }
    }

    private async Task<(Organization Organization, ServerWords? Words)?> OrganizationAsync(Guid id, CancellationToken stop)
    {
        if (!_known.TryGetValue(id, out var known))
        {
            var found = await db.Organizations.AcrossTenants().AsNoTracking().SingleOrDefaultAsync(o => o.Id == id, stop);
            _known[id] = known = found is null ? null : (found, await WordsAsync(found, stop));
        }
        return known;
    }

    private async Task<ServerWords?> WordsAsync(Organization organization, CancellationToken stop) => organization.Kind != OrganizationKind.Client ? null
        : await ServerWords.OfAsync(db, organization.RootId, await SignInReader.SwitchesAsync(db, organization, stop), stop);
}
