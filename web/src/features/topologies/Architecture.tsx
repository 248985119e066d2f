import type { InstanceTopologyView } from '../../api/types';
import { cardHeight, cardWidth, freePlace } from './drawing';
import { kindOf } from './kinds';
import { stateTones } from './useDeployment';
import classes from './topologies.module.css';

type Node = InstanceTopologyView['nodes'][number]['status'];

/** How an Odoo on several servers is built and how each part does, to look at: what is drawn stands in the list beside it too. */
export function Architecture({ view, label, wordOf }: { view: InstanceTopologyView; label: string; wordOf: (state: Node['state']) => string }) {
  const at = new Map<string, { x: number; y: number }>();
  const placed: { id: string; position: { x: number; y: number } }[] = [];
  for (const { status, position } of view.nodes) {
    const place = position ?? freePlace(placed, { x: 0, y: 0 });
    placed.push({ id: status.nodeId, position: place });
    at.set(status.nodeId, place);
  }
  const [xs, ys] = [[...at.values()].map(({ x }) => x), [...at.values()].map(({ y }) => y)];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const [width, height] = [Math.max(...xs) - left + cardWidth, Math.max(...ys) - top + cardHeight];
  return (
    <svg className={classes.architecture} viewBox={`${left - 12} ${top - 12} ${width + 24} ${height + 24}`} style={{ maxHeight: Math.min(520, height + 24) }} preserveAspectRatio="xMidYMid meet" role="img" aria-label={label}>
      {view.edges.map((edge) => {
        const [from, to] = [at.get(edge.source), at.get(edge.target)];
        if (!from || !to) return null;
        const [x1, y1, x2, y2] = [from.x + cardWidth, from.y + cardHeight / 2, to.x, to.y + cardHeight / 2];
        return <path key={edge.id} d={`M${x1} ${y1}C${x1 + 50} ${y1} ${x2 - 50} ${y2} ${x2} ${y2}`} />;
      })}
      {view.nodes.map(({ status }) => {
        const { x, y } = at.get(status.nodeId) ?? { x: 0, y: 0 };
        return (
          <g key={status.nodeId} transform={`translate(${x} ${y})`} data-family={kindOf(status.type)?.family}>
            <rect width={cardWidth} height={cardHeight} rx={8} />
            <rect className={classes.bar} width={5} height={cardHeight} rx={2} />
            <text x={16} y={23}>{clip(status.label)}</text>
            <text x={16} y={41} className={classes.state} data-tone={stateTones[status.state]}>{wordOf(status.state)}{status.role ? ` \u00b7 ${status.role}` : ''}</text>
            {status.server && <text x={16} y={57} className={classes.place}>{clip(status.server.name)}</text>}
          </g>
        );
      })}
    </svg>
  );
}

const clip = (text: string) => (text.length > 20 ? `${text.slice(0, 19)}\u2026` : text);
