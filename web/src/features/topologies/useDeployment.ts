import { useEffect, useMemo, useState } from 'react';
import { api } from '../../api/endpoints';
import { useOrg, useSend } from '../../api/hooks';
import type { PlanActionKind, PlanTopology, TopologyHealth, TopologyNodeState, TopologyNodeStatus, TopologyPlanView } from '../../api/types';
import { started } from '../operations/started';
import { ghostsOf } from './ghosts';
import type { Editor } from './useEditor';

/** From the saved drawing to what runs: the plan that is looked at, and what was measured of each node. */
export function useDeployment({ topology, draft, past, dirty }: Editor) {
  const org = useOrg();
  const { deployment } = topology;
  const [plan, setPlan] = useState<TopologyPlanView>();
  const make = useSend((body: PlanTopology) => api.planTopology(topology.id, body), { quiet: true, onDone: setPlan });
  const deploy = useSend((confirm: string | undefined) => api.deployTopology(topology.id, { planHash: plan?.hash ?? '', confirm }), { onDone: (operation) => { setPlan(undefined); started(org, operation); } });
  // A plan is of one drawing: after a change it says nothing any more.
  const { version } = topology;
  useEffect(() => setPlan(undefined), [version, dirty]);
  const ghosts = useMemo(() => ghostsOf(plan?.actions ?? [], draft, past), [plan, draft, past]);
  return {
    deployment: deployment ?? undefined, plan, make, deploy,
    /** What the plan takes down and is drawn no more. */
    ghosts,
    forget: () => { setPlan(undefined); make.reset(); deploy.reset(); },
    /** Of what is drawn. */
    actions: useMemo(() => new Map<string, PlanActionKind>(plan?.actions.filter((action) => !ghosts.some((ghost) => ghost.action === action)).map((action) => [action.nodeId, action.action])), [plan, ghosts]),
    statuses: useMemo(() => new Map<string, TopologyNodeStatus>(deployment?.nodes.map((status) => [status.nodeId, status])), [deployment]),
  };
}

export type Deployment = ReturnType<typeof useDeployment>;

export const stateWords: Record<TopologyNodeState, string> = { waiting: 'Waiting', working: 'Working', running: 'Running', degraded: 'Degraded', failed: 'Failed', missing: 'Missing', unknown: 'Unknown' };
export const stateTones = { waiting: 'idle', working: 'busy', running: 'good', degraded: 'warn', failed: 'bad', missing: 'bad', unknown: 'idle' } as const;
export const healthWords: Record<TopologyHealth, string> = { healthy: 'Healthy', degraded: 'Degraded', down: 'Down', unknown: 'Unknown' };
export const healthTones = { healthy: 'good', degraded: 'warn', down: 'bad', unknown: 'idle' } as const;
export const actionWords: Record<PlanActionKind, string> = { create: 'Create', change: 'Change', replace: 'Replace', destroy: 'Destroy', keep: 'Keep' };
