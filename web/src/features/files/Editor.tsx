import { useEffect, useRef } from 'react';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { css } from '@codemirror/lang-css';
import { javascript } from '@codemirror/lang-javascript';
import { python } from '@codemirror/lang-python';
import { sql } from '@codemirror/lang-sql';
import { xml } from '@codemirror/lang-xml';
import { bracketMatching, defaultHighlightStyle, indentOnInput, indentUnit, StreamLanguage, syntaxHighlighting } from '@codemirror/language';
import { properties } from '@codemirror/legacy-modes/mode/properties';
import { lintGutter, setDiagnostics } from '@codemirror/lint';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { EditorState, type Extension } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from '@codemirror/view';
import type { FileFault } from '../../api/types';

interface Props {
  name: string;
  text: string;
  readOnly: boolean;
  faults: readonly FileFault[];
  label: string;
  onChange: (text: string) => void;
  onSave: () => void;
}

function languageOf(name: string): Extension {
  const ending = name.slice(name.lastIndexOf('.') + 1).toLowerCase();
  if (ending === 'py') return [python(), indentUnit.of('    ')];
  if (ending === 'xml' || ending === 'svg' || ending === 'html') return xml();
  if (ending === 'css' || ending === 'scss') return css();
  if (ending === 'js' || ending === 'json') return javascript();
  if (ending === 'sql') return sql();
  if (['conf', 'cfg', 'ini', 'po', 'pot', 'toml'].includes(ending)) return StreamLanguage.define(properties);
  return [];
}

const look = EditorView.theme({
  '&': { height: '100%', fontSize: '13px' },
  '.cm-scroller': { fontFamily: 'var(--mantine-font-family-monospace)', lineHeight: '1.5' },
  '.cm-gutters': { backgroundColor: 'var(--oc-sunken)', color: 'var(--mantine-color-dimmed)', borderRight: '1px solid var(--oc-line)' },
  '&.cm-focused': { outline: 'none' },
});

/** The text of one file; another file is another editor. */
export default function Editor({ name, text, readOnly, faults, label, onChange, onSave }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const latest = useRef({ onChange, onSave });
  useEffect(() => { latest.current = { onChange, onSave }; });
  const begun = useRef({ name, text, readOnly, label });
  useEffect(() => {
    const { current: file } = begun;
    const editor = new EditorView({
      parent: box.current!,
      state: EditorState.create({
        doc: file.text,
        extensions: [
          lineNumbers(), highlightActiveLineGutter(), history(), drawSelection(), indentOnInput(), bracketMatching(), highlightActiveLine(), highlightSelectionMatches(),
          search({ top: true }), lintGutter(), syntaxHighlighting(defaultHighlightStyle, { fallback: true }), languageOf(file.name), look,
          EditorState.readOnly.of(file.readOnly), EditorView.contentAttributes.of({ 'aria-label': file.label }),
          keymap.of([{ key: 'Mod-s', preventDefault: true, run: () => { latest.current.onSave(); return true; } }, ...defaultKeymap, ...searchKeymap, ...historyKeymap, indentWithTab]),
          EditorView.updateListener.of((update) => { if (update.docChanged) latest.current.onChange(update.state.doc.toString()); }),
        ],
      }),
    });
    view.current = editor;
    return () => editor.destroy();
  }, []);
  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    const { doc } = editor.state;
    editor.dispatch(setDiagnostics(editor.state, faults.map(({ line, column, message }) => {
      const row = doc.line(Math.min(Math.max(line, 1), doc.lines));
      const from = Math.min(row.from + Math.max(column - 1, 0), row.to);
      return { from, to: Math.min(from + 1, row.to), severity: 'error', message };
    })));
  }, [faults]);
  return <div ref={box} style={{ height: '100%', overflow: 'hidden' }} />;
}
