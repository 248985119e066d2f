using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.AuditLog;

internal static class AuditEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var audit = api.MapGroup("/audit-logs").WithTags("Audit log").Require("view:audit");
        audit.MapGet("/", List).WithName("listAuditLog");
        audit.MapGet("/export", Export).WithName("exportAuditLog").Require("manage:audit").Produces<string>(200, AuditExport.Csv, AuditExport.JsonLines);
    }

    public sealed class Filter
    {
        /// <summary>For example <c>client.created</c>; <c>client.</c> for everything of that noun.</summary>
        [FromQuery(Name = "action"), MaxLength(80)] public string? Action { get; init; }
        /// <summary>The e-mail address or id of whoever did it.</summary>
        [FromQuery(Name = "actor"), MaxLength(254)] public string? Actor { get; init; }
        /// <summary>For example <c>client</c>.</summary>
        [FromQuery(Name = "objectType"), MaxLength(60)] public string? ObjectType { get; init; }
        [FromQuery(Name = "objectId"), MaxLength(64)] public string? ObjectId { get; init; }
        /// <summary>At this time or later.</summary>
        [FromQuery(Name = "from")] public DateTimeOffset? From { get; init; }
        /// <summary>Before this time.</summary>
        [FromQuery(Name = "to")] public DateTimeOffset? To { get; init; }
    }

    /// <summary>Who did what in this organization (and, for an agency, in its clients), newest first.</summary>
    internal static async Task<Ok<Page<AuditEntryView>>> List(OCoreDb db, [AsParameters] PageQuery page, [AsParameters] Filter filter, CancellationToken stop)
    {
        var rows = await AuditQueries.PageAsync(db, filter, page.Search, page.After, page.Size + 1, stop);
        var names = await AuditQueries.OrganizationNamesAsync(db, rows, stop);
        return TypedResults.Ok(rows.ToPage(page, e => e.Id, e => e.ToView(names)));
    }

    /// <summary>The same as a file, whole: CSV, or one JSON object in each line. That it was taken is itself in the log.</summary>
    /// <param name="format"><c>csv</c>, or <c>jsonl</c>.</param>
    internal static async Task<Results<PushStreamHttpResult, Problem>> Export(OCoreDb db, Caller caller, TimeProvider time, [AsParameters] Filter filter,
        [FromQuery, MaxLength(100)] string? q, [FromQuery, MaxLength(10)] string? format, CancellationToken stop)
    {
        if (format is not (null or "csv" or "jsonl"))
            return Problem.Field("format", "One of csv, jsonl.");
        db.Record("audit.exported", caller.OrgId);
        await db.SaveChangesAsync(stop);
        var json = format == "jsonl";
        return TypedResults.Stream(body => AuditExport.WriteAsync(body, db, filter, q, json, stop), json ? AuditExport.JsonLines : AuditExport.Csv,
            $"audit-{caller.Access.OrgSlug}-{time.GetUtcNow():yyyyMMdd-HHmmss}.{(json ? "jsonl" : "csv")}");
    }
}
