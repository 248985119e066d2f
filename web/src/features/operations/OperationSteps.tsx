import { useEffect, useState } from 'react';
import { Skeleton } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useRead } from '../../api/hooks';
import type { OperationView, StepView } from '../../api/types';
import { Link, usePaths } from '../../nav';
import { ErrorNote } from '../../ui/Errors';
import { ApiError } from '../../api/errors';
import { between, sentence } from '../../ui/format';
import { isActive, OperationStatus, StepStatus } from './OperationParts';
import classes from './operations.module.css';

/** The steps of an operation as they go on, on the page of what it works on. */
export function OperationSteps({ id }: { id: string }) {
  const to = usePaths();
  const { data, error } = useRead(api.operation(id), { every: (now) => (now && !isActive(now) ? false : 1500) });
  if (error && !data) return <ErrorNote error={error} />;
  if (!data) return <Skeleton height={180} />;
  return (
    <div style={{ display: 'grid', gap: 8, maxWidth: 640 }}>
      <div style={{ display: 'flex', gap: 12, fontSize: 13 }}><OperationStatus operation={data} /><Link to={to.operation(data.id)}>{data.title}</Link></div>
      <Steps operation={data} />
      {data.error && <ErrorNote error={new ApiError(0, { code: data.error.code, detail: data.error.message, hint: data.error.hint })} />}
    </div>
  );
}

interface StepsProps {
  operation: OperationView;
  chosen?: number;
  onChoose?: (seq: number | undefined) => void;
}

export function Steps({ operation, chosen, onChoose }: StepsProps) {
  const now = useNow(isActive(operation));
  return (
    <ol className={classes.steps}>
      {operation.steps.map((step) => (
        <li key={step.seq}>
          {onChoose ? (
            <button type="button" className={classes.step} aria-pressed={chosen === step.seq} onClick={() => onChoose(chosen === step.seq ? undefined : step.seq)}>
              <Line step={step} now={now} />
            </button>
          ) : <div className={classes.step} style={{ cursor: 'default' }}><Line step={step} now={now} /></div>}
          {step.error && <p className={classes.stepError}>{step.error}</p>}
          {step.skipReason && <p className={classes.stepSkipped}>Skipped: {step.skipReason}</p>}
        </li>
      ))}
    </ol>
  );
}

function Line({ step, now }: { step: StepView; now: number }) {
  return (
    <>
      <span className={classes.name}>{sentence(step.name)}{step.attempt > 1 && <span className="dim"> · try {step.attempt}</span>}</span>
      <span className={classes.time}>{step.state === 'pending' || step.state === 'skipped' ? '' : between(step.startedAt, step.finishedAt, now)}</span>
      <StepStatus state={step.state} />
    </>
  );
}

/** The time, again every second while something runs. */
function useNow(running: boolean): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    if (!running) return;
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, [running]);
  return now;
}
