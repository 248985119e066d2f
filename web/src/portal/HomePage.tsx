import type { ReactNode } from 'react';
import { Anchor, Skeleton } from '@mantine/core';
import { IconCube, IconExternalLink } from '@tabler/icons-react';
import { api } from '../api/endpoints';
import { useAllowed, useList, useSend } from '../api/hooks';
import type { InstanceView } from '../api/types';
import { BackupHint } from '../features/backups/BackupHint';
import { Route } from '../nav';
import { useTexts } from '../texts/texts';
import { Action, EmptyState } from '../ui/Bits';
import { ErrorState } from '../ui/Errors';
import { failed } from '../ui/toast';
import { busy, InstanceState, Panel, PortalPage } from './parts';
import { usePortalPaths } from './paths';
import classes from './portal.module.css';

export default function HomePage() {
  const { portal: t } = useTexts();
  const to = usePortalPaths();
  const list = useList(api.instances(), { every: (rows) => (rows?.some(busy) ? 3000 : 20_000) });
  return (
    <PortalPage title={t.instances}>
      {list.error && !list.rows && <ErrorState error={list.error} onRetry={list.reload} />}
      {list.loading && <Panel><Skeleton height={40} /></Panel>}
      {list.rows?.length === 0 && <Panel><EmptyState icon={<IconCube size={28} stroke={1.5} aria-hidden />} title={t.noInstances}>{t.noInstancesNote}</EmptyState></Panel>}
      {list.rows && list.rows.length > 0 && <ul className={classes.cards}>{list.rows.map((instance) => <li key={instance.id}><InstanceCard instance={instance} hint={<BackupHint instance={instance} to={to.instance(instance.slug, 'backups')} />} /></li>)}</ul>}
    </PortalPage>
  );
}

export function InstanceCard({ instance, hint }: { instance: InstanceView; hint?: ReactNode }) {
  const { portal: t } = useTexts();
  const to = usePortalPaths();
  return (
    <article className={`${classes.card} oc-brand-card`}>
      <div>
        <h2 className="oc-brand-heading"><Route to={to.instance(instance.slug)}>{instance.name}</Route></h2>
        <p>
          {instance.status === 'running' ? <Anchor href={instance.url} target="_blank" rel="noopener noreferrer" inherit underline="always" className="oc-brand-link">{instance.url.replace(/^https?:\/\//, '')}</Anchor> : instance.domain}
          {' · '}Odoo {instance.odooVersion}{instance.operationId ? ` · ${t.workedOn}` : ''}
        </p>
        {hint}
      </div>
      <InstanceState instance={instance} />
      <OpenButton instance={instance} />
    </article>
  );
}

/** Signs the person in to Odoo where the role allows it, or only leads there. */
export function OpenButton({ instance }: { instance: InstanceView }) {
  const { portal: t } = useTexts();
  const may = useAllowed('manage:instances');
  const open = useSend(() => api.openInstance(instance.id), { onDone: (link) => window.open(link.url, '_blank', 'noopener'), onError: failed });
  return (
    <Action className="oc-brand-button" size="sm" refusal={instance.status === 'running' ? undefined : t.status[instance.status]} loading={open.busy} rightSection={<IconExternalLink size={15} aria-hidden />}
      onClick={() => (may ? open.send(undefined) : window.open(instance.url, '_blank', 'noopener'))}>
      {t.open}
    </Action>
  );
}
