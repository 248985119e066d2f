import { useState } from 'react';
import { Button } from '@mantine/core';
import { IconClipboardList } from '@tabler/icons-react';
import type { Query } from '../../api/client';
import { api } from '../../api/endpoints';
import { useList } from '../../api/hooks';
import type { AuditEntryView } from '../../api/types';
import { Link, usePaths } from '../../nav';
import { EmptyState, Facts, When } from '../../ui/Bits';
import { type Column, DataTable } from '../../ui/DataTable';
import { Changes } from '../../ui/Changes';
import { Dialog } from '../../ui/Dialog';
import { exact, plural } from '../../ui/format';

export function AuditTable({ query, org, filtered }: { query: Query; org?: string; filtered?: boolean }) {
  const [open, setOpen] = useState<AuditEntryView>();
  const list = useList(api.auditLogs(query), { org });
  const columns: Column<AuditEntryView>[] = [
    { key: 'at', header: 'When', render: (row) => <When at={row.at} /> },
    { key: 'actor', header: 'Who', wrap: true, render: (row) => <>{row.actor}{row.onBehalfOf && <span className="dim"> for {row.onBehalfOf}</span>}</> },
    { key: 'action', header: 'Action', render: (row) => <span className="mono">{row.action}</span> },
    { key: 'object', header: 'Object', render: (row) => row.objectName ?? row.objectId ?? '–' },
    { key: 'changes', header: 'Changes', render: (row) => { const count = Object.keys(row.changes ?? {}).length; return count ? plural(count, 'field') : <span className="dim">–</span>; } },
    { key: 'ip', header: 'Address', render: (row) => <span className="mono dim">{row.ip ?? '–'}</span> },
    { key: 'open', header: 'Details', actions: true, render: (row) => <Button variant="subtle" size="compact-xs" onClick={() => setOpen(row)} aria-label={`Details of ${row.action}`}>Details</Button> },
  ];
  return (
    <>
      <DataTable label="Audit log" noun="record" list={list} columns={columns} rowKey={(row) => row.id} empty={filtered
        ? <EmptyState title="No record matches">Try another word or more days, or clear the filters.</EmptyState>
        : <EmptyState icon={<IconClipboardList size={28} stroke={1.5} aria-hidden />} title="Nothing recorded">Each change is written here with who made it, from where, and what it changed.</EmptyState>} />
      {open && <Details entry={open} onClose={() => setOpen(undefined)} />}
    </>
  );
}

function Details({ entry, onClose }: { entry: AuditEntryView; onClose: () => void }) {
  const to = usePaths();
  const changes = Object.entries(entry.changes ?? {}).map(([key, change]) => ({ key, before: change.before, after: change.after }));
  return (
    <Dialog onClose={onClose} size={680} title={<span className="mono">{entry.action}</span>}>
      <Facts items={[
        ['When', exact(entry.at)],
        ['Who', entry.actor],
        ['On behalf of', entry.onBehalfOf],
        ['Object', [entry.objectType, entry.objectName].filter(Boolean).join(' ') || '–'],
        ['Address', entry.ip ?? '–'],
        ['Operation', entry.operationId ? <Link to={to.operation(entry.operationId)}>Open</Link> : undefined],
      ]} />
      {entry.userAgent && <p className="dim break" style={{ fontSize: 12 }}>{entry.userAgent}</p>}
      {changes.length > 0 ? <Changes changes={changes} /> : <p className="dim" style={{ fontSize: 13 }}>No fields were changed.</p>}
    </Dialog>
  );
}
