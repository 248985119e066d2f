import { StateEffect, StateField } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView } from '@codemirror/view';
import type { FileFault } from '../../api/types';

const found = StateEffect.define<readonly FileFault[]>();

const marks = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(now, { changes, effects, newDoc }) {
    const told = effects.find((effect) => effect.is(found));
    if (!told) return now.map(changes);
    return Decoration.set((told.value as readonly FileFault[]).flatMap(({ line, column, message }) => {
      const row = newDoc.line(Math.min(Math.max(line, 1), newDoc.lines));
      const from = Math.min(row.from + Math.max(column - 1, 0), row.to);
      const whole = Decoration.line({ class: 'cm-faulty', attributes: { title: message } }).range(row.from);
      return from < row.to ? [whole, Decoration.mark({ class: 'cm-fault' }).range(from, from + 1)] : [whole];
    }), true);
  },
  provide: (field) => EditorView.decorations.from(field),
});

export const faultMarks = [
  marks,
  EditorView.baseTheme({
    '.cm-faulty': { backgroundColor: 'var(--oc-bad-bg)', boxShadow: 'inset 2px 0 var(--oc-bad)' },
    '.cm-fault': { textDecoration: 'underline wavy var(--oc-bad)' },
  }),
];

/** Shows what is wrong where it is, and nothing where nothing is any more. */
export function mark(editor: EditorView, faults: readonly FileFault[]) {
  editor.dispatch({ effects: found.of(faults) });
}
