/** Every address of the dashboard. Nothing else builds one. */
const e = encodeURIComponent;

function search(values: Record<string, string | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value) query.set(name, value);
  const text = query.toString();
  return text ? `?${text}` : '';
}

function inOrg(org: string) {
  const o = `/o/${e(org)}`;
  return {
    home: o,
    agency: `${o}/agency`,
    clients: `${o}/clients`,
    newClient: `${o}/clients?dialog=new`,
    client: (client: string, tab?: string) => `${o}/clients/${e(client)}${search({ tab })}`,
    branding: (client?: string) => `${o}/branding${search({ client })}`,
    portalDomains: `${o}/portal-domains`,
    portalDomain: (domain: string) => `${o}/portal-domains/${e(domain)}`,
    portalConfig: (client?: string) => `${o}/portal-config${search({ client })}`,
    servers: `${o}/servers`,
    newServer: `${o}/servers/new`,
    server: (server: string, tab?: string) => `${o}/servers/${e(server)}${search({ tab })}`,
    templates: `${o}/templates`,
    newTemplate: `${o}/templates/new`,
    template: (template: string) => `${o}/templates/${e(template)}`,
    editTemplate: (template: string) => `${o}/templates/${e(template)}/edit`,
    topologies: `${o}/topologies`,
    newTopology: (blueprint?: string) => `${o}/topologies${search({ dialog: 'new', blueprint })}`,
    topology: (topology: string, view?: string) => `${o}/topologies/${e(topology)}${search({ view })}`,
    instances: `${o}/instances`,
    newInstance: (preset: { template?: string; client?: string; server?: string } = {}) => `${o}/instances/new${search(preset)}`,
    instance: (instance: string, tab?: string) => `${o}/instances/${e(instance)}${search({ tab })}`,
    operations: (filter: { state?: string } = {}) => `${o}/operations${search(filter)}`,
    operation: (operation: string) => `${o}/operations/${e(operation)}`,
    members: (tab?: string) => `${o}/members${search({ tab })}`,
    roles: `${o}/roles`,
    newRole: `${o}/roles/new`,
    role: (role: string) => `${o}/roles/${e(role)}`,
    apiKeys: `${o}/api-keys`,
    alerts: `${o}/alerts`,
    backups: (filter: { q?: string; tab?: string } = {}) => `${o}/backups${search(filter)}`,
    webhooks: `${o}/webhooks`,
    audit: (filter: { objectType?: string; objectId?: string } = {}) => `${o}/audit${search(filter)}`,
    settings: (tab?: string) => `${o}/settings${search({ tab })}`,
    account: (tab?: string) => `${o}/account${search({ tab })}`,
  };
}

export const paths = {
  root: '/',
  signIn: (to?: string) => `/sign-in${search({ to })}`,
  forgotPassword: '/forgot-password',
  resetPassword: '/reset-password',
  acceptInvitation: '/invitations/accept',
  plans: '/admin/plans',
  accounts: '/admin/accounts',
  /** A client's portal as its people see it. */
  viewAs: (client: string, agency: string) => `/view/${e(client)}${search({ agency })}`,
  in: inOrg,
};

/** Only an address of this site may be gone to after signing in. */
export function safeReturn(to: string | undefined): string {
  return to && /^\/(?![/\\])/.test(to) ? to : paths.root;
}
