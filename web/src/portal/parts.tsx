import type { ReactNode } from 'react';
import { Title, useMantineColorScheme } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import type { InstanceView } from '../api/types';
import { Route, useUrlState } from '../nav';
import { useTexts } from '../texts/texts';
import { Status, type Tone } from '../ui/Bits';
import { usePortal } from './portal';
import classes from './portal.module.css';

/** Whether the page is dark, as it is shown now. */
export function useDark(): boolean {
  const { colorScheme } = useMantineColorScheme();
  const system = useMediaQuery('(prefers-color-scheme: dark)', undefined, { getInitialValueInEffect: false });
  return colorScheme === 'dark' || (colorScheme === 'auto' && Boolean(system));
}

/** The agency's logo, or its initial and name where it has none. */
export function Logo({ dark }: { dark: boolean }) {
  const portal = usePortal();
  if (!portal) return null;
  const { brand, productName } = portal;
  const source = (dark ? (brand?.logoDarkUrl ?? brand?.logoUrl) : brand?.logoUrl) ?? undefined;
  if (source) return <img className="oc-brand-logo" src={source} alt={productName} />;
  return <><span className={classes.mark} aria-hidden>{productName.trim().charAt(0).toUpperCase()}</span><span className="clip oc-brand-logo">{productName}</span></>;
}

interface PageProps {
  title: string;
  aside?: ReactNode;
  actions?: ReactNode;
  tabs?: { value: string; label: string }[];
  children: ReactNode;
}

export function PortalPage({ title, aside, actions, tabs, children }: PageProps) {
  const portal = usePortal();
  return (
    <>
      <title>{`${title} · ${portal?.productName ?? ''}`}</title>
      <div className={classes.head}>
        <div className={classes.title}><Title order={1} className="oc-brand-heading">{title}</Title>{aside}</div>
        {actions && <div className={classes.actions}>{actions}</div>}
      </div>
      {tabs && tabs.length > 1 && <Tabs title={title} tabs={tabs} />}
      {children}
    </>
  );
}

function Tabs({ title, tabs }: { title: string; tabs: { value: string; label: string }[] }) {
  const [tab] = useTool(tabs);
  return (
    <nav className={classes.tabs} aria-label={title}>
      {tabs.map(({ value, label }, index) => (
        <Route key={value} to={index === 0 ? window.location.pathname : `${window.location.pathname}?tab=${value}`} aria-current={value === tab ? 'page' : undefined}>{label}</Route>
      ))}
    </nav>
  );
}

export function useTool(tabs: { value: string }[]) {
  const [tab, set] = useUrlState('tab', tabs[0]?.value);
  return [tabs.some((item) => item.value === tab) ? tab : (tabs[0]?.value ?? ''), set] as const;
}

export function Panel({ title, note, actions, children }: { title?: string; note?: string; actions?: ReactNode; children?: ReactNode }) {
  return (
    <section className={`${classes.panel} oc-brand-card`}>
      {(title || actions) && (
        <div className={classes.head} style={{ marginBottom: children ? 12 : 0 }}>
          <div>{title && <Title order={2} className="oc-brand-heading">{title}</Title>}{note && <p className="dim" style={{ margin: '2px 0 0', fontSize: 13 }}>{note}</p>}</div>
          {actions}
        </div>
      )}
      {children}
    </section>
  );
}

const tones: Record<InstanceView['status'], Tone> = { creating: 'busy', running: 'good', stopped: 'idle', restarting: 'busy', failed: 'bad', removing: 'busy', suspended: 'idle' };

export function InstanceState({ instance }: { instance: Pick<InstanceView, 'status' | 'health'> }) {
  const { portal: t } = useTexts();
  if (instance.status === 'running' && instance.health === 'unhealthy') return <Status tone="warn">{t.unhealthy}</Status>;
  return <span className="oc-brand-badge"><Status tone={tones[instance.status]}>{t.status[instance.status]}</Status></span>;
}

export const busy = (instance: InstanceView) => Boolean(instance.operationId) || ['creating', 'restarting', 'removing'].includes(instance.status);
