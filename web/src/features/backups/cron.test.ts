import { expect, test } from 'vitest';
import { en } from '../../texts/en';
import { cronWords } from './cron';

test.each([
  ['30 2 * * *', 'Every day at 02:30'],
  ['0 * * * *', 'Every hour at minute 0'],
  ['15 */6 * * *', 'Every 6 hours'],
  ['15 */5 * * *', '15 */5 * * *'],
  ['30 2 * * 0', 'Every Sunday at 02:30'],
  ['30 2 * * 7', 'Every Sunday at 02:30'],
  ['5 22 * * 5', 'Every Friday at 22:05'],
  ['0 4 1 * *', 'On day 1 of each month at 04:00'],
  ['0 4 1 1 *', '0 4 1 1 *'],
  ['0 0 4 1 * *', '0 0 4 1 * *'],
  ['nonsense', 'nonsense'],
])('%s in words', (cron, words) => expect(cronWords(cron, en.backups, 'en')).toBe(words));
