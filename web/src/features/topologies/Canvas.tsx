import { useCallback, useEffect, useMemo, useRef, useState, type DragEvent } from 'react';
import { useComputedColorScheme } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import {
  applyEdgeChanges, applyNodeChanges, Background, BackgroundVariant, Controls, type Connection, type Edge, type EdgeChange, MarkerType, MiniMap, type NodeChange, ReactFlow, ReactFlowProvider, type ReactFlowState, useReactFlow, useStore,
} from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { added, cardHeight, cardWidth, fitting, gridStep, joined, labelOf, moved, type Position, serverOf, without } from './drawing';
import { dragType } from './dragType';
import { type Card, type CardNode, NodeCard } from './NodeCard';
import { detailOf, hasServer, kindOf } from './kinds';
import { marking } from './SeverityIcon';
import { actionWords, type Deployment, stateWords } from './useDeployment';
import type { Editor } from './useEditor';
import type { Place } from './servers';
import classes from './topologies.module.css';

const nodeTypes = { card: NodeCard };
const fit = { padding: { top: '26px', left: '24px', right: '24px', bottom: '52px' }, maxZoom: 1.1 } as const;
const overview = (node: CardNode) => `var(--oc-kind-${kindOf(node.data.node.type)?.family ?? 'edge'})`;
const marker = { type: MarkerType.ArrowClosed, width: 15, height: 15 };

export interface CanvasHandle {
  middle: () => Position;
  show: (ids: readonly string[]) => void;
  fit: () => void;
}

interface Props {
  editor: Editor;
  servers: Place[];
  deployment: Deployment;
  handle: React.RefObject<CanvasHandle | null>;
}

export default function Canvas(props: Props) {
  return <ReactFlowProvider><Flow {...props} /></ReactFlowProvider>;
}

function Flow({ editor, servers, deployment, handle }: Props) {
  const { draft, change, select, selection, findings, mayChange } = editor;
  const { actions, ghosts, statuses } = deployment;
  const scheme = useComputedColorScheme('light');
  const flow = useReactFlow<CardNode>();
  const box = useRef<HTMLDivElement>(null);
  const toFit = useRef(false);
  const beyond = useStore(outOfSight);
  const far = useStore(fromFar);
  const names = useMemo(() => new Map(servers.map((server) => [server.id, server.name])), [servers]);

  // The canvas keeps sizes and what is being dragged; everything else comes from the draft. What is the same stays the same
  // object, so that it is not drawn again.
  const [nodes, setNodes] = useState<CardNode[]>([]);
  const [edges, setEdges] = useState<Edge[]>([]);
  useEffect(() => setNodes((before) => {
    const old = new Map(before.map((item) => [item.id, item]));
    const cardOf = (id: string, fresh: Card): CardNode => {
      const known = old.get(id);
      const { node, ghost } = fresh;
      const selected = selection.nodes.includes(id);
      const data = known && Object.keys(fresh).every((member) => known.data[member] === fresh[member]) ? known.data : fresh;
      const position = known && known.position.x === node.position.x && known.position.y === node.position.y ? known.position : node.position;
      if (known && known.data === data && known.position === position && Boolean(known.selected) === selected) return known;
      // A ghost can be looked at, and nothing else; said of others too, as what was one may be drawn again.
      const fixed = ghost ? false : undefined;
      return { ...known, id, type: 'card', position, data, selected, ariaLabel: said(fresh), initialWidth: cardWidth, initialHeight: cardHeight, draggable: fixed, selectable: fixed, connectable: fixed, deletable: fixed };
    };
    const cards = draft.nodes.map((node) => {
      const serverId = serverOf(node);
      const server = serverId ? (names.get(serverId) ?? 'unknown server') : undefined;
      const { worst, count } = marking(findings.of.get(node.id));
      const status = statuses.get(node.id);
      return cardOf(node.id, { node, server, worst, findings: count, action: actions.get(node.id), state: status?.state, differs: (status?.drift.length ?? 0) > 0, ghost: false });
    });
    return [...cards, ...ghosts.map(({ id, node, action }) => cardOf(id, { node, server: action.server?.name, worst: undefined, findings: 0, action: action.action, state: undefined, differs: false, ghost: true }))];
  }), [draft.nodes, names, findings.of, selection.nodes, actions, ghosts, statuses]);
  useEffect(() => setEdges((before) => {
    const old = new Map(before.map((item) => [item.id, item]));
    const near = new Set(selection.nodes);
    return draft.edges.map((edge): Edge => {
      const known = old.get(edge.id);
      const { worst } = marking(findings.of.get(edge.id));
      const selected = selection.edges.includes(edge.id);
      const className = [worst && classes[worst], (near.has(edge.source) || near.has(edge.target)) && classes.near].filter(Boolean).join(' ');
      if (known && known.source === edge.source && known.target === edge.target && known.className === className && Boolean(known.selected) === selected) return known;
      return { id: edge.id, source: edge.source, target: edge.target, className, selected, markerEnd: marker, interactionWidth: 16 };
    });
  }), [draft.edges, findings.of, selection]);

  useEffect(() => {
    handle.current = {
      middle: () => {
        const { left = 0, top = 0, width = 0, height = 0 } = box.current?.getBoundingClientRect() ?? {};
        const { x, y } = flow.screenToFlowPosition({ x: left + width / 2, y: top + height / 2 });
        return { x: x - cardWidth / 2, y: y - cardHeight / 2 };
      },
      show: (ids) => void flow.fitView({ nodes: ids.map((id) => ({ id })), padding: 0.4, maxZoom: 1, duration: 200 }),
      fit: () => { toFit.current = true; },
    };
    return () => { handle.current = null; };
  }, [flow, handle]);

  // A layout is in the draft before it is on the canvas.
  useEffect(() => {
    if (toFit.current) void flow.fitView({ ...fit, duration: 200 });
    toFit.current = false;
  }, [flow, nodes]);

  function nodesChanged(changes: NodeChange<CardNode>[]) {
    // What is deleted leaves the draft (below), and with it the canvas.
    const next = applyNodeChanges(changes.filter((item) => item.type !== 'remove'), nodes);
    setNodes(next);
    if (changes.some((item) => item.type === 'select')) chosen(next, undefined);
    const dropped = changes.filter((item) => item.type === 'position' && !item.dragging).map((item) => (item as { id: string }).id);
    if (dropped.length > 0) {
      const places = new Map(next.filter((item) => dropped.includes(item.id)).map((item) => [item.id, item.position]));
      change((now) => {
        const after = moved(now, places);
        return after.nodes.every((node, index) => node === now.nodes[index]) ? now : after;
      });
    }
  }

  function edgesChanged(changes: EdgeChange[]) {
    const next = applyEdgeChanges(changes.filter((item) => item.type !== 'remove'), edges);
    setEdges(next);
    if (changes.some((item) => item.type === 'select')) chosen(undefined, next);
  }

  function chosen(among: CardNode[] | undefined, lines: Edge[] | undefined) {
    select((before) => ({
      nodes: among ? among.filter((item) => item.selected).map((item) => item.id) : before.nodes,
      edges: lines ? lines.filter((item) => item.selected).map((item) => item.id) : before.edges,
    }));
  }

  const valid = useCallback(({ source, target }: Connection | Edge) => Boolean(fitting(draft, source, target)), [draft]);

  // Not React Flow's own: that looks at the key with the next drawing, and one that is let go of before is lost.
  function removeChosen() {
    const gone = selection.nodes.filter((id) => draft.nodes.some((node) => node.id === id));
    if (!mayChange || gone.length + selection.edges.length === 0) return;
    change((now) => without(now, gone, selection.edges));
    select({ nodes: [], edges: [] });
  }
  useHotkeys([['Delete', removeChosen], ['Backspace', removeChosen]]);

  function drop(event: DragEvent) {
    const kind = kindOf(event.dataTransfer.getData(dragType));
    if (!kind || !mayChange) return;
    event.preventDefault();
    const { x, y } = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    const { draft: after, id } = added(draft, kind, { x: x - cardWidth / 2, y: y - cardHeight / 2 });
    change(after);
    select({ nodes: [id], edges: [] });
  }

  return (
    <div className={classes.canvas} ref={box} data-far={far || undefined} onDrop={drop} onDragOver={(event) => { if (event.dataTransfer.types.includes(dragType)) { event.preventDefault(); event.dataTransfer.dropEffect = 'copy'; } }}>
      <ReactFlow<CardNode>
        nodes={nodes} edges={edges} nodeTypes={nodeTypes} colorMode={scheme} aria-label="Drawing" onNodesChange={nodesChanged} onEdgesChange={edgesChanged}
        onConnect={({ source, target }) => change((now) => joined(now, source, target))} isValidConnection={valid}
        nodesDraggable={mayChange} nodesConnectable={mayChange} deleteKeyCode={null} edgesFocusable={false}
        snapToGrid snapGrid={[gridStep, gridStep]} fitView fitViewOptions={fit} minZoom={0.08} maxZoom={1.6} connectionRadius={28} selectionKeyCode="Shift" multiSelectionKeyCode={['Meta', 'Control', 'Shift']}
        panOnScroll={false} elevateNodesOnSelect={false} onlyRenderVisibleElements={false}
      >
        <Background variant={BackgroundVariant.Dots} gap={20} size={1} />
        <Controls showInteractive={false} orientation="horizontal" />
        {beyond && <MiniMap<CardNode> pannable zoomable ariaLabel="Overview of the drawing" nodeBorderRadius={12} nodeColor={overview} />}
      </ReactFlow>
      {draft.nodes.length === 0 && ghosts.length === 0 && <p className={classes.hint}>{mayChange ? 'Nothing is drawn yet. Take a node from the row above: click it, or drag it here.' : 'Nothing is drawn yet.'}</p>}
    </div>
  );
}

/** A card in a sentence, for who does not see it. */
function said({ node, server, findings, action, state, differs, ghost }: Card): string {
  return [
    kindOf(node.type)?.label, labelOf(node), ghost ? 'not drawn any more' : detailOf(node), server ?? (hasServer(node.type) && !ghost ? 'no server' : undefined), state && stateWords[state], differs && 'differs from what was deployed',
    action && `plan: ${actionWords[action]}`, findings > 0 && `${findings} findings`,
  ].filter(Boolean).join(', ');
}

/** Whether an overview says more than the canvas itself. */
function outOfSight({ nodeLookup, transform: [left, top, zoom], width, height }: ReactFlowState): boolean {
  for (const { internals: { positionAbsolute: at } } of nodeLookup.values()) {
    const [x, y] = [at.x * zoom + left, at.y * zoom + top];
    if (x < -4 || y < -4 || x + cardWidth * zoom > width + 4 || y + cardHeight * zoom > height + 4) return true;
  }
  return false;
}

/** From far away only names can be read, so these are written larger. */
const fromFar = ({ transform }: ReactFlowState) => transform[2] < 0.62;
