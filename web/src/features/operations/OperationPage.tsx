import { useEffect, useRef, useState } from 'react';
import { Button, Stack } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { api } from '../../api/endpoints';
import { ApiError } from '../../api/errors';
import { useOrg, useRead, useRefusal, useSend } from '../../api/hooks';
import { subscribe, type StreamState } from '../../api/sse';
import type { OperationEventView, OperationView } from '../../api/types';
import { Link, LinkButton, usePathPart, usePaths, useUrlState } from '../../nav';
import { Action, CodeBlock, Facts, FactsSkeleton, Section, When } from '../../ui/Bits';
import { Confirm } from '../../ui/Confirm';
import { ErrorNote, ErrorState } from '../../ui/Errors';
import { LogView } from '../../ui/LogView';
import { between } from '../../ui/format';
import { done, failed } from '../../ui/toast';
import { Page } from '../shell/Page';
import { calls } from './calls';
import { isActive, OperationStatus, progress } from './OperationParts';
import { Steps } from './OperationSteps';
import { ResolveDialog, SkipDialog, stoppedAt } from './StuckDialogs';
import classes from './operations.module.css';

export default function OperationPage() {
  const id = usePathPart('operation');
  const to = usePaths();
  const crumbs = [{ label: 'Operations', to: to.operations() }];
  const { data, error, reload } = useRead(api.operation(id), { every: (now) => (now && !isActive(now) ? 20_000 : 3000) });
  if (error && !data) return <Page title="Operation" crumbs={crumbs}><ErrorState error={error} onRetry={() => void reload()} /></Page>;
  if (!data) return <Page title="Operation" crumbs={crumbs}><FactsSkeleton count={5} /></Page>;
  return <Loaded key={id} operation={data} crumbs={crumbs} />;
}

function Loaded({ operation, crumbs }: { operation: OperationView; crumbs: { label: string; to: string }[] }) {
  const to = usePaths();
  const refusal = useRefusal('manage:operations');
  const [asking, setAsking] = useState<'cancel' | 'skip' | 'resolve'>();
  const stuck = operation.state === 'stuck';
  const stopped = stoppedAt(operation);
  const [chosen, choose] = useUrlState('step');
  const cancel = useSend(() => api.cancelOperation(operation.id), { onDone: () => { setAsking(undefined); done('Cancelling: what was done is undone.'); } });
  const retry = useSend(() => api.retryOperation(operation.id), { onDone: () => done('Trying again.'), onError: failed });
  const seq = chosen ? Number(chosen) : undefined;
  const step = operation.steps.find((item) => item.seq === seq);
  const { events, state } = useEvents(operation);
  const shown = seq === undefined ? events : events.filter((event) => event.seq === seq);
  return (
    <Page
      title={operation.title}
      crumbs={crumbs}
      aside={<OperationStatus operation={operation} />}
      actions={
        <>
          {operation.instanceId && <LinkButton to={to.instance(operation.instanceId)} variant="default">Open instance</LinkButton>}
          {operation.serverId && !operation.instanceId && <LinkButton to={to.server(operation.serverId)} variant="default">Open server</LinkButton>}
          {operation.clientId && !operation.instanceId && <LinkButton to={to.client(operation.clientId)} variant="default">Open client</LinkButton>}
          {isActive(operation) && (
            <Action variant="default" refusal={refusal ?? (operation.cancelRequested ? 'It is being cancelled.' : operation.cancellable ? undefined : 'It has gone too far to be undone.')} onClick={() => setAsking('cancel')}>Cancel</Action>
          )}
          {stuck && <Action variant="default" refusal={refusal} onClick={() => setAsking('resolve')}>Resolve by hand</Action>}
          {stuck && stopped && <Action variant="default" refusal={refusal} onClick={() => setAsking('skip')}>Skip step</Action>}
          {(stuck || (isActive(operation) && operation.retryAt)) && <Action refusal={refusal} loading={retry.busy} onClick={() => retry.send(undefined)}>{stuck ? 'Retry' : 'Try now'}</Action>}
        </>
      }
    >
      <Stack gap="md">
        {operation.error && operation.retryAt && isActive(operation)
          ? <Waiting operation={operation} />
          : operation.error && <ErrorNote error={new ApiError(0, { code: operation.error.code, detail: operation.error.message, hint: operation.error.hint })} />}
        <Facts min={150} items={[
          ['Kind', <span key="k" className="mono">{operation.kind}</span>],
          ['Organization', operation.organization.name],
          ['Started by', operation.createdBy],
          ['Started', <When key="s" at={operation.startedAt} none="not yet" />],
          ['Took', between(operation.startedAt, operation.finishedAt) || '–'],
          ['Progress', progress(operation)],
          ['Resolved by hand', operation.resolved ? `${operation.resolved.by}: ${operation.resolved.reason}` : undefined],
        ]} />
        <div className={classes.split}>
          <Section title="Steps" note="Choose one to see its lines only."><Steps operation={operation} chosen={seq} onChoose={(next) => choose(next === undefined ? null : String(next))} /></Section>
          <Section title={step ? `Log of “${step.name}”` : 'Log'} actions={seq === undefined ? undefined : <Button variant="subtle" size="compact-xs" onClick={() => choose(null)}>All steps</Button>}>
            <LogView
              lines={shown.map((event) => lineOf(event, operation))}
              live={isActive(operation) ? state : 'ended'}
              name={`operation-${operation.id}`}
              empty="Nothing was written yet."
            />
          </Section>
        </div>
        <Repeat operation={operation} />
        <p className="dim" style={{ margin: 0, fontSize: 12 }}>See also the <Link inText to={to.audit({ objectType: 'operation', objectId: operation.id })}>audit log</Link> of this operation.</p>
      </Stack>
      {asking === 'skip' && stopped && <SkipDialog operation={operation} step={stopped} onClose={() => setAsking(undefined)} />}
      {asking === 'resolve' && <ResolveDialog operation={operation} onClose={() => setAsking(undefined)} />}
      {asking === 'cancel' && (
        <Confirm title="Cancel this operation" verb="Cancel operation" danger busy={cancel.busy} error={cancel.error} onConfirm={() => cancel.send(undefined)} onClose={() => setAsking(undefined)}>
          The step that runs now is brought to an end, then what was done is undone step by step.
        </Confirm>
      )}
    </Page>
  );
}

/** Nothing failed yet: what is in the way may pass by itself. */
function Waiting({ operation }: { operation: OperationView }) {
  return (
    <div className={classes.waiting} role="note">
      <b>{operation.error?.message}</b>
      {operation.error?.hint && <span>{operation.error.hint}</span>}
      <span className="dim">It is tried again by itself, <When at={operation.retryAt} />.</span>
    </div>
  );
}

/** States are told in words; what a step wrote is left as it is. */
function lineOf(event: OperationEventView, operation: OperationView): string {
  const time = new Date(event.at).toLocaleTimeString(undefined, { hour12: false });
  if (event.kind === 'log') return `${time}  ${event.message}`;
  const subject = event.seq !== null && event.seq !== undefined ? operation.steps.find((step) => step.seq === event.seq)?.name : undefined;
  return `${time}  ${subject ?? 'Operation'}: ${event.message.replaceAll('_', ' ')}`;
}

function Repeat({ operation }: { operation: OperationView }) {
  const { cli, curl } = calls(operation, window.location.origin);
  return (
    <Section title="By command line and API">
      <Stack gap={8}><CodeBlock text={cli} label="Copy command" /><CodeBlock text={curl} label="Copy API call" /></Stack>
    </Section>
  );
}

/** The operation's history: what was, then what comes. */
function useEvents(operation: OperationView) {
  const org = useOrg();
  const client = useQueryClient();
  const [events, setEvents] = useState<OperationEventView[]>([]);
  const [state, setState] = useState<StreamState['status']>('connecting');
  const last = useRef(0);
  const { id } = operation;
  // A retry begins a new stream, and so does an end by hand; the events already seen are not asked for again.
  const active = isActive(operation);
  const stage = active ? 'active' : operation.state;
  const ended = useRef(!active);
  useEffect(() => { ended.current = !active; }, [active]);
  useEffect(() => {
    const waiting: OperationEventView[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const flush = () => {
      timer = undefined;
      const fresh = waiting.splice(0);
      setEvents((before) => [...before, ...fresh]);
      if (fresh.some((event) => event.kind !== 'log')) void client.invalidateQueries({ queryKey: [org, api.operation(id).path] });
    };
    const stop = subscribe(api.operationEvents(id), {
      org,
      lastEventId: last.current ? String(last.current) : undefined,
      onState: setState,
      finished: () => ended.current,
      onEvent: ({ data }) => {
        const event = JSON.parse(data) as OperationEventView;
        if (event.id <= last.current) return;
        last.current = event.id;
        waiting.push(event);
        timer ??= setTimeout(flush, 80);
      },
    });
    return () => { stop(); if (timer) { clearTimeout(timer); flush(); } };
  }, [id, org, client, stage]);
  return { events, state };
}
