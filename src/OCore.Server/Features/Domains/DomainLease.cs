using OCore.Client;

namespace OCore.Features.Domains;

/// <summary>What a look at DNS changes about a claim, and when to look again: a state machine without the outside world.</summary>
internal static class DomainLease
{
    private static readonly int[] SoonAtFirst = [10, 15, 20, 30, 30, 60, 60, 120, 120, 300, 300, 600, 600, 900, 1800];

    /// <summary>What happened, for mails and the audit log; null where nothing did.</summary>
    internal enum Event { Verified, Missing, Lapsed, Released, Contested }

    /// <param name="domain">The claim that was looked at.</param>
    /// <param name="evidence">What was seen.</param>
    /// <param name="holder">Another organization's claim to the same name that is proven, or was until lately.</param>
    /// <param name="covered">The organization has proven the name above this one, and nobody else had this one lately.</param>
    public static Event? Apply(NameClaim domain, DomainEvidence evidence, NameClaim? holder, bool covered, DateTimeOffset now)
    {
        domain.Routing = evidence.Routing;
        domain.Sight = evidence.Sight;
        domain.LookedAt = domain.ChangedAt = now;
        domain.Looks++;
        var seen = evidence.Proof;
        if (covered && seen != ProofSeen.Yes)
        {
            seen = ProofSeen.Yes;
            domain.Sight = domain.Sight with { Ownership = "You have proven the domain above this one." };
        }
        var happened = domain.CustomHost is null ? null : seen switch
        {
            ProofSeen.Yes => Proven(domain, holder, now),
            ProofSeen.No => Missing(domain, evidence.Routing, now),
            _ => null,
        };
        domain.NextLookAt = NextLook(domain, evidence.Proof, now);
        return happened;
    }

    private static Event? Proven(NameClaim domain, NameClaim? holder, DateTimeOffset now)
    {
        domain.ProofSeenAt = now;
        if (domain.Proof == DomainProof.Verified)
            return null;
        if (holder is { IsProven: true } && holder.GetType() != domain.GetType())
        {
            domain.Sight = domain.Sight with { Ownership = holder.InUse };
            return null;
        }
        if (holder is { IsProven: true })
        {
            var first = domain.ContestedAt is null;
            domain.ContestedAt ??= now;
            var gone = holder.Proof == DomainProof.Grace || holder.ProofSeenAt < domain.ContestedAt;
            if (now < domain.ContestedAt + NameClaim.Contest || !gone)
            {
                domain.Sight = domain.Sight with
                {
                    Ownership = holder.Proof == DomainProof.Grace
                        ? "Your TXT record is there. Another organization has proven this domain before you and was told; it becomes yours three days after that, unless its own record comes back."
                        : $"Your TXT record is there, but so is that of another organization, which has proven this domain before you. Remove its record ({domain.Word}=…) to take the domain over.",
                };
                return first ? Event.Contested : null;
            }
            Lapse(holder, now);
        }
        var renewed = domain.Proof == DomainProof.Grace;
        (domain.Proof, domain.VerifiedAt, domain.GraceUntil, domain.LapsedAt, domain.ContestedAt) = (DomainProof.Verified, domain.VerifiedAt is { } since && renewed ? since : now, null, null, null);
        domain.Looks = 0;
        return renewed ? null : Event.Verified;
    }

    private static Event? Missing(NameClaim domain, RoutingStatus routing, DateTimeOffset now)
    {
        domain.ContestedAt = null;
        switch (domain.Proof)
        {
            // Whoever has the name now has pointed it away and taken our record out: it is theirs.
            case DomainProof.Verified or DomainProof.Grace when routing == RoutingStatus.Elsewhere:
            case DomainProof.Grace when now >= domain.GraceUntil:
                Lapse(domain, now);
                return Event.Lapsed;
            case DomainProof.Verified:
                (domain.Proof, domain.GraceUntil) = (DomainProof.Grace, now + NameClaim.Grace);
                return Event.Missing;
            case DomainProof.Lapsed when now >= domain.LapsedAt + NameClaim.Release:
            case DomainProof.Pending when now >= domain.CreatedAt + NameClaim.GiveUp:
                domain.Proof = DomainProof.Failed;
                return Event.Released;
            default:
                return null;
        }
    }

    private static void Lapse(NameClaim domain, DateTimeOffset now) =>
        (domain.Proof, domain.GraceUntil, domain.LapsedAt, domain.ChangedAt) = (DomainProof.Lapsed, null, now, now);

    private static DateTimeOffset? NextLook(NameClaim domain, ProofSeen seen, DateTimeOffset now)
    {
        // Given up, it is looked at as long as it leads here: somebody has to take its records out.
        if (domain.Proof == DomainProof.Failed)
            return domain.LeadsHere ? now + Jitter(TimeSpan.FromHours(23)) : null;
        var waiting = domain.Proof == DomainProof.Pending || domain.IsProven && !domain.LeadsHere;
        if (waiting)
            return now + (domain.Looks <= SoonAtFirst.Length ? TimeSpan.FromSeconds(SoonAtFirst[Math.Max(0, domain.Looks - 1)]) : Jitter(now < domain.CreatedAt.AddDays(1) ? TimeSpan.FromHours(1) : TimeSpan.FromHours(4)));
        if (seen == ProofSeen.Unknown)
            return now + Jitter(TimeSpan.FromMinutes(15));
        return now + Jitter(domain.Proof == DomainProof.Grace ? TimeSpan.FromHours(1) : TimeSpan.FromHours(23));
    }

    private static TimeSpan Jitter(TimeSpan wait) => wait * (1 + 0.1 * Random.Shared.NextDouble());
}
