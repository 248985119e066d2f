import { expect, test } from 'vitest';
import { paths, safeReturn } from './paths';

test('every address', () => {
  const to = paths.in('acme-agency');
  const all = Object.entries(to).map(([name, value]) => [name, typeof value === 'function' ? (value as (text: never) => string)('x1' as never) : value]);
  expect(Object.fromEntries(all)).toMatchSnapshot();
  expect([paths.root, paths.signIn('/o/a/agency'), paths.forgotPassword, paths.resetPassword, paths.acceptInvitation, paths.plans, paths.accounts]).toMatchSnapshot();
});

test('what a name holds cannot leave its place in the address', () => {
  expect(paths.in('a').client('../../x?y', 'audit')).toBe('/o/a/clients/..%2F..%2Fx%3Fy?tab=audit');
});

test.each([
  ['/o/a/agency', '/o/a/agency'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['https://evil.example', '/'],
  [undefined, '/'],
])('return to %s', (to, expected) => expect(safeReturn(to)).toBe(expected));
