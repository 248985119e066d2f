import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { Compartment } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

const colours = HighlightStyle.define([
  { tag: tags.comment, color: 'var(--mantine-color-dimmed)', fontStyle: 'italic' },
  { tag: [tags.keyword, tags.modifier, tags.self], color: 'var(--oc-kind-app)' },
  { tag: [tags.string, tags.regexp, tags.special(tags.string)], color: 'var(--oc-good)' },
  { tag: [tags.number, tags.bool, tags.atom, tags.null, tags.unit], color: 'var(--oc-warn)' },
  { tag: [tags.definition(tags.variableName), tags.propertyName, tags.tagName, tags.typeName, tags.className, tags.standard(tags.variableName)], color: 'var(--oc-busy)' },
  { tag: [tags.attributeName, tags.meta, tags.annotation, tags.labelName], color: 'var(--oc-kind-files)' },
  { tag: tags.heading, fontWeight: '600' },
  { tag: tags.link, textDecoration: 'underline' },
  { tag: tags.invalid, color: 'var(--oc-bad)' },
]);

/** As the rest of the page looks, in light and in dark. */
export const look = [
  EditorView.theme({
    '&': { height: '100%', fontSize: '13px' },
    '.cm-scroller': { fontFamily: 'var(--mantine-font-family-monospace)', lineHeight: '1.5' },
    '.cm-gutters': { backgroundColor: 'var(--oc-sunken)', color: 'var(--mantine-color-dimmed)', borderRight: '1px solid var(--oc-line)' },
    '.cm-activeLine': { backgroundColor: 'var(--oc-hover)' },
    '.cm-activeLineGutter': { backgroundColor: 'var(--oc-hover)' },
    '.cm-panels': { backgroundColor: 'var(--oc-sunken)', color: 'var(--mantine-color-text)' },
    '&.cm-focused': { outline: 'none' },
  }),
  syntaxHighlighting(colours),
];

/** Which of its own looks the editor has where nothing above says otherwise: the cursor, what is selected, the search. */
export const scheme = new Compartment();
export const schemeOf = (dark: boolean) => EditorView.darkTheme.of(dark);
