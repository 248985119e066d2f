import { IconHistory } from '@tabler/icons-react';
import type { Query } from '../../api/client';
import { api } from '../../api/endpoints';
import { useList } from '../../api/hooks';
import type { OperationView } from '../../api/types';
import { Link, usePaths, useUrlState } from '../../nav';
import { EmptyState, When } from '../../ui/Bits';
import { type Column, DataTable } from '../../ui/DataTable';
import { between } from '../../ui/format';
import { isActive, OperationStatus, progress } from './OperationParts';

export function OperationsTable({ query, empty }: { query: Query; empty?: React.ReactNode }) {
  const to = usePaths();
  const sort = useUrlState('sort');
  const list = useList(api.operations(query), { every: (rows) => (rows?.some(isActive) ? 3000 : 20_000) });
  const columns: Column<OperationView>[] = [
    { key: 'title', header: 'Operation', render: (row) => <Link to={to.operation(row.id)} strong>{row.title}</Link>, sort: (row) => row.title },
    { key: 'state', header: 'State', render: (row) => <OperationStatus operation={row} />, sort: (row) => row.state },
    { key: 'progress', header: 'Progress', render: (row) => <span className="dim nowrap">{progress(row)}</span> },
    { key: 'for', header: 'Organization', render: (row) => row.organization.name, sort: (row) => row.organization.name },
    { key: 'by', header: 'Started by', render: (row) => row.createdBy, sort: (row) => row.createdBy },
    { key: 'took', header: 'Took', align: 'right', render: (row) => <span className="nowrap">{between(row.startedAt, row.finishedAt) || '–'}</span> },
    { key: 'at', header: 'When', align: 'right', render: (row) => <When at={row.createdAt} />, sort: (row) => row.createdAt },
  ];
  return (
    <DataTable label="Operations" noun="operation" list={list} columns={columns} rowKey={(row) => row.id} sort={sort} empty={empty ?? (
      <EmptyState icon={<IconHistory size={28} stroke={1.5} aria-hidden />} title="No operations">Work that takes time shows here, with its steps and its log.</EmptyState>
    )} />
  );
}
