// The drawing as the editor holds it. All of it is pure: what the page shows and what is saved come from here.
import type { CreateTopology, HaConfig, TopologyChange, TopologyData, TopologyView, UpdateTopology } from '../../api/types';
import { type Kind, kindOf, mayJoin } from './kinds';
import { compact, memberOf, pretty, rewritten, withRaws, type WrittenData } from './raw';

export interface Position { readonly x: number; readonly y: number }
export type Members = Readonly<Record<string, unknown>>;
/** `raw` is the text that `data` was read from; a change of `data` leaves it, and what of it still holds is saved as it was. */
export interface DrawnNode { readonly id: string; readonly type: string; readonly position: Position; readonly data: Members; readonly raw?: string }
export interface DrawnEdge { readonly id: string; readonly source: string; readonly target: string; readonly data?: unknown; readonly raw?: string }

export interface Draft {
  readonly name: string;
  readonly description: string;
  readonly nodes: readonly DrawnNode[];
  readonly edges: readonly DrawnEdge[];
  readonly ha: HaConfig;
}

export const cardWidth = 188, cardHeight = 66, gridStep = 10;
export const mostNodes = 200, mostEdges = 1000;

export const textOf = (node: DrawnNode, member: string) => (typeof node.data[member] === 'string' ? node.data[member] : undefined);
export const labelOf = (node: DrawnNode) => textOf(node, 'label') || node.id;
export const serverOf = (node: DrawnNode) => textOf(node, 'serverId');

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

export function draftOf(view: Pick<TopologyView, 'name' | 'description' | 'topologyData' | 'haConfig'>): Draft {
  return { name: view.name, description: view.description ?? '', ha: view.haConfig, ...drawingOf(view.topologyData) };
}

/** Nodes that were written elsewhere may have no place yet. */
function drawingOf(data: WrittenData): Pick<Draft, 'nodes' | 'edges'> {
  const nodes: DrawnNode[] = [];
  for (const { id, type, position, data: given, raw } of data.nodes) {
    const members: Members = isObject(given) ? given : {};
    const node: DrawnNode = { id, type, position: position ?? freePlace(nodes, { x: 0, y: 0 }), data: members };
    nodes.push(raw === undefined || members !== given ? node : { ...node, raw });
  }
  return { nodes, edges: data.edges.map(({ id, source, target, data: kept, raw }) => (kept === undefined || kept === null ? { id, source, target } : { id, source, target, data: kept, ...(raw === undefined ? {} : { raw }) })) };
}

/** As the rules take it: values, and nothing of what the canvas keeps for itself. */
export function wireOf(draft: Pick<Draft, 'nodes' | 'edges'>): TopologyData {
  return {
    nodes: draft.nodes.map(({ id, type, position, data }) => ({ id, type, position: { x: position.x, y: position.y }, data })),
    edges: draft.edges.map(({ id, source, target, data }) => (data === undefined ? { id, source, target } : { id, source, target, data })),
  };
}

const nodeText = ({ id, type, position: { x, y }, data, raw }: DrawnNode) => `${JSON.stringify({ id, type, position: { x, y } }).slice(0, -1)},"data":${rewritten(data, raw)}}`;

function edgeText({ id, source, target, data, raw }: DrawnEdge): string {
  const ends = JSON.stringify({ id, source, target });
  return data === undefined ? ends : `${ends.slice(0, -1)},"data":${raw ?? JSON.stringify(data)}}`;
}

/** As it is saved: what nobody changed is as it was written. */
const drawingText = ({ nodes, edges }: Pick<Draft, 'nodes' | 'edges'>) => `{"nodes":[${nodes.map(nodeText).join()}],"edges":[${edges.map(edgeText).join()}]}`;

/** The text of a request with this drawing. */
export function requestText(body: UpdateTopology | CreateTopology, draft: Draft): string {
  const { topologyData, ...rest } = body;
  // A name or a version is in it at least.
  return topologyData ? `${JSON.stringify(rest).slice(0, -1)},"topologyData":${drawingText(draft)}}` : JSON.stringify(body);
}

const settings = ['lbType', 'lbServerId', 'filestoreType', 'redisEnabled', 'redisServerId', 'pgFailoverEnabled'] as const;
export type Setting = (typeof settings)[number];

/**
 * One request that makes the saved topology what the draft is; all of it where it is not known what is saved. The settings go
 * as changes, so that they are saved with the drawing or not at all.
 */
export function updateOf(draft: Draft, saved: Draft | undefined, version: number): UpdateTopology {
  const changes = settings.filter((member) => !saved || (draft.ha[member] ?? null) !== (saved.ha[member] ?? null))
    .map((member): TopologyChange => ({ op: 'set_ha', member, value: draft.ha[member] ?? undefined }));
  return {
    ...(draft.name !== saved?.name ? { name: draft.name } : {}),
    ...(draft.description !== saved?.description ? { description: draft.description } : {}),
    ...(draft.nodes !== saved?.nodes || draft.edges !== saved.edges ? { topologyData: wireOf(draft) } : {}),
    ...(changes.length > 0 ? { changes } : {}),
    version,
  };
}

export const same = (a: Draft, b: Draft) => a === b
  || (JSON.stringify([a.name, a.description, a.ha]) === JSON.stringify([b.name, b.description, b.ha]) && alike(a.nodes, b.nodes, nodeText) && alike(a.edges, b.edges, edgeText));

function alike<T>(some: readonly T[], others: readonly T[], text: (item: T) => string): boolean {
  return some.length === others.length && some.every((item, index) => {
    const other = others[index];
    return other !== undefined && (item === other || compact(text(item)) === compact(text(other)));
  });
}

/** Changes as fixes and proposals give them; a sentence where one does not fit. Mirrors what the API makes of them. */
export function applied(draft: Draft, changes: readonly TopologyChange[]): Draft | string {
  let { nodes, edges, ha } = draft;
  for (const change of changes) {
    const id = change.id ?? '';
    if (change.op === 'add_node' && change.node) {
      const { node } = change;
      if (nodes.some((other) => other.id === node.id)) return `There is a node ${node.id} already.`;
      const neighbour = changes.flatMap(({ edge }) => (edge?.target === node.id ? [edge.source] : edge?.source === node.id ? [edge.target] : []))
        .map((other) => nodes.find((item) => item.id === other)).find(Boolean);
      const near = node.position ?? (neighbour ? { x: neighbour.position.x + 260, y: neighbour.position.y } : { x: 0, y: 0 });
      nodes = [...nodes, { id: node.id, type: node.type, position: freePlace(nodes, near), data: isObject(node.data) ? node.data : {} }];
    } else if (change.op === 'remove_node' || change.op === 'set_node') {
      if (!nodes.some((node) => node.id === id)) return `There is no node ${id}.`;
      if (change.op === 'remove_node') ({ nodes, edges } = without({ ...draft, nodes, edges }, [id], []));
      else nodes = nodes.map((node) => (node.id === id ? withMember(node, change.member ?? '', change.value) : node));
    } else if (change.op === 'add_edge' && change.edge) {
      const { id: edge, source, target } = change.edge;
      if (edges.some((other) => other.id === edge)) return `There is an edge ${edge} already.`;
      edges = [...edges, { id: edge, source, target }];
    } else if (change.op === 'remove_edge') {
      if (!edges.some((edge) => edge.id === id)) return `There is no edge ${id}.`;
      edges = edges.filter((edge) => edge.id !== id);
    } else if (change.op === 'set_ha' && settings.includes(change.member as Setting)) {
      ha = withSetting(ha, change.member as Setting, change.value);
    } else return `This cannot be done here: ${change.op}.`;
  }
  return { ...draft, nodes, edges, ha };
}

/** An empty value takes the member out. */
export function withMember(node: DrawnNode, member: string, value: unknown): DrawnNode {
  const { [member]: before, ...rest } = node.data;
  if (value === undefined || value === null || value === '') return before === undefined ? node : { ...node, data: rest };
  return { ...node, data: { ...node.data, [member]: value } };
}

/** As the API does it: no load balancer and no Redis have no server either. */
export function withSetting(ha: HaConfig, member: Setting, value: unknown): HaConfig {
  const none = { lbType: 'none', lbServerId: undefined, filestoreType: 'local', redisEnabled: false, redisServerId: undefined, pgFailoverEnabled: false }[member];
  const next = { ...ha, [member]: value ?? none } as HaConfig;
  if (next.lbType === 'none') delete next.lbServerId;
  if (!next.redisEnabled) delete next.redisServerId;
  return next;
}

export function changed(draft: Draft, ids: readonly string[], change: (node: DrawnNode) => DrawnNode): Draft {
  return { ...draft, nodes: draft.nodes.map((node) => (ids.includes(node.id) ? change(node) : node)) };
}

export function without(draft: Draft, nodeIds: readonly string[], edgeIds: readonly string[]): Draft {
  const [nodes, edges] = [new Set(nodeIds), new Set(edgeIds)];
  return { ...draft, nodes: draft.nodes.filter((node) => !nodes.has(node.id)), edges: draft.edges.filter((edge) => !edges.has(edge.id) && !nodes.has(edge.source) && !nodes.has(edge.target)) };
}

export function moved(draft: Draft, places: ReadonlyMap<string, Position>): Draft {
  return { ...draft, nodes: draft.nodes.map((node) => {
    const to = places.get(node.id);
    return to && (to.x !== node.position.x || to.y !== node.position.y) ? { ...node, position: { x: to.x, y: to.y } } : node;
  }) };
}

function newId(taken: ReadonlySet<string>, stem: string): string {
  if (!taken.has(stem)) return stem;
  let number = 2;
  while (taken.has(`${stem}-${number}`)) number++;
  return `${stem}-${number}`;
}

/** `odoo-1` counts on to `odoo-2`, whether it is drawn or copied. */
const stemOf = (id: string) => id.replace(/-\d+$/, '');

export function added(draft: Draft, kind: Kind, at: Position): { draft: Draft; id: string } {
  const id = newId(new Set(draft.nodes.map((node) => node.id)), kind.id);
  const number = /-(\d+)$/.exec(id)?.[1];
  const node: DrawnNode = { id, type: kind.type, position: freePlace(draft.nodes, at), data: { label: number ? `${kind.label} ${number}` : kind.label, ...kind.start?.(draft) } };
  return { draft: { ...draft, nodes: [...draft.nodes, node] }, id };
}

/** Copies with the connections that the originals have, among each other and to the rest. */
export function duplicated(draft: Draft, ids: readonly string[]): { draft: Draft; ids: string[] } {
  const taken = new Set(draft.nodes.map((node) => node.id));
  const names = new Map<string, string>();
  const copies: DrawnNode[] = [];
  for (const node of draft.nodes.filter((item) => ids.includes(item.id))) {
    const id = newId(taken, stemOf(node.id));
    taken.add(id);
    names.set(node.id, id);
    const label = textOf(node, 'label');
    copies.push({ ...node, id, position: freePlace([...draft.nodes, ...copies], { x: node.position.x + 30, y: node.position.y + 80 }), data: label ? { ...node.data, label: label.replace(/( \d+)?$/, ` ${/-(\d+)$/.exec(id)?.[1] ?? 2}`) } : node.data });
  }
  let next: Draft = { ...draft, nodes: [...draft.nodes, ...copies] };
  for (const edge of draft.edges)
    if (names.has(edge.source) || names.has(edge.target))
      next = joined(next, names.get(edge.source) ?? edge.source, names.get(edge.target) ?? edge.target);
  return { draft: next, ids: copies.map((node) => node.id) };
}

/** Which way two nodes can be joined: as it was drawn, or turned around, or not at all. */
export function fitting(draft: Pick<Draft, 'nodes' | 'edges'>, source: string, target: string): [string, string] | undefined {
  const from = draft.nodes.find((node) => node.id === source);
  const to = draft.nodes.find((node) => node.id === target);
  if (!from || !to || from === to || draft.edges.some((edge) => (edge.source === source && edge.target === target) || (edge.source === target && edge.target === source))) return undefined;
  return mayJoin(from, to) ? [source, target] : mayJoin(to, from) ? [target, source] : undefined;
}

export function joined(draft: Draft, source: string, target: string): Draft {
  const ends = fitting(draft, source, target);
  if (!ends) return draft;
  return { ...draft, edges: [...draft.edges, { id: newId(new Set(draft.edges.map((edge) => edge.id)), `${ends[0]}-${ends[1]}`), source: ends[0], target: ends[1] }] };
}

/** The nearest place below where no other card lies. */
export function freePlace(nodes: readonly Pick<DrawnNode, 'position'>[], near: Position): Position {
  const x = Math.round(near.x / gridStep) * gridStep;
  let y = Math.round(near.y / gridStep) * gridStep;
  while (nodes.some(({ position }) => Math.abs(position.x - x) < cardWidth + 16 && Math.abs(position.y - y) < cardHeight + 24)) y += gridStep;
  return { x, y };
}

/** What a file or a text field holds: an export, or a bare drawing. A sentence where it is neither. */
export function read(text: string, before: Draft): Draft | string {
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch (error) {
    return `This is no JSON: ${error instanceof Error ? error.message : ''}`;
  }
  if (!isObject(given)) return 'An export is a JSON object with topologyData.';
  const data = isObject(given.topologyData) ? given.topologyData : given;
  if (!Array.isArray(data.nodes) || !Array.isArray(data.edges)) return 'topologyData has to have the lists nodes and edges.';
  if (data.nodes.length > mostNodes || data.edges.length > mostEdges) return `At most ${mostNodes} nodes and ${mostEdges} edges can be drawn.`;
  for (const [index, node] of data.nodes.entries()) {
    if (!isObject(node) || typeof node.id !== 'string' || typeof node.type !== 'string') return `nodes[${index}] has no id or no type.`;
    if (!kindOf(node.type)) return `nodes[${index}]: ${node.type} is no type of node.`;
    const at = node.position;
    if (at !== undefined && at !== null && (!isObject(at) || typeof at.x !== 'number' || typeof at.y !== 'number')) return `nodes[${index}]: the position has to have the numbers x and y.`;
    if (node.data !== undefined && node.data !== null && !isObject(node.data)) return `nodes[${index}]: data has to be an object.`;
    const other = Object.keys(node).find((member) => !['id', 'type', 'position', 'data'].includes(member));
    if (other) return `nodes[${index}] has a member ${other} that a node does not have.`;
  }
  for (const [index, edge] of data.edges.entries())
    if (!isObject(edge) || typeof edge.id !== 'string' || typeof edge.source !== 'string' || typeof edge.target !== 'string') return `edges[${index}] has no id, source or target.`;
  let { ha } = before;
  if (isObject(given.haConfig)) {
    const strange = Object.keys(given.haConfig).find((member) => !settings.includes(member as Setting));
    if (strange) return `haConfig has no ${strange}.`;
    ha = settings.reduce((next, member) => withSetting(next, member, (given.haConfig as Record<string, unknown>)[member]), {} as HaConfig);
  }
  const { nodes, edges } = drawingOf(withRaws(data as TopologyData, compact(data === given ? text : (memberOf(text, 'topologyData') ?? text))));
  return {
    nodes: asBefore(nodes, before.nodes, nodeText), edges: asBefore(edges, before.edges, edgeText), ha,
    name: typeof given.name === 'string' ? given.name : before.name,
    description: typeof given.description === 'string' ? given.description : before.description,
  };
}

/** What says the same as before stays as it was, with its blanks. */
function asBefore<T extends { readonly id: string }>(items: readonly T[], before: readonly T[], text: (item: T) => string): T[] {
  const known = new Map<string, T>(before.map((item) => [item.id, item]));
  return items.map((item) => {
    const was = known.get(item.id);
    return was !== undefined && compact(text(was)) === compact(text(item)) ? was : item;
  });
}

/** The same that the command line's `topology export` writes. */
export function written(draft: Draft): string {
  const head = JSON.stringify({ name: draft.name, description: draft.description || undefined }).slice(0, -1);
  return pretty(`${head},"topologyData":${drawingText(draft)},"haConfig":${JSON.stringify(draft.ha)}}`);
}
