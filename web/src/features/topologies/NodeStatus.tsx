import { useState } from 'react';
import { Button } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useOrg, useRefusal, useSend } from '../../api/hooks';
import type { TopologyNodeStatus } from '../../api/types';
import { Action, Facts, Status, When } from '../../ui/Bits';
import { Confirm } from '../../ui/Confirm';
import { ErrorNote } from '../../ui/Errors';
import { words } from '../../ui/format';
import { started } from '../operations/started';
import { stateTones, stateWords } from './useDeployment';
import classes from './topologies.module.css';

/** How a node that runs does: as it was measured, and as it is now for who asks. */
export function NodeStatus({ topology, status: known }: { topology: string; status: TopologyNodeStatus }) {
  const measure = useSend(() => api.measureTopologyNode(topology, known.nodeId));
  const status = measure.answer && (measure.answer.measuredAt ?? '') > (known.measuredAt ?? '') ? measure.answer : known;
  return (
    <section className={classes.joins} aria-label="Status">
      <p className={classes.fine}>
        <Status tone={stateTones[status.state]}>{stateWords[status.state]}</Status>
        {status.role && <span className="dim">{status.role}</span>}
        <Button size="compact-xs" variant="subtle" ml="auto" loading={measure.busy} onClick={() => measure.send(undefined)}>Look now</Button>
      </p>
      {status.message && <p>{status.message}</p>}
      {status.drift.length > 0 && <Differs topology={topology} status={status} />}
      {Object.keys(status.figures).length > 0 && <Facts min={110} items={Object.entries(status.figures).map(([name, value]): [string, string] => [words(name.replace(/([A-Z])/g, ' $1').toLowerCase()), value])} />}
      {status.measuredAt && <p className="dim">Measured <When at={status.measuredAt} /></p>}
      <ErrorNote error={measure.error} />
      {status.type === 'postgres' && status.role === 'replica' && <SwitchOver topology={topology} status={status} />}
    </section>
  );
}

/** What somebody changed by hand, and the way back to what was deployed. */
function Differs({ topology, status }: { topology: string; status: TopologyNodeStatus }) {
  const org = useOrg();
  const refusal = useRefusal('manage:topologies');
  const [asking, setAsking] = useState(false);
  const repair = useSend(() => api.repairTopology(topology, { nodeIds: [status.nodeId] }), { onDone: (operation) => { setAsking(false); started(org, operation); } });
  return (
    <>
      <p><b>It differs from what was deployed</b></p>
      <ul className={classes.drift}>{status.drift.map((drift) => <li key={drift.message}>{drift.message}</li>)}</ul>
      <Action size="compact-xs" variant="default" refusal={refusal} onClick={() => setAsking(true)}>Put it right</Action>
      {asking && (
        <Confirm title={`Put ${status.label} right`} verb="Put right" busy={repair.busy} error={repair.error} onConfirm={() => repair.send(undefined)} onClose={() => { repair.reset(); setAsking(false); }}>
          {status.drift.every((drift) => drift.safe) ? 'It is made as it was deployed. It keeps nothing, so nothing is lost.' : 'Its container is made anew around what it keeps. Who uses it waits for as long as that takes; where its data is gone, it is refused.'}
        </Confirm>
      )}
    </>
  );
}

/** Another PostgreSQL leads, because somebody wants it to. */
function SwitchOver({ topology, status }: { topology: string; status: TopologyNodeStatus }) {
  const org = useOrg();
  const refusal = useRefusal('manage:topologies');
  const [asking, setAsking] = useState(false);
  const lead = useSend(() => api.switchOverTopology(topology, status.nodeId), { onDone: (operation) => { setAsking(false); started(org, operation); } });
  return (
    <>
      <Action size="compact-xs" variant="default" refusal={refusal} onClick={() => setAsking(true)}>Let it lead</Action>
      {asking && (
        <Confirm title={`Let ${status.label} lead`} verb="Switch over" busy={lead.busy} error={lead.error} onConfirm={() => lead.send(undefined)} onClose={() => { lead.reset(); setAsking(false); }}>
          Nothing can be written for a second or two. No row that was acknowledged is lost.
        </Confirm>
      )}
    </>
  );
}
