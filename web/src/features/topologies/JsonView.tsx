import { useMemo, useState } from 'react';
import { Button, FileButton, Textarea } from '@mantine/core';
import { IconDownload, IconUpload } from '@tabler/icons-react';
import { Copy } from '../../ui/Bits';
import { done } from '../../ui/toast';
import { product } from '../../theme/product';
import { type Draft, read, written } from './drawing';
import type { Editor } from './useEditor';
import classes from './topologies.module.css';

/** The drawing as the API and the command line have it, to be taken along, kept in a repository, or changed by hand. */
export default function JsonView({ editor }: { editor: Editor }) {
  const { draft, change, mayChange } = editor;
  const [from, setFrom] = useState(draft);
  const [text, setText] = useState(() => written(draft));
  const [wrong, setWrong] = useState<string>();
  const now = useMemo(() => written(draft), [draft]);
  // Changes made beside the text come into it, unless somebody is writing there.
  if (from !== draft) {
    if (text === written(from)) setText(now);
    setFrom(draft);
  }
  const touched = text !== now;
  function take(given: string) {
    const next: Draft | string = read(given, draft);
    if (typeof next === 'string') { setText(given); setWrong(next); return; }
    change(next);
    setWrong(undefined);
    setText(written(next));
    done('The drawing is taken over. It is saved with Save.');
  }
  return (
    <div className={classes.json}>
      <div className={classes.jsonBar}>
        <span className="dim">As <code>{product.cli} topology export</code> writes it.</span>
        <Copy text={text} label="Copy the JSON" />
        <Button variant="default" leftSection={<IconDownload size={14} aria-hidden />} onClick={() => download(`${draft.name.replace(/[^\w.-]+/g, '-') || 'topology'}.json`, text)}>Download</Button>
        {mayChange && <FileButton accept="application/json,.json" onChange={(file) => void file?.text().then(take)}>{(props) => <Button variant="default" leftSection={<IconUpload size={14} aria-hidden />} {...props}>Open a file</Button>}</FileButton>}
        {mayChange && <Button disabled={!touched} onClick={() => take(text)}>Take over</Button>}
      </div>
      <Textarea aria-label="The drawing as JSON" value={text} readOnly={!mayChange} error={wrong} spellCheck={false} onChange={(event) => { setText(event.currentTarget.value); setWrong(undefined); }} classNames={{ input: classes.jsonText }} />
    </div>
  );
}

function download(name: string, text: string) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
