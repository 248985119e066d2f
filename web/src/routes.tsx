import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet, redirect } from '@tanstack/react-router';
import { send } from './api/client';
import { api } from './api/endpoints';
import { allows } from './api/hooks';
import { RouteError } from './features/shell/RouteError';
import { NotFound } from './features/shell/NotFound';
import { Loading } from './ui/Loading';
import { paths } from './paths';
import { parseSearch, stringifySearch } from './search';

const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound, errorComponent: RouteError });

const signedOut = [
  createRoute({ getParentRoute: () => root, path: '/sign-in', component: lazyRouteComponent(() => import('./features/session/SignInPage')) }),
  createRoute({ getParentRoute: () => root, path: paths.forgotPassword, component: lazyRouteComponent(() => import('./features/session/ForgotPasswordPage')) }),
  createRoute({ getParentRoute: () => root, path: paths.resetPassword, component: lazyRouteComponent(() => import('./features/session/ResetPasswordPage')) }),
  createRoute({ getParentRoute: () => root, path: paths.acceptInvitation, component: lazyRouteComponent(() => import('./features/session/InvitationPage')) }),
];

/** The start page depends on what the caller may see in the home organization. */
const start = createRoute({
  getParentRoute: () => root,
  path: '/',
  pendingComponent: Loading,
  beforeLoad: async () => {
    const me = await send(api.me()).catch(() => undefined);
    if (!me) throw redirect({ to: paths.signIn() });
    throw redirect({ to: paths.in(me.current.slug).home });
  },
});

const shell = lazyRouteComponent(() => import('./features/shell/Shell'));
const inOrg = createRoute({ getParentRoute: () => root, path: '/o/$org', component: shell });
const operator = createRoute({ getParentRoute: () => root, path: '/admin', component: shell });

const page = (path: string, component: ReturnType<typeof lazyRouteComponent>) => createRoute({ getParentRoute: () => inOrg, path, component });

const pages = [
  createRoute({
    getParentRoute: () => inOrg,
    path: '/',
    pendingComponent: Loading,
    beforeLoad: async ({ params }) => {
      const me = await send(api.me(), { org: params.org }).catch(() => undefined);
      if (!me) throw redirect({ to: paths.signIn(paths.in(params.org).home) });
      const to = paths.in(params.org);
      const { permissions, kind } = me.current;
      throw redirect({ to: kind !== 'client' && allows(permissions, 'view:agency') ? to.agency : to.instances });
    },
  }),
  page('/agency', lazyRouteComponent(() => import('./features/agency/AgencyPage'))),
  page('/clients', lazyRouteComponent(() => import('./features/clients/ClientsPage'))),
  page('/clients/$client', lazyRouteComponent(() => import('./features/clients/ClientPage'))),
  page('/branding', lazyRouteComponent(() => import('./features/branding/BrandingPage'))),
  page('/portal-domains', lazyRouteComponent(() => import('./features/portal-domains/DomainsPage'))),
  page('/portal-domains/$domain', lazyRouteComponent(() => import('./features/portal-domains/DomainPage'))),
  page('/portal-config', lazyRouteComponent(() => import('./features/portal-config/PortalConfigPage'))),
  page('/servers', lazyRouteComponent(() => import('./features/servers/ServersPage'))),
  page('/servers/new', lazyRouteComponent(() => import('./features/servers/AddServerPage'))),
  page('/servers/$server', lazyRouteComponent(() => import('./features/servers/ServerPage'))),
  page('/templates', lazyRouteComponent(() => import('./features/templates/TemplatesPage'))),
  page('/templates/new', lazyRouteComponent(() => import('./features/templates/TemplateFormPage'))),
  page('/templates/$template', lazyRouteComponent(() => import('./features/templates/TemplatePage'))),
  page('/templates/$template/edit', lazyRouteComponent(() => import('./features/templates/TemplateFormPage'))),
  page('/topologies', lazyRouteComponent(() => import('./features/topologies/TopologiesPage'))),
  page('/topologies/$topology', lazyRouteComponent(() => import('./features/topologies/TopologyPage'))),
  page('/instances', lazyRouteComponent(() => import('./features/instances/InstancesPage'))),
  page('/instances/new', lazyRouteComponent(() => import('./features/instances/ProvisionPage'))),
  page('/instances/$instance', lazyRouteComponent(() => import('./features/instances/InstancePage'))),
  page('/operations', lazyRouteComponent(() => import('./features/operations/OperationsPage'))),
  page('/operations/$operation', lazyRouteComponent(() => import('./features/operations/OperationPage'))),
  page('/members', lazyRouteComponent(() => import('./features/members/MembersPage'))),
  page('/roles', lazyRouteComponent(() => import('./features/roles/RolesPage'))),
  page('/roles/new', lazyRouteComponent(() => import('./features/roles/RolePage'))),
  page('/roles/$role', lazyRouteComponent(() => import('./features/roles/RolePage'))),
  page('/api-keys', lazyRouteComponent(() => import('./features/api-keys/ApiKeysPage'))),
  page('/backups', lazyRouteComponent(() => import('./features/backups/BackupsPage'))),
  page('/alerts', lazyRouteComponent(() => import('./features/alerts/AlertsPage'))),
  page('/webhooks', lazyRouteComponent(() => import('./features/webhooks/WebhooksPage'))),
  page('/audit', lazyRouteComponent(() => import('./features/audit/AuditPage'))),
  page('/settings', lazyRouteComponent(() => import('./features/settings/SettingsPage'))),
  page('/account', lazyRouteComponent(() => import('./features/settings/AccountPage'))),
];

const plans = createRoute({ getParentRoute: () => operator, path: '/plans', component: lazyRouteComponent(() => import('./features/admin/PlansPage')) });
const accounts = createRoute({ getParentRoute: () => operator, path: '/accounts', component: lazyRouteComponent(() => import('./features/admin/AccountsPage')) });

export const router = createRouter({
  routeTree: root.addChildren([...signedOut, start, inOrg.addChildren(pages), operator.addChildren([plans, accounts])]),
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  defaultPreloadStaleTime: 0,
  defaultPendingComponent: Loading,
  defaultPendingMs: 150,
  defaultErrorComponent: RouteError,
  defaultNotFoundComponent: NotFound,
  scrollRestoration: true,
});
