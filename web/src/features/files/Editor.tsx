import { useEffect, useRef } from 'react';
import { useComputedColorScheme } from '@mantine/core';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { bracketMatching, indentOnInput, indentUnit, StreamLanguage, type StreamParser } from '@codemirror/language';
import { Compartment, EditorState } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers } from '@codemirror/view';
import type { FileFault } from '../../api/types';
import { faultMarks, mark } from './faults';
import { look, scheme, schemeOf } from './look';

interface Props {
  name: string;
  text: string;
  readOnly: boolean;
  faults: readonly FileFault[];
  label: string;
  onChange: (text: string) => void;
  onSave: () => void;
}

/** By the ending of a name. Each comes when a file of its kind is opened, and is a tenth of what a full parser weighs. */
const languages: Record<string, () => Promise<StreamParser<unknown>>> = {
  ...of(['py'], async () => (await import('@codemirror/legacy-modes/mode/python')).python),
  ...of(['xml', 'svg'], async () => (await import('@codemirror/legacy-modes/mode/xml')).xml),
  ...of(['html'], async () => (await import('@codemirror/legacy-modes/mode/xml')).html),
  ...of(['css'], async () => (await import('@codemirror/legacy-modes/mode/css')).css),
  ...of(['scss'], async () => (await import('@codemirror/legacy-modes/mode/css')).sCSS),
  ...of(['js'], async () => (await import('@codemirror/legacy-modes/mode/javascript')).javascript),
  ...of(['json'], async () => (await import('@codemirror/legacy-modes/mode/javascript')).json),
  ...of(['sql'], async () => (await import('./sql')).sql),
  ...of(['conf', 'cfg', 'ini', 'po', 'pot', 'toml'], async () => (await import('@codemirror/legacy-modes/mode/properties')).properties),
};

function of(endings: string[], load: () => Promise<StreamParser<unknown>>) {
  return Object.fromEntries(endings.map((ending) => [ending, load]));
}

const endingOf = (name: string) => name.slice(name.lastIndexOf('.') + 1).toLowerCase();

/** The text of one file; another file is another editor. */
export default function Editor({ name, text, readOnly, faults, label, onChange, onSave }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const latest = useRef({ onChange, onSave });
  useEffect(() => { latest.current = { onChange, onSave }; });
  const dark = useComputedColorScheme('light') === 'dark';
  const begun = useRef({ name, text, readOnly, label, dark });
  useEffect(() => {
    const { current: file } = begun;
    const [language, finding] = [new Compartment(), new Compartment()];
    // What searches comes with the first search, which it then begins.
    const find = (view: EditorView) => {
      void import('./finding').then(({ openSearchPanel, searching }) => {
        view.dispatch({ effects: finding.reconfigure(searching) });
        openSearchPanel(view);
      }, () => undefined);
      return true;
    };
    const editor = new EditorView({
      parent: box.current!,
      state: EditorState.create({
        doc: file.text,
        extensions: [
          lineNumbers(), highlightActiveLineGutter(), history(), drawSelection(), indentOnInput(), bracketMatching(), highlightActiveLine(),
          language.of(endingOf(file.name) === 'py' ? indentUnit.of('    ') : []), look, scheme.of(schemeOf(file.dark)), faultMarks, finding.of(keymap.of([{ key: 'Mod-f', run: find }])),
          EditorState.readOnly.of(file.readOnly), EditorView.contentAttributes.of({ 'aria-label': file.label, tabindex: '0' }),
          keymap.of([{ key: 'Mod-s', preventDefault: true, run: () => { latest.current.onSave(); return true; } }, ...defaultKeymap, ...historyKeymap, indentWithTab]),
          EditorView.updateListener.of((update) => { if (update.docChanged) latest.current.onChange(update.state.doc.toString()); }),
        ],
      }),
    });
    view.current = editor;
    let gone = false;
    void languages[endingOf(file.name)]?.().then((parser) => {
      if (!gone) editor.dispatch({ effects: language.reconfigure([StreamLanguage.define(parser), language.get(editor.state) ?? []]) });
    }, () => undefined); // A text without colours is still a text.
    return () => {
      gone = true;
      editor.destroy();
    };
  }, []);
  useEffect(() => { if (view.current) mark(view.current, faults); }, [faults]);
  useEffect(() => { view.current?.dispatch({ effects: scheme.reconfigure(schemeOf(dark)) }); }, [dark]);
  return <div ref={box} style={{ height: '100%', overflow: 'hidden' }} />;
}
