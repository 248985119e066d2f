using OCore.Client;
using OCore.Platform.Data;

namespace OCore.Features.Domains;

/// <summary>How a claim to a custom domain stands. Proof is a lease: it is looked for again and again.</summary>
internal enum DomainProof
{
    /// <summary>Not proven yet.</summary>
    Pending,
    Verified,
    /// <summary>Proven, but the record is gone; still served, for a while.</summary>
    Grace,
    /// <summary>The proof is lost; not served, and anybody may prove the name.</summary>
    Lapsed,
    /// <summary>Given up: not looked at any more by itself.</summary>
    Failed,
}

/// <summary>
/// A claim to a name that somebody owns in DNS, whatever the name is for. Of claims to the same name only one can be proven.
/// </summary>
internal abstract class NameClaim
{
    public static readonly TimeSpan Grace = TimeSpan.FromDays(7), Release = TimeSpan.FromDays(7), Contest = TimeSpan.FromHours(72), GiveUp = TimeSpan.FromDays(14);

    public Guid Id { get; init; } = RowId.New();
    /// <summary>Who claims it.</summary>
    public Guid OrgId { get; set; }
    /// <summary>The name in DNS: lower case, punycode.</summary>
    public string? CustomHost { get; init; }
    public string? CustomDisplay { get; init; }
    /// <summary>What the TXT record has to say: random, and of this claim alone.</summary>
    [NotAudited] public required string Token { get; init; }
    public required List<string> Warnings { get; init; }

    public DomainProof Proof { get; set; }
    public DateTimeOffset? VerifiedAt { get; set; }
    /// <summary>When the record was last seen, to know how old our knowledge is.</summary>
    [NotAudited] public DateTimeOffset? ProofSeenAt { get; set; }
    public DateTimeOffset? GraceUntil { get; set; }
    [NotAudited] public DateTimeOffset? LapsedAt { get; set; }
    /// <summary>Since when this newer proof waits for an older claim of another organization to end, which was told.</summary>
    [NotAudited] public DateTimeOffset? ContestedAt { get; set; }
    [NotAudited] public RoutingStatus Routing { get; set; }
    [NotAudited] public DomainSight Sight { get; set; } = DomainSight.Nothing;

    [NotAudited] public int Looks { get; set; }
    [NotAudited] public DateTimeOffset? LookedAt { get; set; }
    [NotAudited] public DateTimeOffset? NextLookAt { get; set; }
    /// <summary>Somebody is looking, and may believe so until then.</summary>
    [NotAudited] public DateTimeOffset? LookingUntil { get; set; }
    /// <summary>Of what other processes keep in memory.</summary>
    [NotAudited] public DateTimeOffset ChangedAt { get; set; }
    public DateTimeOffset CreatedAt { get; init; }

    public bool IsProven => Proof is DomainProof.Verified or DomainProof.Grace;
    public string? VerifyName => CustomHost is null ? null : $"_{Word}.{CustomHost}";
    /// <summary>What its TXT record is called, and begins with.</summary>
    public abstract string Word { get; }
    /// <summary>Every name of it leads where it should.</summary>
    public virtual bool LeadsHere => Routing == RoutingStatus.Ok;
    /// <summary>Said to whoever proves the name for another purpose.</summary>
    public abstract string InUse { get; }
}

/// <summary>What was seen at the last look, in words and values for people.</summary>
/// <param name="Ownership">A sentence.</param>
/// <param name="Texts">TXT records at the two places.</param>
/// <param name="Routing">A sentence.</param>
/// <param name="Addresses">Addresses, and the aliases that led to them.</param>
/// <param name="Expected">Any of these would do.</param>
internal sealed record DomainSight(string Ownership, IReadOnlyList<string> Texts, string Routing, IReadOnlyList<string> Addresses, IReadOnlyList<string> Expected)
{
    public static readonly DomainSight Nothing = new("DNS has not been asked yet.", [], "DNS has not been asked yet.", [], []);
}
