import { useState } from 'react';
import { ActionIcon, Button, Group, Text, Textarea, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import classes from './ui.module.css';

export type Pair = [string, string];

export const toPairs = (record: Record<string, string> | undefined): Pair[] => Object.entries(record ?? {});
export const fromPairs = (pairs: Pair[]): Record<string, string> => Object.fromEntries(pairs.filter(([key]) => key.trim()).map(([key, value]) => [key.trim(), value]));

interface Props {
  label: string;
  description?: string;
  pairs: Pair[];
  onChange: (pairs: Pair[]) => void;
  placeholder?: Pair;
  error?: string;
  disabled?: boolean;
}

/** Names and values, with pasting of many at once. */
export function Pairs({ label, description, pairs, onChange, placeholder = ['KEY', 'value'], error, disabled }: Props) {
  const [pasting, setPasting] = useState(false);
  const [text, setText] = useState('');
  const change = (index: number, pair: Pair) => onChange(pairs.map((old, position) => (position === index ? pair : old)));

  function take() {
    const merged = new Map(pairs.filter(([key]) => key));
    for (const [key, value] of parse(text)) merged.set(key, value);
    onChange([...merged]);
    setPasting(false);
    setText('');
  }

  return (
    <fieldset style={{ border: 0, padding: 0, margin: 0, minWidth: 0 }} disabled={disabled}>
      <legend className={classes.legend}>{label}</legend>
      {description && <Text size="xs" className="dim" mb={6}>{description}</Text>}
      <div className={classes.pairs}>
        {pairs.map(([key, value], index) => [
          <TextInput key={`k${index}`} size="xs" aria-label={`${label}: name ${index + 1}`} placeholder={placeholder[0]} value={key} spellCheck={false} onChange={(event) => change(index, [event.currentTarget.value, value])} styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }} />,
          <TextInput key={`v${index}`} size="xs" aria-label={`${label}: value of ${key || index + 1}`} placeholder={placeholder[1]} value={value} spellCheck={false} onChange={(event) => change(index, [key, event.currentTarget.value])} styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }} />,
          <ActionIcon key={`d${index}`} variant="subtle" color="gray" aria-label={`Remove ${key || `row ${index + 1}`}`} onClick={() => onChange(pairs.filter((_, position) => position !== index))}><IconTrash size={15} aria-hidden /></ActionIcon>,
        ])}
      </div>
      {error && <Text size="xs" c="var(--mantine-color-error)" mt={4}>{error}</Text>}
      {pasting ? (
        <>
          <Textarea size="xs" mt={8} autosize minRows={4} maxRows={12} autoFocus aria-label={`Paste ${label}`} placeholder={`${placeholder[0]}=${placeholder[1]}`} value={text} onChange={(event) => setText(event.currentTarget.value)} styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }} />
          <Group gap={8} mt={6}><Button size="compact-sm" onClick={take} disabled={parse(text).length === 0}>Take over</Button><Button size="compact-sm" variant="default" onClick={() => setPasting(false)}>Cancel</Button></Group>
        </>
      ) : (
        <Group gap={8} mt={pairs.length ? 8 : 0}>
          <Button size="compact-sm" variant="default" leftSection={<IconPlus size={13} aria-hidden />} onClick={() => onChange([...pairs, ['', '']])}>Add</Button>
          <Button size="compact-sm" variant="subtle" onClick={() => setPasting(true)}>Paste many</Button>
        </Group>
      )}
    </fieldset>
  );
}

function parse(text: string): Pair[] {
  return text.split('\n').flatMap((line): Pair[] => {
    const match = /^\s*(?:export\s+)?([A-Za-z_][\w.-]*)\s*=\s*(.*?)\s*$/.exec(line);
    return match?.[1] ? [[match[1], (match[2] ?? '').replace(/^(["'])(.*)\1$/, '$2')]] : [];
  });
}
