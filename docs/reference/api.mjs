// Writes api.md from the OpenAPI document; bin/gen runs it.
import { readFileSync, writeFileSync } from 'node:fs';

const root = new URL('../../', import.meta.url);
const api = JSON.parse(readFileSync(new URL('openapi/ocore.json', root), 'utf8'));
const verbs = ['get', 'post', 'put', 'patch', 'delete'];

const named = (schema) => schema?.$ref?.split('/').at(-1);
const resolved = (schema) => (schema?.$ref ? api.components.schemas[named(schema)] : (schema ?? {}));
// Of a choice with null, the other.
const chosen = (schema) => (schema?.oneOf ?? schema?.anyOf)?.find((s) => s.type !== 'null') ?? schema;
const cell = (text) => (text ?? '').replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ').trim();
const anchor = (name) => `[${name}](#${name.toLowerCase()})`;

function typeOf(schema) {
  const one = chosen(schema);
  if (named(one)) return anchor(named(one));
  const type = [one.type].flat().filter((t) => t && t !== 'null')[0];
  if (one.enum) return one.enum.map((v) => `\`${v}\``).join(', ');
  if (type === 'array') return `list of ${typeOf(one.items ?? {})}`;
  if (type === 'object' && one.additionalProperties) return `map to ${typeOf(one.additionalProperties)}`;
  const format = { 'date-time': 'time', uuid: 'id', date: 'date' }[one.format];
  return format ?? { string: 'text', integer: 'integer', number: 'number', boolean: 'true or false' }[type] ?? 'any';
}

function limits(schema) {
  const s = chosen(schema);
  const said = [];
  if (s.minimum !== undefined || s.maximum !== undefined) said.push(`${s.minimum ?? ''} to ${s.maximum ?? ''}`.trim());
  if (s.minLength) said.push(`at least ${s.minLength} characters`);
  if (s.maxLength) said.push(`at most ${s.maxLength} characters`);
  if (s.maxItems) said.push(`at most ${s.maxItems}`);
  if (s.pattern) said.push(`\`${s.pattern}\``);
  if (s.default !== undefined) said.push(`default \`${JSON.stringify(s.default)}\``);
  return said.join('; ');
}

const out = [];
const say = (...lines) => out.push(...lines);

function table(heads, rows) {
  if (rows.length === 0) return;
  say('', `| ${heads.join(' | ')} |`, `|${heads.map(() => ' --- ').join('|')}|`, ...rows.map((r) => `| ${r.map(cell).join(' | ')} |`));
}

function fields(schema, isRequest) {
  const required = new Set(schema.required ?? []);
  table(
    ['Field', 'Type', isRequest ? 'Required' : 'Always there', 'Meaning'],
    Object.entries(schema.properties ?? {}).map(([name, property]) => [
      `\`${name}\``, typeOf(property), required.has(name) ? 'yes' : '',
      [property.description ?? chosen(property).description, limits(property)].filter(Boolean).join(' '),
    ]),
  );
}

function access(operation) {
  const words = { public: 'anybody', signed_in: 'anybody who is signed in', operator: 'operators of the installation' };
  const rule = operation['x-access'];
  if (!rule) return null;
  const who = words[rule] ?? `\`${rule}\``;
  const feature = operation['x-feature'];
  return `Who may: ${who}${feature ? `, with \`${feature}\` in the plan` : ''}${operation['x-agency-mode'] ? ' and agency mode on' : ''}.`;
}

function describe(verb, path, operation) {
  say('', `### ${verb.toUpperCase()} ${path}`, '', `${cell(operation.summary)}${operation.description ? ` ${cell(operation.description)}` : ''}`);
  const who = access(operation);
  if (who) say('', `${who} \`${operation.operationId}\``);
  table(
    ['Parameter', 'In', 'Type', 'Required', 'Meaning'],
    // What many share, which is referred to, is said once, at the top.
    (operation.parameters ?? []).filter((p) => !p.$ref).map((p) => [`\`${p.name}\``, p.in, typeOf(p.schema), p.required ? 'yes' : '', [p.description, limits(p.schema)].filter(Boolean).join(' ')]),
  );
  const body = Object.values(operation.requestBody?.content ?? {})[0]?.schema;
  if (body) {
    const type = Object.keys(operation.requestBody.content)[0];
    if (named(chosen(body))) {
      say('', `Body${operation.requestBody.required ? '' : ', optional'}: ${anchor(named(chosen(body)))}`);
      fields(resolved(chosen(body)), true);
    } else say('', `Body: \`${type}\``);
  }
  const answers = Object.entries(operation.responses ?? {}).sort(([a], [b]) => a.localeCompare(b));
  const good = answers.filter(([status]) => status.startsWith('2')).map(([status, response]) => {
    const [type, content] = Object.entries(response.content ?? {})[0] ?? [];
    const name = named(content?.schema);
    return `${status}${name ? ` ${anchor(name)}` : type ? ` \`${type}\`` : ''}`;
  });
  const bad = answers.filter(([status]) => !status.startsWith('2')).map(([status]) => status);
  say('', `Answers ${good.join(' or ')}${bad.length ? `; refusals ${bad.join(', ')}` : ''}.`);
}

say(
  '# API reference', '', 'Written by `bin/gen` from `openapi/ocore.json`. Do not edit. [How the API works](../api.md): sign-in, organizations,',
  'paging, refusals. Your installation serves the same at `/docs/api`.', '',
  'Whatever is not for anybody or for operators takes this header:',
);
table(['Header', 'Meaning'], Object.values(api.components.parameters).map((p) => [`\`${p.name}\``, `${p.description} ${limits(p.schema)}`]));
const tags = new Map();
for (const [path, operations] of Object.entries(api.paths))
  for (const verb of verbs)
    if (operations[verb]) {
      const tag = operations[verb].tags?.[0] ?? 'Other';
      tags.set(tag, [...(tags.get(tag) ?? []), [verb, path, operations[verb]]]);
    }
for (const [tag, operations] of [...tags].sort(([a], [b]) => a.localeCompare(b))) {
  say('', `## ${tag}`);
  for (const operation of operations) describe(...operation);
}
say('', '## Records', '', 'What answers and bodies consist of. A list is on pages: `data`, `nextCursor`, `hasMore`.');
for (const [name, schema] of Object.entries(api.components.schemas).sort(([a], [b]) => a.localeCompare(b))) {
  if (name.startsWith('PageOf') || name === 'ProblemDetails') continue;
  say('', `### ${name}`);
  if (schema.description) say('', cell(schema.description));
  if (schema.enum) say('', schema.enum.map((v) => `\`${v}\``).join(', '));
  fields(schema, false);
}
// A page is said to be of what it holds.
const text = out.join('\n').replaceAll(/\[PageOf(\w+)\]\(#pageof\w+\)/g, (_, of) => `a page of ${anchor(of)}`);
writeFileSync(new URL('docs/reference/api.md', root), `${text}\n`);
