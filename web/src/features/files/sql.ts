import { simpleMode } from '@codemirror/legacy-modes/mode/simple-mode';

const words = 'add all alter and any as asc begin between by case cast check column commit constraint copy create cross default delete desc distinct drop else end except exists false '
  + 'foreign from full function grant group having if in index inner insert intersect into is join key left like limit not null offset on or order outer primary references returning revoke '
  + 'right rollback select set table then true truncate union unique update using values view when where with';

/** PostgreSQL as far as files of add-ons have it; the words of all dialects weigh four times as much. */
export const sql = simpleMode({
  start: [
    { regex: /--.*/, token: 'comment' },
    { regex: /\/\*/, token: 'comment', next: 'comment' },
    { regex: /'(?:[^']|'')*'?/, token: 'string' },
    { regex: /"(?:[^"]|"")*"?/, token: 'variableName' },
    { regex: /\d+(?:\.\d+)?/, token: 'number' },
    { regex: new RegExp(`(?:${words.split(' ').join('|')})\\b`, 'i'), token: 'keyword' },
    { regex: /\w+/, token: null },
  ],
  comment: [{ regex: /.*?\*\//, token: 'comment', next: 'start' }, { regex: /.*/, token: 'comment' }],
  languageData: { commentTokens: { line: '--', block: { open: '/*', close: '*/' } } },
});
