import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { operationKinds } from './operationKinds';

test('operations can be filtered by every kind that the server knows, and by no other', () => {
  const golden = readFileSync(join(import.meta.dirname, '../../../../tests/OCore.Tests/Golden/operation-kinds.txt'), 'utf8');
  const there = golden.split('\n').filter((line) => line && !line.startsWith('#')).map((line) => line.split(/\s+/)[0]);
  expect([...operationKinds].sort()).toEqual(there.sort());
});
