import { Checkbox, Stack } from '@mantine/core';
import { useState } from 'react';
import { api } from '../../api/endpoints';
import { useSend } from '../../api/hooks';
import type { HostKeyView, ServerView } from '../../api/types';
import { Action, Copyable, Facts, Section } from '../../ui/Bits';
import { ErrorNote } from '../../ui/Errors';
import { done } from '../../ui/toast';
import { HostKey } from './HostKey';

/** The server shows another key: nothing is done on it before a person has compared. */
export function RepinHostKey({ server, offered, refusal }: { server: ServerView; offered: HostKeyView; refusal?: string }) {
  const [compared, setCompared] = useState(false);
  const pin = useSend(() => api.pinHostKey(server.id, { fingerprint: offered.fingerprint }), { onDone: () => done('The new host key is pinned.') });
  return (
    <Section title="The host key has changed" note="Either the server was set up anew, or something stands between us and it. Nothing is done on it until you decide.">
      <Stack gap="sm">
        {server.hostKey && <Facts columns="128px minmax(0, 1fr)" items={[['Pinned until now', <span key="t" className="mono">{server.hostKey.type}</span>], ['Fingerprint', <Copyable key="f" text={server.hostKey.fingerprint} />]]} />}
        <div style={{ fontSize: 13, fontWeight: 500 }}>It shows now</div>
        <HostKey hostKey={offered} />
        <Checkbox size="sm" checked={compared} onChange={(event) => setCompared(event.currentTarget.checked)} label="I have compared this fingerprint on the server's own console." />
        <ErrorNote error={pin.error} />
        <div><Action color="red.8" loading={pin.busy} refusal={refusal ?? (compared ? undefined : 'Compare the fingerprint first.')} onClick={() => pin.send(undefined)}>Pin the new key</Action></div>
      </Stack>
    </Section>
  );
}
