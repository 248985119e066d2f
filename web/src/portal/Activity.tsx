import { Button } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { api } from '../api/endpoints';
import { useList, useRead } from '../api/hooks';
import type { InstanceView, OperationState, OperationView, StepState } from '../api/types';
import { useUrlState } from '../nav';
import { useTexts } from '../texts/texts';
import { EmptyState, FactsSkeleton, Status, type Tone, When } from '../ui/Bits';
import { DataTable } from '../ui/DataTable';
import { ErrorNote } from '../ui/Errors';
import { ApiError } from '../api/errors';
import { between, sentence } from '../ui/format';
import { Panel } from './parts';
import classes from './portal.module.css';

const tones: Record<OperationState, Tone> = { pending: 'idle', running: 'busy', unwinding: 'warn', succeeded: 'good', rolled_back: 'bad', cancelled: 'idle', stuck: 'bad' };
const stepTones: Record<StepState, Tone> = { pending: 'idle', started: 'busy', done: 'good', failed: 'bad', undo_started: 'warn', undone: 'idle', undo_failed: 'bad', skipped: 'idle' };
const active = (operation: OperationView | undefined) => operation !== undefined && ['pending', 'running', 'unwinding'].includes(operation.state);

/** What was done with an instance, and each with its steps. */
export function Activity({ instance }: { instance: InstanceView }) {
  const [open, setOpen] = useUrlState('operation');
  return open ? <Steps id={open} onClose={() => setOpen(null)} /> : <Operations instance={instance} onOpen={setOpen} />;
}

function Operations({ instance, onOpen }: { instance: InstanceView; onOpen: (id: string) => void }) {
  const { portal: t, common } = useTexts();
  const list = useList(api.operations({ instance: instance.id }), { every: (rows) => (rows?.some(active) ? 2500 : 20_000) });
  return (
    <DataTable label={t.operations} list={list} rowKey={(row) => row.id} columns={[
      { key: 'title', header: t.what, render: (row) => <b style={{ fontWeight: 500 }}>{row.title}</b> },
      { key: 'state', header: t.state, render: (row) => <Status tone={tones[row.state]}>{t.operationState[row.state]}</Status> },
      { key: 'by', header: t.by, render: (row) => row.createdBy },
      { key: 'when', header: t.when, align: 'right', render: (row) => <When at={row.createdAt} /> },
      { key: 'took', header: t.took, align: 'right', render: (row) => between(row.startedAt, row.finishedAt) || '–' },
      { key: 'open', header: common.actions, actions: true, render: (row) => <Button variant="subtle" size="compact-sm" aria-label={t.openSteps(row.title)} onClick={() => onOpen(row.id)}>{t.steps}</Button> },
    ]} empty={<EmptyState icon={<IconHistory size={28} stroke={1.5} aria-hidden />} title={t.noOperations}>{t.noOperationsNote}</EmptyState>} />
  );
}

function Steps({ id, onClose }: { id: string; onClose: () => void }) {
  const { portal: t } = useTexts();
  const { data, error } = useRead(api.operation(id), { every: (now) => (active(now) ? 1500 : false) });
  const back = <Button variant="default" onClick={onClose}>{t.back}</Button>;
  if (error && !data) return <Panel actions={back}><ErrorNote error={error} /></Panel>;
  if (!data) return <Panel actions={back}><FactsSkeleton count={4} /></Panel>;
  return (
    <Panel title={data.title} actions={back}>
      <p style={{ margin: '0 0 10px', fontSize: 13 }}><Status tone={tones[data.state]}>{t.operationState[data.state]}</Status> <span className="dim">· {data.createdBy} · <When at={data.createdAt} /></span></p>
      {data.error && <ErrorNote error={new ApiError(0, { code: data.error.code, detail: data.error.message, hint: data.error.hint })} />}
      <ol className={classes.steps}>
        {data.steps.map((step) => <li key={step.seq}><span>{sentence(step.name)}</span><Status tone={stepTones[step.state]}>{t.stepState[step.state]}</Status></li>)}
      </ol>
    </Panel>
  );
}
