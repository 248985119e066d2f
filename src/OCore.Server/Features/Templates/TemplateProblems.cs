using OCore.Platform.Http;

namespace OCore.Features.Templates;

internal static class TemplateProblems
{
    public static Problem VersionNotSupported(string version, string supported) => new(422, "odoo_version_not_supported", $"Odoo {version} is not supported.",
        $"Check that the template's Odoo version is supported. Supported are {supported}; an image of your own goes into the template's image field.")
    { Errors = new Dictionary<string, string[]> { ["odooVersion"] = [$"One of {supported}."] } };

    public static Problem ImageNotAccessible(string image, string server) => new(422, "image_not_accessible", $"The image {image} is neither on the server {server} nor on this machine, and no registry answers for it.",
        $"Ensure the template's Docker image is accessible: pull or build {image} on this machine or on the server, or name another image in the template.");

    public static Problem UnknownModules(IReadOnlyCollection<string> modules, string version, string field = "moduleList") => new(422, "unknown_modules", $"Odoo {version} has no module {string.Join(", ", modules)}.",
        $"GET /api/templates/catalog/{version}/modules lists what the image has; other modules come from an add-on repository.")
    { Errors = new Dictionary<string, string[]> { [field] = [.. modules.Select(m => $"{m} is not known.")] } };

    public static Problem SecretIsPublic(string field, string key) => new(400, "public_template_secret", $"A public template cannot hold {key}: clients who provision from it could read it in their instances.",
        $"Leave {key} out and give it to each instance, or keep the template to yourself (isPublic false) and provision for your clients.")
    { Errors = new Dictionary<string, string[]> { [field] = [$"{key} is a secret, and the template is public."] } };

    public static readonly Problem EnterpriseAccessMissing = new(422, "enterprise_access_missing", "An Enterprise template needs your agency's own access to the Odoo Enterprise sources.",
        "Give the Git address with a token or key, or upload an archive: PUT /api/templates/enterprise, or Templates › Enterprise access.");

    public static readonly Problem IdsDiffer = new(400, "ids_differ", "templateId names another template than the address.", "Leave it out, or give the same id in both.")
    { Errors = new Dictionary<string, string[]> { ["templateId"] = ["It has to agree with the address."] } };

    public static readonly Problem InUse = new(409, "template_in_use", "Instances were made from this template.", "They keep their link to it; delete them first, or keep the template and stop offering it (isPublic false).");

    public static Problem ServerNotFound => Problem.Field("serverId", "There is no such server that you may use.", "server_not_found") with { Status = 404 };

    public static Problem OrganizationNotFound => Problem.Field("organization", "There is no such client.", "client_not_found") with { Status = 404 };

    public static Problem ServerServesTopology(string name) => new(409, "server_serves_topology", $"The load balancer of a topology has the port of {name} by which people would come.", "Choose another server.")
    { Errors = new Dictionary<string, string[]> { ["serverId"] = ["A topology's load balancer has its port."] } };

    public static Problem ServerNotActive(string name, string status) => new(409, "server_not_active", $"The server {name} is {status}.", "Choose an active server, or validate this one.")
    { Errors = new Dictionary<string, string[]> { ["serverId"] = [$"It is {status}."] } };
}
