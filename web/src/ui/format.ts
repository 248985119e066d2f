import type { Texts } from '../texts/en';
import { time } from '../texts/time';

const units = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

export function bytes(value: number | undefined | null): string {
  if (value === undefined || value === null) return '–';
  let index = 0;
  let left = value;
  while (left >= 1000 && index < units.length - 1) {
    left /= 1024;
    index++;
  }
  return `${left >= 100 || index === 0 ? Math.round(left) : left.toFixed(1)} ${units[index]}`;
}

export const megabytes = (value: number | undefined | null) => (value === undefined || value === null ? '–' : bytes(value * 1024 * 1024));

export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.max(0, Math.round(milliseconds))} ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function between(from: string | undefined | null, to: string | undefined | null, now = Date.now()): string {
  if (!from) return '';
  return duration((to ? Date.parse(to) : now) - Date.parse(from));
}

export function ago(when: string, texts: Texts['time'] = time, now = Date.now()): string {
  const seconds = Math.round((now - Date.parse(when)) / 1000);
  const distance = Math.abs(seconds);
  const [count, word] =
    distance < 45 ? [0, 'min'] as const : distance < 3600 ? [Math.round(distance / 60), 'min'] as const : distance < 86_400 ? [Math.round(distance / 3600), 'h'] as const : [Math.round(distance / 86_400), 'd'] as const;
  if (count === 0) return seconds >= 0 ? texts.justNow : texts.soon;
  if (word === 'd' && count > 60) return new Date(when).toLocaleDateString(undefined, { dateStyle: 'medium' });
  return seconds >= 0 ? texts.past(count, word) : texts.future(count, word);
}

export function exact(when: string, language?: string): string {
  return new Date(when).toLocaleString(language, { dateStyle: 'medium', timeStyle: 'medium' });
}

/** `Acme Corp` → `acme-corp`, as the server's pattern of a slug wants it. */
export function slugOf(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/[̀-ͯ]/g, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^[^a-z]+/, '')
    .slice(0, 40)
    .replace(/-+$/, '');
}

/** A new name, and the slug with it as long as nobody wrote one of their own. */
export function named(before: { name: string; slug: string }, name: string): { name: string; slug: string } {
  return { name, slug: before.slug === slugOf(before.name) ? slugOf(name) : before.slug };
}

export const slugPattern = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** What is wrong with a slug, in a sentence; null where nothing is. */
export const slugFault = (slug: string): string | null => (slugPattern.test(slug) && slug.length > 1 ? null : 'Two or more small letters, digits and single dashes; a letter first.');

/** With two digits after the point at most. */
export const number = (value: number) => String(Math.round(value * 100) / 100);

export function plural(count: number, word: string, many = `${word}s`): string {
  return `${count} ${count === 1 ? word : many}`;
}

export const words = (code: string) => sentence(code.replace(/[_-]+/g, ' ').replace(/\b(api|cpu|dns|smtp|ssh|tls|url)\b/g, (short) => short.toUpperCase()));

/** A step's name as it stands at the beginning of a line. */
export const sentence = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
