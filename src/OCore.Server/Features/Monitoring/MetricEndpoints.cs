using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Observability;
using OCore.Platform.Security;

namespace OCore.Features.Monitoring;

/// <summary>What was measured, for charts and for Prometheus.</summary>
internal static class MetricEndpoints
{
    private const int MostMarks = 200;
    private static readonly TimeSpan Longest = TimeSpan.FromDays(92);

    public static void Map(IEndpointRouteBuilder api)
    {
        var metrics = api.MapGroup("").WithTags("Monitoring");
        metrics.MapGet("/servers/{id:guid}/metrics", OfServer).WithName("getServerMetrics").Require("view:servers").PortalFeature(PortalFeatures.Monitoring);
        metrics.MapGet("/instances/{id}/metrics", OfInstance).WithName("getInstanceMetrics").Require("view:instances").PortalFeature(PortalFeatures.Monitoring);
        metrics.MapGet("/monitoring/prometheus", Prometheus).WithName("getPrometheusMetrics").Require("view:instances").PortalFeature(PortalFeatures.Monitoring).Produces<string>(200, "text/plain");
    }

    /// <summary>What was measured of a server, with the operations on it. As measured for the last three hours, as averages of 5 minutes for eight days and of an hour for 92.</summary>
    /// <param name="from">An hour before <c>to</c> where not given.</param>
    /// <param name="to">Now where not given.</param>
    internal static async Task<Results<Ok<MetricsView>, Problem>> OfServer(Guid id, [FromQuery] DateTimeOffset? from, [FromQuery] DateTimeOffset? to, OCoreDb db, TimeProvider time, CancellationToken stop) =>
        !await db.Servers.AnyAsync(s => s.Id == id, stop) ? Problem.NotFound
            : await ViewAsync(db, id, MetricNames.OfServer, db.Operations.Where(o => o.ServerId == id && o.InstanceId == null), from, to, time.GetUtcNow(), stop);

    /// <summary>What was measured of an instance, with the operations on it. As measured for the last three hours, as averages of 5 minutes for eight days and of an hour for 92.</summary>
    /// <param name="from">An hour before <c>to</c> where not given.</param>
    /// <param name="to">Now where not given.</param>
    internal static async Task<Results<Ok<MetricsView>, Problem>> OfInstance(string id, [FromQuery] DateTimeOffset? from, [FromQuery] DateTimeOffset? to, OCoreDb db, TimeProvider time, CancellationToken stop)
    {
        var parsed = Guid.TryParse(id, out var known) ? known : Guid.Empty;
        var found = await db.Instances.Where(i => i.Id == parsed || i.Slug == id).Select(i => (Guid?)i.Id).SingleOrDefaultAsync(stop);
        return found is not { } instance ? Problem.NotFound
            : await ViewAsync(db, instance, MetricNames.OfInstance, db.Operations.Where(o => o.InstanceId == instance), from, to, time.GetUtcNow(), stop);
    }

    private static async Task<Results<Ok<MetricsView>, Problem>> ViewAsync(
        OCoreDb db, Guid subject, IReadOnlyList<MetricName> names, IQueryable<Platform.Operations.Operation> operations, DateTimeOffset? from, DateTimeOffset? to, DateTimeOffset now, CancellationToken stop)
    {
        var end = (to ?? now).ToUniversalTime();
        var begin = (from ?? (end > DateTimeOffset.MinValue.AddHours(1) ? end.AddHours(-1) : end)).ToUniversalTime();
        if (begin >= end)
            return Problem.Field(from is null ? "to" : "from", "What is shown begins before it ends.");
        if (end - begin > Longest)
            return Problem.Field("from", "At most 92 days are shown at once.");
        var resolution = Resolutions.For(begin, end, now);
        var (first, last) = (begin.ToUnixTimeSeconds(), end.ToUnixTimeSeconds());
        var rows = await db.Set<MetricSample>().AsNoTracking().Where(s => s.SubjectId == subject && s.Resolution == resolution && s.At >= first && s.At <= last).OrderBy(s => s.At).ToListAsync(stop);
        // What was not summed up yet is the end of the picture.
        if (resolution != Resolutions.Raw)
        {
            var after = rows.Count == 0 ? first : rows[^1].At + resolution;
            var finer = Resolutions.All.First(r => r.Seconds == resolution).From;
            rows.AddRange(await db.Set<MetricSample>().AsNoTracking().Where(s => s.SubjectId == subject && s.Resolution == finer && s.At >= after && s.At <= last).OrderBy(s => s.At).ToListAsync(stop));
        }
        var marks = await operations.AsNoTracking().Where(o => o.CreatedAt >= begin && o.CreatedAt <= end).OrderByDescending(o => o.Id).Take(MostMarks)
            .Select(o => new MetricMark { OperationId = o.Id, Title = o.Title, State = o.State, At = o.CreatedAt, Until = o.FinishedAt }).ToListAsync(stop);
        marks.Reverse();
        return TypedResults.Ok(new MetricsView
        {
            From = begin, To = end, ResolutionSeconds = resolution, Times = [.. rows.Select(r => r.At)], Marks = marks,
            Series = [.. names.Select(n => new MetricSeries { Metric = n.Name, Unit = n.Unit, Values = [.. rows.Select(r => n.Of(r) is { } value ? Math.Round(value, 2) : (double?)null)] })],
        });
    }

    /// <summary>
    /// The newest figures of all instances (for an agency: its clients' too), and for those who may see them of the servers, in the text format of
    /// Prometheus. Scrape it with an API key that has <c>view:instances</c>, and <c>view:servers</c> for the servers.
    /// </summary>
    internal static async Task<ContentHttpResult> Prometheus(OCoreDb db, Caller caller, TimeProvider time, CancellationToken stop)
    {
        var instances = await db.Instances.AsNoTracking().Join(db.Organizations, i => i.OrgId, o => o.Id, (i, o) => new { i.Id, i.Slug, Organization = o.Slug }).OrderBy(i => i.Slug).ToListAsync(stop);
        var oldest = time.GetUtcNow().ToUnixTimeSeconds() - 90;
        var newest = (await db.Set<MetricSample>().AsNoTracking().Where(s => s.Resolution == Resolutions.Raw && s.At >= oldest).ToListAsync(stop))
            .GroupBy(s => s.SubjectId).ToDictionary(g => g.Key, g => g.MaxBy(s => s.At)!);
        var text = new PrometheusText();
        Add(text, "instance", MetricNames.OfInstance, newest, instances.Select(i => (i.Id, ((string, string)[])[("instance_slug", i.Slug), ("organization", i.Organization)])));
        // A client knows of servers what its portal shows, and no figures.
        if (caller.Access.Portal is null && caller.May("view:servers"))
        {
            var servers = await db.Servers.AsNoTracking().Select(s => new { s.Id, s.Name }).OrderBy(s => s.Name).ToListAsync(stop);
            Add(text, "server", MetricNames.OfServer, newest, servers.Select(s => (s.Id, ((string, string)[])[("server", s.Name)])));
        }
        return TypedResults.Text(text.ToString(), PrometheusText.ContentType);
    }

    private static void Add(PrometheusText text, string subject, IReadOnlyList<MetricName> names, Dictionary<Guid, MetricSample> newest, IEnumerable<(Guid Id, (string, string)[] Labels)> things)
    {
        var all = things.ToList();
        foreach (var name in names.Where(n => n.Name != "restarts"))
        {
            var (family, factor) = Family(subject, name);
            text.Family(family, "gauge", $"{name.Name.Replace('_', ' ')} of the {subject}, as last measured.");
            foreach (var (id, labels) in all)
                if (newest.TryGetValue(id, out var sample) && name.Of(sample) is { } value)
                    text.Sample(family, value * factor, labels);
        }
    }

    // Prometheus wants base units, and ratios for what others give in percent.
    private static (string Family, double Factor) Family(string subject, MetricName name) => name.Unit switch
    {
        "percent" => ($"ocore_{subject}_{name.Name.Replace("_percent", "", StringComparison.Ordinal)}_ratio", 0.01),
        "milliseconds" => ($"ocore_{subject}_{name.Name}_seconds", 0.001),
        "seconds" => ($"ocore_{subject}_{name.Name}_seconds", 1),
        "hours" => ($"ocore_{subject}_{name.Name}_seconds", 3600),
        "days" => ($"ocore_{subject}_{name.Name.Replace("_days", "_left", StringComparison.Ordinal)}_seconds", 86400),
        "bytes" => ($"ocore_{subject}_{name.Name}_bytes", 1),
        "bytes_per_second" => ($"ocore_{subject}_{name.Name}_bytes_per_second", 1),
        _ => ($"ocore_{subject}_{name.Name}", 1),
    };
}
