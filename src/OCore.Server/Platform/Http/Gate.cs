using Microsoft.OpenApi;
using OCore.Platform.Security;

namespace OCore.Platform.Http;

/// <summary>What an endpoint demands. Every endpoint under /api has one, or the program does not start.</summary>
internal sealed record AccessRule
{
    public required AccessKind Kind { get; init; }
    public PermissionSet Permission { get; init; }
    public string? PermissionName { get; init; }
    /// <summary>Features of the plan, for example <c>agency</c>.</summary>
    public IReadOnlyList<string> Features { get; init; } = [];
    public bool AgencyEnabled { get; init; }
    /// <summary>A switch of the portal, one of <see cref="PortalFeatures"/>.</summary>
    public string? PortalFeature { get; init; }
    /// <summary>An event stream or a WebSocket: it ends when its caller may not have it any more.</summary>
    public bool IsLasting { get; init; }
    /// <summary>Open also to whoever still has a password that oCore made.</summary>
    public bool BeforePasswordChange { get; init; }
}

internal enum AccessKind { Public, SignedIn, Permission, Operator }

internal static class AccessRules
{
    /// <summary>The caller needs this permission in the organization of the request.</summary>
    public static T Require<T>(this T builder, string permission) where T : IEndpointConventionBuilder =>
        builder.Rule(r => r with
        {
            Kind = AccessKind.Permission,
            PermissionName = permission,
            Permission = Permissions.TryParse(permission, out var set) ? set : throw new ArgumentException($"{permission} is no permission."),
        });

    /// <summary>Anybody, before sign-in. Listed in the matrix of tests.</summary>
    public static T Public<T>(this T builder) where T : IEndpointConventionBuilder => builder.Rule(r => r with { Kind = AccessKind.Public });

    /// <summary>Any signed-in person, for what concerns their own account.</summary>
    public static T SignedIn<T>(this T builder) where T : IEndpointConventionBuilder => builder.Rule(r => r with { Kind = AccessKind.SignedIn });

    public static T OperatorOnly<T>(this T builder) where T : IEndpointConventionBuilder => builder.Rule(r => r with { Kind = AccessKind.Operator });

    /// <summary>The plan has to include it: 403 <c>subscription_required</c> otherwise.</summary>
    public static T Feature<T>(this T builder, string feature) where T : IEndpointConventionBuilder => builder.Rule(r => r with { Features = [.. r.Features, feature] });

    /// <summary>The agency can switch it off for the people of its clients: 403 <c>feature_disabled</c> for them then. One of <see cref="PortalFeatures"/>.</summary>
    public static T PortalFeature<T>(this T builder, string feature) where T : IEndpointConventionBuilder =>
        PortalFeatures.Names.ContainsKey(feature) ? builder.Rule(r => r with { PortalFeature = feature }) : throw new ArgumentException($"{feature} is no switch of a portal.");

    /// <summary>An event stream or a WebSocket: looked at again while it is open, and ended within five seconds of a change of rights.</summary>
    public static T Lasting<T>(this T builder) where T : IEndpointConventionBuilder => builder.Rule(r => r with { IsLasting = true });

    /// <summary>Also for whoever has not changed a password that oCore made yet: all else answers 403 <c>password_change_required</c> until then.</summary>
    public static T BeforePasswordChange<T>(this T builder) where T : IEndpointConventionBuilder => builder.Rule(r => r with { BeforePasswordChange = true });

    /// <summary>Agency mode has to be on: 409 <c>agency_not_enabled</c> otherwise.</summary>
    public static T InAgency<T>(this T builder) where T : IEndpointConventionBuilder => builder.Rule(r => r with { Features = [.. r.Features, "agency"], AgencyEnabled = true });

    // Later calls refine earlier ones: a group sets the view permission, a route in it the manage one.
    private static T Rule<T>(this T builder, Func<AccessRule, AccessRule> change) where T : IEndpointConventionBuilder
    {
        builder.Add(endpoint =>
        {
            var before = endpoint.Metadata.OfType<AccessRule>().LastOrDefault() ?? new AccessRule { Kind = AccessKind.SignedIn };
            endpoint.Metadata.Add(change(before));
        });
        return builder;
    }

    /// <summary>Who may call it, for the document: <c>x-access</c>, <c>x-feature</c>, <c>x-agency-mode</c>.</summary>
    public static void Describe(OpenApiOperation operation, AccessRule? rule, OpenApiDocument? document)
    {
        if (rule is null)
            return;
        if (rule.Kind is AccessKind.Permission or AccessKind.SignedIn)
            (operation.Parameters ??= []).Add(new OpenApiParameterReference(OrganizationHeader, document));
        operation.AddExtension("x-access", new JsonNodeExtension(rule.Kind switch
        {
            AccessKind.Public => "public", AccessKind.SignedIn => "signed_in", AccessKind.Operator => "operator", _ => rule.PermissionName!,
        }));
        if (rule.Features.Count > 0)
            operation.AddExtension("x-feature", new JsonNodeExtension(string.Join(", ", rule.Features)));
        if (rule.AgencyEnabled)
            operation.AddExtension("x-agency-mode", new JsonNodeExtension(true));
    }

    /// <summary>The header by which a request names its organization, as the document calls it.</summary>
    public const string OrganizationHeader = "Organization";

    public static OpenApiParameter DescribeOrganization() => new()
    {
        Name = "X-Org-Slug", In = ParameterLocation.Header, Description = "The organization of the request: its slug or id; your home where not given. 404 organization_not_found where you do not belong to it.",
        Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = 64 },
    };

    /// <summary>Refuses to start with an endpoint that does not say who may call it.</summary>
    public static void DemandRules(IEnumerable<Endpoint> endpoints)
    {
        var open = endpoints.OfType<RouteEndpoint>().Where(e => e.RoutePattern.RawText?.StartsWith("/api", StringComparison.Ordinal) == true
            && e.Metadata.GetMetadata<AccessRule>() is null).Select(e => e.RoutePattern.RawText).ToList();
        if (open.Count > 0)
            throw new InvalidOperationException("These endpoints do not say who may call them: " + string.Join(", ", open));
    }
}

/// <summary>The one gate of REST, event streams and WebSockets: who is it, where, and may they.</summary>
internal sealed class Gate(RequestDelegate next)
{
    public async Task InvokeAsync(HttpContext http, Caller caller, SignInReader signIn)
    {
        var rule = http.GetEndpoint()?.Metadata.GetMetadata<AccessRule>();
        if (rule is null)
        {
            await next(http);
            return;
        }
        var slug = http.Request.Headers["X-Org-Slug"].ToString() is { Length: > 0 } header ? header : null;
        var (access, problem) = await signIn.ReadAsync(http, slug);
        caller.Enter(access, http);
        problem ??= access is null
            ? rule.Kind == AccessKind.Public ? null : GateProblems.Unauthenticated
            : rule.Kind == AccessKind.Public ? null : Refusal(rule, access, http);
        if (rule.Kind == AccessKind.Public && access is null)
            problem = null;
        if (problem is not null)
            await problem.WriteAsync(http);
        else if (rule.IsLasting && access is not null)
            await WhileAllowedAsync(http, signIn, slug, rule);
        else
            await next(http);
    }

    // What is open is asked again as often as the rights of a caller may be out of date at most, so that a switch, a role or a session
    // that went ends it within five seconds on every replica.
    private async Task WhileAllowedAsync(HttpContext http, SignInReader signIn, string? slug, AccessRule rule)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        var gone = http.RequestAborted;
        http.RequestAborted = ending.Token;
        var watch = WatchAsync();
        try
        {
            await next(http);
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested && !gone.IsCancellationRequested)
        {
            // The answer ends here, as if there were no more to say.
        }
        finally
        {
            await ending.CancelAsync();
            await watch;
            // Whoever writes an answer after this, such as that the request was wrong, does so to a caller who is still there.
            http.RequestAborted = gone;
        }

        async Task WatchAsync()
        {
            var unknown = 0;
            while (!ending.IsCancellationRequested)
            {
                await Task.Delay(LookAgain, ending.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (ending.IsCancellationRequested)
                    return;
                try
                {
                    var (access, problem) = await signIn.ReadAsync(http, slug);
                    if (problem is null && access is not null && Refusal(rule, access, http) is null)
                    {
                        unknown = 0;
                        continue;
                    }
                }
                catch (Exception e) when (e is not OutOfMemoryException)
                {
                    // A database that hiccups ends nothing, but what stays unknown is not allowed: the viewer comes back and is asked properly.
                    if (++unknown < 3)
                        continue;
                }
                await ending.CancelAsync();
            }
        }
    }

    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    private static Problem? Refusal(AccessRule rule, Access access, HttpContext http) => rule switch
    {
        _ when access.OrgId == Guid.Empty => GateProblems.OrganizationNotFound,
        { BeforePasswordChange: false } when access.MustChangePassword => GateProblems.PasswordChangeRequired,
        { Kind: AccessKind.Operator } => access is { IsOperator: true, ApiKeyId: null } ? null : GateProblems.OperatorOnly,
        { Kind: AccessKind.Permission } when access.Suspended => GateProblems.SuspendedFor(access.SuspendedReason),
        { Kind: AccessKind.Permission } when !access.Permissions.Has(rule.Permission) => GateProblems.Forbidden(rule.PermissionName!),
        _ when rule.Features.FirstOrDefault(f => !access.Features.Contains(f)) is { } missing => GateProblems.SubscriptionRequired(missing),
        { AgencyEnabled: true } when !access.AgencyEnabled => GateProblems.AgencyNotEnabled,
        { PortalFeature: { } wanted } when access.Portal is { } portal && !portal.Allows(wanted) => GateProblems.FeatureDisabled(wanted),
        _ when access.ReadOnly && !HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method) => GateProblems.OnlyLooking,
        _ => null,
    };
}

internal static class GateProblems
{
    public static readonly Problem Unauthenticated = new(401, "unauthenticated", "Sign in first.", "Send Authorization: Bearer with an access token from POST /api/auth/login or an API key.");
    public static readonly Problem PasswordChangeRequired = new(403, "password_change_required", "This account still has the password that was made for it, which works once: to choose another.",
        "POST /api/user/password with currentPassword and newPassword, or: ocore user password. Then go on with the same session.");
    public static readonly Problem OrganizationNotFound = new(404, "organization_not_found", "You do not belong to an organization with this slug.", "GET /api/organizations lists yours; set X-Org-Slug to one of them.");
    public static readonly Problem OperatorOnly = new(403, "operator_only", "Only an operator of this installation may do this.", "Ask the person who runs oCore here.");
    public static readonly Problem Suspended = new(403, "organization_suspended", "This organization is suspended.", "Its agency can resume it. Nothing of its data is lost.");
    public static Problem SuspendedFor(string? reason) => reason is null ? Suspended : Suspended with { Detail = $"This organization is suspended: {reason}" };
    public static readonly Problem AgencyNotEnabled = new(409, "agency_not_enabled", "Agency mode is not enabled for this organization.",
        "Check that agency mode has been enabled for your organization: open Agency in the sidebar and click Enable Agency Mode, or POST /api/agency/enable.");
    public static readonly Problem CrossSite = new(403, "cross_site", "This request came from another site.", "Requests with the session cookie need the header X-OCore-CSRF: 1 and have to come from the dashboard itself.");

    public static readonly Problem OnlyLooking = new(403, "viewing_only", "You look at this portal as its client, and change nothing.", "End the view, or begin one that allows changes.");
    public static readonly Problem ViewEnded = new(403, "view_ended", "This look at a client's portal has ended.", "Begin another: POST /api/agency/clients/{client}/view-as.");

    public static Problem FeatureDisabled(string feature) => new(403, "feature_disabled", $"Your agency has switched {PortalFeatures.Names[feature]} off.", "Ask your agency if you need it.")
    {
        More = new Dictionary<string, object?> { ["feature"] = feature },
    };

    public static Problem Forbidden(string permission) => new(403, "forbidden", $"You need the permission {permission} here.", $"Verify you have the {permission} permission: an owner or admin can give you a role that includes it.");

    public static Problem SubscriptionRequired(string feature) => new(403, "subscription_required", $"The subscription of this organization does not include {feature}.",
        $"Ensure your subscription includes {feature} features: the operator puts the organization on a plan that has them with PUT /api/admin/organizations/{{organization}}/plan.");
}
