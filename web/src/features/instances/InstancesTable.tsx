import type { ReactNode } from 'react';
import { IconCube } from '@tabler/icons-react';
import type { Query } from '../../api/client';
import { api } from '../../api/endpoints';
import { useList } from '../../api/hooks';
import type { InstanceView } from '../../api/types';
import { Link, usePaths, useUrlState } from '../../nav';
import { EmptyState, Tag, When } from '../../ui/Bits';
import { type Column, DataTable } from '../../ui/DataTable';
import { bytes } from '../../ui/format';
import { edition, inBetween, InstanceStatusView } from './InstanceParts';

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
