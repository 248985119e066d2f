import { useRef, useState } from 'react';
import { Button } from '@mantine/core';
import { api } from '../../api/endpoints';
import { useList, useSend } from '../../api/hooks';
import type { CssVersionView } from '../../api/types';
import { CodeBlock, EmptyState, Section, Tag, When } from '../../ui/Bits';
import { DataTable } from '../../ui/DataTable';
import { Dialog } from '../../ui/Dialog';
import { done, failed } from '../../ui/toast';
import type { Draft } from './BrandingPage';
import classes from './branding.module.css';

const hooks = ['header', 'logo', 'nav', 'nav-item', 'main', 'heading', 'card', 'button', 'link', 'badge', 'table', 'footer'];
const lineHeight = 20;

export function CustomCss({ draft }: { draft: Draft }) {
  const box = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const text = draft.value('customCss');
  const count = Math.max(14, text.split('\n').length);
  // Of the agency's own, where that is what applies, its own page speaks.
  const messages = draft.client && !draft.isSet('customCss') ? [] : draft.view.warnings.filter((warning) => warning.field === 'customCss');
  const wrong = new Set(messages.map((message) => message.line));

  function goTo(line: number | null | undefined) {
    const area = box.current;
    if (!area || !line) return;
    const start = text.split('\n').slice(0, line - 1).join('\n').length + (line > 1 ? 1 : 0);
    area.focus();
    area.setSelectionRange(start, start + (text.split('\n')[line - 1]?.length ?? 0));
    area.scrollTop = Math.max(0, (line - 4) * lineHeight);
  }

  return (
    <>
      <Section title="Custom CSS" actions={<Inherit draft={draft} />} note="Decorates the portal through the classes below. It is not used on sign-in, account and confirmations, and ?safe=1 leaves it out.">
        <div className={classes.code}>
          <div className={classes.gutter} ref={gutter} aria-hidden>{Array.from({ length: count }, (_, index) => <div key={index} data-wrong={wrong.has(index + 1) || undefined}>{index + 1}</div>)}</div>
          <textarea ref={box} aria-label="Custom CSS" spellCheck={false} wrap="off" disabled={draft.locked} value={text} placeholder=".oc-brand-header { border-bottom-width: 3px; }" rows={count}
            onChange={(event) => draft.set('customCss', event.currentTarget.value)} onScroll={(event) => { if (gutter.current) gutter.current.scrollTop = event.currentTarget.scrollTop; }} />
        </div>
        {messages.length > 0 && (
          <ul className={classes.messages} aria-label="Messages about the CSS">
            {messages.map((message, index) => <li key={index}><button type="button" onClick={() => goTo(message.line)}><span>{message.line ? `Line ${message.line}` : 'All'}</span><span>{message.message.replace(/^Line \d+: /, '')}</span></button></li>)}
          </ul>
        )}
        <p className={classes.note} style={{ marginTop: 8 }}>Classes: {hooks.map((hook, index) => <span key={hook}>{index > 0 && ', '}<code>.oc-brand-{hook}</code></span>)}.</p>
      </Section>
      <Versions locked={draft.locked} client={draft.client || undefined} />
    </>
  );
}

/** Of a client: the agency's applies until there is one of its own. */
function Inherit({ draft }: { draft: Draft }) {
  const inherited = draft.view.inherited.customCss;
  if (!draft.client || draft.locked) return null;
  if (draft.isSet('customCss')) return <Button variant="default" onClick={() => draft.set('customCss', null)}>Inherit</Button>;
  return inherited ? <Button variant="default" onClick={() => draft.set('customCss', inherited)}>Begin with the agency’s</Button> : <span className={classes.note}>inherited: none</span>;
}

function Versions({ locked, client }: { locked: boolean; client?: string }) {
  const list = useList(api.cssVersions(client));
  const [shown, setShown] = useState<CssVersionView>();
  const restore = useSend((version: number) => api.restoreCss(client, version), { onDone: () => { setShown(undefined); done('The older version applies again.'); }, onError: failed });
  return (
    <Section title="Versions">
      <DataTable label="Versions of the custom CSS" noun="version" list={list} rowKey={(row) => String(row.version)} columns={[
        { key: 'version', header: 'Version', render: (row) => <span className="nowrap">{row.version}{row.current && <> <Tag>applies</Tag></>}</span> },
        { key: 'when', header: 'Saved', render: (row) => <When at={row.at} /> },
        { key: 'by', header: 'By', render: (row) => row.by },
        { key: 'actions', header: 'Actions', actions: true, render: (row) => (
          <>
            <Button variant="subtle" size="compact-xs" aria-label={`Show version ${row.version}`} onClick={() => setShown(row)}>Show</Button>
            {!row.current && !locked && <Button variant="subtle" size="compact-xs" aria-label={`Revert to version ${row.version}`} onClick={() => restore.send(row.version)}>Revert</Button>}
          </>
        ) },
      ]} empty={<EmptyState title="No versions yet">Each time it is saved, the CSS is kept.</EmptyState>} />
      {shown && <Dialog size={680} title={`Version ${shown.version}`} onClose={() => setShown(undefined)}><CodeBlock text={shown.css} label="Copy CSS" /></Dialog>}
    </Section>
  );
}
