using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using OCore.Platform.Data;

namespace OCore.Features.Monitoring;

/// <summary>
/// What was measured of a server or an instance at a moment, or its average over a while. Whose it was belongs to the row: it is read
/// by its owner and the agency, and goes with them.
/// </summary>
internal sealed class MetricSample : IAgencyShared
{
    public Guid SubjectId { get; init; }
    /// <summary>Seconds that the row stands for; <see cref="Resolutions.Raw"/> for a measurement itself.</summary>
    public int Resolution { get; init; }
    /// <summary>Seconds since 1970: numbers can be divided in both databases.</summary>
    public long At { get; init; }
    public Guid OrgId { get; set; }
    public Guid RootId { get; set; }
    /// <summary>Percent: of all processors for a server, of one for an instance.</summary>
    public double? Cpu { get; set; }
    public double? Memory { get; set; }
    public double? MemoryPercent { get; set; }
    public double? Disk { get; set; }
    public double? DiskPercent { get; set; }
    public double? Load { get; set; }
    public double? NetworkIn { get; set; }
    public double? NetworkOut { get; set; }
    /// <summary>Percent of the time in which it answered.</summary>
    public double? Health { get; set; }
    public double? Latency { get; set; }
    public double? Restarts { get; set; }
    public double? Connections { get; set; }
    public double? Database { get; set; }
    public double? Filestore { get; set; }
    /// <summary>Seconds since it was started.</summary>
    public double? Uptime { get; set; }
    /// <summary>Days until the first certificate of the instance's domains ends.</summary>
    public double? CertificateDays { get; set; }
    /// <summary>Hours since the last verified backup was taken.</summary>
    public double? BackupAge { get; set; }
    /// <summary>How many nodes of a topology differ from what was deployed.</summary>
    public double? Drift { get; set; }
}

/// <summary>How far samples were summed up.</summary>
[GlobalEntity("A place in time; it says nothing of anybody.")]
internal sealed class MetricCursor
{
    public int Resolution { get; init; }
    public long Until { get; set; }
}

internal static class Resolutions
{
    public const int Raw = 15, Minutes = 300, Hours = 3600;

    /// <summary>Each with the one it is made of, and for how long it is kept: three hours as measured, eight days, a good 90.</summary>
    public static readonly IReadOnlyList<(int Seconds, int From, TimeSpan Keep)> All =
        [(Raw, 0, TimeSpan.FromHours(3)), (Minutes, Raw, TimeSpan.FromDays(8)), (Hours, Minutes, TimeSpan.FromDays(92))];

    /// <summary>The finest that still reaches back to <paramref name="from"/> and does not answer with thousands of points.</summary>
    public static int For(DateTimeOffset from, DateTimeOffset to, DateTimeOffset now) =>
        All.First(r => r.Seconds == Hours || now - from <= r.Keep && (to - from).TotalSeconds / r.Seconds <= 2400).Seconds;
}

internal sealed class MetricMapping : IEntityTypeConfiguration<MetricSample>, IEntityTypeConfiguration<MetricCursor>
{
    public void Configure(EntityTypeBuilder<MetricSample> entity)
    {
        entity.ToTable("MetricSamples");
        entity.HasKey(s => new { s.SubjectId, s.Resolution, s.At });
        entity.HasIndex(s => new { s.Resolution, s.At });
    }

    public void Configure(EntityTypeBuilder<MetricCursor> entity)
    {
        entity.ToTable("MetricCursors");
        entity.HasKey(c => c.Resolution);
        entity.Property(c => c.Resolution).ValueGeneratedNever();
        entity.Property(c => c.Until).IsConcurrencyToken();
    }
}
