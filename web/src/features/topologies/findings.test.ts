import { expect, test } from 'vitest';
import type { TopologyFinding } from '../../api/types';
import { merged } from './findings';

const finding = (code: string, message: string, ...nodeIds: string[]): TopologyFinding => ({ code, severity: 'error', nodeIds, edgeIds: [], message, fix: { title: '', changes: [] } });
const alone = finding('TP-L04', 'One load balancer.', 'lb');
const same = finding('TP-F04', 'Another topology writes there.', 's3');
const refused = finding('TP-F04', 'The bucket does not take what is written into it.', 's3');
const backups = finding('TP-P13', 'No backup.', 'postgres');
const clock = finding('TP-N07', 'Clocks differ.', 'lb', 'postgres');

test('a look adds what only it can know, whatever its code, where the rules have it', () => {
  expect(merged([alone, same, backups], [alone, refused, same, backups, clock])).toEqual([alone, refused, same, backups, clock]);
  expect(merged([alone, backups], [alone, refused, backups, clock])).toEqual([alone, refused, backups, clock]);
  expect(merged([], [refused, clock])).toEqual([refused, clock]);
  expect(merged([backups], [refused, backups])).toEqual([refused, backups]);
});

test('what both say is said once, and what only the rules say stays', () => {
  expect(merged([alone, same, backups], [alone, same, backups])).toEqual([alone, same, backups]);
  expect(merged([alone, same, backups], [clock])).toEqual([clock, alone, same, backups]);
  expect(merged([alone, alone], [alone, clock])).toEqual([alone, clock, alone]);
  // The same sentence of another node is another finding.
  expect(merged([refused], [{ ...refused, nodeIds: ['s3-2'] }, refused])).toEqual([{ ...refused, nodeIds: ['s3-2'] }, refused]);
});
