import { useState } from 'react';
import { Button, Radio, Stack, Text, Textarea } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useSend } from '../../api/hooks';
import type { OperationView, ResolveOperation, StepView } from '../../api/types';
import { Dialog } from '../../ui/Dialog';
import { ErrorNote } from '../../ui/Errors';
import { FormActions } from '../../ui/Form';
import { sentence } from '../../ui/format';
import { done } from '../../ui/toast';

/** The step at which a stuck operation stopped; none where this version cannot go on with it at all. */
export function stoppedAt({ state, error, steps }: OperationView): StepView | undefined {
  if (state !== 'stuck' || error?.code === 'unknown_definition' || error?.code === 'unreadable_input') return undefined;
  return steps.find((step) => step.state === 'undo_failed') ?? steps.find((step) => step.state === 'failed');
}

export function SkipDialog({ operation, step, onClose }: { operation: OperationView; step: StepView; onClose: () => void }) {
  const [reason, setReason] = useState('');
  const skip = useSend(() => api.skipOperationStep(operation.id, { step: step.seq, reason: reason.trim() }), { onDone: () => { done('Going on without the step.'); onClose(); } });
  const undoing = step.state === 'undo_failed';
  return (
    <Dialog onClose={onClose} title={`Skip “${sentence(step.name)}”`}>
      <form onSubmit={(event) => { event.preventDefault(); skip.send(undefined); }}>
        <Stack gap="sm">
          <Text size="sm">
            {undoing
              ? 'The step counts as undone, and the steps before it are undone next. What it left is yours to remove.'
              : 'The step counts as done and is not run again; the operation goes on with the next one. What it was to do is yours to do.'}
          </Text>
          <Reason value={reason} onChange={setReason} error={skip.error?.fields.reason} />
          <ErrorNote error={skip.error} />
          <FormActions><Button variant="default" onClick={onClose}>Close</Button><Button type="submit" loading={skip.busy} disabled={!reason.trim()}>Skip step</Button></FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}

export function ResolveDialog({ operation, onClose }: { operation: OperationView; onClose: () => void }) {
  const [reason, setReason] = useState('');
  const [outcome, choose] = useState<NonNullable<ResolveOperation['outcome']>>('rolled_back');
  const resolve = useSend(() => api.resolveOperation(operation.id, { reason: reason.trim(), outcome }), { onDone: () => { done('The operation is resolved.'); onClose(); } });
  return (
    <Dialog onClose={onClose} title="Resolve this operation by hand">
      <form onSubmit={(event) => { event.preventDefault(); resolve.send(undefined); }}>
        <Stack gap="sm">
          <Text size="sm">
            It ends for good: nobody finishes or undoes it, and nothing is done on any server. What it worked on is free for other operations, and is shown as it is found.
          </Text>
          <Radio.Group label="What is there now" value={outcome} onChange={(value) => choose(value === 'succeeded' ? 'succeeded' : 'rolled_back')}>
            <Stack gap={6} mt={6}>
              <Radio size="xs" value="rolled_back" label="Everything is as it was before" description="What the operation had done was undone by hand, or never happened." />
              <Radio size="xs" value="succeeded" label="Everything is as it should be after it" description="The rest was done by hand." />
            </Stack>
          </Radio.Group>
          <Reason value={reason} onChange={setReason} error={resolve.error?.fields.reason} />
          <ErrorNote error={resolve.error} />
          <FormActions><Button variant="default" onClick={onClose}>Close</Button><Button type="submit" color="red.8" loading={resolve.busy} disabled={!reason.trim()}>Resolve operation</Button></FormActions>
        </Stack>
      </form>
    </Dialog>
  );
}

function Reason({ value, onChange, error }: { value: string; onChange: (value: string) => void; error?: string }) {
  return (
    <Textarea size="sm" label="Reason" description="Kept with the operation and in the audit log." required maxLength={500} autosize minRows={2} data-autofocus
      value={value} onChange={(event) => onChange(event.currentTarget.value)} error={error} />
  );
}
