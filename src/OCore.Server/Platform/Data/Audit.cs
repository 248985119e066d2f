using System.Reflection;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using OCore.Features.AuditLog;
using OCore.Features.Organizations;

namespace OCore.Platform.Data;

/// <summary>Who did it, and for whom.</summary>
internal sealed record AuditActor(Guid? Id, string Name, Guid HomeOrgId, bool Delegated, Guid? ApiKeyId, string? Ip, string? UserAgent, Guid? OperationId)
{
    public static readonly AuditActor System = new(null, "oCore", Guid.Empty, false, null, null, null, null);
}

/// <summary>A row whose changes go into the audit log, with what to call it.</summary>
internal interface IAudited
{
    Guid Id { get; }
    /// <summary>The noun of its actions: <c>client</c>, <c>server</c>.</summary>
    string AuditNoun { get; }
    string AuditName { get; }
    /// <summary>False for rows that nobody made.</summary>
    bool IsAudited => true;
}

/// <summary>Masked wherever it would be shown.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class SecretAttribute : Attribute;

/// <summary>Values by their keys, of which some are masked wherever they would be shown. Which ones, the feature says that knows the keys.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal abstract class SecretValuesAttribute : Attribute
{
    public abstract bool IsSecret(string key);
}

/// <summary>Measured or bookkept, not changed by anybody: not worth a line in the audit log.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class NotAuditedAttribute : Attribute;

/// <summary>What to call the next change of a row instead of "updated": <c>suspended</c>.</summary>
/// <param name="Always">It gets a line also where nothing of the row changes.</param>
internal sealed record AuditMark(IAudited Entity, string Action, bool Always);

internal static class AuditWriter
{
    private const string Mask = "••••";

    // People read it: an umlaut stays one, and so does the mask.
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="always">What was done counts, and not what it left in the row: a download, or a password that is new once more.</param>
    public static void Mark(this OCoreDb db, IAudited entity, string verb, bool always = false) => db.AuditMarks.Add(new AuditMark(entity, $"{entity.AuditNoun}.{verb}", always));

    /// <summary>An action that changes no audited row: a sign-in, a secret that was shown.</summary>
    public static void Record(this OCoreDb db, string action, Guid orgId, IAudited? about = null, IReadOnlyDictionary<string, AuditChangeValue>? changes = null) =>
        db.AuditLog.Add(Entry(db, action, orgId, about, changes));

    /// <summary>Adds a line for each change that is about to be saved, so that both are committed or neither is.</summary>
    public static void Write(OCoreDb db)
    {
        if (db.Actor is null)
            return;
        foreach (var entry in db.ChangeTracker.Entries().ToList())
        {
            if (entry.Entity is not IAudited { IsAudited: true } audited || entry.State is not (EntityState.Added or EntityState.Modified or EntityState.Deleted))
                continue;
            var changes = Changes(entry);
            var mark = db.AuditMarks.Find(m => ReferenceEquals(m.Entity, entry.Entity));
            if (entry.State == EntityState.Modified && changes.Count == 0 && mark is null)
                continue;
            var verb = entry.State switch { EntityState.Added => "created", EntityState.Deleted => "deleted", _ => "updated" };
            db.AuditLog.Add(Entry(db, mark?.Action ?? $"{audited.AuditNoun}.{verb}", OrgOf(audited, db), audited, changes));
            if (mark is not null)
                db.AuditMarks.Remove(mark);
        }
        foreach (var mark in db.AuditMarks.Where(m => m.Always))
            db.AuditLog.Add(Entry(db, mark.Action, OrgOf(mark.Entity, db), mark.Entity, null));
        db.AuditMarks.Clear();
    }

    // What is done to a client is seen in its agency's log, by the root, and in its own; other rows in their organization's.
    private static Guid OrgOf(IAudited row, OCoreDb db) => row switch
    {
        Organization organization => organization.Id,
        IOrgOwned owned => owned.OrgId,
        _ => db.Actor!.HomeOrgId,
    };

    // Of the sign-in library's account, whose properties carry none of our attributes, as its password's hash does not.
    private static readonly string[] IdentitysOwn = ["SecurityStamp", "ConcurrencyStamp", "NormalizedEmail", "NormalizedUserName", "UserName", "AccessFailedCount", "LockoutEnd", "LockoutEnabled", "PhoneNumber", "PhoneNumberConfirmed"];

    private static Dictionary<string, AuditChangeValue> Changes(Microsoft.EntityFrameworkCore.ChangeTracking.EntityEntry entry)
    {
        var changes = new Dictionary<string, AuditChangeValue>();
        foreach (var property in entry.Properties)
        {
            var info = property.Metadata.PropertyInfo;
            if (info is null || property.Metadata.IsPrimaryKey() || !IsAudited(info))
                continue;
            if (entry.State == EntityState.Modified && !property.IsModified)
                continue;
            var secret = IsSecret(info);
            var keys = info.GetCustomAttribute<SecretValuesAttribute>(true);
            // What was made had no values before, and what is deleted has none after.
            var old = entry.State == EntityState.Added ? null : property.OriginalValue;
            var now = entry.State == EntityState.Deleted ? null : property.CurrentValue;
            var before = Show(keys is null ? old : Masked(old, null, keys), secret);
            var after = Show(keys is null ? now : Masked(now, old, keys), secret);
            // Compared whole: what differs may be behind what is cut.
            if (before != after || secret && entry.State == EntityState.Modified)
                changes[char.ToLowerInvariant(info.Name[0]) + info.Name[1..]] = new AuditChangeValue(Cut(before), Cut(after));
        }
        return changes;
    }

    internal static bool IsSecret(PropertyInfo property) => property.IsDefined(typeof(SecretAttribute), true) || property.Name == "PasswordHash";

    internal static bool IsAudited(PropertyInfo property) =>
        !property.IsDefined(typeof(NotAuditedAttribute), true) && property.Name is not ("OrgId" or "RootId") && !IdentitysOwn.Contains(property.Name);

    // A secret that is another one than before says so: by its mask alone it would look the same.
    private static object? Masked(object? values, object? before, SecretValuesAttribute keys) => values switch
    {
        null => null,
        IReadOnlyDictionary<string, string> all => all.ToDictionary(v => v.Key, v => !keys.IsSecret(v.Key) ? v.Value
            : before is IReadOnlyDictionary<string, string> old && old.TryGetValue(v.Key, out var was) && was != v.Value ? $"{Mask} (changed)" : Mask),
        // What cannot be looked into is not shown at all.
        _ => Mask,
    };

    private static string? Show(object? value, bool secret)
    {
        if (value is null)
            return null;
        if (secret)
            return Mask;
        return value is string or Guid or Enum || value.GetType().IsPrimitive || value is DateTimeOffset
            ? string.Format(System.Globalization.CultureInfo.InvariantCulture, "{0}", value)
            : JsonSerializer.Serialize(value, Json);
    }

    private static string? Cut(string? text) => text is { Length: > 500 } ? text[..500] + "…" : text;

    private static AuditEntry Entry(OCoreDb db, string action, Guid orgId, IAudited? about, IReadOnlyDictionary<string, AuditChangeValue>? changes)
    {
        var actor = db.Actor ?? AuditActor.System;
        return new AuditEntry
        {
            Id = RowId.New(),
            OrgId = orgId,
            RootId = about switch
            {
                IAgencyShared shared => shared.RootId,
                Organization organization => organization.RootId,
                _ => db.Tenant.RootId == Guid.Empty ? orgId : db.Tenant.RootId,
            },
            At = TimeProvider.System.GetUtcNow(),
            Action = action,
            ActorId = actor.Id,
            Actor = actor.Name,
            // Someone of another organization, or of the agency, acted here.
            OnBehalfOf = actor.Delegated || actor.HomeOrgId != Guid.Empty && actor.HomeOrgId != orgId ? orgId : null,
            ApiKeyId = actor.ApiKeyId,
            OperationId = actor.OperationId,
            ObjectType = about?.AuditNoun,
            ObjectId = about?.Id.ToString(),
            ObjectName = about?.AuditName,
            Ip = actor.Ip,
            UserAgent = actor.UserAgent is { Length: > 200 } agent ? agent[..200] : actor.UserAgent,
            Changes = changes ?? new Dictionary<string, AuditChangeValue>(),
        };
    }
}
