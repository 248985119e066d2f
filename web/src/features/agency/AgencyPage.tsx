import { Group } from '@mantine/core';
import { IconBuildingSkyscraper, IconCircleCheck } from '@tabler/icons-react';
import { api } from '../../api/endpoints';
import { useList, useMe, useRead } from '../../api/hooks';
import type { AgencyTotals, AttentionItem } from '../../api/types';
import { Link, LinkButton, usePaths } from '../../nav';
import { EmptyState, Facts, FactsSkeleton, Section, Status } from '../../ui/Bits';
import { ErrorState } from '../../ui/Errors';
import { OverdueBackup, useOverdueBackups } from '../backups/OverdueBackups';
import { ClientsTable, soonWhereBusy } from '../clients/ClientsTable';
import { Page } from '../shell/Page';
import { EnableAgency } from './EnableAgency';
import classes from './agency.module.css';

export default function AgencyPage() {
  const me = useMe();
  return me.current.agencyEnabled ? <Overview /> : <EnableAgency />;
}

function Overview() {
  const to = usePaths();
  const { data, error, reload } = useRead(api.agency(), { every: () => 15_000 });
  const overdue = useOverdueBackups();
  const clients = useList(api.clients(), { every: soonWhereBusy });
  if (error && !data) return <Page title="Agency"><ErrorState error={error} onRetry={() => void reload()} /></Page>;
  return (
    <Page title="Agency" actions={<><LinkButton to={to.newInstance()} variant="default">New instance</LinkButton><LinkButton to={to.newClient}>New client</LinkButton></>}>
      <div className={classes.totals}>{data ? <Totals totals={data.totals} /> : <FactsSkeleton count={5} />}</div>
      <Section title="Needs attention">
        {data && data.attention.length + overdue.length === 0 && <p className={classes.calm}><IconCircleCheck size={17} aria-hidden /> Nothing needs you now.</p>}
        {data && data.attention.length + overdue.length > 0 && <ul className={classes.attention}>{data.attention.map((item) => <Attention key={`${item.code}-${item.objectId}`} item={item} />)}{overdue.map((name) => <OverdueBackup key={name} name={name} />)}</ul>}
        {!data && <FactsSkeleton count={3} />}
      </Section>
      <Section title="Clients" actions={<Link to={to.clients}>All clients</Link>}>
        <ClientsTable list={clients} empty={
          <EmptyState icon={<IconBuildingSkyscraper size={28} stroke={1.5} aria-hidden />} title="No clients yet" action={<LinkButton to={to.newClient}>New client</LinkButton>}>
            Each customer of the agency gets an organization of its own, with its own members and instances.
          </EmptyState>
        } />
      </Section>
    </Page>
  );
}

/** "all running" where there is nothing to worry about, "2 running" where there may be. */
const some = (all: number, good: number, word: string) => (all === 0 ? 'yet' : good === all ? (all === 1 ? word : `all ${word}`) : `${good} ${word}`);

function Totals({ totals }: { totals: AgencyTotals }) {
  const to = usePaths();
  const line = (address: string, number: string, note: string) => <Link to={address}><span className={classes.total}>{number}</span> <span className="dim">{note}</span></Link>;
  return (
    <Facts min={170} items={[
      ['Clients', line(to.clients, String(totals.clients), totals.suspendedClients ? `${totals.suspendedClients} suspended` : totals.clients ? 'none suspended' : 'yet')],
      ['Instances', line(to.instances, String(totals.instances), some(totals.instances, totals.instancesRunning, 'running'))],
      ['Servers', line(to.servers, String(totals.servers), some(totals.servers, totals.serversActive, 'active'))],
      ['Templates', line(to.templates, String(totals.templates), 'ready to use')],
      ['Operations', line(to.operations({ state: 'active' }), String(totals.operationsRunning), 'running')],
    ]} />
  );
}

const fixes: Record<string, string> = {
  server_host_key_changed: 'Review host key',
  server_unreachable: 'Open server',
  instance_failed: 'Open log',
  operation_stuck: 'Open operation',
  disk_low: 'Open server',
  backup_odd: 'Open backups',
  domain_dangling: 'Open domains',
  domain_elsewhere: 'Open domains',
};

function Attention({ item }: { item: AttentionItem }) {
  const to = usePaths();
  const address =
    item.objectType === 'server' ? to.server(item.objectId)
      : item.objectType === 'instance' ? to.instance(item.objectId, item.code === 'instance_failed' ? 'logs' : item.code === 'backup_odd' ? 'backups' : item.code.startsWith('domain_') ? 'domains' : undefined)
        : item.objectType === 'operation' ? to.operation(item.objectId)
        : item.objectType === 'topology' ? to.topology(item.objectId)
          : item.objectType === 'portal_domain' ? to.portalDomains
          : item.objectType === 'client' ? to.client(item.objectId)
            : item.objectType === 'template' ? to.template(item.objectId) : undefined;
  return (
    <li>
      <Status tone={item.severity === 'error' ? 'bad' : 'warn'}>{item.severity === 'error' ? 'Error' : 'Warning'}</Status>
      <div>
        <div>{item.message}{item.client && <span className="dim"> · {item.client}</span>}</div>
        <div className="dim">{item.hint}</div>
      </div>
      {address && <Group gap={8}><LinkButton to={address} variant="default" size="compact-sm">{fixes[item.code] ?? `Open ${item.objectType}`}</LinkButton></Group>}
    </li>
  );
}
