import { api } from '../../api/endpoints';
import { useAllowed, useList } from '../../api/hooks';
import type { Ref, ServerView, TopologyNodeStatus } from '../../api/types';
import { bytes, number, plural } from '../../ui/format';
import { type Draft, serverOf } from './drawing';
import { memoryOf } from './kinds';

export interface Place {
  id: string;
  name: string;
  view?: ServerView;
  /** Nodes of this topology that run there: what they have is promised to them already. */
  runs?: ReadonlySet<string>;
}

/** All servers that may be chosen; for who may not see servers, those that the drawing names. */
export function useServers(named: readonly Ref[], running: readonly TopologyNodeStatus[] = []): Place[] {
  const may = useAllowed('view:servers');
  const list = useList(api.servers(), { enabled: may });
  const all = (list.rows ?? []).map((view): Place => ({ id: view.id, name: view.name, view, runs: new Set(running.filter((node) => node.server?.id === view.id).map((node) => node.nodeId)) }));
  return [...all, ...named.filter((item) => !all.some((other) => other.id === item.id))];
}

/** What is left of a machine after what is promised on it, and after what this drawing asks of it beyond what runs. */
export function roomOn({ facts, use, instanceCount }: Pick<ServerView, 'facts' | 'use' | 'instanceCount'>, draft: Draft | undefined, id?: string, runs?: ReadonlySet<string>): string {
  if (!facts) return 'not measured yet';
  const drawn = draft?.nodes.filter((node) => serverOf(node) === id) ?? [];
  const free = facts.memoryBytes - (use?.memoryReservedBytes ?? 0) - drawn.filter((node) => !runs?.has(node.id)).reduce((sum, node) => sum + memoryOf(node), 0) * 1024 * 1024;
  // So much of each core the server promises, see ServerCapacity.
  const cpus = facts.cpus * 1.5 - (use?.cpusReserved ?? 0);
  return [
    free >= 0 ? `${bytes(free)} of ${bytes(facts.memoryBytes)} memory free` : `${bytes(-free)} of memory too little`,
    use && `${bytes(Math.max(0, facts.diskBytes - use.diskUsedBytes))} of disk free`, plural(facts.cpus, 'core'), use?.cpusReserved && `${number(Math.max(0, cpus))} CPUs to promise`, instanceCount > 0 && plural(instanceCount, 'instance'), drawn.length > 0 && `${plural(drawn.length, 'node')} of this drawing`,
  ].filter(Boolean).join(' · ');
}
