import { useState } from 'react';
import { Button, SegmentedControl, Skeleton } from '@mantine/core';
import { IconCircleCheck, IconHeartbeat } from '@tabler/icons-react';
import type { FindingSeverity } from '../../api/types';
import { ErrorNote } from '../../ui/Errors';
import { plural } from '../../ui/format';
import { FindingList } from './FindingList';
import type { Editor } from './useEditor';
import classes from './topologies.module.css';

export function FindingsPanel({ editor, onShow }: { editor: Editor; onShow: (ids: readonly string[]) => void }) {
  const { answer, error } = editor.findings;
  const [only, setOnly] = useState<FindingSeverity | ''>('');
  if (!answer) return error ? <ErrorNote error={error} /> : <Skeleton height={160} />;
  const count = (severity: FindingSeverity) => answer.findings.filter((finding) => finding.severity === severity).length;
  const shown = answer.findings.filter((finding) => !only || finding.severity === only);
  return (
    <div className={classes.form} role="group" aria-label="Findings">
      <ErrorNote error={error} />
      {answer.findings.length === 0
        ? <p className={classes.fine}><IconCircleCheck size={18} color="var(--oc-good)" aria-hidden /> No rule has anything to say.</p>
        : <SegmentedControl size="xs" fullWidth aria-label="Which findings" value={only} onChange={(value) => setOnly(value as FindingSeverity | '')} data={[{ value: '', label: `All ${answer.findings.length}` }, { value: 'error', label: `Errors ${count('error')}` }, { value: 'warning', label: `Warnings ${count('warning')}` }, { value: 'info', label: `Hints ${count('info')}` }]} />}
      {answer.findings.length > 0 && answer.errors === 0 && !only && <p className="dim">There is no error. Warnings are choices to be made with open eyes.</p>}
      {editor.mayChange && <Look editor={editor} />}
      <FindingList findings={[...shown].sort((a, b) => order[a.severity] - order[b.severity])} editor={editor} onShow={onShow} />
    </div>
  );
}

/** The rules know what is drawn; this asks the servers. */
function Look({ editor }: { editor: Editor }) {
  const { probe, probing, probeError, probed } = editor.findings;
  const ways = probed?.probe?.ways ?? [];
  const reached = ways.filter((way) => way.reached).length;
  const slowest = Math.max(0, ...ways.map((way) => way.milliseconds ?? 0));
  return (
    <>
      <Button size="compact-sm" variant="default" leftSection={<IconHeartbeat size={14} aria-hidden />} loading={probing} onClick={probe}>Look at the servers</Button>
      <ErrorNote error={probeError} />
      {probed?.probe && (
        <p className="dim" role="status">
          {plural(probed.probe.servers.filter((server) => server.answers).length, 'server')} of {probed.probe.servers.length} {probed.probe.servers.length === 1 ? 'answers' : 'answer'}
          {ways.length > 0 && `, ${reached} of ${plural(ways.length, 'way')} between them ${reached === 1 ? 'is' : 'are'} open${slowest > 0 ? `, the slowest in ${slowest.toFixed(1)} ms` : ''}`}.
        </p>
      )}
    </>
  );
}

const order = { error: 0, warning: 1, info: 2 };
