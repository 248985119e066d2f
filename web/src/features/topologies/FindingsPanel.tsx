import { useState } from 'react';
import { SegmentedControl, Skeleton } from '@mantine/core';
import { IconCircleCheck } from '@tabler/icons-react';
import type { FindingSeverity } from '../../api/types';
import { ErrorNote } from '../../ui/Errors';
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
      <FindingList findings={[...shown].sort((a, b) => order[a.severity] - order[b.severity])} editor={editor} onShow={onShow} />
    </div>
  );
}

const order = { error: 0, warning: 1, info: 2 };
