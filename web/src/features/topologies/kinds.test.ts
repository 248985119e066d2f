import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { common, kinds, mayJoin, memoryOf, pairs } from './kinds';

const rules = (file: string) => readFileSync(join(import.meta.dirname, '../../../../src/OCore.Server/Features/Topologies/Rules', file), 'utf8');
const camel = (name: string) => name.charAt(0).toLowerCase() + name.slice(1);
const node = (type: string, data: Record<string, unknown> = {}) => ({ type, data });

test('the same may be joined as by the rules of the server', () => {
  const there = [...rules('ShapeRules.cs').matchAll(/\(NodeType\.(\w+), NodeType\.(\w+)\)(?=[,\s])(?! =>)/g)].map(([, from, to]) => [camel(from ?? ''), camel(to ?? '')].join(' '));
  expect(pairs.map((pair) => pair.join(' ')).sort()).toEqual([...new Set(there)].sort());
});

test('every member that the server reads has a field, and no other', () => {
  const source = rules('NodeMembers.cs');
  const shared = [...(/Common =\s*\[([\s\S]*?)\n {4}\];/.exec(source)?.[1] ?? '').matchAll(/(?<!\w)\("(\w+)",/g)].map(([, name]) => name ?? '');
  for (const kind of kinds) {
    const name = kind.type.charAt(0).toUpperCase() + kind.type.slice(1);
    const own = new RegExp(`NodeType\\.${name}\\] =\\s*\\[([\\s\\S]*?)\\],\\n`).exec(source)?.[1] ?? '';
    const read = [...own.matchAll(/(?<!\w)\("(\w+)",/g)].map(([, member]) => member ?? '');
    expect(read.length, kind.type).toBeGreaterThan(0);
    const fields = [...common, ...kind.fields].map((field) => field.name);
    expect([...new Set([...fields, 'label', 'serverId', 'port'])].sort(), kind.type).toEqual([...new Set([...shared, ...read])].sort());
  }
});

test('a load balancer stands before Odoo or before PostgreSQL, by its role', () => {
  expect(mayJoin(node('loadBalancer'), node('odoo'))).toBe(true);
  expect(mayJoin(node('loadBalancer'), node('postgres'))).toBe(false);
  expect(mayJoin(node('loadBalancer', { role: 'postgres' }), node('postgres'))).toBe(true);
  expect(mayJoin(node('loadBalancer', { role: 'postgres' }), node('odoo'))).toBe(false);
  expect(mayJoin(node('odoo'), node('loadBalancer'))).toBe(false);
  expect(mayJoin(node('odoo'), node('loadBalancer', { role: 'postgres' }))).toBe(true);
  expect(mayJoin(node('postgres'), node('monitor'))).toBe(false);
  expect(mayJoin(node('postgres'), node('monitor', { role: 'pg_auto_failover' }))).toBe(true);
  expect(mayJoin(node('monitor'), node('redis'))).toBe(true);
});

test('memory is what was said, or reckoned by the workers', () => {
  expect(memoryOf(node('odoo', { workers: 4 }))).toBe(768 + 4 * 325);
  expect(memoryOf(node('odoo', { workers: 4, memoryMb: 3000 }))).toBe(3000);
  expect(memoryOf(node('s3'))).toBe(0);
});
