using System.Globalization;
using Microsoft.EntityFrameworkCore;
using OCore.Features.Branding;
using OCore.Features.Webhooks;
using OCore.Platform;
using OCore.Platform.Data;
using OCore.Platform.Mail;
using OCore.Platform.Security;

namespace OCore.Features.Monitoring;

/// <summary>Holds the newest figures against the rules. What is not known raises nothing and clears nothing.</summary>
internal sealed class AlertWatch(OCoreDbFactory databases, Outbox outbox, BrandMails brands, RateLimits limits, TimeProvider time, ILogger<AlertWatch> log)
{
    private const int Fresh = 90;
    // The addresses are anybody's: a rule that comes and goes must not make a mill of mails of this installation.
    internal static readonly RateLimit Mails = new("alert mails", 500, TimeSpan.FromDays(1));

    private sealed record Thing(Guid Id, Guid OrgId, Guid RootId, string Name);

    public async Task LookAsync(CancellationToken stop)
    {
        await using var db = databases.System();
        var rules = await db.Set<AlertRule>().AcrossTenants().Where(r => r.IsActive).ToListAsync(stop);
        if (rules.Count == 0)
            return;
        var now = time.GetUtcNow();
        var orgs = rules.Select(r => r.OrgId).Distinct().ToList();
        var servers = await db.Servers.AcrossTenants().Where(s => orgs.Contains(s.OrgId) || orgs.Contains(s.RootId)).Select(s => new Thing(s.Id, s.OrgId, s.RootId, s.Name)).ToListAsync(stop);
        var instances = await db.Instances.AcrossTenants().Where(i => orgs.Contains(i.OrgId) || orgs.Contains(i.RootId)).Select(i => new Thing(i.Id, i.OrgId, i.RootId, i.Name)).ToListAsync(stop);
        var oldest = now.ToUnixTimeSeconds() - Fresh;
        var newest = (await db.Set<MetricSample>().AcrossTenants().AsNoTracking().Where(s => s.Resolution == Resolutions.Raw && s.At >= oldest && (orgs.Contains(s.OrgId) || orgs.Contains(s.RootId))).ToListAsync(stop))
            .GroupBy(s => s.SubjectId).ToDictionary(g => g.Key, g => g.OrderByDescending(s => s.At).ToList());
        var ids = rules.Select(r => r.Id).ToList();
        var open = (await db.Set<Alert>().AcrossTenants().Include(a => a.Rule).Where(a => a.ClearedAt == null && ids.Contains(a.RuleId)).ToListAsync(stop)).ToDictionary(a => (a.RuleId, a.SubjectId));
        var changed = new List<(Alert Alert, Thing About)>();
        foreach (var rule in rules)
            foreach (var thing in (rule.Subject == "server" ? servers : instances).Where(t => (t.OrgId == rule.OrgId || t.RootId == rule.OrgId) && (rule.SubjectId is null || rule.SubjectId == t.Id)))
            {
                open.Remove((rule.Id, thing.Id), out var alert);
                if (newest.GetValueOrDefault(thing.Id)?.Select(rule.Measure.Of).FirstOrDefault(v => v is not null) is { } value && Judge(db, rule, thing, alert, value, now) is { } news)
                    changed.Add((news, thing));
            }
        // What they were about is gone.
        foreach (var gone in open.Values)
            End(db, gone, now);
        await TellAsync(db, changed, now, stop);
        await db.SaveChangesAsync(stop);
        if (changed.Count > 0)
            WebhookSender.Wake();
    }

    /// <returns>The alert, where people are to be told.</returns>
    private static Alert? Judge(OCoreDb db, AlertRule rule, Thing thing, Alert? alert, double value, DateTimeOffset now)
    {
        if (!rule.IsCrossedBy(value))
            return alert is not null && End(db, alert, now) ? alert : null;
        if (alert is null)
            db.Add(alert = new Alert { OrgId = rule.OrgId, RuleId = rule.Id, Rule = rule, SubjectId = thing.Id, SubjectName = thing.Name, Since = now });
        if (alert.RaisedAt is not null || now - alert.Since < TimeSpan.FromSeconds(rule.ForSeconds))
            return null;
        (alert.RaisedAt, alert.Value) = (now, value);
        return alert;
    }

    /// <returns>Whether it was raised before.</returns>
    internal static bool End(OCoreDb db, Alert alert, DateTimeOffset now)
    {
        if (alert.RaisedAt is null)
            db.Remove(alert);
        else
            alert.ClearedAt = now;
        return alert.RaisedAt is not null;
    }

    private async Task TellAsync(OCoreDb db, List<(Alert Alert, Thing About)> changed, DateTimeOffset now, CancellationToken stop)
    {
        if (changed.Count == 0)
            return;
        var tell = new WebhookTelling(db, await db.Set<Webhook>().AcrossTenants().AsNoTracking().Where(w => w.IsActive).ToListAsync(stop), now);
        foreach (var (alert, about) in changed)
        {
            var word = alert.ClearedAt is null ? "raised" : "cleared";
            var root = await db.Organizations.AcrossTenants().Where(o => o.Id == alert.OrgId).Select(o => o.RootId).SingleAsync(stop);
            await tell.TellAsync($"alert:{alert.Id}:{word}", $"alert.{word}", alert.OrgId, root, now, alert.ToView(), stop);
            foreach (var address in alert.Rule.Emails)
            {
                if (await limits.TakeAsync(Mails, alert.OrgId.ToString(), stop) is not null)
                {
                    log.LogWarning("{Organization} has had {Count} mails of alerts within a day; more are not sent", alert.OrgId, Mails.Count);
                    break;
                }
                outbox.Add(db, address, Mail(alert, about, await brands.OfRecipientAsync(db, address, about.OrgId, stop)), about: alert.Id, validFor: TimeSpan.FromHours(12));
            }
        }
    }

    private static MailContent Mail(Alert alert, Thing about, MailLook look)
    {
        var (rule, texts) = (alert.Rule, look.Texts);
        var sentence = texts.Alert(new AlertSentence(rule.Metric, rule.Subject, about.Name, rule.Above, Text(rule.Threshold, rule.Measure.Unit), rule.ForSeconds / 60.0, Text(alert.Value, rule.Measure.Unit), alert.RaisedAt!.Value));
        var (subject, paragraphs) = alert.ClearedAt is { } cleared ? (texts.AlertOver(rule.Name, about.Name), (string[])[texts.AlertSince(cleared), sentence]) : ($"{rule.Name}: {about.Name}", [sentence]);
        return MailContent.For(look, subject, paragraphs) with { Action = (texts.ShowAlert.Label, new Uri(look.Address, $"/{rule.Subject}s/{about.Id}?tab=monitoring")), Footnote = texts.ShowAlert.Footnote(rule.Name) };
    }

    private static string Text(double value, string unit) => unit switch
    {
        "bytes" => Sizes.Of(value),
        "bytes_per_second" => $"{Sizes.Of(value)}/s",
        "percent" => string.Create(CultureInfo.InvariantCulture, $"{value:0.#} %"),
        "hours" => string.Create(CultureInfo.InvariantCulture, $"{value:0.#} hours"),
        "days" => string.Create(CultureInfo.InvariantCulture, $"{value:0.#} days"),
        "seconds" => string.Create(CultureInfo.InvariantCulture, $"{value:0} seconds"),
        "milliseconds" => string.Create(CultureInfo.InvariantCulture, $"{value:0} ms"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{value:0.##}"),
    };
}
