// Short names for the wire records of schema.gen.ts, which is written from openapi/ocore.json by `npm run gen` in gen/.
import type { components } from './schema.gen';

type Schemas = components['schemas'];

/** One page of a list; the document has one such record for each kind of row. */
export interface Page<T> {
  data: T[];
  nextCursor?: string | null;
  hasMore: boolean;
}

export type ProblemBody = Schemas['ProblemBody'];
export type Ref = Schemas['Ref'];
export type LoginRequest = Schemas['LoginRequest'];
export type SignupRequest = Schemas['SignupRequest'];
export type RefreshRequest = Schemas['RefreshRequest'];
export type SessionTokens = Schemas['SessionTokens'];
export type ResetPasswordRequest = Schemas['ResetPasswordRequest'];
export type ConfirmResetRequest = Schemas['ConfirmResetRequest'];
export type MeView = Schemas['MeView'];
export type MembershipView = Schemas['MembershipView'];
export type CurrentOrganization = Schemas['CurrentOrganization'];
export type UpdateMe = Schemas['UpdateMe'];
export type ChangePassword = Schemas['ChangePassword'];
export type TotpSetup = Schemas['TotpSetup'];
export type TotpCode = Schemas['TotpCode'];
export type PasswordProof = Schemas['PasswordProof'];
export type RecoveryCodes = Schemas['RecoveryCodes'];
export type SessionView = Schemas['SessionView'];
export type PasskeyView = Schemas['PasskeyView'];
export type PasskeyCredential = Schemas['PasskeyCredential'];
export type PasskeyOptions = Schemas['PasskeyOptions'];
export type OrganizationKind = Schemas['OrganizationKind'];
export type OrganizationView = Schemas['OrganizationView'];
export type CreateOrganization = Schemas['CreateOrganization'];
export type UpdateOrganization = Schemas['UpdateOrganization'];
export type MemberView = Schemas['MemberView'];
export type UpdateMember = Schemas['UpdateMember'];
export type InvitationView = Schemas['InvitationView'];
export type InviteMember = Schemas['InviteMember'];
export type InvitationToken = Schemas['InvitationToken'];
export type InvitationPreview = Schemas['InvitationPreview'];
export type AcceptInvitation = Schemas['AcceptInvitation'];
export type RoleView = Schemas['RoleView'];
export type CreateRole = Schemas['CreateRole'];
export type UpdateRole = Schemas['UpdateRole'];
export type PermissionView = Schemas['PermissionView'];
export type ApiKeyView = Schemas['ApiKeyView'];
export type CreateApiKey = Schemas['CreateApiKey'];
export type CreatedApiKey = Schemas['CreatedApiKey'];
export type AuditEntryView = Schemas['AuditEntryView'];
export type AuditChange = Schemas['AuditChange'];
export type PlanView = Schemas['PlanView'];
export type PlanLimits = Schemas['PlanLimits'];
export type CreatePlan = Schemas['CreatePlan'];
export type UpdatePlan = Schemas['UpdatePlan'];
export type AssignPlan = Schemas['AssignPlan'];
export type SubscriptionView = Schemas['SubscriptionView'];
export type LimitUse = Schemas['LimitUse'];
export type AccountView = Schemas['AccountView'];
export type UpdateAccount = Schemas['UpdateAccount'];
export type AdminOrganizationView = Schemas['AdminOrganizationView'];
export type AgencyView = Schemas['AgencyView'];
export type AgencyTotals = Schemas['AgencyTotals'];
export type AttentionItem = Schemas['AttentionItem'];
export type CreateClient = Schemas['CreateClient'];
export type UpdateClient = Schemas['UpdateClient'];
export type ClientView = Schemas['ClientView'];
export type SuspendClient = Schemas['SuspendClient'];
export type ServerStatus = Schemas['ServerStatus'];
export type AddServer = Schemas['AddServer'];
export type UpdateServer = Schemas['UpdateServer'];
export type HostKeyProbe = Schemas['HostKeyProbe'];
export type HostKeyView = Schemas['HostKeyView'];
export type PinHostKey = Schemas['PinHostKey'];
export type ServerView = Schemas['ServerView'];
export type ServerFacts = Schemas['ServerFacts'];
export type ServerUse = Schemas['ServerUse'];
export type CreateTemplate = Schemas['CreateTemplate'];
export type UpdateTemplate = Schemas['UpdateTemplate'];
export type AddonRepository = Schemas['AddonRepository'];
export type TemplateView = Schemas['TemplateView'];
export type TemplateCacheView = Schemas['TemplateCacheView'];
export type FromInstance = Schemas['FromInstance'];
export type ProvisionInstance = Schemas['ProvisionInstance'];
export type CatalogVersion = Schemas['CatalogVersion'];
export type CatalogModule = Schemas['CatalogModule'];
export type EnterpriseAccess = Schemas['EnterpriseAccess'];
export type EnterpriseAccessView = Schemas['EnterpriseAccessView'];
export type InstanceStatus = Schemas['InstanceStatus'];
export type InstanceView = Schemas['InstanceView'];
export type InstanceUse = Schemas['InstanceUse'];
export type UpdateInstance = Schemas['UpdateInstance'];
export type SettingsDiff = Schemas['SettingsDiff'];
export type SettingChange = Schemas['SettingChange'];
export type InstanceConfigView = Schemas['InstanceConfigView'];
export type ChangeModules = Schemas['ChangeModules'];
export type InstalledModule = Schemas['InstalledModule'];
export type AdminCredentials = Schemas['AdminCredentials'];
export type OpenLink = Schemas['OpenLink'];
export type LogLines = Schemas['LogLines'];
export type OperationState = Schemas['OperationState'];
export type StepState = Schemas['StepState'];
export type OperationView = Schemas['OperationView'];
export type OperationError = Schemas['OperationError'];
export type StepView = Schemas['StepView'];
export type OperationEventView = Schemas['OperationEventView'];
export type ProvisionPlan = Schemas['ProvisionPlan'];
export type BrandingValues = Schemas['BrandingValues'];
export type BrandImage = Schemas['BrandImage'];
export type BrandingWarning = Schemas['BrandingWarning'];
export type DnsRecordView = Schemas['DnsRecordView'];
export type SenderView = Schemas['SenderView'];
export type BrandingView = Schemas['BrandingView'];
export type UpdateBranding = Schemas['UpdateBranding'];
export type FontView = Schemas['FontView'];
export type CssVersionView = Schemas['CssVersionView'];
export type InfrastructureVisibility = Schemas['InfrastructureVisibility'];
export type PortalConfigValues = Schemas['PortalConfigValues'];
export type PortalConfigView = Schemas['PortalConfigView'];
export type UpdatePortalConfig = Schemas['UpdatePortalConfig'];
export type PortalClient = Schemas['PortalClient'];
export type PortalBrand = Schemas['PortalBrand'];
export type PortalView = Schemas['PortalView'];
export type ClientViewing = Schemas['ClientViewing'];
export type DnsStatus = Schemas['DnsStatus'];
export type RoutingStatus = Schemas['RoutingStatus'];
export type SslStatus = Schemas['SslStatus'];
export type CreatePortalDomain = Schemas['CreatePortalDomain'];
export type DomainRecord = Schemas['DomainRecord'];
export type PortalDomainView = Schemas['PortalDomainView'];
export type LoadBalancerType = Schemas['LoadBalancerType'];
export type FilestoreType = Schemas['FilestoreType'];
export type HaConfig = Schemas['HaConfig'];
export type UpdateHaConfig = Schemas['UpdateHaConfig'];
export type HaConfigView = Schemas['HaConfigView'];
export type TopologyData = Schemas['TopologyData'];
export type TopologyView = Schemas['TopologyView'] & { deployment?: null | TopologyDeploymentView };
export type TopologySummary = Schemas['TopologySummary'];
export type TopologyBlueprint = Schemas['TopologyBlueprint'];
export type CreateTopology = Schemas['CreateTopology'];
export type UpdateTopology = Schemas['UpdateTopology'];
export type TopologyChange = Schemas['TopologyChange'];
export type TopologyFinding = Schemas['TopologyFinding'];
export type TopologyFix = Schemas['TopologyFix'];
export type FindingSeverity = Schemas['FindingSeverity'];
export type ValidateTopology = Schemas['ValidateTopology'];
export type TopologyValidation = Schemas['TopologyValidation'];
// DEPLOY-BEGIN
export type TopologyPlanKind = 'deploy' | 'change' | 'destroy';
export type PlanActionKind = 'create' | 'change' | 'replace' | 'destroy' | 'keep';
export type TopologyNodeState = 'waiting' | 'working' | 'running' | 'degraded' | 'failed' | 'missing' | 'unknown';
export interface PlanTopology { organization?: null | string; name?: null | string; domain?: null | string; templateId?: null | string; agreeToLose?: null | string[]; destroy?: null | boolean }
export interface PlanAction { nodeId: string; label: string; type: string; server?: null | Ref; action: PlanActionKind; message: string; changes: { setting: string; before?: null | string; after?: null | string }[]; downtime?: null | string; dataRisk?: null | string }
export interface TopologyPlanView { id: string; hash: string; kind: TopologyPlanKind; instance: { name: string; organization: Ref; domain: string; url: string; odooVersion: string; image: string; modules: string[] }; actions: PlanAction[]; downtime: boolean; dataRisk: boolean; findings: TopologyFinding[]; createdAt: string }
export interface DeployTopology { planHash: string; confirm?: null | string }
export interface TopologyNodeStatus { nodeId: string; type: string; label: string; server?: null | Ref; state: TopologyNodeState; message?: null | string; role?: null | string; figures: Record<string, string>; measuredAt?: null | string }
export interface TopologyDeploymentView { status: string; generation: number; planHash: string; instanceId?: null | string; operationId?: null | string; changed: boolean; deployedAt?: null | string; nodes: TopologyNodeStatus[] }
export interface SetTopologyCredential { accessKey: string; secretKey: string }
export interface TopologyCredentialView { name: string; accessKey: string }
// DEPLOY-END
