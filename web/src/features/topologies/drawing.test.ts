import { expect, test } from 'vitest';
import { added, applied, changed, draftOf, duplicated, type Draft, fitting, freePlace, joined, labelOf, moved, read, requestText, same, updateOf, wireOf, without, withMember, withSetting, written } from './drawing';
import { begun, changedTo, redone, undone } from './history';
import { kindOf, type Kind } from './kinds';
import { laidOut } from './layout';
import { viewOf } from './raw';

const kind = (type: string) => kindOf(type) as Kind;
const empty: Draft = { name: 'HA', description: '', nodes: [], edges: [], ha: { lbType: 'none', filestoreType: 'local', redisEnabled: false, pgFailoverEnabled: false } };

function drawn(...types: string[]): Draft {
  return types.reduce((draft, type) => added(draft, kind(type), { x: 0, y: 0 }).draft, empty);
}

test('a new node has an id and a name of its own, and lies on no other', () => {
  const draft = drawn('odoo', 'odoo', 'odoo', 'postgres', 'postgres');
  expect(draft.nodes.map((node) => [node.id, labelOf(node)])).toEqual([['odoo', 'Odoo'], ['odoo-2', 'Odoo 2'], ['odoo-3', 'Odoo 3'], ['postgres', 'PostgreSQL'], ['postgres-2', 'PostgreSQL 2']]);
  expect(draft.nodes.filter((node) => node.type === 'postgres').map((node) => node.data.role)).toEqual(['primary', 'replica']);
  expect(new Set(draft.nodes.map((node) => `${node.position.x} ${node.position.y}`)).size).toBe(5);
});

test('connections fit only where they make sense, and turn around where they were drawn the other way', () => {
  const draft = drawn('odoo', 'postgres', 'redis');
  expect(fitting(draft, 'odoo', 'postgres')).toEqual(['odoo', 'postgres']);
  expect(fitting(draft, 'postgres', 'odoo')).toEqual(['odoo', 'postgres']);
  expect(fitting(draft, 'redis', 'postgres')).toBeUndefined();
  expect(fitting(draft, 'odoo', 'odoo')).toBeUndefined();
  const once = joined(draft, 'postgres', 'odoo');
  expect(once.edges).toEqual([{ id: 'odoo-postgres', source: 'odoo', target: 'postgres' }]);
  expect(joined(once, 'odoo', 'postgres')).toBe(once);
});

test('a copy is joined as its original', () => {
  const draft = joined(joined(drawn('loadBalancer', 'odoo', 'postgres'), 'lb', 'odoo'), 'odoo', 'postgres');
  const { draft: after, ids } = duplicated(draft, ['odoo']);
  expect(ids).toEqual(['odoo-2']);
  expect(after.edges.map((edge) => edge.id)).toEqual(['lb-odoo', 'odoo-postgres', 'lb-odoo-2', 'odoo-2-postgres']);
  expect(after.nodes.at(-1)?.data.label).toBe('Odoo 2');
});

test('fixes are applied as the API applies them, or not at all', () => {
  const draft = joined(drawn('odoo', 'postgres'), 'odoo', 'postgres');
  const after = applied(draft, [
    { op: 'add_node', node: { id: 'redis', type: 'redis', data: { role: 'primary' } } },
    { op: 'add_edge', edge: { id: 'odoo-redis', source: 'odoo', target: 'redis' } },
    { op: 'set_node', id: 'odoo', member: 'workers', value: 6 },
    { op: 'set_node', id: 'postgres', member: 'role' },
    { op: 'set_ha', member: 'redisEnabled', value: true },
    { op: 'remove_edge', id: 'odoo-postgres' },
  ]) as Draft;
  expect(after.nodes.map((node) => node.id)).toEqual(['odoo', 'postgres', 'redis']);
  expect(after.nodes[0]?.data.workers).toBe(6);
  expect(after.nodes[1]?.data).not.toHaveProperty('role');
  expect(after.nodes[2]?.position.x).toBeGreaterThan(after.nodes[0]?.position.x ?? 0);
  expect(after.ha.redisEnabled).toBe(true);
  expect(after.edges.map((edge) => edge.id)).toEqual(['odoo-redis']);
  expect(applied(draft, [{ op: 'remove_node', id: 'gone' }])).toBe('There is no node gone.');
  expect(applied(draft, [{ op: 'add_edge', edge: { id: 'odoo-postgres', source: 'odoo', target: 'postgres' } }])).toContain('already');
});

test('only what changed is saved, and the settings as changes beside it', () => {
  const saved = draftOf({ name: 'HA', description: null, topologyData: wireOf(drawn('odoo')), haConfig: { lbType: 'haproxy', lbServerId: 'a', filestoreType: 'local', redisEnabled: false, pgFailoverEnabled: false } });
  expect(updateOf(saved, saved, 3)).toEqual({ version: 3 });
  expect(updateOf({ ...saved, name: 'Other', ha: withSetting(saved.ha, 'lbType', 'none') }, saved, 3))
    .toEqual({ version: 3, name: 'Other', changes: [{ op: 'set_ha', member: 'lbType', value: 'none' }, { op: 'set_ha', member: 'lbServerId', value: undefined }] });
  const moved = { ...saved, nodes: saved.nodes.map((node) => ({ ...node, position: { x: 10, y: 20 }, selected: true, measured: { width: 1 } })) };
  expect(updateOf(moved, saved, 3).topologyData?.nodes[0]).toEqual({ id: 'odoo', type: 'odoo', position: { x: 10, y: 20 }, data: { label: 'Odoo', workers: 4, cronThreads: 0 } });
  expect(same(saved, { ...saved, nodes: [...saved.nodes] })).toBe(true);
});

test('what the server does not know under data comes back', () => {
  const topologyData = { nodes: [{ id: 'a', type: 'odoo', position: { x: 1, y: 2 }, data: { 'x-colour': 'red', nested: { list: [1, { deep: null }] } } }], edges: [{ id: 'e', source: 'a', target: 'b', data: { style: 3 } }] };
  expect(wireOf(draftOf({ name: 'n', topologyData, haConfig: {} }))).toEqual(topologyData);
});

const odd = '{ "x-big": 12345678901234567890, "x-half": 1.50,  "x-text": "\\u00e9\\/", "workers": 4.0, "x-deep": {"of": [ 1e2 ]}, "2": 0, "1": 0 }';
const strange = () => draftOf(viewOf(`{"name":"n","haConfig":${JSON.stringify(empty.ha)},"topologyData":{"nodes":[{"id":"a","type":"odoo","position":{"x":1,"y":2},"data":${odd}},{"id":"b","type":"redis","position":{"x":300,"y":2},"data":{}}],"edges":[{"id":"e","source":"a","target":"b","data":{ "w": 2.0 }}]}}`));
const sent = (draft: Draft, saved: Draft) => requestText(updateOf(draft, saved, 3), draft);

test('what the server does not know under data is saved to the byte, whatever else was changed', () => {
  const saved = strange();
  expect(saved.nodes[0]?.data).toMatchObject({ 'x-half': 1.5, workers: 4 });
  expect(same(saved, strange())).toBe(true);
  expect(sent(saved, saved)).toBe('{"version":3}');
  const after = moved(saved, new Map([['b', { x: 310, y: 20 }]]));
  expect(same(saved, after)).toBe(false);
  expect(sent(after, saved)).toBe(`{"version":3,"topologyData":{"nodes":[{"id":"a","type":"odoo","position":{"x":1,"y":2},"data":${odd}},{"id":"b","type":"redis","position":{"x":310,"y":20},"data":{}}],"edges":[{"id":"e","source":"a","target":"b","data":{ "w": 2.0 }}]}}`);
  const members = changed(after, ['a'], (node) => withMember(node, 'workers', 6));
  const kept = '"x-big":12345678901234567890,"x-half":1.50,"x-text":"\\u00e9\\/","workers":6,"x-deep":{"of": [ 1e2 ]},"2":0,"1":0';
  expect(sent(members, saved)).toContain(`"data":{${kept}}}`);
  // Back to what it was, it is written as it was.
  expect(sent(changed(members, ['a'], (node) => withMember(node, 'workers', 4)), saved)).toContain(`"data":${odd}}`);
  expect(sent(duplicated(members, ['a']).draft, saved).split(kept)).toHaveLength(3);
  expect(JSON.parse(sent(members, saved))).toEqual(updateOf(members, saved, 3));
  expect(requestText({ name: 'Mine', topologyData: wireOf(saved), haConfig: saved.ha }, saved)).toContain(`{"name":"Mine","haConfig":${JSON.stringify(empty.ha)},"topologyData":{"nodes":[{"id":"a","type":"odoo","position":{"x":1,"y":2},"data":${odd}}`);
});

test('as a text to be changed by hand a drawing keeps it as well', () => {
  const saved = strange();
  expect(written(saved)).toContain('"x-big": 12345678901234567890,\n          "x-half": 1.50,');
  const again = read(written(saved), saved) as Draft;
  expect(same(again, saved)).toBe(true);
  // Taken over as it was, it is what it was; from elsewhere, it comes without blanks.
  expect(again.nodes[0]).toBe(saved.nodes[0]);
  expect((read(written(saved), empty) as Draft).nodes[0]?.raw).toBe('{"x-big":12345678901234567890,"x-half":1.50,"x-text":"\\u00e9\\/","workers":4.0,"x-deep":{"of":[1e2]},"2":0,"1":0}');
  const other = read(written(saved).replace('12345678901234567890', '12345678901234567891'), saved) as Draft;
  expect(same(other, saved)).toBe(false);
  expect(sent(other, saved)).toContain('"x-big":12345678901234567891,');
});

test('an empty value takes a member out', () => {
  const [node] = drawn('odoo').nodes;
  if (!node) throw new Error('nothing was drawn');
  expect(withMember(node, 'workers', undefined).data).toEqual({ label: 'Odoo', cronThreads: 0 });
  expect(withMember(node, 'zone', '')).toBe(node);
});

test('with a node go its connections', () => {
  const draft = joined(joined(drawn('odoo', 'postgres', 'redis'), 'odoo', 'postgres'), 'odoo', 'redis');
  expect(without(draft, ['postgres'], []).edges.map((edge) => edge.id)).toEqual(['odoo-redis']);
  expect(without(draft, [], ['odoo-redis']).edges.map((edge) => edge.id)).toEqual(['odoo-postgres']);
});

test('an export is read again, and what is none is refused with a sentence', () => {
  const draft = joined(drawn('odoo', 'postgres'), 'odoo', 'postgres');
  expect(same(read(written(draft), empty) as Draft, draft)).toBe(true);
  expect(written(draft)).toBe(JSON.stringify({ name: draft.name, topologyData: wireOf(draft), haConfig: draft.ha }, null, 2));
  expect((read(JSON.stringify(wireOf(draft)), { ...empty, name: 'Kept' }) as Draft).name).toBe('Kept');
  for (const [text, says] of [
    ['{', 'no JSON'], ['[]', 'topologyData'], ['{"nodes":[]}', 'nodes and edges'], ['{"nodes":[{"id":"a"}],"edges":[]}', 'no id or no type'], ['{"nodes":[{"id":"a","type":"mysql"}],"edges":[]}', 'mysql'],
    ['{"nodes":[{"id":"a","type":"odoo","width":3}],"edges":[]}', 'width'], ['{"nodes":[],"edges":[{"id":"e"}]}', 'edges[0]'], ['{"nodes":[],"edges":[],"haConfig":{"lb":1}}', 'no lb'],
  ] as const) expect(read(text, empty), text).toContain(says);
});

test('steps are taken back and done again; letters of one field are one step', () => {
  let history = begun('');
  for (const text of ['H', 'HA', 'HA!']) history = changedTo(history, text, 'name');
  history = changedTo(history, 'other', 'description');
  expect(undone(history).now).toBe('HA!');
  expect(undone(undone(history)).now).toBe('');
  expect(undone(undone(undone(history))).now).toBe('');
  expect(redone(redone(undone(undone(history)))).now).toBe('other');
  expect(changedTo(undone(history), 'new').future).toEqual([]);
});

test('a layout leaves no card on another, and goes from the users to the used', () => {
  const draft = joined(joined(joined(drawn('loadBalancer', 'odoo', 'odoo', 'postgres', 'redis'), 'lb', 'odoo'), 'lb', 'odoo-2'), 'odoo', 'postgres');
  const places = laidOut(draft);
  const all = [...places.values()];
  for (const [index, place] of all.entries()) expect(freePlace(all.filter((_, other) => other !== index).map((position) => ({ id: '', type: '', data: {}, position })), place)).toEqual(place);
  expect(places.get('lb')?.x).toBeLessThan(places.get('odoo')?.x ?? 0);
  expect(places.get('odoo')?.x).toBeLessThan(places.get('postgres')?.x ?? 0);
});
