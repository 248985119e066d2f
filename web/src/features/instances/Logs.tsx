import { useEffect, useRef, useState } from 'react';
import { Button, SegmentedControl, Select } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { api, type LogQuery } from '../../api/endpoints';
import { send } from '../../api/client';
import { ApiError } from '../../api/errors';
import { useOrg } from '../../api/hooks';
import { subscribe, type StreamState } from '../../api/sse';
import type { InstanceView } from '../../api/types';
import { useUrlState } from '../../nav';
import { useTexts } from '../../texts/texts';
import { saveText } from '../../ui/download';
import { ErrorNote } from '../../ui/Errors';
import { LogView } from '../../ui/LogView';
import { failed } from '../../ui/toast';

const most = 100_000;
const spans = ['15m', '1h', '6h', '24h'] as const;
const minutes: Record<string, number> = { '15m': 15, '1h': 60, '6h': 360, '24h': 1440 };

export function Logs({ instance }: { instance: InstanceView }) {
  const { portal: t } = useTexts();
  const [tail, setTail] = useUrlState('tail', '200');
  const [source, setSource] = useUrlState('source', 'odoo');
  const [level, setLevel] = useUrlState('level', '');
  const [text] = useUrlState('q', '');
  const [span, setSpan] = useUrlState('span', '');
  const [busy, setBusy] = useState(false);
  const org = useOrg();
  const query: LogQuery = { source: source === 'odoo' ? undefined : source, level: level || undefined, q: text || undefined };
  const [opened] = useState(() => Date.now());
  const since = minutes[span] ? new Date(opened - minutes[span] * 60_000).toISOString() : undefined;

  async function downloadAll() {
    setBusy(true);
    try {
      saveText(`${instance.slug}-${source}.log`, await send(api.instanceLogFile(instance.id, { ...query, since }), { org, text: true }));
    } catch (error) {
      if (error instanceof ApiError) failed(error);
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      <div style={{ display: 'flex', alignItems: 'center', flexWrap: 'wrap', gap: '8px 12px', marginBottom: 10, fontSize: 13 }}>
        <SegmentedControl size="xs" aria-label={t.logSource} data={[{ value: 'odoo', label: 'Odoo' }, { value: 'postgres', label: 'PostgreSQL' }, ...(instance.topologyId ? [] : [{ value: 'access', label: t.accessLog }])]} value={source} onChange={setSource} />
        <Select
          size="xs" w={150} aria-label={t.logLevel} allowDeselect={false} value={level} onChange={(value) => setLevel(value ?? '')}
          data={[{ value: '', label: t.allLevels }, { value: 'info', label: 'Info' }, { value: 'warning', label: 'Warning' }, { value: 'error', label: 'Error' }, { value: 'critical', label: 'Critical' }]}
        />
        <Select
          size="xs" w={150} aria-label={t.logSpan} allowDeselect={false} value={span} onChange={(value) => setSpan(value ?? '')}
          data={[{ value: '', label: t.anyTime }, ...spans.map((value) => ({ value, label: t.lastSpan(value) }))]}
        />
        {!span && <><span className="dim" id="tail">{t.tailBefore}</span>
          <SegmentedControl size="xs" aria-labelledby="tail" data={['200', '1000', '5000']} value={tail} onChange={setTail} />
          <span className="dim">{t.tailAfter}</span></>}
        <span style={{ flex: 1 }} />
        <Button variant="default" leftSection={<IconDownload size={14} aria-hidden />} loading={busy} onClick={() => void downloadAll()}>{t.downloadAll}</Button>
      </div>
      <Live key={`${tail} ${source} ${level} ${text} ${span}`} instance={instance} tail={Number(tail) || 200} query={query} since={since} />
    </>
  );
}

function Live({ instance, tail, query, since }: { instance: InstanceView; tail: number; query: LogQuery; since?: string }) {
  const { portal: t } = useTexts();
  const org = useOrg();
  const [lines, setLines] = useState<string[]>([]);
  const [state, setState] = useState<StreamState['status']>('connecting');
  const [refused, setRefused] = useState<ApiError>();
  const [first, setFirst] = useState<string>();
  const [busy, setBusy] = useState(false);
  // Asked for once; another choice is another view.
  const asked = useRef({ query, since, missed: t.missedLines });
  useEffect(() => {
    const { current: now } = asked;
    const waiting: string[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    let stop: () => void = () => undefined;
    let left = false;
    const flush = () => {
      timer = undefined;
      const fresh = waiting.splice(0);
      setLines((old) => [...old, ...fresh].slice(-most));
    };
    void (async () => {
      let last: string | undefined;
      try {
        const past = await send(api.instanceLogs(instance.id, { ...now.query, since: now.since, tail: now.since ? 5000 : tail }), { org });
        if (left) return;
        setLines(past.lines);
        if (past.hasMore && !now.since) setFirst(past.first ?? undefined);
        last = past.last ?? undefined;
      } catch (error) {
        if (left) return;
        // The stream says what is the matter, and tries again.
        if (error instanceof ApiError && error.status < 500) setRefused(error);
      }
      stop = subscribe(api.instanceLogStream(instance.id, { ...now.query, tail: last ? 0 : tail }), {
        org,
        lastEventId: last,
        onState: setState,
        onError: setRefused,
        onEvent: ({ event, data }) => {
          waiting.push(event === 'missed' ? now.missed : data);
          timer ??= setTimeout(flush, 80);
        },
      });
    })();
    return () => { left = true; stop(); clearTimeout(timer); };
  }, [instance.id, org, tail]);

  async function earlier() {
    setBusy(true);
    try {
      const past = await send(api.instanceLogs(instance.id, { ...query, before: first, tail: 5000 }), { org });
      setLines((now) => [...past.lines, ...now].slice(-most));
      setFirst(past.hasMore ? past.first ?? undefined : undefined);
    } catch (error) {
      if (error instanceof ApiError) failed(error);
    } finally {
      setBusy(false);
    }
  }

  return (
    <>
      <ErrorNote error={refused} />
      {first && <div style={{ marginBottom: 8 }}><Button variant="subtle" size="compact-sm" loading={busy} onClick={() => void earlier()}>{t.earlierLines}</Button></div>}
      <LogView lines={lines} live={state} name={instance.slug} empty={state === 'open' ? t.nothingWritten : t.waitingLog} height={520} />
    </>
  );
}
