import { useEffect, useMemo, useState } from 'react';
import { createPortal } from 'react-dom';
import { MantineProvider, SegmentedControl, Switch } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { MeContext } from '../../api/hooks';
import type { BrandingView } from '../../api/types';
import { brandTheme, brandVariables } from '../../portal/brand';
import { Frame } from '../../portal/Frame';
import { InstanceCard } from '../../portal/HomePage';
import { PortalPage } from '../../portal/parts';
import { PortalContext } from '../../portal/portal';
import portalClasses from '../../portal/portal.module.css';
import { portalFrom, sampleInstances, samplePerson } from '../../portal/sample';
import { en } from '../../texts/en';
import { TextsContext } from '../../texts/texts';
import { styleNonce, stylesCarryNonce } from '../../theme/nonce';
import SignInPage from '../session/SignInPage';
import { MailSample } from './MailSample';
import classes from './branding.module.css';

type What = 'login' | 'home' | 'mail';

const sizes = { desktop: [1120, 720], phone: [390, 720] } as const;
/** Pixels of a frame's line and its ground. */
const around = 30;

/** The portal's own pages in a frame of their own, with what is written in the form. */
export function Preview({ branding, name, first = 'login' }: { branding: BrandingView; name: string; first?: What }) {
  const [what, setWhat] = useState<What>(first);
  const [device, setDevice] = useState<'desktop' | 'phone'>('desktop');
  const [dark, setDark] = useState(false);
  const { ref, width: room } = useElementSize();
  const [width, height] = sizes[device];
  const scale = device === 'desktop' ? Math.min(1, Math.max(0.3, (room - around) / width)) : 0.85;
  return (
    <section className={classes.preview} aria-label="Preview">
      <div className={classes.previewBar}>
        <SegmentedControl size="xs" aria-label="Page" data={[{ value: 'login', label: 'Sign-in' }, { value: 'home', label: 'Home' }, { value: 'mail', label: 'Mail' }]} value={what} onChange={(value) => setWhat(value as What)} />
        <SegmentedControl size="xs" aria-label="Device" data={[{ value: 'desktop', label: 'Desktop' }, { value: 'phone', label: 'Phone' }]} value={device} onChange={(value) => setDevice(value as 'desktop' | 'phone')} />
        <Switch size="xs" label="Dark" checked={dark} onChange={(event) => setDark(event.currentTarget.checked)} disabled={what === 'mail'} />
      </div>
      <div className={classes.stage} ref={ref}>
        <div style={{ width: width * scale, height: height * scale }}>
          <Pane key={`${device}`} width={width} height={height} scale={scale}>
            {(target) => <Shown target={target} branding={branding} name={name} what={what} dark={dark && what !== 'mail'} />}
          </Pane>
        </div>
      </div>
    </section>
  );
}

/** An empty frame of this page's own origin: its width decides the layout, and nothing in it can be reached by keyboard or mouse. */
function Pane({ width, height, scale, children }: { width: number; height: number; scale: number; children: (target: Document) => React.ReactNode }) {
  const [frame, setFrame] = useState<HTMLIFrameElement | null>(null);
  const [target, setTarget] = useState<Document>();
  useEffect(() => {
    const inner = frame?.contentDocument;
    if (!inner) return;
    stylesCarryNonce(inner);
    for (const sheet of document.querySelectorAll('link[rel="stylesheet"]')) inner.head.append(inner.importNode(sheet, true));
    for (const sheet of document.querySelectorAll('style')) inner.head.append(Object.assign(inner.createElement('style'), { textContent: sheet.textContent }));
    inner.documentElement.lang = 'en';
    inner.title = 'Preview of the portal';
    setTarget(inner);
  }, [frame]);
  return (
    <>
      <iframe ref={setFrame} title="Preview of the portal" tabIndex={-1} width={width} height={height} style={{ transform: `scale(${scale})` }} inert />
      {target && createPortal(children(target), target.body)}
    </>
  );
}

function Shown({ target, branding, name, what, dark }: { target: Document; branding: BrandingView; name: string; what: What; dark: boolean }) {
  const portal = useMemo(() => portalFrom(branding, name), [branding, name]);
  const mine = useMemo(() => (portal.brand ? { theme: brandTheme(portal.brand), variables: brandVariables(portal.brand) } : undefined), [portal.brand]);
  useEffect(() => {
    const sheet = target.createElement('style');
    sheet.textContent = `${branding.themeCss}\n${what === 'login' ? '' : (branding.customCssApplied ?? '')}`;
    target.head.append(sheet);
    return () => sheet.remove();
  }, [target, branding.themeCss, branding.customCssApplied, what]);
  return (
    <MantineProvider theme={mine?.theme} cssVariablesResolver={mine?.variables} forceColorScheme={dark ? 'dark' : 'light'} getRootElement={() => target.documentElement} getStyleNonce={styleNonce}>
      <TextsContext value={{ language: 'en', texts: en }}>
        <PortalContext value={portal}>
          <MeContext value={samplePerson}>
            {what === 'login' && <SignInPage />}
            {what === 'home' && (
              <Frame at="/">
                <PortalPage title={en.portal.instances}>
                  <ul className={portalClasses.cards}>{sampleInstances.map((instance) => <li key={instance.id}><InstanceCard instance={instance} /></li>)}</ul>
                </PortalPage>
              </Frame>
            )}
            {what === 'mail' && <MailSample mail={branding.mail} />}
          </MeContext>
        </PortalContext>
      </TextsContext>
    </MantineProvider>
  );
}
