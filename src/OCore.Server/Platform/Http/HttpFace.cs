using System.Text.Json;
using Microsoft.AspNetCore.HttpOverrides;
using OCore.Client;
using OCore.Platform.Security;
using OCore.Platform.Tls;
using Scalar.AspNetCore;

namespace OCore.Platform.Http;

/// <summary>How oCore speaks HTTP: JSON, problems, headers, the gate, the document and the dashboard's files.</summary>
internal static class HttpFace
{
    public static void AddHttpFace(this IServiceCollection services)
    {
        services.AddSingleton<HostLookup>((host, stop) => System.Net.Dns.GetHostAddressesAsync(host, stop));
        services.AddSingleton<GuardedConnections>();
        services.AddSingleton<GuardedFetcher>();
        services.ConfigureHttpJsonOptions(o =>
        {
            var json = o.SerializerOptions;
            json.TypeInfoResolverChain.Insert(0, WireJson.Default);
            json.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
            json.NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.Strict;
            json.UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow;
            json.DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull;
            json.MaxDepth = 32;
            json.RespectNullableAnnotations = true;
            json.Converters.Add(new TextWithoutNul());
            json.Converters.Add(new System.Text.Json.Serialization.JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false));
        });
        services.Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);
        services.AddProblemDetails(o => o.CustomizeProblemDetails = ValidationProblems.Customize);
        services.AddExceptionHandler<ProblemHandling>();
        services.AddValidation();
        services.AddOpenApi("v1", o => o
            .AddDocumentTransformer((document, context, _) =>
            {
                (document.Info.Title, document.Info.Version) = ("oCore", "1");
                EditTags.Describe(document, context.ApplicationServices);
                document.AddComponent(AccessRules.OrganizationHeader, AccessRules.DescribeOrganization());
                return Task.CompletedTask;
            })
            .AddOperationTransformer((operation, context, _) =>
            {
                AccessRules.Describe(operation, context.Description.ActionDescriptor.EndpointMetadata.OfType<AccessRule>().LastOrDefault(), context.Document);
                return Task.CompletedTask;
            })
            // The converter that refuses NUL hides from the document that texts are texts.
            .AddSchemaTransformer((schema, context, _) =>
            {
                if (context.JsonTypeInfo.Type == typeof(string) && schema.Type is null)
                    schema.Type = context.JsonPropertyInfo is { IsGetNullable: true } ? Microsoft.OpenApi.JsonSchemaType.String | Microsoft.OpenApi.JsonSchemaType.Null : Microsoft.OpenApi.JsonSchemaType.String;
                var texts = context.JsonTypeInfo.ElementType == typeof(string);
                if (texts && context.JsonTypeInfo.Kind == System.Text.Json.Serialization.Metadata.JsonTypeInfoKind.Enumerable)
                    schema.Items ??= new Microsoft.OpenApi.OpenApiSchema { Type = Microsoft.OpenApi.JsonSchemaType.String };
                if (texts && context.JsonTypeInfo.Kind == System.Text.Json.Serialization.Metadata.JsonTypeInfoKind.Dictionary)
                    schema.AdditionalProperties ??= new Microsoft.OpenApi.OpenApiSchema { Type = Microsoft.OpenApi.JsonSchemaType.String };
                return Task.CompletedTask;
            }));
        services.AddResponseCompression(o => o.EnableForHttps = true);
        services.AddSingleton<IStartupFilter, ForwardedHeadersFromTrustedProxies>();
        services.AddSingleton<PortalHosts>();
        services.AddSingleton<HostDoor>();
        services.AddSingleton<SocketTickets>();
        services.AddSingleton<EditTagRoutes>();
    }

    public static void UseHttpFace(this WebApplication app)
    {
        app.UseExceptionHandler();
        app.UseStatusCodePages();
        app.Use(SecurityHeadersAsync);
        app.Use(AcmeAnswers.AnswerAsync);
        app.Use(HostDoor.PassAsync);
        app.Use(PortalHosts.ChooseAsync);
        app.Use((http, next) =>
        {
            // The page is made for its host; the file it is made from is nobody's.
            if (http.Request.Path.Equals("/index.html", StringComparison.OrdinalIgnoreCase))
                http.Request.Path = "/";
            return next(http);
        });
        app.UseRouting();
        app.Use(UnknownPathAsync);
        app.UseWebSockets();
        app.Use(SocketDoor.PassAsync);
        app.UseMiddleware<Gate>();
        app.Use(TextWithoutNul.RefuseInQueryAsync);
        app.Use(DryRuns.RefuseElsewhereAsync);
        app.Use(UnreadableQuery.NameItAsync);
        app.Use(EditTags.CheckAsync);
        app.MapOpenApi("/openapi/{documentName}.json");
        app.MapScalarApiReference("/docs/api", o => o.WithTitle("oCore API").WithOpenApiRoutePattern("/openapi/{documentName}.json").DisableDefaultFonts());
    }

    private static Task SecurityHeadersAsync(HttpContext http, RequestDelegate next)
    {
        var headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "same-origin";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.ContentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'";
        // The API's browser starts itself from a script within its page; it holds nobody's data.
        if (http.Request.Path.StartsWithSegments("/docs/api"))
            headers.ContentSecurityPolicy = "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";
        if (http.Request.IsHttps)
            headers.StrictTransportSecurity = "max-age=31536000";
        if (http.Request.Path.StartsWithSegments("/api"))
            headers.CacheControl = "no-store";
        return next(http);
    }

    // A path of the API that is none must not get the dashboard's page. Were this a route, it would stand in for every other one that
    // does not take the request's method or content type, and hide the 405 and 415 that routing answers.
    private static Task UnknownPathAsync(HttpContext http, RequestDelegate next) =>
        http.Request.Path.StartsWithSegments("/api") && (http.GetEndpoint() is null || http.GetEndpoint() is RouteEndpoint route && route.Metadata.GetMetadata<AccessRule>() is null)
            ? Problem.NotFound.WriteAsync(http) : next(http);

    private const string NoDashboard = """
        oCore runs, but its dashboard was not built.

        bin/up builds it and everything else. By hand, in the repository:

            npm --prefix web ci
            npm --prefix web run build

        and build and start oCore again. The API is there without it: /docs/api

        """;

    /// <summary>The dashboard's files, and its page for every address that is none of the API's.</summary>
    public static void MapDashboard(this WebApplication app)
    {
        if (!app.Environment.WebRootFileProvider.GetFileInfo("index.html").Exists)
        {
            // As the page itself does: another method has to meet what routing says of the API's own routes.
            app.MapFallback(() => TypedResults.Text(NoDashboard, "text/plain; charset=utf-8", statusCode: 503)).WithMetadata(new HttpMethodMetadata([HttpMethods.Get, HttpMethods.Head])).ExcludeFromDescription();
            return;
        }
        app.UseDashboardFiles();
        // For GET and HEAD only: it would stand in for every route that does not take the request's content type.
        app.MapFallback(http => http.RequestServices.GetRequiredService<HtmlPages>().ServeAsync(http)).WithMetadata(new HttpMethodMetadata([HttpMethods.Get, HttpMethods.Head]));
    }
}

internal sealed class ForwardedHeadersFromTrustedProxies(Settings settings) : IStartupFilter
{
    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
    {
        if (settings.TrustedProxies.Count > 0)
        {
            // A forwarded host chooses the portal as the host itself does, among those that are ours (HostDoor); links are built from neither.
            var options = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost };
            options.KnownIPNetworks.Clear();
            options.KnownProxies.Clear();
            foreach (var network in settings.TrustedProxies)
                options.KnownIPNetworks.Add(network);
            // Through as many of them as are trusted; the first that is not is the caller.
            options.ForwardLimit = null;
            app.UseForwardedHeaders(options);
        }
        next(app);
    };
}
