import type { ReactNode } from 'react';
import { Tooltip } from '@mantine/core';
import { IconCube } from '@tabler/icons-react';
import { api } from '../../api/endpoints';
import { useList } from '../../api/hooks';
import type { Query } from '../../api/client';
import type { InstanceStatus, InstanceView } from '../../api/types';
import { Link, usePaths, useUrlState } from '../../nav';
import { EmptyState, Status, Tag, type Tone, When } from '../../ui/Bits';
import { type Column, DataTable } from '../../ui/DataTable';
import { bytes, words } from '../../ui/format';

const tones: Record<InstanceStatus, Tone> = {
  creating: 'busy', running: 'good', stopped: 'idle', restarting: 'busy', failed: 'bad', removing: 'busy', suspended: 'idle',
};

export const instanceStatuses = Object.keys(tones).map((value) => ({ value, label: words(value) }));

const inBetween = (instance: InstanceView) => ['creating', 'restarting', 'removing'].includes(instance.status);

export function InstanceStatusView({ instance }: { instance: InstanceView }) {
  const sick = instance.status === 'running' && instance.health === 'unhealthy';
  const status = <Status tone={sick ? 'warn' : tones[instance.status]}>{sick ? 'Unhealthy' : words(instance.status)}</Status>;
  return instance.statusMessage ? <Tooltip label={instance.statusMessage}><span>{status}</span></Tooltip> : status;
}

export const edition = (instance: { odooVersion: string; odooEdition: string }) => `${instance.odooVersion} ${instance.odooEdition === 'ee' ? 'Enterprise' : 'Community'}`;

/** What may be done in which state; the server has the last word. */
export const can = {
  start: (instance: InstanceView) => ['stopped', 'failed'].includes(instance.status) ? undefined : `It is ${instance.status}.`,
  stop: (instance: InstanceView) => ['running', 'failed', 'restarting'].includes(instance.status) ? undefined : `It is ${instance.status}.`,
  restart: (instance: InstanceView) => ['running', 'failed'].includes(instance.status) ? undefined : `It is ${instance.status}.`,
  remove: (instance: InstanceView) => instance.status === 'removing' ? 'It is being removed.' : undefined,
  open: (instance: InstanceView) => instance.status === 'running' ? undefined : `It is ${instance.status}.`,
  changeModules: (instance: InstanceView) => instance.status === 'running' ? undefined : `It is ${instance.status}; modules are changed while it runs.`,
};

interface Props {
  query: Query;
  org?: string;
  /** Columns that say nothing here. */
  hide?: string[];
  empty?: ReactNode;
}

export function InstancesTable({ query, hide = [], empty }: Props) {
  const to = usePaths();
  const sort = useUrlState('sort');
  const list = useList(api.instances(query), { every: (rows) => (rows?.some(inBetween) ? 4000 : 30_000) });
  const columns: Column<InstanceView>[] = [
    {
      key: 'name', header: 'Instance', sort: (row) => row.name,
      render: (row) => <span className="nowrap"><Link to={to.instance(row.id)} strong>{row.name}</Link>{row.restartNeeded && <> <Tag tone="warn">Restart needed</Tag></>}</span>,
    },
    { key: 'client', header: 'Organization', render: (row) => row.organization.name, sort: (row) => row.organization.name },
    { key: 'status', header: 'Status', render: (row) => <InstanceStatusView instance={row} />, sort: (row) => row.status },
    { key: 'odoo', header: 'Odoo', render: (row) => <span className="nowrap">{edition(row)}</span>, sort: (row) => row.odooVersion },
    { key: 'server', header: 'Server', render: (row) => <Link to={to.server(row.server.id)}>{row.server.name}</Link>, sort: (row) => row.server.name },
    { key: 'memory', header: 'Memory', align: 'right', render: (row) => (row.use ? <span className="nowrap">{bytes(row.use.memoryBytes)}</span> : '–'), sort: (row) => row.use?.memoryBytes ?? 0 },
    { key: 'cpu', header: 'CPU', align: 'right', render: (row) => (row.use ? `${Math.round(row.use.cpuPercent)} %` : '–'), sort: (row) => row.use?.cpuPercent ?? 0 },
    { key: 'created', header: 'Created', align: 'right', render: (row) => <When at={row.createdAt} />, sort: (row) => row.createdAt },
  ];
  return (
    <DataTable label="Instances" noun="instance" list={list} columns={columns.filter((column) => !hide.includes(column.key))} rowKey={(row) => row.id} sort={sort} empty={empty ?? (
      <EmptyState icon={<IconCube size={28} stroke={1.5} aria-hidden />} title="No instances">An instance is one Odoo with its database, made from a template on one of your servers.</EmptyState>
    )} />
  );
}
