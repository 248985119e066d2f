import type { PlanAction } from '../../api/types';
import { cardHeight, cardWidth, type Draft, type DrawnNode, freePlace, type Position } from './drawing';

/** A node that a plan takes down and that is drawn no more. */
export interface Ghost {
  /** Of its card: the node's, unless something else is drawn by that name. */
  readonly id: string;
  readonly node: DrawnNode;
  readonly action: PlanAction;
}

type Nodes = Pick<Draft, 'nodes'>;
const none: readonly Ghost[] = [];

/** Where they were drawn last, as far as that is remembered; the others in rows under the drawing. */
export function ghostsOf(actions: readonly PlanAction[], { nodes }: Nodes, past: readonly Nodes[]): readonly Ghost[] {
  const drawn = new Map(nodes.map((node) => [node.id, node.type]));
  const gone = actions.filter((action) => action.action === 'destroy' && drawn.get(action.nodeId) !== action.type);
  if (gone.length === 0) return none;
  const before = past.flatMap((draft) => draft.nodes);
  const taken: { position: Position }[] = [...nodes];
  const places = new Map<PlanAction, Position>();
  const put = (action: PlanAction, near: Position) => {
    const position = freePlace(taken, near);
    taken.push({ position });
    places.set(action, position);
  };
  for (const action of gone) {
    const last = before.findLast((node) => node.id === action.nodeId && node.type === action.type);
    if (last) put(action, last.position);
  }
  const xs = taken.map(({ position }) => position.x);
  const left = xs.length > 0 ? Math.min(...xs) : 0;
  const bottom = taken.length > 0 ? Math.max(...taken.map(({ position }) => position.y)) + rowHeight : 0;
  const columns = Math.max(4, xs.length > 0 ? Math.floor((Math.max(...xs) - left) / columnWidth) + 1 : 0);
  for (const [index, action] of gone.filter((item) => !places.has(item)).entries())
    put(action, { x: left + (index % columns) * columnWidth, y: bottom + Math.floor(index / columns) * rowHeight });
  return gone.map((action) => ({
    id: drawn.has(action.nodeId) ? `gone ${action.nodeId}` : action.nodeId, action,
    node: { id: action.nodeId, type: action.type, position: places.get(action) ?? { x: left, y: bottom }, data: { label: action.label } },
  }));
}

const columnWidth = cardWidth + 32, rowHeight = cardHeight + 44;
