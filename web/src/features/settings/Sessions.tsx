import { Button } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useList, useSend } from '../../api/hooks';
import type { SessionView } from '../../api/types';
import { EmptyState, Section, Tag, When } from '../../ui/Bits';
import { DataTable } from '../../ui/DataTable';
import { done, failed } from '../../ui/toast';

export function Sessions() {
  const list = useList(api.sessions());
  const end = useSend((session: SessionView) => api.endSession(session.id), { onDone: () => done('The session is ended.'), onError: failed });
  const others = useSend(() => api.endOtherSessions(), { onDone: () => done('All other sessions are ended.'), onError: failed });
  const several = (list.rows?.length ?? 0) > 1;
  return (
    <Section title="Sessions" note="Where you are signed in." actions={several ? <Button variant="default" loading={others.busy} onClick={() => others.send(undefined)}>End all others</Button> : undefined}>
      <DataTable label="Sessions" noun="session" list={list} rowKey={(row) => row.id} columns={[
        { key: 'agent', header: 'Program', render: (row) => <span title={row.userAgent ?? undefined}>{program(row.userAgent)}{row.current && <> <Tag>this one</Tag></>}</span> },
        { key: 'ip', header: 'Address', render: (row) => <span className="mono">{row.ip ?? '–'}</span> },
        { key: 'seen', header: 'Last seen', align: 'right', render: (row) => <When at={row.lastSeenAt} /> },
        { key: 'began', header: 'Began', align: 'right', render: (row) => <When at={row.createdAt} /> },
        { key: 'ends', header: 'Ends', align: 'right', render: (row) => <When at={row.expiresAt} /> },
        { key: 'actions', header: 'Actions', actions: true, render: (row) => !row.current && <Button variant="subtle" size="compact-xs" aria-label={`End the session of ${program(row.userAgent)}`} onClick={() => end.send(row)}>End</Button> },
      ]} empty={<EmptyState title="No sessions" />} />
    </Section>
  );
}

/** "Chrome on Linux" says more than the whole of it. */
function program(agent: string | null | undefined): string {
  if (!agent) return 'Unknown';
  const browser = /Edg\//.test(agent) ? 'Edge' : /Firefox\//.test(agent) ? 'Firefox' : /Chrome\//.test(agent) ? 'Chrome' : /Safari\//.test(agent) ? 'Safari' : undefined;
  const system = /Android/.test(agent) ? 'Android' : /iPhone|iPad/.test(agent) ? 'iOS' : /Windows/.test(agent) ? 'Windows' : /Mac OS X/.test(agent) ? 'macOS' : /Linux/.test(agent) ? 'Linux' : undefined;
  return browser ? `${browser}${system ? ` on ${system}` : ''}` : (agent.split(' ')[0] ?? agent);
}
