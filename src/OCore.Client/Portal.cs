
namespace OCore.Client;

/// <summary>How much of the agency's servers a client's people see: all, name and health, or nothing.</summary>
public enum InfrastructureVisibility { Full, Limited, None }

/// <summary>What a client's people can see and use. The agency's people are not bound by it.</summary>
public record PortalConfigValues
{
    public required bool FeatureTerminal { get; init; }
    public required bool FeatureFileEditor { get; init; }
    public required bool FeatureOdooShell { get; init; }
    public required bool FeatureMonitoring { get; init; }
    public required bool FeatureBackups { get; init; }
    public required bool FeatureDomains { get; init; }
    /// <summary>Logs of operations and of instances.</summary>
    public required bool FeatureLogs { get; init; }
    public required bool FeatureDatabases { get; init; }
    /// <summary>The client's people invite, change and remove members, never above their own role.</summary>
    public required bool TeamManagementEnabled { get; init; }
    public required InfrastructureVisibility InfrastructureVisibility { get; init; }
}

/// <summary>The switches as they apply, with what is set here and what is inherited.</summary>
public sealed record PortalConfigView : PortalConfigValues
{
    /// <summary>The settings that are set here; the others are inherited.</summary>
    public required IReadOnlyList<string> Overridden { get; init; }
    /// <summary>What applies where nothing is set here: of a client the agency's, of an agency the defaults.</summary>
    public required PortalConfigValues Inherited { get; init; }
    public DateTimeOffset? UpdatedAt { get; init; }
}

/// <summary>Only the settings given are changed; null returns one to what is inherited.</summary>
public sealed record UpdatePortalConfig : Partial
{
    public bool? FeatureTerminal { get; set => field = Given(value); }
    public bool? FeatureFileEditor { get; set => field = Given(value); }
    public bool? FeatureOdooShell { get; set => field = Given(value); }
    public bool? FeatureMonitoring { get; set => field = Given(value); }
    public bool? FeatureBackups { get; set => field = Given(value); }
    public bool? FeatureDomains { get; set => field = Given(value); }
    public bool? FeatureLogs { get; set => field = Given(value); }
    public bool? FeatureDatabases { get; set => field = Given(value); }
    public bool? TeamManagementEnabled { get; set => field = Given(value); }
    public InfrastructureVisibility? InfrastructureVisibility { get; set => field = Given(value); }
}

/// <summary>What the host that is asked shows to anybody, before sign-in.</summary>
public sealed record PortalView
{
    /// <summary><c>platform</c>: the installation's own address; <c>portal</c>: an agency's.</summary>
    public required string Kind { get; init; }
    /// <summary><c>active</c>, <c>suspended</c> or <c>unavailable</c>.</summary>
    public required string State { get; init; }
    /// <summary>Why it is suspended, in the agency's words.</summary>
    public string? Message { get; init; }
    public required string ProductName { get; init; }
    /// <summary>The client whose portal it is; none on a portal of all clients of an agency.</summary>
    public PortalClient? Client { get; init; }
    public PortalBrand? Brand { get; init; }
    /// <summary>Stylesheets of the brand, in their order; also those that the page has loaded already.</summary>
    public required IReadOnlyList<string> Stylesheets { get; init; }
    /// <summary>The custom CSS, for the pages that take it: not sign-in, security and confirmation. Not there with <c>?safe=1</c>.</summary>
    public string? CustomStylesheet { get; init; }
}

public sealed record PortalClient
{
    public required string Name { get; init; }
    public required string Slug { get; init; }
    public string? LogoUrl { get; init; }
}

/// <summary>Addresses are of this host.</summary>
public sealed record PortalBrand
{
    public string? LogoUrl { get; init; }
    public string? LogoDarkUrl { get; init; }
    public string? FaviconUrl { get; init; }
    public string? LoginBgUrl { get; init; }
    public string? LoginBgDarkUrl { get; init; }
    public required string PrimaryColor { get; init; }
    public required string AccentColor { get; init; }
    public required string PrimaryColorDark { get; init; }
    public required string AccentColorDark { get; init; }
    public required string FontFamily { get; init; }
    /// <summary>Of an uploaded font.</summary>
    public string? FontUrl { get; init; }
    public string? FooterText { get; init; }
    public string? SupportUrl { get; init; }
    public string? SupportEmail { get; init; }
}

/// <summary>Look at a client's portal as its people do.</summary>
public sealed record ViewAsClient
{
    /// <summary>Act as well, not only look.</summary>
    public bool? AllowChanges { get; init; }
}

public sealed record ClientViewing
{
    /// <summary>Send it as the header <c>X-OCore-View</c> together with <c>X-Org-Slug</c>.</summary>
    public required string Token { get; init; }
    public required Ref Client { get; init; }
    public required bool ReadOnly { get; init; }
    public required DateTimeOffset ExpiresAt { get; init; }
}
