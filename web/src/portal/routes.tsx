import { createRootRoute, createRoute, createRouter, lazyRouteComponent, Outlet } from '@tanstack/react-router';
import { RouteError } from '../features/shell/RouteError';
import { paths } from '../paths';
import { parseSearch, stringifySearch } from '../search';
import { Loading } from '../ui/Loading';
import { NoPage } from './NoPage';

/** The pages of a portal: short addresses where the host is one client's, under the organization's where it is the agency's. */
export function portalRouter() {
  const root = createRootRoute({ component: Outlet, notFoundComponent: NoPage, errorComponent: RouteError });
  const signedOut = [
    createRoute({ getParentRoute: () => root, path: '/sign-in', component: lazyRouteComponent(() => import('../features/session/SignInPage')) }),
    createRoute({ getParentRoute: () => root, path: paths.forgotPassword, component: lazyRouteComponent(() => import('../features/session/ForgotPasswordPage')) }),
    createRoute({ getParentRoute: () => root, path: paths.resetPassword, component: lazyRouteComponent(() => import('../features/session/ResetPasswordPage')) }),
    createRoute({ getParentRoute: () => root, path: paths.acceptInvitation, component: lazyRouteComponent(() => import('../features/session/InvitationPage')) }),
  ];
  const shell = lazyRouteComponent(() => import('./SignedIn'));
  const home = createRoute({ getParentRoute: () => root, id: 'home', component: shell });
  const inOrg = createRoute({ getParentRoute: () => root, path: '/o/$org', component: shell });
  const viewed = createRoute({ getParentRoute: () => root, path: '/view/$viewed', component: lazyRouteComponent(() => import('./Viewed')) });
  const pages = (parent: typeof home | typeof inOrg | typeof viewed) => [
    createRoute({ getParentRoute: () => parent, path: '/', component: lazyRouteComponent(() => import('./HomePage')) }),
    createRoute({ getParentRoute: () => parent, path: '/instances/$instance', component: lazyRouteComponent(() => import('./InstancePage')) }),
    createRoute({ getParentRoute: () => parent, path: '/team', component: lazyRouteComponent(() => import('./TeamPage')) }),
    createRoute({ getParentRoute: () => parent, path: '/account', component: lazyRouteComponent(() => import('./AccountPage')) }),
  ];
  return createRouter({
    routeTree: root.addChildren([...signedOut, home.addChildren(pages(home)), inOrg.addChildren(pages(inOrg)), viewed.addChildren(pages(viewed))]),
    parseSearch,
    stringifySearch,
    defaultPreload: 'intent',
    defaultPreloadStaleTime: 0,
    defaultPendingComponent: Loading,
    defaultPendingMs: 150,
    defaultErrorComponent: RouteError,
    defaultNotFoundComponent: NoPage,
    scrollRestoration: true,
  });
}
