// JSON as it is written. As values it would lose how it looked: 1.50 would come back as 1.5, and 12345678901234567890 as another
// number. The editor works with values, and saves what nobody changed as it came.
import type { TopologyData, TopologyView } from '../../api/types';

type DataNode = TopologyData['nodes'][number];
type DataEdge = TopologyData['edges'][number];
/** With the text of its `data`. */
export interface WrittenNode extends DataNode { raw?: string }
export interface WrittenEdge extends DataEdge { raw?: string }
export interface WrittenData { nodes: WrittenNode[]; edges: WrittenEdge[] }

const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\],:]|[^\s{}[\],:"]+/g;
const blanks = /("[^"\\]*(?:\\.[^"\\]*)*")|\s+/g;

export interface Part {
  /** Empty in a list. */
  readonly name: string;
  /** The name as it is written, with its quotes. */
  readonly key: string;
  readonly value: string;
}

/** The members of an object, or the values of a list, each as it is written. Of a text that is JSON. */
export function partsOf(text: string): Part[] {
  const parts: Part[] = [];
  let deep = 0;
  let from = 0;
  let key = '';
  for (const match of text.matchAll(tokens)) {
    const token = match[0];
    const ends = token === '}' || token === ']';
    if (ends) deep--;
    if (deep === 1 && token === ':') {
      key = text.slice(from, match.index).trim();
      from = match.index + 1;
    } else if ((deep === 1 && token === ',') || (deep === 0 && ends)) {
      const value = text.slice(from, match.index).trim();
      if (value) parts.push({ name: key ? (JSON.parse(key) as string) : '', key, value });
      from = match.index + 1;
      key = '';
    }
    if (token === '{' || token === '[') {
      if (deep === 0) from = match.index + 1;
      deep++;
    }
  }
  return parts;
}

export const memberOf = (text: string, name: string): string | undefined => partsOf(text).findLast((part) => part.name === name)?.value;

/** Without the blanks between. */
export const compact = (text: string): string => text.replace(blanks, '$1');

/** As `JSON.stringify` indents it by two, with everything else as it is written. */
export function pretty(text: string): string {
  let out = '';
  let before = '';
  let deep = 0;
  for (const match of text.matchAll(tokens)) {
    const token = match[0];
    const opened = before === '{' || before === '[';
    const ends = token === '}' || token === ']';
    if (ends) deep--;
    if (before === ',' || opened !== ends) out += `\n${'  '.repeat(deep)}`;
    else if (before === ':') out += ' ';
    out += token;
    if (token === '{' || token === '[') deep++;
    before = token;
  }
  return out;
}

/** An object as it was written. Where it says something else by now: the members that still say the same as they were written, in their order, and new ones behind. */
export function rewritten(members: Readonly<Record<string, unknown>>, raw: string | undefined): string {
  if (raw === undefined) return JSON.stringify(members);
  const parts = partsOf(raw);
  const left = parts.filter((part) => Object.hasOwn(members, part.name));
  const texts = left.map((part) => {
    const now = JSON.stringify(members[part.name]);
    return JSON.stringify(JSON.parse(part.value)) === now ? part.value : now;
  });
  const known = new Set(parts.map((part) => part.name));
  const anew = Object.entries(members).filter(([name]) => !known.has(name));
  if (left.length === parts.length && anew.length === 0 && texts.every((text, index) => text === left[index]?.value)) return raw;
  return `{${[...left.map((part, index) => `${part.key}:${texts[index]}`), ...anew.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`)].join()}}`;
}

const rawsOf = (text: string, list: string) => partsOf(memberOf(text, list) ?? '[]').map((part) => memberOf(part.value, 'data'));

/** A drawing with the texts it was read from. */
export function withRaws(data: TopologyData, text: string): WrittenData {
  const nodes = rawsOf(text, 'nodes');
  const edges = rawsOf(text, 'edges');
  return { nodes: data.nodes.map((node, index) => ({ ...node, raw: nodes[index] })), edges: data.edges.map((edge, index) => ({ ...edge, raw: edges[index] })) };
}

/** An answer of the API, read so that what is in its drawing can be written again as it was. */
export function viewOf(text: string): TopologyView {
  const view = JSON.parse(text) as TopologyView;
  return { ...view, topologyData: withRaws(view.topologyData, memberOf(text, 'topologyData') ?? '{}') };
}
