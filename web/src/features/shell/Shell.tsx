import { lazy, Suspense, useEffect, useState } from 'react';
import { ActionIcon, Burger, Center, useMantineColorScheme } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { IconDeviceDesktop, IconMoon, IconSearch, IconSun } from '@tabler/icons-react';
import { Outlet, useLocation } from '@tanstack/react-router';
import { api } from '../../api/endpoints';
import type { ApiError } from '../../api/errors';
import { MeContext, OrgContext, useRead } from '../../api/hooks';
import { ErrorState } from '../../ui/Errors';
import { LaterMenu } from '../../ui/LaterMenu';
import { Loading } from '../../ui/Loading';
import { Link, usePathPart } from '../../nav';
import { paths } from '../../paths';
import { product } from '../../theme/product';
import { Breadcrumbs, CrumbsContext, type Crumb } from './Page';
import { Sidebar } from './Sidebar';
import classes from './shell.module.css';

const FirstPassword = lazy(() => import('./FirstPassword'));
const Palette = lazy(() => import('./Palette'));

export default function Shell() {
  const org = usePathPart('org');
  return (
    <OrgContext value={org || undefined}>
      <SignedIn key={org} />
    </OrgContext>
  );
}

function SignedIn() {
  const { data: me, error, reload } = useRead(api.me());
  if (!me) return error && error.status !== 401 ? <Refused error={error} onRetry={() => void reload()} /> : <Loading />;
  if (me.mustChangePassword) return <Suspense fallback={<Loading />}><FirstPassword email={me.email} /></Suspense>;
  return (
    <MeContext value={me}>
      <OrgContext value={me.current.slug}>
        <Frame />
      </OrgContext>
    </MeContext>
  );
}

/** Most often the organization of the address is none of the caller's. */
function Refused({ error, onRetry }: { error: ApiError; onRetry: () => void }) {
  return (
    <main>
      <title>{product.name}</title>
      <ErrorState error={error} onRetry={onRetry} />
      <Center><Link to={paths.root}>Go to your own organization</Link></Center>
    </main>
  );
}

function Frame() {
  const [crumbs, setCrumbs] = useState<Crumb[]>([]);
  const [menu, setMenu] = useState(false);
  const [palette, setPalette] = useState(false);
  const { pathname } = useLocation();
  useEffect(() => setMenu(false), [pathname]);
  useHotkeys([['mod+K', () => setPalette(true)]], []);
  useHotkeys([['Escape', () => setMenu(false)]]);
  return (
    <CrumbsContext value={setCrumbs}>
      <div className={classes.frame}>
        <a href="#main" className="skip">Skip to content</a>
        <div className={classes.side} data-open={menu}><Sidebar /></div>
        {menu && <div className={classes.backdrop} onClick={() => setMenu(false)} />}
        <header className={classes.top}>
          <Burger className={classes.burger} opened={menu} onClick={() => setMenu(!menu)} size="sm" aria-label="Navigation" />
          <Breadcrumbs crumbs={crumbs} />
          <button type="button" className={classes.search} onClick={() => setPalette(true)}>
            <IconSearch size={14} aria-hidden />
            <span>Search or jump to</span>
            <kbd>{/Mac|iPhone/.test(navigator.userAgent) ? '⌘K' : 'Ctrl K'}</kbd>
          </button>
          <SchemeMenu />
        </header>
        <main className={classes.main} id="main" tabIndex={-1} style={{ outline: 'none' }}><Outlet /></main>
        {palette && <Suspense><Palette onClose={() => setPalette(false)} /></Suspense>}
      </div>
    </CrumbsContext>
  );
}

const schemes = [
  { value: 'auto', label: 'As the system', Icon: IconDeviceDesktop },
  { value: 'light', label: 'Light', Icon: IconSun },
  { value: 'dark', label: 'Dark', Icon: IconMoon },
] as const;

function SchemeMenu() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const current = schemes.find((scheme) => scheme.value === colorScheme) ?? schemes[0];
  return (
    <LaterMenu
      position="bottom-end" width={170}
      target={<ActionIcon variant="subtle" color="gray" size={30} aria-label={`Appearance: ${current.label}`} title="Appearance"><current.Icon size={16} aria-hidden /></ActionIcon>}
      entries={schemes.map(({ value, label, Icon }) => ({ label, icon: <Icon size={15} aria-hidden />, onClick: () => setColorScheme(value), chosen: value === colorScheme }))}
    />
  );
}
