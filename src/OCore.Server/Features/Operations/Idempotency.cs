using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using Microsoft.OpenApi;
using OCore.Client;
using OCore.Platform.Data;
using OCore.Platform.Http;
using OCore.Platform.Operations;
using OCore.Platform.Security;

namespace OCore.Features.Operations;

internal static class Idempotency
{
    private const string Header = "Idempotency-Key";
    private const int MaxLength = 100;

    /// <summary>The route starts an operation: it answers 202 with it, and repeating it with the same Idempotency-Key finds the first.</summary>
    public static RouteHandlerBuilder StartsOperation(this RouteHandlerBuilder route) => route
        .WithMetadata(new StartsOperation())
        .AddOpenApiOperationTransformer((operation, _, _) =>
        {
            (operation.Parameters ??= []).Add(new OpenApiParameter
            {
                Name = Header, In = ParameterLocation.Header, Description = "Chosen by you, for one request: repeated with the same key it answers the operation that it began the first time.",
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = MaxLength },
            });
            return Task.CompletedTask;
        })
        .AddEndpointFilter(async (context, next) => await FindOrRunAsync(context, next));

    private static async ValueTask<object?> FindOrRunAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        var key = http.Request.Headers[Header].ToString();
        if (key.Length == 0)
            return await next(context);
        if (key.Length > MaxLength || key.Any(c => c is < ' ' or > '~'))
            return Problem.Field(Header, $"At most {MaxLength} letters, digits and signs.");
        var caller = http.RequestServices.GetRequiredService<Caller>();
        var db = http.RequestServices.GetRequiredService<OCoreDb>();
        var kinds = http.RequestServices.GetRequiredService<OperationKinds>();
        var hash = Hash(context, caller.OrgId);
        caller.Idempotency = (key, hash);
        if (await FindAsync(db, kinds, caller, http.RequestAborted) is { } first)
            return first;
        try
        {
            var answer = await next(context);
            // Refused because of what the same request, at the same time, has just done: a lock, or a name.
            return (answer as INestedHttpResult)?.Result is Problem ? await FindAsync(db, kinds, caller, http.RequestAborted) ?? answer : answer;
        }
        catch (Exception e) when (e is DbUpdateException or ProblemException)
        {
            if (await FindAsync(db, kinds, caller, http.RequestAborted) is { } won)
                return won;
            throw;
        }
    }

    // Keys are a person's own: an agency sees its clients' operations, and must not meet their keys.
    private static async Task<IResult?> FindAsync(OCoreDb db, OperationKinds kinds, Caller caller, CancellationToken stop)
    {
        var (key, hash) = caller.Idempotency!.Value;
        // In an agency one also meets what one began inside a client's organization: the same request goes before another one.
        var operation = await db.Operations.AsNoTracking().Include(o => o.Steps).Where(o => o.IdempotencyKey == key && o.ActorId == caller.UserId)
            .OrderByDescending(o => o.RequestHash == hash).ThenBy(o => o.Id).FirstOrDefaultAsync(stop);
        if (operation is null)
            return null;
        if (operation.RequestHash != hash)
            return new Problem(422, "idempotency_key_reused", "This Idempotency-Key was used for another request.", "Use a new key for each request.");
        return await OperationViews.AcceptedAsync(db, operation, kinds, stop);
    }

    // The organization is part of the request, as its address is.
    private static string Hash(EndpointFilterInvocationContext context, Guid organization)
    {
        var text = new StringBuilder(organization.ToString()).Append(' ').Append(context.HttpContext.Request.Method).Append(' ').Append(context.HttpContext.Request.Path).Append(context.HttpContext.Request.QueryString);
        foreach (var argument in context.Arguments)
            if (argument is not null && WireJson.Default.GetTypeInfo(argument.GetType()) is { } info)
                text.Append(System.Text.Json.JsonSerializer.Serialize(argument, info));
        // With a key: it is kept, and a request may hold a password that could be tried against a bare hash.
        var key = context.HttpContext.RequestServices.GetRequiredService<SecretBox>().Derive("operation.request", organization, []);
        return Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text.ToString())));
    }
}

internal sealed record StartsOperation;
