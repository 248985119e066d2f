using OCore.Platform.Http;

namespace OCore.Features.Agency;

internal static class AgencyProblems
{
    public static readonly Problem ClientCannotBeAgency = new(409, "client_cannot_be_agency", "A client of an agency cannot be an agency itself.", "Enable agency mode in your own organization: set X-Org-Slug to it.");
    public static readonly Problem Deleting = new(409, "client_deleting", "This client is being deleted.", "Its deletion cannot be undone; GET /api/agency/clients/{id} names the operation.");
    public static readonly Problem DeletionRuns = new(409, "deletion_runs", "The deletion is at work just now, with what it was asked for before.", "Say it once more when it waits or is stuck; GET /api/agency/clients/{id} names the operation.");
    public static readonly Problem Suspended = new(409, "client_suspended", "This client is suspended: nothing of it is started.", "Resume the client first: POST /api/agency/clients/{id}/resume.");

    public static readonly Problem UnknownHealth = Problem.Field("health", "One of healthy, degraded, down, none, suspended, deleting.");
}
