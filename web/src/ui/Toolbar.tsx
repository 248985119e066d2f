import { useEffect, useRef, useState, type ReactNode } from 'react';
import { Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import classes from './ui.module.css';

export function Toolbar({ children }: { children: ReactNode }) {
  return <div className={classes.toolbar}>{children}</div>;
}

type State = [string, (value: string | null) => void];

/** A search that goes into the address shortly after the last key. */
export function SearchBox({ label, state: [value, set], width = 260 }: { label: string; state: State; width?: number }) {
  const [text, setText] = useState(value);
  const typing = useRef(false);
  const later = useDebouncedCallback((next: string) => { typing.current = false; set(next); }, 250);
  useEffect(() => { if (!typing.current) setText(value); }, [value]);
  return (
    <TextInput
      size="xs"
      w={width}
      type="search"
      aria-label={label}
      placeholder={label}
      leftSection={<IconSearch size={14} aria-hidden />}
      value={text}
      onChange={(event) => { typing.current = true; setText(event.currentTarget.value); later(event.currentTarget.value); }}
    />
  );
}

export function Filter({ label, state: [value, set], options, width = 150 }: { label: string; state: State; options: { value: string; label: string }[]; width?: number }) {
  return (
    <Select
      size="xs"
      w={width}
      aria-label={label}
      placeholder={label}
      data={options}
      value={value || null}
      onChange={set}
      clearable
      clearButtonProps={{ 'aria-label': `Clear ${label}` }}
      searchable={options.length > 8}
    />
  );
}
