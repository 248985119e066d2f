using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.EntityFrameworkCore;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Security;

namespace OCore.Features.ApiKeys;

internal static class ApiKeyEndpoints
{
    private const int DefaultDays = 90;

    public static void Map(IEndpointRouteBuilder api)
    {
        var keys = api.MapGroup("/api-keys").WithTags("API keys").Require("view:api-keys");
        keys.MapGet("/", List).WithName("listApiKeys");
        keys.MapPost("/", Create).WithName("createApiKey").Require("manage:api-keys");
        keys.MapDelete("/{id:guid}", Revoke).WithName("revokeApiKey").Require("manage:api-keys");
    }

    /// <summary>The API keys of this organization. The keys themselves cannot be read again.</summary>
    internal static async Task<Ok<Page<ApiKeyView>>> List(OCoreDb db, [AsParameters] PageQuery page, CancellationToken stop)
    {
        var query = db.ApiKeys.AsNoTracking();
        if (page.After is { } after)
            query = query.Where(k => k.Id < after);
        if (page.Search is { } text)
            query = query.Where(k => EF.Functions.Like(k.Name.ToLower(), Paging.Like(text.ToLowerInvariant()), "\\"));
        var rows = await query.OrderByDescending(k => k.Id).Take(page.Size + 1).Include(k => k.User).ToListAsync(stop);
        return TypedResults.Ok(rows.ToPage(page, k => k.Id, k => k.ToView(k.User.Email!)));
    }

    /// <summary>Make an API key for this organization. It is shown this once; it may what you may at the time of use, within its scopes.</summary>
    internal static async Task<Results<Created<CreatedApiKey>, Problem>> Create(CreateApiKey request, OCoreDb db, Caller caller, TimeProvider time, CancellationToken stop)
    {
        if (caller.Access.ApiKeyId is not null)
            return ApiKeyProblems.KeyMakesNoKeys;
        var scopes = (request.Scopes ?? []).Distinct().ToList();
        var unknown = scopes.Where(s => !Permissions.TryParse(s, out _)).ToList();
        if (unknown.Count > 0)
            return ApiKeyProblems.UnknownScopes(unknown);
        var missing = scopes.Where(s => !caller.May(s)).ToList();
        if (missing.Count > 0)
            return ApiKeyProblems.MoreThanOwn(missing);
        var secret = Tokens.NewApiKey();
        var now = time.GetUtcNow();
        var key = new ApiKey
        {
            UserId = caller.UserId, Name = request.Name.Trim(), Prefix = secret[..(Tokens.ApiKeyPrefix.Length + 6)], Hash = Tokens.Hash(secret),
            Scopes = scopes, CreatedAt = now, ExpiresAt = now.AddDays(request.ExpiresInDays ?? DefaultDays),
        };
        db.Add(key);
        await db.SaveChangesAsync(stop);
        return TypedResults.Created($"/api/api-keys/{key.Id}", new CreatedApiKey { ApiKey = key.ToView(caller.Access.Email), Key = secret });
    }

    /// <summary>Revoke a key. It stops working at once.</summary>
    internal static async Task<Results<NoContent, Problem>> Revoke(Guid id, OCoreDb db, CancellationToken stop)
    {
        if (await db.ApiKeys.SingleOrDefaultAsync(k => k.Id == id, stop) is not { } key)
            return Problem.NotFound;
        db.Mark(key, "revoked");
        db.Remove(key);
        await db.SaveChangesAsync(stop);
        return TypedResults.NoContent();
    }

    private static ApiKeyView ToView(this ApiKey key, string createdBy) => new()
    {
        Id = key.Id, Name = key.Name, Prefix = key.Prefix, Scopes = key.Scopes, CreatedBy = createdBy,
        CreatedAt = key.CreatedAt, ExpiresAt = key.ExpiresAt, LastUsedAt = key.LastUsedAt,
    };
}

internal static class ApiKeyProblems
{
    public static readonly Problem KeyMakesNoKeys = new(403, "not_with_api_key", "An API key cannot make API keys.", "Sign in as a person to make one.");

    public static Problem UnknownScopes(IEnumerable<string> names) => Problem.Field("scopes", $"These are no permissions: {string.Join(", ", names)}. GET /api/permissions lists them.");

    public static Problem MoreThanOwn(IReadOnlyList<string> missing) => new(403, "grants_more_than_own", $"You cannot give what you do not have: {string.Join(", ", missing)}.", "Leave these scopes out.")
    {
        Errors = new Dictionary<string, string[]> { ["scopes"] = [.. missing] },
    };
}
