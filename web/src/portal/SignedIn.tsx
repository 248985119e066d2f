import { lazy, Suspense, useEffect, type ReactNode } from 'react';
import type { MeView } from '../api/types';
import { Outlet, useLocation } from '@tanstack/react-router';
import { api } from '../api/endpoints';
import { MeContext, OrgContext, useRead, useSend } from '../api/hooks';
import { usePathPart } from '../nav';
import { type Language, useLanguage } from '../texts/texts';
import { ErrorState } from '../ui/Errors';
import { Loading } from '../ui/Loading';
import { Frame } from './Frame';
import { Gone } from './Gone';
import { usePortal } from './portal';

const FirstPassword = lazy(() => import('../features/shell/FirstPassword'));

export default function SignedIn() {
  const portal = usePortal();
  const org = usePathPart('org') || portal?.client?.slug;
  return <OrgContext value={org}><People key={org ?? ''} /></OrgContext>;
}

export function People({ viewing }: { viewing?: ReactNode }) {
  const { data: me, error, reload } = useRead(api.me(), { every: () => 60_000 });
  useCustomCss(usePortal()?.customStylesheet ?? undefined);
  // Nothing but a password of their own is taken before they have one.
  useAccountLanguage(viewing || me?.mustChangePassword ? undefined : me);
  if (!me && error?.code === 'organization_suspended') return <Gone suspended message={error.message} />;
  if (!me) return error && error.status !== 401 ? <ErrorState error={error} onRetry={() => void reload()} /> : <Loading />;
  if (me.mustChangePassword) return <Suspense fallback={<Loading />}><FirstPassword email={me.email} /></Suspense>;
  return <MeContext value={me}><OrgContext value={me.current.slug}><Frame viewing={viewing}><Outlet /></Frame></OrgContext></MeContext>;
}

/** The account knows the language that is read, for mails. What was chosen elsewhere counts where nothing was chosen on this device. */
function useAccountLanguage(me: MeView | undefined) {
  const { language, chosen, choose } = useLanguage();
  const save = useSend((read: Language) => api.updateMe({ language: read }), { quiet: true });
  const { send } = save;
  const known = me && (me.language ?? null);
  useEffect(() => {
    if (known === undefined || known === language) return;
    if (known && !chosen) choose?.(known as Language);
    else send(language);
  }, [known, language, chosen, choose, send]);
}

/** The agency's own styles, but never where people guard their account or type what runs; `?safe=1` leaves them out everywhere. */
function useCustomCss(address: string | undefined) {
  const { pathname, searchStr } = useLocation();
  const search = new URLSearchParams(searchStr);
  const guarded = /\/account(\/|$)/.test(pathname) || ['terminal', 'odoo-shell'].includes(search.get('tab') ?? '');
  const wanted = address && !guarded && !search.has('safe') ? address : undefined;
  useEffect(() => {
    if (!wanted) return;
    const link = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: wanted });
    document.head.append(link);
    return () => link.remove();
  }, [wanted]);
}
