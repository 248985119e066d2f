import type { TopologyData } from '../../api/types';
import { cardHeight, cardWidth } from './drawing';
import { kindOf } from './kinds';
import classes from './topologies.module.css';

/** A drawing in small, to know it by. */
export function Sketch({ data }: { data: TopologyData }) {
  const at = new Map(data.nodes.map((node) => [node.id, node.position ?? { x: 0, y: 0 }]));
  const [xs, ys] = [[...at.values()].map(({ x }) => x), [...at.values()].map(({ y }) => y)];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const [width, height] = [Math.max(...xs) - left + cardWidth, Math.max(...ys) - top + cardHeight];
  return (
    <svg className={classes.sketch} viewBox={`${left - 12} ${top - 12} ${width + 24} ${height + 24}`} preserveAspectRatio="xMidYMid meet" aria-hidden>
      {data.edges.map((edge) => {
        const [from, to] = [at.get(edge.source), at.get(edge.target)];
        if (!from || !to) return null;
        const [x1, y1, x2, y2] = [from.x + cardWidth, from.y + cardHeight / 2, to.x, to.y + cardHeight / 2];
        return <path key={edge.id} d={`M${x1} ${y1}C${x1 + 50} ${y1} ${x2 - 50} ${y2} ${x2} ${y2}`} />;
      })}
      {data.nodes.map((node) => {
        const { x, y } = at.get(node.id) ?? { x: 0, y: 0 };
        return <rect key={node.id} x={x} y={y} width={cardWidth} height={cardHeight} rx={12} data-family={kindOf(node.type)?.family} />;
      })}
    </svg>
  );
}
