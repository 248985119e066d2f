namespace OCore.Features.Templates;

/// <summary>The kinds of secret that templates hold, as they are sealed.</summary>
internal static class TemplateSecrets
{
    public const string DeployKey = "template.deploy-key", RepositoryToken = "template.repository-token";
    public const string EnterpriseToken = "enterprise.token", EnterpriseKey = "enterprise.key", EnterpriseArchive = "enterprise.archive";
}
