import { gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

/** What may be fetched of script, compressed, to show one page with its tab and its editor. */
const most = 300_000;

/** What each page begins with: the programs of main.tsx, and what is around their pages. */
const programs = [
  { name: 'dashboard', around: ['src/Dashboard.tsx', 'src/features/shell/Shell.tsx'], pages: 'src/Dashboard.tsx' },
  { name: 'portal', around: ['src/portal/Portal.tsx', 'src/portal/SignedIn.tsx', 'src/texts/fr.ts'], pages: 'src/portal/Portal.tsx' },
];

/** Parts of a page that are there only after somebody asked for them. */
const asked = /OpenedMenu|finding|Dialog|Palette|layout|SaveAsTemplate|Confirm|^en$|^fr$/;

interface Chunk {
  fileName: string;
  name: string;
  code: string;
  facadeModuleId: string | null;
  isEntry: boolean;
  imports: string[];
  dynamicImports: string[];
}

/** Each way from a page into what it loads later, with the size of all that is loaded on it. */
export function weigh(bundle: Record<string, { type: string }>): { page: string; bytes: number }[] {
  const chunks = new Map(Object.values(bundle).filter((file) => file.type === 'chunk').map((file) => file as unknown as Chunk).map((chunk) => [chunk.fileName, chunk]));
  const sizes = new Map<string, number>();
  const size = (file: string) => sizes.get(file) ?? sizes.set(file, gzipSync(chunks.get(file)!.code, { level: 9 }).length).get(file)!;
  const of = (module: string) => {
    const found = [...chunks.values()].find((chunk) => chunk.facadeModuleId?.endsWith(`/${module}`));
    if (!found) throw new Error(`weight.ts: there is no chunk of ${module}.`);
    return found.fileName;
  };
  const with_ = (loaded: ReadonlySet<string>, file: string) => {
    const all = new Set(loaded);
    const add = (next: string) => { if (chunks.has(next) && !all.has(next)) { all.add(next); chunks.get(next)!.imports.forEach(add); } };
    add(file);
    return all;
  };
  const pages: { page: string; bytes: number }[] = [];
  const walk = (way: string[], loaded: ReadonlySet<string>, from: readonly string[]) => {
    pages.push({ page: way.join(' > '), bytes: [...loaded].reduce((sum, file) => sum + size(file), 0) });
    for (const next of from) {
      const chunk = chunks.get(next);
      if (!chunk || loaded.has(next) || asked.test(chunk.name)) continue;
      walk([...way, chunk.name], with_(loaded, next), chunk.dynamicImports);
    }
  };
  const start = [...chunks.values()].find((chunk) => chunk.isEntry)!.fileName;
  for (const { name, around, pages: first } of programs) {
    const base = [start, ...around.map(of)].reduce((loaded, file) => with_(loaded, file), new Set<string>() as ReadonlySet<string>);
    // What the program's own modules load later: its pages.
    const later = [...with_(new Set(), of(first))].filter((file) => file !== start).flatMap((file) => chunks.get(file)!.dynamicImports);
    walk([name], base, [...new Set(later)]);
  }
  return pages.sort((a, b) => b.bytes - a.bytes);
}

/** Chunks that need each other before either has begun: what one of them needs of the other is not there yet. */
export function circles(bundle: Record<string, { type: string }>): string[][] {
  const chunks = Object.values(bundle).filter((file) => file.type === 'chunk').map((file) => file as unknown as Chunk);
  const needs = new Map(chunks.map((chunk) => [chunk.fileName, chunk.imports]));
  const done = new Set<string>();
  const found: string[][] = [];
  const walk = (file: string, way: string[]) => {
    if (way.includes(file)) found.push([...way.slice(way.indexOf(file)), file]);
    else if (!done.has(file)) {
      for (const next of needs.get(file) ?? []) walk(next, [...way, file]);
      done.add(file);
    }
  };
  needs.forEach((_, file) => walk(file, []));
  return found;
}

/** Fails the build where a page is too heavy, or chunks need each other. With OCORE_WEIGH it says what every page weighs. */
export function weight(): Plugin {
  return {
    name: 'weight',
    apply: 'build',
    generateBundle(_, bundle) {
      const pages = weigh(bundle);
      const said = (list: typeof pages) => list.map(({ page, bytes }) => `${(bytes / 1000).toFixed(1).padStart(7)} kB  ${page}`).join('\n');
      if (process.env.OCORE_WEIGH) console.log(said(pages));
      const over = pages.filter(({ bytes }) => bytes > most);
      const round = circles(bundle);
      if (round.length > 0) this.error(`Chunks that need each other:\n${round.map((files) => files.join(' > ')).join('\n')}`);
      if (over.length > 0) this.error(`Pages with more than ${most / 1000} kB of script:\n${said(over)}`);
    },
  };
}
