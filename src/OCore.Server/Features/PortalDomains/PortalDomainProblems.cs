using OCore.Platform.Http;

namespace OCore.Features.PortalDomains;

internal static class PortalDomainProblems
{
    public static readonly Problem Nameless = Problem.Field("subdomain", "Give a subdomain, a custom domain, or both.");
    public static readonly Problem BaseNeedsDomain = Problem.Field("customDomain", "The agency's own portal domain has to be a custom domain, without a client.");
    public static readonly Problem HasBase = new(409, "portal_base_exists", "The agency has a domain for its portals already.", "Delete that one first; portals that live under it keep their names until then.");
    public static readonly Problem BaseInUse = new(409, "portal_base_in_use", "Portals live under this domain.", "Delete their portal domains first.");
    public static readonly Problem SubdomainReserved = Problem.Field("subdomain", "This name is reserved. Choose another.", "subdomain_reserved");
    public static readonly Problem SubdomainTaken = Taken("subdomain", "subdomain_taken", "This subdomain is in use already.", "Choose another subdomain.");
    public static readonly Problem DomainTaken = Taken("customDomain", "domain_taken", "The agency has this domain already.", "GET /api/agency/portal-domains lists it.");
    public static readonly Problem DomainReserved = Problem.Field("customDomain", "This name is the platform's own. For a name under the platform's portal domain give a subdomain.", "domain_reserved");
    public static readonly Problem DomainLookAlike = Problem.Field("customDomain", "This name can be taken for the platform's own.", "domain_look_alike");
    public static readonly Problem ClientNotFound = Problem.Field("clientId", "There is no such client.", "client_not_found");
    public static readonly Problem NotVerified = new(409, "dns_not_verified", "The domain is not proven yet, so it cannot be active.", "Set the TXT record that the portal domain names, and verify it.");
    public static readonly Problem Orphaned = new(409, "client_deleted", "The client of this portal domain was deleted.", "Delete the portal domain, and create it again for another client.");

    private static Problem Taken(string field, string code, string sentence, string hint) => new(409, code, sentence, hint) { Errors = new Dictionary<string, string[]> { [field] = [sentence] } };
}
