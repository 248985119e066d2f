using OCore.Platform.Http;

namespace OCore.Features.Domains;

internal static class DomainProblems
{
    public static readonly Problem Taken = Field("The instance has this domain already, or another instance of the organization has.", "domain_taken", "GET /api/instances/{id}/domains lists an instance's domains.");
    public static readonly Problem InUse = Field("The name is in use here for something else: for a portal, or as the address with which an instance of the organization was made.", "domain_in_use", "Choose another name, or free this one first.");
    public static readonly Problem Proven = Field("The name is proven here already, for an instance or for a portal.", "domain_in_use", "Choose another name. One of your own can be moved: make the instance, delete the domain where it is, and add it to the new one.");
    public static readonly Problem Reserved = Problem.Field("domain", "This name is the platform's own.", "domain_reserved");
    public static readonly Problem LookAlike = Problem.Field("domain", "This name can be taken for the platform's own.", "domain_look_alike");
    public static readonly Problem TooMany = new(409, "too_many_domains", "The instance has as many domains as one may have.", "Delete one first.");
    public static readonly Problem NotVerified = new(409, "dns_not_verified", "The domain is not proven yet, so people cannot be sent there.", "Set the records that the domain names, and verify it.");
    public static readonly Problem LeadsElsewhere = new(409, "domain_leads_elsewhere", "The domain does not lead to the instance's server yet.", "Set the record for routing that the domain names, and verify it.");
    public static readonly Problem NoCertificate = new(409, "certificate_pending", "The domain has no certificate yet, so browsers would refuse it.", "Wait until sslStatus is active; the domain says what it waits for.");
    public static readonly Problem IsPrimary = new(409, "domain_is_primary", "People are sent to this domain.", "Make another one primary first.");
    public static readonly Problem IsGenerated = new(409, "domain_is_generated", "This is the address that the instance was made with.", "It stays as long as the instance does.");

    public static Problem TooManyLooks(int seconds) => new(429, "too_many_checks", "This domain was checked several times just now.", "DNS takes a while to spread a change; it is looked at again without anybody asking.")
    {
        More = new Dictionary<string, object?> { ["retryAfter"] = seconds },
    };

    private static Problem Field(string sentence, string code, string hint) => new(409, code, sentence, hint) { Errors = new Dictionary<string, string[]> { ["domain"] = [sentence] } };
}
