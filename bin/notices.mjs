#!/usr/bin/env node
// Writes THIRD-PARTY-NOTICES.txt: what is shipped with oCore and is not its own, with the licences it comes under. It reads what
// the last build restored (dotnet restore, npm --prefix web ci).
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const at = (...parts) => join(root, ...parts);
const json = (path) => JSON.parse(readFileSync(path, 'utf8').replace(/^\uFEFF/, ''));

const texts = {
  MIT: `Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation files (the
"Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, modify, merge, publish,
distribute, sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is furnished to do so, subject to
the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF
MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR
ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN CONNECTION WITH
THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`,
  PostgreSQL: `Permission to use, copy, modify, and distribute this software and its documentation for any purpose, without fee, and without a written
agreement is hereby granted, provided that the above copyright notice and this paragraph and the following two paragraphs appear in all
copies.

IN NO EVENT SHALL THE COPYRIGHT HOLDERS BE LIABLE TO ANY PARTY FOR DIRECT, INDIRECT, SPECIAL, INCIDENTAL, OR CONSEQUENTIAL DAMAGES,
INCLUDING LOST PROFITS, ARISING OUT OF THE USE OF THIS SOFTWARE AND ITS DOCUMENTATION, EVEN IF THE COPYRIGHT HOLDERS HAVE BEEN ADVISED OF
THE POSSIBILITY OF SUCH DAMAGE.

THE COPYRIGHT HOLDERS SPECIFICALLY DISCLAIM ANY WARRANTIES, INCLUDING, BUT NOT LIMITED TO, THE IMPLIED WARRANTIES OF MERCHANTABILITY AND
FITNESS FOR A PARTICULAR PURPOSE. THE SOFTWARE PROVIDED HEREUNDER IS ON AN "AS IS" BASIS, AND THE COPYRIGHT HOLDERS HAVE NO OBLIGATIONS TO
PROVIDE MAINTENANCE, SUPPORT, UPDATES, ENHANCEMENTS, OR MODIFICATIONS.`,
  'Apache-2.0': readFileSync(at('bin/licenses/Apache-2.0.txt'), 'utf8').trim(),
};

// What is reached from the references that are published; build tools are not.
function nuget(project) {
  const assets = json(at('src', project, 'obj/project.assets.json'));
  const target = Object.values(assets.targets)[0];
  const byName = new Map(Object.keys(target).map((key) => [key.split('/')[0].toLowerCase(), key]));
  const direct = Object.entries(Object.values(assets.project.frameworks)[0].dependencies ?? {}).filter(([, d]) => d.suppressParent !== 'All').map(([name]) => name);
  const projects = Object.entries(target).filter(([, lib]) => lib.type === 'project').flatMap(([, lib]) => Object.keys(lib.dependencies ?? {}));
  const seen = new Set();
  const walk = (name) => {
    const key = byName.get(name.toLowerCase());
    if (!key || seen.has(key)) return;
    seen.add(key);
    Object.keys(target[key].dependencies ?? {}).forEach(walk);
  };
  [...direct, ...projects].forEach(walk);
  const files = (lib) => Object.keys({ ...lib.runtime, ...lib.native, ...lib.runtimeTargets }).some((file) => !file.endsWith('_._'));
  return [...seen].filter((key) => target[key].type === 'package' && files(target[key]));
}

function nuspec(key) {
  const [name, version] = key.split('/');
  const folder = join(process.env.NUGET_PACKAGES ?? join(homedir(), '.nuget/packages'), name.toLowerCase(), version.toLowerCase());
  const text = readFileSync(join(folder, readdirSync(folder).find((file) => file.endsWith('.nuspec'))), 'utf8');
  const of = (tag) => new RegExp(`<${tag}[^>]*>([^<]*)</${tag}>`).exec(text)?.[1].trim().replace(/&amp;/g, '&');
  const licence = of('license');
  if (!texts[licence]) throw new Error(`${key} is under ${licence ?? 'no licence that is named'}: add its text to bin/notices.mjs.`);
  return { name, version, licence, copyright: of('copyright') || `Copyright (c) ${of('authors')}` };
}

// Not the tools that build the bundle, nor their types.
function npm() {
  const lock = json(at('web/package-lock.json'));
  return Object.entries(lock.packages).filter(([path, entry]) => path && !entry.dev && !entry.optional && !entry.peer && !path.includes('@types/')).map(([path, entry]) => {
    const folder = at('web', path);
    const file = existsSync(folder) && readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
    return { name: path.replace(/^.*node_modules\//, ''), version: entry.version, licence: entry.license ?? 'see below', text: file ? readFileSync(join(folder, file), 'utf8').replace(/\r/g, '').trim() : undefined };
  });
}

const rule = '-'.repeat(100);
const packages = [...new Set(['OCore.Server', 'OCore.Cli'].flatMap(nuget))].map(nuspec).sort((a, b) => a.name.localeCompare(b.name));
const modules = npm().sort((a, b) => a.name.localeCompare(b.name));
const missing = modules.filter((module) => !module.text);
const out = [
  'THIRD-PARTY NOTICES',
  '',
  'oCore is under the GNU Affero General Public License, version 3 (LICENSE). What is shipped with it and is not its own follows, with',
  'the licences it comes under. The file is written by bin/notices.mjs.',
  '',
  rule, 'DATA', rule, '',
  'The list of common passwords (src/OCore.Server/Features/Users/common-passwords.txt) is made from the frequency lists of zxcvbn,',
  'https://github.com/dropbox/zxcvbn, under the MIT licence below:', '',
  'Copyright (c) 2012-2016 Dan Wheeler and Dropbox, Inc.', '',
  rule, 'FONTS OF PORTALS', rule, '',
  readFileSync(at('src/OCore.Server/Features/Branding/Fonts/OFL.txt'), 'utf8').trim(), '',
  'The list of public suffixes (src/OCore.Server/Platform/Dns/public-suffixes.txt) is the Public Suffix List of https://publicsuffix.org,',
  'as rules only. This Source Code Form is subject to the terms of the Mozilla Public License, v. 2.0, https://mozilla.org/MPL/2.0/.', '',
  rule, 'THE SERVER AND THE COMMAND LINE', rule, '',
  'The .NET runtime and ASP.NET Core, where they are published along: MIT licence, Copyright (c) .NET Foundation and Contributors.', '',
];
for (const licence of Object.keys(texts)) {
  const under = packages.filter((item) => item.licence === licence);
  if (under.length === 0) continue;
  out.push(`Under the ${licence} licence:`, '', ...under.map((item) => `  ${item.name} ${item.version}. ${item.copyright}`), '', texts[licence], '');
}
out.push(rule, 'THE DASHBOARD', rule, '');
const byText = modules.filter((module) => module.text).reduce((map, module) => map.set(module.text, [...(map.get(module.text) ?? []), module]), new Map());
for (const [text, group] of byText) out.push(...group.map((module) => `${module.name} ${module.version}`), '', text, '', rule, '');
for (const module of missing) out.push(`${module.name} ${module.version}, under the ${module.licence} licence`, '');
writeFileSync(at('THIRD-PARTY-NOTICES.txt'), out.join('\n').trimEnd() + '\n');
console.log(`${packages.length} packages of .NET, ${modules.length} of npm${missing.length ? `; without a text of their own: ${missing.map((m) => m.name).join(', ')}` : ''}`);
