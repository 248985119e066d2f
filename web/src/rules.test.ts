import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = import.meta.dirname;
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((name) => /\.tsx?$/.test(name) && !/\.(gen|test)\.ts/.test(name))
  .map((name) => ({ name: name.replaceAll('\\', '/'), text: readFileSync(join(root, name), 'utf8') }));

const offenders = (wrong: (file: { name: string; text: string }) => boolean) => files.filter(wrong).map((file) => file.name);

test('no any', () => expect(offenders(({ text }) => /(:|<|as|,)\s*any\b(?!\w)/.test(text))).toEqual([]));
test('no barrels', () => expect(offenders(({ name }) => /(^|\/)index\.tsx?$/.test(name))).toEqual([]));
test('no raw HTML', () => expect(offenders(({ text }) => text.includes('dangerouslySetInner'))).toEqual([]));
test('files of a length that can be read', () => {
  const lengths = files.filter(({ name }) => name.endsWith('.tsx')).map(({ text }) => text.split('\n').length).sort((a, b) => a - b);
  expect(lengths.at(-1)).toBeLessThanOrEqual(500);
  expect(lengths[Math.floor(lengths.length * 0.9)]).toBeLessThanOrEqual(250);
});
test('the name of the product stands in one file', () => {
  expect(offenders(({ name, text }) => name !== 'theme/product.ts' && text.replaceAll('X-OCore-', '').replaceAll('src/OCore.', '').includes('oCore'))).toEqual([]);
});
