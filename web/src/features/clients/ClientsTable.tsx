import type { ReactNode } from 'react';
import type { ListState } from '../../api/hooks';
import type { ClientView } from '../../api/types';
import { Link, usePaths, useUrlState } from '../../nav';
import { Status, Tags, type Tone, When } from '../../ui/Bits';
import { type Column, DataTable } from '../../ui/DataTable';
import { Mark } from '../../ui/Mark';

const health: Record<string, [Tone, string, number]> = {
  down: ['bad', 'Down', 0], degraded: ['warn', 'Degraded', 1], deleting: ['busy', 'Deleting', 2], suspended: ['idle', 'Suspended', 3],
  none: ['idle', 'No instances', 4], healthy: ['good', 'Healthy', 5],
};

export const healthOptions = Object.entries(health).map(([value, [, label]]) => ({ value, label }));

/** A deletion is followed until its row is gone. */
export const soonWhereBusy = (rows: readonly ClientView[] | undefined) => (rows?.some((row) => row.deleteOperationId) ? 2500 : 30_000);

export function ClientHealth({ client }: { client: ClientView }) {
  const [tone, label] = health[client.health] ?? ['idle', client.health];
  return <Status tone={tone}>{label}</Status>;
}

export function ClientsTable({ list, empty }: { list: ListState<ClientView>; empty: ReactNode }) {
  const to = usePaths();
  const sort = useUrlState('sort');
  const columns: Column<ClientView>[] = [
    {
      key: 'name', header: 'Client', sort: (row) => row.name,
      render: (row) => <div style={{ display: 'flex', alignItems: 'center', gap: 8 }}><Mark name={row.name} logo={row.logoUrl} neutral /><div className="clip"><Link to={to.client(row.slug)} strong>{row.name}</Link></div></div>,
    },
    { key: 'health', header: 'Health', render: (row) => <ClientHealth client={row} />, sort: (row) => health[row.health]?.[2] ?? 9 },
    { key: 'instances', header: 'Instances', align: 'right', render: (row) => (row.instanceCount ? `${row.instancesRunning} of ${row.instanceCount} up` : '–'), sort: (row) => row.instanceCount },
    { key: 'versions', header: 'Odoo', render: (row) => <Tags items={row.odooVersions} most={2} /> },
    { key: 'members', header: 'Members', align: 'right', render: (row) => row.memberCount, sort: (row) => row.memberCount },
    { key: 'slug', header: 'Slug', render: (row) => <span className="mono dim">{row.slug}</span>, sort: (row) => row.slug },
    { key: 'created', header: 'Created', align: 'right', render: (row) => <When at={row.createdAt} />, sort: (row) => row.createdAt },
  ];
  return <DataTable label="Clients" noun="client" list={list} columns={columns} rowKey={(row) => row.id} sort={sort} empty={empty} />;
}
