import type { Texts } from '../../texts/en';

/** A schedule in words; one that is not of the usual kinds stays as it is written. */
export function cronWords(cron: string, t: Texts['backups'], language: string): string {
  const [minute = '', hour = '', day = '', month = '', weekday = '', more] = cron.trim().split(/\s+/);
  const whole = (text: string) => /^\d{1,2}$/.test(text);
  if (more !== undefined || !whole(minute) || month !== '*') return cron;
  if (hour === '*' && day === '*' && weekday === '*') return t.everyHour(minute);
  const step = /^\*\/(\d+)$/.exec(hour)?.[1];
  if (step && 24 % Number(step) === 0 && day === '*' && weekday === '*') return t.everyHours(step);
  if (!whole(hour)) return cron;
  const time = `${hour.padStart(2, '0')}:${minute.padStart(2, '0')}`;
  if (day === '*' && weekday === '*') return t.everyDay(time);
  // The first of February 1970 was a Sunday.
  if (day === '*' && /^[0-7]$/.test(weekday)) return t.everyWeek(new Date(Date.UTC(1970, 1, 1 + Number(weekday))).toLocaleDateString(language, { weekday: 'long', timeZone: 'UTC' }), time);
  if (whole(day) && weekday === '*') return t.everyMonth(day, time);
  return cron;
}

export const presets = { nightly: '30 2 * * *', hourly: '0 * * * *', six: '15 */6 * * *', weekly: '30 2 * * 0' } as const;
