import { expect, test } from 'vitest';
import type { Draft, DrawnNode } from './drawing';
import { roomOn } from './servers';

const gigabyte = 1024 ** 3;
const facts = { os: 'Debian', kernel: '6.12', architecture: 'x86_64', cpus: 4, memoryBytes: 8 * gigabyte, diskBytes: 100 * gigabyte };
const use = { at: '2026-01-01T00:00:00Z', load: 0, memoryUsedBytes: 0, memoryReservedBytes: 2 * gigabyte, cpusReserved: 0, diskUsedBytes: 40 * gigabyte, containersRunning: 0 };
const node = (id: string, type: string, serverId: string, data: Record<string, unknown> = {}): DrawnNode => ({ id, type, position: { x: 0, y: 0 }, data: { serverId, ...data } });
const draft = (...nodes: DrawnNode[]): Draft => ({ name: 'Shop', description: '', nodes, edges: [], ha: {} });

test('a server that nobody has looked at yet promises nothing', () => {
  expect(roomOn({ instanceCount: 0 }, undefined)).toBe('not measured yet');
  expect(roomOn({ facts, instanceCount: 0 }, undefined)).toBe('8.0 GB of 8.0 GB memory free · 4 cores');
});

test('what is promised to others is not free', () => {
  expect(roomOn({ facts, use, instanceCount: 0 }, undefined)).toBe('6.0 GB of 8.0 GB memory free · 60.0 GB of disk free · 4 cores');
  expect(roomOn({ facts, use: { ...use, cpusReserved: 2.5, diskUsedBytes: 101 * gigabyte }, instanceCount: 3 }, undefined)).toBe('6.0 GB of 8.0 GB memory free · 0 B of disk free · 4 cores · 3.5 CPUs to promise · 3 instances');
});

test('nor is what this drawing asks for on it, and on no other', () => {
  const drawn = draft(node('odoo', 'odoo', 's1', { workers: 4 }), node('pool', 'pgbouncer', 's1'), node('db', 'postgres', 's2', { memoryMb: 3000 }));
  expect(roomOn({ facts, use, instanceCount: 1 }, drawn, 's1')).toBe('3.9 GB of 8.0 GB memory free · 60.0 GB of disk free · 4 cores · 1 instance · 2 nodes of this drawing');
  expect(roomOn({ facts, use, instanceCount: 1 }, drawn, 's3')).toBe('6.0 GB of 8.0 GB memory free · 60.0 GB of disk free · 4 cores · 1 instance');
});

test('what of it runs there is promised already, and counts once', () => {
  const drawn = draft(node('odoo', 'odoo', 's1', { workers: 4 }), node('pool', 'pgbouncer', 's1'));
  expect(roomOn({ facts, use, instanceCount: 1 }, drawn, 's1', new Set(['odoo']))).toBe('5.9 GB of 8.0 GB memory free · 60.0 GB of disk free · 4 cores · 1 instance · 2 nodes of this drawing');
});

test('where it is too much, it says by how much', () => {
  expect(roomOn({ facts, use, instanceCount: 0 }, draft(node('db', 'postgres', 's1', { memoryMb: 8000 })), 's1')).toBe('1.8 GB of memory too little · 60.0 GB of disk free · 4 cores · 1 node of this drawing');
});
