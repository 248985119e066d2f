import type { TopologyFinding } from '../../api/types';

const keyOf = ({ code, nodeIds, message }: TopologyFinding) => JSON.stringify([code, nodeIds, message]);

/** What the rules say of the drawing, and in its place what only a look at the servers let them say. Both come in the order of the rules. */
export function merged(findings: readonly TopologyFinding[], seen: readonly TopologyFinding[]): TopologyFinding[] {
  const known = new Set(findings.map(keyOf));
  const behind = new Map<string, TopologyFinding[]>();
  let place = '';
  for (const finding of seen) {
    const key = keyOf(finding);
    if (known.has(key)) place = key;
    else behind.set(place, [...(behind.get(place) ?? []), finding]);
  }
  const take = (key: string): TopologyFinding[] => {
    const list = behind.get(key) ?? [];
    behind.delete(key);
    return list;
  };
  return [...take(''), ...findings.flatMap((finding) => [finding, ...take(keyOf(finding))])];
}
