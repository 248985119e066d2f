import { Button } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useList, useSend } from '../../api/hooks';
import type { SessionView } from '../../api/types';
import { useTexts } from '../../texts/texts';
import { EmptyState, Section, Tag, When } from '../../ui/Bits';
import { DataTable } from '../../ui/DataTable';
import { done, failed } from '../../ui/toast';

export function Sessions() {
  const { account: t, common } = useTexts();
  const list = useList(api.sessions());
  const program = (agent: string | null | undefined) => programOf(agent, t.onSystem) ?? common.unknown;
  const end = useSend((session: SessionView) => api.endSession(session.id), { onDone: () => done(t.ended), onError: failed });
  const others = useSend(() => api.endOtherSessions(), { onDone: () => done(t.othersEnded), onError: failed });
  const several = (list.rows?.length ?? 0) > 1;
  return (
    <Section title={t.sessions} note={t.sessionsNote} actions={several ? <Button variant="default" loading={others.busy} onClick={() => others.send(undefined)}>{t.endOthers}</Button> : undefined}>
      <DataTable label={t.sessions} noun="session" list={list} rowKey={(row) => row.id} columns={[
        { key: 'agent', header: t.program, render: (row) => <span title={row.userAgent ?? undefined}>{program(row.userAgent)}{row.current && <> <Tag>{t.thisOne}</Tag></>}</span> },
        { key: 'ip', header: t.address, render: (row) => <span className="mono">{row.ip ?? '–'}</span> },
        { key: 'seen', header: t.lastSeen, align: 'right', render: (row) => <When at={row.lastSeenAt} /> },
        { key: 'began', header: t.began, align: 'right', render: (row) => <When at={row.createdAt} /> },
        { key: 'ends', header: t.ends, align: 'right', render: (row) => <When at={row.expiresAt} /> },
        { key: 'actions', header: common.actions, actions: true, render: (row) => !row.current && <Button variant="subtle" size="compact-xs" aria-label={t.endOf(program(row.userAgent))} onClick={() => end.send(row)}>{t.end}</Button> },
      ]} empty={<EmptyState title={t.noSessions} />} />
    </Section>
  );
}

/** "Chrome on Linux" says more than the whole of it. */
function programOf(agent: string | null | undefined, onSystem: (browser: string, system: string) => string): string | undefined {
  if (!agent) return undefined;
  const browser = /Edg\//.test(agent) ? 'Edge' : /Firefox\//.test(agent) ? 'Firefox' : /Chrome\//.test(agent) ? 'Chrome' : /Safari\//.test(agent) ? 'Safari' : undefined;
  const system = /Android/.test(agent) ? 'Android' : /iPhone|iPad/.test(agent) ? 'iOS' : /Windows/.test(agent) ? 'Windows' : /Mac OS X/.test(agent) ? 'macOS' : /Linux/.test(agent) ? 'Linux' : undefined;
  return browser ? (system ? onSystem(browser, system) : browser) : (agent.split(' ')[0] ?? agent);
}
