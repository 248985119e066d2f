import { Text } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useRead } from '../../api/hooks';
import type { OperationState, OperationView, StepState } from '../../api/types';
import { Link, usePaths } from '../../nav';
import { Status, type Tone, When } from '../../ui/Bits';
import { words } from '../../ui/format';
import classes from './operations.module.css';

const tones: Record<OperationState, Tone> = {
  pending: 'idle', running: 'busy', unwinding: 'warn', succeeded: 'good', rolled_back: 'bad', cancelled: 'idle', stuck: 'bad',
};
const labels: Partial<Record<OperationState, string>> = { unwinding: 'Undoing', rolled_back: 'Failed, undone', stuck: 'Needs attention' };

export const operationStates = [{ value: 'active', label: 'Active' }].concat(Object.keys(tones).map((value) => ({ value, label: labels[value as OperationState] ?? words(value) })));

export const isActive = (operation: Pick<OperationView, 'state'>) => ['pending', 'running', 'unwinding'].includes(operation.state);

export function OperationStatus({ operation }: { operation: Pick<OperationView, 'state' | 'retryAt' | 'cancelRequested'> }) {
  const { state } = operation;
  if (isActive(operation) && operation.cancelRequested) return <Status tone="warn">Cancelling</Status>;
  if (state === 'pending' && operation.retryAt) return <Status tone="idle">Waiting, retries <When at={operation.retryAt} /></Status>;
  return <Status tone={tones[state]}>{labels[state] ?? words(state)}</Status>;
}

const stepTones: Record<StepState, Tone> = {
  pending: 'idle', started: 'busy', done: 'good', failed: 'bad', undo_started: 'warn', undone: 'idle', undo_failed: 'bad', skipped: 'idle',
};

export function StepStatus({ state }: { state: StepState }) {
  return <Status tone={stepTones[state]}>{words(state === 'undo_started' ? 'undoing' : state)}</Status>;
}

export function progress(operation: OperationView): string {
  const finished = operation.steps.filter((step) => step.state === 'done').length;
  return operation.steps.length ? `${finished} of ${operation.steps.length} steps` : '';
}

/** A line above a page while an operation works on what it shows, or after one needs a person; several lines in a panel. */
export function OperationLine({ id, narrow }: { id: string | null | undefined; narrow?: boolean }) {
  const to = usePaths();
  const { data } = useRead(api.operation(id ?? ''), { enabled: Boolean(id), every: (operation) => (operation && isActive(operation) ? 2000 : false) });
  if (!data || !(isActive(data) || data.state === 'stuck')) return null;
  const step = data.steps.find((item) => item.state === 'started' || item.state === 'undo_started');
  return (
    <div className={classes.line} data-narrow={narrow || undefined} role="status">
      <OperationStatus operation={data} />
      <Link to={to.operation(data.id)} strong>{data.title}</Link>
      <Text span size="sm" className="dim clip">{data.error?.message ?? step?.name ?? ''}</Text>
      <span className={classes.count}>{progress(data)}</span>
    </div>
  );
}
