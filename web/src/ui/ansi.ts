const escape = /\u001b\[([0-9;]*)([A-Za-z])/g;

export interface Span {
  text: string;
  bold: boolean;
}

/** A line without the terminal's escape sequences. */
export function plain(line: string): string {
  return line.replace(escape, '');
}

/** A line in pieces; of the terminal's styles only bold is kept, because its colours do not fit two themes. */
export function spans(line: string): Span[] {
  if (!line.includes('\u001b')) return [{ text: line, bold: false }];
  const result: Span[] = [];
  let bold = false;
  let from = 0;
  for (const match of line.matchAll(escape)) {
    if (match.index > from) result.push({ text: line.slice(from, match.index), bold });
    from = match.index + match[0].length;
    if (match[2] !== 'm') continue;
    for (const code of (match[1] || '0').split(';')) bold = code === '1' ? true : code === '0' || code === '22' ? false : bold;
  }
  if (from < line.length) result.push({ text: line.slice(from), bold });
  return result;
}
