import type { Query, Read, Write } from './client';
import type * as t from './types';

const get = <T>(path: string, query?: Query): Read<T> => ({ path, query });
const post = <T = void>(path: string, body?: unknown, query?: Query): Write<T> => ({ method: 'POST', path, body, query });
const put = <T = void>(path: string, body: unknown, query?: Query): Write<T> => ({ method: 'PUT', path, body, query });
const del = <T = void>(path: string, query?: Query): Write<T> => ({ method: 'DELETE', path, query });
const id = encodeURIComponent;

function form(parts: Record<string, File | string>): FormData {
  const data = new FormData();
  for (const [name, part] of Object.entries(parts)) data.set(name, part);
  return data;
}

export interface LogQuery {
  source?: string;
  level?: string;
  q?: string;
  since?: string;
  before?: string;
  tail?: number;
}

/** Every request the dashboard makes, with its types. */
export const api = {
  login: (body: t.LoginRequest) => post<t.SessionTokens>('/auth/login', body),
  logout: () => post('/auth/logout'),
  forgotPassword: (body: t.ResetPasswordRequest) => post('/auth/password-reset', body),
  resetPassword: (body: t.ConfirmResetRequest) => post('/auth/password-reset/confirm', body),
  passkeyOptions: () => post<t.PasskeyOptions>('/auth/passkey/options'),
  passkeyLogin: (body: t.PasskeyCredential) => post<t.SessionTokens>('/auth/passkey/login', body),
  previewInvitation: (body: t.InvitationToken) => post<t.InvitationPreview>('/invitations/preview', body),
  acceptInvitation: (body: t.AcceptInvitation) => post<t.SessionTokens>('/invitations/accept', body),

  me: () => get<t.MeView>('/user'),
  updateMe: (body: t.UpdateMe) => put<t.MeView>('/user', body),
  changePassword: (body: t.ChangePassword) => post('/user/password', body),
  startTotp: () => post<t.TotpSetup>('/user/totp'),
  confirmTotp: (body: t.TotpCode) => post<t.RecoveryCodes>('/user/totp/confirm', body),
  disableTotp: (body: t.PasswordProof) => post('/user/totp/disable', body),
  newRecoveryCodes: (body: t.PasswordProof) => post<t.RecoveryCodes>('/user/recovery-codes', body),
  sessions: () => get<t.Page<t.SessionView>>('/user/sessions'),
  endSession: (session: string) => del(`/user/sessions/${id(session)}`),
  endOtherSessions: () => del('/user/sessions'),
  passkeys: () => get<t.Page<t.PasskeyView>>('/user/passkeys'),
  newPasskeyOptions: () => post<t.PasskeyOptions>('/user/passkeys/options'),
  addPasskey: (body: t.PasskeyCredential) => post<t.PasskeyView>('/user/passkeys', body),
  removePasskey: (passkey: string) => del(`/user/passkeys/${id(passkey)}`),

  createOrganization: (body: t.CreateOrganization) => post<t.OrganizationView>('/organizations', body),
  organization: () => get<t.OrganizationView>('/organizations/current'),
  updateOrganization: (body: t.UpdateOrganization) => put<t.OrganizationView>('/organizations/current', body),
  subscription: () => get<t.SubscriptionView>('/subscription'),

  members: (query?: Query) => get<t.Page<t.MemberView>>('/members', query),
  updateMember: (member: string, body: t.UpdateMember) => put<t.MemberView>(`/members/${id(member)}`, body),
  removeMember: (member: string) => del(`/members/${id(member)}`),
  invitations: () => get<t.Page<t.InvitationView>>('/invitations'),
  invite: (body: t.InviteMember) => post<t.InvitationView>('/invitations', body),
  revokeInvitation: (invitation: string) => del(`/invitations/${id(invitation)}`),
  roles: () => get<t.Page<t.RoleView>>('/roles'),
  role: (role: string) => get<t.RoleView>(`/roles/${id(role)}`),
  createRole: (body: t.CreateRole) => post<t.RoleView>('/roles', body),
  updateRole: (role: string, body: t.UpdateRole) => put<t.RoleView>(`/roles/${id(role)}`, body),
  deleteRole: (role: string) => del(`/roles/${id(role)}`),
  permissions: () => get<t.Page<t.PermissionView>>('/permissions'),
  apiKeys: () => get<t.Page<t.ApiKeyView>>('/api-keys'),
  createApiKey: (body: t.CreateApiKey) => post<t.CreatedApiKey>('/api-keys', body),
  deleteApiKey: (apiKey: string) => del(`/api-keys/${id(apiKey)}`),
  auditLogs: (query?: Query) => get<t.Page<t.AuditEntryView>>('/audit-logs', query),

  plans: () => get<t.Page<t.PlanView>>('/admin/plans'),
  createPlan: (body: t.CreatePlan) => post<t.PlanView>('/admin/plans', body),
  updatePlan: (plan: string, body: t.UpdatePlan) => put<t.PlanView>(`/admin/plans/${id(plan)}`, body),
  deletePlan: (plan: string) => del(`/admin/plans/${id(plan)}`),
  adminOrganizations: (query?: Query) => get<t.Page<t.AdminOrganizationView>>('/admin/organizations', query),
  assignPlan: (organization: string, body: t.AssignPlan) =>
    put<t.AdminOrganizationView>(`/admin/organizations/${id(organization)}/plan`, body),
  accounts: (query?: Query) => get<t.Page<t.AccountView>>('/admin/users', query),
  updateAccount: (account: string, body: t.UpdateAccount) => put<t.AccountView>(`/admin/users/${id(account)}`, body),
  disableAccount: (account: string) => post<t.AccountView>(`/admin/users/${id(account)}/disable`),
  enableAccount: (account: string) => post<t.AccountView>(`/admin/users/${id(account)}/enable`),

  agency: () => get<t.AgencyView>('/agency'),
  enableAgency: () => post<t.AgencyView>('/agency/enable'),
  clients: (query?: Query) => get<t.Page<t.ClientView>>('/agency/clients', query),
  client: (client: string) => get<t.ClientView>(`/agency/clients/${id(client)}`),
  createClient: (body: t.CreateClient) => post<t.ClientView>('/agency/clients', body),
  updateClient: (client: string, body: t.UpdateClient) => put<t.ClientView>(`/agency/clients/${id(client)}`, body),
  deleteClient: (client: string, keepBackupDays?: number) =>
    del<t.OperationView>(`/agency/clients/${id(client)}`, { keepBackupDays }),
  suspendClient: (client: string, body: t.SuspendClient) =>
    post<t.OperationView>(`/agency/clients/${id(client)}/suspend`, body),
  resumeClient: (client: string) => post<t.OperationView>(`/agency/clients/${id(client)}/resume`),

  branding: () => get<t.BrandingView>('/agency/branding'),
  updateBranding: (body: t.UpdateBranding, dryRun?: boolean) => put<t.BrandingView>('/agency/branding', body, { dryRun }),
  resetBranding: (fields?: string[]) => post<t.BrandingView>('/agency/branding/reset', { fields }),
  clientBranding: (client: string) => get<t.BrandingView>(`/agency/clients/${id(client)}/branding`),
  updateClientBranding: (client: string, body: t.UpdateBranding, dryRun?: boolean) => put<t.BrandingView>(`/agency/clients/${id(client)}/branding`, body, { dryRun }),
  resetClientBranding: (client: string, fields?: string[]) => post<t.BrandingView>(`/agency/clients/${id(client)}/branding/reset`, { fields }),
  uploadImage: (file: File) => post<t.BrandImage>('/agency/branding/images', form({ file })),
  uploadFont: (file: File, family: string) => post<t.FontView>('/agency/branding/fonts', form({ file, family })),
  fonts: () => get<t.Page<t.FontView>>('/agency/branding/fonts'),
  cssVersions: (client?: string) => get<t.Page<t.CssVersionView>>(client ? `/agency/clients/${id(client)}/branding/css-versions` : '/agency/branding/css-versions'),
  restoreCss: (client: string | undefined, version: number) => post<t.BrandingView>(client ? `/agency/clients/${id(client)}/branding/css-versions/${version}/restore` : `/agency/branding/css-versions/${version}/restore`),
  checkSender: (client?: string) => post<t.SenderView>(client ? `/agency/clients/${id(client)}/branding/sender/check` : '/agency/branding/sender/check'),
  portalConfig: () => get<t.PortalConfigView>('/agency/portal-config'),
  updatePortalConfig: (body: t.UpdatePortalConfig) => put<t.PortalConfigView>('/agency/portal-config', body),
  clientPortalConfig: (client: string) => get<t.PortalConfigView>(`/agency/clients/${id(client)}/portal-config`),
  updateClientPortalConfig: (client: string, body: t.UpdatePortalConfig) => put<t.PortalConfigView>(`/agency/clients/${id(client)}/portal-config`, body),
  viewAsClient: (client: string, body: { allowChanges?: boolean }) => post<t.ClientViewing>(`/agency/clients/${id(client)}/view-as`, body),
  portalDomains: (query?: Query) => get<t.Page<t.PortalDomainView>>('/agency/portal-domains', query),
  portalDomain: (domain: string) => get<t.PortalDomainView>(`/agency/portal-domains/${id(domain)}`),
  createPortalDomain: (body: t.CreatePortalDomain) => post<t.PortalDomainView>('/agency/portal-domains', body),
  verifyPortalDomain: (domain: string) => post<t.PortalDomainView>(`/agency/portal-domains/${id(domain)}/verify`),
  activatePortalDomain: (domain: string) => post<t.PortalDomainView>(`/agency/portal-domains/${id(domain)}/activate`),
  deactivatePortalDomain: (domain: string) => post<t.PortalDomainView>(`/agency/portal-domains/${id(domain)}/deactivate`),
  deletePortalDomain: (domain: string) => del(`/agency/portal-domains/${id(domain)}`),
  instanceDomains: (instance: string) => get<t.Page<t.InstanceDomainView>>(`/instances/${id(instance)}/domains`),
  addInstanceDomain: (instance: string, body: t.AddInstanceDomain) => post<t.InstanceDomainView>(`/instances/${id(instance)}/domains`, body),
  verifyInstanceDomain: (instance: string, domain: string) => post<t.InstanceDomainView>(`/instances/${id(instance)}/domains/${id(domain)}/verify`),
  setPrimaryInstanceDomain: (instance: string, domain: string) => post<t.OperationView>(`/instances/${id(instance)}/domains/${id(domain)}/primary`),
  deleteInstanceDomain: (instance: string, domain: string) => del(`/instances/${id(instance)}/domains/${id(domain)}`),

  servers: (query?: Query) => get<t.Page<t.ServerView>>('/servers', query),
  server: (server: string) => get<t.ServerView>(`/servers/${id(server)}`),
  addServer: (body: t.AddServer) => post<t.OperationView>('/servers', body),
  probeHostKey: (body: t.HostKeyProbe) => post<t.HostKeyView>('/servers/host-key', body),
  updateServer: (server: string, body: t.UpdateServer) => put<t.ServerView>(`/servers/${id(server)}`, body),
  removeServer: (server: string, forget: boolean) => del<t.OperationView>(`/servers/${id(server)}${forget ? '?forget=true' : ''}`),
  validateServer: (server: string) => post<t.OperationView>(`/servers/${id(server)}/validate`),
  drainServer: (server: string) => post<t.ServerView>(`/servers/${id(server)}/drain`),
  undrainServer: (server: string) => post<t.ServerView>(`/servers/${id(server)}/undrain`),
  pinHostKey: (server: string, body: t.PinHostKey) => post<t.ServerView>(`/servers/${id(server)}/host-key`, body),

  templates: (query?: Query) => get<t.Page<t.TemplateView>>('/templates', query),
  template: (template: string) => get<t.TemplateView>(`/templates/${id(template)}`),
  createTemplate: (body: t.CreateTemplate) => post<t.TemplateView>('/templates', body),
  updateTemplate: (template: string, body: t.UpdateTemplate) => put<t.TemplateView>(`/templates/${id(template)}`, body),
  deleteTemplate: (template: string) => del(`/templates/${id(template)}`),
  duplicateTemplate: (template: string) => post<t.TemplateView>(`/templates/${id(template)}/duplicate`),
  provision: (template: string, body: t.ProvisionInstance) =>
    post<t.OperationView>(`/templates/${id(template)}/provision`, body),
  previewProvision: (template: string, body: t.ProvisionInstance) =>
    post<t.ProvisionPlan>(`/templates/${id(template)}/provision`, body, { dryRun: true }),
  templateFromInstance: (instance: string, body: t.FromInstance) =>
    post<t.TemplateView>(`/templates/from-instance/${id(instance)}`, body),
  catalog: () => get<t.Page<t.CatalogVersion>>('/templates/catalog'),
  catalogModules: (version: string, query?: Query) =>
    get<t.Page<t.CatalogModule>>(`/templates/catalog/${id(version)}/modules`, query),
  enterprise: () => get<t.EnterpriseAccessView>('/templates/enterprise'),
  saveEnterprise: (body: t.EnterpriseAccess) => put<t.EnterpriseAccessView>('/templates/enterprise', body),
  uploadEnterprise: (version: string, file: File) => put<t.EnterpriseAccessView>(`/templates/enterprise/archives/${id(version)}`, file),
  removeEnterpriseArchive: (version: string) => del(`/templates/enterprise/archives/${id(version)}`),
  removeEnterprise: () => del('/templates/enterprise'),

  topologies: (query?: Query) => get<t.Page<t.TopologySummary>>('/topologies', query),
  topologyBlueprints: () => get<t.Page<t.TopologyBlueprint>>('/topologies/blueprints'),
  topology: (topology: string) => get<t.TopologyView>(`/topologies/${id(topology)}`),
  createTopology: (body: t.CreateTopology) => post<t.TopologyView>('/topologies', body),
  updateTopology: (topology: string, body: t.UpdateTopology) => put<t.TopologyView>(`/topologies/${id(topology)}`, body),
  deleteTopology: (topology: string) => del(`/topologies/${id(topology)}`),
  duplicateTopology: (topology: string) => post<t.TopologyView>(`/topologies/${id(topology)}/duplicate`),
  topologyHa: (topology: string) => get<t.HaConfigView>(`/topologies/${id(topology)}/ha-config`),
  validateTopology: (topology: string, body: t.ValidateTopology) => post<t.TopologyValidation>(`/topologies/${id(topology)}/validate`, body),
  planTopology: (topology: string, body: t.PlanTopology) => post<t.TopologyPlanView>(`/topologies/${id(topology)}/plan`, body),
  deployTopology: (topology: string, body: t.DeployTopology) => post<t.OperationView>(`/topologies/${id(topology)}/deploy`, body),
  measureTopologyNode: (topology: string, node: string) => post<t.TopologyNodeStatus>(`/topologies/${id(topology)}/nodes/${id(node)}/status`),
  switchOverTopology: (topology: string, node: string) => post<t.OperationView>(`/topologies/${id(topology)}/nodes/${id(node)}/switchover`),
  topologyCredentials: (topology: string) => get<t.Page<t.TopologyCredentialView>>(`/topologies/${id(topology)}/credentials`),
  setTopologyCredential: (topology: string, name: string, body: t.SetTopologyCredential) => put<t.TopologyCredentialView>(`/topologies/${id(topology)}/credentials/${id(name)}`, body),

  instances: (query?: Query) => get<t.Page<t.InstanceView>>('/instances', query),
  repairTopology: (topology: string, body: t.RepairTopology) => post<t.OperationView>(`/topologies/${id(topology)}/repair`, body),
  instanceTopology: (instance: string) => get<t.InstanceTopologyView>(`/instances/${id(instance)}/topology`),
  instanceNodes: (instance: string) => get<t.Page<t.TopologyNodeStatus>>(`/instances/${id(instance)}/nodes`),
  instance: (instance: string) => get<t.InstanceView>(`/instances/${id(instance)}`),
  updateInstance: (instance: string, body: t.UpdateInstance) => put<t.InstanceView>(`/instances/${id(instance)}`, body),
  previewInstance: (instance: string, body: t.UpdateInstance) =>
    put<t.SettingsDiff>(`/instances/${id(instance)}`, body, { dryRun: true }),
  deleteInstance: (instance: string) => del<t.OperationView>(`/instances/${id(instance)}`),
  runInstance: (instance: string, verb: 'start' | 'stop' | 'restart') =>
    post<t.OperationView>(`/instances/${id(instance)}/${verb}`),
  changeModules: (instance: string, body: t.ChangeModules) =>
    post<t.OperationView>(`/instances/${id(instance)}/modules`, body),
  instanceModules: (instance: string) => get<t.Page<t.InstalledModule>>(`/instances/${id(instance)}/modules`),
  instanceConfig: (instance: string) => get<t.InstanceConfigView>(`/instances/${id(instance)}/config`),
  instanceLogs: (instance: string, query: LogQuery) => get<t.LogLines>(`/instances/${id(instance)}/logs`, { ...query }),
  instanceLogStream: (instance: string, query: LogQuery) => get<never>(`/instances/${id(instance)}/logs/stream`, { ...query }),
  instanceLogFile: (instance: string, query: LogQuery) => get<string>(`/instances/${id(instance)}/logs/download`, { ...query }),
  revealPassword: (instance: string) => post<t.AdminCredentials>(`/instances/${id(instance)}/admin-password/reveal`),
  resetAdminPassword: (instance: string) => post<t.AdminCredentials>(`/instances/${id(instance)}/admin-password/reset`),
  openInstance: (instance: string) => post<t.OpenLink>(`/instances/${id(instance)}/open`),
  files: (instance: string, root: string, path: string) => get<t.FolderView>(`/instances/${id(instance)}/files`, { root, path }),
  file: (instance: string, root: string, path: string) => get<t.FileView>(`/instances/${id(instance)}/files/content`, { root, path }),
  fileDownload: (instance: string, root: string, path: string) => get<Blob>(`/instances/${id(instance)}/files/download`, { root, path }),
  checkFile: (instance: string, body: t.CheckFile) => post<t.FileFaults>(`/instances/${id(instance)}/files/check`, body),
  saveFile: (instance: string, body: t.SaveFile) => put<t.FileView>(`/instances/${id(instance)}/files/content`, body),
  uploadFile: (instance: string, path: string, file: File): Write<t.FileView> => ({ method: 'PUT', path: `/instances/${id(instance)}/files/upload`, query: { path }, body: file }),
  makeFolder: (instance: string, path: string) => post<t.FileEntry>(`/instances/${id(instance)}/files/folders`, { path }),
  moveFile: (instance: string, from: string, to: string) => post<t.FileEntry>(`/instances/${id(instance)}/files/move`, { from, to }),
  deleteFile: (instance: string, path: string, recursive: boolean) => del(`/instances/${id(instance)}/files`, { path, recursive }),

  openTerminal: (instance: string) => post<t.TerminalTicket>(`/instances/${id(instance)}/terminal`),
  openOdooShell: (instance: string) => post<t.TerminalTicket>(`/instances/${id(instance)}/odoo-shell`),
  openServerTerminal: (server: string) => post<t.TerminalTicket>(`/servers/${id(server)}/terminal`),

  serverMetrics: (server: string, query: { from: string; to: string }) => get<t.MetricsView>(`/servers/${id(server)}/metrics`, query),
  instanceMetrics: (instance: string, query: { from: string; to: string }) => get<t.MetricsView>(`/instances/${id(instance)}/metrics`, query),
  alertRules: (query?: Query) => get<t.Page<t.AlertRuleView>>('/alert-rules', query),
  createAlertRule: (body: t.CreateAlertRule) => post<t.AlertRuleView>('/alert-rules', body),
  updateAlertRule: (rule: string, body: t.UpdateAlertRule) => put<t.AlertRuleView>(`/alert-rules/${id(rule)}`, body),
  deleteAlertRule: (rule: string) => del(`/alert-rules/${id(rule)}`),
  alerts: (query?: Query) => get<t.Page<t.AlertView>>('/alerts', query),

  instanceDatabases: (instance: string) => get<t.Page<t.InstanceDatabaseView>>(`/instances/${id(instance)}/databases`),
  databaseActivity: (instance: string, database: string) => get<t.DatabaseActivity>(`/instances/${id(instance)}/databases/${id(database)}/activity`),
  createDatabase: (instance: string, body: t.CreateInstanceDatabase) => post<t.OperationView>(`/instances/${id(instance)}/databases`, body),
  duplicateDatabase: (instance: string, database: string, body: t.DuplicateInstanceDatabase) => post<t.OperationView>(`/instances/${id(instance)}/databases/${id(database)}/duplicate`, body),
  renameDatabase: (instance: string, database: string, body: t.RenameInstanceDatabase) => post<t.OperationView>(`/instances/${id(instance)}/databases/${id(database)}/rename`, body),
  serveDatabase: (instance: string, database: string) => post<t.OperationView>(`/instances/${id(instance)}/databases/${id(database)}/serve`),
  neutralizeDatabase: (instance: string, database: string) => post<t.OperationView>(`/instances/${id(instance)}/databases/${id(database)}/neutralize`, { confirm: database }),
  dropDatabase: (instance: string, database: string) => del<t.OperationView>(`/instances/${id(instance)}/databases/${id(database)}`),
  cancelQuery: (instance: string, database: string, connection: string) => post(`/instances/${id(instance)}/databases/${id(database)}/connections/${id(connection)}/cancel`),
  endConnection: (instance: string, database: string, connection: string) => del(`/instances/${id(instance)}/databases/${id(database)}/connections/${id(connection)}`),

  backups: (query?: Query) => get<t.Page<t.BackupView>>('/backups', query),
  takeBackup: (instance: string, body: t.TakeBackup) => post<t.OperationView>(`/instances/${id(instance)}/backups`, body),
  verifyBackup: (backup: string) => post<t.OperationView>(`/backups/${id(backup)}/verify`),
  keepBackup: (backup: string, body: t.KeepBackup) => post<t.OperationView>(`/backups/${id(backup)}/keep`, body),
  recoveryState: () => get<t.RecoveryState>('/backups/recovery-sheet'),
  makeRecoverySheet: () => post<t.RecoverySheet>('/backups/recovery-sheet'),
  recoverBackups: (body: t.RecoverBackups) => post<t.RecoveredBackups>('/backups/recover', body),
  deleteBackup: (backup: string) => del<t.OperationView>(`/backups/${id(backup)}`),
  backupDownload: (backup: string) => get<Blob>(`/backups/${id(backup)}/download`),
  importBackup: (file: File, query: { instance?: string; organization?: string; name?: string; odooVersion?: string }): Write<t.BackupView> => ({ method: 'POST', path: '/backups/import', query, body: file }),
  planRestore: (backup: string, body: t.RestoreBackup) => post<t.RestorePlan>(`/backups/${id(backup)}/restore`, body, { dryRun: true }),
  restoreBackup: (backup: string, body: t.RestoreBackup) => post<t.OperationView>(`/backups/${id(backup)}/restore`, body),
  planCopy: (backup: string, body: t.CopyBackup) => post<t.RestorePlan>(`/backups/${id(backup)}/copy`, body, { dryRun: true }),
  copyBackup: (backup: string, body: t.CopyBackup) => post<t.OperationView>(`/backups/${id(backup)}/copy`, body),
  backupSchedule: (instance: string) => get<t.BackupScheduleView>(`/instances/${id(instance)}/backup-schedule`),
  saveBackupSchedule: (instance: string, body: t.SaveBackupSchedule) => put<t.BackupScheduleView>(`/instances/${id(instance)}/backup-schedule`, body),
  deleteBackupSchedule: (instance: string) => del(`/instances/${id(instance)}/backup-schedule`),
  backupTargets: () => get<t.Page<t.BackupTargetView>>('/backup-targets'),
  createBackupTarget: (body: t.SaveBackupTarget) => post<t.BackupTargetView>('/backup-targets', body),
  updateBackupTarget: (target: string, body: t.SaveBackupTarget) => put<t.BackupTargetView>(`/backup-targets/${id(target)}`, body),
  deleteBackupTarget: (target: string) => del(`/backup-targets/${id(target)}`),
  testBackupTarget: (target: string) => post<t.BackupTargetTest>(`/backup-targets/${id(target)}/test`),

  webhooks: (query?: Query) => get<t.Page<t.WebhookView>>('/webhooks', query),
  createWebhook: (body: t.CreateWebhook) => post<t.CreatedWebhook>('/webhooks', body),
  updateWebhook: (webhook: string, body: t.UpdateWebhook) => put<t.WebhookView>(`/webhooks/${id(webhook)}`, body),
  deleteWebhook: (webhook: string) => del(`/webhooks/${id(webhook)}`),
  testWebhook: (webhook: string) => post<t.WebhookDeliveryView>(`/webhooks/${id(webhook)}/test`),
  webhookDeliveries: (webhook: string, query?: Query) => get<t.Page<t.WebhookDeliveryView>>(`/webhooks/${id(webhook)}/deliveries`, query),
  replayWebhookDelivery: (webhook: string, delivery: string) =>
    post<t.WebhookDeliveryView>(`/webhooks/${id(webhook)}/deliveries/${id(delivery)}/replay`),

  operations: (query?: Query) => get<t.Page<t.OperationView>>('/operations', query),
  operation: (operation: string) => get<t.OperationView>(`/operations/${id(operation)}`),
  operationEvents: (operation: string) => get<never>(`/operations/${id(operation)}/events`),
  cancelOperation: (operation: string) => post<t.OperationView>(`/operations/${id(operation)}/cancel`),
  retryOperation: (operation: string) => post<t.OperationView>(`/operations/${id(operation)}/retry`),
  skipOperationStep: (operation: string, body: t.SkipOperationStep) => post<t.OperationView>(`/operations/${id(operation)}/skip`, body),
  resolveOperation: (operation: string, body: t.ResolveOperation) => post<t.OperationView>(`/operations/${id(operation)}/resolve`, body),
};
