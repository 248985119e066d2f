using OCore.Platform;
using OCore.Platform.Remote;

namespace OCore.Features.Templates;

/// <summary>An Odoo release that oCore can run. End of life as Odoo's supported-versions page gives it (three years each).</summary>
internal sealed record OdooRelease(string Version, string Image, DateOnly EndOfLife)
{
    public int Major => int.Parse(Version[..2]);
}

/// <summary>The supported versions and where their images come from.</summary>
internal sealed class OdooCatalog(Settings settings)
{
    private static readonly (string Version, DateOnly EndOfLife)[] Known =
    [
        ("16.0", new DateOnly(2025, 10, 31)), ("17.0", new DateOnly(2026, 10, 31)), ("18.0", new DateOnly(2027, 10, 31)), ("19.0", new DateOnly(2028, 10, 31)),
    ];

    public IReadOnlyList<OdooRelease> Releases { get; } =
        [.. Known.Select(k => new OdooRelease(k.Version, settings.Images.GetValueOrDefault($"ODOO_{k.Version[..2]}") ?? $"{settings.Images.GetValueOrDefault("ODOO") ?? "odoo"}:{k.Version}", k.EndOfLife))];

    public OdooRelease? Find(string version) => Releases.FirstOrDefault(r => r.Version == version);

    public string Versions => string.Join(", ", Releases.Select(r => r.Version));

    public ImageRef ImageOf(string version, string? ownImage) =>
        ImageRef.Parse(ownImage ?? Find(version)?.Image ?? throw new ArgumentException($"Odoo {version} is not in the catalogue."));
}
