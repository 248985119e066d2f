import { memo } from 'react';
import { Handle, Position, useConnection, type Node, type NodeProps } from '@xyflow/react';
import type { FindingSeverity, PlanActionKind, TopologyNodeState } from '../../api/types';
import { type DrawnNode, labelOf } from './drawing';
import { detailOf, hasServer, kindOf, mayJoin } from './kinds';
import { KindIcon } from './KindIcon';
import { SeverityIcon } from './SeverityIcon';
import { actionWords, stateTones, stateWords } from './useDeployment';
import classes from './topologies.module.css';

export interface Card extends Record<string, unknown> {
  node: DrawnNode;
  server: string | undefined;
  worst: FindingSeverity | undefined;
  findings: number;
  /** What the plan that is looked at does with it. */
  action: PlanActionKind | undefined;
  /** How it does, where it runs. */
  state: TopologyNodeState | undefined;
  /** Whether somebody changed it by hand. */
  differs: boolean;
  /** Drawn no more: it is here because the plan that is looked at takes it down. */
  ghost: boolean;
}

export type CardNode = Node<Card, 'card'>;

/** Drawn anew only when something on it changes: of 200 cards, one that is moved is one that is drawn. */
export const NodeCard = memo(function NodeCard({ data, selected, isConnectable }: NodeProps<CardNode>) {
  const { node, server, worst, findings, action, state, differs, ghost } = data;
  const fits = useConnection<CardNode, boolean | undefined>((connection) => {
    const from = connection.inProgress ? connection.fromNode.data.node : undefined;
    return from && !ghost && (from.id === node.id || mayJoin(from, node) || mayJoin(node, from));
  });
  return (
    <div className={classes.card} data-family={ghost ? undefined : kindOf(node.type)?.family} data-selected={selected || undefined} data-worst={worst} data-fits={fits} data-action={action} data-ghost={ghost || undefined}>
      <Handle type="target" position={Position.Left} isConnectable={isConnectable} />
      <span className={classes.cardIcon}><KindIcon type={node.type} /></span>
      <span className={classes.cardText}>
        <b>{labelOf(node)}</b>
        <span>{ghost ? 'not drawn any more' : state ? <span className={classes.state} data-tone={differs ? 'warn' : stateTones[state]}>{stateWords[state]}{differs && ', differs'}</span> : detailOf(node)}</span>
        {hasServer(node.type) && !(ghost && !server) && <span className={server ? undefined : classes.missing}>{server ?? 'no server'}</span>}
      </span>
      {action && action !== 'keep' && <span className={classes.cardAction}>{actionWords[action]}</span>}
      {worst && !action && <span className={classes.cardBadge} data-severity={worst}><SeverityIcon severity={worst} size={13} />{findings}</span>}
      <Handle type="source" position={Position.Right} isConnectable={isConnectable} />
    </div>
  );
});
