import { expect, test } from 'vitest';
import { compact, memberOf, partsOf, pretty, rewritten, viewOf } from './raw';

const odd = '{ "label" : "Odoo", "big": 12345678901234567890,\n  "half":1.50, "e": 1E3, "say": "\\u00e9\\/ \\"}, {\\"", "deep": {"list": [ 1.0, null, {"x": -0.0} ]}, "2": 0, "1": [] }';

test('an object is taken apart as it is written', () => {
  expect(partsOf(odd).map(({ name, value }) => [name, value])).toEqual([
    ['label', '"Odoo"'], ['big', '12345678901234567890'], ['half', '1.50'], ['e', '1E3'], ['say', '"\\u00e9\\/ \\"}, {\\""'], ['deep', '{"list": [ 1.0, null, {"x": -0.0} ]}'], ['2', '0'], ['1', '[]'],
  ]);
  expect(partsOf('[1, [2, 3], {"a": 4}]').map((part) => part.value)).toEqual(['1', '[2, 3]', '{"a": 4}']);
  expect(partsOf(' { } ')).toEqual([]);
  expect(partsOf('[]')).toEqual([]);
  expect(memberOf('{"a":1,"\\u0061":2}', 'a')).toBe('2');
  expect(memberOf('{"b":{"a":1}}', 'a')).toBeUndefined();
});

test('what nobody changed is written as it was, to the byte', () => {
  const members = JSON.parse(odd) as Record<string, unknown>;
  expect(rewritten(members, odd)).toBe(odd);
  expect(rewritten({ ...members }, odd)).toBe(odd);
  expect(rewritten({ a: 1 }, undefined)).toBe('{"a":1}');
  expect(rewritten({}, '{ }')).toBe('{ }');
});

test('beside a member that changed the others are as they were, in their order', () => {
  const { label: _, ...rest } = JSON.parse(odd) as Record<string, unknown>;
  const kept = '"big":12345678901234567890,"half":1.50,"e":1E3,"say":"\\u00e9\\/ \\"}, {\\"","deep":{"list": [ 1.0, null, {"x": -0.0} ]},"2":0,"1":[]';
  expect(rewritten(rest, odd)).toBe(`{${kept}}`);
  expect(rewritten({ ...rest, label: 'Other', zone: 'a' }, odd)).toBe(`{"label":"Other",${kept},"zone":"a"}`);
  expect(rewritten({ toString: 1 }, '{"constructor": 2.0}')).toBe('{"toString":1}');
});

test('blanks are taken out and put in without a change of what is said', () => {
  expect(compact(odd)).toBe('{"label":"Odoo","big":12345678901234567890,"half":1.50,"e":1E3,"say":"\\u00e9\\/ \\"}, {\\"","deep":{"list":[1.0,null,{"x":-0.0}]},"2":0,"1":[]}');
  expect(compact(pretty(odd))).toBe(compact(odd));
  for (const value of [{ a: [], b: {}, c: [{}, [1, [2]], 'x: {,'], d: null }, [], {}, 'text', 1]) expect(pretty(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
});

test('an answer keeps the texts of its drawing', () => {
  const view = viewOf(`{"id":"t","topologyData": {"nodes": [{"id":"a","type":"odoo","data":${odd}}, {"id":"b","type":"redis"}], "edges":[{"id":"e","source":"a","target":"b","data":{"w": 2.0}}]},"version":3}`);
  expect(view.version).toBe(3);
  expect(view.topologyData.nodes).toMatchObject([{ id: 'a', data: { label: 'Odoo', half: 1.5 }, raw: odd }, { id: 'b', raw: undefined }]);
  expect(view.topologyData.edges).toMatchObject([{ id: 'e', raw: '{"w": 2.0}' }]);
});
