import { Graph, layout } from '@dagrejs/dagre';
import { cardHeight, cardWidth, gridStep, type Draft, type Position } from './drawing';

const onGrid = (value: number) => Math.round(value / gridStep) * gridStep;

/**
 * From left to right, from the users to the used: the columns and the order in them are dagre's, which crosses few lines. Within
 * a column all is evenly apart, and what is alike counts on from above. Loaded when it is asked for.
 */
export function laidOut({ nodes, edges }: Pick<Draft, 'nodes' | 'edges'>): Map<string, Position> {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 34, ranksep: 92, edgesep: 12 });
  graph.setDefaultEdgeLabel(() => ({}));
  const types = new Map(nodes.map((node) => [node.id, node.type]));
  for (const id of types.keys()) graph.setNode(id, { width: cardWidth, height: cardHeight });
  // A replica stands below its primary, not in a column of its own; a sentinel has nothing else to stand by.
  const known = edges.filter(({ source, target }) => types.has(source) && types.has(target));
  const apart = known.filter(({ source, target }) => types.get(source) !== types.get(target));
  const held = new Set(apart.flatMap(({ source, target }) => [source, target]));
  for (const { source, target } of [...apart, ...known.filter((edge) => !held.has(edge.source) || !held.has(edge.target))]) graph.setEdge(source, target);
  layout(graph);

  const columns = new Map<number, string[]>();
  for (const id of [...types.keys()].sort((a, b) => at(graph, a).y - at(graph, b).y)) columns.set(at(graph, id).x, [...(columns.get(at(graph, id).x) ?? []), id]);
  const places = new Map<string, Position>();
  for (const [x, column] of columns) {
    const alike = new Map<string | undefined, string[]>();
    for (const id of [...column].sort((a, b) => a.localeCompare(b, undefined, { numeric: true }))) alike.set(types.get(id), [...(alike.get(types.get(id)) ?? []), id]);
    for (const [row, id] of column.entries())
      places.set(alike.get(types.get(id))?.shift() ?? id, { x: onGrid(x - cardWidth / 2), y: onGrid((row - (column.length - 1) / 2) * (cardHeight + 44)) });
  }
  return places;
}

const at = (graph: Graph, id: string) => graph.node(id) as Position;
