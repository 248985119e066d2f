// The wire records of the API, by hand after src/OCore.Client; to be replaced by types generated from openapi/ocore.json.

export interface Page<T> {
  data: T[];
  nextCursor?: string;
  hasMore: boolean;
}

export interface ProblemBody {
  type?: string;
  title?: string;
  status?: number;
  detail?: string;
  code?: string;
  hint?: string;
  traceId?: string;
  errors?: Record<string, string[]>;
}

export interface Ref {
  id: string;
  name: string;
  slug?: string;
}

export interface Confirmation {
  confirm?: string;
}

export interface LoginRequest {
  email: string;
  password: string;
  totp?: string;
  recoveryCode?: string;
}

export interface SignupRequest {
  email: string;
  name: string;
  password: string;
}

export interface RefreshRequest {
  refreshToken: string;
}

export interface SessionTokens {
  accessToken: string;
  refreshToken: string;
  expiresAt: string;
}

export interface ResetPasswordRequest {
  email: string;
}

export interface ConfirmResetRequest {
  token: string;
  password: string;
}

export interface MeView {
  id: string;
  email: string;
  name: string;
  isOperator: boolean;
  totpEnabled: boolean;
  recoveryCodesLeft: number;
  mustChangePassword: boolean;
  organizations: MembershipView[];
  current: CurrentOrganization;
}

export interface MembershipView {
  id: string;
  slug: string;
  name: string;
  kind: OrganizationKind;
  agencyEnabled: boolean;
  role?: string;
  delegated: boolean;
  suspended: boolean;
}

export interface CurrentOrganization {
  id: string;
  slug: string;
  name: string;
  kind: OrganizationKind;
  agencyEnabled: boolean;
  agencyAvailable: boolean;
  delegated: boolean;
  permissions: string[];
}

export interface UpdateMe {
  name?: string;
}

export interface ChangePassword {
  currentPassword: string;
  newPassword: string;
}

export interface TotpSetup {
  secret: string;
  uri: string;
}

export interface TotpCode {
  code: string;
}

export interface PasswordProof {
  password: string;
}

export interface RecoveryCodes {
  codes: string[];
}

export interface SessionView {
  id: string;
  createdAt: string;
  lastSeenAt: string;
  expiresAt: string;
  ip?: string;
  userAgent?: string;
  current: boolean;
}

export interface PasskeyView {
  id: string;
  name: string;
  createdAt: string;
}

export interface PasskeyCredential {
  credential: string;
  name?: string;
}

export interface PasskeyOptions {
  options: string;
}

export type OrganizationKind = 'personal' | 'organization' | 'client';

export interface OrganizationView {
  id: string;
  name: string;
  slug: string;
  kind: OrganizationKind;
  agencyEnabled: boolean;
  agency?: Ref;
  logoUrl?: string;
  suspended: boolean;
  createdAt: string;
}

export interface CreateOrganization {
  name: string;
  slug: string;
}

export interface UpdateOrganization {
  name?: string;
  logoUrl?: string;
}

export interface MemberView {
  id: string;
  userId: string;
  name: string;
  email: string;
  role: Ref;
  totpEnabled: boolean;
  lastSeenAt?: string;
  joinedAt: string;
}

export interface UpdateMember {
  role: string;
}

export interface InvitationView {
  id: string;
  email: string;
  role: Ref;
  invitedBy: string;
  createdAt: string;
  expiresAt: string;
  mailSent: boolean;
  mailError?: string;
}

export interface InviteMember {
  email: string;
  role: string;
}

export interface InvitationToken {
  token: string;
}

export interface InvitationPreview {
  organization: string;
  email: string;
  role: string;
  accountExists: boolean;
  expiresAt: string;
}

export interface AcceptInvitation {
  token: string;
  name?: string;
  password?: string;
}

export interface RoleView {
  id: string;
  name: string;
  slug: string;
  description?: string;
  isSystem: boolean;
  permissions: string[];
  members: number;
}

export interface CreateRole {
  name: string;
  slug: string;
  description?: string;
  permissions: string[];
}

export interface UpdateRole {
  name?: string;
  description?: string;
  permissions?: string[];
}

export interface PermissionView {
  name: string;
  description: string;
}

export interface ApiKeyView {
  id: string;
  name: string;
  prefix: string;
  scopes: string[];
  createdBy: string;
  createdAt: string;
  expiresAt: string;
  lastUsedAt?: string;
}

export interface CreateApiKey {
  name: string;
  scopes?: string[];
  expiresInDays?: number;
}

export interface CreatedApiKey {
  apiKey: ApiKeyView;
  key: string;
}

export interface AuditEntryView {
  id: string;
  at: string;
  action: string;
  actor: string;
  actorId?: string;
  onBehalfOf?: string;
  objectType?: string;
  objectId?: string;
  objectName?: string;
  operationId?: string;
  ip?: string;
  userAgent?: string;
  changes?: Record<string, AuditChange>;
}

export interface AuditChange {
  before?: string;
  after?: string;
}

export interface PlanView {
  id: string;
  name: string;
  slug: string;
  features: string[];
  limits: PlanLimits;
  isDefault: boolean;
  organizations: number;
}

export interface PlanLimits {
  clients?: number;
  instances?: number;
  servers?: number;
  members?: number;
  storageGb?: number;
}

export interface CreatePlan {
  name: string;
  slug: string;
  features: string[];
  limits?: PlanLimits;
  isDefault?: boolean;
}

export interface UpdatePlan {
  name?: string;
  features?: string[];
  limits?: PlanLimits;
  isDefault?: boolean;
}

export interface AssignPlan {
  plan: string;
}

export interface SubscriptionView {
  plan: string;
  features: string[];
  limits: LimitUse[];
}

export interface LimitUse {
  name: string;
  used: number;
  limit?: number;
}

export interface AdminOrganizationView {
  id: string;
  name: string;
  slug: string;
  kind: OrganizationKind;
  plan: string;
  createdAt: string;
}

export interface AgencyView {
  organizationId: string;
  name: string;
  enabled: boolean;
  enabledAt?: string;
  totals: AgencyTotals;
  attention: AttentionItem[];
}

export interface AgencyTotals {
  clients: number;
  suspendedClients: number;
  instances: number;
  instancesRunning: number;
  servers: number;
  serversActive: number;
  templates: number;
  operationsRunning: number;
}

export interface AttentionItem {
  code: string;
  severity: string;
  message: string;
  hint: string;
  objectType: string;
  objectId: string;
  objectName: string;
  client?: string;
}

export interface CreateClient {
  name: string;
  slug: string;
  logoUrl?: string;
}

export interface UpdateClient {
  name?: string;
  logoUrl?: string;
}

export interface ClientView {
  id: string;
  name: string;
  slug: string;
  logoUrl?: string;
  memberCount: number;
  instanceCount: number;
  instancesRunning: number;
  health: string;
  odooVersions: string[];
  suspended: boolean;
  createdAt: string;
  deleteOperationId?: string;
}

export interface SuspendClient {
  reason?: string;
}

export type ServerStatus = 'pending' | 'validating' | 'active' | 'unreachable' | 'host_key_changed' | 'draining' | 'failed' | 'removing';

export interface AddServer {
  name: string;
  host: string;
  port?: number;
  user?: string;
  privateKey?: string;
  password?: string;
  hostKeyFingerprint?: string;
  baseDomain?: string;
  edgePort?: number;
}

export interface UpdateServer {
  name?: string;
  baseDomain?: string;
  clients?: string[];
}

export interface HostKeyProbe {
  host: string;
  port?: number;
}

export interface HostKeyView {
  type: string;
  fingerprint: string;
}

export interface PinHostKey {
  fingerprint: string;
}

export interface ServerView {
  id: string;
  name: string;
  host: string;
  port: number;
  user: string;
  isLocal: boolean;
  status: ServerStatus;
  statusMessage?: string;
  hostKey?: HostKeyView;
  offeredHostKey?: HostKeyView;
  publicKey?: string;
  facts?: ServerFacts;
  use?: ServerUse;
  instanceCount: number;
  baseDomain?: string;
  edgePort: number;
  clients: Ref[];
  lastSeenAt?: string;
  createdAt: string;
  operationId?: string;
}

export interface ServerFacts {
  os: string;
  kernel: string;
  architecture: string;
  cpus: number;
  memoryBytes: number;
  diskBytes: number;
  dockerVersion?: string;
}

export interface ServerUse {
  at: string;
  load: number;
  memoryUsedBytes: number;
  memoryReservedBytes: number;
  diskUsedBytes: number;
  containersRunning: number;
}

export interface CreateTemplate {
  name: string;
  description?: string;
  odooVersion: string;
  odooEdition?: string;
  defaultWorkers?: number;
  defaultEnvVars?: Record<string, string>;
  moduleList?: string[];
  isPublic?: boolean;
  image?: string;
  addonRepositories?: AddonRepository[];
  memoryMb?: number;
  cpus?: number;
  languages?: string[];
  demoData?: boolean;
  config?: Record<string, string>;
}

export interface UpdateTemplate {
  name?: string;
  description?: string;
  odooVersion?: string;
  odooEdition?: string;
  defaultWorkers?: number;
  defaultEnvVars?: Record<string, string>;
  moduleList?: string[];
  isPublic?: boolean;
  image?: string;
  addonRepositories?: AddonRepository[];
  memoryMb?: number;
  cpus?: number;
  languages?: string[];
  demoData?: boolean;
  config?: Record<string, string>;
}

export interface AddonRepository {
  url: string;
  branch?: string;
  deployKey?: string;
  hasDeployKey?: boolean;
}

export interface TemplateView {
  id: string;
  name: string;
  description?: string;
  odooVersion: string;
  odooEdition: string;
  defaultWorkers: number;
  defaultEnvVars: Record<string, string>;
  moduleList: string[];
  isPublic: boolean;
  image?: string;
  addonRepositories: AddonRepository[];
  memoryMb?: number;
  cpus?: number;
  languages: string[];
  demoData: boolean;
  config: Record<string, string>;
  instanceCount: number;
  cache: TemplateCacheView[];
  createdAt: string;
  updatedAt: string;
}

export interface TemplateCacheView {
  server: Ref;
  status: string;
  readyAt?: string;
  sizeBytes?: number;
  error?: string;
}

export interface FromInstance {
  name?: string;
  description?: string;
}

export interface ProvisionInstance {
  templateId?: string;
  serverId: string;
  overrides?: Record<string, string>;
  name?: string;
  slug?: string;
  organization?: string;
  domain?: string;
  database?: string;
  registrationCode?: string;
}

export interface CatalogVersion {
  version: string;
  image: string;
  endOfLife?: string;
  availability: string;
}

export interface CatalogModule {
  name: string;
  title: string;
  summary?: string;
  category?: string;
  application: boolean;
}

export interface EnterpriseAccess {
  gitUrl?: string;
  token?: string;
  privateKey?: string;
}

export interface EnterpriseAccessView {
  configured: boolean;
  source?: string;
  gitUrl?: string;
  hasSecret: boolean;
  versions: string[];
  updatedAt?: string;
}

export type InstanceStatus = 'creating' | 'running' | 'stopped' | 'restarting' | 'failed' | 'removing' | 'suspended';

export interface InstanceView {
  id: string;
  name: string;
  slug: string;
  organization: Ref;
  server: Ref;
  template?: Ref;
  status: InstanceStatus;
  statusMessage?: string;
  health: string;
  healthAt?: string;
  odooVersion: string;
  odooEdition: string;
  url: string;
  domain: string;
  database: string;
  workers: number;
  memoryMb: number;
  cpus?: number;
  envVars: Record<string, string>;
  config: Record<string, string>;
  restartNeeded: boolean;
  hasRegistrationCode: boolean;
  adminPasswordUnread: boolean;
  use?: InstanceUse;
  createdAt: string;
  startedAt?: string;
  operationId?: string;
}

export interface InstanceUse {
  at: string;
  memoryBytes: number;
  cpuPercent: number;
  databaseBytes?: number;
  filestoreBytes?: number;
}

export interface UpdateInstance {
  name?: string;
  workers?: number;
  memoryMb?: number;
  cpus?: number;
  envVars?: Record<string, string>;
  config?: Record<string, string>;
  registrationCode?: string;
}

export interface SettingsDiff {
  changes: SettingChange[];
  restartNeeded: boolean;
}

export interface SettingChange {
  key: string;
  before?: string;
  after?: string;
}

export interface InstanceConfigView {
  odooConf: string;
  pending: SettingsDiff;
}

export interface ChangeModules {
  install?: string[];
  update?: string[];
}

export interface InstalledModule {
  name: string;
  title: string;
  state: string;
  version?: string;
  application: boolean;
}

export interface AdminCredentials {
  login: string;
  password: string;
  url: string;
}

export interface OpenLink {
  url: string;
  expiresAt: string;
}

export interface LogLines {
  lines: string[];
}

export type OperationState = 'pending' | 'running' | 'unwinding' | 'succeeded' | 'rolled_back' | 'cancelled' | 'stuck';

export type StepState = 'pending' | 'started' | 'done' | 'failed' | 'undo_started' | 'undone' | 'undo_failed' | 'skipped';

export interface OperationView {
  id: string;
  kind: string;
  title: string;
  state: OperationState;
  organization: Ref;
  instanceId?: string;
  serverId?: string;
  clientId?: string;
  templateId?: string;
  createdBy: string;
  createdAt: string;
  startedAt?: string;
  finishedAt?: string;
  cancelRequested: boolean;
  cancellable: boolean;
  retryAt?: string;
  error?: OperationError;
  steps: StepView[];
}

export interface OperationError {
  code: string;
  message: string;
  hint?: string;
}

export interface StepView {
  seq: number;
  name: string;
  state: StepState;
  attempt: number;
  startedAt?: string;
  finishedAt?: string;
  error?: string;
}

export interface OperationEventView {
  id: number;
  at: string;
  seq?: number;
  kind: string;
  message: string;
}

export interface ProvisionPlan {
  name: string;
  slug: string;
  organization: Ref;
  server: Ref;
  url: string;
  database: string;
  image: string;
  workers: number;
  memoryMb: number;
  modules: string[];
  odooConf: string;
  steps: string[];
  fast: boolean;
}
