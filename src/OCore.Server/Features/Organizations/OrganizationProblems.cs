using OCore.Platform.Http;

namespace OCore.Features.Organizations;

internal static class OrganizationProblems
{
    public static readonly Problem SlugTaken = new(409, "slug_taken", "This slug is in use already.", "Choose another slug; slugs are unique in the whole installation.")
    {
        Errors = new Dictionary<string, string[]> { ["slug"] = ["It is in use already."] },
    };
    public static readonly Problem MayNotCreate = new(403, "organizations_closed", "You may not create organizations on this installation.",
        "Members of clients use their agency's. An operator can open sign-up with OCORE_SIGNUP=open.");
    public static readonly Problem NotWithApiKey = new(403, "not_with_api_key", "An API key cannot do this.", "Sign in as a person.");

    public static readonly Problem RoleNotFound = Problem.Field("role", "There is no such role in this organization.", "role_not_found");
    public static readonly Problem OwnRole = new(403, "own_role", "Nobody changes their own role.", "Ask another member who may manage members and roles.");
    public static readonly Problem OwnersOnly = new(403, "owners_only", "Only an owner makes, changes or removes owners.", "Ask an owner of this organization.");
    public static readonly Problem LastOwner = new(409, "last_owner", "This is the organization's last owner.", "Make somebody else an owner first.");
    public static readonly Problem SystemRole = new(409, "system_role", "Owner, Admin, Developer and Viewer come with oCore and cannot be changed.", "Make a role of your own: POST /api/roles.");
    public static readonly Problem AlreadyMember = new(409, "already_member", "Somebody with this address is a member already.");
    public static readonly Problem AlreadyInvited = new(409, "already_invited", "Somebody with this address is invited already.", "Revoke the invitation to send a new one.");
    public static readonly Problem InvitationInvalid = new(404, "invitation_invalid", "This invitation is not valid.", "It was used, revoked or is older than 72 hours, or its sender may not invite any more. Ask for a new one.");
    public static readonly Problem SignInToAccept = new(401, "sign_in_to_accept", "An account with this address exists.", "Sign in with it and accept the invitation then.");
    public static readonly Problem ForAnotherAccount = new(403, "invitation_for_another_account", "This invitation is for another address than that of your account.", "Sign in with the account it was sent to.");

    /// <summary>Nobody hands out what they do not have themselves.</summary>
    public static Problem GrantsMore(IReadOnlyList<string> missing) => new(403, "grants_more_than_own", $"You cannot give what you do not have: {string.Join(", ", missing)}.",
        "Ask somebody who has these permissions.") { More = new Dictionary<string, object?> { ["permissions"] = missing } };

    public static Problem RoleInUse(int members, int invitations) => new(409, "role_in_use", $"This role is in use by {members} members and {invitations} invitations.",
        "Give the members another role and revoke the invitations first.");

    public static Problem TooManyInvitations(int seconds) => new(429, "too_many_invitations", "At most 30 invitations go out within an hour.", "Go on later.")
    {
        More = new Dictionary<string, object?> { ["retryAfter"] = seconds },
    };

    public static Problem UnknownPermissions(IEnumerable<string> names) => Problem.Field("permissions", $"These are no permissions: {string.Join(", ", names)}. GET /api/permissions lists them.");
}
