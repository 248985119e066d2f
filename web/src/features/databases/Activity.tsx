import { useState } from 'react';
import { ActionIcon, Menu } from '@mantine/core';
import { IconDots } from '@tabler/icons-react';
import { api } from '../../api/endpoints';
import { useAllowed, useRead, useSend } from '../../api/hooks';
import type { DatabaseConnection, InstanceView } from '../../api/types';
import { useTexts } from '../../texts/texts';
import { Section, Tag } from '../../ui/Bits';
import { Confirm } from '../../ui/Confirm';
import { type Column, DataTable } from '../../ui/DataTable';
import { ErrorNote } from '../../ui/Errors';
import { done, failed } from '../../ui/toast';

/** What happens in a database now: who is connected, what runs, who waits for whom. */
export function Activity({ instance, database }: { instance: InstanceView; database: string }) {
  const { databases: t } = useTexts();
  const may = useAllowed('manage:databases');
  const [ending, setEnding] = useState<DatabaseConnection>();
  const { data, error, reload } = useRead(api.databaseActivity(instance.id, database), { every: () => 3000 });
  const cancel = useSend((connection: DatabaseConnection) => api.cancelQuery(instance.id, database, connection.id), { onDone: () => done(t.cancelled), onError: failed });
  const end = useSend((connection: DatabaseConnection) => api.endConnection(instance.id, database, connection.id), { onDone: () => { setEnding(undefined); done(t.ended); } });
  if (error && !data) return <Section title={t.activityOf(database)}><ErrorNote error={error} /></Section>;
  const seconds = (value?: number | null) => (value === undefined || value === null ? '–' : t.since(value));
  const called = (id: string) => data?.connections.find((connection) => connection.id === id)?.pid ?? id;
  const columns: Column<DatabaseConnection>[] = [
    { key: 'connection', header: t.connection, render: (row) => <span className="nowrap"><span className="mono">{row.pid}</span> <span className="dim">{row.application}</span></span> },
    { key: 'state', header: t.state, render: (row) => <span className="nowrap">{row.state}</span> },
    { key: 'seconds', header: t.seconds, align: 'right', render: (row) => <span className="nowrap">{seconds(row.seconds)}</span> },
    { key: 'transaction', header: t.transaction, align: 'right', render: (row) => <span className="nowrap">{seconds(row.transactionSeconds)}</span> },
    { key: 'blocked', header: t.blockedBy, render: (row) => (row.blockedBy.length > 0 ? <Tag tone="bad">{row.blockedBy.map(called).join(', ')}</Tag> : row.state === 'active' ? row.waitsFor : null) },
    { key: 'statement', header: t.statement, wrap: true, render: (row) => <span className={row.state === 'active' ? 'mono' : 'mono dim'} style={{ fontSize: 12, wordBreak: 'break-word' }} title={row.query ?? undefined}>{clipped(row.query)}</span> },
    {
      key: 'actions', header: '', actions: true, render: (row) => may && (
        <Menu position="bottom-end" width={190}>
          <Menu.Target><ActionIcon variant="subtle" color="gray" size="sm" aria-label={t.actionsOf(String(row.pid))}><IconDots size={15} aria-hidden /></ActionIcon></Menu.Target>
          <Menu.Dropdown>
            <Menu.Item disabled={row.state !== 'active' || cancel.busy} onClick={() => cancel.send(row)}>{t.cancel}</Menu.Item>
            <Menu.Item color="var(--oc-bad)" onClick={() => setEnding(row)}>{t.end}</Menu.Item>
          </Menu.Dropdown>
        </Menu>
      ),
    },
  ];
  return (
    <Section title={t.activityOf(database)} note={<>{data?.neutralized && <><Tag>{t.isNeutral}</Tag> </>}{data && data.waits.length === 0 && t.calm}{!may && <> {t.hidden}</>}</>}>
      {data && data.waits.length > 0 && (
        <div role="alert" style={{ margin: '0 0 12px', padding: '8px 12px', borderLeft: '3px solid var(--oc-bad)', background: 'var(--oc-warn-bg)', fontSize: 13 }}>
          <ul aria-label={t.waits} style={{ margin: 0, paddingLeft: 16 }}>
            {data.waits.map((wait) => <li key={`${wait.connection}${wait.kind}`}><span className="mono">{called(wait.connection)}</span> → <span className="mono">{wait.blockedBy.map(called).join(', ')}</span>: {wait.mode}{wait.table ? ` (${wait.table})` : ''}, {seconds(wait.seconds)}</li>)}
          </ul>
        </div>
      )}
      <DataTable label={t.activityOf(database)} list={{ rows: data ? [...data.connections] : undefined, error, loading: !data, more: false, loadMore: () => undefined, loadingMore: false, reload: () => void reload() }} columns={columns} rowKey={(row) => row.id} empty={<span className="dim">{t.none}</span>} />
      {ending && <Confirm title={`${t.end}: ${ending.pid}`} verb={t.end} danger busy={end.busy} error={end.error} onConfirm={() => end.send(ending)} onClose={() => { end.reset(); setEnding(undefined); }}>{t.endNote}</Confirm>}
    </Section>
  );
}

function clipped(query?: string | null) {
  if (!query) return '';
  const line = query.replace(/\s+/g, ' ').trim();
  return line.length > 160 ? `${line.slice(0, 159)}…` : line;
}
