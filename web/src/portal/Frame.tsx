import type { ReactNode } from 'react';
import { useMantineColorScheme, VisuallyHidden } from '@mantine/core';
import { IconBuilding, IconCheck, IconLogout, IconUserCircle } from '@tabler/icons-react';
import { useLocation } from '@tanstack/react-router';
import { api } from '../api/endpoints';
import { queryClient, useMe, useSend } from '../api/hooks';
import { Route, useGo } from '../nav';
import { paths } from '../paths';
import { languages, useLanguage, useTexts } from '../texts/texts';
import { LaterMenu } from '../ui/LaterMenu';
import { failed } from '../ui/toast';
import { Logo, useDark } from './parts';
import { usePortal } from './portal';
import { useSwitches } from './switches';
import { portalPaths, usePortalPaths } from './paths';
import classes from './portal.module.css';

interface Props {
  children: ReactNode;
  /** Where the agency looks at the portal as its client does. */
  viewing?: ReactNode;
  /** In a preview, which has no address of its own. */
  at?: string;
}

export function Frame({ children, viewing, at }: Props) {
  const { portal: t, common } = useTexts();
  const own = usePortalPaths();
  const to = at === undefined ? own : portalPaths('');
  const here = useLocation().pathname;
  const pathname = at ?? here;
  const current = (address: string, exact = false) => (pathname === address || (!exact && pathname.startsWith(`${address}/`)) ? 'page' as const : undefined);
  const home = current(to.home, true) ?? (pathname.includes('/instances/') ? 'page' : undefined);
  const dark = useDark();
  const team = useSwitches()?.teamManagementEnabled !== false;
  return (
    <div className={`oc-portal oc-brand-${dark ? 'dark' : 'light'} ${classes.frame}`}>
      <a href="#main" className="skip">{common.skip}</a>
      {viewing}
      <header className={`${classes.header} oc-brand-header`}>
        <div className={classes.bar}>
          <Route to={to.home} className={classes.logo}><Logo dark={dark} /></Route>
          <nav className={`${classes.nav} oc-brand-nav`} aria-label={t.navigation}>
            <Route to={to.home} className="oc-brand-nav-item" aria-current={home}>{t.home}</Route>
            {team && <Route to={to.team} className="oc-brand-nav-item" aria-current={current(to.team)}>{t.team}</Route>}
          </nav>
          <Account viewing={Boolean(viewing)} />
        </div>
      </header>
      <main id="main" tabIndex={-1} className={`${classes.main} oc-brand-main`}>{children}</main>
      <Footer />
    </div>
  );
}

export function Footer() {
  const { portal: t } = useTexts();
  const brand = usePortal()?.brand;
  const help = brand?.supportUrl ?? (brand?.supportEmail ? `mailto:${brand.supportEmail}` : undefined);
  if (!brand?.footerText && !help) return null;
  return (
    <footer className={`${classes.footer} oc-brand-footer`}>
      <div>
        <p>{brand?.footerText}</p>
        {help && <a className="oc-brand-link" style={{ color: 'var(--mantine-color-anchor)' }} href={help} {...(help.startsWith('https:') ? { target: '_blank', rel: 'noopener noreferrer' } : {})}>{t.support}</a>}
      </div>
    </footer>
  );
}

function Account({ viewing }: { viewing: boolean }) {
  const me = useMe();
  const go = useGo();
  const to = usePortalPaths();
  const portal = usePortal();
  const { texts, language, choose } = useLanguage();
  const { portal: t, session } = texts;
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const out = useSend(() => api.logout(), { onDone: () => { queryClient.clear(); go(paths.signIn(), { replace: true }); }, onError: failed });
  const tick = (on: boolean) => (on ? <IconCheck size={15} aria-hidden /> : undefined);
  const others = portal?.client || viewing ? [] : me.organizations;
  return (
    <LaterMenu
      position="bottom-end" width={230}
      target={
        <button type="button" className={classes.who}>
          <IconUserCircle size={20} stroke={1.5} aria-hidden />
          <span><VisuallyHidden>{t.account('')}</VisuallyHidden>{me.name}</span>
        </button>
      }
      entries={[
        { label: texts.account.title, icon: <IconUserCircle size={15} aria-hidden />, onClick: () => go(to.account()) },
        others.length > 1 && { heading: t.switchTo },
        ...(others.length > 1 ? others : []).map((other) => ({
          id: other.id, label: other.name, icon: <IconBuilding size={15} aria-hidden />, mark: tick(other.slug === me.current.slug), onClick: () => go(portalPaths(`/o/${other.slug}`).home),
        })),
        choose && { heading: texts.account.language },
        ...(choose ? languages : []).map(({ value, label }) => ({ id: value, label, lang: value, mark: tick(value === language), onClick: () => choose?.(value) })),
        { heading: t.appearance },
        ...([['auto', t.asSystem], ['light', t.light], ['dark', t.dark]] as const).map(([value, label]) => ({ id: value, label, mark: tick(value === colorScheme), onClick: () => setColorScheme(value) })),
        !viewing && 'line',
        !viewing && { label: session.signOut, icon: <IconLogout size={15} aria-hidden />, onClick: () => out.send(undefined) },
      ]}
    />
  );
}
