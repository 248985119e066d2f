using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.Monitoring;

internal static class AlertEndpoints
{
    private const int Most = 100;

    public static void Map(IEndpointRouteBuilder api)
    {
        var rules = api.MapGroup("/alert-rules").WithTags("Monitoring").Require("view:monitoring").PortalFeature(PortalFeatures.Monitoring);
        rules.MapGet("/", List).WithName("listAlertRules");
        rules.MapPost("/", Create).WithName("createAlertRule").Require("manage:monitoring");
        rules.MapGet("/{id:guid}", Get).WithName("getAlertRule").EditTag<UpdateAlertRule>();
        rules.MapPut("/{id:guid}", Update).WithName("updateAlertRule").Require("manage:monitoring");
        rules.MapDelete("/{id:guid}", Delete).WithName("deleteAlertRule").Require("manage:monitoring");
        api.MapGroup("/alerts").WithTags("Monitoring").Require("view:monitoring").PortalFeature(PortalFeatures.Monitoring).MapGet("/", Alerts).WithName("listAlerts");
    }

    /// <summary>The organization's alert rules, oldest first.</summary>
    internal static async Task<Ok<Page<AlertRuleView>>> List(OCoreDb db, [AsParameters] PageQuery page, CancellationToken stop)
    {
        var query = db.Set<AlertRule>().AsNoTracking();
        if (page.After is { } after)
            query = query.Where(r => r.Id > after);
        if (page.Search is { } text)
            query = query.Where(r => EF.Functions.Like(r.Name.ToLower(), Paging.Like(text.ToLowerInvariant()), "\\"));
        var rows = await query.OrderBy(r => r.Id).Take(page.Size + 1).ToListAsync(stop);
        var views = (await ViewsAsync(db, rows, stop)).ToDictionary(v => v.Id);
        return TypedResults.Ok(rows.ToPage(page, r => r.Id, r => views[r.Id]));
    }

    /// <summary>One alert rule.</summary>
    internal static async Task<Results<Ok<AlertRuleView>, Problem>> Get(Guid id, OCoreDb db, CancellationToken stop) =>
        await db.Set<AlertRule>().AsNoTracking().SingleOrDefaultAsync(r => r.Id == id, stop) is { } rule ? TypedResults.Ok((await ViewsAsync(db, [rule], stop))[0]) : Problem.NotFound;

    /// <summary>Be told when a figure stays on the wrong side of a threshold, by mail and by webhooks (<c>alert.raised</c>, <c>alert.cleared</c>).</summary>
    internal static async Task<Results<Created<AlertRuleView>, Problem>> Create(CreateAlertRule request, OCoreDb db, Caller caller, TimeProvider time, CancellationToken stop)
    {
        if (string.IsNullOrWhiteSpace(request.Name))
            return Problem.Field("name", "It cannot be blank.");
        var names = MetricNames.Of(request.Subject).Select(n => n.Name).ToList();
        if (!names.Contains(request.Metric))
            return Problem.Field("metric", $"Of a {request.Subject}: {string.Join(", ", names)}.");
        if (CheckEmails(request.Emails) is { } wrong)
            return wrong;
        if (request.SubjectId is { } subject && !(request.Subject == "server" ? await db.Servers.AnyAsync(s => s.Id == subject, stop) : await db.Instances.AnyAsync(i => i.Id == subject, stop)))
            return Problem.Field("subjectId", $"There is no such {request.Subject} here.");
        if (await db.Set<AlertRule>().CountAsync(stop) >= Most)
            return AlertProblems.TooMany;
        var rule = new AlertRule
        {
            OrgId = caller.OrgId, Name = request.Name.Trim(), Subject = request.Subject, SubjectId = request.SubjectId, Metric = request.Metric, Above = request.When == "above",
            Threshold = request.Threshold, ForSeconds = request.ForSeconds ?? 300, Emails = [.. (request.Emails ?? []).Distinct()], CreatedAt = time.GetUtcNow(),
        };
        db.Add(rule);
        await db.SaveChangesAsync(stop);
        return TypedResults.Created($"/api/alert-rules/{rule.Id}", (await ViewsAsync(db, [rule], stop))[0]);
    }

    /// <summary>Change the fields given. Switched off, or with another threshold, it begins to watch anew.</summary>
    internal static async Task<Results<Ok<AlertRuleView>, Problem>> Update(Guid id, UpdateAlertRule request, OCoreDb db, TimeProvider time, CancellationToken stop)
    {
        if (await db.Set<AlertRule>().SingleOrDefaultAsync(r => r.Id == id, stop) is not { } rule)
            return Problem.NotFound;
        if (request.Name is not null && string.IsNullOrWhiteSpace(request.Name))
            return Problem.Field("name", "It cannot be blank.");
        if (CheckEmails(request.Emails) is { } wrong)
            return wrong;
        if (request.IsActive == false || request.Threshold is { } other && other != rule.Threshold)
            foreach (var alert in await db.Set<Alert>().Where(a => a.RuleId == id && a.ClearedAt == null).ToListAsync(stop))
                AlertWatch.End(db, alert, time.GetUtcNow());
        rule.Name = request.Name?.Trim() ?? rule.Name;
        rule.Threshold = request.Threshold ?? rule.Threshold;
        rule.ForSeconds = request.ForSeconds ?? rule.ForSeconds;
        rule.Emails = [.. (request.Or(request.Emails, rule.Emails) ?? []).Distinct()];
        rule.IsActive = request.IsActive ?? rule.IsActive;
        await db.SaveChangesAsync(stop);
        return TypedResults.Ok((await ViewsAsync(db, [rule], stop))[0]);
    }

    /// <summary>Delete an alert rule with its alerts.</summary>
    internal static async Task<Results<NoContent, Problem>> Delete(Guid id, OCoreDb db, CancellationToken stop)
    {
        if (await db.Set<AlertRule>().SingleOrDefaultAsync(r => r.Id == id, stop) is not { } rule)
            return Problem.NotFound;
        db.Remove(rule);
        await db.SaveChangesAsync(stop);
        return TypedResults.NoContent();
    }

    /// <summary>Alerts that were raised, newest first; kept for 92 days after they were cleared.</summary>
    /// <param name="open">Only those that are not cleared.</param>
    internal static async Task<Ok<Page<AlertView>>> Alerts(OCoreDb db, [AsParameters] PageQuery page, CancellationToken stop, [FromQuery] bool open = false)
    {
        var query = db.Set<Alert>().AsNoTracking().Include(a => a.Rule).Where(a => a.RaisedAt != null);
        if (open)
            query = query.Where(a => a.ClearedAt == null);
        if (page.After is { } after)
            query = query.Where(a => a.Id < after);
        if (page.Search is { } text)
            query = query.Where(a => EF.Functions.Like(a.SubjectName.ToLower(), Paging.Like(text.ToLowerInvariant()), "\\"));
        var rows = await query.OrderByDescending(a => a.Id).Take(page.Size + 1).ToListAsync(stop);
        return TypedResults.Ok(rows.ToPage(page, a => a.Id, a => a.ToView()));
    }

    private static Problem? CheckEmails(IReadOnlyList<string>? emails) =>
        (emails ?? []).All(e => e.Length <= 254 && new EmailAddressAttribute().IsValid(e)) ? null : Problem.Field("emails", "Each has to be an e-mail address.");

    private static async Task<List<AlertRuleView>> ViewsAsync(OCoreDb db, IReadOnlyCollection<AlertRule> rules, CancellationToken stop)
    {
        var ids = rules.Select(r => r.Id).ToList();
        var subjects = rules.Select(r => r.SubjectId).OfType<Guid>().Distinct().ToList();
        var raised = await db.Set<Alert>().Where(a => ids.Contains(a.RuleId) && a.RaisedAt != null && a.ClearedAt == null).GroupBy(a => a.RuleId).Select(g => new { g.Key, Count = g.Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, stop);
        var names = await db.Servers.Where(s => subjects.Contains(s.Id)).Select(s => new { s.Id, s.Name }).ToDictionaryAsync(s => s.Id, s => s.Name, stop);
        foreach (var instance in await db.Instances.Where(i => subjects.Contains(i.Id)).Select(i => new { i.Id, i.Name }).ToListAsync(stop))
            names[instance.Id] = instance.Name;
        return [.. rules.Select(r => new AlertRuleView
        {
            Id = r.Id, Name = r.Name, Subject = r.Subject, Of = r.SubjectId is { } one ? new Ref { Id = one, Name = names.GetValueOrDefault(one) ?? "" } : null, Metric = r.Metric, Unit = r.Measure.Unit,
            When = r.Above ? "above" : "below", Threshold = r.Threshold, ForSeconds = r.ForSeconds, Emails = r.Emails, IsActive = r.IsActive, Raised = raised.GetValueOrDefault(r.Id), CreatedAt = r.CreatedAt,
        })];
    }
}

internal static class AlertProblems
{
    public static readonly Problem TooMany = new(409, "too_many_alert_rules", "An organization can have 100 alert rules.", "One rule can watch all servers or all instances: leave subjectId out.");
}
