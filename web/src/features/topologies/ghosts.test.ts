import { expect, test } from 'vitest';
import type { PlanAction, PlanActionKind } from '../../api/types';
import { cardHeight, cardWidth, type DrawnNode } from './drawing';
import { ghostsOf } from './ghosts';

const node = (id: string, type: string, x: number, y: number): DrawnNode => ({ id, type, position: { x, y }, data: {} });
const does = (action: PlanActionKind, nodeId: string, type = 'odoo'): PlanAction => ({ action, nodeId, type, label: `The ${nodeId}`, message: '', changes: [], server: { id: 's', name: 'web-1' } });
const drawn = { nodes: [node('lb', 'loadBalancer', 0, 0), node('odoo-1', 'odoo', 300, 0), node('postgres', 'postgres', 600, 100)] };

test('only what is taken down and drawn no more is a ghost', () => {
  expect(ghostsOf([does('keep', 'lb', 'loadBalancer'), does('change', 'odoo-1'), does('create', 'odoo-3')], drawn, [])).toEqual([]);
  // A whole topology that is taken down is drawn.
  expect(ghostsOf(drawn.nodes.map(({ id, type }) => does('destroy', id, type)), drawn, [])).toEqual([]);
  expect(ghostsOf([], drawn, [])).toBe(ghostsOf([], { nodes: [] }, []));
  const [ghost, ...others] = ghostsOf([does('keep', 'odoo-1'), does('destroy', 'odoo-2')], drawn, []);
  expect(others).toEqual([]);
  expect(ghost).toMatchObject({ id: 'odoo-2', node: { id: 'odoo-2', type: 'odoo', data: { label: 'The odoo-2' } }, action: { server: { name: 'web-1' } } });
});

test('a ghost stands where its node was drawn last, or under the drawing, and on nothing else', () => {
  const past = [{ nodes: [node('odoo-2', 'odoo', 0, 0)] }, { nodes: [...drawn.nodes, node('odoo-2', 'odoo', 300, 200)] }, { nodes: [node('odoo-9', 'redis', 900, 0)] }];
  const ghosts = ghostsOf(['odoo-9', 'odoo-2', 'odoo-8', 'odoo-7', 'odoo-6', 'odoo-5'].map((id) => does('destroy', id)), drawn, past);
  const at = (id: string) => ghosts.find((ghost) => ghost.id === id)?.node.position;
  expect(at('odoo-2')).toEqual({ x: 300, y: 200 });
  for (const id of ['odoo-9', 'odoo-8', 'odoo-7', 'odoo-6', 'odoo-5']) expect(at(id)?.y).toBeGreaterThan(200 + cardHeight);
  expect(at('odoo-9')?.x).toBe(0);
  // Four stand in a row at least; the fifth begins another.
  expect(at('odoo-6')?.y).toBe(at('odoo-9')?.y);
  expect(at('odoo-5')?.y).toBeGreaterThan(at('odoo-9')?.y ?? 0);
  const all = [...drawn.nodes, ...ghosts.map((ghost) => ghost.node)];
  for (const one of all) for (const other of all)
    expect(one === other || Math.abs(one.position.x - other.position.x) >= cardWidth || Math.abs(one.position.y - other.position.y) >= cardHeight, `${one.id} on ${other.id}`).toBe(true);
});

test('what was drawn there meanwhile makes way for nothing', () => {
  const [ghost] = ghostsOf([does('destroy', 'odoo-2')], drawn, [{ nodes: [node('odoo-2', 'odoo', 300, 0)] }]);
  expect(ghost?.node.position.x).toBe(300);
  expect(ghost?.node.position.y).toBeGreaterThanOrEqual(cardHeight);
});

test('where another node has its name, both are shown', () => {
  const [ghost] = ghostsOf([does('create', 'lb', 'loadBalancer'), does('destroy', 'lb', 'monitor')], drawn, []);
  expect(ghost).toMatchObject({ id: 'gone lb', node: { id: 'lb', type: 'monitor' } });
});

test('with nothing drawn at all they are rows', () => {
  expect(ghostsOf([does('destroy', 'a'), does('destroy', 'b')], { nodes: [] }, []).map((ghost) => ghost.node.position)).toEqual([{ x: 0, y: 0 }, { x: 220, y: 0 }]);
});
