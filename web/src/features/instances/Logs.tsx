import { useEffect, useState } from 'react';
import { SegmentedControl } from '@mantine/core';
import { api } from '../../api/endpoints';
import type { ApiError } from '../../api/errors';
import { useOrg } from '../../api/hooks';
import { subscribe, type StreamState } from '../../api/sse';
import type { InstanceView } from '../../api/types';
import { useUrlState } from '../../nav';
import { useTexts } from '../../texts/texts';
import { ErrorNote } from '../../ui/Errors';
import { LogView } from '../../ui/LogView';

const most = 20_000;

export function Logs({ instance }: { instance: InstanceView }) {
  const { portal: t } = useTexts();
  const [tail, setTail] = useUrlState('tail', '200');
  return (
    <>
      <div style={{ display: 'flex', alignItems: 'center', gap: 10, marginBottom: 10, fontSize: 13 }}>
        <span className="dim" id="tail">{t.tailBefore}</span>
        <SegmentedControl size="xs" aria-labelledby="tail" data={['200', '1000', '5000']} value={tail} onChange={setTail} />
        <span className="dim">{t.tailAfter}</span>
      </div>
      <Live key={tail} instance={instance} tail={Number(tail) || 200} />
    </>
  );
}

function Live({ instance, tail }: { instance: InstanceView; tail: number }) {
  const { portal: t } = useTexts();
  const org = useOrg();
  const [lines, setLines] = useState<string[]>([]);
  const [state, setState] = useState<StreamState['status']>('connecting');
  const [refused, setRefused] = useState<ApiError>();
  useEffect(() => {
    const waiting: string[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      timer = undefined;
      const fresh = waiting.splice(0);
      setLines((old) => [...old, ...fresh].slice(-most));
    };
    const stop = subscribe(api.instanceLogStream(instance.id, tail), {
      org,
      onState: (next) => {
        setState(next);
        // The stream begins with the last lines each time: what was shown comes again.
        if (next === 'open') { waiting.length = 0; setLines([]); }
      },
      onError: setRefused,
      onEvent: ({ data }) => {
        waiting.push(data);
        timer ??= setTimeout(flush, 100);
      },
    });
    return () => { stop(); clearTimeout(timer); };
  }, [instance.id, org, tail]);
  return (
    <>
      <ErrorNote error={refused} />
      <LogView lines={lines} live={state} name={instance.slug} empty={state === 'open' ? t.nothingWritten : t.waitingLog} height={520} />
    </>
  );
}
