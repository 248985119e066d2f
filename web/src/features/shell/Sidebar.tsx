import { lazy, Suspense, useState } from 'react';
import { VisuallyHidden } from '@mantine/core';
import {
  IconArchive, IconBellRinging, IconBuildingSkyscraper, IconCheck, IconChevronDown, IconClipboardList, IconCube, IconHistory, IconKey, IconLayoutDashboard, IconLogout, IconPlus,
  IconPalette, IconReceipt, IconServer, IconSettings, IconShieldLock, IconSitemap, IconTemplate, IconToggleRight, IconUserCircle, IconUsers, IconUserShield, IconWebhook, IconWorldWww, type Icon,
} from '@tabler/icons-react';
import { useLocation } from '@tanstack/react-router';
import { api } from '../../api/endpoints';
import { allows, queryClient, useMe, useSend } from '../../api/hooks';
import type { MeView } from '../../api/types';
import { Route, useGo, usePaths } from '../../nav';
import { paths } from '../../paths';
import { LaterMenu } from '../../ui/LaterMenu';
import { Mark } from '../../ui/Mark';
import { failed } from '../../ui/toast';
import classes from './shell.module.css';

const NewOrganization = lazy(() => import('./NewOrganization'));

export interface Entry {
  label: string;
  to: string;
  icon: Icon;
}

/** The pages the caller may open here, in the order of the sidebar. */
export function entries(me: MeView): { label?: string; items: Entry[] }[] {
  const to = paths.in(me.current.slug);
  const may = (permission: string) => allows(me.current.permissions, permission);
  const only = (items: (Entry | false)[]) => items.filter((item) => item !== false);
  const isClient = me.current.kind === 'client';
  return [
    {
      items: only([
        !isClient && { label: 'Agency', to: to.agency, icon: IconLayoutDashboard },
        !isClient && me.current.agencyEnabled && may('view:agency') && { label: 'Clients', to: to.clients, icon: IconBuildingSkyscraper },
        may('view:instances') && { label: 'Instances', to: to.instances, icon: IconCube },
        may('view:templates') && { label: 'Templates', to: to.templates, icon: IconTemplate },
        !isClient && me.current.agencyEnabled && may('view:topologies') && { label: 'Topologies', to: to.topologies, icon: IconSitemap },
        may('view:servers') && { label: 'Servers', to: to.servers, icon: IconServer },
        may('view:backups') && { label: 'Backups', to: to.backups(), icon: IconArchive },
        may('view:operations') && { label: 'Operations', to: to.operations(), icon: IconHistory },
        may('view:monitoring') && { label: 'Alerts', to: to.alerts, icon: IconBellRinging },
      ]),
    },
    {
      label: 'Client portals',
      items: only(isClient || !me.current.agencyEnabled || !may('view:agency') ? [] : [
        { label: 'Branding', to: to.branding(), icon: IconPalette },
        { label: 'Portal domains', to: to.portalDomains, icon: IconWorldWww },
        { label: 'Portal configuration', to: to.portalConfig(), icon: IconToggleRight },
      ]),
    },
    {
      label: 'Organization',
      items: only([
        may('view:members') && { label: 'Members', to: to.members(), icon: IconUsers },
        may('view:roles') && { label: 'Roles', to: to.roles, icon: IconShieldLock },
        may('view:api-keys') && { label: 'API keys', to: to.apiKeys, icon: IconKey },
        may('view:webhooks') && { label: 'Webhooks', to: to.webhooks, icon: IconWebhook },
        may('view:audit') && { label: 'Audit log', to: to.audit(), icon: IconClipboardList },
        may('view:organization') && { label: 'Settings', to: to.settings(), icon: IconSettings },
      ]),
    },
    { label: 'Installation', items: only([me.isOperator && { label: 'Plans', to: paths.plans, icon: IconReceipt }, me.isOperator && { label: 'Accounts', to: paths.accounts, icon: IconUserShield }]) },
  ].filter((group) => group.items.length > 0);
}

export function Sidebar() {
  const me = useMe();
  const { pathname } = useLocation();
  return (
    <>
      <Switcher />
      <nav className={classes.nav} aria-label="Main">
        {entries(me).map((group) => (
          <div key={group.label ?? ''}>
            {group.label && <div className={classes.group} id={`nav-${group.label}`}>{group.label}</div>}
            <ul aria-labelledby={group.label ? `nav-${group.label}` : undefined}>
              {group.items.map(({ label, to, icon: Symbol }) => (
                <li key={to}>
                  <Route to={to} className={classes.link} aria-current={pathname === to || pathname.startsWith(`${to}/`) ? 'page' : undefined}>
                    <Symbol size={16} aria-hidden />
                    {label}
                  </Route>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </nav>
      <Account />
    </>
  );
}

function Switcher() {
  const me = useMe();
  const go = useGo();
  const [creating, setCreating] = useState(false);
  return (
    <>
      <LaterMenu
        position="bottom-start" width={264} offset={2}
        target={
          <button type="button" className={classes.switcher}>
            <Mark name={me.current.name} />
            <span><VisuallyHidden>Switch organization, now </VisuallyHidden>{me.current.name}</span>
            <IconChevronDown size={14} aria-hidden />
          </button>
        }
        entries={[
          ...me.organizations.map((organization) => ({
            id: organization.id,
            icon: <Mark name={organization.name} />,
            mark: organization.slug === me.current.slug ? <IconCheck size={15} aria-label="current" /> : undefined,
            onClick: () => go(paths.in(organization.slug).home),
            label: (
              <>
                <div className="clip">{organization.name}</div>
                <div className="dim" style={{ fontSize: 11 }}>
                  {organization.delegated ? 'Client, for the agency' : (organization.role ?? organization.kind)}
                  {organization.suspended && ' · suspended'}
                </div>
              </>
            ),
          })),
          'line',
          { label: 'New organization', icon: <IconPlus size={15} aria-hidden />, onClick: () => setCreating(true) },
        ]}
      />
      {creating && <Suspense><NewOrganization onClose={() => setCreating(false)} /></Suspense>}
    </>
  );
}

function Account() {
  const me = useMe();
  const to = usePaths();
  const go = useGo();
  const out = useSend(() => api.logout(), {
    onDone: () => { queryClient.clear(); go(paths.signIn(), { replace: true }); },
    onError: failed,
  });
  return (
    <div className={classes.account}>
      <LaterMenu
        position="top-start" width={208}
        target={
          <button type="button">
            <IconUserCircle size={20} stroke={1.5} aria-hidden />
            <div><VisuallyHidden>Account of </VisuallyHidden>{me.name}<small>{me.email}</small></div>
          </button>
        }
        entries={[
          { label: 'Your account', icon: <IconUserCircle size={15} aria-hidden />, onClick: () => go(to.account()) },
          { label: 'Sign out', icon: <IconLogout size={15} aria-hidden />, onClick: () => out.send(undefined) },
        ]}
      />
    </div>
  );
}
